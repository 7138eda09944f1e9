//! The tables `callback` and `destination`: what is owed, and where to.
//!
//! Those that are not settled are found by partial indexes, so that what is settled costs
//! nothing however much of it is kept.

use std::sync::Arc;

use ringback_domain::callback::{Callback, CallbackState, Encoding, Replay};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::subscription::Method;
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::error::{ReadError, WriteError};
use super::value;
use crate::batch::{Outcome, ReplayOrder};
use crate::query::{Owing, OwingTo};

/// The row that an outcome changed.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    /// The callback's position, by which attempts name it.
    pub position: i64,
    /// Whether its words were erased.
    pub redacted: bool,
}

const ADD: &str = "
    INSERT INTO callback (position, id, resource, destination, seq, status, url, method, body,
        depth, recorded_us, state, due_us, attempts, first_failed_us, settled_us, redacted, encoding)
    VALUES (:position, :id, :resource, :destination, :seq, :status, :url, :method, :body,
        :depth, :recorded_us, :state, :due_us, :attempts, :first_failed_us, :settled_us, 0, :encoding)";

/// Adds a callback of the resource with this ordinal to the destination with this id.
pub fn add(
    db: &Connection,
    resource: i64,
    destination: i64,
    callback: &Callback,
) -> Result<(), WriteError> {
    db.prepare_cached(ADD)?.execute(named_params! {
        ":position": callback.position.cast_signed(),
        ":id": callback.id.as_bytes(),
        ":resource": resource,
        ":destination": destination,
        ":seq": callback.seq,
        ":status": &*callback.status,
        ":url": &*callback.url,
        ":method": callback.method.as_str(),
        ":body": &*callback.body,
        ":depth": callback.depth,
        ":recorded_us": callback.recorded_at.as_micros(),
        ":state": callback.state.as_str(),
        ":due_us": callback.due.as_micros(),
        ":attempts": callback.attempts,
        ":first_failed_us": callback.first_failed_at.map(Timestamp::as_micros),
        ":settled_us": callback.settled_at.map(Timestamp::as_micros),
        ":encoding": match callback.encoding {
            Encoding::Form => None,
            Encoding::Json => Some(callback.encoding.as_str()),
        },
    })?;
    Ok(())
}

/// A destination's id. Index: `destination_by_origin`.
const DESTINATION: &str =
    "SELECT id FROM destination WHERE project = :project AND origin = :origin";

const ADD_DESTINATION: &str = "
    INSERT INTO destination (project, origin) VALUES (:project, :origin) RETURNING id";

/// The id of a destination, which is added if it is new.
pub fn destination(db: &Connection, project: ProjectId, origin: &str) -> rusqlite::Result<i64> {
    let params = named_params! {":project": project.as_bytes(), ":origin": origin};
    let known = db
        .prepare_cached(DESTINATION)?
        .query_row(params, |row| row.get(0))
        .optional()?;
    match known {
        Some(id) => Ok(id),
        None => db
            .prepare_cached(ADD_DESTINATION)?
            .query_row(params, |row| row.get(0)),
    }
}

/// What became of a callback. Index: `callback_by_id`.
const SETTLE: &str = "
    UPDATE callback SET state = :state, due_us = :due_us, attempts = :attempts,
        first_failed_us = :first_failed_us, settled_us = :settled_us
    WHERE id = :id RETURNING position, redacted";

/// Writes what became of a callback; none if it is unknown.
pub fn settle(db: &Connection, outcome: &Outcome) -> Result<Option<Settled>, WriteError> {
    let settled = db
        .prepare_cached(SETTLE)?
        .query_row(
            named_params! {
                ":id": outcome.callback.as_bytes(),
                ":state": outcome.state.as_str(),
                ":due_us": outcome.due.as_micros(),
                ":attempts": outcome.attempts,
                ":first_failed_us": outcome.first_failed_at.map(Timestamp::as_micros),
                ":settled_us": outcome.settled_at.map(Timestamp::as_micros),
            },
            |row| {
                Ok(Settled {
                    position: row.get("position")?,
                    redacted: row.get("redacted")?,
                })
            },
        )
        .optional()?;
    Ok(settled)
}

