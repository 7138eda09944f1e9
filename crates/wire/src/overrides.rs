//! Overrides: delivery settings in the fragment of a webhook URL, as in
//! `https://crm.example/in#rt=3000&rc=2`.
//!
//! Keys are SignalWire's (semantics §7), Twilio's (§9) and our `profile`. The compatible
//! surface reads leniently, since a real SDK's call must not fail where SignalWire's would
//! not; our own API and the configuration read strictly. What strict reading takes,
//! lenient reading takes alike, without a warning.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use ringback_domain::project::Profile;

mod read;

/// A kind of failure that `rp` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryCause {
    /// `ct`: no connection was made.
    Connect,
    /// `rt`: the answer did not come in time.
    Read,
    /// `4xx`.
    ClientErrors,
    /// `5xx`.
    ServerErrors,
}

/// The kinds of failure after which a quick try follows (Twilio's `rp`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RetryOn(u8);

impl RetryOn {
    /// After no failure.
    pub const NOTHING: Self = Self(0);
    /// After every failure: `rp=all`.
    pub const ALL: Self = Self::NOTHING
        .with(RetryCause::Connect)
        .with(RetryCause::Read)
        .with(RetryCause::ClientErrors)
        .with(RetryCause::ServerErrors);

    /// These and `cause`.
    #[must_use]
    pub const fn with(self, cause: RetryCause) -> Self {
        Self(self.0 | Self::bit(cause))
    }

    /// Whether `cause` is one of these.
    pub const fn contains(self, cause: RetryCause) -> bool {
        self.0 & Self::bit(cause) != 0
    }

    const fn bit(cause: RetryCause) -> u8 {
        1 << cause as u8
    }
}

impl fmt::Debug for RetryOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use RetryCause::{ClientErrors, Connect, Read, ServerErrors};
        let all = [Connect, Read, ClientErrors, ServerErrors];
        let held = all.into_iter().filter(|cause| self.contains(*cause));
        f.debug_set().entries(held).finish()
    }
}

/// Whether the TLS handshake names the host (Twilio's `sni`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerNameIndication {
    /// `y`.
    Sent,
    /// `n`.
    LeftOut,
}

/// What a URL's fragment says of its delivery; `None` leaves it to the profile.
///
/// `ot`, `ct` and `rt` tune every attempt, `tt`, `rc` and `rp` the quick tries; none ends
/// the 72 h of `durable`. Twilio's `e` (egress edge) is taken and has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Overrides {
    /// `ot`, or `ct`: 100 to 10000 ms.
    pub connect_timeout: Option<Duration>,
    /// `rt`, for the first byte and between packets: 100 to 15000 ms.
    pub read_timeout: Option<Duration>,
    /// `tt`, for all quick tries together: 100 to 15000 ms.
    pub total_timeout: Option<Duration>,
    /// `rc`, quick tries after the first: 0 to 5.
    pub retry_count: Option<u8>,
    /// `rp`.
    pub retry_on: Option<RetryOn>,
    /// `profile`.
    pub profile: Option<Profile>,
    /// `sni`.
    pub server_name_indication: Option<ServerNameIndication>,
}

/// Why strict reading refuses a fragment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// A piece of a fragment of overrides that is none.
    #[error("`{piece}` is not key=value")]
    NotAPair {
        /// The piece, shortened.
        piece: String,
    },
    /// A key that nobody defines.
    #[error("`{key}` is not an override; they are ot, ct, rt, tt, rc, rp, sni, e and profile")]
    UnknownKey {
        /// The key, shortened.
        key: String,
    },
    /// A key, or its alias, that was there before.
    #[error("`{key}` says again what was said before it")]
    Doubled {
        /// The later key.
        key: &'static str,
    },
    /// A number, but too small or too large.
    #[error("`{key}` is from {} to {}, not {value}", .range.start(), .range.end())]
    OutOfRange {
        /// The key.
        key: &'static str,
        /// What is allowed; times in milliseconds.
        range: RangeInclusive<u16>,
        /// What was given, shortened.
        value: String,
    },
    /// A value that the key cannot take.
    #[error("`{key}` is {expected}, not `{value}`")]
    Unusable {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was given, shortened.
        value: String,
    },
}

/// What lenient reading made of a fault, for the resource's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideWarning {
    /// What strict reading would refuse.
    pub fault: OverrideError,
    /// What was done about it.
    pub remedy: Remedy,
}

/// What lenient reading does about a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// As if it were not there.
    Ignored,
    /// The nearest number allowed is used.
    Clamped(u16),
    /// The last one is used.
    LastOneHolds,
}

impl fmt::Display for OverrideWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "in the URL's fragment, {}: ", self.fault)?;
        match self.remedy {
            Remedy::Ignored => f.write_str("ignored"),
            Remedy::Clamped(used) => write!(f, "{used} is used"),
            Remedy::LastOneHolds => f.write_str("the last one holds"),
        }
    }
}

impl Overrides {
    /// Reads what can be read: clamps numbers, ignores the rest, lets the last of doubled
    /// keys hold, and warns of each. An ordinary fragment has no overrides and no warning.
    pub fn lenient(fragment: &str) -> (Self, Vec<OverrideWarning>) {
        read::lenient(fragment)
    }

