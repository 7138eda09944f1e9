//! Which ways a simulation has gone: it must not silently stop testing what it is for.

use std::collections::BTreeMap;

macro_rules! paths {
    ($($path:ident: $says:literal,)+) => {
        /// A way through the engine that a run must have gone.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(super) enum Path { $(#[doc = $says] $path),+ }

        impl Path {
            /// All of them.
            pub(super) const ALL: &'static [Self] = &[$(Self::$path),+];

            /// What it is, for people.
            pub(super) const fn as_str(self) -> &'static str {
                match self { $(Self::$path => $says),+ }
            }
        }
    };
}

paths! {
    Created: "resources created and acknowledged",
    Reported: "reports accepted and acknowledged",
    Repeated: "reports that were repeats",
    Late: "reports that came late",
    Conflicting: "reports that conflicted",
    Stepped: "changes that the network's own steps made",
    Offered: "reports of platforms acknowledged",
    OfferedAgain: "reports of platforms that were known by their event id",
    EventReused: "event ids refused, for they came with another report",
    StreamBroken: "streams that were sent again after a failure",
    Unacknowledged: "requests that were answered with an error",
    Erased: "resources redacted or deleted",
    ErasedUnderWay: "erasures while an attempt was under way",
    Rotated: "signing keys rotated",
    WallStepped: "rebases after the wall clock stepped",
    Hurried: "callbacks hurried",
    Replayed: "replays recorded",
    ReplaySent: "attempts of replays",
    Held: "creations with a hold",
    Delivered: "callbacks delivered",
    Failed: "callbacks failed",
    FailedGone: "callbacks failed by 410",
    FailedInTime: "durable callbacks failed after 72 hours",
    FailedUntried: "callbacks failed for their URL",
    NoticeSent: "attempts of failure notices",
    SetAside: "callbacks set aside",
    LateSent: "attempts of callbacks that were set aside",
    LaneClosed: "callbacks that closed their lanes",
    Overtaken: "callbacks that went past one that was set aside or given up",
    Refused: "connections refused",
    Silent: "attempts that were never answered",
    Slow: "answers that took more than a second",
    OnDisk: "looks at destinations with more on disk",
    Parked: "looks at refused destinations with more on disk",
    BreakerRefuses: "looks at breakers that refused",
    BreakerProbes: "looks at breakers that probed",
    Paused: "looks at destinations that asked for a pause",
    LimitFell: "looks at limits below their most",
    FullWindow: "looks at a window that was full",
    CommitFull: "commits that failed for a full disk",
    CommitReadOnly: "commits that failed for a read-only disk",
    CommitUnsureWritten: "commits that failed, and were written",
    CommitUnsureLost: "commits that failed, and were not written",
    OutcomesKept: "times that outcomes were kept, for the store did not take them",
    KeepFailed: "times that outcomes could not be kept",
    KeepTorn: "times that outcomes were kept, and it was told that they are not",
    ReserveScarce: "times that the reserve was nearly full",
    KeptRecordedLater: "outcomes recorded by a later process than the one that kept them",
    TornFound: "starts that found in the reserve what was told not to be kept",
    OutcomeTwice: "outcomes recorded twice after such a failure",
    ReadFailed: "reads that failed",
    CrashBeforeWrite: "crashes before a commit was written",
    CrashAfterWrite: "crashes after a commit was written, before it was answered",
    CrashBeforeKeep: "crashes before outcomes were kept",
    CrashAfterKeep: "crashes after outcomes were kept, before that was answered",
    CrashAttemptBegun: "crashes when an attempt began",
    CrashAttemptEnded: "crashes when an attempt had ended",
    CrashInRead: "crashes in a read",
    CrashAnywhere: "crashes at some other moment",
    CrashUnderWay: "crashes with attempts under way",
    SentTwice: "attempts made again, after a crash, of what was accepted before it",
    DownForDays: "times that the process was down for days",
    DrainedWhole: "stops that ended everything under way",
    DrainedPartly: "stops that gave attempts up",
}

/// How often each way was gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Paths(BTreeMap<Path, u64>);

impl Paths {
    /// This one was gone once more.
    pub(super) fn went(&mut self, path: Path) {
        *self.0.entry(path).or_default() += 1;
    }

    /// Adds what another simulation went.
    pub(super) fn add(&mut self, other: &Self) {
        for (path, count) in &other.0 {
            *self.0.entry(*path).or_default() += count;
        }
    }

    /// How often.
    pub(super) fn count(&self, path: Path) -> u64 {
        self.0.get(&path).copied().unwrap_or(0)
    }
}
