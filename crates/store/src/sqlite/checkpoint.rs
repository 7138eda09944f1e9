//! Copies the log back into the store's file, beside the thread that writes.
//!
//! Started by the writer, which says how much it wrote. SQLite would copy in the midst of a
//! commit, and whoever waits for that one would wait for megabytes and a sync of the file as
//! well. Here commits go on meanwhile. Only for the log to start over must all of it be
//! copied at a moment when nobody writes: so this thread copies until little is left, and
//! then leaves that little to the writer.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tracing::{error, warn};

use super::connection;
use crate::batch::Batch;

/// So many pages are copied at a time, about: 8 MiB. With fewer, pages are copied more
/// often; with more, commits wait longer for a disk that is busy with them.
const AT_A_TIME: u64 = 1_000;

/// With so many pages (48 MiB) the log starts over. It is read after a crash: some tenths of
/// a second.
const START_OVER: i64 = 6_000;

/// How often what was written meanwhile is copied, before the log starts over. Each round
/// finds a fraction of what the one before found.
const ROUNDS: usize = 4;

/// The handle to the thread. Dropping it waits for the copy in hand.
#[derive(Debug)]
pub struct Checkpoints {
    /// None once it is being dropped: the closed channel ends the thread.
    wake: Option<SyncSender<()>>,
    rest_is_small: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Pages, by estimate, since the thread was woken.
    written: u64,
}

impl Checkpoints {
    /// Starts the thread for the store at `path`.
    pub fn start(path: PathBuf) -> io::Result<Self> {
        // One wake-up that waits says all that a second one would.
        let (wake, woken) = sync_channel(1);
        let rest_is_small = Arc::new(AtomicBool::new(false));
        let copier = Copier {
            path,
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
            written: 0,
        })
    }

    /// `batch` was committed.
    pub fn committed(&mut self, batch: &Batch) {
        self.written = self.written.saturating_add(pages(batch));
        if self.written >= AT_A_TIME
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
    /// None before the first copy, and after one that failed.
    db: Option<Connection>,
    rest_is_small: Arc<AtomicBool>,
}

impl Copier {
    fn run(mut self, woken: &Receiver<()>) {
        while woken.recv().is_ok() {
            match self.copy() {
                Ok(log) if log >= START_OVER => self.rest_is_small.store(true, Ordering::Relaxed),
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
            None => open(&self.path)?,
        };
        let mut log = copy(&db)?;
        for _ in 1..ROUNDS {
            if log < START_OVER {
                break;
            }
            log = copy(&db)?;
        }
        self.db = Some(db);
        Ok(log)
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    connection::writer(path, None)
}

/// Waits for nobody: what a reader still needs stays in the log.
const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// Copies what is in the log; how many pages it has.
fn copy(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row(COPY, [], |row| row.get("log"))
}

/// How many pages a commit of `batch` wrote, about: some for each table and index, and each
/// a few rows.
fn pages(batch: &Batch) -> u64 {
    const TABLES: usize = 8;
    const ROWS_OF_A_PAGE: usize = 4;
    if batch.rebase.is_some() {
        // As many as there are pending.
        return AT_A_TIME;
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
