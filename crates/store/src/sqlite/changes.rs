//! The tables `change` and `rejected`: what was reported of each resource.
//!
//! Rows are added and never touched again, unless what they say is erased.

use ringback_domain::change::{Change, Rejected, Status, Told};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::Kind;
use ringback_domain::time::Timestamp;
use ringback_domain::verdict::{Gap, Verdict};
use rusqlite::{Connection, Row, named_params};

use super::bulk::Bulk;
use super::error::{ReadError, WriteError};
use super::{record, value};

const ADD_CHANGE: &str = "
    INSERT INTO change (resource, seq, from_status, status, facts, gap, at_us, event_id,
        occurred_us)
    VALUES (:resource, :seq, :from_status, :status, :facts, :gap, :at_us, :event_id,
        :occurred_us)";

/// Adds the changes of a batch.
pub struct Adding<'db>(Bulk<'db>);

impl<'db> Adding<'db> {
    /// To `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        Ok(Self(Bulk::new(db, ADD_CHANGE)?))
    }

    /// Adds `change` of the resource with this ordinal.
    pub fn add(&mut self, resource: i64, change: &Change) -> Result<(), WriteError> {
        let facts = record::write_facts(&change.news).map_err(WriteError::Refused)?;
        let gap = match change.gap {
            Gap::None => 0,
            Gap::Skipped => 1,
        };
        self.0.run(&[
            (":resource", &resource),
            (":seq", &change.seq),
            (":from_status", &change.from.map(Status::as_str)),
            (":status", &change.news.status().as_str()),
            (":facts", &facts),
            (":gap", &gap),
            (":at_us", &change.at.as_micros()),
            (":event_id", &event_id(change.told.as_deref())),
            (":occurred_us", &occurred_us(change.told.as_deref())),
        ])?;
        Ok(())
    }
}

const ADD_REJECTED: &str = "
    INSERT INTO rejected (resource, kind, status, facts, verdict, stood, at_us, event_id,
        occurred_us)
    VALUES (:resource, :kind, :status, :facts, :verdict, :stood, :at_us, :event_id,
        :occurred_us)";

/// Adds a report on the resource with this ordinal.
pub fn add_rejected(db: &Connection, resource: i64, rejected: &Rejected) -> Result<(), WriteError> {
    let reported = rejected.news.status();
    db.prepare_cached(ADD_REJECTED)?.execute(named_params! {
        ":resource": resource,
        // A report of another kind is refused: its status is none of the resource's.
        ":kind": reported.kind().as_str(),
        ":status": reported.as_str(),
        ":facts": record::write_facts(&rejected.news).map_err(WriteError::Refused)?,
        ":verdict": rejected.verdict.as_str(),
        ":stood": rejected.stood.as_str(),
        ":at_us": rejected.at.as_micros(),
        ":event_id": event_id(rejected.told.as_deref()),
        ":occurred_us": occurred_us(rejected.told.as_deref()),
    })?;
    Ok(())
}

/// What was said, told with an accepted report. Index: the table's own.
const REDACT_CHANGES: &str = "
    UPDATE change SET facts = json_remove(facts, '$.text')
    WHERE resource = :resource AND facts IS NOT NULL";

/// What was said, told with a report that changed nothing. Index: `rejected_by_resource`.
const REDACT_REJECTED: &str = "
    UPDATE rejected SET facts = json_remove(facts, '$.text')
    WHERE resource = :resource AND facts IS NOT NULL";

/// Erases what the resource with this ordinal said from what was told of it.
pub fn redact(db: &Connection, resource: i64) -> Result<(), WriteError> {
    for sql in [REDACT_CHANGES, REDACT_REJECTED] {
        db.prepare_cached(sql)?
            .execute(named_params! {":resource": resource})?;
    }
    Ok(())
}

/// A resource's changes; a resource has few. Indexes: `resource_by_sid`, the table's own.
const CHANGES: &str = "
    SELECT resource.project, resource.kind, change.seq, change.from_status, change.status,
        change.facts, change.gap, change.at_us, change.event_id, change.occurred_us
    FROM resource CROSS JOIN change ON change.resource = resource.ordinal
    WHERE resource.sid = :sid ORDER BY change.seq";

