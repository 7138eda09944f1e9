//! A project's signing keys, made ready to sign.
//!
//! Made when a project becomes known or its keys change; asked once an attempt, for a key may
//! rotate while a callback is pending.

use std::sync::Arc;

use ringback_domain::project::SigningKeys;
use ringback_domain::time::Timestamp;

use crate::sign::SigningKey;

/// A project's keys, each taken in once.
#[derive(Clone, Debug)]
pub struct KeyRing {
    keys: SigningKeys,
    /// In the order of `keys`.
    ready: Vec<Arc<SigningKey>>,
}

/// The keys of one attempt.
#[derive(Clone, Debug)]
pub struct AttemptKeys {
    /// The one that single-valued headers are signed with.
    pub active: Arc<SigningKey>,
    /// Those that `webhook-signature` carries as well.
    pub others: Vec<Arc<SigningKey>>,
}

impl KeyRing {
    /// Makes `keys` ready.
    pub fn new(keys: &SigningKeys) -> Self {
        let ready = |secret: &str| Arc::new(SigningKey::new(secret));
        Self {
            ready: keys.iter().map(|key| ready(key.secret.reveal())).collect(),
            keys: keys.clone(),
        }
    }

    /// The keys of an attempt that begins at `now`.
    pub fn at(&self, now: Timestamp) -> AttemptKeys {
        if let [only] = &self.ready[..] {
            return AttemptKeys {
                active: Arc::clone(only),
                others: Vec::new(),
            };
        }
        let signing = self.keys.signing(now);
        let ready = |secret: &str| {
            let same = self.ready.iter().find(|key| key.reveal() == secret);
            Arc::clone(same.expect("every key was made ready"))
        };
        let mut signing = signing.into_iter().map(|key| ready(key.secret.reveal()));
        AttemptKeys {
            active: signing.next().expect("one key is always active"),
            others: signing.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringback_domain::project::Secret;

    use super::*;

    #[test]
    fn the_active_key_comes_first_and_the_others_with_it() {
        let now = Timestamp::default();
        let mut keys = SigningKeys::one(Secret::new("old"), now);
        assert!(KeyRing::new(&keys).at(now).others.is_empty());
        let active = keys.rotate(Secret::new("new"), now, Duration::from_secs(60));
        let ring = KeyRing::new(&keys);
        assert_eq!(names(&ring.at(now)), ["old", "new"]);
        assert_eq!(names(&ring.at(active)), ["new", "old"]);
        assert_eq!(names(&ring.at(active + Duration::from_secs(60))), ["new"]);

        fn names(keys: &AttemptKeys) -> Vec<&str> {
            let others = keys.others.iter().map(|key| key.reveal());
            std::iter::once(keys.active.reveal())
                .chain(others)
                .collect()
        }
    }
}
