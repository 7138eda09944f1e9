//! What is counted while the engine runs.
//!
//! Counted by the recorder, once a commit and only after it: what is counted is recorded. The
//! server shows it. One update a group, not one a callback, so that it costs nothing where
//! much is going on. What is owed at a moment is not counted here but asked of the store:
//! such a number cannot drift.

mod destinations;
mod histogram;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ringback_domain::attempt::AttemptResult;
use ringback_domain::callback::CallbackState;
use ringback_domain::id::ProjectId;
use ringback_domain::verdict::Verdict;

pub use self::destinations::{AttemptCounts, BusyDestination, Destinations};
pub use self::histogram::{Histogram, HistogramSnapshot};

use self::destinations::Counters;
use crate::handle::RecordError;
use crate::recorder::{Delivery, Tried};

/// From a tenth of a millisecond, a fast disk, to some seconds, one that hangs.
const COMMIT_SECONDS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];
/// A group has at most 1,000 commands beside its outcomes.
const GROUP_SIZES: &[f64] = &[
    1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0,
];
/// From loopback to the limit of a whole attempt.
const ATTEMPT_SECONDS: &[f64] = &[
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0,
];
/// From loopback to the 72 hours after which a callback is given up.
const DELIVERY_SECONDS: &[f64] = &[
    0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 3_600.0, 21_600.0, 86_400.0,
    259_200.0,
];

/// Reports by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    /// They moved a resource on, its creation included.
    pub accepted: u64,
    /// The resource had that status already.
    pub repeat: u64,
    /// The resource was further already.
    pub late: u64,
    /// The resource had come to another end.
    pub conflict: u64,
    /// Not a status of that kind of resource.
    pub refused: u64,
}

/// Whether the store takes what is to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// The last commit went through.
    Taken,
    /// The disk is full.
    Full,
    /// The store's files may not be written.
    ReadOnly,
    /// The last commit failed otherwise.
    Failed,
}

/// Callbacks by how they were settled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Accepted by their receiver.
    pub delivered: u64,
    /// Given up.
    pub failed: u64,
    /// Called off.
    pub canceled: u64,
}

/// What one group adds; put together before its commit, counted after it.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// What became of its reports.
    pub(crate) reports: Reports,
    /// How many callbacks it owes.
    pub(crate) owed: u64,
    /// How many commands, steps and outcomes it has.
    pub(crate) size: usize,
}

impl Tally {
    /// One more report that changed nothing.
    pub(crate) const fn rejected(&mut self, verdict: Verdict) {
        let reports = &mut self.reports;
        match verdict {
            Verdict::Accepted(_) => reports.accepted += 1,
            Verdict::Repeat => reports.repeat += 1,
            Verdict::Late => reports.late += 1,
            Verdict::Conflict => reports.conflict += 1,
            Verdict::Refused => reports.refused += 1,
        }
    }
}

/// All that is counted since the start.
#[derive(Debug)]
pub struct Metrics {
    totals: Mutex<Totals>,
    destinations: Mutex<Counters>,
    commits: Histogram,
    groups: Histogram,
    attempts: Histogram,
    deliveries: Histogram,
    commits_failed: AtomicU64,
    removed: AtomicU64,
    writes: Mutex<Writes>,
    /// Whether attempts are made.
    delivers: AtomicBool,
    /// Outcomes in the reserve.
    kept: AtomicUsize,
}

#[derive(Debug, Default)]
struct Totals {
    reports: Reports,
    owed: u64,
    settled: Settled,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            totals: Mutex::default(),
            destinations: Mutex::default(),
            commits: Histogram::new(COMMIT_SECONDS),
            groups: Histogram::new(GROUP_SIZES),
            attempts: Histogram::new(ATTEMPT_SECONDS),
            deliveries: Histogram::new(DELIVERY_SECONDS),
            commits_failed: AtomicU64::new(0),
            removed: AtomicU64::new(0),
            writes: Mutex::new(Writes::Taken),
            delivers: AtomicBool::new(true),
            kept: AtomicUsize::new(0),
        }
    }
}

impl Metrics {
    /// Reports by what became of them.
    pub fn reports(&self) -> Reports {
        self.totals(|totals| totals.reports)
    }

    /// How many callbacks were owed for changes.
    pub fn owed(&self) -> u64 {
        self.totals(|totals| totals.owed)
    }

    /// Callbacks by how they were settled.
    pub fn settled(&self) -> Settled {
        self.totals(|totals| totals.settled)
    }

    /// The attempts by destination: the `limit` with the most by name, the rest summed.
    pub fn destinations(&self, limit: usize) -> Destinations {
        let counters = self.destinations.lock();
        counters
            .unwrap_or_else(PoisonError::into_inner)
            .busiest(limit)
    }

    /// How long commits took, in seconds.
    pub fn commits(&self) -> HistogramSnapshot {
        self.commits.snapshot()
    }

    /// How many commands, steps and outcomes a commit covered.
    pub fn groups(&self) -> HistogramSnapshot {
        self.groups.snapshot()
    }