/// The changes of the resource `sid`, in order.
pub fn changes(db: &Connection, sid: Sid) -> Result<Vec<Change>, ReadError> {
    db.prepare_cached(CHANGES)?
        .query_and_then(named_params! {":sid": sid.as_bytes()}, |row| {
            read_change(sid, row)
        })?
        .collect()
}

fn read_change(sid: Sid, row: &Row<'_>) -> Result<Change, ReadError> {
    let kind = value::word(row, "kind", Kind::parse)?;
    let facts: Option<String> = row.get("facts")?;
    let status = value::word(row, "status", |name| kind.status(name))?;
    Ok(Change {
        project: ProjectId::from_bytes(row.get("project")?),
        resource: sid,
        seq: row.get("seq")?,
        from: from_status(row, kind)?,
        news: record::read_news(status, facts.as_deref())?,
        gap: match row.get("gap")? {
            0 => Gap::None,
            1 => Gap::Skipped,
            other => return Err(ReadError::unknown("gap", i64::to_string(&other))),
        },
        at: value::moment(row, "at_us")?,
        told: told(row)?,
    })
}

fn told(row: &Row<'_>) -> Result<Option<Box<Told>>, ReadError> {
    let told = Told {
        event_id: row.get("event_id")?,
        occurred_at: value::moment_if_any(row, "occurred_us")?,
    };
    Ok(told.kept())
}

fn event_id(told: Option<&Told>) -> Option<&str> {
    told.and_then(|told| told.event_id.as_deref())
}

fn occurred_us(told: Option<&Told>) -> Option<i64> {
    let at = told.and_then(|told| told.occurred_at);
    at.map(Timestamp::as_micros)
}

fn from_status(row: &Row<'_>, kind: Kind) -> Result<Option<Status>, ReadError> {
    let name: Option<String> = row.get("from_status")?;
    name.map(|name| {
        kind.status(&name)
            .ok_or_else(|| ReadError::unknown("status", name))
    })
    .transpose()
}

/// The reports on a resource that changed nothing. Indexes: `resource_by_sid`,
/// `rejected_by_resource`.
const REJECTED: &str = "
    SELECT resource.kind AS own_kind, rejected.kind, rejected.status, rejected.facts,
        rejected.verdict, rejected.stood, rejected.at_us, rejected.event_id,
        rejected.occurred_us
    FROM resource CROSS JOIN rejected ON rejected.resource = resource.ordinal
    WHERE resource.sid = :sid ORDER BY rejected.number";

/// The reports on the resource `sid` that changed nothing, in the order in which they came.
pub fn rejected(db: &Connection, sid: Sid) -> Result<Vec<Rejected>, ReadError> {
    db.prepare_cached(REJECTED)?
        .query_and_then(named_params! {":sid": sid.as_bytes()}, |row| {
            read_rejected(sid, row)
        })?
        .collect()
}

fn read_rejected(sid: Sid, row: &Row<'_>) -> Result<Rejected, ReadError> {
    let own_kind = value::word(row, "own_kind", Kind::parse)?;
    let kind = value::word(row, "kind", Kind::parse)?;
    let facts: Option<String> = row.get("facts")?;
    let status = value::word(row, "status", |name| kind.status(name))?;
    Ok(Rejected {
        resource: sid,
        news: record::read_news(status, facts.as_deref())?,
        verdict: value::word(row, "verdict", verdict)?,
        stood: value::word(row, "stood", |name| own_kind.status(name))?,
        at: value::moment(row, "at_us")?,
        told: told(row)?,
    })
}

/// The verdict of this name; an accepted report is a change and stands elsewhere.
fn verdict(name: &str) -> Option<Verdict> {
    [
        Verdict::Repeat,
        Verdict::Late,
        Verdict::Conflict,
        Verdict::Refused,
    ]
    .into_iter()
    .find(|verdict| verdict.as_str() == name)
}

/// Every read of these tables, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (REDACT_CHANGES, &["PRIMARY KEY (resource=?)"]),
    (REDACT_REJECTED, &["rejected_by_resource (resource=?)"]),
    (
        CHANGES,
        &["resource_by_sid (sid=?)", "PRIMARY KEY (resource=?)"],
    ),
    (
        REJECTED,
        &[
            "resource_by_sid (sid=?)",
            "rejected_by_resource (resource=?)",
        ],
    ),
];
