//! A copy of the store as it is at one moment, made while others read and write it.
//!
//! Called by `ringback store backup`, in a process of its own: it reads as any reader does, so
//! that no commit waits for it. What is copied is what was committed when it began. The copy
//! is whole and on the disk when it gets its name; until then it has another.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use rusqlite::backup::{Backup as Copy, StepResult};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use super::error::OpenError;
use super::{SqliteOptions, connection, files, schema};
use crate::seal::MARK;

/// Pages of 8 KiB that are copied at a time: 1 MiB.
const STEP: i32 = 128;
/// After each step: the server that runs has the disk in between.
const PAUSE: Duration = Duration::from_millis(2);
/// So many steps are written to the disk at a time, not all at the end: one sync of some
/// gigabytes would keep the server's own from the disk for seconds.
const SYNCED: u32 = 16;
/// The first schema with signing keys.
const WITH_KEYS: usize = 4;

/// A copy that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backup {
    /// How large it is.
    pub bytes: u64,
    /// Whether secrets are sealed in it.
    pub sealed: Sealed,
}

/// Whether the secrets of a store are sealed with a key that is not in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sealed {
    /// They are in clear, or there are none.
    No,
    /// The key file is needed to use it.
    Yes,
}

/// How far something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that are done.
    pub done: u64,
    /// Bytes in all.
    pub whole: u64,
}

/// Why no copy was made. What was begun of it is removed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Something has its name: nothing is overwritten.
    #[error("`{}` is there already", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("`{}` cannot be written", path.display())]
    Target {
        /// The file or its folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The store cannot be read, or the copy not be written.
    #[error("the store cannot be copied")]
    Copy(#[from] rusqlite::Error),
}

/// Copies the store in `dir` to the new file `target`, its owner's alone.
pub fn backup(
    dir: &Path,
    target: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Backup, BackupError> {
    let store = files::existing(dir)?;
    free(target)?;
    let unfinished = Unfinished::new(target)?;
    let source = connection::reader(&store, SqliteOptions::default())?;
    // One read transaction around all steps: whatever is committed meanwhile, they go on with
    // the pages of the same moment. It begins with the first read, so before the first step:
    // otherwise each step would be a transaction of its own.
    let snapshot = source.unchecked_transaction()?;
    let sealed = sealed(&snapshot)?;
    copy(&snapshot, &unfinished, tell)?;
    let written = |source| target_error(target, source);
    let bytes = unfinished.file.metadata().map_err(written)?.len();
    unfinished.file.sync_all().map_err(written)?;
    free(target)?;
    unfinished.rename(target)?;
    Ok(Backup { bytes, sealed })
}

/// Copies all pages that `snapshot`, which has begun to read, sees.
fn copy(
    snapshot: &Connection,
    to: &Unfinished,
    tell: &mut dyn FnMut(Progress),
) -> Result<(), BackupError> {
    let page_bytes: u64 = snapshot.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let mut target = Connection::open_with_flags(&to.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // It is thrown away if this fails, and synced here: SQLite need not care for either.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")?;
    let copy = Copy::new(snapshot, &mut target)?;
    let mut steps = 0_u32;
    loop {
        let step = copy.step(STEP)?;
        let progress = copy.progress();
        let bytes = |pages: i32| u64::try_from(pages).unwrap_or(0) * page_bytes;
        tell(Progress {
            done: bytes(progress.pagecount - progress.remaining),
            whole: bytes(progress.pagecount),
        });
        if step == StepResult::Done {
            return Ok(());
        }
        steps += 1;
        if steps.is_multiple_of(SYNCED) {
            let synced = to.file.sync_data();
            synced.map_err(|source| target_error(&to.path, source))?;
        }
        sleep(PAUSE);
    }
}

/// Some signing key is sealed: then all secrets are. Reads the table whole: it is small.
const SEALED: &str = "SELECT 1 FROM signing_key WHERE instr(secret, :mark) = 1 LIMIT 1";

fn sealed(db: &Connection) -> rusqlite::Result<Sealed> {
    if schema::version(db)? < WITH_KEYS {
        return Ok(Sealed::No);
    }
    let found = db.query_row(SEALED, &[(":mark", MARK)], |_| Ok(()));
    Ok(found.optional()?.map_or(Sealed::No, |()| Sealed::Yes))
}

fn free(target: &Path) -> Result<(), BackupError> {
    // A link that leads nowhere is something as well.
    match fs::symlink_metadata(target) {
        Ok(_) => Err(BackupError::Exists {
            path: target.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(target_error(target, source)),
    }
}

fn target_error(path: &Path, source: io::Error) -> BackupError {
    BackupError::Target {
        path: path.to_owned(),
        source,
    }
}

/// A file beside the target, removed when it is dropped under this name.
struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Unfinished {
    fn new(target: &Path) -> Result<Self, BackupError> {
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.new", std::process::id()));
        let path = target.with_file_name(name);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path);
        match opened {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(target_error(&path, source)),
        }
    }

    /// Gives it its name, durably.
    fn rename(self, target: &Path) -> Result<(), BackupError> {
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        let renamed = fs::rename(&self.path, target).and_then(|()| File::open(folder)?.sync_all());
        renamed.map_err(|source| target_error(target, source))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // It has its name, or is of no use to anybody.
        let _ = fs::remove_file(&self.path);
    }
}
