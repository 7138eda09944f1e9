//! Gives the room of what was deleted back to the disk.
//!
//! Called by `ringback store vacuum`, which holds the folder's lock: SQLite writes the file
//! anew and takes no commit meanwhile, so that no server can run on it. While one runs there
//! is no need: what is deleted leaves room inside the file, which is used again.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::OpenError;
use super::files::Folder;
use super::{SqliteOptions, connection, schema};

/// What it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacuumed {
    /// How large the file was.
    pub before_bytes: u64,
    /// How large it is.
    pub after_bytes: u64,
}

/// Why it did not. The store is as it was.
#[derive(Debug, thiserror::Error)]
pub enum VacuumError {
    /// The store cannot be used, or is in use.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be written anew: there is no room, or it is damaged.
    #[error("the store cannot be written anew")]
    Write(#[from] rusqlite::Error),
    /// Another program reads it: the log cannot be copied back.
    #[error("`{}` is read by another program", path.display())]
    Read {
        /// The file.
        path: PathBuf,
    },
}

/// The copy of SQLite's own goes into a file, not into memory.
const IN_FILES: &str = "PRAGMA temp_store = FILE";

/// Copies the log back and cuts it to nothing; says whether somebody was in the way.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Writes the store in `dir` anew, without holes. Needs free room of twice of what is kept: in
/// the folder for temporary files (`SQLITE_TMPDIR`, or `TMPDIR`, or `/var/tmp`) and in its own.
pub fn vacuum(dir: &Path) -> Result<Vacuumed, VacuumError> {
    super::files::existing(dir)?;
    let folder = Folder::open(dir)?;
    let db = connection::writer(&folder.store, SqliteOptions::default())?;
    let found = schema::version(&db)?;
    if found > schema::VERSION {
        let path = folder.store;
        let known = schema::VERSION;
        return Err(OpenError::TooNew { path, found, known }.into());
    }
    folder.narrow()?;
    db.execute_batch(IN_FILES)?;
    let before_bytes = size(&db)?;
    db.execute_batch("VACUUM")?;
    let after_bytes = size(&db)?;
    let busy: bool = db.query_row(CHECKPOINT, [], |row| row.get(0))?;
    if busy {
        return Err(VacuumError::Read { path: folder.store });
    }
    db.close().map_err(|(_, error)| error)?;
    Ok(Vacuumed {
        before_bytes,
        after_bytes,
    })
}

fn size(db: &Connection) -> rusqlite::Result<u64> {
    let number = |name| db.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(number("page_count")? * number("page_size")?)
}
