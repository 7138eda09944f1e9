//! What lets somebody in, and what callbacks are signed with.
//!
//! Tokens are kept as digests alone: whoever reads the store learns none. Signing keys come
//! and go by the clock, so that receivers have time to learn a new one.

use std::fmt;
use std::time::Duration;

use super::Secret;
use crate::time::Timestamp;

/// How long after it was made a new signing key becomes active: time to give it to receivers.
const ACTIVE_AFTER: Duration = Duration::from_secs(60);

/// The SHA-256 digest of an API token, which is all that is kept of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    /// These bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, to store or to compare.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What people name the token by: the first twelve hexadecimal digits.
    pub fn id(&self) -> String {
        let first = self.0.iter().take(6);
        let number = first.fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        format!("{number:012x}")
    }
}

impl fmt::Debug for TokenDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenDigest({}..)", self.id())
    }
}

/// An API token, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What is kept of it.
    pub digest: TokenDigest,
    /// What people call it: who has it, or what it is for.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A signing key, and when it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectKey {
    /// The key.
    pub secret: Secret,
    /// From when on it is the one that signs, until a later one does.
    pub active_from: Timestamp,
    /// From when on nothing is signed with it any more.
    pub retires_at: Option<Timestamp>,
}

impl ProjectKey {
    fn is_retired(&self, now: Timestamp) -> bool {
        self.retires_at.is_some_and(|retires| retires <= now)
    }
}

/// A project's signing keys, oldest first; at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKeys(Vec<ProjectKey>);

impl SigningKeys {
    /// One key, active from `now` on.
    pub fn one(secret: Secret, now: Timestamp) -> Self {
        Self(vec![ProjectKey {
            secret,
            active_from: now,
            retires_at: None,
        }])
    }

    /// These keys; none if there are none.
    pub fn from_stored(mut keys: Vec<ProjectKey>) -> Option<Self> {
        keys.sort_by_key(|key| key.active_from);
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// All of them, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &ProjectKey> {
        self.0.iter()
    }

    /// The newest.
    pub fn newest(&self) -> &ProjectKey {
        self.0.last().expect("there is at least one key")
    }

    /// Those that sign at `now`, the active one first.
    ///
    /// Active is the latest whose time has come; before any has, as after a clock that was set
    /// back, the earliest.
    pub fn signing(&self, now: Timestamp) -> Vec<&ProjectKey> {
        let mut signing: Vec<&ProjectKey> =
            self.0.iter().filter(|key| !key.is_retired(now)).collect();
        if signing.is_empty() {
            // Cannot be after `rotate`; stored by hand, the newest is better than nothing.
            return vec![self.newest()];
        }
        let active = signing.iter().rposition(|key| key.active_from <= now);
        let active = signing.remove(active.unwrap_or(0));
        signing.insert(0, active);
        signing
    }

    /// Adds a key that becomes active in a minute; the others retire `keep_old` after that.
    /// Says when it becomes active.
    pub fn rotate(&mut self, secret: Secret, now: Timestamp, keep_old: Duration) -> Timestamp {
        let active_from = (now + ACTIVE_AFTER).max(self.newest().active_from + ACTIVE_AFTER);
        let retires = active_from + keep_old;
        self.0.retain(|key| !key.is_retired(now));
        for key in &mut self.0 {
            key.retires_at = Some(key.retires_at.map_or(retires, |known| known.min(retires)));
        }
        self.0.push(ProjectKey {
            secret,
            active_from,
            retires_at: None,
        });
        active_from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn signing(keys: &SigningKeys, seconds: i64) -> Vec<&str> {
        let signing = keys.signing(at(seconds));
        signing.iter().map(|key| key.secret.reveal()).collect()
    }

    #[test]
    fn a_new_key_signs_beside_the_old_one_is_active_after_a_minute_and_alone_at_last() {
        let mut keys = SigningKeys::one(Secret::new("old"), at(0));
        assert_eq!(signing(&keys, 0), ["old"]);
        assert_eq!(keys.rotate(Secret::new("new"), at(100), HOUR), at(160));
        assert_eq!(signing(&keys, 159), ["old", "new"]);
        assert_eq!(signing(&keys, 160), ["new", "old"]);
        assert_eq!(signing(&keys, 160 + 3599), ["new", "old"]);
        assert_eq!(signing(&keys, 160 + 3600), ["new"]);
        assert_eq!(
            signing(&keys, -5),
            ["old", "new"],
            "a clock that was set back"
        );
    }

    #[test]
    fn keys_that_retired_are_forgotten_at_the_next_rotation() {
        let mut keys = SigningKeys::one(Secret::new("1"), at(0));
        keys.rotate(Secret::new("2"), at(0), Duration::ZERO);
        keys.rotate(Secret::new("3"), at(30), HOUR);
        assert_eq!(signing(&keys, 59), ["1", "2", "3"]);
        assert_eq!(signing(&keys, 61), ["2", "3"]);
        assert_eq!(
            signing(&keys, 120),
            ["3", "2"],
            "each has a minute of its own"
        );
        keys.rotate(Secret::new("4"), at(200), HOUR);
        let all: Vec<&str> = keys.iter().map(|key| key.secret.reveal()).collect();
        assert_eq!(all, ["2", "3", "4"]);
    }
}
