//! Named points at which a test has this process kill itself: around a commit, around a send.
//!
//! Put around the store and the transport by `serve`, in debug builds alone: a release binary
//! has none of it. Invariants: without [`VARIABLE`] both are handed back as they came; the
//! process dies of SIGKILL, as it would by another's hand, and says before on stderr at which
//! point and over what.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ringback_engine::transport::{Exchange, HeaderLines, Outgoing, Transport};
use ringback_store::{AroundStore, Batch, Store, StoreError};
use rustix::process::{Signal, getpid, kill_process};

use crate::complaint::Complaint;

/// Says where and when: `after-commit:17`.
const VARIABLE: &str = "RINGBACK_KILL_AT";

/// How long an attempt that is not to be made is held: by then whoever reported its change
/// has the answer, should it have been on its way.
const ANSWERED: Duration = Duration::from_millis(200);

/// Where the process dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The store was not called yet with the commit in which the n-th change is.
    BeforeCommit,
    /// That commit is durable; the recorder, which answers, has not been told so.
    AfterCommit,
    /// The n-th attempt was begun by the dispatcher, and no byte of it is sent. Nobody here
    /// sees whether its change was answered; it is held for [`ANSWERED`] so that it can be.
    BeforeSend,
    /// The n-th attempt that was accepted: its answer was read whole, and the dispatcher has
    /// not been told so.
    AfterSend,
}

/// Where the process dies, and at which change or attempt since its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct KillPoint {
    place: Place,
    nth: u64,
}

/// A store that may not survive a commit.
struct MortalStore {
    inner: Arc<dyn Store>,
    point: KillPoint,
    changes: AtomicU64,
}

/// A transport that may not survive a send.
struct MortalTransport {
    inner: Arc<dyn Transport>,
    point: KillPoint,
    attempts: AtomicU64,
}

/// What an engine remembers with and sends with.
type Parts = (Arc<dyn Store>, Arc<dyn Transport>);

/// Both as they are, or around one of them what kills the process where [`VARIABLE`] says.
pub fn around((store, transport): Parts) -> Result<Parts, Complaint> {
    let Some(given) = std::env::var_os(VARIABLE) else {
        return Ok((store, transport));
    };
    let point = given.to_str().and_then(KillPoint::parse).ok_or_else(|| {
        Complaint::usage(format!("{VARIABLE} is no point to be killed at"))
            .hint("before-commit:N, after-commit:N, before-send:N or after-send:N, N from 1")
    })?;
    Ok(match point.place {
        Place::BeforeCommit | Place::AfterCommit => {
            let (inner, changes) = (store, AtomicU64::new(0));
            let store = MortalStore {
                inner,
                point,
                changes,
            };
            (Arc::new(store), transport)
        }
        Place::BeforeSend | Place::AfterSend => {
            let (inner, attempts) = (transport, AtomicU64::new(0));
            let transport = MortalTransport {
                inner,
                point,
                attempts,
            };
            (store, Arc::new(transport))
        }
    })
}

impl Place {
    const ALL: [Self; 4] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::BeforeSend,
        Self::AfterSend,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::BeforeSend => "before-send",
            Self::AfterSend => "after-send",
        }
    }
}

impl KillPoint {
    fn parse(text: &str) -> Option<Self> {
        let (name, nth) = text.split_once(':')?;
        let place = Place::ALL.into_iter().find(|place| place.name() == name)?;
        let nth = nth.parse().ok().filter(|nth| *nth > 0)?;
        Some(Self { place, nth })
    }

    /// Whether the n-th is among `more` that are counted now.
    fn is_reached(self, count: &AtomicU64, more: u64) -> bool {
        let before = count.fetch_add(more, Ordering::Relaxed);
        (before + 1..=before + more).contains(&self.nth)
    }

    /// Ends the process where it stands: nothing is flushed, nobody is told.
    fn die(self, over: &str) -> ! {
        // Should nobody read it, the test that waits for it fails.
        let _ = writeln!(std::io::stderr(), "killed {}: {over}", self.place.name());
        let _ = kill_process(getpid(), Signal::KILL);
        std::process::abort()
    }
}

impl MortalTransport {
    /// Which callback it is, and where it goes.
    fn name(outgoing: &Outgoing) -> String {
        let mut headers = HeaderLines::default();
        (outgoing.headers)(&outgoing.method, &outgoing.url, &mut headers);
        let id = headers.get("webhook-id").unwrap_or_default();
        format!("{id} {}", outgoing.url.seen())
    }
}

#[async_trait]
impl Transport for MortalTransport {
    async fn send(&self, outgoing: Outgoing) -> Exchange {
        let name = Self::name(&outgoing);
        let point = self.point;
        if point.place == Place::BeforeSend && point.is_reached(&self.attempts, 1) {
            tokio::time::sleep(ANSWERED).await;
            point.die(&name);
        }
        let exchange = self.inner.send(outgoing).await;
        if point.place == Place::AfterSend
            && exchange.result.is_ok()
            && point.is_reached(&self.attempts, 1)
        {
            point.die(&name);
        }
        exchange
    }
}

#[async_trait]
impl AroundStore for MortalStore {
    fn around(&self) -> &dyn Store {
        &*self.inner
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let changes = batch.changes.len();
        let reached = self.point.is_reached(&self.changes, changes as u64);
        let point = reached.then_some(self.point);
        let over = format!("{changes} changes");
        if let Some(point) = point.filter(|point| point.place == Place::BeforeCommit) {
            point.die(&over);
        }
        let committed = self.inner.commit(batch).await;
        if let Some(point) = point.filter(|point| point.place == Place::AfterCommit) {
            point.die(&over);
        }
        committed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_place_and_a_number_from_one() {
        let point = KillPoint::parse("after-commit:17");
        let place = Place::AfterCommit;
        assert_eq!(point, Some(KillPoint { place, nth: 17 }));
        for wrong in [
            "after-commit",
            "after-commit:0",
            "after-commit:x",
            "at-lunch:1",
            "",
        ] {
            assert_eq!(KillPoint::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_nth_is_reached_once_however_many_are_counted_at_a_time() {
        let point = KillPoint::parse("before-commit:5").unwrap();
        let count = AtomicU64::new(0);
        let reached: Vec<bool> = [4, 0, 3, 1]
            .into_iter()
            .map(|more| point.is_reached(&count, more))
            .collect();
        assert_eq!(reached, [false, false, true, false]);
    }
}