/// A settled callback that is sent again. Index: `callback_by_id`.
const REPLAY: &str = "
    UPDATE callback SET state = 'set aside', due_us = :due_us, first_failed_us = NULL,
        settled_us = NULL, replayed_us = :at_us, replayed_after = attempts
    WHERE id = :id AND settled_us IS NOT NULL";

/// Makes a settled callback one that is set aside; leaves one that is not settled.
pub fn replay(db: &Connection, replay: &ReplayOrder) -> Result<(), WriteError> {
    db.prepare_cached(REPLAY)?.execute(named_params! {
        ":id": replay.callback.as_bytes(),
        ":due_us": replay.due.as_micros(),
        ":at_us": replay.at.as_micros(),
    })?;
    Ok(())
}

/// One that was set aside, due at another time. Index: `callback_by_id`.
const HURRY: &str = "
    UPDATE callback SET due_us = :due_us WHERE id = :id AND state = 'set aside'";

/// Makes a callback that was set aside due at `due`; leaves others.
pub fn hurry(db: &Connection, id: CallbackId, due: Timestamp) -> Result<(), WriteError> {
    db.prepare_cached(HURRY)?
        .execute(named_params! {":id": id.as_bytes(), ":due_us": due.as_micros()})?;
    Ok(())
}

/// A callback's parameters without words. Index: `callback_by_id`.
const REDACT: &str = "
    UPDATE callback SET body = :body, redacted = 1 WHERE id = :id RETURNING position";

/// Replaces a callback's parameters for good; its position, or none if it is unknown.
pub fn redact(db: &Connection, id: CallbackId, body: &str) -> Result<Option<i64>, WriteError> {
    let position = db
        .prepare_cached(REDACT)?
        .query_row(named_params! {":id": id.as_bytes(), ":body": body}, |row| {
            row.get("position")
        })
        .optional()?;
    Ok(position)
}

/// Puts off what is pending. Index: `callback_pending`.
const REBASE_PENDING: &str = "
    UPDATE callback SET due_us = due_us + :by, recorded_us = recorded_us + :by
    WHERE state = 'pending'";

/// Puts off what is set aside. Index: `callback_aside`.
const REBASE_ASIDE: &str = "
    UPDATE callback SET due_us = due_us + :by, recorded_us = recorded_us + :by
    WHERE state = 'set aside'";

/// Makes all that is not settled recorded and due `by` microseconds later.
pub fn rebase(db: &Connection, by: i64) -> Result<(), WriteError> {
    for sql in [REBASE_PENDING, REBASE_ASIDE] {
        db.prepare_cached(sql)?.execute(named_params! {":by": by})?;
    }
    Ok(())
}

/// The highest position and id. Indexes: the table's own, `callback_by_id`.
const HIGHEST: &str = "
    SELECT (SELECT max(position) FROM callback) AS position, (SELECT max(id) FROM callback) AS id";

/// The highest position and id, if there is any callback.
pub fn highest(db: &Connection) -> rusqlite::Result<(Option<i64>, Option<[u8; 16]>)> {
    db.prepare_cached(HIGHEST)?
        .query_row([], |row| Ok((row.get("position")?, row.get("id")?)))
}

/// The destinations of what is pending: leaps from each to the next, and so reads one entry
/// for each, not one for each callback. Index: `callback_pending`.
const DESTINATIONS_OWED: &str = "
    WITH RECURSIVE owed (id) AS (
        SELECT min(destination) FROM callback WHERE state = 'pending'
        UNION ALL
        SELECT (SELECT min(destination) FROM callback
            WHERE state = 'pending' AND destination > owed.id)
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

/// The destinations of what is set aside, as `aside (id)`: leaps from each to the next.
macro_rules! aside_destinations {
    () => {
        "WITH RECURSIVE aside (id) AS (
            SELECT min(destination) FROM callback WHERE state = 'set aside'
            UNION ALL
            SELECT (SELECT min(destination) FROM callback
                WHERE state = 'set aside' AND destination > aside.id)
            FROM aside WHERE aside.id IS NOT NULL
        ) "
    };
}

