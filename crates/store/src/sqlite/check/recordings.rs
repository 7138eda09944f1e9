//! The files of recordings against their rows.
//!
//! Part of the check. Files are listed before the rows are read: whatever makes a file has a
//! row before, so that a file without one was left behind, also while a server runs. Invariant:
//! where rows cannot be read, no file is removed.

use std::io;

use ringback_domain::id::Sid;
use ringback_domain::recording::RecordingStatus;
use ringback_domain::resource::{Body, Presence, Resource};
use rusqlite::Connection;

use super::CheckReport;
use crate::recording_files::{Found, RecordingFiles, removed};
use crate::sqlite::resources;

/// Removes the files that belong to no recording, and counts the others. `found` was there
/// before `db`'s moment.
pub fn check(
    db: &Connection,
    files: &RecordingFiles,
    found: io::Result<Vec<Found>>,
    report: &mut CheckReport,
) {
    let found = report.read(None, "the files of recordings", found);
    for file in found.into_iter().flatten() {
        let orphan = match &file {
            Found::Abandoned(_) => true,
            Found::Whole(sid) => match resources::by_sid(db, *sid) {
                Ok(resource) => !resource.is_some_and(|it| may_have_a_file(&it)),
                // The walk has told of it.
                Err(_) => false,
            },
        };
        match (orphan, report.is_sound()) {
            (false, _) => report.tally.recordings += 1,
            (true, true) => remove(files, &file, report),
            (true, false) => {}
        }
    }
}

fn remove(files: &RecordingFiles, file: &Found, report: &mut CheckReport) {
    let (sid, gone) = match file {
        Found::Whole(sid) => (Some(*sid), files.remove(*sid)),
        Found::Abandoned(path) => (None, removed(path)),
    };
    let what = "a file that belongs to no recording cannot be removed";
    if report.read(sid, what, gone) == Some(true) {
        report.tally.orphans += 1;
    }
}

/// Whether its file is there or is being made.
fn may_have_a_file(resource: &Resource) -> bool {
    let Body::Recording(recording) = &resource.body else {
        return false;
    };
    let here = resource.presence == Presence::Here;
    here && match recording.status {
        RecordingStatus::Queued
        | RecordingStatus::InProgress
        | RecordingStatus::Paused
        | RecordingStatus::Stopped
        | RecordingStatus::Completed => true,
        RecordingStatus::Absent | RecordingStatus::Failed => false,
    }
}

/// Whether it is a completed recording whose file was made here: its network keeps something of
/// it, where one that a platform reported has nothing but a URL.
pub fn was_made_here(resource: &Resource) -> bool {
    let Body::Recording(recording) = &resource.body else {
        return false;
    };
    resource.presence == Presence::Here
        && resource.memo.is_some()
        && recording.status == RecordingStatus::Completed
}

/// Looks for the files of recordings that have to have one. `now` is read after the files: one
/// that was deleted meanwhile is not missed.
pub fn missing(now: &Connection, files: &RecordingFiles, made: &[Sid], report: &mut CheckReport) {
    for sid in made {
        let there = report.read(Some(*sid), "its file", files.open(*sid));
        if !matches!(there, Some(None)) {
            continue;
        }
        let row = resources::by_sid(now, *sid).ok().flatten();
        if row.is_some_and(|it| was_made_here(&it)) {
            report.fault(Some(*sid), "it is completed, and its file is missing");
        }
    }
}
