//! The data folder: who may look into it, and who may write.
//!
//! Called when a store is opened. Bodies, numbers and URLs with credentials are in it, so the
//! folder and its files are its owner's alone, whatever the umask; what is found wider is
//! refused, not narrowed, for somebody may already have looked.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::error::OpenError;

const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
/// Read, write or enter, for the group or for others.
const WIDER: u32 = 0o077;

/// The name of SQLite's file in the data folder.
const STORE: &str = "ringback.db";
/// The name of the file that the writing process has locked.
const LOCK: &str = "ringback.lock";

/// A data folder that this process alone writes. The lock is held until it is dropped.
#[derive(Debug)]
pub struct Folder {
    /// The folder.
    pub dir: PathBuf,
    /// SQLite's file; exists.
    pub store: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes `dir` and what is missing in it, checks who may look into it, and locks it.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        make_folder(dir)?;
        let lock = lock(dir)?;
        let store = dir.join(STORE);
        open_file(&store)?;
        for name in ["ringback.db-wal", "ringback.db-shm"] {
            check_if_there(&dir.join(name))?;
        }
        // The folder's entries are on the disk before anything is promised.
        File::open(dir)
            .and_then(|folder| folder.sync_all())
            .map_err(|source| unusable(dir, source))?;
        Ok(Self {
            dir: dir.to_owned(),
            store,
            _lock: lock,
        })
    }

    /// Makes what SQLite has made beside its file the owner's alone. SQLite copies the mode
    /// of its file already; this holds even where it does not.
    pub fn narrow(&self) -> Result<(), OpenError> {
        for suffix in ["-wal", "-shm"] {
            let mut name = self.store.clone().into_os_string();
            name.push(suffix);
            let path = PathBuf::from(name);
            match fs::set_permissions(&path, Permissions::from_mode(FILE_MODE)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(unusable(&path, error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

/// SQLite's file in `dir`, which is there and its owner's alone; nothing is made or locked.
pub fn existing(dir: &Path) -> Result<PathBuf, OpenError> {
    let store = dir.join(STORE);
    if check_if_there(dir)? && check_if_there(&store)? {
        Ok(store)
    } else {
        Err(unusable(&store, io::ErrorKind::NotFound.into()))
    }
}

fn make_folder(dir: &Path) -> Result<(), OpenError> {
    if fs::metadata(dir).is_ok_and(|found| !found.is_dir()) {
        // Before its mode is looked at: what is no folder of ours is not to be changed.
        return Err(unusable(dir, io::ErrorKind::NotADirectory.into()));
    }
    if check_if_there(dir)? {
        return Ok(());
    }
    let missing: Vec<&Path> = dir.ancestors().take_while(|it| !is_there(it)).collect();
    let make = || {
        DirBuilder::new()
            .recursive(true)
            .mode(FOLDER_MODE)
            .create(dir)?;
        fs::set_permissions(dir, Permissions::from_mode(FOLDER_MODE))?;
        missing.into_iter().try_for_each(sync_name)
    };
    make().map_err(|source| unusable(dir, source))
}

fn is_there(path: &Path) -> bool {
    // The empty path is the end of a relative one: the working directory.
    path.as_os_str().is_empty() || path.exists()
}

/// Brings the name of the new folder `path` to the disk, or a power cut could take the folder
/// with all that is in it.
fn sync_name(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match File::open(parent) {
        Ok(parent) => parent.sync_all(),
        // Others' folders can be writable and not readable: such a name is the system's care.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        Err(error) => Err(error),
    }
}

/// Whether `path` exists; an error if others can get at it.
pub fn check_if_there(path: &Path) -> Result<bool, OpenError> {
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(unusable(path, error)),
    };
    let mode = metadata.permissions().mode() & 0o777;
    if mode & WIDER != 0 {
        return Err(OpenError::TooWide {
            path: path.to_owned(),
            mode,
            wanted: if metadata.is_dir() {
                FOLDER_MODE
            } else {
                FILE_MODE
            },
        });
    }
    Ok(true)
}

/// Opens a file of ours, which is made if it is missing.
pub fn open_file(path: &Path) -> Result<File, OpenError> {
    check_if_there(path)?;
    make_file(path).map_err(|source| unusable(path, source))
}

/// The same, of one that was looked at before.
pub fn make_file(path: &Path) -> io::Result<File> {
    let there = path.exists();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(path)?;
    if !there {
        file.set_permissions(Permissions::from_mode(FILE_MODE))?;
    }
    Ok(file)
}

/// Locks the folder and writes down who holds it. The system unlocks it when the process
/// ends, however it ends.
fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join(LOCK);
    let mut file = open_file(&path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::Locked {
                dir: dir.to_owned(),
                pid: holder(&mut file),
            });
        }
        Err(TryLockError::Error(source)) => return Err(unusable(&path, source)),
    }
    sign(&mut file).map_err(|source| unusable(&path, source))?;
    Ok(file)
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn holder(file: &mut File) -> Option<u32> {
    /// More than any process id has digits.
    const LONGEST: u64 = 32;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

fn unusable(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source,
    }
}
