//! A store that is full, or whose commit fails with its outcome unknown.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::Delivered;
use ringback_domain::message::MessageStatus::{Sending, Sent};
use ringback_engine::{CreateError, Hold, RecordError};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{PROJECT, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

type Faulty = Arc<FaultyStore<MemoryStore>>;

async fn engine(pace: Option<Duration>) -> (TestEngine, Faulty) {
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        network: Arc::new(ScriptedNetwork { pace }),
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (seconds(1), Ending::Status(200))).await;
    (engine, store)
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_an_error_to_the_caller_and_loses_nothing() {
    let (engine, store) = engine(None).await;
    let before = engine.message(URL).await.sid;
    store.fail_all(Fault::Full);
    let refused = engine
        .engine
        .create(PROJECT, order(URL), Hold::none())
        .await;
    assert!(
        matches!(refused, Err(CreateError::Record(RecordError::Full))),
        "{refused:?}"
    );
    // The attempt under way succeeds meanwhile; what became of it is kept.
    sleep(seconds(60)).await;
    store.recover();
    engine.settled(seconds(5)).await;
    assert_eq!(engine.states(before).await, [Delivered]);
    assert_eq!(engine.seen().len(), 1, "it is not sent again");
    let after = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    assert_eq!(engine.states(after).await, [Delivered]);
}

#[tokio::test(start_paused = true)]
async fn what_was_written_by_a_failed_commit_is_delivered_all_the_same() {
    for (fault, statuses) in [
        (Fault::UnsureButWritten, &["queued", "sending", "sent"][..]),
        (Fault::UnsureAndNotWritten, &["queued", "sent"][..]),
    ] {
        let (engine, store) = engine(None).await;
        let sid = engine.message(URL).await.sid;
        store.fail_next(fault);
        let news = ringback_domain::change::News::Message(
            Sending,
            ringback_domain::message::MessageFacts::default(),
        );
        let unsure = engine.engine.report(PROJECT, sid, news).await;
        assert!(unsure.is_err(), "{unsure:?}");
        sleep(seconds(2)).await;
        engine.report(sid, Sent).await;
        engine.settled(hours(1)).await;
        let mut told = engine.told();
        told.dedup();
        assert_eq!(told, statuses, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_network_goes_on_after_a_failed_commit() {
    for fault in [
        Fault::Full,
        Fault::UnsureButWritten,
        Fault::UnsureAndNotWritten,
    ] {
        let (engine, store) = engine(Some(seconds(10))).await;
        engine.message(URL).await;
        sleep(seconds(9)).await;
        store.fail_next(fault);
        engine.settled(seconds(5)).await;
        sleep(seconds(60)).await;
        let mut told = engine.told();
        told.dedup();
        assert_eq!(
            told,
            ["queued", "sending", "sent", "delivered"],
            "{fault:?}"
        );
    }
}
