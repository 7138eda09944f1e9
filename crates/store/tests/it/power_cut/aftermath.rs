//! What is checked after a power cut.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::id::Sid;
use ringback_engine::Clock;
use ringback_store::Store;
use ringback_store::sqlite::{DiskAccess, SqliteOptions, SqliteStore};
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{START, Setup, TestEngine};
use ringback_testing::vfs::Remains;
use rusqlite::Connection;

use super::Cut;
use super::story::Story;
use super::workloads::{block_on, deliver_all};
use crate::everything::Everything;
use crate::fixture::{created, message, sid};

/// Of so many power cuts of an engine's store, an engine goes on after one.
const ENGINE_EVERY: u64 = 3;

/// Of so many power cuts, one leaves SQLite's shared memory with nonsense in it.
const NOISE_EVERY: u64 = 4;

/// Panics if anything is missing, or there that should not be, in `folder`, which holds what
/// the disk held.
pub fn check(past: &Story, cut: Cut, folder: &Path) {
    // The moment came from the seed itself.
    let left = Remains::of(&past.log[..cut.moment], !cut.seed);
    left.write_to(folder).unwrap();
    if cut.seed.is_multiple_of(NOISE_EVERY) {
        let path = folder.join("ringback.db-shm");
        fs::write(&path, vec![0xa5; 32_768]).unwrap();
        fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    }
    block_on(async {
        let store = open(folder);
        check_content(past, cut, &store).await;
        check_integrity(folder);
        if is_for_an_engine(past, cut) {
            go_on(store).await;
        } else {
            store.commit(created([message(9_999)])).await.unwrap();
            assert!(store.resources(&[sid(9_999)]).await.unwrap()[0].is_some());
        }
    });
}

/// Whether an engine is started on what is left.
pub fn is_for_an_engine(past: &Story, cut: Cut) -> bool {
    !past.told.is_empty() && cut.seed.is_multiple_of(ENGINE_EVERY)
}

/// Opens it as production does, but for the syncs: this disk is not cut.
fn open(folder: &Path) -> SqliteStore {
    let options = SqliteOptions {
        disk: DiskAccess {
            pragmas: "PRAGMA synchronous = OFF;",
            ..DiskAccess::default()
        },
        ..SqliteOptions::default()
    };
    SqliteStore::open_with(folder, options).unwrap()
}

/// What was acknowledged is there, and nothing but whole batches.
async fn check_content(past: &Story, cut: Cut, store: &SqliteStore) {
    // Whatever is there can be read.
    let found = Everything::read(store, &past.sids, &past.callbacks).await;
    let batches = past.batches_at(cut.moment);
    let whole = batches
        .clone()
        .any(|count| past.expected.get(count) == Some(&found));
    assert!(
        whole || past.expected.is_empty(),
        "{cut:?} leaves neither of {batches:?} batches, but {:?}",
        past.expected.iter().position(|it| *it == found)
    );
    for (resource, seq) in past.told_at(cut.moment) {
        let changes = store.changes(*resource).await.unwrap();
        let there = changes.iter().any(|change| change.seq == *seq);
        assert!(there, "{cut:?} loses change {seq} of {resource}");
    }
}

fn check_integrity(folder: &Path) {
    let db = Connection::open(folder.join("ringback.db")).unwrap();
    let answer: String = db
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(answer, "ok");
}

/// An engine delivers all that is owed, each resource's in order.
async fn go_on(store: SqliteStore) {
    let store = Arc::new(store);
    let mut waiting = Vec::new();
    for (project, origin) in store.destinations_owed().await.unwrap() {
        waiting.extend(store.owed(project, &origin, 0, 10_000).await.unwrap());
    }
    // A paused clock runs ahead while an engine waits for a disk: by days, if its syncs fail.
    let last_due = waiting.iter().map(|callback| callback.due).max();
    let last_due = last_due.unwrap_or_default().max(START);
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        // All that was set aside is due as well.
        clock: Clock::starting_at(last_due + Duration::from_secs(24 * 3600)),
        ..Setup::default()
    };
    let script = |_: &_| (Duration::from_millis(1), Ending::Status(200));
    let engine = TestEngine::scripted(setup, script).await;
    let created = engine.message("https://new.example/").await;
    deliver_all(&engine).await;
    let sent: Vec<String> = engine
        .seen()
        .iter()
        .map(|seen| seen.header("webhook-id").unwrap().to_owned())
        .collect();
    for lane in lanes(&waiting).values() {
        let places: Vec<_> = lane
            .iter()
            .map(|callback| {
                sent.iter()
                    .position(|id| *id == callback.id.to_string())
                    .unwrap()
            })
            .collect();
        assert!(places.is_sorted(), "{places:?}");
    }
    assert_eq!(engine.states(created.sid).await, [CallbackState::Delivered]);
    engine.running.drain(Duration::ZERO).await;
    store.close().await;
}

/// Callbacks by resource, each in order.
fn lanes(waiting: &[Callback]) -> HashMap<Sid, Vec<&Callback>> {
    let mut lanes: HashMap<Sid, Vec<&Callback>> = HashMap::new();
    for callback in waiting {
        lanes.entry(callback.resource).or_default().push(callback);
    }
    for lane in lanes.values_mut() {
        lane.sort_by_key(|callback| callback.position);
    }
    lanes
}
