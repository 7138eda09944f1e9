//! The table `resource`: what each resource stands at.
//!
//! Written by the writer, read by the pool. A resource's row is replaced in place; once it is
//! deleted it never comes back.

use std::sync::Arc;

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Kind, Lot, Presence, Resource};
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, named_params};

use super::bulk::Bulk;
use super::error::{ReadError, WriteError};
use super::record::{self, Summary};
use super::value;
use crate::query::{Cursor, ListQuery, TimeField};

/// Puts a resource, or what it is now. Sets no column that an index holds when the row is
/// there already, so that SQLite leaves the indexes alone.
const PUT: &str = "
    INSERT INTO resource (ordinal, sid, project, kind, status, presence, from_address,
        to_address, parent, created_us, updated_us, started_us, ended_us, next_seq, depth, data,
        external_id)
    VALUES (:ordinal, :sid, :project, :kind, :status, :presence, :from_address,
        :to_address, :parent, :created_us, :updated_us, :started_us, :ended_us, :next_seq,
        :depth, :data, :external_id)
    ON CONFLICT (ordinal) DO UPDATE SET status = excluded.status,
        from_address = excluded.from_address, to_address = excluded.to_address,
        updated_us = excluded.updated_us, started_us = excluded.started_us,
        ended_us = excluded.ended_us, next_seq = excluded.next_seq, data = excluded.data";

/// Writes the resources of a batch.
pub struct Putting<'db> {
    db: &'db Connection,
    put: Bulk<'db>,
}

impl<'db> Putting<'db> {
    /// To `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        let put = Bulk::new(db, PUT)?;
        Ok(Self { db, put })
    }

    /// Writes `resource` as it stands.
    pub fn put(&mut self, resource: &Resource) -> Result<(), WriteError> {
        let summary = Summary::from(&resource.body);
        let data = record::write_data(resource).map_err(WriteError::Refused)?;
        self.put.run(&[
            (":ordinal", &resource.ordinal.cast_signed()),
            (":sid", resource.sid.as_bytes()),
            (":project", resource.project.as_bytes()),
            (":kind", &resource.kind().as_str()),
            (":status", &summary.status.as_str()),
            (":presence", &value::presence_word(resource.presence)),
            (":from_address", &&*summary.from),
            (":to_address", &&*summary.to),
            (":parent", &summary.parent.as_ref().map(Sid::as_bytes)),
            (":created_us", &resource.created_at.as_micros()),
            (":updated_us", &resource.updated_at.as_micros()),
            (":started_us", &summary.started.map(Timestamp::as_micros)),
            (":ended_us", &summary.ended.map(Timestamp::as_micros)),
            (":next_seq", &resource.next_seq),
            (":depth", &resource.depth),
            (":data", &data),
            (":external_id", &resource.external_id.as_deref()),
        ])?;
        match resource.presence {
            Presence::Here => Ok(()),
            Presence::Deleted => hide(self.db, resource),
        }
    }
}

/// Takes a resource out of the lists. Index: the table's own.
const HIDE: &str = "UPDATE resource SET presence = 'deleted' WHERE ordinal = :ordinal";

fn hide(db: &Connection, resource: &Resource) -> Result<(), WriteError> {
    db.prepare_cached(HIDE)?
        .execute(named_params! {":ordinal": resource.ordinal.cast_signed()})?;
    Ok(())
}

/// A resource's ordinal. Index: `resource_by_sid`.
const ORDINAL: &str = "SELECT ordinal FROM resource WHERE sid = :sid";

/// The number by which other tables know the resource `sid`.
pub fn ordinal(db: &Connection, sid: Sid) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached(ORDINAL)?
        .query_row(named_params! {":sid": sid.as_bytes()}, |row| row.get(0))
        .optional()
}

/// The highest ordinal and SID. Indexes: the table's own, `resource_by_sid`.
const HIGHEST: &str = "
    SELECT (SELECT max(ordinal) FROM resource) AS ordinal, (SELECT max(sid) FROM resource) AS sid";

/// The highest ordinal and SID, if there is any resource.
pub fn highest(db: &Connection) -> rusqlite::Result<(Option<i64>, Option<[u8; 16]>)> {
    db.prepare_cached(HIGHEST)?
        .query_row([], |row| Ok((row.get("ordinal")?, row.get("sid")?)))
}

