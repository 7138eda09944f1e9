//! What projects have set up beforehand: their phone numbers, applications and scenarios, as they
//! stand; and who wants no messages from them.
//!
//! Shared by the server, which shows them, the recorder, which looks up whom to tell at each
//! change, and networks. In memory whole. Changed by the recorder alone, once the change is
//! durable. A number belongs to one project at a time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ringback_domain::application::Application;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number::PhoneNumber;
use ringback_domain::scenario::SetScenario;
use ringback_store::{Entry, EntryChange};

use crate::hash::HashMap;

/// The phone numbers, applications and scenarios. Cheap to clone; all clones see every change.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<RwLock<Entries>>);

/// By project and SID, so that a project's own are found in the order in which they were made.
#[derive(Debug, Default)]
struct Entries {
    numbers: BTreeMap<(ProjectId, Sid), Arc<PhoneNumber>>,
    by_number: HashMap<Arc<str>, Arc<PhoneNumber>>,
    applications: BTreeMap<(ProjectId, Sid), Arc<Application>>,
    opt_outs: HashMap<ProjectId, OptOuts>,
    /// Those of each project in the order in which they were set. Few: each is looked at.
    scenarios: HashMap<ProjectId, BTreeMap<Sid, Arc<SetScenario>>>,
}

/// By a project's number: who wants no messages from it. As small as can be, for there may be
/// very many; hashed so that no stranger finds numbers that collide.
type OptOuts = HashMap<Arc<str>, HashSet<Arc<str>>>;

impl Directory {
    /// A project's phone number with this SID.
    pub fn number(&self, project: ProjectId, sid: Sid) -> Option<Arc<PhoneNumber>> {
        self.read().numbers.get(&(project, sid)).cloned()
    }

    /// The phone number with these digits (E.164), whosever it is.
    pub fn by_number(&self, number: &str) -> Option<Arc<PhoneNumber>> {
        self.read().by_number.get(number).cloned()
    }

    /// A project's application with this SID.
    pub fn application(&self, project: ProjectId, sid: Sid) -> Option<Arc<Application>> {
        self.read().applications.get(&(project, sid)).cloned()
    }

    /// A project's phone numbers, newest first.
    pub fn numbers(&self, project: ProjectId) -> Vec<Arc<PhoneNumber>> {
        let entries = self.read();
        let own = entries.numbers.range(all_of(project)).rev();
        own.map(|(_, number)| Arc::clone(number)).collect()
    }

    /// A project's applications, newest first.
    pub fn applications(&self, project: ProjectId) -> Vec<Arc<Application>> {
        let entries = self.read();
        let own = entries.applications.range(all_of(project)).rev();
        own.map(|(_, application)| Arc::clone(application))
            .collect()
    }

    /// Whether `party` wants no messages from a project's `number`.
    pub fn opted_out(&self, project: ProjectId, number: &str, party: &str) -> bool {
        let entries = self.read();
        let of_project = entries.opt_outs.get(&project);
        let of_number = of_project.and_then(|numbers| numbers.get(number));
        of_number.is_some_and(|parties| parties.contains(party))
    }

    /// A project's scenarios, newest first.
    pub fn scenarios(&self, project: ProjectId) -> Vec<Arc<SetScenario>> {
        let entries = self.read();
        let own = entries.scenarios.get(&project);
        own.map(|own| own.values().rev().cloned().collect())
            .unwrap_or_default()
    }

    /// Takes over what is stored, in the place of all that was known.
    pub(crate) fn load(&self, stored: Vec<Entry>) {
        let mut entries = Entries::default();
        for entry in stored {
            entries.change(EntryChange::Put(entry));
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = entries;
    }

    /// Makes what was recorded known, in its order.
    pub(crate) fn apply(&self, changes: impl IntoIterator<Item = EntryChange>) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        changes
            .into_iter()
            .for_each(|change| entries.change(change));
    }

    fn read(&self) -> RwLockReadGuard<'_, Entries> {
        // Nothing panics while it is written: it is whole.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn change(&mut self, change: EntryChange) {
        match change {
            EntryChange::Put(Entry::Number(number)) => {
                // It may have been another project's before.
                if let Some(old) = self.by_number.get(&number.number) {
                    self.numbers.remove(&(old.project, old.sid));
                }
                let digits = Arc::clone(&number.number);
                self.by_number.insert(digits, Arc::clone(&number));
                self.numbers.insert((number.project, number.sid), number);
            }
            EntryChange::Put(Entry::Application(application)) => {
                let place = (application.project, application.sid);
                self.applications.insert(place, application);
            }
            EntryChange::Put(Entry::OptOut(it)) => {
                let numbers = self.opt_outs.entry(it.project).or_default();
                let parties = numbers.entry(Arc::clone(&it.number)).or_default();
                parties.insert(Arc::clone(&it.party));
            }
            EntryChange::Remove(Entry::OptOut(it)) => {
                let numbers = self.opt_outs.get_mut(&it.project);
                let parties = numbers.and_then(|numbers| numbers.get_mut(&it.number));
                if let Some(parties) = parties {
                    parties.remove(&it.party);
                }
            }
            // The recorder has those.
            EntryChange::Put(Entry::Meter(_)) | EntryChange::Remove(Entry::Meter(_)) => {}
            EntryChange::Put(Entry::Scenario(it)) => {
                self.scenarios
                    .entry(it.project)
                    .or_default()
                    .insert(it.sid, it);
            }
            EntryChange::Remove(Entry::Scenario(it)) => {
                if let Some(own) = self.scenarios.get_mut(&it.project) {
                    own.remove(&it.sid);
                }
            }
            EntryChange::Remove(Entry::Number(number)) => {
                self.by_number.remove(&number.number);
                self.numbers.remove(&(number.project, number.sid));
            }
            EntryChange::Remove(Entry::Application(application)) => {
                let place = (application.project, application.sid);
                self.applications.remove(&place);
            }
        }
    }
}

/// A project's scenarios as they will stand once `changes` are recorded, of those `known` now.
pub(crate) fn standing(
    mut known: Vec<Arc<SetScenario>>,
    changes: &[EntryChange],
    project: ProjectId,
) -> Vec<Arc<SetScenario>> {
    for change in changes {
        match change {
            EntryChange::Put(Entry::Scenario(it)) if it.project == project => {
                known.retain(|other| other.sid != it.sid);
                known.push(Arc::clone(it));
            }
            EntryChange::Remove(Entry::Scenario(it)) => known.retain(|other| other.sid != it.sid),
            EntryChange::Put(_) | EntryChange::Remove(_) => {}
        }
    }
    known
}

/// The places of all that is of `project`.
fn all_of(project: ProjectId) -> std::ops::RangeInclusive<(ProjectId, Sid)> {
    (project, Sid::from_bytes([0; 16]))..=(project, Sid::from_bytes([0xff; 16]))
}
