//! Which errands are under way.
//!
//! Owned by the recorder. Kept in memory alone: the step of each is in the store, and is taken
//! again at the next start.

use std::collections::HashMap;

use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use ringback_store::Step;

use crate::errand::{Done, Sender};

/// The errands that are under way.
#[derive(Default)]
pub(super) struct Errands {
    out: HashMap<Sid, (u64, Step)>,
    number: u64,
}

impl Errands {
    /// Whether the errand of this step is under way.
    pub(super) fn is_out(&self, step: &Step) -> bool {
        self.out.contains_key(&step.resource)
    }

    /// Notes that the errand of `step` is under way.
    pub(super) fn send(&mut self, step: Step, resource: &Resource) -> Sender {
        self.number += 1;
        self.out.insert(step.resource, (self.number, step));
        Sender {
            project: resource.project,
            step,
            depth: resource.depth,
            number: self.number,
        }
    }

    /// Whether the errand that was noted so is still awaited.
    pub(super) fn is_awaited(&self, sender: &Sender) -> bool {
        self.out
            .get(&sender.step.resource)
            .is_some_and(|(number, _)| *number == sender.number)
    }

    /// The step that waits for what was brought; none if it was replaced meanwhile.
    pub(super) fn awaited(&self, done: &Done) -> Option<Step> {
        let (number, step) = self.out.get(&done.resource)?;
        (*number == done.number).then_some(*step)
    }

    /// The step of a resource is another one now, or none: what its errand brings is of no use.
    pub(super) fn forget(&mut self, resource: Sid) {
        self.out.remove(&resource);
    }

    /// Nobody knows which steps there are: all are taken again.
    pub(super) fn forget_all(&mut self) {
        self.out.clear();
    }
}