macro_rules! select {
    ($($rest:literal),+) => {
        concat!(
            "SELECT ordinal, sid, project, kind, status, presence, from_address, to_address,
                parent, created_us, updated_us, started_us, ended_us, next_seq, depth, data,
                external_id
            FROM resource ",
            $($rest),+
        )
    };
}

/// One resource. Index: `resource_by_sid`.
const BY_SID: &str = select!("WHERE sid = :sid");

/// The resources with these SIDs, in their order.
pub fn by_sids(db: &Connection, sids: &[Sid]) -> Result<Vec<Option<Resource>>, ReadError> {
    // One transaction: the file is locked and its last commit looked up once, not for each.
    let transaction = db.unchecked_transaction()?;
    sids.iter().map(|sid| by_sid(&transaction, *sid)).collect()
}

/// The resource with this SID.
pub fn by_sid(db: &Connection, sid: Sid) -> Result<Option<Resource>, ReadError> {
    db.prepare_cached(BY_SID)?
        .query_and_then(named_params! {":sid": sid.as_bytes()}, read)?
        .next()
        .transpose()
}

/// What a platform's id names. Index: `resource_by_external`.
const BY_EXTERNAL: &str =
    "SELECT sid FROM resource WHERE project = :project AND external_id = :external_id";

/// The SIDs of resources by what platforms call them, in their order.
pub fn by_external(
    db: &Connection,
    names: &[(ProjectId, Arc<str>)],
) -> Result<Vec<Option<Sid>>, ReadError> {
    let transaction = db.unchecked_transaction()?;
    let mut by_external = transaction.prepare_cached(BY_EXTERNAL)?;
    let found = names.iter().map(|(project, name)| {
        let params = named_params! {":project": project.as_bytes(), ":external_id": &**name};
        let sid = by_external.query_row(params, |row| row.get(0)).optional()?;
        Ok(sid.map(Sid::from_bytes))
    });
    found.collect()
}

macro_rules! list {
    ($place:literal, $order:literal) => {
        select!(
            "WHERE project = :project AND kind = :kind AND presence = 'here' AND ",
            $place,
            " AND (:statuses IS NULL OR status IN (SELECT value FROM json_each(:statuses)))
            AND (:from_address IS NULL OR from_address = :from_address)
            AND (:to_address IS NULL OR to_address = :to_address)
            AND (:parent IS NULL OR parent = :parent)
            AND (:conference IS NULL OR json_extract(data, '$.body.conference') = :conference)
            AND (:name IS NULL
                OR instr(lower(json_extract(data, '$.body.name')), lower(:name)) > 0)
            AND (:campaign IS NULL OR json_extract(data, '$.body.campaign') = :campaign)
            AND (:created_from IS NULL OR created_us >= :created_from)
            AND (:created_until IS NULL OR created_us < :created_until)
            AND (:started_from IS NULL OR started_us >= :started_from)
            AND (:started_until IS NULL OR started_us < :started_until)
            AND (:ended_from IS NULL OR ended_us >= :ended_from)
            AND (:ended_until IS NULL OR ended_us < :ended_until)
            ORDER BY ",
            $order,
            " LIMIT :limit"
        )
    };
}

/// The newest of those older than a place. Index: `resource_here`, read backwards.
const OLDER: &str = list!("sid < :place", "sid DESC");

/// The oldest of those newer than a place. Index: `resource_here`.
const NEWER: &str = list!("sid > :place", "sid ASC");

/// Greater than every SID: it is longer.
pub const PAST_ALL: [u8; 17] = [0xff; 17];

/// A project's resources that are not deleted, newest first.
pub fn list(db: &Connection, query: &ListQuery) -> Result<Vec<Resource>, ReadError> {
    match query.cursor {
        Cursor::Start => page(db, OLDER, &PAST_ALL, query),
        Cursor::OlderThan(sid) => page(db, OLDER, sid.as_bytes(), query),
        Cursor::NewerThan(sid) => {
            let mut found = page(db, NEWER, sid.as_bytes(), query)?;
            found.reverse();
            Ok(found)
        }
    }
}

