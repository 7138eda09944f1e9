//! The table `event`: reports that came with an id, and what became of each.
//!
//! Rows are added and never touched again.

use ringback_domain::event::{EventContent, EventKey, KnownEvent};
use ringback_domain::id::Sid;
use ringback_domain::verdict::{Gap, Verdict};
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::error::{ReadError, WriteError};
use super::value;

const ADD: &str = "
    INSERT INTO event (key, content, resource, verdict, seq)
    VALUES (:key, :content, :resource, :verdict, :seq)";

/// Adds an event of the resource with this ordinal.
pub fn add(db: &Connection, resource: i64, event: &KnownEvent) -> Result<(), WriteError> {
    db.prepare_cached(ADD)?.execute(named_params! {
        ":key": event.key.0,
        ":content": event.content.0,
        ":resource": resource,
        ":verdict": word(event.verdict),
        ":seq": event.seq,
    })?;
    Ok(())
}

/// One event. Indexes: the table's own, and that of `resource`.
const BY_KEY: &str = "
    SELECT event.content, resource.sid, event.verdict, event.seq
    FROM event CROSS JOIN resource ON resource.ordinal = event.resource
    WHERE event.key = :key";

/// The events with these keys, in their order; `None` for one that was never recorded.
pub fn by_keys(db: &Connection, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, ReadError> {
    let transaction = db.unchecked_transaction()?;
    keys.iter().map(|key| by_key(&transaction, *key)).collect()
}

/// The event with this key.
pub fn by_key(db: &Connection, key: EventKey) -> Result<Option<KnownEvent>, ReadError> {
    let read = |row: &Row<'_>| Ok(read(key, row));
    let mut by_key = db.prepare_cached(BY_KEY)?;
    let found = by_key.query_row(named_params! {":key": key.0}, read);
    found.optional()?.transpose()
}

fn read(key: EventKey, row: &Row<'_>) -> Result<KnownEvent, ReadError> {
    Ok(KnownEvent {
        key,
        content: EventContent(row.get("content")?),
        resource: Sid::from_bytes(row.get("sid")?),
        verdict: value::word(row, "verdict", verdict)?,
        seq: row.get("seq")?,
    })
}

/// The word for `verdict`, which says for an accepted report whether statuses were skipped.
const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted(Gap::Skipped) => "skipped",
        Verdict::Accepted(Gap::None)
        | Verdict::Repeat
        | Verdict::Late
        | Verdict::Conflict
        | Verdict::Refused => verdict.as_str(),
    }
}

fn verdict(name: &str) -> Option<Verdict> {
    [
        Verdict::Accepted(Gap::None),
        Verdict::Accepted(Gap::Skipped),
        Verdict::Repeat,
        Verdict::Late,
        Verdict::Conflict,
        Verdict::Refused,
    ]
    .into_iter()
    .find(|verdict| word(*verdict) == name)
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[(BY_KEY, &["PRIMARY KEY (key=?)", "INTEGER PRIMARY KEY"])];
