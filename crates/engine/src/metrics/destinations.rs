//! Attempts by destination, in bounded memory.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::id::ProjectId;

use super::{Ended, Key};

/// How many destinations are counted by name; what comes later is summed. Some hundred bytes
/// each: a few megabytes at most.
const NAMED: usize = 10_000;

/// Attempts by how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttemptCounts {
    /// The receiver accepted the callback.
    pub accepted: u64,
    /// It did not, or could not be reached.
    pub failed: u64,
}

impl AttemptCounts {
    /// All of them.
    pub const fn all(self) -> u64 {
        self.accepted + self.failed
    }

    const fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.failed += other.failed;
    }

    const fn count(&mut self, ended: Ended) {
        match ended {
            Ended::Accepted => self.accepted += 1,
            Ended::Failed => self.failed += 1,
        }
    }
}

/// A destination and its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusyDestination {
    /// Whose.
    pub project: ProjectId,
    /// The destination.
    pub origin: Arc<str>,
    /// Its attempts.
    pub attempts: AttemptCounts,
}

/// The busiest destinations by name, and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destinations {
    /// Those with the most attempts, the most first.
    pub busiest: Vec<BusyDestination>,
    /// The attempts to all others.
    pub rest: AttemptCounts,
}

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Counters {
    by_name: HashMap<Key, AttemptCounts>,
    rest: AttemptCounts,
}

impl Counters {
    /// One more attempt.
    pub(super) fn add(&mut self, project: ProjectId, origin: &Arc<str>, ended: Ended) {
        let key = (project, Arc::clone(origin));
        if let Some(counts) = self.by_name.get_mut(&key) {
            counts.count(ended);
        } else if self.by_name.len() < NAMED {
            self.by_name.entry(key).or_default().count(ended);
        } else {
            self.rest.count(ended);
        }
    }

    /// The `limit` with the most attempts, and the sum of all others.
    pub(super) fn busiest(&self, limit: usize) -> Destinations {
        let mut all: Vec<(&Key, &AttemptCounts)> = self.by_name.iter().collect();
        all.sort_unstable_by_key(|(key, counts)| (Reverse(counts.all()), *key));
        let mut rest = self.rest;
        for (_, counts) in all.iter().skip(limit) {
            rest.add(**counts);
        }
        all.truncate(limit);
        let named = all.into_iter().map(|(key, counts)| BusyDestination {
            project: key.0,
            origin: Arc::clone(&key.1),
            attempts: *counts,
        });
        Destinations {
            busiest: named.collect(),
            rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_have_names_and_the_rest_is_summed() {
        let mut counters = Counters::default();
        let project = ProjectId::from_bytes([1; 16]);
        for (origin, times) in [("http://a:80", 3), ("http://b:80", 5), ("http://c:80", 1)] {
            for _ in 0..times {
                counters.add(project, &origin.into(), Ended::Accepted);
            }
        }
        counters.add(project, &"http://d:80".into(), Ended::Failed);
        let found = counters.busiest(2);
        let names: Vec<&str> = found.busiest.iter().map(|one| &*one.origin).collect();
        assert_eq!(names, ["http://b:80", "http://a:80"]);
        let rest = AttemptCounts {
            accepted: 1,
            failed: 1,
        };
        assert_eq!(found.rest, rest);
    }

    #[test]
    fn memory_is_bounded() {
        let mut counters = Counters::default();
        let project = ProjectId::from_bytes([1; 16]);
        for number in 0..NAMED + 5 {
            let origin = format!("http://{number}.example:80").into();
            counters.add(project, &origin, Ended::Failed);
        }
        assert_eq!(counters.by_name.len(), NAMED);
        assert_eq!(counters.rest.failed, 5);
    }
}
