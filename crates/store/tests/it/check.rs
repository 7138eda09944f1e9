//! What `check` finds: that a store is sound, and where it is not.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use ringback_domain::change::News;
use ringback_domain::recording::{RecordingFacts, RecordingStatus};
use ringback_domain::resource::{Kind, Presence};
use ringback_store::sqlite::{CheckReport, Extent, OpenError, SqliteStore, check};
use ringback_store::{Batch, RecordingFiles, Store as _};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::fixture::{created, folder, message, resource, sid, sound};
use crate::stored::stored;

/// A closed store with a row in every table.
async fn closed() -> TempDir {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(sound()).await.unwrap();
    store.close().await;
    dir
}

fn file(dir: &TempDir) -> PathBuf {
    dir.path().join("ringback.db")
}

fn checked(dir: &Path) -> CheckReport {
    check(dir, &mut |_| {}).unwrap()
}

fn changed(dir: &TempDir, sql: &str) {
    let db = Connection::open(file(dir)).unwrap();
    db.execute_batch(sql).unwrap();
}

/// What is told of a resource, of all together.
fn told(report: &CheckReport) -> String {
    let lines = report.faults.iter().map(|fault| {
        let sid = fault.resource.map(|sid| sid.to_string());
        format!("{} {}\n", sid.unwrap_or_default(), fault.what)
    });
    lines.collect()
}

#[tokio::test]
async fn a_sound_store_is_counted_and_left_as_it_is() {
    let dir = closed().await;
    let before = fs::read(file(&dir)).unwrap();
    let report = checked(dir.path());
    assert!(report.is_sound(), "{}", told(&report));
    let tally = report.tally;
    assert_eq!((tally.resources, tally.changes), (2, 3));
    assert_eq!((tally.callbacks, tally.unsettled), (4, 3));
    assert_eq!(tally.attempts, 3);
    assert_eq!(fs::read(file(&dir)).unwrap(), before);
}

#[tokio::test]
async fn a_store_in_use_can_be_checked_and_goes_on() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(sound()).await.unwrap();
    let report = checked(dir.path());
    assert!(report.is_sound(), "{}", told(&report));
    store.commit(created([message(3)])).await.unwrap();
    assert_eq!(checked(dir.path()).tally.resources, 3);
}