fn page(
    db: &Connection,
    sql: &'static str,
    place: &[u8],
    query: &ListQuery,
) -> Result<Vec<Resource>, ReadError> {
    let created = Bounds::of(query, TimeField::Created);
    let started = Bounds::of(query, TimeField::Started);
    let ended = Bounds::of(query, TimeField::Ended);
    db.prepare_cached(sql)?
        .query_and_then(
            named_params! {
                ":project": query.project.as_bytes(),
                ":kind": query.kind.as_str(),
                ":place": place,
                ":statuses": statuses(query)?,
                ":from_address": query.from,
                ":to_address": query.to,
                ":parent": query.parent.as_ref().map(Sid::as_bytes),
                ":conference": query.conference.map(|sid| sid.to_string()),
                ":name": query.name,
                ":campaign": query.campaign.map(|sid| sid.to_string()),
                ":created_from": created.from,
                ":created_until": created.until,
                ":started_from": started.from,
                ":started_until": started.until,
                ":ended_from": ended.from,
                ":ended_until": ended.until,
                ":limit": query.limit,
            },
            read,
        )?
        .collect()
}

/// The words of the statuses asked for, as JSON; none if any will do. Two kinds have words
/// in common, so those of another kind are left out.
fn statuses(query: &ListQuery) -> Result<Option<String>, ReadError> {
    if query.statuses.is_empty() {
        return Ok(None);
    }
    let words: Vec<&str> = query
        .statuses
        .iter()
        .filter(|status| status.kind() == query.kind)
        .map(|status| status.as_str())
        .collect();
    Ok(Some(serde_json::to_string(&words)?))
}

/// From a moment on, and before another.
struct Bounds {
    from: Option<i64>,
    until: Option<i64>,
}

impl Bounds {
    /// What all ranges of `field` have in common.
    fn of(query: &ListQuery, field: TimeField) -> Self {
        let ranges = || query.times.iter().filter(|range| range.field == field);
        Self {
            from: ranges()
                .filter_map(|range| range.from)
                .max()
                .map(Timestamp::as_micros),
            until: ranges()
                .filter_map(|range| range.until)
                .min()
                .map(Timestamp::as_micros),
        }
    }
}

fn read(row: &Row<'_>) -> Result<Resource, ReadError> {
    let kind = value::word(row, "kind", Kind::parse)?;
    let data = row
        .get_ref("data")?
        .as_str()
        .map_err(rusqlite::Error::from)?;
    let parent: Option<[u8; 16]> = row.get("parent")?;
    let summary = Summary {
        status: value::word(row, "status", |name| kind.status(name))?,
        from: row.get::<_, String>("from_address")?.into(),
        to: row.get::<_, String>("to_address")?.into(),
        parent: parent.map(Sid::from_bytes),
        started: value::moment_if_any(row, "started_us")?,
        ended: value::moment_if_any(row, "ended_us")?,
    };
    let told = record::read_data(data, summary)?;
    let ordinal = row.get::<_, i64>("ordinal")?.cast_unsigned();
    Ok(Resource {
        sid: Sid::from_bytes(row.get("sid")?),
        ordinal,
        lot: Lot {
            number: told.lot.unwrap_or(ordinal),
            made: told.made,
        },
        project: ProjectId::from_bytes(row.get("project")?),
        created_at: value::moment(row, "created_us")?,
        updated_at: value::moment(row, "updated_us")?,
        next_seq: row.get("next_seq")?,
        subscriptions: told.subscriptions,
        inherited: told.inherited,
        number: told.number,
        application: told.application,
        depth: row.get("depth")?,
        presence: value::word(row, "presence", value::presence)?,
        external_id: row.get("external_id")?,
        memo: told.memo,
        body: told.body,
    })
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (HIDE, &["INTEGER PRIMARY KEY"]),
    (ORDINAL, &["resource_by_sid (sid=?)"]),
    (HIGHEST, &["SEARCH resource", "resource_by_sid"]),
    (BY_SID, &["resource_by_sid (sid=?)"]),
    (
        BY_EXTERNAL,
        &["resource_by_external (project=? AND external_id=?)"],
    ),
    (OLDER, &["resource_here (project=? AND kind=? AND sid<?)"]),
    (NEWER, &["resource_here (project=? AND kind=? AND sid>?)"]),
];
