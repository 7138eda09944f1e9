//! What is owed, read around damage.
//!
//! Called by the store. How far a callback is stands in three tables: where one of them cannot
//! be read, the others and the callback's own row tell enough to send it.

use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::id::ProjectId;
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, named_params};

use super::{numbers, opening};
use crate::sqlite::callbacks::{self, select, standing, words};
use crate::sqlite::damage::Damage;
use crate::sqlite::error::ReadError;
use crate::unreadable::Part;

/// How many numbers are asked of an index at once, and how many rows are read at once where
/// the numbers are all that there are.
const AT_ONCE: i64 = 1_000;

/// The callbacks with numbers from one up to another. Index: the table's own.
const CALLBACKS: &str = select!(
    "FROM callback
        CROSS JOIN destination ON destination.id = callback.destination
        CROSS JOIN resource ON resource.ordinal = callback.resource",
    "WHERE callback.position >= :from AND callback.position < :until
    ORDER BY callback.position LIMIT :until - :from"
);

/// One callback, with no more looked at than where it stands. Index: each table's own.
macro_rules! one {
    ($standing:literal, $from:literal) => {
        concat!(
            "SELECT ",
            words!(),
            ", ",
            $standing,
            ", NULL AS settled_us
            FROM callback
                CROSS JOIN destination ON destination.id = callback.destination
                CROSS JOIN resource ON resource.ordinal = callback.resource
                LEFT JOIN replay ON replay.callback = callback.position ",
            $from,
            " WHERE callback.position = :position"
        )
    };
}

/// One that is pending.
const PENDING: &str = one!(
    "'pending' AS state, pending.due_us, pending.attempts, pending.first_failed_us",
    "CROSS JOIN pending ON pending.destination = callback.destination
        AND pending.callback = callback.position"
);

/// One that is set aside.
const ASIDE: &str = one!(
    "'set aside' AS state, aside.due_us, aside.attempts, aside.first_failed_us",
    "CROSS JOIN aside ON aside.callback = callback.position"
);

/// One that is neither settled nor set aside, so pending, where `pending` cannot be read: what
/// its attempts tell is known.
const STRANDED: &str = one!(
    "CASE WHEN settled.callback IS NOT NULL THEN settled.state
            WHEN aside.callback IS NOT NULL THEN 'set aside' ELSE 'pending' END AS state, callback.recorded_us AS due_us,
        (SELECT count(*) FROM attempt WHERE attempt.callback = :position) AS attempts,
        NULL AS first_failed_us",
    "LEFT JOIN settled ON settled.callback = callback.position
        LEFT JOIN aside ON aside.callback = callback.position"
);

/// One that is set aside, where its row of `aside` cannot be read: due now.
const ASIDE_STRANDED: &str = one!(
    "'set aside' AS state, callback.recorded_us AS due_us,
        (SELECT count(*) FROM attempt WHERE attempt.callback = :position) AS attempts,
        NULL AS first_failed_us",
    ""
);

/// Numbers of the pending ones of a destination. Indexes: `destination_by_origin`, that of
/// `pending`.
const PENDING_NUMBERS: &str = "
    SELECT pending.callback FROM destination
        CROSS JOIN pending ON pending.destination = destination.id
    WHERE destination.project = :project AND destination.origin = :origin
        AND pending.callback >= :from
    ORDER BY pending.callback LIMIT :limit";

/// The pending callbacks of one destination from `position` on, in order, at most `limit`.
pub fn owed(
    db: &Connection,
    damage: &Damage,
    project: ProjectId,
    origin: &str,
    position: u64,
    limit: u32,
) -> Result<Vec<Callback>, ReadError> {
    let limit = limit as usize;
    let mut from = i64::try_from(position).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    while found.len() < limit {
        let numbers = numbers(
            db,
            PENDING_NUMBERS,
            named_params! {
                ":project": project.as_bytes(), ":origin": origin, ":from": from, ":limit": AT_ONCE,
            },
        );
        let numbers = match numbers {
            Ok(numbers) => numbers,
            Err(error) if error.is_damage() => {
                damage.note(Part::Index, "pending".to_owned(), None, &error);
                let wanted = |it: &Callback| {
                    it.state == CallbackState::Pending
                        && it.project == project
                        && &*it.destination == origin
                };
                scan(db, damage, from, limit - found.len(), wanted, &mut found)?;
                return Ok(found);
            }
            Err(error) => return Err(error),
        };
        let Some(last) = numbers.last() else { break };
        from = last + 1;
        for number in numbers {
            if found.len() < limit {
                found.extend(listed(db, damage, &[PENDING], number)?);
            }
        }
    }
    Ok(found)
}

