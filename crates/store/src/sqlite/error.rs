//! Why a store could not be opened, and what goes wrong inside.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{ErrorCode, ffi};

use crate::StoreError;

/// Why a store could not be opened. What each says is meant for people.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Other users of the machine can get at it. The message names the command that mends it.
    #[error(
        "`{}` is open to others (mode {mode:03o}); close it with: chmod {wanted:03o} {}",
        path.display(),
        quoted(path)
    )]
    TooWide {
        /// The folder or file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// What they have to be.
        wanted: u32,
    },
    /// Another process has it open: stop that one, or name another folder.
    #[error("the store in `{}` is in use by {}", dir.display(), holder(*pid))]
    Locked {
        /// The folder.
        dir: PathBuf,
        /// The process, if it has written down which it is.
        pid: Option<u32>,
    },
    /// A later release has written it: use that one.
    #[error(
        "`{}` was written by a later release (schema {found}, this one knows up to {known})",
        path.display()
    )]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The last version that is known.
        known: usize,
    },
    /// The folder or a file cannot be made or read.
    #[error("`{}` cannot be used", path.display())]
    Io {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It is not a store, or is damaged.
    #[error("`{}` cannot be used as a store", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

fn holder(pid: Option<u32>) -> String {
    match pid {
        Some(pid) => format!("process {pid}"),
        None => "another process".to_owned(),
    }
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// SQLite says so.
    #[error("the store's file cannot be read")]
    Sqlite(#[from] rusqlite::Error),
    /// A column holds a word that this release does not know.
    #[error("`{value}` is no {what} that is known")]
    Unknown {
        /// What it should be.
        what: &'static str,
        /// What it is.
        value: String,
    },
    /// A column holds JSON that this release does not understand.
    #[error("a stored record cannot be understood")]
    Json(#[from] serde_json::Error),
}

impl ReadError {
    /// For a word that is none of those known for `what`.
    pub fn unknown(what: &'static str, value: impl Into<String>) -> Self {
        Self::Unknown {
            what,
            value: value.into(),
        }
    }
}

impl ReadError {
    /// Whether something stored is damaged, not the way to it.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Unknown { .. } | Self::Json(_) => true,
            Self::Sqlite(error) => match error {
                rusqlite::Error::SqliteFailure(failure, _) => {
                    let damaged = [ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase];
                    damaged.contains(&failure.code) || is_unread(error)
                }
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => true,
                _ => false,
            },
        }
    }
}

impl From<ReadError> for StoreError {
    fn from(error: ReadError) -> Self {
        let damaged = error.is_damage();
        let source = Box::new(error);
        if damaged {
            Self::Damaged { source }
        } else {
            Self::Unreadable { source }
        }
    }
}

/// Why a batch was not written, by what is to be done next.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// There is no room. Rolled back; the connection is sound.
    #[error("the disk is full")]
    Full,
    /// The files may not be written. Nothing was; the connection is not to be used again.
    #[error("the store cannot be written")]
    ReadOnly,
    /// A page that is needed is damaged or cannot be read. Nothing was written; the connection
    /// is not to be used again.
    #[error("something stored is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// The batch contradicts what is stored. Rolled back; the connection is sound.
    #[error("the batch contradicts what is stored")]
    Refused(#[source] ReadError),
    /// Perhaps written: the connection is not to be used again.
    #[error("the write failed")]
    Broken(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            _ if is_unread(&error) => Self::Damaged(error),
            _ => Self::Broken(error),
        }
    }
}

impl WriteError {
    /// For what a commit itself says, when all was given to it: but for a full disk, nobody
    /// knows what is on the disk then.
    pub fn at_commit(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            _ => Self::Broken(error),
        }
    }
}

/// Whether the disk did not give back a page.
fn is_unread(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    matches!(
        code,
        Some(ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_CORRUPTFS)
    )
}
