//! Is the store sound? SQLite's own check of its file, and ours of what is in it.
//!
//! Called by `ringback store check`, in a process of its own. Reads only, in one transaction:
//! a server that runs goes on meanwhile. Files of recordings that belong to none are removed. Of a store that is damaged it looks at all that can
//! still be read, and says which resources are affected.

mod belongs;
mod recordings;
mod walk;

use std::path::Path;

use ringback_domain::id::Sid;
use rusqlite::Connection;

use super::error::{OpenError, with_causes};
use super::{SqliteOptions, clock, connection, entries, files, owed, projects, reserve, schema};
use crate::recording_files::RecordingFiles;

/// The most faults that are told one by one.
const MOST: usize = 1_000;

/// The most that SQLite itself tells.
const MOST_OF_SQLITE: u32 = 100;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The store's schema.
    pub schema: usize,
    /// Whether all was looked at: of a store of an earlier release SQLite's file alone is.
    pub extent: Extent,
    /// What is there.
    pub tally: Tally,
    /// What is wrong, at most a thousand of it.
    pub faults: Vec<Fault>,
    /// How much else is wrong.
    pub untold: u64,
    /// Recordings that have to have a file.
    made: Vec<Sid>,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// The file and what is in it.
    #[default]
    Whole,
    /// The file alone: the schema is not this release's.
    FileAlone,
}

/// How much of each there is, as far as it can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls, messages and all other kinds.
    pub resources: u64,
    /// Status changes.
    pub changes: u64,
    /// Callbacks, settled or not.
    pub callbacks: u64,
    /// Those of them that are pending or set aside.
    pub unsettled: u64,
    /// Attempts.
    pub attempts: u64,
    /// Outcomes in the reserve that are not in the store.
    pub kept: u64,
    /// Files of recordings.
    pub recordings: u64,
    /// Files that belonged to no recording, and are removed.
    pub orphans: u64,
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The resource that is affected, if it is one.
    pub resource: Option<Sid>,
    /// What is wrong, for people.
    pub what: String,
}

impl CheckReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn fault(&mut self, resource: Option<Sid>, what: impl Into<String>) {
        if self.faults.len() < MOST {
            let what = what.into();
            self.faults.push(Fault { resource, what });
        } else {
            self.untold += 1;
        }
    }

    /// What was read; a fault and nothing if it could not be.
    fn read<T, E: std::error::Error>(
        &mut self,
        resource: Option<Sid>,
        what: &str,
        found: Result<T, E>,
    ) -> Option<T> {
        let told = |error| self.fault(resource, format!("{what}: {}", with_causes(&error)));
        found.map_err(told).ok()
    }
}

/// Checks the store in `dir`; `tell` hears how many resources were looked at.
pub fn check(dir: &Path, tell: &mut dyn FnMut(u64)) -> Result<CheckReport, OpenError> {
    let path = files::existing(dir)?;
    let unusable = |source| OpenError::Unusable {
        path: path.clone(),
        source,
    };
    let reader = connection::reader(&path, SqliteOptions::default()).map_err(unusable)?;
    // Before the store's moment: see `recordings`.
    let files = RecordingFiles::of(dir);
    let found = files.all();
    // One moment of the store: what is committed meanwhile is not looked at.
    let db = reader.unchecked_transaction().map_err(unusable)?;
    let schema = schema::version(&db).map_err(unusable)?;
    if schema > schema::VERSION {
        return Err(OpenError::TooNew {
            path,
            found: schema,
            known: schema::VERSION,
        });
    }
    let mut report = CheckReport {
        schema,
        ..CheckReport::default()
    };
    file(&db, &mut report);
    if schema < schema::VERSION {
        report.extent = Extent::FileAlone;
        return Ok(report);
    }
    walk::resources(&db, &mut report, tell);
    walk::events(&db, &mut report);
    walk::steps(&db, &mut report);
    belongs::check(&db, &mut report);
    report.read(None, "the projects", projects::all(&db));
    report.read(
        None,
        "the numbers, applications and scenarios",
        entries::all(&db),
    );
    count(&db, &mut report);
    count_kept(&db, dir, &mut report);
    let made = std::mem::take(&mut report.made);
    recordings::check(&db, &files, found, &mut report);
    drop(db);
    recordings::missing(&reader, &files, &made, &mut report);
    Ok(report)
}

/// Every page, every row against its columns and every index against its table.
const INTEGRITY: &str = "PRAGMA integrity_check(100)";

/// What SQLite says of its file: one row `ok`, or one for each fault.
fn file(db: &Connection, report: &mut CheckReport) {
    let said = db.prepare(INTEGRITY).and_then(|mut check| {
        let rows = check.query_map([], |row| row.get::<_, String>(0))?;
        rows.collect::<rusqlite::Result<Vec<String>>>()
    });
    let said = report
        .read(None, "SQLite's check", said)
        .unwrap_or_default();
    for line in said.iter().filter(|line| *line != "ok") {
        // A line may hold several: of one tree each on a line of its own.
        for one in line.lines() {
            report.fault(None, format!("SQLite: {one}"));
        }
    }
    if said.len() >= MOST_OF_SQLITE as usize {
        report.fault(None, "SQLite stopped counting");
    }
}

/// What is owed is found by two narrow tables: they have to know all of it.
fn count(db: &Connection, report: &mut CheckReport) {
    let indexed = report.read(None, "what is owed", owed::unsettled(db));
    let walked = report.tally.unsettled;
    if let Some(indexed) = indexed
        && indexed != walked
    {
        let what = format!("{walked} callbacks are owed, and {indexed} would be found");
        report.fault(None, what);
    }
}

/// What is in the reserve is no fault: the next start records it, as long as the file stays
/// beside the store.
fn count_kept(db: &Connection, dir: &Path, report: &mut CheckReport) {
    let recorded = report.read(
        None,
        "what is recorded of the reserve",
        clock::kept_until(db),
    );
    let Some(recorded) = recorded else { return };
    let kept = reserve::count(dir, recorded);
    report.tally.kept = report.read(None, "the reserve", kept).unwrap_or(0);
}
