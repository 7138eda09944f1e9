//! Every row belongs to something: a change to a resource, an attempt to a callback.
//!
//! Part of the check. The store's other statements join tables and would not see such a row.

use ringback_domain::id::Sid;
use rusqlite::{Connection, Row, named_params};

use super::CheckReport;

/// The most rows that are told of each table.
const MOST: u32 = 100;

/// Rows that belong to nothing: `what` they are, the SID if there is one, their number. Each
/// reads its table whole.
const ASTRAY: &[(&str, &str)] = &[
    (
        "changes of a resource that is not there, number",
        "SELECT DISTINCT NULL AS sid, resource AS number FROM change
        WHERE NOT EXISTS (SELECT 1 FROM resource WHERE ordinal = change.resource) LIMIT :limit",
    ),
    (
        "rejected reports of a resource that is not there, number",
        "SELECT DISTINCT NULL AS sid, resource AS number FROM rejected
        WHERE NOT EXISTS (SELECT 1 FROM resource WHERE ordinal = rejected.resource) LIMIT :limit",
    ),
    (
        "remarks on a resource that is not there, number",
        "SELECT DISTINCT NULL AS sid, resource AS number FROM warning
        WHERE NOT EXISTS (SELECT 1 FROM resource WHERE ordinal = warning.resource) LIMIT :limit",
    ),
    (
        "events of a resource that is not there, number",
        "SELECT DISTINCT NULL AS sid, resource AS number FROM event
        WHERE NOT EXISTS (SELECT 1 FROM resource WHERE ordinal = event.resource) LIMIT :limit",
    ),
    (
        "callbacks of a resource that is not there, number",
        "SELECT DISTINCT NULL AS sid, resource AS number FROM callback
        WHERE NOT EXISTS (SELECT 1 FROM resource WHERE ordinal = callback.resource) LIMIT :limit",
    ),
    (
        "its callback to a destination that is not there, number",
        "SELECT resource.sid AS sid, callback.destination AS number
        FROM callback CROSS JOIN resource ON resource.ordinal = callback.resource
        WHERE NOT EXISTS (SELECT 1 FROM destination WHERE id = callback.destination) LIMIT :limit",
    ),
    (
        "its callback stands at none or at several states, position",
        "SELECT resource.sid AS sid, callback.position AS number
        FROM callback CROSS JOIN resource ON resource.ordinal = callback.resource
        WHERE EXISTS (SELECT 1 FROM pending
                WHERE destination = callback.destination AND callback = callback.position)
            + EXISTS (SELECT 1 FROM aside WHERE callback = callback.position)
            + EXISTS (SELECT 1 FROM settled WHERE callback = callback.position) <> 1
        LIMIT :limit",
    ),
    (
        "a callback is pending that is not there, position",
        "SELECT NULL AS sid, pending.callback AS number
        FROM pending LEFT JOIN callback AS owed ON owed.position = pending.callback
        WHERE owed.destination IS NOT pending.destination LIMIT :limit",
    ),
    (
        "a callback is set aside that is not there, position",
        "SELECT NULL AS sid, aside.callback AS number
        FROM aside LEFT JOIN callback AS owed ON owed.position = aside.callback
        WHERE owed.destination IS NOT aside.destination LIMIT :limit",
    ),
    (
        "a callback is settled that is not there, position",
        "SELECT NULL AS sid, callback AS number FROM settled
        WHERE NOT EXISTS (SELECT 1 FROM callback WHERE position = settled.callback) LIMIT :limit",
    ),
    (
        "a callback was replayed that is not there, position",
        "SELECT NULL AS sid, callback AS number FROM replay
        WHERE NOT EXISTS (SELECT 1 FROM callback WHERE position = replay.callback) LIMIT :limit",
    ),
    (
        "attempts of a callback that is not there, position",
        "SELECT DISTINCT NULL AS sid, callback AS number FROM attempt
        WHERE NOT EXISTS (SELECT 1 FROM callback WHERE position = attempt.callback) LIMIT :limit",
    ),
    (
        "it has a step, but no row; step",
        "SELECT resource AS sid, number FROM step
        WHERE NOT EXISTS (SELECT 1 FROM resource WHERE sid = step.resource) LIMIT :limit",
    ),
    (
        "tokens of a project that is not there, in all",
        "SELECT NULL AS sid, count(*) AS number FROM token
        WHERE NOT EXISTS (SELECT 1 FROM project WHERE id = token.project)
        HAVING count(*) > 0 LIMIT :limit",
    ),
    (
        "signing keys of a project that is not there, in all",
        "SELECT NULL AS sid, count(*) AS number FROM signing_key
        WHERE NOT EXISTS (SELECT 1 FROM project WHERE id = signing_key.project)
        HAVING count(*) > 0 LIMIT :limit",
    ),
    (
        "the row of the highest numbers is missing, row",
        "SELECT NULL AS sid, 1 AS number WHERE NOT EXISTS (SELECT 1 FROM highest) LIMIT :limit",
    ),
    (
        "the row of the clock is missing, row",
        "SELECT NULL AS sid, 1 AS number WHERE NOT EXISTS (SELECT 1 FROM clock) LIMIT :limit",
    ),
];

/// Looks for rows that belong to nothing.
pub fn check(db: &Connection, report: &mut CheckReport) {
    for (what, sql) in ASTRAY {
        let found = db.prepare(sql).and_then(|mut astray| {
            let rows = astray.query_map(named_params! {":limit": MOST}, read)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        for (sid, number) in report.read(None, what, found).into_iter().flatten() {
            report.fault(sid, format!("{what} {number}"));
        }
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<(Option<Sid>, i64)> {
    let sid: Option<[u8; 16]> = row.get("sid")?;
    Ok((sid.map(Sid::from_bytes), row.get("number")?))
}
