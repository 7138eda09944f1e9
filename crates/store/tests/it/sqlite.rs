//! What the store in SQLite promises when something goes wrong.

use std::fmt::Debug;
use std::sync::Arc;

use ringback_domain::resource::Kind;
use ringback_store::sqlite::{SqliteOptions, SqliteStore};
use ringback_store::{Batch, Store, StoreError};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::everything::{Everything, all};
use crate::fixture::{
    HERE, THERE, answered, at, call, callback, callback_id, created, delivered, ended, folder,
    message, message_owing, set_aside, sid, sound, step,
};

/// A batch with something for every table.
fn everything() -> Batch {
    let (mut busy, first) = call(2, None);
    let last = busy.report(ended(), at(9)).unwrap();
    let rejected = *busy.report(ended(), at(10)).unwrap_err();
    let mut batch = message_owing(vec![
        callback(1, 1, HERE),
        callback(2, 1, THERE),
        callback(3, 2, THERE),
    ]);
    batch.resources.push(busy);
    batch.changes.extend([first, last]);
    batch.rejected.push(rejected);
    batch.steps.push((sid(1), Some(step(1, at(5)))));
    batch.outcomes = vec![delivered(1), set_aside(2, at(80))];
    batch
}

async fn read(store: &SqliteStore) -> Everything {
    let callbacks: Vec<_> = (1..=4).map(callback_id).collect();
    Everything::read(store, &[sid(1), sid(2), sid(3)], &callbacks).await
}

#[tokio::test]
async fn keeps_everything_when_it_is_opened_again() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(everything()).await.unwrap();
    let before = read(&store).await;
    drop(store);

    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(read(&store).await, before);
    store.close().await;
    assert!(!dir.path().join("ringback.db-wal").exists());

    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(read(&store).await, before);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.close().await;
    store.close().await;
    let committed = store.commit(everything()).await;
    assert!(matches!(committed, Err(StoreError::Closed)));
    let opening = store.opening().await;
    assert!(matches!(opening, Err(StoreError::Closed)));
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_goes_on_when_there_is_room() {
    let dir = folder();
    let options = SqliteOptions {
        max_pages: Some(64),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open_with(dir.path(), options).unwrap();
    let mut acknowledged = 0;
    for n in 1..=10_000 {
        match store.commit(created([message(n)])).await {
            Ok(()) => acknowledged = n,
            Err(StoreError::Full) => break,
            Err(error) => panic!("{error}"),
        }
    }
    assert!((1..10_000).contains(&acknowledged), "{acknowledged}");
    let listed = store.list(&all(Kind::Message)).await.unwrap();
    assert_eq!(listed.len() as u64, acknowledged);
    let full = store.commit(created([message(acknowledged + 1)])).await;
    assert!(matches!(full, Err(StoreError::Full)));

    store.set_max_pages(None).await.unwrap();
    let next = created([message(acknowledged + 1)]);
    store.commit(next).await.unwrap();
    drop(store);
    let store = SqliteStore::open(dir.path()).unwrap();
    let opening = store.opening().await.unwrap();
    assert_eq!(opening.last_ordinal, acknowledged + 1);
}

#[tokio::test]
async fn a_batch_that_fails_midway_leaves_nothing_and_the_store_goes_on() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(everything()).await.unwrap();
    let before = read(&store).await;

    let mut broken = created([message(3)]);
    broken.callbacks = vec![callback(4, 3, HERE), callback(4, 3, HERE)];
    let unsure = store.commit(broken).await;
    assert!(matches!(unsure, Err(StoreError::Unsure { .. })));
    assert_eq!(read(&store).await, before);

    store.commit(created([message(3)])).await.unwrap();
    let found = store.resources(&[sid(3)]).await.unwrap();
    assert!(found[0].is_some());
}

