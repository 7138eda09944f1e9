//! The store in one SQLite file, in a folder of its own.
//!
//! One thread writes (`writer`), a small pool reads beside it (`readers`). Each table has a
//! module with its statements; what has no columns of its own is JSON (`record`).

mod attempts;
mod backup;
mod bulk;
mod callbacks;
mod changes;
mod check;
mod checkpoint;
mod clock;
mod commit;
mod connection;
mod damage;
mod entries;
mod error;
mod events;
mod files;
mod find;
mod headers;
mod outcomes;
mod owed;
mod projects;
mod readers;
mod record;
mod reserve;
mod resources;
mod retention;
mod salvage;
mod schema;
mod settled;
mod steps;
mod vacuum;
mod value;
mod warnings;
mod writer;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ringback_domain::attempt::Attempt;
use ringback_domain::callback::Callback;
use ringback_domain::change::{Change, Rejected, Warning};
use ringback_domain::event::{EventKey, KnownEvent};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use rusqlite::Connection;
use uuid::Uuid;

use crate::{
    Batch, CallbackPage, CallbackQuery, Entry, ExpiredPage, Keeping, KeptOutcome, ListQuery,
    Numbered, Opening, Owing, Step, StepPlace, Store, StoreError, Unreadable,
};
use damage::Damage;
use error::ReadError;
use files::Folder;
use readers::Readers;
use reserve::Reserve;
use writer::Writer;

pub use backup::{Backup, BackupError, Progress, Sealed, backup};
pub use check::{CheckReport, Extent, Fault, Tally, check};
#[doc(hidden)]
pub use checkpoint::LogPages;
pub use error::OpenError;
pub use reserve::NAME as RESERVE;
pub use vacuum::{VacuumError, Vacuumed, vacuum};

/// How a store is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The file may not grow beyond so many pages of 8 KiB; at that, the disk counts as full.
    /// The log beside it comes on top of that.
    pub max_pages: Option<u32>,
    /// How many bytes are allocated in advance for outcomes that the store does not take.
    pub reserve_bytes: u64,
    /// How SQLite meets the disk, for tests that break it; not part of the configuration.
    #[doc(hidden)]
    pub disk: DiskAccess,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            max_pages: None,
            reserve_bytes: reserve::SIZE,
            disk: DiskAccess::default(),
        }
    }
}

/// How SQLite meets the disk. Tests of power cuts and broken disks put their own in between;
/// everybody else takes the default.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskAccess {
    /// When the log is copied back.
    pub log: LogPages,
    /// SQLite's VFS, by name; the system's if there is none.
    pub vfs: Option<&'static str>,
    /// Statements for the connection that writes, after our own settings.
    pub pragmas: &'static str,
}

/// A store in one SQLite file.
///
/// Dropping it waits for the commit in hand and closes the file; [`SqliteStore::close`] does
/// it without blocking.
#[derive(Debug)]
pub struct SqliteStore {
    // Dropped in this order: the last connection to close tidies up, and it can write.
    readers: Arc<Readers>,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the store in the folder `dir`, which is made if there is none.
    pub fn open(dir: &Path) -> Result<Self, OpenError> {
        Self::open_with(dir, SqliteOptions::default())
    }

    /// Opens the store in the folder `dir`, kept as `options` say.
    pub fn open_with(dir: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let folder = Folder::open(dir)?;
        let store = folder.store.clone();
        let unusable = |source| OpenError::Unusable {
            path: store.clone(),
            source,
        };
        let mut db = connection::writer(&store, options).map_err(unusable)?;
        if let Err(error) = connection::renew_log(&db) {
            // Nothing says that a sync has failed: it is a precaution.
            tracing::warn!(%error, "the log could not be copied back at the start");
        }
        schema::migrate(&mut db, &store)?;
        folder.narrow()?;
        let recorded = clock::kept_until(&db).map_err(unusable)?;
        let reserve = Reserve::open(&folder.dir, options.reserve_bytes, recorded)?;
        Ok(Self {
            readers: Arc::new(Readers::new(store.clone(), options)),
            writer: Writer::start(folder, reserve, db, options)?,
        })
    }

    /// Changes [`SqliteOptions::max_pages`] of the open store.
    pub async fn set_max_pages(&self, max_pages: Option<u32>) -> Result<(), StoreError> {
        self.writer.limit(max_pages).await
    }

