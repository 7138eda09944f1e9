//! Reads every resource with all that belongs to it, and the tables that are read by others.
//!
//! Part of the check. Resources are found by the index of their SIDs, so that of one whose row
//! is damaged the SID is known; where the index is damaged, by their rows.

use ringback_domain::callback::Callback;
use ringback_domain::change::Change;
use ringback_domain::event::EventKey;
use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use rusqlite::{Connection, ToSql, named_params};

use super::{CheckReport, recordings};
use crate::query::StepPlace;
use crate::sqlite::{attempts, callbacks, changes, events, resources, steps, warnings};

/// How many are looked up at a time.
const PAGE: u32 = 1_000;

/// How far to go on where rows cannot be read: a page of 8 KiB holds that many and more.
const LEAP: i64 = 8;

/// How often, before the rest of the table is given up.
const MOST_LEAPS: u32 = 10_000;

/// SIDs by their index alone: no row is read.
const BY_INDEX: &str = "
    SELECT sid, NULL AS number FROM resource INDEXED BY resource_by_sid
    WHERE sid > :after ORDER BY sid LIMIT :limit";

/// Every resource.
pub fn resources(db: &Connection, report: &mut CheckReport, tell: &mut dyn FnMut(u64)) {
    let mut after: Vec<u8> = Vec::new();
    loop {
        let found = page(
            db,
            BY_INDEX,
            named_params! {":after": after, ":limit": PAGE},
        );
        for sid in &found.sids {
            resource(db, *sid, report);
        }
        tell(report.tally.resources);
        if let Some(last) = found.sids.last() {
            after = last.as_bytes().to_vec();
        }
        match found.end {
            End::More => {}
            End::Whole => return,
            End::Broken(error) => {
                report.fault(None, format!("the index of SIDs: {error}"));
                return rows(db, &after, report);
            }
        }
    }
}

/// SIDs by their rows.
const BY_ROW: &str = "
    SELECT sid, ordinal AS number FROM resource NOT INDEXED
    WHERE ordinal > :after ORDER BY ordinal LIMIT :limit";

/// Those that the index has not led to: SIDs beyond `done`.
fn rows(db: &Connection, done: &[u8], report: &mut CheckReport) {
    let (mut after, mut leaps) = (0, 0);
    loop {
        let found = page(db, BY_ROW, named_params! {":after": after, ":limit": PAGE});
        for sid in found.sids.iter().filter(|sid| &sid.as_bytes()[..] > done) {
            resource(db, *sid, report);
        }
        after = found.last.unwrap_or(after);
        match found.end {
            End::More => {}
            End::Whole => return,
            End::Broken(error) if leaps == MOST_LEAPS => {
                return report.fault(None, format!("resources from number {after} on: {error}"));
            }
            End::Broken(error) => {
                if leaps == 0 || found.last.is_some() {
                    report.fault(None, format!("resources after number {after}: {error}"));
                }
                leaps += 1;
                after += LEAP;
            }
        }
    }
}

/// Some SIDs, as far as they can be read.
struct Page {
    sids: Vec<Sid>,
    /// The number of the last of them, where rows were read.
    last: Option<i64>,
    end: End,
}

enum End {
    /// There may be more.
    More,
    /// There are no more.
    Whole,
    /// What comes next cannot be read.
    Broken(rusqlite::Error),
}

fn page(db: &Connection, sql: &str, parameters: &[(&str, &dyn ToSql)]) -> Page {
    let mut found = Page {
        sids: Vec::new(),
        last: None,
        end: End::Whole,
    };
    match found.fill(db, sql, parameters) {
        Err(error) => found.end = End::Broken(error),
        Ok(()) if found.sids.len() == PAGE as usize => found.end = End::More,
        Ok(()) => {}
    }
    found
}

impl Page {
    fn fill(
        &mut self,
        db: &Connection,
        sql: &str,
        parameters: &[(&str, &dyn ToSql)],
    ) -> rusqlite::Result<()> {
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            self.sids.push(Sid::from_bytes(row.get("sid")?));
            self.last = row.get("number")?;
        }
        Ok(())
    }
}