#[tokio::test]
async fn goes_on_after_its_file_could_not_be_written_for_a_while() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(everything()).await.unwrap();
    let before = read(&store).await;

    // A table that is missing: the batch fails, and what it is opened with stays.
    let other = Connection::open(dir.path().join("ringback.db")).unwrap();
    let rename = |from: &str, to: &str| {
        let sql = format!("ALTER TABLE {from} RENAME TO {to}");
        other.execute_batch(&sql).unwrap();
    };
    rename("step", "gone");
    let mut batch = created([message(3)]);
    batch.steps.push((sid(3), Some(step(3, at(5)))));
    let unsure = store.commit(batch.clone()).await;
    assert!(matches!(unsure, Err(StoreError::Unsure { .. })));
    let unreadable = store.steps(None, 9).await;
    assert!(matches!(unreadable, Err(StoreError::Unreadable { .. })));

    rename("gone", "step");
    assert_eq!(read(&store).await, before);
    store.commit(batch).await.unwrap();
    assert_eq!(store.steps(None, 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn what_is_not_understood_is_an_error_and_no_panic() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(everything()).await.unwrap();
    let other = Connection::open(dir.path().join("ringback.db")).unwrap();
    other
        .execute_batch(
            "UPDATE resource SET data = 'nonsense' WHERE ordinal = 1;
            UPDATE resource SET status = 'vanished' WHERE ordinal = 2;
            UPDATE change SET gap = 7;
            UPDATE rejected SET verdict = 'accepted';
            UPDATE callback SET method = 'BREW';
            UPDATE attempt SET number = -1;
            UPDATE settled SET number = -1;
            UPDATE step SET resource = x'01';",
        )
        .unwrap();
    for n in [1, 2] {
        damaged(&store.resources(&[sid(n)]).await);
        damaged(&store.changes(sid(n)).await);
        damaged(&store.callbacks(sid(n)).await);
    }
    damaged(&store.rejected(sid(2)).await);
    damaged(&store.attempts(callback_id(1)).await);
    // What leads from one thing to the next goes around it, and names it.
    assert_eq!(store.list(&all(Kind::Message)).await.unwrap(), []);
    assert_eq!(store.steps(None, 9).await.unwrap(), []);
    let named = store.unreadable();
    assert!(
        named.iter().any(|it| it.resource == Some(sid(1))),
        "{named:?}"
    );

    #[track_caller]
    fn damaged<T: Debug>(read: &Result<T, StoreError>) {
        assert!(matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
    }
}

#[tokio::test]
async fn reads_a_thousand_resources_at_once() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store
        .commit(created((1..=1_000).map(message)))
        .await
        .unwrap();
    let sids: Vec<_> = (1..=1_000).map(sid).collect();
    let found = store.resources(&sids).await.unwrap();
    assert!(
        found
            .iter()
            .zip(&sids)
            .all(|(it, sid)| it.as_ref().unwrap().sid == *sid)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_beside_commits_sees_whole_batches() {
    const BATCH: u64 = 10;
    let dir = folder();
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        readers.spawn(async move {
            let mut seen = 0;
            for _ in 0..20 {
                let listed = store.list(&all(Kind::Message)).await.unwrap().len() as u64;
                assert_eq!(listed % BATCH, 0);
                assert!(listed >= seen, "{listed} after {seen}");
                seen = listed;
            }
        });
    }
    for first in (1..=20).map(|batch| batch * BATCH) {
        let batch = created((first..first + BATCH).map(message));
        store.commit(batch).await.unwrap();
    }
    readers.join_all().await;
}

#[tokio::test]
async fn a_url_that_is_the_callbacks_own_is_not_stored_twice() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store
        .commit(message_owing(vec![callback(1, 1, HERE)]))
        .await
        .unwrap();
    let batch = Batch {
        outcomes: vec![delivered(1)],
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let found = store.attempts(callback_id(1)).await.unwrap();
    assert_eq!(found, [answered(1, 1)]);
    let other = Connection::open(dir.path().join("ringback.db")).unwrap();
    let stored: Option<String> = other
        .query_row("SELECT url FROM settled", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, None);
}

/// A table with rows of a resource that a removal forgets to delete from fails this.
#[tokio::test]
async fn a_removal_leaves_no_row_of_the_resource_in_any_table() {
    let (dir, other) = (folder(), folder());
    let (with, without) = (
        SqliteStore::open(dir.path()).unwrap(),
        SqliteStore::open(other.path()).unwrap(),
    );
    let mut batch = sound();
    let projects = std::mem::take(&mut batch.projects);
    let entries = std::mem::take(&mut batch.entries);
    for store in [&with, &without] {
        let batch = Batch {
            projects: projects.clone(),
            entries: entries.clone(),
            ..Batch::default()
        };
        store.commit(batch).await.unwrap();
    }
    with.commit(batch).await.unwrap();
    let batch = Batch {
        steps: vec![(sid(1), None)],
        outcomes: vec![delivered(2), delivered(3), delivered(4)],
        ..Batch::default()
    };
    with.commit(batch).await.unwrap();
    let removal = Batch {
        removals: vec![sid(1), sid(2)],
        ..Batch::default()
    };
    with.commit(removal).await.unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let open = |dir: &TempDir| Connection::open(dir.path().join("ringback.db")).unwrap();
    let (with, without) = (open(&dir), open(&other));
    let mut tables = with.prepare(tables).unwrap();
    let names = tables.query_map([], |row| row.get::<_, String>(0)).unwrap();
    for name in names.map(Result::unwrap) {
        let sql = format!("SELECT count(*) FROM {name}");
        let count = |db: &Connection| -> i64 { db.query_row(&sql, [], |row| row.get(0)).unwrap() };
        // Destinations stay: others go there too, and they are few.
        if name != "destination" {
            assert_eq!(count(&with), count(&without), "{name}");
        }
    }
}
