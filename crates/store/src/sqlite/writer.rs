//! The thread that writes, and the handle to it.
//!
//! Owns the one connection that writes and the folder's lock. Batches come through a channel
//! and are written one at a time. When the handle is dropped the thread ends, and the drop
//! waits for that: at most for the batch in hand.

use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tracing::{error, warn};

use super::SqliteOptions;
use super::checkpoint::Checkpoints;
use super::connection;
use super::error::{OpenError, WriteError};
use super::files::Folder;
use super::reserve::Reserve;
use super::{clock, commit};
use crate::batch::Batch;
use crate::error::StoreError;
use crate::kept::{Keeping, KeptOutcome, Numbered};

/// The recorder hands over one batch at a time; one more place is for closing.
const QUEUE: usize = 2;

/// After so many commits it is looked whether there is a reserve: where there was no room for
/// one, there may be later.
const RESERVE_EVERY: u64 = 1_000;

enum Command {
    Commit {
        batch: Box<Batch>,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    Keep {
        outcomes: Vec<KeptOutcome>,
        answer: oneshot::Sender<Result<Keeping, StoreError>>,
    },
    Kept {
        limit: u32,
        answer: oneshot::Sender<Result<Vec<Numbered>, StoreError>>,
    },
    Reopen {
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    Limit {
        max_pages: Option<u32>,
        answer: oneshot::Sender<Result<(), StoreError>>,
    },
    Close {
        answer: oneshot::Sender<()>,
    },
}

/// The handle to the thread.
#[derive(Debug)]
pub struct Writer {
    // Dropped in this order: the closed channel ends the thread, which is then waited for.
    commands: mpsc::Sender<Command>,
    _thread: Joined,
}

impl Writer {
    /// Starts the thread with an open connection.
    pub fn start(
        folder: Folder,
        reserve: Reserve,
        db: Connection,
        options: SqliteOptions,
    ) -> Result<Self, OpenError> {
        let (commands, received) = mpsc::channel(QUEUE);
        let store = folder.store.clone();
        let started = Checkpoints::start(store.clone(), options).and_then(|checkpoints| {
            let hand = Hand {
                folder,
                reserve,
                commits: 0,
                db: Some(db),
                options,
                checkpoints,
            };
            thread::Builder::new()
                .name("ringback-store".to_owned())
                .spawn(move || hand.run(received))
        });
        let thread = started.map_err(|source| OpenError::Io {
            path: store,
            source,
        })?;
        Ok(Self {
            commands,
            _thread: Joined(Some(thread)),
        })
    }

    /// Writes `batch` whole, or nothing of it.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        let batch = Box::new(batch);
        self.ask(Command::Commit { batch, answer }, answered).await
    }

    /// Puts outcomes into the reserve.
    pub async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Keep { outcomes, answer }, answered).await
    }

    /// The first outcomes in the reserve that are not in the store.
    pub async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Kept { limit, answer }, answered).await
    }

    /// Opens the file again if a write failed, so that what is read from here on is on the disk.
    pub async fn reopened(&self) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Reopen { answer }, answered).await
    }

    /// Lets the file grow to `max_pages`, or without limit.
    pub async fn limit(&self, max_pages: Option<u32>) -> Result<(), StoreError> {
        let (answer, answered) = oneshot::channel();
        self.ask(Command::Limit { max_pages, answer }, answered)
            .await
    }

    /// Closes the connection and gives up the lock. Later commands are refused.
    pub async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.commands.send(Command::Close { answer }).await.is_ok() {
            // An answer that never comes means the same: the thread is gone.
            let _ = answered.await;
        }
    }

    async fn ask<T>(
        &self,
        command: Command,
        answered: oneshot::Receiver<Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let sent = self.commands.send(command).await;
        sent.map_err(|_| StoreError::Closed)?;
        answered.await.unwrap_or(Err(StoreError::Closed))
    }
}

/// A thread that is waited for.
#[derive(Debug)]
struct Joined(Option<JoinHandle<()>>);

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(thread) = self.0.take()
            && thread.join().is_err()
        {
            error!("the thread that writes has panicked");
        }
    }
}

/// What the thread has in hand.
struct Hand {
    folder: Folder,
    reserve: Reserve,
    /// How many commits went through.
    commits: u64,
    /// None after it failed and could not be opened again.
    db: Option<Connection>,
    options: SqliteOptions,
    checkpoints: Checkpoints,
}

