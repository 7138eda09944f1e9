//! What was found to be damaged: each thing is said once, and remembered until the end.
//!
//! Written by reads that go around damage (`salvage`); any number of threads.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringback_domain::id::Sid;
use rusqlite::{Connection, named_params};
use tracing::error;
use uuid::Uuid;

use super::error::ReadError;
use crate::unreadable::{Part, Unreadable};

/// How many things are remembered; more are not said either.
const MOST: usize = 10_000;

/// What was found to be damaged.
#[derive(Debug, Default)]
pub struct Damage {
    found: Mutex<BTreeSet<Unreadable>>,
}

impl Damage {
    /// All that was found.
    pub fn all(&self) -> Vec<Unreadable> {
        self.found().iter().cloned().collect()
    }

    /// Says that something is damaged, once.
    pub fn note(&self, part: Part, key: String, resource: Option<Sid>, why: &ReadError) {
        let unreadable = Unreadable {
            part,
            key,
            resource,
        };
        let mut found = self.found();
        if found.len() >= MOST || found.contains(&unreadable) {
            return;
        }
        error!(
            error = why as &dyn std::error::Error,
            "damaged in the store: {unreadable}; all else is served"
        );
        found.insert(unreadable);
    }

    /// The same of the callback at this position, by what the indexes tell of it.
    pub fn note_callback(&self, db: &Connection, position: i64, why: &ReadError) {
        let id = look_up(db, CALLBACK_ID, position).map(|id: [u8; 16]| Uuid::from_bytes(id));
        let key = id.map_or_else(|| format!("number {position}"), |id| id.to_string());
        let ordinal = look_up(db, CALLBACK_RESOURCE, position);
        let sid = ordinal.and_then(|ordinal| look_up(db, RESOURCE_SID, ordinal));
        self.note(Part::Callback, key, sid.map(Sid::from_bytes), why);
    }

    fn found(&self) -> MutexGuard<'_, BTreeSet<Unreadable>> {
        // A panic while it is held leaves a set that is whole.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A callback's id where its row cannot be read. Reads the index `callback_by_id` whole.
const CALLBACK_ID: &str =
    "SELECT id FROM callback INDEXED BY callback_by_id WHERE +position = :key LIMIT 1";

/// Its resource. Reads the index `callback_by_resource` whole.
const CALLBACK_RESOURCE: &str =
    "SELECT resource FROM callback INDEXED BY callback_by_resource WHERE +position = :key LIMIT 1";

/// A resource's SID where its row cannot be read. Reads the index `resource_by_sid` whole.
const RESOURCE_SID: &str =
    "SELECT sid FROM resource INDEXED BY resource_by_sid WHERE +ordinal = :key LIMIT 1";

/// What an index says, if it can be read.
fn look_up<T: rusqlite::types::FromSql>(db: &Connection, sql: &'static str, key: i64) -> Option<T> {
    let mut index = db.prepare(sql).ok()?;
    let found = index.query_row(named_params! {":key": key}, |row| row.get(0));
    found.ok()
}
