//! Why something could not be remembered, or read.

use std::error::Error;

/// Why something could not be remembered, or read. A variant for each thing that a caller
/// does next.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Nothing of the batch was recorded, for the disk is full. Ask again when there is room.
    #[error("the disk is full")]
    Full,
    /// Nothing of the batch was recorded, for the store's files may not be written. Ask again
    /// when they may be.
    #[error("the store cannot be written: its file system or its files are read-only")]
    ReadOnly,
    /// What was asked for is damaged, or a batch touches something that is: nothing of it was
    /// recorded. Asking again is of no use; whatever touches other things is taken.
    #[error("something stored is damaged")]
    Damaged {
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Perhaps recorded: the store was opened anew, so read before writing again.
    #[error("the commit failed; it may or may not have been recorded")]
    Unsure {
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// It could not be read or opened for now, or a batch names a resource that is not there.
    /// Nothing was written.
    #[error("the store cannot be read")]
    Unreadable {
        /// What went wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}