impl Hand {
    /// Ends when the channel is closed or it is told to.
    fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut told = None;
        while let Some(command) = commands.blocking_recv() {
            match command {
                // Who no longer waits for an answer needs none.
                Command::Commit { batch, answer } => {
                    let _ = answer.send(self.commit(&batch));
                }
                Command::Keep { outcomes, answer } => {
                    let _ = answer.send(self.reserve.keep(&outcomes));
                }
                Command::Kept { limit, answer } => {
                    let _ = answer.send(Ok(self.reserve.kept(limit)));
                }
                Command::Reopen { answer } => {
                    let reopened = self.take().map(|db| self.db = Some(db));
                    let _ = answer.send(reopened);
                }
                Command::Limit { max_pages, answer } => {
                    let _ = answer.send(self.limit(max_pages));
                }
                Command::Close { answer } => {
                    told = Some(answer);
                    break;
                }
            }
        }
        drop(commands);
        self.close();
        if let Some(answer) = told {
            let _ = answer.send(());
        }
    }

    fn commit(&mut self, batch: &Batch) -> Result<(), StoreError> {
        let mut db = self.take()?;
        self.checkpoints.finish(&db);
        match commit::write(&mut db, batch) {
            Ok(()) => {
                self.checkpoints.committed(batch);
                self.db = Some(db);
                self.committed(batch);
                Ok(())
            }
            Err(WriteError::Full) => {
                self.db = Some(db);
                Err(StoreError::Full)
            }
            Err(WriteError::Refused(error)) => {
                self.db = Some(db);
                Err(unreadable(error))
            }
            Err(WriteError::ReadOnly) => {
                self.start_afresh(db);
                Err(StoreError::ReadOnly)
            }
            Err(WriteError::Damaged(source)) => {
                self.start_afresh(db);
                Err(StoreError::Damaged {
                    source: Box::new(source),
                })
            }
            Err(WriteError::Broken(source)) => {
                self.start_afresh(db);
                Err(StoreError::Unsure {
                    source: Box::new(source),
                })
            }
        }
    }

    /// After a commit that went through.
    fn committed(&mut self, batch: &Batch) {
        if let Some(number) = batch.kept_until {
            self.reserve.recorded(number);
        }
        if self.commits.is_multiple_of(RESERVE_EVERY)
            && let Err(error) = self.reserve.make()
        {
            warn!(%error, "there is still no room for the reserve of outcomes");
        }
        self.commits += 1;
    }

    /// Closes a connection that is not to be used again, and opens another.
    fn start_afresh(&mut self, db: Connection) {
        drop(db);
        self.db = self
            .reopen()
            .inspect_err(|error| warn!(%error, "the store could not be opened again"))
            .ok();
        // When it takes commits again, so does the disk.
        self.commits = 0;
    }

    fn limit(&mut self, max_pages: Option<u32>) -> Result<(), StoreError> {
        self.options.max_pages = max_pages;
        let db = self.take()?;
        let limited = connection::limit(&db, max_pages).map_err(unreadable);
        self.db = Some(db);
        limited
    }

    /// The connection, opened anew if it was lost.
    fn take(&mut self) -> Result<Connection, StoreError> {
        match self.db.take() {
            Some(db) => Ok(db),
            None => self
                .reopen()
                .map_err(|error| match WriteError::from(error) {
                    WriteError::Full => StoreError::Full,
                    WriteError::ReadOnly => StoreError::ReadOnly,
                    WriteError::Refused(error) => unreadable(error),
                    WriteError::Damaged(error) | WriteError::Broken(error) => unreadable(error),
                }),
        }
    }

    /// Opens the file again after a write whose end is not known.
    ///
    /// A commit whose sync failed may stand at the end of the log, not seen by readers but
    /// found by a recovery after a crash. A write of our own takes its place, or the recovery
    /// has come already and the log is renewed: what is read from here on stays true.
    fn reopen(&mut self) -> rusqlite::Result<Connection> {
        let db = connection::writer(&self.folder.store, self.options)?;
        let version: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
        db.pragma_update(None, "user_version", version)?;
        connection::renew_log(&db)?;
        self.reserve.recorded(clock::kept_until(&db)?);
        Ok(db)
    }

    /// SQLite copies the log back into its file and deletes it, if nobody reads.
    fn close(self) {
        // The last connection to close is to be the one that writes.
        drop(self.checkpoints);
        if let Some(db) = self.db
            && let Err((_, error)) = db.close()
        {
            warn!(%error, "the store was not closed cleanly; nothing is lost");
        }
    }
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unreadable {
        source: Box::new(error),
    }
}
