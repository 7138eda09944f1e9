//! The engine over the real store, in real time: commits take what they take, and reads run
//! beside them.

use std::collections::HashMap;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::change::News;
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_engine::{Clock, Erase, Hold};
use ringback_store::Store;
use ringback_store::sqlite::SqliteStore;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use crate::{URL, seconds};

const LIFE: [&str; 4] = ["queued", "sending", "sent", "delivered"];

/// A folder that a store accepts: its owner's alone.
pub fn folder() -> TempDir {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .unwrap()
}

fn paced(pace: Duration) -> Arc<ScriptedNetwork> {
    Arc::new(ScriptedNetwork { pace: Some(pace) })
}

/// Opens the store as soon as whoever had it has let go of it.
async fn reopened(path: &Path) -> SqliteStore {
    let opened = async {
        loop {
            match SqliteStore::open(path) {
                Ok(store) => return store,
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    };
    timeout(seconds(10), opened).await.unwrap()
}

/// Waits until the network has nothing more to do and nothing is owed.
async fn quiet(engine: &TestEngine) {
    let quiet = async {
        let store = engine.engine.store();
        while !store.steps(None, 1).await.unwrap().is_empty()
            || store.unsettled().await.unwrap() > 0
        {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(seconds(30), quiet).await.unwrap();
}

/// What was told of each message, in order.
fn told(engine: &TestEngine) -> HashMap<String, Vec<String>> {
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    for seen in engine.seen() {
        let sid = seen.parameter("MessageSid").unwrap();
        let status = seen.parameter("MessageStatus").unwrap();
        told.entry(sid).or_default().push(status);
    }
    told
}

/// Asserts that nothing was told after something later.
fn assert_in_order(told: &HashMap<String, Vec<String>>) {
    let rank = |status: &String| LIFE.iter().position(|one| one == status).unwrap();
    let wrong: Vec<_> = told
        .iter()
        .filter(|(_, told)| !told.iter().map(rank).is_sorted())
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_change_is_told_once_and_in_order_through_commits_that_fail_again_and_again() {
    const FAULTS: [Fault; 3] = [
        Fault::UnsureButWritten,
        Fault::UnsureAndNotWritten,
        Fault::Full,
    ];
    let folder = folder();
    let store = SqliteStore::open(&folder.path().join("store")).unwrap();
    let store = Arc::new(FaultyStore::new(store));
    let pace = Duration::from_millis(40);
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        network: paced(pace),
        ..Setup::default()
    };
    let script = |_: &_| (Duration::from_millis(3), Ending::Status(200));
    let engine = TestEngine::scripted(setup, script).await;
    for round in 0..24_u8 {
        for message in 0..6 {
            if message == round % 6 {
                store.fail_next(FAULTS[usize::from(round % 3)]);
            }
            // Whether it is taken does not matter here; what is written must be told.
            let created = engine
                .engine
                .create(PROJECT, order(URL), Hold::none())
                .await;
            if let Ok(created) = created
                && round % 4 == 0
            {
                sleep(pace * 5 / 2).await;
                engine
                    .engine
                    .erase(PROJECT, created.sid, Erase::Redact)
                    .await
                    .ok();
            }
            sleep(Duration::from_millis(u64::from(round * 7 % 40))).await;
        }
        sleep(pace * 2).await;
    }
    quiet(&engine).await;
    let told = told(&engine);
    assert!(told.len() >= 24 * 5, "{}", told.len());
    let wrong: Vec<_> = told.iter().filter(|(_, told)| **told != LIFE).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_change_does_not_overtake_one_whose_commit_was_in_doubt() {
    let folder = folder();
    let store = SqliteStore::open(&folder.path().join("store")).unwrap();
    let store = Arc::new(FaultyStore::new(store));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let script = |_: &_| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup, script).await;
    let news = |status| News::Message(status, MessageFacts::default());
    for round in 0..60 {
        let url = format!("https://host{round}.example/");
        let sid = engine.message(&url).await.sid;
        store.fail_next(Fault::UnsureButWritten);
        if round % 2 == 0 {
            // What became of the first callback takes the fault, else the report does.
            sleep(Duration::from_millis(30)).await;
        }
        let sending = news(MessageStatus::Sending);
        if engine.engine.report(PROJECT, sid, sending).await.is_ok() {
            store.fail_next(Fault::UnsureButWritten);
            let sent = news(MessageStatus::Sent);
            engine.engine.report(PROJECT, sid, sent).await.ok();
        }
        engine.report(sid, MessageStatus::Delivered).await;
        store.recover();
    }
    engine.settled(seconds(30)).await;
    let told = told(&engine);
    assert_eq!(told.len(), 60);
    assert_in_order(&told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_change_after_a_start_does_not_overtake_what_waits_in_the_store() {
    let pace = Duration::from_millis(20);
    for _ in 0..25 {
        let folder = folder();
        let path = folder.path().join("store");
        let clock = Clock::starting_at(START);
        let setup = |store: SqliteStore| Setup {
            store: Arc::new(store),
            clock: clock.clone(),
            network: paced(pace),
            ..Setup::default()
        };
        let store = SqliteStore::open(&path).unwrap();
        let hangs = |_: &_| (seconds(100), Ending::Status(200));
        let first = TestEngine::scripted(setup(store), hangs).await;
        for number in 0..40 {
            first
                .message(&format!("https://host{number}.example/"))
                .await;
        }
        let TestEngine {
            engine, running, ..
        } = first;
        running.drain(Duration::ZERO).await;
        drop(engine);
        // Steps of the network are overdue when it starts again.
        sleep(pace).await;
        let script = |_: &_| (Duration::ZERO, Ending::Status(200));
        let engine = TestEngine::scripted(setup(reopened(&path).await), script).await;
        quiet(&engine).await;
        let told = told(&engine);
        assert_eq!(told.len(), 40);
        assert_in_order(&told);
        engine.running.drain(Duration::ZERO).await;
    }
}
