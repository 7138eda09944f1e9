//! Copies the log back into the store's file, beside the thread that writes.
//!
//! Started by the writer, which says how much it wrote. SQLite would copy in the midst of a
//! commit, and whoever waits for that one would wait for megabytes and a sync of the file as
//! well. Here commits go on meanwhile. Only for the log to start over must all of it be
//! copied at a moment when nobody writes: so this thread copies until little is left, and
//! then leaves that little to the writer.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tracing::{error, warn};

use super::SqliteOptions;
use super::connection;
use crate::batch::Batch;

/// How often what was written meanwhile is copied, before the log starts over. Each round
/// finds a fraction of what the one before found.
const ROUNDS: usize = 4;

/// When the log is copied back.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogPages {
    /// So many pages are copied at a time, about. With fewer, pages are copied more often;
    /// with more, commits wait longer for a disk that is busy with them.
    pub at_a_time: u64,
    /// With so many pages the log starts over. It is read after a crash: some tenths of a
    /// second for what it is by default.
    pub start_over: i64,
}

impl LogPages {
    /// 8 MiB at a time, 48 MiB in all.
    pub const DEFAULT: Self = Self {
        at_a_time: 1_000,
        start_over: 6_000,
    };
}

impl Default for LogPages {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The handle to the thread. Dropping it waits for the copy in hand.
#[derive(Debug)]
pub struct Checkpoints {
    /// None once it is being dropped: the closed channel ends the thread.
    wake: Option<SyncSender<()>>,
    rest_is_small: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    at_a_time: u64,
    /// Pages, by estimate, since the thread was woken.
    written: u64,
}

impl Checkpoints {
    /// Starts the thread for the store at `path`, kept as `options` say.
    pub fn start(path: PathBuf, options: SqliteOptions) -> io::Result<Self> {
        // One wake-up that waits says all that a second one would.
        let (wake, woken) = sync_channel(1);
        let rest_is_small = Arc::new(AtomicBool::new(false));
        let copier = Copier {
            path,
            options,
            db: None,
            rest_is_small: Arc::clone(&rest_is_small),
        };
        let thread = thread::Builder::new()
            .name("ringback-log".to_owned())
            .spawn(move || copier.run(&woken))?;
        Ok(Self {
            wake: Some(wake),
            rest_is_small,
            thread: Some(thread),
            at_a_time: options.disk.log.at_a_time,
            written: 0,
        })
    }

    /// `batch` was committed.
    pub fn committed(&mut self, batch: &Batch) {
        self.written = self.written.saturating_add(pages(batch));
        if self.written >= self.at_a_time
            && let Some(wake) = &self.wake
            && wake.try_send(()).is_ok()
        {
            self.written = 0;
        }
    }

    /// Copies the rest if it is small and the log is to start over. Called between commits;
    /// `db` is the connection that writes.
    pub fn finish(&self, db: &Connection) {
        if self.rest_is_small.swap(false, Ordering::Relaxed)
            && let Err(error) = copy(db)
        {
            warn!(%error, "the log could not be copied back; it grows");
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("the thread that copies the log back has panicked");
        }
    }
}

/// What the thread has in hand.
struct Copier {
    path: PathBuf,
    options: SqliteOptions,
    /// None before the first copy, and after one that failed.
    db: Option<Connection>,
    rest_is_small: Arc<AtomicBool>,
}

impl Copier {
    fn run(mut self, woken: &Receiver<()>) {
        let start_over = self.options.disk.log.start_over;
        while woken.recv().is_ok() {
            match self.copy() {
                Ok(log) if log >= start_over => self.rest_is_small.store(true, Ordering::Relaxed),
                Ok(_) => {}
                Err(error) => {
                    // What was not copied stays in the log, and is copied whole next time.
                    warn!(%error, "the log could not be copied back; it grows");
                    self.db = None;
                }
            }
        }
    }

    /// Copies what is in the log; how many pages it has.
    fn copy(&mut self) -> rusqlite::Result<i64> {
        let db = match self.db.take() {
            Some(db) => db,
            None => connection::writer(&self.path, self.options)?,
        };
        let mut log = copy(&db)?;
        for _ in 1..ROUNDS {
            if log < self.options.disk.log.start_over {
                break;
            }
            log = copy(&db)?;
        }
        self.db = Some(db);
        Ok(log)
    }
}

/// Waits for nobody: what a reader still needs stays in the log.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Copies what is in the log; how many pages it has.
fn copy(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row(COPY, [], |row| row.get("log"))
}

/// How many pages a commit of `batch` wrote, about: some for each table and index, and each
/// some rows (19, of 500 changes with their callbacks and outcomes).
fn pages(batch: &Batch) -> u64 {
    const TABLES: usize = 8;
    const ROWS_OF_A_PAGE: usize = 16;
    if batch.rebase.is_some() {
        // As many as there are pending: enough to be copied.
        return u64::MAX;
    }
    let rows = batch.resources.len()
        + batch.changes.len()
        + batch.callbacks.len()
        + batch.outcomes.len()
        + batch.rejected.len()
        + batch.events.len()
        + batch.erasures.len()
        + batch.replays.len();
    (TABLES + rows / ROWS_OF_A_PAGE) as u64
}
