//! The tables `pending` and `aside`: callbacks that are not settled, and when they are due.
//!
//! Narrow rows, beside the words of `callback`; they go when a callback is settled, so that
//! what is settled costs nothing however much of it is kept.

use std::sync::Arc;

use ringback_domain::callback::Callback;
use ringback_domain::id::{CallbackId, ProjectId};
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, named_params};

use super::bulk::Bulk;
use super::callbacks::{position, read, words};
use super::error::{ReadError, WriteError};
use super::value;
use crate::query::{Owing, OwingTo};

/// When a callback that is not settled is due, and what was tried.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// The callback's position.
    pub callback: i64,
    /// Where it goes.
    pub destination: i64,
    /// When it is to be tried next.
    pub at: Timestamp,
    /// How many attempts were made.
    pub attempts: u32,
    /// When the first one failed.
    pub first_failed_at: Option<Timestamp>,
}

const ADD_PENDING: &str = "
    INSERT INTO pending (destination, callback, due_us, attempts, first_failed_us)
    VALUES (:destination, :callback, :due_us, :attempts, :first_failed_us)";

/// Index: the table's own.
const REMOVE_PENDING: &str =
    "DELETE FROM pending WHERE destination = :destination AND callback = :callback";

/// Writes what becomes pending, and takes it out again.
pub struct Pending<'db> {
    add: Bulk<'db>,
    remove: Bulk<'db>,
}

impl<'db> Pending<'db> {
    /// In `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        Ok(Self {
            add: Bulk::new(db, ADD_PENDING)?,
            remove: Bulk::new(db, REMOVE_PENDING)?,
        })
    }

    /// Adds one.
    pub fn add(&mut self, due: &Due) -> Result<(), WriteError> {
        self.add.run(&[
            (":destination", &due.destination),
            (":callback", &due.callback),
            (":due_us", &due.at.as_micros()),
            (":attempts", &due.attempts),
            (
                ":first_failed_us",
                &due.first_failed_at.map(Timestamp::as_micros),
            ),
        ])?;
        Ok(())
    }

    /// Takes one out; whether it was there.
    pub fn remove(&mut self, destination: i64, callback: i64) -> Result<bool, WriteError> {
        let removed = self
            .remove
            .run(&[(":destination", &destination), (":callback", &callback)])?;
        Ok(removed > 0)
    }
}

const ADD_ASIDE: &str = "
    INSERT INTO aside (callback, destination, due_us, attempts, first_failed_us)
    VALUES (:callback, :destination, :due_us, :attempts, :first_failed_us)";

/// Sets one aside.
pub fn add_aside(db: &Connection, due: &Due) -> Result<(), WriteError> {
    db.prepare_cached(ADD_ASIDE)?.execute(named_params! {
        ":callback": due.callback,
        ":destination": due.destination,
        ":due_us": due.at.as_micros(),
        ":attempts": due.attempts,
        ":first_failed_us": due.first_failed_at.map(Timestamp::as_micros),
    })?;
    Ok(())
}

/// Index: the table's own.
const REMOVE_ASIDE: &str = "DELETE FROM aside WHERE callback = :callback";

/// Takes one out that was set aside; whether it was.
pub fn remove_aside(db: &Connection, callback: i64) -> Result<bool, WriteError> {
    let removed = db
        .prepare_cached(REMOVE_ASIDE)?
        .execute(named_params! {":callback": callback})?;
    Ok(removed > 0)
}

/// One that was set aside, due at another time. Index: the table's own.
const HURRY: &str = "UPDATE aside SET due_us = :due_us WHERE callback = :callback";

/// Makes a callback that was set aside due at `due`; leaves others.
pub fn hurry(db: &Connection, id: CallbackId, due: Timestamp) -> Result<(), WriteError> {
    if let Some((callback, _)) = position(db, id)? {
        db.prepare_cached(HURRY)?
            .execute(named_params! {":callback": callback, ":due_us": due.as_micros()})?;
    }
    Ok(())
}

/// Puts off what is pending. Reads the table whole: the clock steps rarely.
const REBASE_PENDING: &str = "UPDATE pending SET due_us = due_us + :by";

/// Puts off what is set aside. Reads the table whole.
const REBASE_ASIDE: &str = "UPDATE aside SET due_us = due_us + :by";