    /// Refuses what is unknown, doubled or out of range.
    pub fn strict(fragment: &str) -> Result<Self, OverrideError> {
        let (overrides, warnings) = Self::lenient(fragment);
        match warnings.into_iter().next() {
            None => Ok(overrides),
            Some(warning) => Err(warning.fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn warnings(fragment: &str) -> Vec<String> {
        let (_, warnings) = Overrides::lenient(fragment);
        warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_key_is_read() {
        let all = "ot=100&rt=15000&tt=7000&rc=0&rp=ct%2C5xx&sni=n&e=dublin&profile=signalwire";
        let expected = Overrides {
            connect_timeout: Some(Duration::from_millis(100)),
            read_timeout: Some(Duration::from_secs(15)),
            total_timeout: Some(Duration::from_secs(7)),
            retry_count: Some(0),
            retry_on: Some(
                RetryOn::NOTHING
                    .with(RetryCause::Connect)
                    .with(RetryCause::ServerErrors),
            ),
            profile: Some(Profile::SignalWire),
            server_name_indication: Some(ServerNameIndication::LeftOut),
        };
        assert_eq!(Overrides::strict(all), Ok(expected));
        assert_eq!(
            Overrides::strict("ct=2500"),
            Overrides::strict("ot=2500"),
            "Twilio's name of the connect timeout"
        );
        let rp_all = Overrides::strict("rp=all").expect("all is a word of rp");
        assert_eq!(rp_all.retry_on, Some(RetryOn::ALL));
    }

    #[test]
    fn an_ordinary_fragment_is_no_override() {
        for fragment in ["", "top", "!/route?x=1", "a&b", "=1", "section 3=x"] {
            let none = Overrides::default();
            assert_eq!(Overrides::lenient(fragment), (none, vec![]), "{fragment}");
            assert_eq!(Overrides::strict(fragment), Ok(none), "{fragment}");
        }
    }

    #[test]
    fn lenient_reading_clamps_ignores_and_warns() {
        let fragment = "rt=99999&ot=-5&rc=007&x=1&top&tt=soon&rp=ct,6xx&sni=maybe&rt=200&profile=";
        let (read, _) = Overrides::lenient(fragment);
        let expected = Overrides {
            connect_timeout: Some(Duration::from_millis(100)),
            read_timeout: Some(Duration::from_millis(200)),
            retry_count: Some(5),
            retry_on: Some(RetryOn::NOTHING.with(RetryCause::Connect)),
            ..Overrides::default()
        };
        assert_eq!(read, expected);
        let told = [
            "`rt` is from 100 to 15000, not 99999: 15000 is used",
            "`ot` is from 100 to 10000, not -5: 100 is used",
            "`rc` is from 0 to 5, not 007: 5 is used",
            "`x` is not an override; they are ot, ct, rt, tt, rc, rp, sni, e and profile: ignored",
            "`top` is not key=value: ignored",
            "`tt` is a whole number, not `soon`: ignored",
            "`rp` is a list of ct, rt, 4xx, 5xx and all, not `6xx`: ignored",
            "`sni` is y or n, not `maybe`: ignored",
            "`rt` says again what was said before it: the last one holds",
            "`profile` is durable, signalwire or twilio, not ``: ignored",
        ];
        let told = told.map(|text| format!("in the URL's fragment, {text}"));
        assert_eq!(warnings(fragment), told);
    }

    #[test]
    fn strict_reading_refuses_what_lenient_reading_warns_of() {
        let refused = |fragment: &str| Overrides::strict(fragment).expect_err(fragment);
        let key = "ct";
        assert_eq!(refused("ot=500&ct=500"), OverrideError::Doubled { key });
        assert!(matches!(refused("rt=1"), OverrideError::OutOfRange { .. }));
        assert!(matches!(
            refused("rt=1&x"),
            OverrideError::OutOfRange { .. }
        ));
        assert!(matches!(
            refused("rt=100&x"),
            OverrideError::NotAPair { .. }
        ));
        assert!(matches!(
            refused("RT=100"),
            OverrideError::UnknownKey { .. }
        ));
        assert!(matches!(refused("rp="), OverrideError::Unusable { .. }));
    }

    #[test]
    fn messages_repeat_little_of_the_fragment() {
        let long = format!("{}\u{7}=1", "k".repeat(99));
        assert!(warnings(&long).is_empty(), "a control is in no key");
        let told = warnings(&format!("sni=%1b[2J{}", "v".repeat(99)));
        assert!(
            told[0].len() < 120 && !told[0].contains('\u{1b}'),
            "{told:?}"
        );
    }

    fn fragment() -> impl Strategy<Value = String> {
        let key = "(ot|ct|rt|tt|rc|rp|sni|e|profile|x)";
        let value = r"(-?[0-9]{0,6}|ct|rt,5xx|all|[yn]|durable|twilio|\PC{0,6})";
        let pattern = format!("({key}={value}&?){{0,4}}");
        proptest::string::string_regex(&pattern).expect("the pattern is one")
    }

    proptest! {
        #[test]
        fn no_fragment_makes_it_panic(text in any::<String>()) {
            drop(Overrides::lenient(&text));
        }

        #[test]
        fn what_is_strictly_right_reads_leniently_the_same(text in fragment()) {
            let (lenient, warnings) = Overrides::lenient(&text);
            match Overrides::strict(&text) {
                Ok(strict) => prop_assert_eq!((strict, 0), (lenient, warnings.len())),
                Err(fault) => prop_assert_eq!(&fault, &warnings[0].fault),
            }
        }

        #[test]
        fn what_is_read_is_in_range(text in fragment()) {
            let (read, _) = Overrides::lenient(&text);
            let within = |it: Option<Duration>, most_ms| {
                it.is_none_or(|it| (100..=most_ms).contains(&it.as_millis()))
            };
            prop_assert!(within(read.connect_timeout, 10_000));
            prop_assert!(within(read.read_timeout, 15_000));
            prop_assert!(within(read.total_timeout, 15_000));
            prop_assert!(read.retry_count.is_none_or(|count| count <= 5));
        }
    }
}