/// A table is noticed when it is emptied, unless nothing else says that its rows were there.
/// A table that is in neither list is new: `check/belongs.rs` has to know it.
#[tokio::test]
async fn rows_that_are_gone_are_noticed() {
    let noticed = [
        "aside",
        "attempt",
        "callback",
        "change",
        "clock",
        "destination",
        "highest",
        "pending",
        "project",
        "resource",
        "settled",
        "signing_key",
    ];
    let leaves = [
        "application",
        "event",
        "meter",
        "opt_out",
        "phone_number",
        "rejected",
        "replay",
        "scenario",
        "step",
        "token",
        "warning",
    ];
    let dir = closed().await;
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let db = Connection::open(file(&dir)).unwrap();
    let mut tables = db.prepare(tables).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    for name in names.map(Result::unwrap) {
        let count = |dir: &TempDir| -> i64 {
            let db = Connection::open(file(dir)).unwrap();
            let sql = format!("SELECT count(*) FROM {name}");
            db.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        let dir = closed().await;
        assert!(count(&dir) > 0, "{name} has no row to lose");
        changed(&dir, &format!("DELETE FROM {name}"));
        let report = checked(dir.path());
        let known = noticed.contains(&&*name) || leaves.contains(&&*name);
        assert!(known, "{name} is new");
        assert_eq!(report.is_sound(), leaves.contains(&&*name), "{name}");
    }
}

#[tokio::test]
async fn every_fault_names_the_resource_that_it_is_of() {
    let cases = [
        (
            "UPDATE resource SET data = 'nonsense' WHERE ordinal = 2",
            "its row: ",
        ),
        (
            "UPDATE resource SET next_seq = 9 WHERE ordinal = 2",
            "it counts 9 changes, 2 are",
        ),
        (
            "DELETE FROM change WHERE resource = 2 AND seq = 0",
            "change 0 is missing",
        ),
        (
            "UPDATE change SET gap = 7 WHERE resource = 2",
            "its changes: ",
        ),
        (
            "UPDATE rejected SET verdict = 'accepted'",
            "its rejected reports: ",
        ),
        (
            "UPDATE callback SET method = 'BREW' WHERE resource = 2",
            "its callbacks: ",
        ),
        (
            "UPDATE callback SET seq = 5 WHERE position = 3",
            "there is no change 5",
        ),
        (
            "UPDATE callback SET destination = 9 WHERE position = 3",
            "destination that is not",
        ),
        (
            "DELETE FROM attempt WHERE callback = 2",
            "1 were made, 0 are there",
        ),
        (
            "UPDATE attempt SET number = -1 WHERE callback = 2",
            "the attempts of callback ",
        ),
    ];
    for (sql, expected) in cases {
        let dir = closed().await;
        changed(&dir, sql);
        let report = checked(dir.path());
        let of_it = report
            .faults
            .iter()
            .filter(|it| it.resource == Some(sid(2)));
        let said: Vec<&str> = of_it.map(|fault| &*fault.what).collect();
        assert!(
            said.iter().any(|what| what.contains(expected)),
            "{sql}: {}",
            told(&report)
        );
        assert_eq!(
            report
                .faults
                .iter()
                .filter(|it| it.resource == Some(sid(1)))
                .count(),
            0
        );
    }
}

#[tokio::test]
async fn rows_that_belong_to_nothing_are_noticed() {
    for (sql, expected) in [
        (
            "UPDATE settled SET callback = 77",
            "a callback is settled that is not there, position 77",
        ),
        (
            "UPDATE replay SET callback = 77",
            "a callback was replayed that is not there, position 77",
        ),
        (
            "UPDATE pending SET destination = 77",
            "a callback is pending that is not there, position 3",
        ),
        (
            "UPDATE aside SET callback = 3 WHERE callback = 2",
            "its callback stands at none or at several states, position 3",
        ),
        (
            "UPDATE warning SET resource = 77",
            "remarks on a resource that is not there, number 77",
        ),
        (
            "UPDATE event SET resource = 77",
            "events of a resource that is not there, number 77",
        ),
        (
            "UPDATE rejected SET resource = 77",
            "reports of a resource that is not there, number 77",
        ),
        (
            "UPDATE step SET resource = x'00112233445566778899aabbccddeeff'",
            "but no row; step 1",
        ),
        ("UPDATE event SET verdict = 'perhaps'", "an event: "),
        (
            "DELETE FROM project",
            "tokens of a project that is not there, in all 1",
        ),
    ] {
        let dir = closed().await;
        changed(&dir, sql);
        let report = checked(dir.path());
        assert!(told(&report).contains(expected), "{sql}: {}", told(&report));
    }
}

/// Overwrites a page of `tree` that holds rows or entries; the first or the last of them.
fn damage(dir: &TempDir, tree: &str) {
    let db = Connection::open(file(dir)).unwrap();
    let leaf = "SELECT pageno FROM dbstat WHERE name = ?1 AND pagetype = 'leaf'
        ORDER BY pageno LIMIT 1 OFFSET 1";
    let number: u64 = db.query_row(leaf, [tree], |row| row.get(0)).unwrap();
    drop(db);
    let file = OpenOptions::new().write(true).open(file(dir)).unwrap();
    file.write_all_at(&[0xa5; 8192], (number - 1) * 8192)
        .unwrap();
}

#[tokio::test]
async fn of_a_damaged_file_the_affected_resources_are_named_and_the_others_are_looked_at() {
    const MANY: u64 = 2_000;
    for tree in ["resource", "change", "resource_by_sid"] {
        let dir = folder();
        let store = SqliteStore::open(dir.path()).unwrap();
        store
            .commit(created((1..=MANY).map(message)))
            .await
            .unwrap();
        store.close().await;
        assert!(checked(dir.path()).is_sound());
        damage(&dir, tree);
        let report = checked(dir.path());
        assert!(!report.is_sound(), "{tree}");
        assert_eq!(report.tally.resources, MANY, "{tree}: {}", told(&report));
        let named = report
            .faults
            .iter()
            .filter(|it| it.resource.is_some())
            .count() as u64;
        match tree {
            // Every one is still found, by its row.
            "resource_by_sid" => assert!(told(&report).contains("the index of SIDs: ")),
            _ => assert!((1..MANY / 2).contains(&named), "{tree}: {}", told(&report)),
        }
    }
}

#[tokio::test]
async fn of_an_older_store_the_file_alone_is_checked_and_a_newer_one_is_refused() {
    let dir = stored(include_str!("stored/v1.sql"));
    let report = checked(dir.path());
    assert!(report.is_sound());
    assert_eq!((report.schema, report.extent), (1, Extent::FileAlone));
    changed(&dir, "PRAGMA user_version = 99");
    let refused = check(dir.path(), &mut |_| {});
    assert!(matches!(refused, Err(OpenError::TooNew { found: 99, .. })));
}

#[test]
fn where_there_is_no_store_none_is_made() {
    let dir = folder();
    assert!(matches!(
        check(dir.path(), &mut |_| {}),
        Err(OpenError::Io { .. })
    ));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

/// A recording that its network made, completed, with its changes.
fn recorded(n: u64) -> Batch {
    let (mut resource, first) = resource(Kind::Recording, n);
    resource.memo = Some("[]".into());
    let news = News::Recording(RecordingStatus::Completed, RecordingFacts::default());
    let second = resource.report(news, resource.created_at).unwrap();
    Batch {
        resources: vec![resource],
        changes: vec![first, second],
        ..Batch::default()
    }
}

#[tokio::test]
async fn a_file_without_a_recording_is_removed_and_a_recording_without_a_file_is_a_fault() {
    let dir = closed().await;
    let store = SqliteStore::open(dir.path()).unwrap();
    let files = RecordingFiles::of(dir.path());
    let put = |n| {
        let written = files.write(sid(n), |file| file.write_all(b"audio"));
        written.unwrap();
    };
    let batch = recorded(7);
    let mut deleted = batch.resources[0].clone();
    store.commit(batch).await.unwrap();
    store.commit(recorded(8)).await.unwrap();
    [7, 8, 99].into_iter().for_each(put);
    let report = checked(dir.path());
    assert!(report.is_sound(), "{}", told(&report));
    assert_eq!((report.tally.recordings, report.tally.orphans), (2, 1));
    assert!(files.open(sid(99)).unwrap().is_none());

    files.remove(sid(8)).unwrap();
    let told_of = told(&checked(dir.path()));
    let expected = format!("{} it is completed, and its file is missing\n", sid(8));
    assert_eq!(told_of, expected);

    put(8);
    deleted.presence = Presence::Deleted;
    let batch = Batch {
        resources: vec![deleted],
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let report = checked(dir.path());
    assert!(report.is_sound(), "{}", told(&report));
    assert_eq!((report.tally.recordings, report.tally.orphans), (1, 1));
}

#[tokio::test]
async fn no_file_is_removed_where_rows_cannot_be_read() {
    let dir = closed().await;
    let files = RecordingFiles::of(dir.path());
    let put = files.write(sid(99), |file| file.write_all(b"audio"));
    put.unwrap();
    changed(
        &dir,
        "UPDATE resource SET data = 'nonsense' WHERE ordinal = 2",
    );
    assert_eq!(checked(dir.path()).tally.orphans, 0);
    assert!(files.open(sid(99)).unwrap().is_some());
}
