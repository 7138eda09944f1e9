//! What is done after a failed attempt: try again at once, wait, set aside, give up.
//!
//! Pure: the dispatcher gathers the facts, [`decide`] says what follows, the dispatcher
//! does it.

use std::time::Duration;

use rand::Rng;
use ringback_domain::callback::CallbackState;
use ringback_domain::project::Ordering;

use super::policy::{Afterwards, Policy};
use crate::transport::{FailureKind, Host};

/// The bound of the first wait after the quick tries.
const BACKOFF_FIRST: Duration = Duration::from_secs(10);

/// The bound that no wait goes beyond.
const BACKOFF_MOST: Duration = Duration::from_secs(4 * 3600);

/// Whether a destination has accepted anything since a callback first failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// It has accepted something: what fails is this callback.
    Accepting,
    /// It has accepted nothing: nothing later would get through either.
    Silent,
}

/// What is known when an attempt has failed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts<'a> {
    /// Why it failed.
    pub(super) failure: FailureKind,
    /// How hard the callback is tried.
    pub(super) policy: &'a Policy,
    /// What a failing callback does to those behind it.
    pub(super) ordering: Ordering,
    /// Pending or set aside.
    pub(super) state: CallbackState,
    /// The quick tries so far and the time since the first, unless they are over.
    pub(super) quick: Option<(u32, Duration)>,
    /// How many attempts after the quick tries were made.
    pub(super) slow_tries: u32,
    /// How long it may still be tried; zero if that is over.
    pub(super) remaining: Duration,
    /// Whether the destination has accepted anything since its first failure.
    pub(super) destination: Since,
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Another quick try after this time; its lane waits.
    Quick(Duration),
    /// Another try after this time; its lane stays closed.
    Close(Duration),
    /// Another try after this time; its lane goes on without it.
    SetAside(Duration),
    /// It has failed.
    GiveUp,
}

/// What follows a failed attempt.
pub(super) fn decide(facts: &Facts<'_>, rng: &mut impl Rng) -> Decision {
    if ends_it(facts.failure) {
        return Decision::GiveUp;
    }
    if let Some((made, elapsed)) = facts.quick
        && let Some(gap) = facts
            .policy
            .quick_retry(made, elapsed, facts.failure.class())
    {
        return Decision::Quick(gap);
    }
    match facts.policy.afterwards {
        Afterwards::GiveUp => return Decision::GiveUp,
        Afterwards::Backoff if facts.remaining.is_zero() => return Decision::GiveUp,
        Afterwards::Backoff => {}
    }
    // The last try is made when the time is over, not left out.
    let wait = backoff(facts.slow_tries, rng).min(facts.remaining);
    match place(facts) {
        Place::Lane => Decision::Close(wait),
        Place::Aside => Decision::SetAside(wait),
    }
}

/// Whether no further try could change anything: the receiver says that it is gone for
/// good, or the URL itself names an address that is refused.
const fn ends_it(failure: FailureKind) -> bool {
    matches!(
        failure,
        FailureKind::Status(410) | FailureKind::AddressRefused(Host::Literal)
    )
}

enum Place {
    Lane,
    Aside,
}

fn place(facts: &Facts<'_>) -> Place {
    match (facts.ordering, facts.state) {
        (_, CallbackState::Aside) | (Ordering::None, _) => Place::Aside,
        (Ordering::Strict, _) => Place::Lane,
        (Ordering::Aside, _) if refused_for_itself(facts.failure) => Place::Aside,
        (Ordering::Aside, _) => match facts.destination {
            Since::Accepting => Place::Aside,
            Since::Silent => Place::Lane,
        },
    }
}

/// Whether the receiver is there and does not want this callback. 408, 425 and 429 say
/// "later".
const fn refused_for_itself(failure: FailureKind) -> bool {
    match failure {
        FailureKind::Status(408 | 425 | 429) => false,
        FailureKind::Status(status) => status >= 400 && status <= 499,
        _ => false,
    }
}

