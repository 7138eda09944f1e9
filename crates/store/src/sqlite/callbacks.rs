//! The tables `callback` and `destination`: what is owed, and where to.
//!
//! A callback's words are written once, and changed by redaction alone. How far it is stands
//! in one of the tables `pending` and `aside` (`owed`) or `settled`.

use ringback_domain::callback::{Callback, CallbackState, Encoding, Replay};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::subscription::Method;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, named_params};

use super::bulk::Bulk;
use super::error::{ReadError, WriteError};
use super::value;
use crate::batch::Outcome;

const ADD: &str = "
    INSERT INTO callback (position, id, resource, destination, seq, depth, redacted, recorded_us,
        status, method, encoding, url, body)
    VALUES (:position, :id, :resource, :destination, :seq, :depth, 0, :recorded_us,
        :status, :method, :encoding, :url, :body)";

/// Adds the callbacks of a batch.
pub struct Adding<'db>(Bulk<'db>);

impl<'db> Adding<'db> {
    /// To `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        Ok(Self(Bulk::new(db, ADD)?))
    }

    /// Adds a callback of the resource with this ordinal to the destination with this id.
    pub fn add(
        &mut self,
        resource: i64,
        destination: i64,
        callback: &Callback,
    ) -> Result<(), WriteError> {
        self.0.run(&[
            (":position", &callback.position.cast_signed()),
            (":id", callback.id.as_bytes()),
            (":resource", &resource),
            (":destination", &destination),
            (":seq", &callback.seq),
            (":depth", &callback.depth),
            (":recorded_us", &callback.recorded_at.as_micros()),
            (":status", &&*callback.status),
            (":method", &callback.method.as_str()),
            (":encoding", &stored_encoding(callback.encoding)),
            (":url", &&*callback.url),
            (":body", &&*callback.body),
        ])?;
        Ok(())
    }
}

/// None for a form, as nearly all are.
const fn stored_encoding(encoding: Encoding) -> Option<&'static str> {
    match encoding {
        Encoding::Form => None,
        Encoding::Json => Some(encoding.as_str()),
    }
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

/// What an outcome has to know of its callback. Index: the table's own.
const FIND: &str = "SELECT id, destination, redacted, url FROM callback WHERE position = :position";

/// What an outcome has to know of its callback.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// By which other tables name it.
    pub position: i64,
    /// Where it goes.
    pub destination: i64,
    /// Whether its words were erased.
    pub redacted: bool,
    /// Whether the attempt asked the callback's own URL, which is not stored twice.
    pub own_url: bool,
}

/// Looks the callbacks of a batch's outcomes up.
pub struct Finding<'db>(CachedStatement<'db>);

impl<'db> Finding<'db> {
    /// In `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        Ok(Self(db.prepare_cached(FIND)?))
    }

    /// The callback of `outcome`; none if it is unknown.
    pub fn of(&mut self, outcome: &Outcome) -> Result<Option<Found>, WriteError> {
        let position = outcome.position.cast_signed();
        let asked = outcome.attempt.as_ref().map(|attempt| &*attempt.url);
        let found = self
            .0
            .query_row(named_params! {":position": position}, |row| {
                let id: [u8; 16] = row.get("id")?;
                let found = Found {
                    position,
                    destination: row.get("destination")?,
                    redacted: row.get("redacted")?,
                    own_url: asked == Some(row.get_ref("url")?.as_str()?),
                };
                Ok((id == *outcome.callback.as_bytes()).then_some(found))
            });
        Ok(found.optional()?.flatten())
    }
}

/// A callback's position. Index: `callback_by_id`.
const POSITION: &str = "SELECT position, destination FROM callback WHERE id = :id";

/// The position of the callback `id` and its destination, if there is one.
pub fn position(db: &Connection, id: CallbackId) -> rusqlite::Result<Option<(i64, i64)>> {
    db.prepare_cached(POSITION)?
        .query_row(named_params! {":id": id.as_bytes()}, |row| {
            Ok((row.get("position")?, row.get("destination")?))
        })
        .optional()
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

/// The highest position and id. Indexes: the table's own, `callback_by_id`.
const HIGHEST: &str = "
    SELECT (SELECT max(position) FROM callback) AS position, (SELECT max(id) FROM callback) AS id";

/// The highest position and id, if there is any callback.
pub fn highest(db: &Connection) -> rusqlite::Result<(Option<i64>, Option<[u8; 16]>)> {
    db.prepare_cached(HIGHEST)?
        .query_row([], |row| Ok((row.get("position")?, row.get("id")?)))
}

/// Callbacks, however far they are. What follows joins `callback`, `destination` and `resource`.
macro_rules! select {
    ($from:expr, $($where:expr),+ $(,)?) => {
        concat!(
            "SELECT ",
            words!(),
            ", ",
            standing!(),
            " AS state,
                coalesce(pending.due_us, aside.due_us, settled.due_us) AS due_us,
                coalesce(pending.attempts, aside.attempts, settled.attempts) AS attempts,
                coalesce(pending.first_failed_us, aside.first_failed_us,
                    settled.first_failed_us) AS first_failed_us,
                settled.settled_us ",
            $from,
            " LEFT JOIN replay ON replay.callback = callback.position
            LEFT JOIN settled ON settled.callback = callback.position
            LEFT JOIN aside ON aside.callback = callback.position
            LEFT JOIN pending ON pending.destination = callback.destination
                AND pending.callback = callback.position ",
            $($where),+
        )
    };
}

/// The columns of [`read`] that do not depend on how far a callback is. Where it is used,
/// `callback`, `destination`, `resource` and `replay` are joined.
macro_rules! words {
    () => {
        "callback.position, callback.id, destination.project, resource.sid AS resource,
            callback.seq, callback.status, callback.url, destination.origin, callback.method,
            callback.body, callback.depth, callback.recorded_us, callback.encoding,
            replay.at_us AS replayed_us, replay.attempts_before AS replayed_after"
    };
}

/// How far a callback is: in which of three tables it stands.
macro_rules! standing {
    () => {
        "CASE WHEN pending.callback IS NOT NULL THEN 'pending'
            WHEN aside.callback IS NOT NULL THEN 'set aside' ELSE settled.state END"
    };
}

pub(super) use {select, standing, words};

/// A resource's; it has few. Indexes: `resource_by_sid`, `callback_by_resource`.
const OF_RESOURCE: &str = select!(
    "FROM resource
        CROSS JOIN callback ON callback.resource = resource.ordinal
        CROSS JOIN destination ON destination.id = callback.destination",
    "WHERE resource.sid = :sid ORDER BY callback.position"
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
        CROSS JOIN resource ON resource.ordinal = callback.resource",
    "WHERE callback.id = :id"
);

/// The callback with this id.
pub fn by_id(db: &Connection, id: CallbackId) -> Result<Option<Callback>, ReadError> {
    db.prepare_cached(BY_ID)?
        .query_and_then(named_params! {":id": id.as_bytes()}, read)?
        .next()
        .transpose()
}

/// The callback of a row.
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
    (FIND, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (POSITION, &["callback_by_id (id=?)"]),
    (REDACT, &["callback_by_id (id=?)"]),
    (
        BY_ID,
        &[
            "callback_by_id (id=?)",
            "PRIMARY KEY (destination=? AND callback=?)",
        ],
    ),
    (HIGHEST, &["SEARCH callback", "callback_by_id"]),
    (
        OF_RESOURCE,
        &[
            "resource_by_sid (sid=?)",
            "callback_by_resource (resource=?)",
        ],
    ),
];
