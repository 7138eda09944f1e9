//! What was done to a disk, and what should be there after each batch.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};

use ringback_domain::id::{CallbackId, Sid};
use ringback_store::sqlite::{DiskAccess, SqliteOptions, SqliteStore};
use ringback_store::{Batch, Store};
use ringback_testing::faulty_store::{FaultyStore, Moment};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::vfs::{Op, TestDisk};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::everything::Everything;

/// In the log: a batch was handed over; how many there are.
const BEGUN: &str = "begun";
/// In the log: a batch was acknowledged; how many there are.
const ACKNOWLEDGED: &str = "acknowledged";
/// In the log: the engine told somebody of a change; how many there are.
const TOLD: &str = "told";

/// A workload in the past tense.
pub struct Story {
    /// What was done to the disk.
    pub log: Vec<Op>,
    /// When the power may be cut: after so much was done.
    pub moments: Vec<usize>,
    /// What an engine has acknowledged, by resource and number of the change.
    pub told: Vec<(Sid, u32)>,
    /// All that is to be read after so many batches; empty if nobody knows.
    pub expected: Vec<Everything>,
    pub sids: Vec<Sid>,
    pub callbacks: Vec<CallbackId>,
}

impl Story {
    /// The numbers of batches that may be there when the power is cut then: all that were
    /// acknowledged, and perhaps the one under way.
    pub fn batches_at(&self, moment: usize) -> RangeInclusive<usize> {
        self.count(ACKNOWLEDGED, moment)..=self.count(BEGUN, moment)
    }

    /// The changes that an engine had acknowledged then.
    pub fn told_at(&self, moment: usize) -> &[(Sid, u32)] {
        &self.told[..self.count(TOLD, moment)]
    }

    fn count(&self, about: &str, moment: usize) -> usize {
        let marks = self.log[..moment].iter().rev();
        let mut numbers = marks.filter_map(|op| match op {
            Op::Marked { what, number } if *what == about => Some(*number),
            _ => None,
        });
        numbers
            .next()
            .map_or(0, |number| usize::try_from(number).unwrap())
    }
}

/// A disk with a data folder, while a workload runs.
pub struct Scene {
    folder: TempDir,
    pub disk: TestDisk,
    options: SqliteOptions,
    batches: Arc<Mutex<Vec<Batch>>>,
    told: Vec<(Sid, u32)>,
}

impl Scene {
    /// With what is in `folder` already.
    pub fn new(folder: TempDir, access: DiskAccess) -> Self {
        let disk = TestDisk::new();
        let options = SqliteOptions {
            disk: DiskAccess {
                vfs: Some(disk.vfs()),
                ..access
            },
            ..SqliteOptions::default()
        };
        Self {
            folder,
            disk,
            options,
            batches: Arc::default(),
            told: Vec::new(),
        }
    }

    /// Opens the store; its batches are written down.
    pub fn store(&self) -> FaultyStore<SqliteStore> {
        let store = SqliteStore::open_with(self.folder.path(), self.options).unwrap();
        let store = FaultyStore::new(store);
        let (disk, batches) = (self.disk, Arc::clone(&self.batches));
        let standstill = Mutex::new(None);
        store.watch(move |moment| {
            let mut batches = batches.lock().unwrap();
            match moment {
                Moment::Begun(batch) => {
                    *standstill.lock().unwrap() = Some(stand_still());
                    batches.push(batch.clone());
                    disk.mark(BEGUN, batches.len() as u64);
                }
                Moment::Ended(answer) => {
                    if answer.is_ok() {
                        disk.mark(ACKNOWLEDGED, batches.len() as u64);
                    }
                    drop(standstill.lock().unwrap().take());
                }
            }
        });
        store
    }

    /// Somebody was told of a change.
    pub fn told(&mut self, resource: Sid, seq: u32) {
        self.told.push((resource, seq));
        self.disk.mark(TOLD, self.told.len() as u64);
    }

    /// How much was done to the disk by now.
    pub fn moment(&self) -> usize {
        self.disk.log().len()
    }

    /// The end; the power may be cut while one of the batches that `may_cut` names is written,
    /// or between it and the next one.
    pub async fn end_at(self, may_cut: impl Fn(&Batch) -> bool) -> Story {
        let chosen: HashSet<u64> = {
            let batches = self.batches.lock().unwrap();
            let numbers = (1..).zip(batches.iter());
            numbers
                .filter_map(|(number, batch)| may_cut(batch).then_some(number))
                .collect()
        };
        assert!(chosen.len() > 5, "{} of them", chosen.len());
        let mut current = 0;
        let mut moments = HashSet::new();
        for (moment, op) in (1..).zip(self.disk.log()) {
            if let Op::Marked {
                what: BEGUN,
                number,
            } = op
            {
                current = number;
            }
            if chosen.contains(&current) {
                moments.insert(moment);
            }
        }
        self.end(|moment, _| moments.contains(&moment)).await
    }

    /// The end; the power may be cut at those of all moments that `may_cut` names.
    pub async fn end(self, may_cut: impl Fn(usize, &[Op]) -> bool) -> Story {
        let log = self.disk.log();
        // The first entry is the file that the folder began with.
        let moments = (1..=log.len()).filter(|moment| may_cut(*moment, &log));
        let moments = moments.collect();
        let batches = self.batches.lock().unwrap().clone();
        let (sids, callbacks) = named(&batches);
        let model = MemoryStore::new();
        let mut expected = vec![Everything::read(&model, &sids, &callbacks).await];
        for batch in batches {
            model.commit(batch).await.unwrap();
            expected.push(Everything::read(&model, &sids, &callbacks).await);
        }
        Story {
            log,
            moments,
            told: self.told,
            expected,
            sids,
            callbacks,
        }
    }
}

/// The resources and callbacks that `batches` make.
fn named(batches: &[Batch]) -> (Vec<Sid>, Vec<CallbackId>) {
    let resources = batches.iter().flat_map(|batch| &batch.resources);
    let mut sids: Vec<Sid> = resources.map(|resource| resource.sid).collect();
    sids.sort();
    sids.dedup();
    let callbacks = batches.iter().flat_map(|batch| &batch.callbacks);
    (sids, callbacks.map(|callback| callback.id).collect())
}

/// Keeps a paused clock where it is, until it is dropped: else the clock would jump to the next
/// timer while the store's thread writes.
fn stand_still() -> oneshot::Sender<()> {
    let (held, gone) = oneshot::channel();
    spawn_blocking(move || gone.blocking_recv());
    held
}
