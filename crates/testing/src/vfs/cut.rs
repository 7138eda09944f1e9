//! What a disk holds after the power was cut.
//!
//! A disk keeps what was synced. Of what was done since, it keeps any part: sectors of 512
//! bytes in any order, lengths with or without what belongs there, names or not. Assumed of a
//! disk is one thing beside that: bytes that no write touched stay as they are (SQLite's
//! "powersafe overwrite").
//!
//! Every draw comes from one seed, and lucky, unlucky and mixed ends are drawn alike often, for
//! a store breaks where one file is on the disk and another is not.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::log::{FileId, Op};

/// What a disk writes whole or not at all.
const SECTOR: u64 = 512;

/// The files that are there after the power was cut, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remains {
    /// What is in each.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Remains {
    /// What is left of a disk to which `log` was done, one of the many that could be.
    pub fn of(log: &[Op], seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut disk = Disk::default();
        for (time, op) in log.iter().enumerate() {
            disk.apply(time, op, &mut rng);
        }
        disk.cut(&mut rng)
    }

    /// Writes the files into the folder `dir`, its owner's alone.
    pub fn write_to(&self, dir: &Path) -> io::Result<()> {
        for (name, content) in &self.files {
            let path = dir.join(name);
            fs::write(&path, content)?;
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        }
        Ok(())
    }
}

/// Something that was done to a file, and when: its place in the log.
#[derive(Clone, Copy, Debug)]
struct Pending<'a> {
    time: usize,
    act: Act<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Act<'a> {
    Write { offset: u64, bytes: &'a [u8] },
    Truncate { size: u64 },
}

#[derive(Debug, Default)]
struct File<'a> {
    durable: Vec<u8>,
    pending: Vec<Pending<'a>>,
}

#[derive(Debug, Default)]
struct Disk<'a> {
    files: BTreeMap<FileId, File<'a>>,
    names: BTreeMap<&'a str, FileId>,
    /// What was done to names since the folder was synced; None for a removal.
    renamed: Vec<(&'a str, Option<FileId>)>,
}

/// What the disk had come to when the power went.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Nothing since the syncs.
    Nothing,
    /// All of it.
    Everything,
    /// What was done before this time, and some sectors of what was done then.
    Until(usize),
    /// All but some sectors of what was done then.
    Without(usize),
    /// Each file whole or not at all.
    Files { drawn: u64 },
    /// Each sector with this chance.
    Sectors(f64),
}

impl Fate {
    fn draw(pending: &[usize], rng: &mut StdRng) -> Self {
        let time = |rng: &mut StdRng| match pending {
            [] => 0,
            some => some[rng.random_range(0..some.len())],
        };
        match rng.random_range(0..8) {
            0 => Self::Nothing,
            1 => Self::Everything,
            2 | 3 => Self::Until(time(rng)),
            4 => Self::Without(time(rng)),
            5 => Self::Files {
                drawn: rng.random(),
            },
            _ => Self::Sectors([0.1, 0.5, 0.9][rng.random_range(0..3)]),
        }
    }

    /// Whether a sector, or a length, that was written then is on the disk.
    fn keeps(self, file: FileId, time: usize, rng: &mut StdRng) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Until(last) => time < last || (time == last && rng.random()),
            Self::Without(missing) => time != missing || rng.random(),
            Self::Files { drawn } => drawn >> (file.0 % 64) & 1 == 1,
            Self::Sectors(chance) => rng.random_bool(chance),
        }
    }
}

impl<'a> Disk<'a> {
    fn apply(&mut self, time: usize, op: &'a Op, rng: &mut StdRng) {
        let act = match op {
            Op::Found {
                file,
                name,
                content,
            } => {
                self.names.insert(name, *file);
                self.file(*file).durable = content.to_vec();
                return;
            }
            Op::Created { file, name } => {
                self.file(*file);
                self.renamed.push((name, Some(*file)));
                return;
            }
            Op::Deleted { name } => return self.renamed.push((name, None)),
            Op::FolderSynced => return self.sync_folder(),
            Op::Synced { file } => return self.file(*file).settle(*file, Fate::Everything, rng),
            Op::SyncFailed { file } => {
                let fate = Fate::Sectors(0.5);
                return self.file(*file).settle(*file, fate, rng);
            }
            Op::Marked { .. } => return,
            Op::Wrote { offset, bytes, .. } => Act::Write {
                offset: *offset,
                bytes,
            },
            Op::Truncated { size, .. } => Act::Truncate { size: *size },
        };
        if let Some(file) = op.file() {
            self.file(file).pending.push(Pending { time, act });
        }
    }

