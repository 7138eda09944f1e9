//! Callbacks by what is asked for, a page at a time.
//!
//! There is no index for each thing that can be asked for: it would be written for every
//! callback and read by few. A page looks at no more than [`REACH`] callbacks, so that a
//! question that nothing answers costs little; the caller goes on where it ended.

use ringback_domain::callback::Callback;
use ringback_domain::callback::CallbackState;
use ringback_domain::id::Sid;
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, named_params};

use super::callbacks::{read, select, standing, words};
use super::error::ReadError;
use crate::query::{CallbackPage, CallbackQuery, Direction};

/// How many callbacks one page looks at: some 50 ms of reading.
const REACH: i64 = 50_000;

macro_rules! find {
    ($from:literal, $sid:literal, $order:literal) => {
        select!(
            $from,
            "WHERE ",
            $sid,
            " AND callback.position >= :least AND callback.position <= :most
                AND destination.project = :project
                AND (:origin IS NULL OR destination.origin = :origin)
                AND (:state IS NULL OR ",
            standing!(),
            " = :state)
                AND (:from_us IS NULL OR callback.recorded_us >= :from_us)
                AND (:until_us IS NULL OR callback.recorded_us < :until_us)
                AND (:error IS NULL OR EXISTS (SELECT 1 FROM attempt
                    WHERE attempt.callback = callback.position AND attempt.code = :error))
            ORDER BY callback.position ",
            $order,
            " LIMIT :limit"
        )
    };
}

/// The newest first. Index: the table's own, read backwards.
const BACKWARDS: &str = find!(
    "FROM callback
        CROSS JOIN destination ON destination.id = callback.destination
        CROSS JOIN resource ON resource.ordinal = callback.resource",
    ":sid IS NULL",
    "DESC"
);

/// In order. Index: the table's own.
const FORWARDS: &str = find!(
    "FROM callback
        CROSS JOIN destination ON destination.id = callback.destination
        CROSS JOIN resource ON resource.ordinal = callback.resource",
    ":sid IS NULL",
    "ASC"
);

/// A resource's, the newest first. Indexes: `resource_by_sid`, `callback_by_resource`.
const OF_RESOURCE_BACKWARDS: &str = find!(
    "FROM resource
        CROSS JOIN callback ON callback.resource = resource.ordinal
        CROSS JOIN destination ON destination.id = callback.destination",
    "resource.sid = :sid",
    "DESC"
);

/// A resource's, in order. Indexes: `resource_by_sid`, `callback_by_resource`.
const OF_RESOURCE_FORWARDS: &str = find!(
    "FROM resource
        CROSS JOIN callback ON callback.resource = resource.ordinal
        CROSS JOIN destination ON destination.id = callback.destination",
    "resource.sid = :sid",
    "ASC"
);

/// One page of the callbacks that `query` asks for.
pub fn page(db: &Connection, query: &CallbackQuery) -> Result<CallbackPage, ReadError> {
    let highest = super::callbacks::highest(db)?.0.unwrap_or(0);
    let place = query.beyond.map(|at| i64::try_from(at).unwrap_or(i64::MAX));
    // A resource has few callbacks: they are looked at whole.
    let reach = query.resource.map_or(REACH, |_| i64::MAX);
    let (least, most, sql) = match query.direction {
        Direction::Backwards => {
            let most = place.map_or(highest, |place| highest.min(place - 1));
            let least = most.saturating_sub(reach).saturating_add(1).max(1);
            let whole = query.resource.is_some();
            let sql = if whole {
                OF_RESOURCE_BACKWARDS
            } else {
                BACKWARDS
            };
            (least, most, sql)
        }
        Direction::Forwards => {
            let least = place.map_or(1, |place| place.saturating_add(1));
            let most = least.saturating_add(reach).saturating_sub(1).min(highest);
            let whole = query.resource.is_some();
            let sql = if whole {
                OF_RESOURCE_FORWARDS
            } else {
                FORWARDS
            };
            (least, most, sql)
        }
    };
    let callbacks = between(db, query, least, most, sql)?;
    let full = callbacks.len() >= query.limit as usize;
    let next = match (full, query.direction) {
        (true, _) => callbacks.last().map(|callback| callback.position),
        (false, Direction::Backwards) => (least > 1).then_some(least.unsigned_abs()),
        (false, Direction::Forwards) => (most < highest).then_some(most.unsigned_abs()),
    };
    Ok(CallbackPage { callbacks, next })
}

fn between(
    db: &Connection,
    query: &CallbackQuery,
    least: i64,
    most: i64,
    sql: &'static str,
) -> Result<Vec<Callback>, ReadError> {
    db.prepare_cached(sql)?
        .query_and_then(
            named_params! {
                ":least": least,
                ":most": most,
                ":project": query.project.as_bytes(),
                ":origin": query.destination,
                ":sid": query.resource.as_ref().map(Sid::as_bytes),
                ":state": query.state.map(CallbackState::as_str),
                ":from_us": query.from.map(Timestamp::as_micros),
                ":until_us": query.until.map(Timestamp::as_micros),
                ":error": query.error,
                ":limit": query.limit,
            },
            read,
        )?
        .collect()
}

/// Every read of this module, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (
        BACKWARDS,
        &["SEARCH callback USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    ),
    (
        FORWARDS,
        &["SEARCH callback USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"],
    ),
    (OF_RESOURCE_BACKWARDS, &["callback_by_resource"]),
    (OF_RESOURCE_FORWARDS, &["callback_by_resource"]),
];
