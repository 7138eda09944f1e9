//! How a destination is: its limit, its breaker, and whether it asked for a pause.
//!
//! Owned by the destination, and kept for a while when that has nothing pending: who was dead
//! a minute ago is not met with all that comes.

use std::time::Duration;

use tokio::time::Instant;

use super::breaker::{Breaker, Pass, Shift};
use super::limit::Limit;
use crate::transport::{Exchange, Failure, FailureKind, Host};

/// No pause that a receiver asks for is longer: it is the longest wait of a callback's own
/// schedule.
const PAUSE_MOST: Duration = Duration::from_secs(4 * 3600);

/// What an attempt's end says of its destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// It answered, whatever it said of this callback.
    Well,
    /// It did not answer, or says that it cannot.
    Ill,
    /// Nothing.
    Unclear,
}

impl Sign {
    /// What the end of an attempt says.
    pub(super) const fn of(exchange: &Exchange) -> Self {
        match &exchange.result {
            Ok(_) => Self::Well,
            Err(failure) => Self::of_failure(failure.kind),
        }
    }

    const fn of_failure(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Dns
            | FailureKind::AddressRefused(Host::Name)
            | FailureKind::ConnectTimeout
            | FailureKind::ConnectionRefused
            | FailureKind::ConnectionFailed
            | FailureKind::Tls(_)
            | FailureKind::ReadTimeout
            | FailureKind::TotalTimeout
            | FailureKind::ConnectionClosed
            | FailureKind::Protocol
            | FailureKind::HttpVersion
            | FailureKind::Status(429 | 500..) => Self::Ill,
            // "Later", for reasons that may be this callback's own.
            FailureKind::Status(408 | 425)
            | FailureKind::AddressRefused(Host::Literal)
            | FailureKind::Url => Self::Unclear,
            FailureKind::Status(_)
            | FailureKind::TooManyRedirects
            | FailureKind::RedirectWithoutLocation
            | FailureKind::DowngradeRefused => Self::Well,
        }
    }
}

/// The `Retry-After` of an answer that may ask for a pause (RFC 9110 §10.2.3, for
/// 429 RFC 6585 §4).
pub(super) fn asked_pause(failure: &Failure) -> Option<&str> {
    match failure.kind {
        FailureKind::Status(429 | 503) => failure.answer.as_ref()?.headers.get("retry-after"),
        _ => None,
    }
}

/// Whether an attempt may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// Any that the limit leaves room for.
    Open,
    /// One, to probe.
    Probe,
    /// Only those that the breaker does not delay.
    Probing,
    /// None before then, but those that the breaker does not delay.
    Refuses(Instant),
    /// None before then.
    Paused(Instant),
}

/// How a destination is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Health {
    pub(super) limit: Limit,
    pub(super) breaker: Breaker,
    paused_until: Option<Instant>,
}

impl Health {
    /// Of a destination that is not known yet.
    pub(super) fn new(most: usize) -> Self {
        Self {
            limit: Limit::new(most),
            breaker: Breaker::NEW,
            paused_until: None,
        }
    }

    /// Whether an attempt may begin.
    pub(super) fn gate(&self, now: Instant) -> Gate {
        match (self.pause(now), self.breaker) {
            (Some(until), _) => Gate::Paused(until),
            (None, Breaker::Admits { .. }) => Gate::Open,
            (None, Breaker::Refuses { until, .. }) if until > now => Gate::Refuses(until),
            (None, Breaker::Refuses { .. }) => Gate::Probe,
            (None, Breaker::Probes { .. }) => Gate::Probing,
        }
    }

    /// Until when it asked to be left alone.
    pub(super) fn pause(&self, now: Instant) -> Option<Instant> {
        self.paused_until.filter(|until| *until > now)
    }

    /// It asked to be left alone for so long.
    pub(super) fn pause_for(&mut self, wait: Duration, now: Instant) {
        let until = now + wait.min(PAUSE_MOST);
        self.paused_until = self.paused_until.max(Some(until));
        self.limit.fall();
    }

    /// Takes how an attempt ended.
    pub(super) fn note(&mut self, sign: Sign, pass: Pass, took: Duration, now: Instant) -> Shift {
        self.limit.note(sign, took);
        let shift = self.breaker.note(sign, pass, now);
        match shift {
            Shift::Refuses => self.limit.fall(),
            Shift::Admits | Shift::None => {}
        }
        shift
    }

    /// Whether callbacks go to it now; where they do not, they wait on disk.
    pub(super) fn is_served(&self, now: Instant) -> bool {
        self.breaker.admits() && self.pause(now).is_none()
    }

    /// Whether it differs from that of a destination that is not known.
    pub(super) fn is_telling(&self, now: Instant) -> bool {
        self.breaker != Breaker::NEW || !self.limit.is_most() || self.pause(now).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::TlsFault;

    #[test]
    fn only_failures_of_the_destination_count() {
        for kind in [
            FailureKind::ConnectTimeout,
            FailureKind::ConnectionRefused,
            FailureKind::Tls(TlsFault::Expired),
            FailureKind::ReadTimeout,
            FailureKind::TotalTimeout,
            FailureKind::Status(429),
            FailureKind::Status(500),
            FailureKind::Status(503),
            FailureKind::Status(599),
        ] {
            assert_eq!(Sign::of_failure(kind), Sign::Ill, "{kind:?}");
        }
        for status in [300, 400, 401, 403, 404, 410, 422, 499] {
            let kind = FailureKind::Status(status);
            assert_eq!(Sign::of_failure(kind), Sign::Well, "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_never_longer_than_four_hours_nor_shortened_by_another() {
        let now = Instant::now();
        let mut health = Health::new(64);
        health.pause_for(Duration::from_secs(1_000_000), now);
        assert_eq!(health.gate(now), Gate::Paused(now + PAUSE_MOST));
        health.pause_for(Duration::from_secs(1), now);
        assert_eq!(health.gate(now), Gate::Paused(now + PAUSE_MOST));
        assert_eq!(health.gate(now + PAUSE_MOST), Gate::Open);
    }
}