/// One resource with all that belongs to it.
fn resource(db: &Connection, sid: Sid, report: &mut CheckReport) {
    report.tally.resources += 1;
    let found = report.read(Some(sid), "its row", resources::by_sid(db, sid));
    let resource = match found {
        None => return,
        Some(None) => return report.fault(Some(sid), "its SID leads to no row"),
        Some(Some(resource)) => resource,
    };
    if recordings::was_made_here(&resource) {
        report.made.push(sid);
    }
    report.read(
        Some(sid),
        "its rejected reports",
        changes::rejected(db, sid),
    );
    report.read(Some(sid), "its remarks", warnings::of_resource(db, sid));
    let changes = report.read(Some(sid), "its changes", changes::changes(db, sid));
    let callbacks = report.read(Some(sid), "its callbacks", callbacks::of_resource(db, sid));
    if let Some(changes) = &changes {
        report.tally.changes += changes.len() as u64;
        in_sequence(&resource, changes, report);
    }
    for callback in callbacks.iter().flatten() {
        let known = changes.as_deref().unwrap_or_default();
        if changes.is_some() && !known.iter().any(|change| change.seq == callback.seq) {
            let what = format!(
                "callback {}: there is no change {}",
                callback.id, callback.seq
            );
            report.fault(Some(sid), what);
        }
        one_callback(db, callback, report);
    }
}

/// Changes are numbered from 0 on, without holes, and the resource knows the next number.
fn in_sequence(resource: &Resource, changes: &[Change], report: &mut CheckReport) {
    let mut numbered = changes.iter().zip(0..);
    if let Some((_, missing)) = numbered.find(|(change, number)| change.seq != *number) {
        report.fault(Some(resource.sid), format!("change {missing} is missing"));
    }
    if changes.len() as u64 != u64::from(resource.next_seq) {
        let (counted, there) = (resource.next_seq, changes.len());
        let what = format!("it counts {counted} changes, {there} are there");
        report.fault(Some(resource.sid), what);
    }
}

fn one_callback(db: &Connection, callback: &Callback, report: &mut CheckReport) {
    report.tally.callbacks += 1;
    report.tally.unsettled += u64::from(!callback.state.is_settled());
    let sid = Some(callback.resource);
    let what = format!("the attempts of callback {}", callback.id);
    let attempts = report.read(sid, &what, attempts::of_callback(db, callback.id));
    let Some(attempts) = attempts else {
        return;
    };
    report.tally.attempts += attempts.len() as u64;
    if attempts.len() != callback.attempts as usize {
        let (there, made) = (attempts.len(), callback.attempts);
        report.fault(sid, format!("{what}: {made} were made, {there} are there"));
    }
}

/// Index: the table's own.
const KEYS: &str = "SELECT key FROM event WHERE key > :after ORDER BY key LIMIT :limit";

/// Every event that a platform gave an id.
pub fn events(db: &Connection, report: &mut CheckReport) {
    let mut after: Vec<u8> = Vec::new();
    loop {
        let keys = db.prepare_cached(KEYS).and_then(|mut keys| {
            let parameters = named_params! {":after": after, ":limit": PAGE};
            let rows = keys.query_map(parameters, |row| row.get::<_, [u8; 16]>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        let Some(keys) = report.read(None, "the events", keys) else {
            return;
        };
        for key in &keys {
            report.read(None, "an event", events::by_key(db, EventKey(*key)));
        }
        match keys.last() {
            Some(last) => after = last.to_vec(),
            None => return,
        }
    }
}

/// Every step of the network.
pub fn steps(db: &Connection, report: &mut CheckReport) {
    let mut after = None;
    loop {
        let Some(page) = report.read(None, "the steps", steps::after(db, after, PAGE)) else {
            return;
        };
        match page.last() {
            Some(last) => {
                after = Some(StepPlace {
                    due: last.due,
                    resource: last.resource,
                });
            }
            None => return,
        }
    }
}