macro_rules! select {
    ($($rest:expr),+ $(,)?) => {
        concat!(
            "SELECT callback.position, callback.id, destination.project,
                resource.sid AS resource, callback.seq, callback.status, callback.url,
                destination.origin, callback.method, callback.body, callback.depth,
                callback.recorded_us, callback.state, callback.due_us, callback.attempts,
                callback.first_failed_us, callback.settled_us, callback.encoding,
                callback.replayed_us, callback.replayed_after ",
            $($rest),+
        )
    };
}

/// The pending ones of one destination from a place on. Indexes: `destination_by_origin`,
/// `callback_pending`.
const OWED: &str = select!(
    "FROM destination
        CROSS JOIN callback ON callback.destination = destination.id
        CROSS JOIN resource ON resource.ordinal = callback.resource
    WHERE destination.project = :project AND destination.origin = :origin
        AND callback.state = 'pending' AND callback.position >= :position
    ORDER BY callback.position LIMIT :limit"
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

/// Those set aside that are due, the first of each destination: leaps from one to the next.
/// Index: `callback_aside`.
const ASIDE_DUE: &str = concat!(
    aside_destinations!(),
    select!(
        "FROM aside
            CROSS JOIN destination ON destination.id = aside.id
            CROSS JOIN callback ON callback.position IN (
                SELECT position FROM callback AS own
                WHERE own.state = 'set aside' AND own.destination = aside.id
                    AND own.due_us <= :until
                ORDER BY own.due_us, own.position LIMIT :each)
            CROSS JOIN resource ON resource.ordinal = callback.resource
        LIMIT 10000"
    )
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

/// When the first of those set aside is due. Index: `callback_aside`.
const NEXT_ASIDE: &str = concat!(
    aside_destinations!(),
    "SELECT min((SELECT min(due_us) FROM callback
        WHERE state = 'set aside' AND destination = aside.id)) AS due_us FROM aside"
);

/// When the first of the callbacks set aside is due.
pub fn next_aside(db: &Connection) -> Result<Option<Timestamp>, ReadError> {
    db.prepare_cached(NEXT_ASIDE)?
        .query_row([], |row| Ok(value::moment_if_any(row, "due_us")))?
}

/// How many are not settled: counts the entries of `callback_pending` and `callback_aside`.
const UNSETTLED: &str = "
    SELECT (SELECT count(*) FROM callback WHERE state = 'pending')
        + (SELECT count(*) FROM callback WHERE state = 'set aside') AS unsettled";

/// How many callbacks are pending or set aside.
pub fn unsettled(db: &Connection) -> Result<u64, ReadError> {
    let count: i64 = db
        .prepare_cached(UNSETTLED)?
        .query_row([], |row| row.get("unsettled"))?;
    Ok(count.cast_unsigned())
}

/// What is pending, by destination: counts the entries of `callback_pending`, and looks the
/// oldest of each destination up.
const OWING: &str = "
    SELECT destination.project, destination.origin, owed.pending, callback.recorded_us
    FROM (
        SELECT destination AS id, count(*) AS pending, min(position) AS first
        FROM callback WHERE state = 'pending' GROUP BY destination
    ) AS owed
        CROSS JOIN destination ON destination.id = owed.id
        CROSS JOIN callback ON callback.position = owed.first";

/// Counts the entries of `callback_aside`.
const COUNT_ASIDE: &str = "SELECT count(*) AS aside FROM callback WHERE state = 'set aside'";

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

/// A resource's; it has few. Indexes: `resource_by_sid`, `callback_by_resource`.
const OF_RESOURCE: &str = select!(
    "FROM resource
        CROSS JOIN callback ON callback.resource = resource.ordinal
        CROSS JOIN destination ON destination.id = callback.destination
    WHERE resource.sid = :sid ORDER BY callback.position"
);

/// The callbacks of the resource `sid`, in order.
pub fn of_resource(db: &Connection, sid: Sid) -> Result<Vec<Callback>, ReadError> {
    db.prepare_cached(OF_RESOURCE)?
        .query_and_then(named_params! {":sid": sid.as_bytes()}, read)?
        .collect()
}

