//! The table `warning`: remarks for the timeline of each resource.
//!
//! Rows are added and never touched again.

use ringback_domain::change::Warning;
use ringback_domain::id::Sid;
use rusqlite::{Connection, named_params};

use super::error::{ReadError, WriteError};
use super::value;

const ADD: &str = "
    INSERT INTO warning (resource, text, at_us) VALUES (:resource, :text, :at_us)";

/// Adds a remark on the resource with this ordinal.
pub fn add(db: &Connection, resource: i64, warning: &Warning) -> Result<(), WriteError> {
    db.prepare_cached(ADD)?.execute(named_params! {
        ":resource": resource,
        ":text": warning.text,
        ":at_us": warning.at.as_micros(),
    })?;
    Ok(())
}

/// The remarks on a resource; it has few. Indexes: `resource_by_sid`, `warning_by_resource`.
const OF_RESOURCE: &str = "
    SELECT warning.text, warning.at_us
    FROM resource CROSS JOIN warning ON warning.resource = resource.ordinal
    WHERE resource.sid = :sid ORDER BY warning.number";

/// The remarks on the resource `sid`, in the order in which they came.
pub fn of_resource(db: &Connection, sid: Sid) -> Result<Vec<Warning>, ReadError> {
    db.prepare_cached(OF_RESOURCE)?
        .query_and_then(named_params! {":sid": sid.as_bytes()}, |row| {
            Ok(Warning {
                resource: sid,
                text: row.get("text")?,
                at: value::moment(row, "at_us")?,
            })
        })?
        .collect()
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[(
    OF_RESOURCE,
    &[
        "resource_by_sid (sid=?)",
        "warning_by_resource (resource=?)",
    ],
)];
