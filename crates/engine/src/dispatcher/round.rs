//! Turns: one project after the other, and within each one destination after the other.
//!
//! Owned by the dispatcher. A project with many destinations has no more turns than one with
//! a single one, nor a destination with many callbacks more than one with few.

use std::collections::VecDeque;

use ringback_domain::id::ProjectId;

use super::destination::DestinationKey;
use crate::hash::HashMap;

/// Who is next.
#[derive(Debug, Default)]
pub(super) struct Round {
    projects: VecDeque<ProjectId>,
    /// Those of each project that stands in the line above, never none.
    destinations: HashMap<ProjectId, VecDeque<DestinationKey>>,
}

impl Round {
    /// Adds a destination behind the others of its project.
    pub(super) fn push(&mut self, key: DestinationKey) {
        let project = key.project;
        let line = self.destinations.entry(project).or_default();
        if line.is_empty() {
            self.projects.push_back(project);
        }
        line.push_back(key);
    }

    /// Takes out the next destination. Its project goes behind the others.
    pub(super) fn pop(&mut self) -> Option<DestinationKey> {
        let project = self.projects.pop_front()?;
        let line = self.destinations.get_mut(&project)?;
        let key = line.pop_front();
        if line.is_empty() {
            self.destinations.remove(&project);
        } else {
            self.projects.push_back(project);
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(project: u8, number: usize) -> DestinationKey {
        DestinationKey {
            project: ProjectId::from_bytes([project; 16]),
            origin: format!("https://host{number}.example").into(),
        }
    }

    #[test]
    fn a_project_with_one_destination_has_every_second_turn_beside_one_with_a_thousand() {
        let mut round = Round::default();
        (0..1_000).for_each(|number| round.push(key(1, number)));
        round.push(key(2, 0));
        let mut turns = Vec::new();
        for _ in 0..20 {
            let next = round.pop().unwrap();
            turns.push(next.project.as_bytes()[0]);
            round.push(next);
        }
        assert_eq!(turns, [1, 2].repeat(10));
    }

    #[test]
    fn every_destination_comes_once_in_each_round() {
        let mut round = Round::default();
        let keys = [key(1, 0), key(1, 1), key(2, 0)];
        for key in &keys {
            round.push(key.clone());
        }
        let mut popped: Vec<DestinationKey> = std::iter::from_fn(|| round.pop()).collect();
        popped.sort_by(|a, b| (a.project, &a.origin).cmp(&(b.project, &b.origin)));
        assert_eq!(popped, keys);
        assert!(round.pop().is_none());
    }
}
