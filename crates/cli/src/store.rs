//! `ringback store`: whether it is sound, a copy of it, its room given back.
//!
//! Opens the store's file itself, also while a server runs: checking and copying only read,
//! and no commit waits for a reader. To vacuum, the folder's lock is needed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use ringback_store::sqlite::{
    BackupError, CheckReport, Extent, OpenError, Progress, Sealed, VacuumError, backup, check,
    vacuum,
};
use serde_json::json;

use crate::args::{StoreCommand, StoreTopic};
use crate::banner::shell;
use crate::complaint::{Complaint, with_causes};
use crate::config::Config;
use crate::ground::refused;
use crate::output::print;

/// From here on it is said how far a copy is.
const LARGE_BYTES: u64 = 256 * 1024 * 1024;

/// After so many resources it is said how far a check is.
const MANY: u64 = 1_000_000;

/// Does what was asked, and prints what there is to show of it.
pub fn run(command: &StoreCommand) -> Result<(), Complaint> {
    let (data, _) = Config::data(&command.sources())?;
    if !data.join("ringback.db").exists() {
        let problem = format!("there is no store in {}", data.display());
        return Err(Complaint::failure(problem).hint("name its folder: --data DIR"));
    }
    let show = if command.json { Show::Json } else { Show::Text };
    match &command.topic {
        StoreTopic::Check => checked(&data, show),
        StoreTopic::Backup { file } => backed_up(&data, file, show),
        StoreTopic::Vacuum => vacuumed(&data, show),
    }
}

/// How what was found is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Show {
    Text,
    Json,
}

impl Show {
    fn print(self, json: &serde_json::Value, text: &str) {
        match self {
            Self::Json => print(&format!("{json:#}")),
            Self::Text => print(&text.trim_end()),
        }
    }
}

fn checked(data: &Path, show: Show) -> Result<(), Complaint> {
    let mut next = MANY;
    let report = check(data, &mut |resources| {
        if resources >= next {
            next = resources + MANY;
            say(&format!("{resources} resources were looked at"));
        }
    });
    let report = report.map_err(|error| refused(&error))?;
    show.print(&as_json(&report), &as_text(&report));
    if report.is_sound() {
        return Ok(());
    }
    let faults = report.faults.len() as u64 + report.untold;
    Err(Complaint::failure(format!(
        "the store has {faults} faults; nothing was changed"
    ))
    .hint("keep a copy of the data folder, then restore a backup: docs/operations.md"))
}

fn as_json(report: &CheckReport) -> serde_json::Value {
    let tally = report.tally;
    let faults = report.faults.iter().map(
        |fault| json!({"resource": fault.resource.map(|sid| sid.to_string()), "what": fault.what}),
    );
    json!({
        "sound": report.is_sound(),
        "schema": report.schema,
        "whole": report.extent == Extent::Whole,
        "resources": tally.resources,
        "changes": tally.changes,
        "callbacks": tally.callbacks,
        "unsettled": tally.unsettled,
        "attempts": tally.attempts,
        "kept": tally.kept,
        "recordings": tally.recordings,
        "orphans": tally.orphans,
        "faults": faults.collect::<Vec<_>>(),
        "untold": report.untold,
    })
}

fn as_text(report: &CheckReport) -> String {
    let mut text = String::new();
    // Writing into a text does not fail.
    for fault in &report.faults {
        let _ = match fault.resource {
            Some(sid) => writeln!(text, "{sid}: {}", fault.what),
            None => writeln!(text, "{}", fault.what),
        };
    }
    if report.untold > 0 {
        let _ = writeln!(text, "and {} faults more", report.untold);
    }
    let tally = report.tally;
    let sound = if report.is_sound() {
        "sound"
    } else {
        "not sound"
    };
    if tally.kept > 0 {
        let _ = writeln!(
            text,
            "{} outcomes wait in ringback.reserve: the next start records them",
            tally.kept
        );
    }
    if tally.orphans > 0 {
        let _ = writeln!(
            text,
            "{} files that belonged to no recording were removed",
            tally.orphans
        );
    }
    let _ = match report.extent {
        Extent::Whole => writeln!(
            text,
            "{sound}: {} resources, {} changes, {} callbacks ({} not settled), {} attempts",
            tally.resources, tally.changes, tally.callbacks, tally.unsettled, tally.attempts
        ),
        Extent::FileAlone => writeln!(
            text,
            "{sound}, as far as the file goes: its schema, {}, is that of an earlier release, \
             so that what is in it was not looked at",
            report.schema
        ),
    };
    text
}

fn backed_up(data: &Path, file: &Path, show: Show) -> Result<(), Complaint> {
    let mut tenths = 0;
    let copy = backup(data, file, &mut |Progress { done, whole }| {
        let now = 10 * done / whole.max(1);
        if whole >= LARGE_BYTES && now > tenths {
            tenths = now;
            say(&format!("{tenths}0 % of {}", megabytes(whole)));
        }
    });
    let copy = copy.map_err(|error| not_backed_up(&error))?;
    let mut text = format!("{} in {}\n", megabytes(copy.bytes), file.display());
    if copy.sealed == Sealed::Yes {
        text.push_str("Its secrets are sealed: keep the key file too, in another place.\n");
    }
    let json = json!({
        "file": file.display().to_string(),
        "bytes": copy.bytes,
        "sealed": copy.sealed == Sealed::Yes,
    });
    show.print(&json, &text);
    Ok(())
}

fn not_backed_up(error: &BackupError) -> Complaint {
    let complaint = Complaint::failure(with_causes(error));
    match error {
        BackupError::Open(error) => refused(error),
        BackupError::Exists { .. } => complaint.hint("name a new file: nothing is overwritten"),
        BackupError::Target { .. } => complaint.hint("name a file in a folder with enough room"),
        BackupError::Copy(_) => {
            complaint.hint("is there room for it? `ringback store check` looks at the store")
        }
    }
}

fn vacuumed(data: &Path, show: Show) -> Result<(), Complaint> {
    let done = vacuum(data).map_err(|error| not_vacuumed(&error, data))?;
    let (before, after) = (done.before_bytes, done.after_bytes);
    let text = format!("{} before, {} now", megabytes(before), megabytes(after));
    let json = json!({"before_bytes": before, "after_bytes": after});
    show.print(&json, &text);
    Ok(())
}

fn not_vacuumed(error: &VacuumError, data: &Path) -> Complaint {
    let complaint = Complaint::failure(with_causes(error));
    match error {
        VacuumError::Open(OpenError::Locked { .. }) => complaint.hint(
            "stop it first: no change could be recorded meanwhile. What is deleted leaves room \
             that is used again, so that this is seldom needed",
        ),
        VacuumError::Open(error) => refused(error),
        VacuumError::Write(_) => {
            let folder = shell(&data.display().to_string());
            complaint.hint(format!(
                "it needs room twice, here and for temporary files; SQLITE_TMPDIR={folder} puts \
                 these here as well"
            ))
        }
        VacuumError::Read { .. } => complaint.hint("the file becomes smaller when that one ends"),
    }
}

/// For people who wait. A closed stderr leaves nobody to tell.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}
