//! Copies of a store, and a store that is made smaller.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringback_domain::resource::Kind;
use ringback_store::sqlite::{
    BackupError, OpenError, Sealed, SqliteStore, VacuumError, backup, check, vacuum,
};
use ringback_store::{Batch, SealedStore, Store, StoreKey};

use crate::everything::{Everything, all};
use crate::fixture::{callback_id, created, folder, message, sid, sound};

async fn read(store: &dyn Store) -> Everything {
    let callbacks: Vec<_> = (1..=3).map(callback_id).collect();
    Everything::read(store, &[sid(1), sid(2)], &callbacks).await
}

#[tokio::test]
async fn a_copy_in_an_empty_folder_is_the_same_store() {
    let (dir, other) = (folder(), folder());
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(sound()).await.unwrap();
    let target = other.path().join("ringback.db");
    let copy = backup(dir.path(), &target, &mut |_| {}).unwrap();
    let found = fs::metadata(&target).unwrap();
    assert_eq!(copy.bytes, found.len());
    assert_eq!(copy.sealed, Sealed::No);
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    let restored = SqliteStore::open(other.path()).unwrap();
    assert_eq!(read(&restored).await, read(&store).await);
    assert!(check(other.path(), &mut |_| {}).unwrap().is_sound());
}

/// Commits go on all the time, and more often than a copy has steps.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_beside_commits_is_the_store_of_one_moment() {
    const BATCH: u64 = 10;
    let (dir, other) = (folder(), folder());
    let store = Arc::new(SqliteStore::open(dir.path()).unwrap());
    let batch = |first: u64| created((first..first + BATCH).map(message));
    // Enough for several steps.
    for n in 0..600 {
        store.commit(batch(1 + n * BATCH)).await.unwrap();
    }
    let before = store.list(&all(Kind::Message)).await.unwrap().len();
    let stop = Arc::new(AtomicBool::new(false));
    let writes = tokio::spawn({
        let (store, stop) = (Arc::clone(&store), Arc::clone(&stop));
        async move {
            let mut commits = 0;
            while !stop.load(Ordering::Relaxed) {
                store
                    .commit(batch(100_001 + commits * BATCH))
                    .await
                    .unwrap();
                commits += 1;
            }
            commits
        }
    });
    let (from, target) = (dir.path().to_owned(), other.path().join("ringback.db"));
    let steps = tokio::task::spawn_blocking(move || {
        let (mut steps, mut done) = (0, 0);
        backup(&from, &target, &mut |progress| {
            assert!(progress.done <= progress.whole);
            assert!(progress.done > done, "it began anew");
            done = progress.done;
            steps += 1;
        })
        .unwrap();
        steps
    });
    let steps = steps.await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let commits = writes.await.unwrap();
    assert!(steps > 2 && commits > 0, "{steps} steps, {commits} commits");
    assert!(check(other.path(), &mut |_| {}).unwrap().is_sound());
    let restored = SqliteStore::open(other.path()).unwrap();
    let found = restored.list(&all(Kind::Message)).await.unwrap().len();
    assert!(found >= before, "{found} of {before}");
    assert_eq!(found as u64 % BATCH, 0);
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_is_left_behind() {
    let (dir, other) = (folder(), folder());
    let target = other.path().join("copy.db");
    let none = backup(dir.path(), &target, &mut |_| {});
    assert!(matches!(none, Err(BackupError::Open(OpenError::Io { .. }))));
    SqliteStore::open(dir.path()).unwrap().close().await;
    fs::write(&target, "precious").unwrap();
    let taken = backup(dir.path(), &target, &mut |_| {});
    assert!(matches!(taken, Err(BackupError::Exists { .. })));
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    let nowhere = backup(dir.path(), &other.path().join("no/copy.db"), &mut |_| {});
    assert!(matches!(nowhere, Err(BackupError::Target { .. })));
    fs::write(dir.path().join("ringback.db"), "no store").unwrap();
    let broken = backup(dir.path(), &other.path().join("copy2.db"), &mut |_| {});
    assert!(matches!(broken, Err(BackupError::Copy(_))));
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn of_a_sealed_store_it_is_said_that_the_key_is_needed() {
    let (dir, other) = (folder(), folder());
    let key = || StoreKey::from_hex(&"a".repeat(64)).unwrap();
    let store = SealedStore::new(SqliteStore::open(dir.path()).unwrap(), Some(key()));
    store.commit(sound()).await.unwrap();
    let target = other.path().join("ringback.db");
    let copy = backup(dir.path(), &target, &mut |_| {}).unwrap();
    assert_eq!(copy.sealed, Sealed::Yes);
    let restored = SqliteStore::open(other.path()).unwrap();
    let restored = SealedStore::new(restored, Some(key()));
    assert_eq!(restored.projects().await.unwrap(), sound().projects);
}

#[tokio::test]
async fn a_vacuum_gives_the_room_back_and_keeps_the_rest() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(sound()).await.unwrap();
    for n in 0..20 {
        let batch = created((0..50).map(|m| message(10 + n * 50 + m)));
        store.commit(batch).await.unwrap();
    }
    let removal = Batch {
        removals: (10..1_010).map(sid).collect(),
        ..Batch::default()
    };
    store.commit(removal).await.unwrap();
    let before = read(&store).await;
    let refused = vacuum(dir.path());
    assert!(matches!(
        refused,
        Err(VacuumError::Open(OpenError::Locked { .. }))
    ));
    store.close().await;
    let file = dir.path().join("ringback.db");
    let size = || fs::metadata(&file).unwrap().len();
    let was = size();
    let vacuumed = vacuum(dir.path()).unwrap();
    assert_eq!((vacuumed.before_bytes, vacuumed.after_bytes), (was, size()));
    assert!(size() < was / 2, "{} of {was}", size());
    assert!(!dir.path().join("ringback.db-wal").exists());
    let store = SqliteStore::open(dir.path()).unwrap();
    assert_eq!(read(&store).await, before);
    assert!(check(dir.path(), &mut |_| {}).unwrap().is_sound());
}