    fn file(&mut self, file: FileId) -> &mut File<'a> {
        self.files.entry(file).or_default()
    }

    fn sync_folder(&mut self) {
        for (name, file) in self.renamed.drain(..) {
            match file {
                Some(file) => self.names.insert(name, file),
                None => self.names.remove(name),
            };
        }
    }

    fn cut(mut self, rng: &mut StdRng) -> Remains {
        let pending = self.files.values().flat_map(|file| &file.pending);
        let times: Vec<usize> = pending.map(|pending| pending.time).collect();
        let fate = Fate::draw(&times, rng);
        for (id, file) in &mut self.files {
            file.settle(*id, fate, rng);
        }
        self.cut_folder(fate, rng);
        let mut files = BTreeMap::new();
        for (name, id) in &self.names {
            if let Some(file) = self.files.get(id) {
                files.insert((*name).to_owned(), file.durable.clone());
            }
        }
        Remains { files }
    }

    /// Each name is as it was at any moment since the folder was synced.
    fn cut_folder(&mut self, fate: Fate, rng: &mut StdRng) {
        let mut histories: BTreeMap<&str, Vec<Option<FileId>>> = BTreeMap::new();
        for (name, file) in &self.renamed {
            let first = || vec![self.names.get(name).copied()];
            histories.entry(name).or_insert_with(first).push(*file);
        }
        for (name, history) in histories {
            let last = history.len() - 1;
            let moment = match fate {
                Fate::Nothing => 0,
                Fate::Everything => last,
                _ => rng.random_range(0..=last),
            };
            match history[moment] {
                Some(file) => self.names.insert(name, file),
                None => self.names.remove(name),
            };
        }
    }
}

/// What is read where a file grew and nothing was written.
#[derive(Clone, Copy, Debug)]
enum Filler {
    Zeros,
    /// What lay there before.
    Noise,
}

impl File<'_> {
    /// Lets what the disk has come to be all that is there.
    fn settle(&mut self, id: FileId, fate: Fate, rng: &mut StdRng) {
        let filler = match fate {
            Fate::Everything => Filler::Zeros,
            _ if rng.random() => Filler::Zeros,
            _ => Filler::Noise,
        };
        for Pending { time, act } in std::mem::take(&mut self.pending) {
            match act {
                Act::Truncate { size } if fate.keeps(id, time, rng) => {
                    self.durable.resize(place(size), 0);
                }
                Act::Truncate { .. } => {}
                Act::Write { offset, bytes } => {
                    self.write(offset, bytes, filler, rng, |rng| fate.keeps(id, time, rng));
                }
            }
        }
    }

    /// Writes the sectors that `keeps` lets through. A length that grew may be on the disk
    /// without what belongs there.
    fn write(
        &mut self,
        mut offset: u64,
        mut bytes: &[u8],
        filler: Filler,
        rng: &mut StdRng,
        mut keeps: impl FnMut(&mut StdRng) -> bool,
    ) {
        let end = place(offset) + bytes.len();
        let mut lost = false;
        while !bytes.is_empty() {
            let sector_end = (offset / SECTOR + 1) * SECTOR;
            let length = place(sector_end - offset).min(bytes.len());
            let (sector, rest) = bytes.split_at(length);
            if keeps(rng) {
                let end = place(offset) + length;
                self.grow(end, filler, rng);
                self.durable[end - length..end].copy_from_slice(sector);
            } else {
                lost = true;
            }
            offset += length as u64;
            bytes = rest;
        }
        if lost && keeps(rng) {
            self.grow(end, filler, rng);
        }
    }

    /// Makes it at least so long.
    fn grow(&mut self, size: usize, filler: Filler, rng: &mut StdRng) {
        let from = self.durable.len();
        if size > from {
            self.durable.resize(size, 0);
            match filler {
                Filler::Zeros => {}
                Filler::Noise => rng.fill(&mut self.durable[from..]),
            }
        }
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
