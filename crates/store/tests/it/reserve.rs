//! The file beside the store that keeps outcomes while the store takes none.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use ringback_store::sqlite::{SqliteOptions, SqliteStore, backup, check, vacuum};
use ringback_store::{Batch, KeptOutcome, Room, Store, StoreError};

use crate::fixture::{
    HERE, at, callback, created, delivered, folder, kept, message, message_owing, set_aside,
};

const MIB: u64 = 1024 * 1024;

fn reserve(dir: &Path) -> std::path::PathBuf {
    dir.join("ringback.reserve")
}

/// A store with as much reserve.
fn open(dir: &Path, reserve_bytes: u64) -> SqliteStore {
    let options = SqliteOptions {
        reserve_bytes,
        ..SqliteOptions::default()
    };
    SqliteStore::open_with(dir, options).unwrap()
}

async fn owing(store: &SqliteStore, count: u64) {
    let callbacks = (1..=count).map(|n| callback(n, 1, HERE)).collect();
    store.commit(message_owing(callbacks)).await.unwrap();
}

async fn all(store: &SqliteStore) -> Vec<KeptOutcome> {
    let found = store.kept(u32::MAX).await.unwrap();
    found.into_iter().map(|(_, kept)| kept).collect()
}

#[tokio::test]
async fn its_blocks_are_taken_in_advance() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    let before = fs::metadata(reserve(dir.path())).unwrap();
    assert_eq!(before.len(), 64 * MIB);
    assert!(before.blocks() * 512 >= 64 * MIB, "{}", before.blocks());
    owing(&store, 100).await;
    let outcomes = (1..=100).map(|n| kept(delivered(n))).collect();
    store.keep(outcomes).await.unwrap();
    let after = fs::metadata(reserve(dir.path())).unwrap();
    assert_eq!(after.len(), before.len());
}

