//! The breaker: whether a destination is asked at all.
//!
//! It admits; after many failures in a row it refuses; after a wait it probes with one
//! callback. Pure. Only what the destination itself did counts, see [`Sign`]; nothing that is
//! refused is an attempt, so no callback's schedule is used up by it.

use std::time::Duration;

use tokio::time::Instant;

use super::health::Sign;

/// How many failures in a row it takes. Three tries of one callback are no outage; ten, from
/// at least four callbacks, without a single answer in between, are.
const FAILURES: u32 = 10;

/// How long it refuses at first.
const WAIT_FIRST: Duration = Duration::from_secs(5);

/// How long it refuses at most: a receiver that returns is noticed within a minute, if a
/// callback is due by then.
pub(super) const WAIT_MOST: Duration = Duration::from_secs(60);

/// Whether a destination is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breaker {
    /// It is; so many attempts in a row have failed.
    Admits { failures: u32 },
    /// It is not before then; that is when it is probed.
    Refuses { until: Instant, wait: Duration },
    /// With one callback; how that ends decides.
    Probes { wait: Duration },
}

/// What an attempt is to the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// Admitted in its turn.
    Turn,
    /// The one callback that it probes with.
    Probe,
    /// Not to be delayed: its failure says nothing that is not known.
    Past,
}

/// What has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shift {
    /// Nothing that anyone must know.
    None,
    /// It has begun to refuse, or refuses on after a probe.
    Refuses,
    /// It admits again.
    Admits,
}

impl Breaker {
    /// Of a destination that is not known yet.
    pub(super) const NEW: Self = Self::Admits { failures: 0 };

    /// Lets an attempt begin in its turn.
    pub(super) const fn pass(&mut self) -> Pass {
        match *self {
            Self::Admits { .. } => Pass::Turn,
            Self::Refuses { wait, .. } => {
                *self = Self::Probes { wait };
                Pass::Probe
            }
            Self::Probes { .. } => Pass::Past,
        }
    }

    /// Takes how an attempt ended.
    pub(super) fn note(&mut self, sign: Sign, pass: Pass, now: Instant) -> Shift {
        match (*self, sign, pass) {
            (Self::Admits { .. }, Sign::Well, _) => {
                *self = Self::NEW;
                Shift::None
            }
            (Self::Admits { failures }, Sign::Ill, _) if failures + 1 < FAILURES => {
                *self = Self::Admits {
                    failures: failures + 1,
                };
                Shift::None
            }
            (Self::Admits { .. }, Sign::Ill, _) => self.refuse(WAIT_FIRST, now),
            (Self::Refuses { .. } | Self::Probes { .. }, Sign::Well, _) => {
                *self = Self::NEW;
                Shift::Admits
            }
            (Self::Probes { wait }, Sign::Ill, Pass::Probe) => {
                self.refuse((2 * wait).min(WAIT_MOST), now)
            }
            // The probe told nothing: the next one is due at once.
            (Self::Probes { wait }, Sign::Unclear, Pass::Probe) => {
                *self = Self::Refuses { until: now, wait };
                Shift::None
            }
            (Self::Admits { .. }, Sign::Unclear, _)
            | (Self::Refuses { .. }, Sign::Ill | Sign::Unclear, _)
            | (Self::Probes { .. }, Sign::Ill | Sign::Unclear, Pass::Turn | Pass::Past) => {
                Shift::None
            }
        }
    }

    fn refuse(&mut self, wait: Duration, now: Instant) -> Shift {
        let until = now + wait;
        *self = Self::Refuses { until, wait };
        Shift::Refuses
    }

    /// Whether all may pass.
    pub(super) const fn admits(&self) -> bool {
        matches!(self, Self::Admits { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(breaker: &mut Breaker, count: u32, sign: Sign) -> Shift {
        (0..count).fold(Shift::None, |_, _| {
            breaker.note(sign, Pass::Turn, Instant::now())
        })
    }

    #[tokio::test(start_paused = true)]
    async fn it_refuses_after_ten_failures_in_a_row_and_not_before() {
        let mut breaker = Breaker::NEW;
        assert_eq!(after(&mut breaker, 9, Sign::Ill), Shift::None);
        assert_eq!(after(&mut breaker, 1, Sign::Well), Shift::None);
        assert_eq!(after(&mut breaker, 9, Sign::Ill), Shift::None);
        assert_eq!(after(&mut breaker, 5, Sign::Unclear), Shift::None);
        assert_eq!(after(&mut breaker, 1, Sign::Ill), Shift::Refuses);
        assert!(!breaker.admits());
    }

    #[tokio::test(start_paused = true)]
    async fn it_probes_with_one_and_waits_twice_as_long_up_to_a_minute() {
        let mut breaker = Breaker::NEW;
        after(&mut breaker, 10, Sign::Ill);
        let now = Instant::now();
        for seconds in [5, 10, 20, 40, 60, 60] {
            let wait = Duration::from_secs(seconds);
            assert_eq!(
                breaker,
                Breaker::Refuses {
                    until: now + wait,
                    wait
                }
            );
            assert_eq!(breaker.pass(), Pass::Probe);
            assert_eq!(breaker.pass(), Pass::Past);
            breaker.note(Sign::Ill, Pass::Past, now);
            assert_eq!(breaker, Breaker::Probes { wait }, "it was not the probe");
            assert_eq!(breaker.note(Sign::Ill, Pass::Probe, now), Shift::Refuses);
        }
        assert_eq!(breaker.note(Sign::Well, Pass::Past, now), Shift::Admits);
        assert_eq!(breaker, Breaker::NEW);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_under_way_when_it_began_to_refuse_changes_nothing() {
        let mut breaker = Breaker::NEW;
        after(&mut breaker, 10, Sign::Ill);
        let before = breaker;
        assert_eq!(after(&mut breaker, 54, Sign::Ill), Shift::None);
        assert_eq!(breaker, before);
    }
}
