//! Reading around damage: what can be read of what is asked for, where some row, page or index
//! cannot.
//!
//! Called by the store after a read failed on something damaged. Slow: reads one row after the
//! other, by numbers that an index gives or, where that is damaged, by every number that there
//! may be. What cannot be read is left out and noted.

mod owed;

use std::sync::Arc;

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::Resource;
use rusqlite::{Connection, Row, named_params};

use super::callbacks;
use super::damage::Damage;
use super::error::ReadError;
use super::{clock, resources, steps, value};
use crate::batch::Step;
use crate::query::{Cursor, ListQuery, Opening, StepPlace};
use crate::unreadable::Part;

pub use owed::{aside_due, next_aside, owed};

/// All destinations. Index: the table's own.
const DESTINATIONS: &str = "SELECT project, origin FROM destination NOT INDEXED";

/// The same, of the index that has all that they are: `destination_by_origin`.
const DESTINATIONS_AGAIN: &str =
    "SELECT project, origin FROM destination INDEXED BY destination_by_origin";

/// Every destination that callbacks may be pending for: all that are known.
pub fn destinations(
    db: &Connection,
    damage: &Damage,
) -> Result<Vec<(ProjectId, Arc<str>)>, ReadError> {
    let mut destinations = Vec::new();
    for (sql, name) in [
        (DESTINATIONS, "destination"),
        (DESTINATIONS_AGAIN, "destination_by_origin"),
    ] {
        let whole = each(db, sql, |row| {
            destinations.push((
                ProjectId::from_bytes(row.get("project")?),
                row.get("origin")?,
            ));
            Ok(())
        });
        match whole {
            Ok(()) => break,
            Err(error) if error.is_damage() => {
                damage.note(Part::Destination, format!("in {name}"), None, &error);
            }
            Err(error) => return Err(error),
        }
    }
    destinations.sort();
    destinations.dedup();
    Ok(destinations)
}

/// The places of steps. Index: `step_by_due`.
const PLACES: &str = "
    SELECT due_us, resource FROM step
    WHERE (due_us, resource) > (:due_us, :resource) ORDER BY due_us, resource LIMIT :limit";

/// A resource's step. Index: the table's own.
const STEP: &str = "SELECT resource, due_us, number, draw FROM step WHERE resource = :resource";

