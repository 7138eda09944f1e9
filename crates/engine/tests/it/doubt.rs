//! A store that is full, or whose commit fails with its outcome unknown.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::Delivered;
use ringback_domain::change::News;
use ringback_domain::message::MessageFacts;
use ringback_domain::message::MessageStatus::{self, Sending, Sent};
use ringback_engine::replay::ResendError;
use ringback_engine::{CreateError, Erase, Hold, RecordError};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::slow_store::{Call, SlowStore};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

type Faulty = Arc<FaultyStore<MemoryStore>>;

/// Every attempt takes a second.
async fn engine(pace: Option<Duration>) -> (TestEngine, Faulty) {
    answering(pace, |_| 200).await
}

/// Every attempt takes a second and is answered with a status.
async fn answering(
    pace: Option<Duration>,
    status: impl Fn(&Seen) -> u16 + Send + Sync + 'static,
) -> (TestEngine, Faulty) {
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        network: Arc::new(ScriptedNetwork { pace }),
        ..Setup::default()
    };
    let script = move |seen: &Seen| (seconds(1), Ending::Status(status(seen)));
    (TestEngine::scripted(setup, script).await, store)
}

/// Refuses what comes within `time`.
fn refusing_for(time: Duration) -> impl Fn(&Seen) -> u16 + Send + Sync + 'static {
    move |seen| {
        if seen.at.since(START) < time {
            404
        } else {
            200
        }
    }
}

fn news(status: MessageStatus) -> News {
    News::Message(status, MessageFacts::default())
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
        let unsure = engine.engine.report(PROJECT, sid, news(Sending)).await;
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

/// Lets the outcome of the attempt under way fail, and another group after it.
async fn fail_twice(engine: &TestEngine, store: &Faulty) {
    store.fail_all(Fault::Full);
    sleep(Duration::from_millis(1_500)).await;
    let refused = engine
        .engine
        .create(PROJECT, order(URL), Hold::none())
        .await;
    refused.unwrap_err();
    sleep(seconds(5)).await;
    store.recover();
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_waits_survives_further_failures() {
    let (engine, store) = engine(None).await;
    let sid = engine.message(URL).await.sid;
    fail_twice(&engine, &store).await;
    sleep(hours(80)).await;
    assert_eq!(engine.seen().len(), 1, "it is not sent again");
    assert_eq!(engine.states(sid).await, [Delivered]);
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_while_nothing_could_be_written_is_tried_again() {
    let (engine, store) = answering(None, refusing_for(seconds(60))).await;
    let sid = engine.message("https://crm.example/sms#rc=0").await.sid;
    fail_twice(&engine, &store).await;
    sleep(hours(80)).await;
    let made = engine.seen().len();
    assert_eq!(engine.states(sid).await, [Delivered], "{made} attempts");
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_is_tried_even_if_it_is_written_after_it_was_due() {
    let (engine, store) = answering(None, refusing_for(seconds(20))).await;
    let sid = engine.message("https://crm.example/sms#rc=0").await.sid;
    store.fail_all(Fault::Full);
    sleep(seconds(60)).await;
    store.recover();
    sleep(hours(80)).await;
    let made = engine.seen().len();
    assert_eq!(engine.states(sid).await, [Delivered], "{made} attempts");
}

#[tokio::test(start_paused = true)]
async fn a_change_after_a_doubtful_commit_does_not_overtake() {
    let slow = SlowStore::new(MemoryStore::default());
    slow.delay(Call::DestinationsOwed, Duration::from_millis(2));
    let store = Arc::new(FaultyStore::new(slow));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let script = |_: &_| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup, script).await;
    let sid = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    store.fail_next(Fault::UnsureButWritten);
    let unsure = engine.engine.report(PROJECT, sid, news(Sending)).await;
    unsure.unwrap_err();
    engine.report(sid, Sent).await;
    engine.settled(hours(1)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent"]);
}

#[tokio::test(start_paused = true)]
async fn a_redaction_whose_commit_was_in_doubt_takes_the_words_out_of_what_is_retried() {
    let (engine, store) = answering(None, |_| 503).await;
    let sid = engine.message(URL).await.sid;
    engine.report(sid, Sent).await;
    sleep(Duration::from_millis(1_500)).await;
    store.fail_next(Fault::UnsureButWritten);
    let unsure = engine.engine.erase(PROJECT, sid, Erase::Redact).await;
    unsure.unwrap_err();
    let before = engine.seen().len();
    sleep(seconds(300)).await;
    for callback in engine.callbacks(sid).await {
        assert!(!callback.body.contains("hello"));
    }
    let seen = engine.seen();
    assert!(seen.len() > before, "it is tried again");
    for seen in &seen[before..] {
        assert_eq!(seen.parameter("Body").as_deref(), Some(""), "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_replay_asked_for_while_an_outcome_waits_to_be_recorded_again_is_not_forgotten() {
    let (engine, store) = engine(None).await;
    let sid = engine.message(URL).await.sid;
    store.fail_next(Fault::UnsureButWritten);
    sleep(Duration::from_millis(1_500)).await;
    let callback = engine.callbacks(sid).await.remove(0);
    assert_eq!(
        callback.state, Delivered,
        "written, though the commit failed"
    );
    let resent = engine.engine.retry(callback.clone()).await;
    let busy = ResendError::Record(RecordError::Busy {
        retry_after: seconds(1),
    });
    assert_eq!(format!("{resent:?}"), format!("{:?}", Err::<(), _>(busy)));
    sleep(seconds(1)).await;
    engine.engine.retry(callback).await.unwrap();
    sleep(seconds(60)).await;
    assert_eq!(engine.seen().len(), 2, "it is sent again");
    assert_eq!(engine.states(sid).await, [Delivered]);
}
