//! Names of things: UUIDs, version 7, as SignalWire's are UUIDs.
//!
//! New ones are made by the recorder alone, from one [`IdSequence`], so that they sort by
//! the order in which they were recorded even when the clock steps back.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use crate::time::Timestamp;

/// The text is not a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct BadId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id with this value.
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The id stored as these bytes, big end first.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The bytes that sort like the ids.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                // The hyphenated form alone: what we hand out is what we take back.
                if text.len() != 36 {
                    return Err(BadId);
                }
                Uuid::parse_str(text).map(Self).map_err(|_| BadId)
            }
        }
    };
}

id! {
    /// A project: the account SID of its resources, the user of its HTTP Basic credentials.
    ProjectId
}
id! {
    /// A resource's SID.
    Sid
}
id! {
    /// A callback: its `webhook-id` and `I-Twilio-Idempotency-Token` in every attempt.
    CallbackId
}

/// What the alias of a project begins with, and Twilio's account SIDs.
const ALIAS: &str = "AC";

impl ProjectId {
    /// The project that an account SID names: by its id, or by its alias. Case is ignored in both.
    pub fn from_account_sid(text: &str) -> Result<Self, BadId> {
        let Some((prefix, digits)) = text.split_at_checked(ALIAS.len()) else {
            return Err(BadId);
        };
        if prefix.eq_ignore_ascii_case(ALIAS) && digits.len() == 32 {
            return Uuid::parse_str(digits).map(Self).map_err(|_| BadId);
        }
        text.parse()
    }

    /// The other name of the project, for npm `twilio`, which takes no account SID without `AC`.
    pub fn alias(self) -> String {
        format!("{ALIAS}{}", self.0.as_simple())
    }
}

/// Makes ids that never repeat and always grow.
#[derive(Clone, Debug, Default)]
pub struct IdSequence {
    last: u128,
}

impl IdSequence {
    /// Goes on after `highest`, the largest id that was handed out before.
    pub fn after(highest: Uuid) -> Self {
        Self {
            last: highest.as_u128(),
        }
    }

    /// The next id: version 7, carrying `now` in milliseconds, or the one after the last if
    /// the clock has not moved on.
    pub fn next(&mut self, now: Timestamp, random: u64) -> Uuid {
        const VERSION: u128 = 0x7 << 76;
        const VARIANT: u128 = 0b10 << 62;
        const FIXED: u128 = (0xf << 76) | (0b11 << 62);

        let millis = u128::from(now.as_micros().max(0).unsigned_abs() / 1_000) & 0xffff_ffff_ffff;
        let fresh = (millis << 80) | VERSION | VARIANT | u128::from(random >> 2);
        // After the last one its low bits are counted up; a carry leaves version and variant
        // broken for one id, so they are put back.
        let bumped = ((self.last + 1) & !FIXED) | VERSION | VARIANT;
        self.last = if fresh > self.last { fresh } else { bumped };
        Uuid::from_u128(self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_while_the_clock_stands_or_steps_back() {
        let mut ids = IdSequence::default();
        let mut last = Uuid::nil();
        for (micros, random) in [
            (5_000_000, 9),
            (5_000_000, 3),
            (4_000_000, u64::MAX),
            (5_001_000, 0),
        ] {
            let id = ids.next(Timestamp::from_micros(micros), random);
            assert!(id > last, "{id} after {last}");
            assert_eq!(id.get_version_num(), 7);
            assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
            last = id;
        }
    }

    #[test]
    fn takes_back_only_what_it_hands_out() {
        let sid: Sid = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01".parse().unwrap();
        assert_eq!(sid.to_string().parse(), Ok(sid));
        for bad in [
            "",
            "0191d9c82f6b7c9ab1d46a1f0e5c7a01",
            "{0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01}",
            "nonsense",
        ] {
            assert_eq!(bad.parse::<Sid>(), Err(BadId), "{bad}");
        }
    }

    #[test]
    fn an_account_sid_is_the_id_of_a_project_or_its_alias() {
        let id = "9b1d2c3e-0000-4000-8000-00000000ac01";
        let project: ProjectId = id.parse().unwrap();
        assert_eq!(project.alias(), "AC9b1d2c3e00004000800000000000ac01");
        for named in [id, &id.to_uppercase(), &project.alias()] {
            assert_eq!(ProjectId::from_account_sid(named), Ok(project), "{named}");
        }
        let lower = project.alias().to_lowercase();
        assert_eq!(ProjectId::from_account_sid(&lower), Ok(project));
        for bad in [
            "",
            "A",
            "AC",
            "9b1d2c3e00004000800000000000ac01",
            "AC9b1d2c3e-0000-4000-8000-00000000ac01",
            "AC9b1d2c3e00004000800000000000ac0",
            "AC9b1d2c3e00004000800000000000ac01 ",
            "SK9b1d2c3e00004000800000000000ac01",
            "AÇ9b1d2c3e0000400080000000000ac01",
        ] {
            assert_eq!(ProjectId::from_account_sid(bad), Err(BadId), "{bad}");
        }
    }
}