/// Numbers of those set aside. Index: `aside_by_due`, read whole.
const ASIDE_NUMBERS: &str = "
    SELECT callback FROM aside INDEXED BY aside_by_due
    WHERE due_us <= :until ORDER BY callback LIMIT 10000";

/// The same, of the table itself.
const ASIDE_NUMBERS_AGAIN: &str = "
    SELECT callback FROM aside NOT INDEXED WHERE due_us <= :until ORDER BY callback LIMIT 10000";

/// The callbacks set aside that are due by `until`, earliest first, at most `each` of one
/// destination.
pub fn aside_due(
    db: &Connection,
    damage: &Damage,
    until: Timestamp,
    each: u32,
) -> Result<Vec<Callback>, ReadError> {
    let mut given = Vec::new();
    for (sql, name) in [
        (ASIDE_NUMBERS, "aside_by_due"),
        (ASIDE_NUMBERS_AGAIN, "aside"),
    ] {
        match numbers(db, sql, named_params! {":until": until.as_micros()}) {
            Ok(numbers) => {
                given = numbers;
                break;
            }
            Err(error) if error.is_damage() => {
                damage.note(Part::Index, name.to_owned(), None, &error);
            }
            Err(error) => return Err(error),
        }
    }
    let mut found = Vec::new();
    for number in given {
        found.extend(listed(db, damage, &[ASIDE, ASIDE_STRANDED], number)?);
    }
    found.sort_by_key(|callback| (callback.due, callback.position));
    let mut taken: HashMap<(ProjectId, Arc<str>), u32> = HashMap::new();
    found.retain(|callback| {
        let destination = (callback.project, Arc::clone(&callback.destination));
        let count = taken.entry(destination).or_default();
        *count += 1;
        *count <= each
    });
    Ok(found)
}

/// When the first of the callbacks set aside is due.
pub fn next_aside(db: &Connection, damage: &Damage) -> Result<Option<Timestamp>, ReadError> {
    let end = Timestamp::from_micros(i64::MAX);
    let all = aside_due(db, damage, end, u32::MAX)?;
    Ok(all.first().map(|callback| callback.due))
}

/// The callback with a number that is listed, read in the first of these ways that works.
fn listed(
    db: &Connection,
    damage: &Damage,
    ways: &[&'static str],
    number: i64,
) -> Result<Option<Callback>, ReadError> {
    let mut why = None;
    for sql in ways {
        match one(db, sql, number) {
            Ok(Some(callback)) => return Ok(Some(callback)),
            Ok(None) => why = Some(ReadError::unknown("row", number.to_string())),
            Err(error) if error.is_damage() => why = Some(error),
            Err(error) => return Err(error),
        }
    }
    if let Some(why) = why {
        damage.note_callback(db, number, &why);
    }
    Ok(None)
}

fn one(db: &Connection, sql: &'static str, number: i64) -> Result<Option<Callback>, ReadError> {
    db.prepare_cached(sql)?
        .query_and_then(named_params! {":position": number}, callbacks::read)?
        .next()
        .transpose()
}

/// Reads all callbacks from a number on until so many are found that are `wanted`.
fn scan(
    db: &Connection,
    damage: &Damage,
    from: i64,
    limit: usize,
    wanted: impl Fn(&Callback) -> bool,
    found: &mut Vec<Callback>,
) -> Result<(), ReadError> {
    let last = opening(db, damage)?.last_position.cast_signed();
    let enough = found.len().saturating_add(limit);
    let mut from = from;
    while from <= last && found.len() < enough {
        let until = from.saturating_add(AT_ONCE);
        match some(db, from, until) {
            Ok(all) => found.extend(all.into_iter().filter(&wanted)),
            Err(error) if error.is_damage() => {
                for number in from..until.min(last + 1) {
                    let read = match one(db, STRANDED, number) {
                        Err(error) if error.is_damage() => {
                            damage.note_callback(db, number, &error);
                            None
                        }
                        read => read?,
                    };
                    found.extend(read.filter(&wanted));
                }
            }
            Err(error) => return Err(error),
        }
        from = until;
    }
    found.truncate(enough);
    Ok(())
}

fn some(db: &Connection, from: i64, until: i64) -> Result<Vec<Callback>, ReadError> {
    db.prepare_cached(CALLBACKS)?
        .query_and_then(
            named_params! {":from": from, ":until": until},
            callbacks::read,
        )?
        .collect()
}
