//! Connections kept while idle, and handed out again.
//!
//! Called by the transport alone. Bounded per destination, in all, and in time.
//! Invariants: a connection carries one request at a time; one is kept only after a
//! complete answer, and handed out only if nothing was heard on it since.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use super::connection::Connection;
use crate::hash::HashMap;

/// How many connections are kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Idle connections to one destination. As many as the dispatcher has attempts under way
    /// to one: after a burst has ended they are all idle, and the next burst needs them all.
    pub idle_per_destination: usize,
    /// Idle connections in all.
    pub idle: usize,
    /// How long one may be idle. Many servers close after 5 to 75 s.
    pub idle_time: Duration,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            idle_per_destination: 64,
            idle: 1024,
            idle_time: Duration::from_secs(30),
        }
    }
}

/// Idle connections by origin.
pub(super) struct Pool {
    limits: PoolLimits,
    rack: Mutex<Rack>,
}

#[derive(Default)]
struct Rack {
    /// Of each origin, the one idle for longest in front. No entry is empty.
    idle: HashMap<String, VecDeque<Idle>>,
    count: usize,
    /// Closes what is idle for too long; `None` while nothing is kept.
    sweeper: Option<AbortOnDropHandle<()>>,
}

struct Idle {
    connection: Connection,
    until: Instant,
}

impl Pool {
    pub(super) fn new(limits: PoolLimits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            rack: Mutex::default(),
        })
    }

    /// The connection used last that is still open.
    pub(super) fn take(&self, origin: &str) -> Option<Connection> {
        let now = Instant::now();
        let mut rack = self.rack();
        // Each turn takes one connection off the rack.
        while let Some(mut idle) = rack.take_newest(origin) {
            if idle.until > now && idle.connection.is_quiet() {
                return Some(idle.connection);
            }
        }
        None
    }

    /// Keeps a connection whose answer is complete, or closes it if there is no room.
    pub(super) fn keep(self: &Arc<Self>, origin: &str, connection: Connection) {
        let mut rack = self.rack();
        let kept = rack.idle.get(origin).map_or(0, VecDeque::len);
        if kept >= self.limits.idle_per_destination || rack.count >= self.limits.idle {
            return;
        }
        let until = Instant::now() + self.limits.idle_time;
        rack.put(origin, Idle { connection, until });
        if rack.sweeper.is_none() {
            let sweeper = tokio::spawn(sweep(Arc::downgrade(self), self.limits.idle_time));
            rack.sweeper = Some(AbortOnDropHandle::new(sweeper));
        }
    }

    fn rack(&self) -> MutexGuard<'_, Rack> {
        // Each change below leaves the rack whole, also if the next one panics.
        self.rack.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rack {
    fn put(&mut self, origin: &str, idle: Idle) {
        if let Some(kept) = self.idle.get_mut(origin) {
            kept.push_back(idle);
        } else {
            self.idle.insert(origin.to_owned(), VecDeque::from([idle]));
        }
        self.count += 1;
    }

    fn take_newest(&mut self, origin: &str) -> Option<Idle> {
        let kept = self.idle.get_mut(origin)?;
        let idle = kept.pop_back();
        if kept.is_empty() {
            self.idle.remove(origin);
        }
        self.count -= usize::from(idle.is_some());
        idle
    }

    fn drop_stale(&mut self, now: Instant) {
        self.idle.retain(|_, kept| {
            kept.retain_mut(|idle| idle.until > now && idle.connection.is_quiet());
            !kept.is_empty()
        });
        self.count = self.idle.values().map(VecDeque::len).sum();
    }
}

/// Looks through the rack until it is empty or the pool is gone. Starts again with the
/// next connection that is kept.
async fn sweep(pool: Weak<Pool>, idle_time: Duration) {
    loop {
        sleep(idle_time / 4).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut rack = pool.rack();
        rack.drop_stale(Instant::now());
        if rack.count == 0 {
            // Drops our own handle, which aborts this task where it waits next: nowhere.
            rack.sweeper = None;
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    use super::*;

    const LIMITS: PoolLimits = PoolLimits {
        idle_per_destination: 2,
        idle: 3,
        idle_time: Duration::from_secs(30),
    };

    fn connection() -> (Connection, DuplexStream) {
        let (ours, theirs) = duplex(1024);
        (Connection::new(Box::new(ours)), theirs)
    }

    /// Keeps a connection; closed ends are noticed through the other end.
    fn keep(pool: &Arc<Pool>, origin: &str) -> DuplexStream {
        let (connection, peer) = connection();
        pool.keep(origin, connection);
        peer
    }

    async fn is_closed(peer: &mut DuplexStream) -> bool {
        tokio::time::timeout(Duration::from_millis(1), peer.read(&mut [0]))
            .await
            .is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_handed_out_once_and_to_its_origin_alone() {
        let pool = Pool::new(LIMITS);
        let _peer = keep(&pool, "http://a");
        assert!(pool.take("http://b").is_none());
        assert!(pool.take("http://a").is_some());
        assert!(pool.take("http://a").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn the_rack_is_bounded_per_origin_and_in_all() {
        let pool = Pool::new(LIMITS);
        let mut peers = Vec::new();
        for origin in ["http://a", "http://a", "http://a", "http://b", "http://c"] {
            peers.push(keep(&pool, origin));
        }
        let mut closed = Vec::new();
        for peer in &mut peers {
            closed.push(is_closed(peer).await);
        }
        assert_eq!(closed, [false, false, true, false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_is_closed_in_time_though_nobody_asks_for_it() {
        let pool = Pool::new(LIMITS);
        let mut peer = keep(&pool, "http://a");
        assert!(!is_closed(&mut peer).await);
        let started = Instant::now();
        assert_eq!(peer.read(&mut [0]).await.unwrap(), 0);
        assert!(started.elapsed() < LIMITS.idle_time * 3 / 2);
        assert!(pool.rack().sweeper.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_its_peer_closed_is_not_handed_out() {
        let pool = Pool::new(LIMITS);
        drop(keep(&pool, "http://a"));
        assert!(pool.take("http://a").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn dropping_the_pool_closes_everything() {
        let pool = Pool::new(LIMITS);
        let mut peer = keep(&pool, "http://a");
        drop(pool);
        assert!(is_closed(&mut peer).await);
    }
}
