//! The world of one seed: what outlives a process, and what everyone in it looks at.
//!
//! Shared by the store, the transport, the clients and the driver of the seed. Whoever
//! belongs to a process that has crashed has no effect here any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::future::pending;
use std::sync::{Mutex, PoisonError};

use ringback_store::KeptOutcome;
use ringback_testing::memory_store::MemoryStore;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::chance::Chance;
use super::clients::Known;
use super::laws::Laws;
use super::paths::{Path, Paths};
use super::receivers::Mood;
use super::store::Weather;

/// A process: they are counted.
pub(super) type Process = u32;

/// Where a process can be made to crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CrashPoint {
    BeforeWrite,
    AfterWrite,
    BeforeKeep,
    AfterKeep,
    AttemptBegun,
    AttemptEnded,
    Read,
}

impl CrashPoint {
    pub(super) const ALL: [Self; 7] = [
        Self::BeforeWrite,
        Self::AfterWrite,
        Self::BeforeKeep,
        Self::AfterKeep,
        Self::AttemptBegun,
        Self::AttemptEnded,
        Self::Read,
    ];

    const fn path(self) -> Path {
        match self {
            Self::BeforeWrite => Path::CrashBeforeWrite,
            Self::AfterWrite => Path::CrashAfterWrite,
            Self::BeforeKeep => Path::CrashBeforeKeep,
            Self::AfterKeep => Path::CrashAfterKeep,
            Self::AttemptBegun => Path::CrashAttemptBegun,
            Self::AttemptEnded => Path::CrashAttemptEnded,
            Self::Read => Path::CrashInRead,
        }
    }
}

/// The world of one seed.
pub(super) struct World {
    /// What a crash leaves.
    pub(super) disk: MemoryStore,
    /// Rung when a process crashes.
    pub(super) crashed: Notify,
    start: Instant,
    state: Mutex<State>,
}

/// What changes in it.
pub(super) struct State {
    pub(super) chance: Chance,
    pub(super) paths: Paths,
    pub(super) laws: Laws,
    pub(super) known: Known,
    /// How the store does.
    pub(super) weather: Weather,
    /// How the receivers are, by destination.
    pub(super) moods: BTreeMap<String, Mood>,
    /// The process that runs.
    pub(super) process: Process,
    /// Where it crashes, and when it comes there for which time.
    pub(super) crash_at: Option<(CrashPoint, u32)>,
    /// What stands in the reserve although it was told that it does not, and who wrote it.
    pub(super) torn: Option<(Process, Vec<KeptOutcome>)>,
    /// Microseconds since the world began.
    pub(super) now: u64,
    trace: String,
    broken: Option<String>,
}

impl World {
    /// A world in which nothing has happened yet.
    pub(super) fn new(chance: Chance, laws: Laws) -> Self {
        Self {
            disk: MemoryStore::new(),
            crashed: Notify::new(),
            start: Instant::now(),
            state: Mutex::new(State {
                chance,
                paths: Paths::default(),
                laws,
                known: Known::default(),
                weather: Weather::fine(),
                moods: BTreeMap::new(),
                process: 1,
                crash_at: None,
                torn: None,
                now: 0,
                trace: String::new(),
                broken: None,
            }),
        }
    }

    /// Looks at it, or changes it; nobody else does meanwhile.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now().duration_since(self.start).as_micros();
        state.now = u64::try_from(now).unwrap_or(u64::MAX);
        act(&mut state)
    }

    /// Goes on if `process` still runs; else never.
    pub(super) async fn alive(&self, process: Process) {
        if self.with(|state| state.process != process) {
            pending::<()>().await;
        }
    }

    /// Comes by a point where `process` may crash: does not come back if it does.
    pub(super) async fn pass(&self, process: Process, point: CrashPoint) {
        let crashes = self.with(|state| {
            if state.process != process {
                return false;
            }
            match &mut state.crash_at {
                Some((at, 0)) if *at == point => {
                    state.paths.went(point.path());
                    state.crash(&format!("{point:?}"));
                    true
                }
                Some((at, left)) if *at == point => {
                    *left -= 1;
                    false
                }
                Some(_) | None => false,
            }
        });
        if crashes {
            self.crashed.notify_one();
        }
        self.alive(process).await;
    }

    /// What is wrong, if anything is.
    pub(super) fn broken(&self) -> Option<String> {
        self.with(|state| state.broken.clone())
    }

    /// Everything that happened, a line each, and how often each way was gone.
    pub(super) fn told(&self) -> (String, Paths) {
        self.with(|state| (state.trace.clone(), state.paths.clone()))
    }
}

impl State {
    /// Notes what happened.
    pub(super) fn trace(&mut self, what: std::fmt::Arguments<'_>) {
        let (seconds, micros) = (self.now / 1_000_000, self.now % 1_000_000);
        // Writing to a string cannot fail.
        writeln!(
            self.trace,
            "{seconds:>7}.{micros:06} p{} {what}",
            self.process
        )
        .ok();
    }

    /// A law was broken; the first that was is told.
    pub(super) fn breaks(&mut self, law: String) {
        self.trace(format_args!("BROKEN {law}"));
        self.broken.get_or_insert(law);
    }

    /// The process that runs has none of its effects any more from here on.
    pub(super) fn crash(&mut self, whence: &str) {
        self.trace(format_args!("crash {whence}"));
        if self.laws.under_way() > 0 {
            self.paths.went(Path::CrashUnderWay);
        }
        self.end_process();
    }

    /// The next process begins without the memory of this one.
    pub(super) fn end_process(&mut self) {
        self.process += 1;
        self.crash_at = None;
        self.known.rotating = false;
        self.laws.process_ended();
    }
}
