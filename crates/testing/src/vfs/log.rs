//! What was done to a test's disk, in order.

use std::sync::Arc;

/// A file, whatever it is called: a name that is made anew names another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileId(pub(super) u32);

/// One thing that was done to the disk, or that a test remarked.
#[derive(Clone, Debug)]
pub enum Op {
    /// A file was there before; what is in it has been on the disk for long.
    Found {
        /// The file.
        file: FileId,
        /// What it is called in its folder.
        name: String,
        /// What is in it.
        content: Arc<[u8]>,
    },
    /// An empty file was made. Its name is durable after [`Op::FolderSynced`].
    Created {
        /// The file.
        file: FileId,
        /// What it is called in its folder.
        name: String,
    },
    /// A name was removed; durable after [`Op::FolderSynced`].
    Deleted {
        /// The name.
        name: String,
    },
    /// Bytes were written; durable after [`Op::Synced`].
    Wrote {
        /// The file.
        file: FileId,
        /// Where they begin.
        offset: u64,
        /// The bytes.
        bytes: Arc<[u8]>,
    },
    /// The file was cut to a size; durable after [`Op::Synced`].
    Truncated {
        /// The file.
        file: FileId,
        /// Its new size in bytes.
        size: u64,
    },
    /// All that was done to the file is on the disk.
    Synced {
        /// The file.
        file: FileId,
    },
    /// The sync failed: of what was done since the last one, any part may be on the disk, and
    /// no later sync brings the rest there.
    SyncFailed {
        /// The file.
        file: FileId,
    },
    /// The names in the folder are on the disk.
    FolderSynced,
    /// A remark of the test's own.
    Marked {
        /// What it is about.
        what: &'static str,
        /// How many there are of it by now, or which one it is.
        number: u64,
    },
}

impl Op {
    /// The file whose content it concerns.
    pub const fn file(&self) -> Option<FileId> {
        match self {
            Self::Found { file, .. }
            | Self::Created { file, .. }
            | Self::Wrote { file, .. }
            | Self::Truncated { file, .. }
            | Self::Synced { file }
            | Self::SyncFailed { file } => Some(*file),
            Self::Deleted { .. } | Self::FolderSynced | Self::Marked { .. } => None,
        }
    }
}
