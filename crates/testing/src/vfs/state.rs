//! What a test's disk has been through, and what is wrong with it.
//!
//! Called by the shim with the disk locked, so that the order of the log is the order in which
//! things were done. Each method does the real thing itself, by `go`, and answers with
//! SQLite's code.

use std::collections::BTreeMap;
use std::ffi::c_int;
use std::ops::Range;
use std::path::Path;
use std::{fs, io};

use rusqlite::ffi;

use super::Damage;
use super::log::{FileId, Op};

/// A file that was opened.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// Which one.
    pub file: FileId,
    /// Whether its first sync is one of the folder as well, as SQLite does for its journals.
    pub folder_too: bool,
}

/// The disk.
#[derive(Debug, Default)]
pub struct State {
    /// What was done.
    pub log: Vec<Op>,
    /// What is wrong with it.
    pub faults: Faults,
    names: BTreeMap<String, FileId>,
    /// In bytes, by number of the file.
    sizes: Vec<u64>,
}

/// What is wrong with a disk.
#[derive(Debug, Default)]
pub struct Faults {
    /// How many of the next syncs fail.
    pub syncs: u32,
    /// By how many bytes files may still grow; without a bound if none.
    pub room: Option<u64>,
    /// Nothing can be written.
    pub read_only: bool,
    /// Parts of the database's file that are not read as they were written.
    pub damage: Vec<(Range<u64>, Damage)>,
}

impl State {
    /// Opens the file at `path` by `go`, which takes SQLite's flags.
    pub fn open(
        &mut self,
        path: &Path,
        flags: c_int,
        go: impl FnOnce(c_int) -> c_int,
    ) -> Result<Opened, c_int> {
        let name = name_of(path);
        let known = self.names.get(&name).copied();
        let found = match known {
            Some(_) => None,
            // Before SQLite opens it, for closing a file gives up all locks of its process.
            None => content(path)?,
        };
        let code = go(self.faults.allowed(flags));
        if code != ffi::SQLITE_OK {
            return Err(code);
        }
        let file = match (known, found) {
            (Some(file), _) => file,
            (None, Some(content)) => self.found(name, content),
            (None, None) => self.created(name),
        };
        Ok(Opened {
            file,
            folder_too: flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & JOURNALS != 0,
        })
    }

    /// Removes the file at `path`, and syncs the folder if told to.
    pub fn delete(&mut self, path: &Path, sync: c_int, go: impl FnOnce() -> c_int) -> c_int {
        if self.faults.read_only {
            return ffi::SQLITE_IOERR_DELETE;
        }
        let code = go();
        if code == ffi::SQLITE_OK {
            let name = name_of(path);
            self.names.remove(&name);
            self.log.push(Op::Deleted { name });
            if sync != 0 {
                self.log.push(Op::FolderSynced);
            }
        }
        code
    }

    /// Writes `bytes`.
    pub fn write(
        &mut self,
        file: FileId,
        offset: u64,
        bytes: &[u8],
        go: impl FnOnce() -> c_int,
    ) -> c_int {
        let end = offset + bytes.len() as u64;
        let grows = end.saturating_sub(self.size(file));
        if let Err(code) = self.faults.take(grows) {
            return code;
        }
        let code = go();
        if code == ffi::SQLITE_OK {
            let size = self.size(file).max(end);
            self.set_size(file, size);
            let bytes = bytes.into();
            let op = Op::Wrote {
                file,
                offset,
                bytes,
            };
            self.log.push(op);
        }
        code
    }

    /// Cuts the file to `size` bytes.
    pub fn truncate(&mut self, file: FileId, size: u64, go: impl FnOnce() -> c_int) -> c_int {
        if self.faults.read_only {
            return ffi::SQLITE_IOERR_TRUNCATE;
        }
        let code = go();
        if code == ffi::SQLITE_OK {
            self.set_size(file, size);
            self.log.push(Op::Truncated { file, size });
        }
        code
    }

    /// Brings a file to the disk. Nothing real is synced: what would be left is reckoned from
    /// the log, and tests are not to wait for the machine's disk.
    pub fn sync(&mut self, opened: &mut Opened) -> c_int {
        let file = opened.file;
        if self.faults.syncs > 0 {
            self.faults.syncs -= 1;
            self.log.push(Op::SyncFailed { file });
            return ffi::SQLITE_IOERR_FSYNC;
        }
        self.log.push(Op::Synced { file });
        if opened.folder_too {
            opened.folder_too = false;
            self.log.push(Op::FolderSynced);
        }
        ffi::SQLITE_OK
    }

    fn found(&mut self, name: String, content: Vec<u8>) -> FileId {
        let file = self.named(&name, content.len() as u64);
        let content = content.into();
        self.log.push(Op::Found {
            file,
            name,
            content,
        });
        file
    }

    fn created(&mut self, name: String) -> FileId {
        let file = self.named(&name, 0);
        self.log.push(Op::Created { file, name });
        file
    }

    fn named(&mut self, name: &str, size: u64) -> FileId {
        let file = FileId(u32::try_from(self.sizes.len()).unwrap_or(u32::MAX));
        self.sizes.push(size);
        self.names.insert(name.to_owned(), file);
        file
    }

    fn size(&self, file: FileId) -> u64 {
        self.sizes[file.0 as usize]
    }

    fn set_size(&mut self, file: FileId, size: u64) {
        self.sizes[file.0 as usize] = size;
    }
}

impl Faults {
    /// The flags with which a file can be opened.
    const fn allowed(&self, flags: c_int) -> c_int {
        if self.read_only {
            let writing = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
            flags & !writing | ffi::SQLITE_OPEN_READONLY
        } else {
            flags
        }
    }

    /// Takes room for so many more bytes.
    fn take(&mut self, grows: u64) -> Result<(), c_int> {
        if self.read_only {
            return Err(ffi::SQLITE_IOERR_WRITE);
        }
        if let Some(room) = &mut self.room {
            *room = room.checked_sub(grows).ok_or(ffi::SQLITE_FULL)?;
        }
        Ok(())
    }

    /// Makes of what was read at `offset` of the database's file what this disk gives out.
    pub fn spoil(&self, offset: u64, read: &mut [u8]) -> c_int {
        let end = offset + read.len() as u64;
        for (range, damage) in &self.damage {
            let from = range.start.max(offset);
            let to = range.end.min(end);
            if from >= to {
                continue;
            }
            let place = |at: u64| usize::try_from(at - offset).unwrap_or(usize::MAX);
            let part = &mut read[place(from)..place(to)];
            match damage {
                Damage::Unreadable => return ffi::SQLITE_IOERR_READ,
                Damage::Zeros => part.fill(0),
                Damage::Flipped => part.iter_mut().for_each(|byte| *byte = !*byte),
            }
        }
        ffi::SQLITE_OK
    }
}

/// Files after whose making SQLite syncs the folder, with their first sync.
const JOURNALS: c_int =
    ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;

/// What is in the file at `path`, if there is one.
fn content(path: &Path) -> Result<Option<Vec<u8>>, c_int> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(_) => Err(ffi::SQLITE_CANTOPEN),
    }
}

fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}