    /// How long attempts took, in seconds.
    pub fn attempts(&self) -> HistogramSnapshot {
        self.attempts.snapshot()
    }

    /// From a change's record to its callback's acceptance, in seconds.
    pub fn deliveries(&self) -> HistogramSnapshot {
        self.deliveries.snapshot()
    }

    /// How many commits failed.
    pub fn commits_failed(&self) -> u64 {
        self.commits_failed.load(Ordering::Relaxed)
    }

    /// How many resources retention has removed.
    pub fn removed(&self) -> u64 {
        self.removed.load(Ordering::Relaxed)
    }

    /// Whether the last commit went through.
    pub fn is_writable(&self) -> bool {
        self.writes() == Writes::Taken
    }

    /// Whether the store takes what is to be recorded, and what hinders it.
    pub fn writes(&self) -> Writes {
        *self.writes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_writes(&self, writes: Writes) {
        *self.writes.lock().unwrap_or_else(PoisonError::into_inner) = writes;
    }

    /// A commit went through, in this time.
    pub(crate) fn committed(&self, tally: &Tally, tried: &[Tried], took: Duration) {
        self.set_writes(Writes::Taken);
        self.commits.observe(took.as_secs_f64());
        #[expect(
            clippy::cast_precision_loss,
            reason = "a group has some thousand at most"
        )]
        self.groups.observe(tally.size as f64);
        self.totals(|totals| {
            totals.add(tally);
            for tried in tried {
                totals.settled.add(tried.outcome.state);
            }
        });
        if !tried.is_empty() {
            self.tried(tried);
        }
    }

    /// Retention removed resources, in a commit of its own.
    pub(crate) fn removed_more(&self, count: usize) {
        self.set_writes(Writes::Taken);
        self.removed.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Whether attempts are made: not while what becomes of them could not be kept.
    pub fn is_delivering(&self) -> bool {
        self.delivers.load(Ordering::Relaxed)
    }

    /// How many outcomes are in the store's reserve, as far as this process knows.
    pub fn outcomes_kept(&self) -> usize {
        self.kept.load(Ordering::Relaxed)
    }

    /// So many more outcomes were kept.
    pub(crate) fn kept(&self, count: usize) {
        self.kept.fetch_add(count, Ordering::Relaxed);
    }

    /// All that was kept is recorded.
    pub(crate) fn nothing_kept(&self) {
        self.kept.store(0, Ordering::Relaxed);
    }

    /// Whether attempts are made from now on.
    pub(crate) fn delivers(&self, delivery: Delivery) {
        let runs = delivery == Delivery::Runs;
        self.delivers.store(runs, Ordering::Relaxed);
    }

    /// A commit failed. One that touched something damaged says nothing of others.
    pub(crate) fn commit_failed(&self, error: &RecordError) {
        match error {
            RecordError::Damaged { .. } => {}
            RecordError::Full => self.set_writes(Writes::Full),
            RecordError::ReadOnly => self.set_writes(Writes::ReadOnly),
            RecordError::Unsure { .. }
            | RecordError::Failed { .. }
            | RecordError::Busy { .. }
            | RecordError::Stopping => self.set_writes(Writes::Failed),
        }
        self.commits_failed.fetch_add(1, Ordering::Relaxed);
    }

    fn tried(&self, tried: &[Tried]) {
        let counters = self.destinations.lock();
        let mut counters = counters.unwrap_or_else(PoisonError::into_inner);
        for Tried {
            callback, outcome, ..
        } in tried
        {
            if let Some(attempt) = &outcome.attempt {
                self.attempts.observe(attempt.timings.total.as_secs_f64());
                let ended = match attempt.result {
                    AttemptResult::Accepted => Ended::Accepted,
                    AttemptResult::Failed { .. } => Ended::Failed,
                };
                counters.add(callback.project, &callback.destination, ended);
            }
            if let (CallbackState::Delivered, Some(settled)) = (outcome.state, outcome.settled_at) {
                let took = settled.since(callback.recorded_at);
                self.deliveries.observe(took.as_secs_f64());
            }
        }
    }

    fn totals<T>(&self, act: impl FnOnce(&mut Totals) -> T) -> T {
        // Sums alone: a panic leaves them usable.
        act(&mut self.totals.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Accepted,
    Failed,
}

impl Totals {
    const fn add(&mut self, tally: &Tally) {
        let (sum, new) = (&mut self.reports, &tally.reports);
        sum.accepted += new.accepted;
        sum.repeat += new.repeat;
        sum.late += new.late;
        sum.conflict += new.conflict;
        sum.refused += new.refused;
        self.owed += tally.owed;
    }
}

impl Settled {
    const fn add(&mut self, state: CallbackState) {
        match state {
            CallbackState::Pending | CallbackState::Aside => {}
            CallbackState::Delivered => self.delivered += 1,
            CallbackState::Failed => self.failed += 1,
            CallbackState::Canceled => self.canceled += 1,
        }
    }
}

/// A destination, for one project.
type Key = (ProjectId, std::sync::Arc<str>);
