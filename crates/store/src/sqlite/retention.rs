//! Forgets resources to which nothing happens any more, with all that belongs to them.
//!
//! Read by the pool, written by the writer. A resource is forgotten whole, in one transaction.
//! They are found in the order in which they were created, so that no index has to be written
//! for each change: what was created after a moment has changed after it too.

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, Row, named_params};
use tracing::warn;

use super::error::{ReadError, WriteError};
use super::resources;
use crate::query::{Expired, ExpiredPage};

/// How many resources one page looks at.
const LOOK: u32 = 200;

/// How many rows one commit deletes; one resource with more of them is a commit of its own.
const ROWS: i64 = 500;

/// The highest numbers of what was ever removed.
#[derive(Clone, Copy, Debug)]
pub struct Highest {
    /// Of resources.
    pub ordinal: i64,
    /// Of callbacks.
    pub position: i64,
    /// The highest id of both.
    pub id: [u8; 16],
}

/// The next resources by number, and whether something holds each: what is registered is held for
/// ever. Indexes: the tables' own,
/// `callback_by_resource`.
const CANDIDATES: &str = "
    SELECT ordinal, sid, project, external_id, created_us, updated_us < :before
            AND kind NOT IN ('brand', 'campaign')
            AND (kind <> 'number_assignment' OR status = 'removed')
            AND NOT EXISTS (SELECT 1 FROM step WHERE step.resource = resource.sid)
            AND NOT EXISTS (SELECT 1 FROM callback
                LEFT JOIN settled ON settled.callback = callback.position
                WHERE callback.resource = resource.ordinal
                AND (settled.callback IS NULL OR settled.settled_us >= :before))
        AS expired
    FROM resource WHERE ordinal > :after ORDER BY ordinal LIMIT :limit";

struct Candidate {
    ordinal: i64,
    created_us: i64,
    is_expired: bool,
    found: Expired,
}

/// Resources whose last change and outcome was before `before`, after the ordinal `after`.
pub fn expired(db: &Connection, before: Timestamp, after: u64) -> Result<ExpiredPage, ReadError> {
    // One transaction: all that is said of a resource is of one moment.
    let transaction = db.unchecked_transaction()?;
    let before_us = before.as_micros();
    let mut candidates = transaction.prepare_cached(CANDIDATES)?;
    let mut candidates = candidates.query(named_params! {
        ":before": before_us,
        ":after": i64::try_from(after).unwrap_or(i64::MAX),
        ":limit": LOOK,
    })?;
    let mut page = ExpiredPage::default();
    let (mut looked, mut rows) = (0, 0);
    while let Some(row) = candidates.next()? {
        let candidate = candidate(row)?;
        if candidate.created_us >= before_us {
            page.next = None;
            return Ok(page);
        }
        if candidate.is_expired {
            rows += rows_of(&transaction, candidate.ordinal)?;
            if rows > ROWS && !page.resources.is_empty() {
                return Ok(page);
            }
            page.resources.push(candidate.found);
        }
        page.next = Some(candidate.ordinal.cast_unsigned());
        looked += 1;
    }
    if looked < LOOK {
        page.next = None;
    }
    Ok(page)
}

fn candidate(row: &Row<'_>) -> Result<Candidate, ReadError> {
    Ok(Candidate {
        ordinal: row.get("ordinal")?,
        created_us: row.get("created_us")?,
        is_expired: row.get("expired")?,
        found: Expired {
            sid: Sid::from_bytes(row.get("sid")?),
            project: ProjectId::from_bytes(row.get("project")?),
            external_id: row.get("external_id")?,
        },
    })
}

/// How many rows belong to a resource. Indexes: the tables' own, `rejected_by_resource`,
/// `warning_by_resource`, `event_by_resource`, `callback_by_resource`, `attempt_by_callback`.
const ROWS_OF: &str = "
    SELECT 1 + (SELECT count(*) FROM change WHERE resource = :resource)
        + (SELECT count(*) FROM rejected WHERE resource = :resource)
        + (SELECT count(*) FROM warning WHERE resource = :resource)
        + (SELECT count(*) FROM event WHERE resource = :resource)
        + (SELECT 2 * count(*) FROM callback WHERE resource = :resource)
        + (SELECT count(*) FROM callback CROSS JOIN attempt ON attempt.callback = callback.position
            WHERE callback.resource = :resource)
        AS rows";

fn rows_of(db: &Connection, resource: i64) -> Result<i64, ReadError> {
    let mut rows = db.prepare_cached(ROWS_OF)?;
    Ok(rows.query_row(named_params! {":resource": resource}, |row| row.get("rows"))?)
}

/// Whether something holds a resource. Indexes: the table's own, `callback_by_resource`.
const HELD: &str = "
    SELECT EXISTS (SELECT 1 FROM step WHERE resource = :sid)
        OR EXISTS (SELECT 1 FROM callback LEFT JOIN settled ON settled.callback = callback.position
            WHERE callback.resource = :resource AND settled.callback IS NULL)
        AS held";

