//! A disk that fails: its syncs, its room, its permission to write, its pages.

use ringback_domain::resource::Kind;
use ringback_store::sqlite::{DiskAccess, SqliteOptions, SqliteStore};
use ringback_store::{Store, StoreError};
use ringback_testing::vfs::{Damage, ReadOnly, Remains, TestDisk};
use tempfile::TempDir;

use crate::everything::all;
use crate::fixture::{
    HERE, callback, created, delivered, folder, kept, message, message_owing, sid,
};

const PAGE: u64 = 8192;

fn open(dir: &TempDir, disk: TestDisk) -> SqliteStore {
    let options = SqliteOptions {
        reserve_bytes: 64 * 1024,
        disk: DiskAccess {
            vfs: Some(disk.vfs()),
            ..DiskAccess::default()
        },
        ..SqliteOptions::default()
    };
    SqliteStore::open_with(dir.path(), options).unwrap()
}

async fn is_there(store: &SqliteStore, n: u64) -> bool {
    let found = store.resources(&[sid(n)]).await.unwrap();
    found[0].is_some()
}

/// What is read after a sync that failed stays true whatever the disk has kept of it: nothing
/// that was in the system's cache alone is taken for written.
#[tokio::test]
async fn after_a_sync_that_failed_what_is_read_and_written_survives_a_power_cut() {
    for failing in 1..=2 {
        let dir = folder();
        let disk = TestDisk::new();
        let store = open(&dir, disk);
        store.commit(created([message(1)])).await.unwrap();
        disk.fail_syncs(failing);
        let unsure = store.commit(created([message(2)])).await;
        assert!(
            matches!(unsure, Err(StoreError::Unsure { .. })),
            "{unsure:?}"
        );
        // A second failure hits the reopening, or the commit after it.
        let mut number = 3;
        while let Err(error) = store.commit(created([message(number)])).await {
            assert!(number < 9, "{error:?}");
            number += 1;
        }
        let seen: Vec<bool> = [is_there(&store, 1).await, is_there(&store, 2).await].into();
        assert!(seen[0]);
        let log = disk.log();
        drop(store);
        for seed in 0..20 {
            let after = folder();
            Remains::of(&log, seed).write_to(after.path()).unwrap();
            let store = SqliteStore::open(after.path()).unwrap();
            let found = [is_there(&store, 1).await, is_there(&store, 2).await];
            assert_eq!(found[..], seen, "{failing} failed, cut {seed}");
            assert!(is_there(&store, number).await, "cut {seed}");
        }
    }
}

#[tokio::test]
async fn nothing_is_taken_while_syncs_fail_and_everything_after() {
    let dir = folder();
    let disk = TestDisk::new();
    let store = open(&dir, disk);
    store.commit(created([message(1)])).await.unwrap();
    disk.fail_syncs(u32::MAX);
    for n in 2..10 {
        store.commit(created([message(n)])).await.unwrap_err();
    }
    // The reserve is a file of its own.
    store.keep(vec![kept(delivered(1))]).await.unwrap();
    disk.mend();
    store.commit(created([message(10)])).await.unwrap();
    assert!(is_there(&store, 1).await && is_there(&store, 10).await);
    let listed = store.list(&all(Kind::Message)).await.unwrap();
    drop(store);
    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(store.list(&all(Kind::Message)).await.unwrap(), listed);
}

#[tokio::test]
async fn a_disk_without_room_is_full_and_goes_on_with_room() {
    let dir = folder();
    let disk = TestDisk::new();
    let store = open(&dir, disk);
    store
        .commit(message_owing(vec![callback(1, 1, HERE)]))
        .await
        .unwrap();
    let mut next = 2;
    for room in [0, 1, 4_096, 8_192, 20_000, 100_000] {
        disk.set_room(Some(room));
        let full = loop {
            match store.commit(created([message(next)])).await {
                Ok(()) => next += 1,
                Err(error) => break error,
            }
            assert!(next < 1_000, "{room}");
        };
        assert!(matches!(full, StoreError::Full), "{room}: {full:?}");
        let listed = store.list(&all(Kind::Message)).await.unwrap();
        assert_eq!(listed.len() as u64, next - 1);
        disk.set_room(None);
        store.commit(created([message(next)])).await.unwrap();
        next += 1;
    }
    assert!(next > 7, "some went through: {next}");
}

#[tokio::test]
async fn a_disk_that_turns_read_only_is_said_so_read_from_and_written_later() {
    let dir = folder();
    let disk = TestDisk::new();
    let store = open(&dir, disk);
    store.commit(created([message(1)])).await.unwrap();
    disk.set_read_only(ReadOnly::Yes);
    // The first write fails with its outcome unknown, those after it are told why.
    store.commit(created([message(2)])).await.unwrap_err();
    for n in 3..6 {
        let refused = store.commit(created([message(n)])).await;
        assert!(matches!(refused, Err(StoreError::ReadOnly)), "{refused:?}");
    }
    assert!(is_there(&store, 1).await);
    assert!(!is_there(&store, 2).await);
    disk.set_read_only(ReadOnly::No);
    store.commit(created([message(2)])).await.unwrap();
    assert!(is_there(&store, 2).await && !is_there(&store, 3).await);
}

#[tokio::test]
async fn a_page_that_the_disk_does_not_give_back_is_gone_around() {
    let dir = folder();
    let callbacks = (1..=300).map(|n| callback(n, 1, HERE)).collect();
    {
        let store = SqliteStore::open(dir.path()).unwrap();
        store.commit(message_owing(callbacks)).await.unwrap();
        store.close().await;
    }
    let leaf: u64 = rusqlite::Connection::open(dir.path().join("ringback.db"))
        .unwrap()
        .query_row(
            "SELECT pageno FROM dbstat WHERE name = 'callback' AND pagetype = 'leaf'
            ORDER BY pageno LIMIT 1 OFFSET 2",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let bytes = (leaf - 1) * PAGE..leaf * PAGE;
    for damage in [Damage::Unreadable, Damage::Zeros, Damage::Flipped] {
        let disk = TestDisk::new();
        disk.damage(bytes.clone(), damage);
        let store = open(&dir, disk);
        let (project, origin) = store.destinations_owed().await.unwrap().remove(0);
        let owed = store.owed(project, &origin, 0, 1_000).await.unwrap();
        let named = store.unreadable();
        assert_eq!(owed.len() + named.len(), 300, "{damage:?}: {named:?}");
        assert!((1..=150).contains(&named.len()), "{damage:?}: {named:?}");
        assert!(named.iter().all(|it| it.resource == Some(sid(1))));
        disk.mend();
        let owed = store.owed(project, &origin, 0, 1_000).await.unwrap();
        assert_eq!(owed.len(), 300, "{damage:?}: it is mended");
    }
}
