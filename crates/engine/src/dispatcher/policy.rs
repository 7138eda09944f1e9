//! How hard a callback is tried: a profile, tuned by its URL's fragment.
//!
//! Made when a callback enters the dispatcher's memory. The numbers of `signalwire` are those
//! of SignalWire's "Common webhook errors" (2 s to connect, 5 s to read, three tries within
//! 15 s), those of `twilio` of its "Connection Overrides"; what both leave open is decided in
//! docs/delivery.md.

use std::time::Duration;

use ringback_domain::project::Profile;
use ringback_wire::overrides::{Overrides, RetryCause, RetryOn};

use crate::transport::{FailureClass, Limits};

/// The time over all quick tries together, and over any single attempt.
pub(super) const TOTAL: Duration = Duration::from_secs(15);

/// How long a durable callback is tried, counted from when its change was recorded.
pub(super) const DURABLE_FOR: Duration = Duration::from_secs(72 * 3600);

/// What follows the quick tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    /// Backoff until the 72 hours are over.
    Backoff,
    /// Nothing: it has failed.
    GiveUp,
}

/// How hard a callback is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy {
    connect: Duration,
    read: Duration,
    quick_total: Duration,
    quick_tries: u32,
    /// Before the second try, and before each further one.
    gaps: [Duration; 2],
    retry_on: RetryOn,
    pub(super) afterwards: Afterwards,
}

impl Policy {
    /// The policy of a URL with these overrides in a project with this profile.
    pub(super) fn new(project: Profile, overrides: &Overrides) -> Self {
        let base = Self::of(overrides.profile.unwrap_or(project));
        Self {
            connect: overrides.connect_timeout.unwrap_or(base.connect),
            read: overrides.read_timeout.unwrap_or(base.read),
            quick_total: overrides.total_timeout.unwrap_or(base.quick_total),
            quick_tries: overrides
                .retry_count
                .map_or(base.quick_tries, |count| 1 + u32::from(count)),
            retry_on: overrides.retry_on.unwrap_or(base.retry_on),
            ..base
        }
    }

    const fn of(profile: Profile) -> Self {
        let second = Duration::from_secs(1);
        let signalwire = Self {
            connect: Duration::from_secs(2),
            read: Duration::from_secs(5),
            quick_total: TOTAL,
            quick_tries: 3,
            gaps: [Duration::ZERO, second],
            retry_on: RetryOn::ALL,
            afterwards: Afterwards::GiveUp,
        };
        match profile {
            Profile::SignalWire => signalwire,
            Profile::Durable => Self {
                gaps: [second, second],
                afterwards: Afterwards::Backoff,
                ..signalwire
            },
            Profile::Twilio => Self {
                connect: Duration::from_secs(5),
                read: TOTAL,
                quick_tries: 2,
                retry_on: RetryOn::NOTHING.with(RetryCause::Connect),
                ..signalwire
            },
        }
    }

    /// The limits of an attempt; `elapsed` is the time since the first quick try, `None` for
    /// one that is not a quick try.
    pub(super) fn limits(&self, elapsed: Option<Duration>) -> Limits {
        let total = elapsed.map_or(TOTAL, |elapsed| self.quick_total.saturating_sub(elapsed));
        Limits {
            connect: self.connect,
            read: self.read,
            total,
        }
    }

    /// Whether quick tries are left after this many attempts.
    pub(super) const fn in_quick_tries(&self, attempts: u32) -> bool {
        attempts < self.quick_tries
    }

    /// How many of these attempts were not quick tries.
    pub(super) const fn slow_tries(&self, attempts: u32) -> u32 {
        attempts.saturating_sub(self.quick_tries)
    }

    /// How long after a failure the next quick try is made; `None` if there is no other.
    pub(super) fn quick_retry(
        &self,
        made: u32,
        elapsed: Duration,
        failure: FailureClass,
    ) -> Option<Duration> {
        let gap = self.gaps[usize::from(made > 1)];
        let more =
            made < self.quick_tries && self.retries(failure) && elapsed + gap < self.quick_total;
        more.then_some(gap)
    }

    fn retries(&self, failure: FailureClass) -> bool {
        match failure {
            FailureClass::Connect => self.retry_on.contains(RetryCause::Connect),
            FailureClass::Read => self.retry_on.contains(RetryCause::Read),
            FailureClass::ClientError => self.retry_on.contains(RetryCause::ClientErrors),
            FailureClass::ServerError => self.retry_on.contains(RetryCause::ServerErrors),
            FailureClass::Other => self.retry_on == RetryOn::ALL,
        }
    }
}