#[tokio::test]
async fn what_is_kept_is_there_when_it_is_opened_again() {
    let dir = folder();
    let outcomes = vec![
        kept(delivered(1)),
        kept(set_aside(2, at(80))),
        kept(delivered(2)),
    ];
    let store = SqliteStore::open(dir.path()).unwrap();
    owing(&store, 2).await;
    store.keep(outcomes.clone()).await.unwrap();
    drop(store);
    let store = SqliteStore::open(dir.path()).unwrap();
    let found = store.kept(9).await.unwrap();
    let batch = Batch {
        outcomes: vec![delivered(1)],
        kept_until: Some(found[0].0),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    drop(store);
    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(all(&store).await, outcomes[1..]);
    store.keep(vec![kept(delivered(1))]).await.unwrap();
    let again = store.kept(9).await.unwrap();
    let numbers: Vec<u64> = again
        .iter()
        .map(|(number, _)| number - found[0].0)
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[tokio::test]
async fn a_torn_end_is_dropped_wherever_it_was_torn() {
    let dir = folder();
    let store = open(dir.path(), MIB);
    owing(&store, 3).await;
    let outcomes: Vec<_> = (1..=3).map(|n| kept(delivered(n))).collect();
    let mut ends = Vec::new();
    for outcome in &outcomes {
        store.keep(vec![outcome.clone()]).await.unwrap();
        let bytes = fs::read(reserve(dir.path())).unwrap();
        ends.push(bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1);
    }
    drop(store);
    let whole = fs::read(reserve(dir.path())).unwrap();
    for cut in (ends[1]..ends[2]).step_by(7) {
        let mut torn = whole.clone();
        // A sector that was not written holds what was there before.
        torn[cut..].fill(0);
        fs::write(reserve(dir.path()), &torn).unwrap();
        let store = open(dir.path(), MIB);
        assert_eq!(all(&store).await, outcomes[..2], "cut at {cut}");
        store.keep(outcomes[2..].to_vec()).await.unwrap();
        drop(store);
        let store = open(dir.path(), MIB);
        assert_eq!(all(&store).await, outcomes, "cut at {cut}");
    }
}

#[tokio::test]
async fn what_it_held_before_is_never_taken_for_what_it_holds() {
    let dir = folder();
    let store = open(dir.path(), MIB);
    owing(&store, 3).await;
    let first: Vec<_> = (1..=3).map(|n| kept(delivered(n))).collect();
    store.keep(first).await.unwrap();
    let old = fs::read(reserve(dir.path())).unwrap();
    let last = store.kept(9).await.unwrap().pop().unwrap().0;
    let batch = Batch {
        outcomes: (1..=3).map(delivered).collect(),
        kept_until: Some(last),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let blank = fs::read(reserve(dir.path())).unwrap();
    assert!(blank.iter().all(|byte| *byte == 0), "answers are not left");
    // As if that had not reached the disk.
    let mut options = OpenOptions::new();
    let file = options.write(true).open(reserve(dir.path())).unwrap();
    file.write_all_at(&old, 0).unwrap();
    drop(store);
    let store = open(dir.path(), MIB);
    assert_eq!(all(&store).await, [], "the store has them");
    let next = kept(set_aside(1, at(9)));
    store.keep(vec![next.clone()]).await.unwrap();
    drop(store);
    let store = open(dir.path(), MIB);
    assert_eq!(all(&store).await, [next]);
}

#[tokio::test]
async fn says_when_it_is_nearly_full_and_takes_what_fits() {
    let dir = folder();
    let store = open(dir.path(), 16 * 1024);
    owing(&store, 200).await;
    let mut number = 0;
    let mut scarce_at = None;
    loop {
        number += 1;
        let keeping = store.keep(vec![kept(delivered(number))]).await.unwrap();
        if keeping.room == Room::Scarce {
            scarce_at.get_or_insert(number);
        }
        if keeping.kept == 0 {
            break;
        }
        assert!(number < 200);
    }
    let scarce_at = scarce_at.unwrap();
    assert!(scarce_at < number - 2, "{scarce_at} {number}");
    assert_eq!(all(&store).await.len() as u64, number - 1);
    assert_eq!(fs::metadata(reserve(dir.path())).unwrap().len(), 16 * 1024);
    let last = store.kept(u32::MAX).await.unwrap().pop().unwrap().0;
    let batch = Batch {
        kept_until: Some(last),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let keeping = store.keep(vec![kept(delivered(1))]).await.unwrap();
    assert_eq!((keeping.kept, keeping.room), (1, Room::Enough));
}

#[tokio::test]
async fn damage_in_the_middle_gives_up_the_rest_and_no_more() {
    let dir = folder();
    let store = open(dir.path(), MIB);
    owing(&store, 5).await;
    let outcomes: Vec<_> = (1..=5).map(|n| kept(delivered(n))).collect();
    store.keep(outcomes.clone()).await.unwrap();
    let end = fs::read(reserve(dir.path())).unwrap();
    let end = end.iter().rposition(|byte| *byte != 0).unwrap();
    let file = OpenOptions::new()
        .write(true)
        .open(reserve(dir.path()))
        .unwrap();
    file.write_all_at(b"!", (end / 2) as u64).unwrap();
    let found = store.kept(9).await.unwrap();
    assert_eq!(found.len(), 2);
    let batch = Batch {
        kept_until: Some(found[1].0),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    assert_eq!(all(&store).await, [], "given up");
    store.keep(outcomes[..1].to_vec()).await.unwrap();
    drop(store);
    let store = open(dir.path(), MIB);
    assert_eq!(all(&store).await, outcomes[..1]);
}

#[tokio::test]
async fn a_file_that_is_no_reserve_is_made_one() {
    let dir = folder();
    drop(SqliteStore::open(dir.path()).unwrap());
    let mut file = File::create(reserve(dir.path())).unwrap();
    file.write_all(b"something else entirely, and long enough")
        .unwrap();
    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(all(&store).await, []);
    owing(&store, 1).await;
    store.keep(vec![kept(delivered(1))]).await.unwrap();
    assert_eq!(all(&store).await, [kept(delivered(1))]);
}

#[tokio::test]
async fn it_works_while_the_store_is_full() {
    let dir = folder();
    let options = SqliteOptions {
        max_pages: Some(64),
        ..SqliteOptions::default()
    };
    let store = SqliteStore::open_with(dir.path(), options).unwrap();
    owing(&store, 5).await;
    let mut full = None;
    for n in 2..=10_000 {
        full = store.commit(created([message(n)])).await.err();
        if full.is_some() {
            break;
        }
    }
    assert!(matches!(full, Some(StoreError::Full)), "{full:?}");
    let outcomes: Vec<_> = (1..=5).map(|n| kept(delivered(n))).collect();
    store.keep(outcomes.clone()).await.unwrap();
    assert_eq!(all(&store).await, outcomes);
}

#[tokio::test]
async fn store_commands_leave_the_reserve_where_it_is() {
    let dir = folder();
    let store = open(dir.path(), MIB);
    owing(&store, 2).await;
    let outcomes = vec![kept(delivered(1)), kept(delivered(2))];
    store.keep(outcomes.clone()).await.unwrap();
    let batch = Batch {
        outcomes: vec![delivered(1)],
        kept_until: Some(store.kept(1).await.unwrap()[0].0),
        ..Batch::default()
    };
    store.commit(batch).await.unwrap();
    let waiting = || check(dir.path(), &mut |_| {}).unwrap().tally.kept;
    assert_eq!(waiting(), 1, "while it is open");

    // A copy has what is recorded: what is kept is owed there, and sent again.
    let restored = folder();
    let copy = restored.path().join("ringback.db");
    backup(dir.path(), &copy, &mut |_| {}).unwrap();
    let found = check(restored.path(), &mut |_| {}).unwrap().tally;
    assert_eq!((found.kept, found.unsettled), (0, 1));

    store.close().await;
    drop(store);
    vacuum(dir.path()).unwrap();
    assert_eq!(waiting(), 1, "after a vacuum");
    assert_eq!(all(&open(dir.path(), MIB)).await, outcomes[1..]);
}
