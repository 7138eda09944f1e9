//! Reports of platforms: one at a time, or thousands in a stream.
//!
//! Called by the native API. Each report is one command to the recorder and is durable when
//! its [`Pending`] says so. Invariants: all streams together never take more than half of
//! the recorder's queue, so that who asks for one thing is not shut out by who sends
//! thousands; once a report of a stream was not recorded, none after it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringback_domain::change::{News, Told};
use ringback_domain::event::{EventContent, EventKey};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Kind, NewResource};
use ringback_domain::subscription::Subscription;
use ringback_domain::verdict::Verdict;
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;

use crate::handle::{BUSY, Engine, RecordError};
use crate::recorder::Command;

/// How many reports of streams may wait for the recorder: half of its queue.
pub(crate) const STREAMED: usize = 1_024;

/// What a report calls its resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A SID of ours; there is such a resource, or the report is refused.
    Sid(Sid),
    /// A platform's own; a resource that is new begins with the report.
    External(Arc<str>),
    /// A platform's own, given where a SID is expected: there is such a resource.
    Known(Arc<str>),
}

impl Name {
    /// The platform's own id.
    pub(crate) const fn external(&self) -> Option<&Arc<str>> {
        match self {
            Self::Sid(_) => None,
            Self::External(name) | Self::Known(name) => Some(name),
        }
    }
}

/// What a report says of who is to hear of its resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Subscribe {
    /// Nothing: it stays as it is.
    #[default]
    Unchanged,
    /// This one, from this change on.
    To(Subscription),
    /// Nobody, from this change on.
    Nobody,
}

/// A report of a platform.
#[derive(Clone, Debug, PartialEq)]
pub struct PlatformReport {
    /// Which resource.
    pub name: Name,
    /// What happened to it.
    pub news: News,
    /// What kind of resource it is of.
    pub kind: Kind,
    /// What it is, should it be new; or what would have to be said for that, in a sentence.
    pub new: Result<NewResource, String>,
    /// Who wants to hear of it.
    pub subscribe: Subscribe,
    /// The platform's id of the report, digested, and what the report says.
    pub event: Option<(EventKey, EventContent)>,
    /// What the platform says of the report.
    pub told: Told,
    /// How many callbacks led to one another before it.
    pub depth: u8,
    /// What was odd in it, for the timeline of a new resource or another subscription.
    pub warnings: Vec<String>,
}

/// What became of a report that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its resource.
    pub sid: Sid,
    /// What it came to.
    pub verdict: Verdict,
    /// The number of the change, if it was accepted.
    pub seq: Option<u32>,
    /// Whether it was told before, with this event id.
    pub event: EventSeen,
}

/// Whether an event was recorded before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventSeen {
    /// It was: what became of it then is told again.
    Before,
    /// It was not, or has no id.
    New,
}

/// Why a report was not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TakeError {
    /// There is no such resource, and it cannot be made by this name.
    #[error("there is no such resource")]
    NotFound,
    /// The resource is there and cannot be read.
    #[error("the resource cannot be read")]
    Unreadable,
    /// The resource was deleted.
    #[error("the resource was deleted")]
    Deleted,
    /// The name is that of a resource of another kind.
    #[error("the resource is a {is:?}")]
    OtherKind {
        /// What it is.
        is: Kind,
    },
    /// The resource is new, and this would have to be said of it.
    #[error("{missing}")]
    Incomplete {
        /// What is missing, in a sentence.
        missing: String,
    },
    /// No resource of its direction can stand at its status.
    #[error("a new resource of this direction cannot have this status")]
    Direction,
    /// Another report came with the same event id.
    #[error("another report came with the same event id")]
    EventReused,
    /// An earlier report of the stream was not recorded, so this one was not either.
    #[error("an earlier report of the stream was not recorded")]
    Behind,
    /// It was not recorded, or nobody knows whether.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Reports that are to be recorded in the order in which they are offered.
#[derive(Clone, Debug, Default)]
pub struct Stream(Arc<AtomicBool>);

impl Stream {
    /// A report of it was not recorded.
    pub(crate) fn breaks(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a report of it was not recorded.
    pub(crate) fn is_broken(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A report on its way to be recorded, with what the recorder needs.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) project: ProjectId,
    pub(crate) report: PlatformReport,
    pub(crate) stream: Stream,
    pub(crate) answer: oneshot::Sender<Result<Taken, TakeError>>,
    /// Its place in the queue; free once the recorder has it.
    pub(crate) place: OwnedSemaphorePermit,
}

/// A report that was offered.
#[derive(Debug)]
pub struct Pending(oneshot::Receiver<Result<Taken, TakeError>>);

impl Pending {
    /// What became of it. Durable when this returns. Loses nothing when it is dropped and
    /// asked again.
    pub async fn verdict(&mut self) -> Result<Taken, TakeError> {
        let stopped = Err(RecordError::Stopping.into());
        (&mut self.0).await.unwrap_or(stopped)
    }

    /// What became of it, if that is known already.
    pub fn verdict_now(&mut self) -> Option<Result<Taken, TakeError>> {
        match self.0.try_recv() {
            Ok(verdict) => Some(verdict),
            Err(oneshot::error::TryRecvError::Empty) => None,
            Err(oneshot::error::TryRecvError::Closed) => Some(Err(RecordError::Stopping.into())),
        }
    }
}

impl Engine {
    /// Offers a report to the recorder; not any more once it has waited for `patience`.
    pub async fn offer_within(
        &self,
        patience: Duration,
        project: ProjectId,
        stream: &Stream,
        report: PlatformReport,
    ) -> Result<Pending, RecordError> {
        // Dropped before it is done, it has put nothing into the queue.
        timeout(patience, self.offer(project, stream, report))
            .await
            .unwrap_or(Err(BUSY))
    }

    /// Offers a report to the recorder when there is room.
    pub async fn offer(
        &self,
        project: ProjectId,
        stream: &Stream,
        report: PlatformReport,
    ) -> Result<Pending, RecordError> {
        let place = Arc::clone(&self.streamed).acquire_owned().await;
        let place = place.map_err(|_| RecordError::Stopping)?;
        let (command, pending) = offered(project, stream, report, place);
        let sent = self.commands.send(command).await;
        sent.map_err(|_| RecordError::Stopping)?;
        Ok(pending)
    }
}

fn offered(
    project: ProjectId,
    stream: &Stream,
    report: PlatformReport,
    place: OwnedSemaphorePermit,
) -> (Command, Pending) {
    let (answer, answered) = oneshot::channel();
    let offer = Offer {
        project,
        report,
        stream: stream.clone(),
        answer,
        place,
    };
    (Command::Take(Box::new(offer)), Pending(answered))
}