/// When what is pending was recorded. Indexes: all of `pending`, and that of `callback`.
const REBASE_PENDING_WORDS: &str = "
    UPDATE callback SET recorded_us = recorded_us + :by
    WHERE position IN (SELECT callback FROM pending)";

/// When what is set aside was recorded. Indexes: all of `aside`, and that of `callback`.
const REBASE_ASIDE_WORDS: &str = "
    UPDATE callback SET recorded_us = recorded_us + :by
    WHERE position IN (SELECT callback FROM aside)";

/// Makes all that is not settled recorded and due `by` microseconds later.
pub fn rebase(db: &Connection, by: i64) -> Result<(), WriteError> {
    for sql in [
        REBASE_PENDING,
        REBASE_ASIDE,
        REBASE_PENDING_WORDS,
        REBASE_ASIDE_WORDS,
    ] {
        db.prepare_cached(sql)?.execute(named_params! {":by": by})?;
    }
    Ok(())
}

/// The destinations of what is pending: leaps from each to the next, and so reads one entry
/// for each, not one for each callback. Index: that of `pending`.
const DESTINATIONS_OWED: &str = "
    WITH RECURSIVE owed (id) AS (
        SELECT min(destination) FROM pending
        UNION ALL
        SELECT (SELECT min(destination) FROM pending WHERE destination > owed.id)
        FROM owed WHERE owed.id IS NOT NULL
    )
    SELECT destination.project, destination.origin
    FROM owed CROSS JOIN destination ON destination.id = owed.id";

/// Every destination for which callbacks are pending.
pub fn destinations_owed(db: &Connection) -> Result<Vec<(ProjectId, Arc<str>)>, ReadError> {
    db.prepare_cached(DESTINATIONS_OWED)?
        .query_and_then([], |row| {
            let project = ProjectId::from_bytes(row.get("project")?);
            Ok((project, row.get("origin")?))
        })?
        .collect()
}

/// The pending ones of one destination from a place on. What is not there is read as nothing,
/// which is an error: it is damaged, and not to be passed over. Indexes: `destination_by_origin`, that
/// of `pending`.
const OWED: &str = concat!(
    "SELECT ",
    words!(),
    ", 'pending' AS state, pending.due_us, pending.attempts, pending.first_failed_us,
        NULL AS settled_us
    FROM destination
        CROSS JOIN pending ON pending.destination = destination.id
        LEFT JOIN callback ON callback.position = pending.callback
        LEFT JOIN resource ON resource.ordinal = callback.resource
        LEFT JOIN replay ON replay.callback = callback.position
    WHERE destination.project = :project AND destination.origin = :origin
        AND pending.callback >= :position
    ORDER BY pending.callback LIMIT :limit"
);

/// The pending callbacks of one destination from `position` on, in order, at most `limit`.
pub fn owed(
    db: &Connection,
    project: ProjectId,
    origin: &str,
    position: u64,
    limit: u32,
) -> Result<Vec<Callback>, ReadError> {
    db.prepare_cached(OWED)?
        .query_and_then(
            named_params! {
                ":project": project.as_bytes(),
                ":origin": origin,
                ":position": i64::try_from(position).unwrap_or(i64::MAX),
                ":limit": limit,
            },
            read,
        )?
        .collect()
}

/// The destinations of what is set aside, as `waiting (id)`: leaps from each to the next.
macro_rules! waiting_destinations {
    () => {
        "WITH RECURSIVE waiting (id) AS (
            SELECT min(destination) FROM aside
            UNION ALL
            SELECT (SELECT min(destination) FROM aside WHERE destination > waiting.id)
            FROM waiting WHERE waiting.id IS NOT NULL
        ) "
    };
}

/// Those set aside that are due, the first of each destination: leaps from one to the next.
/// Index: `aside_by_due`.
const ASIDE_DUE: &str = concat!(
    waiting_destinations!(),
    "SELECT ",
    words!(),
    ", 'set aside' AS state, aside.due_us, aside.attempts, aside.first_failed_us,
        NULL AS settled_us
    FROM waiting
        CROSS JOIN destination ON destination.id = waiting.id
        CROSS JOIN aside ON aside.callback IN (
            SELECT own.callback FROM aside AS own
            WHERE own.destination = waiting.id AND own.due_us <= :until
            ORDER BY own.due_us, own.callback LIMIT :each)
        LEFT JOIN callback ON callback.position = aside.callback
        LEFT JOIN resource ON resource.ordinal = callback.resource
        LEFT JOIN replay ON replay.callback = callback.position
    LIMIT 10000"
);

