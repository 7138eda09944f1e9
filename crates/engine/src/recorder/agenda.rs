//! The agenda: which steps of the network are due next.
//!
//! Owned by the recorder. Holds the earliest steps, at most [`CAPACITY`]; the rest waits in
//! the store and is loaded in order when there is room. A start takes the same path.

use std::collections::{BTreeSet, HashMap};

use ringback_domain::id::Sid;
use ringback_domain::time::Timestamp;
use ringback_store::{Step, StepPlace};

/// How many steps are held: some 100 bytes each.
const CAPACITY: usize = 50_000;

/// How many are loaded at once.
pub(super) const PAGE: u32 = 5_000;

/// Up to where the agenda is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Complete {
    /// It holds every step that there is.
    Whole,
    /// It holds the steps up to this place; none, if there is no place yet.
    Until(Option<StepPlace>),
}

/// What an agenda wants to be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanting {
    /// It holds enough.
    Nothing,
    /// The first steps that there are.
    First,
    /// Those after this place.
    After(StepPlace),
}

/// The steps that are due next.
#[derive(Debug)]
pub(super) struct Agenda {
    places: BTreeSet<StepPlace>,
    steps: HashMap<Sid, Step>,
    complete: Complete,
}

impl Agenda {
    /// An agenda that has loaded nothing yet.
    pub(super) fn new() -> Self {
        Self {
            places: BTreeSet::new(),
            steps: HashMap::new(),
            complete: Complete::Until(None),
        }
    }

    /// Whether more is to be loaded, and after which place.
    pub(super) fn wanting(&self) -> Wanting {
        match self.complete {
            Complete::Until(Some(place)) if self.has_room() => Wanting::After(place),
            Complete::Until(None) => Wanting::First,
            Complete::Until(Some(_)) | Complete::Whole => Wanting::Nothing,
        }
    }

    fn has_room(&self) -> bool {
        self.places.len() < CAPACITY / 2
    }

    /// Takes over what was loaded.
    pub(super) fn load(&mut self, steps: &[Step]) {
        let last = steps.last().map(place);
        self.complete = match last {
            Some(place) if steps.len() >= PAGE as usize => Complete::Until(Some(place)),
            Some(_) | None => Complete::Whole,
        };
        for step in steps {
            self.put(*step);
        }
    }

    /// Replaces a resource's step.
    pub(super) fn set(&mut self, resource: Sid, step: Option<Step>) {
        if let Some(old) = self.steps.remove(&resource) {
            self.places.remove(&place(&old));
        }
        if let Some(step) = step {
            let in_reach = match self.complete {
                Complete::Whole => true,
                Complete::Until(until) => until.is_some_and(|until| place(&step) <= until),
            };
            if in_reach {
                self.put(step);
            }
        }
    }

    /// When the first step is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.places.first().map(|place| place.due)
    }

    /// Takes out the steps that are due by `now`, at most `limit`.
    pub(super) fn take_due(&mut self, now: Timestamp, limit: usize) -> Vec<Step> {
        let mut due = Vec::new();
        while due.len() < limit
            && let Some(place) = self.places.first().copied()
            && place.due <= now
        {
            self.places.pop_first();
            due.extend(self.steps.remove(&place.resource));
        }
        due
    }

    fn put(&mut self, step: Step) {
        self.places.insert(place(&step));
        self.steps.insert(step.resource, step);
        if self.places.len() > CAPACITY
            && let Some(last) = self.places.pop_last()
        {
            self.steps.remove(&last.resource);
            self.complete = Complete::Until(self.places.last().copied());
        }
    }
}

const fn place(step: &Step) -> StepPlace {
    StepPlace {
        due: step.due,
        resource: step.resource,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(number: u8, due: i64) -> Step {
        Step {
            resource: Sid::from_bytes([number; 16]),
            due: Timestamp::from_micros(due),
            number: 0,
            draw: 0,
        }
    }

    #[test]
    fn gives_steps_in_the_order_in_which_they_are_due() {
        let mut agenda = Agenda::new();
        assert_eq!(agenda.wanting(), Wanting::First);
        agenda.load(&[step(1, 10), step(2, 20)]);
        assert_eq!(agenda.wanting(), Wanting::Nothing);
        agenda.set(step(3, 15).resource, Some(step(3, 15)));
        agenda.set(step(2, 20).resource, None);
        agenda.set(step(1, 10).resource, Some(step(1, 30)));
        assert_eq!(agenda.next_due(), Some(Timestamp::from_micros(15)));
        assert_eq!(
            agenda.take_due(Timestamp::from_micros(29), 9),
            [step(3, 15)]
        );
        assert_eq!(
            agenda.take_due(Timestamp::from_micros(30), 9),
            [step(1, 30)]
        );
        assert_eq!(agenda.next_due(), None);
    }

    #[test]
    fn leaves_to_the_store_what_is_due_after_what_it_holds() {
        let mut agenda = Agenda::new();
        agenda.set(step(1, 10).resource, Some(step(1, 10)));
        assert_eq!(
            agenda.next_due(),
            None,
            "nothing is loaded yet, so the store has it"
        );
    }
}
