//! The reserve: a file beside the store, allocated in advance, for outcomes that the store does
//! not take because its disk is full, or because it cannot be written.
//!
//! Owned by the thread that writes. One record after the other, numbered without gaps; the
//! table `clock` says up to which number they are in the store. What is beyond that counts,
//! up to the first record that is not whole. Nothing is ever cut off: the file keeps its
//! blocks, since no others could be had when it is needed.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ring::digest;
use rustix::fs::{FallocateFlags, fallocate};
use tracing::{error, warn};

use super::error::OpenError;
use super::files;
use super::record::outcome;
use crate::error::StoreError;
use crate::kept::{Keeping, KeptOutcome, Numbered, Room};

/// Its name in the data folder.
pub const NAME: &str = "ringback.reserve";

/// How large it is unless told otherwise: some 50,000 outcomes, more where receivers answer
/// little.
pub const SIZE: u64 = 64 * 1024 * 1024;

/// What stays free for the outcomes of attempts that are under way: of 512, each of 15 KiB at
/// most, with [`SIZE`].
const SCARCE_PART: u64 = 8;

/// Before each record: its length (4 bytes), its number (8), the first 8 of a SHA-256 over
/// number and record.
const HEAD: usize = 20;

/// Longer than any record; what claims to be is none.
const LONGEST: u32 = 1024 * 1024;

/// What is overwritten at once when it is not needed any longer.
static BLANK: [u8; 64 * 1024] = [0; 64 * 1024];

/// The reserve.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    size: u64,
    /// None if there is no room for it.
    file: Option<File>,
    /// The first record that the store has not.
    first: Place,
    /// Where the next one goes.
    end: Place,
}

/// A record's number, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    number: u64,
    offset: u64,
}

impl Reserve {
    /// Opens the reserve in the folder `dir`, or makes it if there is room. The store has the
    /// records up to number `recorded`.
    pub fn open(dir: &Path, size: u64, recorded: u64) -> Result<Self, OpenError> {
        let path = dir.join(NAME);
        let unusable = |source| OpenError::Io {
            path: path.clone(),
            source,
        };
        let there = files::check_if_there(&path)?;
        let mut reserve = Self::missing(path.clone(), size, recorded);
        if there {
            let file = files::open_file(&path)?;
            reserve.find_records(&file, recorded).map_err(unusable)?;
            reserve.file = Some(file);
        }
        if let Err(error) = reserve.make() {
            warn!(%error, "there is no room for the reserve of outcomes; it is made later");
        }
        Ok(reserve)
    }

    /// Without a file.
    const fn missing(path: PathBuf, size: u64, recorded: u64) -> Self {
        Self {
            path,
            size,
            file: None,
            first: Place::beginning(recorded),
            end: Place::beginning(recorded),
        }
    }

    /// Makes the file if it is missing, or gives it all its blocks.
    pub fn make(&mut self) -> io::Result<()> {
        let missing = self.file.is_none();
        let file = match &self.file {
            Some(file) if file.metadata()?.len() >= self.size => return Ok(()),
            Some(file) => file,
            None => &*self.file.insert(files::make_file(&self.path)?),
        };
        let allocated = allocate(file, self.size).and_then(|()| file.sync_all());
        let named = allocated.and_then(|()| sync_folder(&self.path));
        if named.is_err() && missing {
            // Half of it would take from others what it does not promise.
            self.file = None;
            fs::remove_file(&self.path)?;
        }
        named
    }

    /// Appends the first of `outcomes`, as many as there is room for. They are on the disk when
    /// this returns.
    pub fn keep(&mut self, outcomes: &[KeptOutcome]) -> Result<Keeping, StoreError> {
        if self.file.is_none() {
            self.make().map_err(unkept)?;
        }
        let file = self.file.as_ref().ok_or(StoreError::Full)?;
        let mut records = Vec::new();
        let mut kept = 0;
        for (number, outcome) in (self.end.number..).zip(outcomes) {
            let record = record(number, outcome)?;
            let end = self.end.offset + (records.len() + record.len()) as u64;
            if end > self.size {
                break;
            }
            records.extend(record);
            kept += 1;
        }
        let length = records.len() as u64;
        if self.end.offset + length + HEAD as u64 <= self.size {
            // What stood there before is not to be taken for what follows.
            records.extend([0; HEAD]);
        }
        // Should this fail, the next ones are written in the same place again.
        file.write_all_at(&records, self.end.offset)
            .and_then(|()| file.sync_data())
            .map_err(unkept)?;
        self.end.number += kept as u64;
        self.end.offset += length;
        let free = self.size - self.end.offset;
        let scarce = kept < outcomes.len() || free < self.size / SCARCE_PART;
        let room = if scarce { Room::Scarce } else { Room::Enough };
        Ok(Keeping { kept, room })
    }

    /// The first records that the store has not, at most `limit`. Those that cannot be read any
    /// more are given up: their attempts are made again after the next start.
    pub fn kept(&mut self, limit: u32) -> Vec<Numbered> {
        let mut kept = Vec::new();
        let mut place = self.first;
        while let Some(file) = &self.file
            && place.number < self.end.number
            && kept.len() < limit as usize
        {
            let Some((text, outcome)) = whole(file, place) else {
                break;
            };
            kept.push((place.number, outcome));
            place = place.after(&text);
        }
        if kept.is_empty() && self.first != self.end {
            error!("the reserve of outcomes is damaged: some attempts may be made again");
            self.first = Place::beginning(self.end.number - 1);
            self.end = self.first;
        }
        kept
    }

