//! The table `step`: what the network does next for each resource.

use ringback_domain::id::Sid;
use rusqlite::{Connection, Row, named_params};

use super::error::{ReadError, WriteError};
use super::value;
use crate::batch::Step;
use crate::query::StepPlace;

/// Puts a resource's step in the place of the one before. Index: the table's own.
const PUT: &str = "
    INSERT INTO step (resource, due_us, number, draw) VALUES (:resource, :due_us, :number, :draw)
    ON CONFLICT (resource) DO UPDATE SET
        due_us = excluded.due_us, number = excluded.number, draw = excluded.draw";

/// Forgets a resource's step. Index: the table's own.
const FORGET: &str = "DELETE FROM step WHERE resource = :resource";

/// Writes the next step of `resource`, or that it has none.
pub fn put(db: &Connection, resource: Sid, step: Option<&Step>) -> Result<(), WriteError> {
    match step {
        Some(step) => db.prepare_cached(PUT)?.execute(named_params! {
            ":resource": resource.as_bytes(),
            ":due_us": step.due.as_micros(),
            ":number": step.number,
            ":draw": step.draw.cast_signed(),
        })?,
        None => db
            .prepare_cached(FORGET)?
            .execute(named_params! {":resource": resource.as_bytes()})?,
    };
    Ok(())
}

/// Puts all steps off. Reads the table whole: the clock steps rarely.
const REBASE: &str = "UPDATE step SET due_us = due_us + :by";

/// Makes all steps due `by` microseconds later.
pub fn rebase(db: &Connection, by: i64) -> Result<(), WriteError> {
    db.prepare_cached(REBASE)?
        .execute(named_params! {":by": by})?;
    Ok(())
}

/// The next steps after a place. Index: `step_by_due`.
const AFTER: &str = "
    SELECT resource, due_us, number, draw FROM step
    WHERE (due_us, resource) > (:due_us, :resource) ORDER BY due_us, resource LIMIT :limit";

/// The steps after `place`, by due time and SID, at most `limit`.
pub fn after(
    db: &Connection,
    place: Option<StepPlace>,
    limit: u32,
) -> Result<Vec<Step>, ReadError> {
    // The empty blob comes before every SID.
    let due_us = place.map_or(i64::MIN, |place| place.due.as_micros());
    let resource = place
        .as_ref()
        .map_or(&[][..], |place| place.resource.as_bytes());
    db.prepare_cached(AFTER)?
        .query_and_then(
            named_params! {":due_us": due_us, ":resource": resource, ":limit": limit},
            read,
        )?
        .collect()
}

/// The step of a row.
pub fn read(row: &Row<'_>) -> Result<Step, ReadError> {
    Ok(Step {
        resource: Sid::from_bytes(row.get("resource")?),
        due: value::moment(row, "due_us")?,
        number: row.get("number")?,
        draw: row.get::<_, i64>("draw")?.cast_unsigned(),
    })
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (FORGET, &["PRIMARY KEY (resource=?)"]),
    (AFTER, &["step_by_due ((due_us,resource)>(?,?))"]),
];
