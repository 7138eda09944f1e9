//! A small pool of connections that read, beside the one that writes.
//!
//! Reads run on the runtime's blocking threads. A paused clock does not jump meanwhile.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::SqliteOptions;
use super::connection;
use super::damage::Damage;
use super::error::ReadError;
use crate::error::StoreError;

/// How many reads run at once: pages and lists, the dispatcher's refills and the recorder's
/// look-ups beside each other.
const READERS: u32 = 4;

/// The pool.
#[derive(Debug)]
pub struct Readers {
    path: PathBuf,
    options: SqliteOptions,
    permits: Arc<Semaphore>,
    damage: Arc<Damage>,
    /// Open and not in use; opened when first needed.
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// A pool for the store at `path`, kept as `options` say.
    pub fn new(path: PathBuf, options: SqliteOptions) -> Self {
        Self {
            path,
            options,
            permits: Arc::new(Semaphore::new(READERS as usize)),
            damage: Arc::default(),
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Runs `read` on a free connection.
    pub async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.try_read(read).await??)
    }

    /// Runs `read` on a free connection; if that meets something damaged, `around` on another.
    pub async fn read_around<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
        around: impl FnOnce(&Connection, &Damage) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.try_read(read).await? {
            Err(error) if error.is_damage() => {
                let damage = Arc::clone(&self.damage);
                self.read(move |db| around(db, &damage)).await
            }
            result => Ok(result?),
        }
    }

    /// What was found to be damaged.
    pub const fn damage(&self) -> &Arc<Damage> {
        &self.damage
    }

    async fn try_read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, ReadError> + Send + 'static,
    ) -> Result<Result<T, ReadError>, StoreError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Closed)?;
        let pool = Arc::clone(self);
        let reading = spawn_blocking(move || {
            let result = pool.run(read);
            // Given back after the connection is, or another read would open one too many.
            drop(permit);
            result
        });
        match reading.await {
            Ok(result) => Ok(result),
            Err(source) => Err(StoreError::Unreadable {
                source: Box::new(source),
            }),
        }
    }

    /// Waits for the reads that run, closes the connections and refuses further reads.
    pub async fn close(&self) {
        // An error means that it was closed before.
        if let Ok(permits) = self.permits.acquire_many(READERS).await {
            self.permits.close();
            drop(permits);
        }
        self.idle().clear();
    }

    /// A connection whose read failed is closed: the next one starts afresh.
    fn run<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        let idle = self.idle().pop();
        let db = match idle {
            Some(db) => db,
            None => connection::reader(&self.path, self.options)?,
        };
        let found = read(&db)?;
        self.idle().push(db);
        Ok(found)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        // A panic while it is held leaves a vector that is whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
