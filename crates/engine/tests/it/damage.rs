//! A store that is damaged in places: what is whole is recorded and delivered.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use ringback_domain::callback::CallbackState::{Delivered, Pending};
use ringback_domain::message::MessageStatus::{Sending, Sent};
use ringback_engine::metrics::Writes;
use ringback_store::Store;
use ringback_store::sqlite::SqliteStore;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{Setup, TestEngine};
use rusqlite::Connection;
use tokio::time::{sleep, timeout};

use crate::sqlite::folder;
use crate::{URL, hours, seconds};

async fn faulty() -> (TestEngine, Arc<FaultyStore<MemoryStore>>) {
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (seconds(1), Ending::Status(200))).await;
    (engine, store)
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_written_keeps_no_other_from_being_recorded() {
    let (engine, store) = faulty().await;
    let mut sids = Vec::new();
    for n in 0..20 {
        let url = format!("https://{n}.example/sms");
        sids.push(engine.message(&url).await.sid);
    }
    let damaged = engine.callbacks(sids[7]).await.remove(0);
    store.damage(damaged.id);
    sleep(seconds(10)).await;
    for (n, sid) in sids.iter().enumerate() {
        let expected = if n == 7 { Pending } else { Delivered };
        assert_eq!(engine.states(*sid).await, [expected], "{n}");
    }
    assert_eq!(
        engine.engine.metrics().writes(),
        Writes::Taken,
        "it is ready"
    );
    engine.report(sids[3], Sending).await;
    sleep(hours(1)).await;
    assert_eq!(engine.states(sids[3]).await, [Delivered; 2]);
    assert_eq!(engine.seen().len(), 21, "nothing is sent twice");

    // Now and then it is tried again: a disk may be mended.
    store.recover();
    engine.settled(seconds(700)).await;
    assert_eq!(engine.states(sids[7]).await, [Delivered]);
    assert_eq!(engine.seen().len(), 21);
}

#[tokio::test(start_paused = true)]
async fn of_what_was_kept_the_rest_is_recorded_around_what_is_damaged() {
    let (engine, store) = faulty().await;
    let mut sids = Vec::new();
    for n in 0..20 {
        let url = format!("https://{n}.example/sms");
        sids.push(engine.message(&url).await.sid);
    }
    store.fail_all(Fault::Full);
    sleep(seconds(5)).await;
    assert_eq!(store.kept(99).await.unwrap().len(), 20);
    let damaged = engine.callbacks(sids[7]).await.remove(0);
    store.recover();
    store.damage(damaged.id);
    sleep(seconds(10)).await;
    for (n, sid) in sids.iter().enumerate() {
        let expected = if n == 7 { Pending } else { Delivered };
        assert_eq!(engine.states(*sid).await, [expected], "{n}");
    }
    assert_eq!(store.kept(99).await.unwrap().len(), 0);
    assert_eq!(engine.seen().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn where_not_even_the_reserve_can_be_written_delivery_stops_before_long() {
    let (engine, store) = faulty().await;
    let sid = engine.message(URL).await.sid;
    for status in [Sending, Sent] {
        engine.report(sid, status).await;
    }
    store.fail_all(Fault::ReadOnly);
    sleep(hours(1)).await;
    let metrics = engine.engine.metrics();
    assert_eq!(metrics.writes(), Writes::ReadOnly);
    assert!(!metrics.is_delivering());
    let sent = engine.told();
    assert!(sent.len() < 3, "{sent:?}");
    store.recover();
    engine.settled(seconds(10)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent"]);
    assert!(engine.engine.metrics().is_delivering());
}

/// Forty messages whose callbacks are owed by what a store has; their SIDs.
async fn owed(path: &std::path::Path) -> BTreeSet<String> {
    let store = Arc::new(SqliteStore::open(path).unwrap());
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(503))).await;
    let mut sids = BTreeSet::new();
    for n in 0..40 {
        let url = format!("https://{}.example/sms", n % 3);
        sids.insert(engine.message(&url).await.sid.to_string());
    }
    engine.running.drain(seconds(5)).await;
    store.close().await;
    sids
}

#[tokio::test]
async fn whichever_page_is_damaged_what_is_not_on_it_is_delivered() {
    let whole = folder();
    let sids = owed(whole.path()).await;
    let file = whole.path().join("ringback.db");
    let pages: Vec<(u64, String)> = {
        let db = Connection::open(&file).unwrap();
        let mut pages = db
            .prepare(
                "SELECT pageno, name FROM dbstat
                WHERE pagetype = 'leaf' AND name IN ('callback', 'callback_by_id', 'callback_by_resource', 'pending',
                    'aside', 'aside_by_due', 'attempt', 'change', 'destination',
                    'destination_by_origin', 'resource_here', 'step', 'step_by_due', 'settled')",
            )
            .unwrap();
        let found = pages
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        found.map(Result::unwrap).collect()
    };
    let mut around = 0;
    for seed in 0..pages.len().max(60) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed as u64);
        let (page, name) = &pages[seed % pages.len()];
        let mut bytes = vec![0; 8192];
        rng.fill(&mut bytes[..]);
        let dir = folder();
        let copy = dir.path().join("ringback.db");
        std::fs::copy(&file, &copy).unwrap();
        let copy = OpenOptions::new().write(true).open(copy).unwrap();
        copy.write_all_at(&bytes, (page - 1) * 8192).unwrap();
        let lost = delivers(dir.path(), &sids, seed).await;
        // All destinations are on one page: without it nobody knows where to send.
        assert!(lost < sids.len() || name == "destination", "{name}: {lost}");
        around += usize::from(lost > 0);
    }
    assert!(around >= 5, "{around}");
}

/// Asserts that an engine delivers what it can read, and names the rest: how many.
async fn delivers(path: &std::path::Path, sids: &BTreeSet<String>, seed: usize) -> usize {
    let store = Arc::new(SqliteStore::open(path).unwrap());
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(200))).await;
    let accounted = async {
        loop {
            let told = engine.seen();
            let told = told.iter().filter_map(|seen| seen.parameter("MessageSid"));
            let named = store.unreadable();
            let named = named.iter().filter_map(|it| it.resource);
            let all: BTreeSet<String> = told.chain(named.map(|sid| sid.to_string())).collect();
            if all.is_superset(sids) {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let accounted = timeout(seconds(60), accounted).await;
    let named = store.unreadable();
    assert!(
        accounted.is_ok(),
        "seed {seed}: {} sent, {named:?}",
        engine.seen().len()
    );
    engine.running.drain(seconds(5)).await;
    named.iter().filter(|it| it.resource.is_some()).count()
}