/// The callbacks set aside that are due by `until`, earliest first, at most `each` of one
/// destination.
pub fn aside_due(db: &Connection, until: Timestamp, each: u32) -> Result<Vec<Callback>, ReadError> {
    let mut aside = db.prepare_cached(ASIDE_DUE)?;
    let parameters = named_params! {":until": until.as_micros(), ":each": each};
    let mut due = aside
        .query_and_then(parameters, read)?
        .collect::<Result<Vec<_>, _>>()?;
    due.sort_by_key(|callback| (callback.due, callback.position));
    Ok(due)
}

/// When the first of those set aside is due. Index: `aside_by_due`.
const NEXT_ASIDE: &str = concat!(
    waiting_destinations!(),
    "SELECT min((SELECT min(due_us) FROM aside WHERE destination = waiting.id)) AS due_us
    FROM waiting"
);

/// When the first of the callbacks set aside is due.
pub fn next_aside(db: &Connection) -> Result<Option<Timestamp>, ReadError> {
    db.prepare_cached(NEXT_ASIDE)?
        .query_row([], |row| Ok(value::moment_if_any(row, "due_us")))?
}

/// How many are not settled: counts both tables' rows.
const UNSETTLED: &str = "
    SELECT (SELECT count(*) FROM pending) + (SELECT count(*) FROM aside) AS unsettled";

/// How many callbacks are pending or set aside.
pub fn unsettled(db: &Connection) -> Result<u64, ReadError> {
    let count: i64 = db
        .prepare_cached(UNSETTLED)?
        .query_row([], |row| row.get("unsettled"))?;
    Ok(count.cast_unsigned())
}

/// What is pending, by destination: counts the rows of `pending`, and looks the oldest of each
/// destination up.
const OWING: &str = "
    SELECT destination.project, destination.origin, owed.pending, callback.recorded_us
    FROM (
        SELECT destination AS id, count(*) AS pending, min(callback) AS first
        FROM pending GROUP BY destination
    ) AS owed
        CROSS JOIN destination ON destination.id = owed.id
        CROSS JOIN callback ON callback.position = owed.first";

/// Counts the rows of `aside`.
const COUNT_ASIDE: &str = "SELECT count(*) AS aside FROM aside";

/// How much is owed.
pub fn owing(db: &Connection) -> Result<Owing, ReadError> {
    let destinations = db
        .prepare_cached(OWING)?
        .query_and_then([], |row| {
            Ok(OwingTo {
                project: ProjectId::from_bytes(row.get("project")?),
                origin: row.get("origin")?,
                pending: row.get::<_, i64>("pending")?.cast_unsigned(),
                oldest: value::moment(row, "recorded_us")?,
            })
        })?
        .collect::<Result<Vec<_>, ReadError>>()?;
    let aside: i64 = db
        .prepare_cached(COUNT_ASIDE)?
        .query_row([], |row| row.get("aside"))?;
    Ok(Owing {
        destinations,
        aside: aside.cast_unsigned(),
    })
}

/// Every read of these tables, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (
        REMOVE_PENDING,
        &["PRIMARY KEY (destination=? AND callback=?)"],
    ),
    (REMOVE_ASIDE, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (HURRY, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (REBASE_PENDING, &["SCAN pending"]),
    (REBASE_ASIDE, &["SCAN aside"]),
    (REBASE_PENDING_WORDS, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (REBASE_ASIDE_WORDS, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (
        DESTINATIONS_OWED,
        &["PRIMARY KEY (destination>?)", "INTEGER PRIMARY KEY"],
    ),
    (
        OWED,
        &[
            "destination_by_origin (project=? AND origin=?)",
            "PRIMARY KEY (destination=? AND callback>?)",
        ],
    ),
    (
        ASIDE_DUE,
        &[
            "aside_by_due (destination>?)",
            "aside_by_due (destination=? AND due_us<?)",
        ],
    ),
    (
        NEXT_ASIDE,
        &[
            "aside_by_due (destination>?)",
            "aside_by_due (destination=?)",
        ],
    ),
    (OWING, &["SCAN pending", "INTEGER PRIMARY KEY"]),
    (COUNT_ASIDE, &["aside_by_due"]),
    (UNSETTLED, &["SCAN pending", "aside_by_due"]),
];