/// The steps after `place`, by due time and SID, at most `limit`.
pub fn steps(
    db: &Connection,
    damage: &Damage,
    mut place: Option<StepPlace>,
    limit: u32,
) -> Result<Vec<Step>, ReadError> {
    let mut found = Vec::new();
    while found.len() < limit as usize {
        let due_us = place.map_or(i64::MIN, |place| place.due.as_micros());
        let after = place.map(|place| *place.resource.as_bytes());
        let resource = after.as_ref().map_or(&[][..], |sid| &sid[..]);
        let params = named_params! {":due_us": due_us, ":resource": resource, ":limit": limit};
        let mut statement = db.prepare(PLACES)?;
        let places: Result<Vec<StepPlace>, ReadError> =
            statement.query_and_then(params, step_place)?.collect();
        let places = match places {
            Ok(places) => places,
            Err(error) if error.is_damage() => {
                damage.note(Part::Index, "step_by_due".to_owned(), None, &error);
                break;
            }
            Err(error) => return Err(error),
        };
        let Some(last) = places.last() else { break };
        place = Some(*last);
        for one in places {
            match one_step(db, one.resource) {
                Ok(step) => found.extend(step),
                Err(error) if error.is_damage() => {
                    let sid = one.resource;
                    damage.note(Part::Step, sid.to_string(), Some(sid), &error);
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(found)
}

fn step_place(row: &Row<'_>) -> Result<StepPlace, ReadError> {
    Ok(StepPlace {
        due: value::moment(row, "due_us")?,
        resource: Sid::from_bytes(row.get("resource")?),
    })
}

fn one_step(db: &Connection, resource: Sid) -> Result<Option<Step>, ReadError> {
    db.prepare_cached(STEP)?
        .query_and_then(
            named_params! {":resource": resource.as_bytes()},
            steps::read,
        )?
        .next()
        .transpose()
}

/// SIDs of a project's resources, the newest first. Index: `resource_here`, read backwards.
const OLDER: &str = "
    SELECT sid FROM resource INDEXED BY resource_here
    WHERE project = :project AND kind = :kind AND presence = 'here' AND sid < :place
    ORDER BY sid DESC";

/// The same, the oldest first. Index: `resource_here`.
const NEWER: &str = "
    SELECT sid FROM resource INDEXED BY resource_here
    WHERE project = :project AND kind = :kind AND presence = 'here' AND sid > :place
    ORDER BY sid";

/// A project's resources that are not deleted, newest first, those that can be read.
pub fn list(
    db: &Connection,
    damage: &Damage,
    query: &ListQuery,
) -> Result<Vec<Resource>, ReadError> {
    let (sql, place) = match &query.cursor {
        Cursor::Start => (OLDER, &resources::PAST_ALL[..]),
        Cursor::OlderThan(sid) => (OLDER, &sid.as_bytes()[..]),
        Cursor::NewerThan(sid) => (NEWER, &sid.as_bytes()[..]),
    };
    let mut found: Vec<Resource> = Vec::new();
    let mut here = db.prepare(sql)?;
    let mut rows = here.query(named_params! {
        ":project": query.project.as_bytes(), ":kind": query.kind.as_str(), ":place": place,
    })?;
    while let Some(row) = rows.next()? {
        if found.len() >= query.limit as usize {
            break;
        }
        let sid = Sid::from_bytes(row.get("sid")?);
        match resources::by_sids(db, &[sid]) {
            Ok(read) => {
                let read = read.into_iter().flatten();
                found.extend(read.filter(|resource| query.matches(resource)));
            }
            Err(error) if error.is_damage() => note_resource(damage, sid, &error),
            Err(error) => return Err(error),
        }
    }
    if matches!(query.cursor, Cursor::NewerThan(_)) {
        found.reverse();
    }
    Ok(found)
}

/// Says that a resource is damaged.
pub fn note_resource(damage: &Damage, sid: Sid, why: &ReadError) {
    damage.note(Part::Resource, sid.to_string(), Some(sid), why);
}

/// The highest ordinal. Reads the index `resource_by_sid` whole.
const ORDINAL: &str = "SELECT max(+ordinal) FROM resource INDEXED BY resource_by_sid";

/// The highest position. Reads the index `callback_by_resource` whole.
const POSITION: &str = "SELECT max(+position) FROM callback INDEXED BY callback_by_resource";

/// Where numbers and ids go on, where the end of a table or an index is damaged. Ids begin
/// with the time, so that new ones come after old ones all the same.
pub fn opening(db: &Connection, damage: &Damage) -> Result<Opening, ReadError> {
    let highest = |read: rusqlite::Result<(Option<i64>, Option<[u8; 16]>)>, table: &str, sql| {
        read.or_else(|error| {
            let error = ReadError::from(error);
            damage.note(Part::Index, format!("end of {table}"), None, &error);
            db.query_row(sql, [], |row| Ok((row.get(0)?, None)))
        })
    };
    let (ordinal, sid) = highest(resources::highest(db), "resource", ORDINAL)?;
    let (position, callback) = highest(callbacks::highest(db), "callback", POSITION)?;
    Ok(Opening {
        last_ordinal: ordinal.unwrap_or(0).cast_unsigned(),
        last_position: position.unwrap_or(0).cast_unsigned(),
        last_id: sid
            .max(callback)
            .map_or(uuid::Uuid::nil(), uuid::Uuid::from_bytes),
        rebased_micros: clock::rebased(db)?,
    })
}

fn numbers(
    db: &Connection,
    sql: &'static str,
    params: &[(&str, &dyn rusqlite::ToSql)],
) -> Result<Vec<i64>, ReadError> {
    let mut statement = db.prepare(sql)?;
    let numbers: rusqlite::Result<Vec<i64>> =
        statement.query_map(params, |row| row.get(0))?.collect();
    Ok(numbers?)
}

fn each(
    db: &Connection,
    sql: &'static str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}