/// A wait drawn evenly between nothing and a bound that doubles with every try (full
/// jitter: callbacks that failed together do not come back together).
fn backoff(slow_tries: u32, rng: &mut impl Rng) -> Duration {
    let bound = BACKOFF_FIRST
        .saturating_mul(1 << slow_tries.min(20))
        .min(BACKOFF_MOST);
    bound.mul_f64(rng.random::<f64>())
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use ringback_domain::project::Profile;
    use ringback_wire::overrides::Overrides;

    use super::*;

    const UNAVAILABLE: FailureKind = FailureKind::Status(503);

    fn facts(policy: &Policy) -> Facts<'_> {
        Facts {
            failure: UNAVAILABLE,
            policy,
            ordering: Ordering::Aside,
            state: CallbackState::Pending,
            quick: None,
            slow_tries: 0,
            remaining: Duration::from_secs(3600),
            destination: Since::Silent,
        }
    }

    fn policy(profile: Profile, fragment: &str) -> Policy {
        Policy::new(profile, &Overrides::lenient(fragment).0)
    }

    fn decided(facts: &Facts<'_>) -> Decision {
        decide(facts, &mut ChaCha8Rng::seed_from_u64(1))
    }

    #[test]
    fn quick_tries_by_profile_and_fragment() {
        let second = Duration::from_secs(1);
        check(
            Profile::Durable,
            "",
            UNAVAILABLE,
            &[Some(second), Some(second), None],
        );
        check(
            Profile::SignalWire,
            "",
            UNAVAILABLE,
            &[Some(Duration::ZERO), Some(second), None],
        );
        check(
            Profile::SignalWire,
            "",
            FailureKind::Status(404),
            &[Some(Duration::ZERO), Some(second), None],
        );
        check(Profile::Twilio, "", UNAVAILABLE, &[None]);
        check(
            Profile::Twilio,
            "",
            FailureKind::ConnectTimeout,
            &[Some(Duration::ZERO), None],
        );
        check(
            Profile::Twilio,
            "rp=5xx&rc=2",
            UNAVAILABLE,
            &[Some(Duration::ZERO), Some(second), None],
        );
        check(Profile::Durable, "rc=0", UNAVAILABLE, &[None]);
        check(Profile::Durable, "rp=ct", UNAVAILABLE, &[None]);

        #[track_caller]
        fn check(
            profile: Profile,
            fragment: &str,
            failure: FailureKind,
            gaps: &[Option<Duration>],
        ) {
            let policy = policy(profile, fragment);
            for (index, gap) in gaps.iter().enumerate() {
                let made = u32::try_from(index).unwrap() + 1;
                let given = policy.quick_retry(made, Duration::ZERO, failure.class());
                assert_eq!(given, *gap, "{profile:?} {fragment} try {made}");
            }
        }
    }

    #[test]
    fn no_quick_try_begins_after_fifteen_seconds() {
        let policy = policy(Profile::SignalWire, "");
        let class = UNAVAILABLE.class();
        assert!(
            policy
                .quick_retry(2, Duration::from_millis(13_900), class)
                .is_some()
        );
        assert!(
            policy
                .quick_retry(2, Duration::from_secs(14), class)
                .is_none()
        );
        let limits = policy.limits(Some(Duration::from_secs(14)));
        assert_eq!(limits.total, Duration::from_secs(1));
    }

    #[test]
    fn a_failing_callback_is_set_aside_only_while_others_get_through() {
        let policy = policy(Profile::Durable, "");
        let base = facts(&policy);
        assert!(matches!(decided(&base), Decision::Close(_)));
        let accepting = Facts {
            destination: Since::Accepting,
            ..base
        };
        assert!(matches!(decided(&accepting), Decision::SetAside(_)));
        let strict = Facts {
            ordering: Ordering::Strict,
            ..accepting
        };
        assert!(matches!(decided(&strict), Decision::Close(_)));
        let none = Facts {
            ordering: Ordering::None,
            ..base
        };
        assert!(matches!(decided(&none), Decision::SetAside(_)));
        for status in [400, 401, 404, 422, 499] {
            let refused = Facts {
                failure: FailureKind::Status(status),
                ..base
            };
            assert!(
                matches!(decided(&refused), Decision::SetAside(_)),
                "{status}"
            );
        }
        for status in [408, 425, 429, 500, 301] {
            let later = Facts {
                failure: FailureKind::Status(status),
                ..base
            };
            assert!(matches!(decided(&later), Decision::Close(_)), "{status}");
        }
    }

    #[test]
    fn gives_up_on_410_on_a_refused_literal_and_when_the_time_is_over() {
        let policy = policy(Profile::Durable, "");
        let quick = Facts {
            quick: Some((1, Duration::ZERO)),
            ..facts(&policy)
        };
        for failure in [
            FailureKind::Status(410),
            FailureKind::AddressRefused(Host::Literal),
        ] {
            assert_eq!(decided(&Facts { failure, ..quick }), Decision::GiveUp);
        }
        let name = FailureKind::AddressRefused(Host::Name);
        assert!(matches!(
            decided(&Facts {
                failure: name,
                ..quick
            }),
            Decision::Quick(_)
        ));
        let over = Facts {
            remaining: Duration::ZERO,
            ..facts(&policy)
        };
        assert_eq!(decided(&over), Decision::GiveUp);
    }

    #[test]
    fn the_bound_of_the_wait_doubles_from_ten_seconds_to_four_hours() {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        for (tries, bound) in [
            (0, 10),
            (1, 20),
            (5, 320),
            (10, 10_240),
            (11, 14_400),
            (40, 14_400),
        ] {
            let longest = (0..400).map(|_| backoff(tries, &mut rng)).max().unwrap();
            let bound = Duration::from_secs(bound);
            assert!(
                longest <= bound && longest > bound.mul_f64(0.9),
                "{tries}: {longest:?}"
            );
        }
    }

    #[test]
    fn the_last_try_is_made_when_the_time_is_over() {
        let policy = policy(Profile::Durable, "");
        let remaining = Duration::from_millis(1);
        let near = Facts {
            remaining,
            slow_tries: 20,
            ..facts(&policy)
        };
        assert_eq!(decided(&near), Decision::Close(remaining));
    }
}