    /// Lets go of the records up to number `until`: the store has them.
    pub fn recorded(&mut self, until: u64) {
        while let Some(file) = &self.file
            && self.first.number <= until
            && self.first.number < self.end.number
        {
            match read(file, self.first) {
                Ok(Some(found)) => self.first = self.first.after(&found),
                Ok(None) | Err(_) => break,
            }
        }
        let all = self.end.number <= until + 1;
        if all && self.end.offset > 0 {
            self.blank();
            self.first = Place::beginning(until);
            self.end = Place::beginning(until);
        }
    }

    /// Overwrites what it held: receivers' answers are in it. Not needed for what is read
    /// later, so that an error does no harm.
    fn blank(&self) {
        let Some(file) = &self.file else { return };
        let mut offset = 0;
        while offset < self.end.offset {
            let length = (self.end.offset - offset).min(BLANK.len() as u64);
            let blank = usize::try_from(length).map_or(&BLANK[..], |length| &BLANK[..length]);
            if let Err(error) = file.write_all_at(blank, offset) {
                return warn!(%error, "the reserve of outcomes could not be blanked");
            }
            offset += length;
        }
    }

    /// Finds the first record that the store has not, and the end of what is whole.
    fn find_records(&mut self, file: &File, recorded: u64) -> io::Result<()> {
        let Some(first) = number_at(file, 0)? else {
            return Ok(());
        };
        let mut place = Place {
            number: first,
            offset: 0,
        };
        let mut wanted = None;
        while let Some(found) = read(file, place)? {
            if place.number > recorded {
                wanted.get_or_insert(place);
            }
            place = place.after(&found);
        }
        if let Some(wanted) = wanted {
            self.first = wanted;
            self.end = place;
        }
        Ok(())
    }
}

/// How many outcomes the reserve in the folder `dir` has that a store which has those up to
/// `recorded` has not; none if there is no reserve. Reads only.
pub fn count(dir: &Path, recorded: u64) -> io::Result<u64> {
    let path = dir.join(NAME);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut reserve = Reserve::missing(path, 0, recorded);
    reserve.find_records(&file, recorded)?;
    Ok(reserve.end.number - reserve.first.number)
}

impl Place {
    /// The beginning of the file, for the record after number `recorded`.
    const fn beginning(recorded: u64) -> Self {
        Self {
            number: recorded + 1,
            offset: 0,
        }
    }

    const fn after(self, record: &[u8]) -> Self {
        Self {
            number: self.number + 1,
            offset: self.offset + (HEAD + record.len()) as u64,
        }
    }
}

/// Why outcomes were not kept.
fn unkept(error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly,
        _ => StoreError::Unsure {
            source: Box::new(error),
        },
    }
}

/// The bytes of a record, its head included.
fn record(number: u64, kept: &KeptOutcome) -> Result<Vec<u8>, StoreError> {
    let text = outcome::write(kept)?;
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEAD + text.len());
    bytes.extend(length.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    bytes.extend(check(number, &text));
    bytes.extend(text);
    Ok(bytes)
}

/// The record at `place` with what it says; none if it cannot be read.
fn whole(file: &File, place: Place) -> Option<(Vec<u8>, KeptOutcome)> {
    let text = read(file, place).ok()??;
    let outcome = outcome::read(&text).ok()?;
    Some((text, outcome))
}

/// The record at `place`; none if it is not whole, or another one.
fn read(file: &File, place: Place) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; HEAD];
    if !read_whole(file, &mut head, place.offset)? {
        return Ok(None);
    }
    let (length, rest) = head.split_at(4);
    let (number, sum) = rest.split_at(8);
    let length = u32::from_le_bytes(length.try_into().expect("four bytes"));
    let number = u64::from_le_bytes(number.try_into().expect("eight bytes"));
    if number != place.number || length == 0 || length > LONGEST {
        return Ok(None);
    }
    let mut text = vec![0; length as usize];
    let whole = read_whole(file, &mut text, place.offset + HEAD as u64)?;
    Ok((whole && *sum == check(number, &text)).then_some(text))
}

/// The number of the record that begins at `offset`, whole or not.
fn number_at(file: &File, offset: u64) -> io::Result<Option<u64>> {
    let mut head = [0; HEAD];
    if !read_whole(file, &mut head, offset)? {
        return Ok(None);
    }
    let number = head[4..12].try_into().expect("eight bytes");
    Ok(Some(u64::from_le_bytes(number)))
}

/// Whether there was as much as wanted.
fn read_whole(file: &File, wanted: &mut [u8], offset: u64) -> io::Result<bool> {
    match file.read_exact_at(wanted, offset) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn check(number: u64, text: &[u8]) -> [u8; 8] {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(&number.to_le_bytes());
    context.update(text);
    let digest = context.finish();
    digest.as_ref()[..8].try_into().expect("a digest has 32")
}

/// Gives the file all its blocks; writes them where the file system cannot just take them.
fn allocate(file: &File, size: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {
            let mut offset = file.metadata()?.len();
            while offset < size {
                file.write_all_at(&BLANK, offset)?;
                offset += BLANK.len() as u64;
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
