//! Time, as the engine sees it: one source for what is recorded and for sleeping alike.
//!
//! Every part of the engine asks a [`Clock`]. Its wall time is read once and then moves with
//! tokio's monotonic clock, so that nothing expires when the system's clock is set, and so
//! that a paused runtime pauses everything. When both part by more than [`TOLERANCE`], the
//! recorder rebases what is stored and moves the anchor.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringback_domain::time::Timestamp;
use tokio::time::Instant;

/// How far wall and monotonic clock may part before stored times are rebased.
pub const TOLERANCE: Duration = Duration::from_secs(5);

/// Where wall time comes from.
#[derive(Clone, Debug)]
enum Wall {
    /// The system's clock.
    System,
    /// The monotonic clock since `start`, and `stepped` microseconds: for tests.
    Simulated {
        start: Anchor,
        stepped: Arc<AtomicI64>,
    },
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    wall: Timestamp,
    instant: Instant,
}

impl Anchor {
    fn at(self, instant: Instant) -> Timestamp {
        match instant.checked_duration_since(self.instant) {
            Some(later) => self.wall + later,
            None => {
                let earlier = self.instant.duration_since(instant);
                let micros = i64::try_from(earlier.as_micros()).unwrap_or(i64::MAX);
                self.wall.shifted(-micros)
            }
        }
    }
}

/// What time it is.
#[derive(Clone, Debug)]
pub struct Clock {
    wall: Wall,
    anchor: Arc<Mutex<Anchor>>,
}

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self::anchored(system_time(), |_| Wall::System)
    }

    /// A clock that shows `now` and moves with tokio's clock alone, so stands still where
    /// that is paused.
    pub fn starting_at(now: Timestamp) -> Self {
        Self::anchored(now, |start| Wall::Simulated {
            start,
            stepped: Arc::default(),
        })
    }

    /// Lets the wall time of a simulated clock step; the system's is nobody's to set here.
    pub fn step_wall(&self, micros: i64) {
        match &self.wall {
            Wall::System => {}
            Wall::Simulated { stepped, .. } => drop(stepped.fetch_add(micros, Ordering::Relaxed)),
        }
    }

    fn anchored(now: Timestamp, wall: impl FnOnce(Anchor) -> Wall) -> Self {
        let anchor = Anchor {
            wall: now,
            instant: Instant::now(),
        };
        Self {
            wall: wall(anchor),
            anchor: Arc::new(Mutex::new(anchor)),
        }
    }

    /// Now, on the scale of all recorded times.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    /// Now, as the world outside has it.
    pub fn wall(&self) -> Timestamp {
        match &self.wall {
            Wall::System => system_time(),
            Wall::Simulated { start, stepped } => start
                .at(Instant::now())
                .shifted(stepped.load(Ordering::Relaxed)),
        }
    }

    /// The recorded time of a moment of the monotonic clock.
    pub fn at(&self, instant: Instant) -> Timestamp {
        self.anchor().at(instant)
    }

    /// The moment of the monotonic clock at which it is `time`; now, if that has passed.
    pub fn instant(&self, time: Timestamp) -> Instant {
        let now = Instant::now();
        now + time.since(self.at(now))
    }

    /// By how many microseconds the system's clock has stepped, if by more than [`TOLERANCE`].
    pub fn stepped(&self) -> Option<i64> {
        let parted = self
            .wall()
            .as_micros()
            .saturating_sub(self.now().as_micros());
        (Duration::from_micros(parted.unsigned_abs()) > TOLERANCE).then_some(parted)
    }

    /// Moves the scale of recorded times by `micros`, along with what is stored.
    pub fn rebase(&self, micros: i64) {
        let mut anchor = self.anchor.lock().unwrap_or_else(PoisonError::into_inner);
        anchor.wall = anchor.wall.shifted(micros);
    }

    fn anchor(&self) -> Anchor {
        *self.anchor.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where time comes in"
)]
fn system_time() -> Timestamp {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
}