    /// Waits for what is being read and written, closes the file and unlocks the folder.
    /// Whatever is asked later is answered with [`StoreError::Closed`].
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.writer.commit(batch).await
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        self.writer.keep(outcomes).await
    }

    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        self.writer.kept(limit).await
    }

    async fn opening(&self) -> Result<Opening, StoreError> {
        self.writer.reopened().await?;
        self.readers.read_around(opening, salvage::opening).await
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        let sids = sids.to_vec();
        let damage = Arc::clone(self.readers.damage());
        let read = move |db: &Connection| {
            resources::by_sids(db, &sids).inspect_err(|error| {
                if let ([sid], true) = (&sids[..], error.is_damage()) {
                    salvage::note_resource(&damage, *sid, error);
                }
            })
        };
        self.readers.read(read).await
    }

    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError> {
        let names = names.to_vec();
        let read = move |db: &Connection| resources::by_external(db, &names);
        self.readers.read(read).await
    }

    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError> {
        let keys = keys.to_vec();
        let read = move |db: &Connection| events::by_keys(db, &keys);
        self.readers.read(read).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        let query = query.clone();
        let again = query.clone();
        let read = move |db: &Connection| resources::list(db, &query);
        let around = move |db: &Connection, damage: &Damage| salvage::list(db, damage, &again);
        self.readers.read_around(read, around).await
    }

    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError> {
        let read = move |db: &Connection| steps::after(db, after, limit);
        let around =
            move |db: &Connection, damage: &Damage| salvage::steps(db, damage, after, limit);
        self.readers.read_around(read, around).await
    }

    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError> {
        let read = owed::destinations_owed;
        self.readers.read_around(read, salvage::destinations).await
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        let origin = destination.to_owned();
        let again = origin.clone();
        let read = move |db: &Connection| owed::owed(db, project, &origin, position, limit);
        let around = move |db: &Connection, damage: &Damage| {
            salvage::owed(db, damage, project, &again, position, limit)
        };
        self.readers.read_around(read, around).await
    }

    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError> {
        let read = move |db: &Connection| owed::aside_due(db, until, each);
        let around =
            move |db: &Connection, damage: &Damage| salvage::aside_due(db, damage, until, each);
        self.readers.read_around(read, around).await
    }

    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError> {
        let read = owed::next_aside;
        self.readers.read_around(read, salvage::next_aside).await
    }

    async fn unsettled(&self) -> Result<u64, StoreError> {
        self.readers.read(owed::unsettled).await
    }

    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError> {
        let read = move |db: &Connection| changes::changes(db, resource);
        self.readers.read(read).await
    }

    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError> {
        let read = move |db: &Connection| warnings::of_resource(db, resource);
        self.readers.read(read).await
    }

    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError> {
        let read = move |db: &Connection| changes::rejected(db, resource);
        self.readers.read(read).await
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        let read = move |db: &Connection| callbacks::of_resource(db, resource);
        self.readers.read(read).await
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        let read = move |db: &Connection| callbacks::by_id(db, id);
        self.readers.read(read).await
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        let query = query.clone();
        let read = move |db: &Connection| find::page(db, &query);
        self.readers.read(read).await
    }

    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError> {
        let read = move |db: &Connection| attempts::of_callback(db, callback);
        self.readers.read(read).await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.readers.read(projects::all).await
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        self.readers.read(entries::all).await
    }

    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError> {
        let read = move |db: &Connection| retention::expired(db, before, after);
        self.readers.read(read).await
    }

    async fn owing(&self) -> Result<Owing, StoreError> {
        self.readers.read(owed::owing).await
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        self.readers.damage().all()
    }
}

fn opening(db: &Connection) -> Result<Opening, ReadError> {
    let (ordinal, sid) = resources::highest(db)?;
    let (position, callback) = callbacks::highest(db)?;
    let removed = retention::highest(db)?;
    let entry = entries::highest(db)?;
    let last_id = sid.max(callback).max(entry);
    let last_id = last_id.unwrap_or_default().max(removed.id);
    Ok(Opening {
        last_ordinal: ordinal.unwrap_or(0).max(removed.ordinal).cast_unsigned(),
        last_position: position.unwrap_or(0).max(removed.position).cast_unsigned(),
        last_id: Uuid::from_bytes(last_id),
        rebased_micros: clock::rebased(db)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_is_served_by_its_index() {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db, Path::new(":memory:")).unwrap();
        for table in [
            resources::PLANS,
            steps::PLANS,
            changes::PLANS,
            clock::PLANS,
            warnings::PLANS,
            callbacks::PLANS,
            owed::PLANS,
            settled::PLANS,
            events::PLANS,
            find::PLANS,
            attempts::PLANS,
            projects::PLANS,
            entries::PLANS,
            retention::PLANS,
        ] {
            for (sql, indexes) in table {
                check(&db, sql, indexes);
            }
        }

        #[track_caller]
        fn check(db: &Connection, sql: &str, indexes: &[&str]) {
            let mut plan = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            // Parameters are left unbound: a plan does not depend on them.
            let mut rows = plan.raw_query();
            let mut lines: Vec<String> = Vec::new();
            while let Some(row) = rows.next().unwrap() {
                lines.push(row.get("detail").unwrap());
            }
            for index in indexes {
                assert!(
                    lines.iter().any(|line| line.contains(index)),
                    "{index} does not serve {sql}: {lines:#?}"
                );
            }
            for line in &lines {
                let harmless = line.contains("INDEX callback_")
                    || line.contains("json_each")
                    || line.starts_with("SCAN owed")
                    || line.starts_with("SCAN waiting")
                    || line.starts_with("SCAN pending")
                    || line.starts_with("SCAN aside")
                    || line.starts_with("SCAN CONSTANT ROW");
                assert!(
                    harmless || !line.starts_with("SCAN"),
                    "{sql} reads a table whole: {lines:#?}"
                );
                assert!(!line.contains("TEMP B-TREE"), "{sql} sorts: {lines:#?}");
            }
        }
    }

    #[test]
    fn a_store_of_a_later_release_is_refused() {
        let mut db = Connection::open_in_memory().unwrap();
        db.pragma_update(None, "user_version", 99).unwrap();
        let error = schema::migrate(&mut db, Path::new("ringback.db")).unwrap_err();
        assert!(matches!(error, OpenError::TooNew { found: 99, .. }));
        assert!(error.to_string().contains("later release"), "{error}");
    }
}
