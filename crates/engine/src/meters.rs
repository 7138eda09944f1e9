//! Meters: what a network counts over several resources of a project, as it stands.
//!
//! Owned by the recorder, in memory whole: read from the store at the start and after a commit
//! of which nobody knows whether it was made. A network reads and sets them through its scene,
//! and sees at once what was set before in the same group; if that is not recorded, what it set
//! is undone. The recorder has one of its own: how many resources were asked for. They grow by
//! some 150 bytes for each name, which is never given up.

use std::sync::Arc;

use ringback_domain::id::ProjectId;
use ringback_domain::meter::{Meter, Reading};
use ringback_domain::resource::Lot;
use ringback_store::Entry;

use crate::hash::{HashMap, HashSet};

/// How many resources were asked for, of all projects: the meter of nobody, for the nil project
/// does not exist.
const ASKED_FOR: (ProjectId, &str) = (ProjectId::from_bytes([0; 16]), "asked for");

/// What is counted.
#[derive(Debug, Default)]
pub struct Meters {
    readings: HashMap<ProjectId, HashMap<Arc<str>, Reading>>,
    /// What was shown before it was changed by what is not recorded yet, the oldest first.
    before: Vec<(ProjectId, Arc<str>, Option<Reading>)>,
}

impl Meters {
    /// Those among what is stored.
    pub(crate) fn stored(entries: &[Entry]) -> Self {
        let mut meters = Self::default();
        for entry in entries {
            if let Entry::Meter(meter) = entry {
                let Meter {
                    project,
                    name,
                    reading,
                } = &**meter;
                let of_project = meters.readings.entry(*project).or_default();
                of_project.insert(Arc::clone(name), *reading);
            }
        }
        meters
    }

    /// The lot of the next resource that is asked for. Where none was counted yet, in a store of
    /// before, it follows on all that are there.
    pub(crate) fn next_lot(&mut self, last_ordinal: u64) -> Lot {
        let (project, name) = ASKED_FOR;
        let mut reading = self.read(project, name);
        if reading == Reading::default() {
            reading.count = last_ordinal;
        }
        reading.count += 1;
        self.set(project, name, reading);
        Lot::of(reading.count)
    }

    /// What a project's meter shows.
    pub fn read(&self, project: ProjectId, name: &str) -> Reading {
        let of_project = self.readings.get(&project);
        let reading = of_project.and_then(|it| it.get(name));
        reading.copied().unwrap_or_default()
    }

    /// Has a project's meter show this.
    pub fn set(&mut self, project: ProjectId, name: &str, reading: Reading) {
        let name: Arc<str> = name.into();
        let of_project = self.readings.entry(project).or_default();
        let old = of_project.insert(Arc::clone(&name), reading);
        self.before.push((project, name, old));
    }

    /// Those that were changed by what is not recorded yet, each once.
    pub(crate) fn changed(&self) -> Vec<Entry> {
        let mut seen = HashSet::default();
        let changed = self.before.iter().map(|(project, name, _)| (project, name));
        let changed = changed.filter(|place| seen.insert(*place));
        let entry = |(project, name): (&ProjectId, &Arc<str>)| {
            Entry::Meter(Arc::new(Meter {
                project: *project,
                name: Arc::clone(name),
                reading: self.read(*project, name),
            }))
        };
        changed.map(entry).collect()
    }

    /// What was changed is recorded.
    pub(crate) fn keep(&mut self) {
        self.before.clear();
    }

    /// What was changed since the last time that it was kept is not recorded.
    pub(crate) fn undo(&mut self) {
        for (project, name, old) in std::mem::take(&mut self.before).into_iter().rev() {
            let of_project = self.readings.entry(project).or_default();
            match old {
                Some(old) => drop(of_project.insert(name, old)),
                None => drop(of_project.remove(&name)),
            }
        }
    }

    /// The clock stepped by so many microseconds, which is recorded.
    pub(crate) fn rebase(&mut self, micros: i64) {
        for reading in self.readings.values_mut().flat_map(HashMap::values_mut) {
            reading.at = reading.at.shifted(micros);
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    const PROJECT: ProjectId = ProjectId::new(Uuid::nil());

    fn showing(count: u64) -> Reading {
        Reading {
            at: Timestamp::from_micros(10),
            count,
        }
    }

    #[test]
    fn what_is_not_recorded_is_undone_and_what_is_stays() {
        let mut meters = Meters::default();
        meters.set(PROJECT, "day", showing(1));
        meters.keep();
        meters.set(PROJECT, "day", showing(2));
        meters.set(PROJECT, "day", showing(3));
        meters.set(PROJECT, "queue", showing(1));
        assert_eq!(meters.changed().len(), 2);
        meters.undo();
        assert_eq!(meters.read(PROJECT, "day"), showing(1));
        assert_eq!(meters.read(PROJECT, "queue"), Reading::default());
        assert_eq!(meters.changed(), []);
    }

    #[test]
    fn lots_count_up_from_one_or_from_what_was_there_before_they_were_counted() {
        let mut meters = Meters::default();
        let next = |meters: &mut Meters, last| meters.next_lot(last).number;
        assert_eq!([next(&mut meters, 0), next(&mut meters, 9)], [1, 2]);
        let mut again = Meters::stored(&meters.changed());
        assert_eq!(next(&mut again, 9), 3);
        assert_eq!(next(&mut Meters::default(), 9), 10);
    }

    #[test]
    fn what_was_changed_is_what_the_next_process_reads() {
        let mut meters = Meters::default();
        meters.set(PROJECT, "day", showing(1));
        meters.set(PROJECT, "day", showing(2));
        let mut again = Meters::stored(&meters.changed());
        assert_eq!(again.read(PROJECT, "day"), showing(2));
        again.rebase(-3);
        let moved = again.read(PROJECT, "day");
        assert_eq!(moved.at, Timestamp::from_micros(7));
    }
}