/// One callback. Index: `callback_by_id`.
const BY_ID: &str = select!(
    "FROM callback
        CROSS JOIN destination ON destination.id = callback.destination
        CROSS JOIN resource ON resource.ordinal = callback.resource
    WHERE callback.id = :id"
);

/// The callback with this id.
pub fn by_id(db: &Connection, id: CallbackId) -> Result<Option<Callback>, ReadError> {
    db.prepare_cached(BY_ID)?
        .query_and_then(named_params! {":id": id.as_bytes()}, read)?
        .next()
        .transpose()
}

/// The callback of a row that [`select`] reads.
pub fn read(row: &Row<'_>) -> Result<Callback, ReadError> {
    let replayed_at = value::moment_if_any(row, "replayed_us")?;
    let attempts_before: Option<u32> = row.get("replayed_after")?;
    Ok(Callback {
        id: CallbackId::from_bytes(row.get("id")?),
        position: row.get::<_, i64>("position")?.cast_unsigned(),
        project: ProjectId::from_bytes(row.get("project")?),
        resource: Sid::from_bytes(row.get("resource")?),
        seq: row.get("seq")?,
        status: row.get("status")?,
        url: row.get("url")?,
        destination: row.get("origin")?,
        method: value::word(row, "method", Method::parse)?,
        encoding: encoding(row)?,
        body: row.get("body")?,
        depth: row.get("depth")?,
        recorded_at: value::moment(row, "recorded_us")?,
        state: value::word(row, "state", state)?,
        due: value::moment(row, "due_us")?,
        attempts: row.get("attempts")?,
        first_failed_at: value::moment_if_any(row, "first_failed_us")?,
        settled_at: value::moment_if_any(row, "settled_us")?,
        replay: replayed_at.map(|at| Replay {
            at,
            attempts_before: attempts_before.unwrap_or(0),
        }),
    })
}

/// A form, unless something else is said.
fn encoding(row: &Row<'_>) -> Result<Encoding, ReadError> {
    let name: Option<String> = row.get("encoding")?;
    name.map_or(Ok(Encoding::Form), |name| {
        Encoding::parse(&name).ok_or_else(|| ReadError::unknown("encoding", name))
    })
}

pub(super) use select;

fn state(name: &str) -> Option<CallbackState> {
    CallbackState::ALL
        .into_iter()
        .find(|state| state.as_str() == name)
}

/// Every read of these tables, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (
        DESTINATION,
        &["destination_by_origin (project=? AND origin=?)"],
    ),
    (SETTLE, &["callback_by_id (id=?)"]),
    (REDACT, &["callback_by_id (id=?)"]),
    (REPLAY, &["callback_by_id (id=?)"]),
    (HURRY, &["callback_by_id (id=?)"]),
    (BY_ID, &["callback_by_id (id=?)"]),
    (REBASE_PENDING, &["callback_pending"]),
    (REBASE_ASIDE, &["callback_aside"]),
    (HIGHEST, &["SEARCH callback", "callback_by_id"]),
    (
        DESTINATIONS_OWED,
        &["callback_pending (destination>?)", "INTEGER PRIMARY KEY"],
    ),
    (
        OWED,
        &[
            "destination_by_origin (project=? AND origin=?)",
            "callback_pending (destination=? AND rowid>?)",
        ],
    ),
    (
        ASIDE_DUE,
        &[
            "callback_aside (destination>?)",
            "callback_aside (destination=? AND due_us<?)",
        ],
    ),
    (
        NEXT_ASIDE,
        &[
            "callback_aside (destination>?)",
            "callback_aside (destination=?)",
        ],
    ),
    (OWING, &["callback_pending", "INTEGER PRIMARY KEY"]),
    (COUNT_ASIDE, &["callback_aside"]),
    (UNSETTLED, &["callback_pending", "callback_aside"]),
    (
        OF_RESOURCE,
        &[
            "resource_by_sid (sid=?)",
            "callback_by_resource (resource=?)",
        ],
    ),
];