/// All that belongs to a resource, then itself. Its callbacks are settled: none is in `pending`
/// or `aside`. Indexes: as in [`ROWS_OF`].
const REMOVE: [&str; 9] = [
    "DELETE FROM attempt WHERE callback IN (
        SELECT position FROM callback WHERE resource = :resource)",
    "DELETE FROM replay WHERE callback IN (
        SELECT position FROM callback WHERE resource = :resource)",
    "DELETE FROM settled WHERE callback IN (
        SELECT position FROM callback WHERE resource = :resource)",
    "DELETE FROM callback WHERE resource = :resource",
    "DELETE FROM event WHERE resource = :resource",
    "DELETE FROM warning WHERE resource = :resource",
    "DELETE FROM rejected WHERE resource = :resource",
    "DELETE FROM change WHERE resource = :resource",
    "DELETE FROM resource WHERE ordinal = :resource",
];

/// Forgets resources. One that is not there, as after a doubtful commit, is passed over; one
/// that is held, which nobody should ask for, stays.
pub fn remove(db: &Connection, sids: &[Sid]) -> Result<(), WriteError> {
    if sids.is_empty() {
        return Ok(());
    }
    note_highest(db)?;
    for sid in sids {
        let Some(resource) = resources::ordinal(db, *sid)? else {
            continue;
        };
        let params = named_params! {":sid": sid.as_bytes(), ":resource": resource};
        let held = |row: &Row<'_>| row.get("held");
        if db.prepare_cached(HELD)?.query_row(params, held)? {
            warn!(%sid, "a removal of a resource that is held is ignored");
            continue;
        }
        for sql in REMOVE {
            db.prepare_cached(sql)?
                .execute(named_params! {":resource": resource})?;
        }
    }
    Ok(())
}

/// Numbers go on after the highest that there ever was. Indexes: the tables' own,
/// `resource_by_sid`, `callback_by_id`.
const NOTE_HIGHEST: &str = "
    UPDATE highest SET
        ordinal = max(ordinal, (SELECT coalesce(max(ordinal), 0) FROM resource)),
        position = max(position, (SELECT coalesce(max(position), 0) FROM callback)),
        last_id = max(last_id, (SELECT coalesce(max(sid), x'') FROM resource),
            (SELECT coalesce(max(id), x'') FROM callback))
    WHERE id = 1";

fn note_highest(db: &Connection) -> Result<(), WriteError> {
    db.prepare_cached(NOTE_HIGHEST)?.execute([])?;
    Ok(())
}

/// Index: the table's own.
const HIGHEST: &str = "SELECT ordinal, position, last_id FROM highest WHERE id = 1";

/// The highest numbers of what was removed.
pub fn highest(db: &Connection) -> rusqlite::Result<Highest> {
    db.prepare_cached(HIGHEST)?.query_row([], |row| {
        Ok(Highest {
            ordinal: row.get("ordinal")?,
            position: row.get("position")?,
            id: row.get("last_id")?,
        })
    })
}

/// Every statement of this module that looks for rows, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (
        CANDIDATES,
        &[
            "resource USING INTEGER PRIMARY KEY (rowid>?)",
            "PRIMARY KEY (resource=?)",
            "callback_by_resource (resource=?)",
        ],
    ),
    (
        ROWS_OF,
        &[
            "PRIMARY KEY (resource=?)",
            "rejected_by_resource (resource=?)",
            "warning_by_resource (resource=?)",
            "event_by_resource (resource=?)",
            "callback_by_resource (resource=?)",
        ],
    ),
    (
        HELD,
        &[
            "PRIMARY KEY (resource=?)",
            "callback_by_resource (resource=?)",
        ],
    ),
    (
        REMOVE[0],
        &[
            "attempt_by_callback (callback=?)",
            "callback_by_resource (resource=?)",
        ],
    ),
    (REMOVE[1], &["INTEGER PRIMARY KEY", "callback_by_resource"]),
    (REMOVE[2], &["INTEGER PRIMARY KEY", "callback_by_resource"]),
    (REMOVE[3], &["callback_by_resource (resource=?)"]),
    (REMOVE[4], &["event_by_resource (resource=?)"]),
    (REMOVE[5], &["warning_by_resource (resource=?)"]),
    (REMOVE[6], &["rejected_by_resource (resource=?)"]),
    (REMOVE[7], &["PRIMARY KEY (resource=?)"]),
    (REMOVE[8], &["INTEGER PRIMARY KEY (rowid=?)"]),
    (NOTE_HIGHEST, &["resource_by_sid", "callback_by_id"]),
    (HIGHEST, &["INTEGER PRIMARY KEY (rowid=?)"]),
];
