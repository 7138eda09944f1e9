//! What is recorded, and what is told of it.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Delivered, Pending};
use ringback_domain::message::MessageStatus::{
    Delivered as Arrived, Failed, Queued, Received, Sending, Sent,
};
use ringback_domain::verdict::{Gap, Verdict};
use ringback_engine::{Clock, Erase, Forbidden, Hold, Limits, UpdateError};
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::slow_store::{Call, SlowStore};
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, seconds};

#[tokio::test(start_paused = true)]
async fn repeats_late_reports_and_conflicts_are_kept_and_not_sent() {
    let engine = TestEngine::answering(200).await;
    let sid = engine.message(URL).await.sid;
    let cases = [
        (Sending, Verdict::Accepted(Gap::None)),
        (Sending, Verdict::Repeat),
        (Queued, Verdict::Late),
        (Arrived, Verdict::Accepted(Gap::Skipped)),
        (Sent, Verdict::Late),
        (Failed, Verdict::Conflict),
        (Received, Verdict::Conflict),
        (Arrived, Verdict::Repeat),
    ];
    for (status, verdict) in cases {
        assert_eq!(
            engine.report(sid, status).await.verdict,
            verdict,
            "{status:?}"
        );
    }
    engine.settled(seconds(1)).await;
    assert_eq!(engine.told(), ["queued", "sending", "delivered"]);
    let store = engine.engine.store();
    let changes = store.changes(sid).await.unwrap();
    let numbers: Vec<u32> = changes.iter().map(|change| change.seq).collect();
    assert_eq!(numbers, [0, 1, 2]);
    assert_eq!(changes[2].gap, Gap::Skipped);
    assert_eq!(store.rejected(sid).await.unwrap().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn no_callback_leaves_before_the_answer_was_written() {
    let engine = TestEngine::answering(200).await;
    let (hold, release) = Hold::new();
    let message = engine.order(order(URL), hold).await;
    engine.report(message.sid, Sending).await;
    sleep(seconds(30)).await;
    assert!(engine.seen().is_empty());
    drop(release);
    engine.settled(seconds(1)).await;
    assert_eq!(engine.told(), ["queued", "sending"]);
}

#[tokio::test(start_paused = true)]
async fn no_callback_that_is_fetched_from_the_store_leaves_before_the_answer_was_written() {
    let store = Arc::new(SlowStore::new(MemoryStore::default()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        limits: Limits {
            window: 1,
            ..Limits::default()
        },
        ..Setup::default()
    };
    let script = |_: &_| (Duration::from_millis(10), Ending::Status(200));
    let engine = TestEngine::scripted(setup, script).await;
    for _ in 0..2 {
        engine.message(URL).await;
    }
    // It can be read from the store long before the engine hears that it is written.
    store.delay(Call::Commit, Duration::from_millis(100));
    let (hold, release) = Hold::new();
    let sid = engine.order(order(URL), hold).await.sid.to_string();
    sleep(seconds(60)).await;
    let told = || {
        let seen = engine.seen();
        let of_it = seen
            .iter()
            .filter(|seen| seen.parameter("MessageSid").as_ref() == Some(&sid));
        of_it.count()
    };
    assert_eq!(told(), 0);
    drop(release);
    engine.settled(seconds(5)).await;
    assert_eq!(told(), 1);
}

#[tokio::test(start_paused = true)]
async fn redaction_erases_what_is_pending_and_what_was_answered() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let early = seen.at.since(START) < seconds(10);
        (
            Duration::ZERO,
            Ending::Status(if early { 503 } else { 200 }),
        )
    })
    .await;
    let sid = engine.message(URL).await.sid;
    engine.report(sid, Sending).await;
    let early = engine.engine.erase(PROJECT, sid, Erase::Redact).await;
    assert!(matches!(
        early,
        Err(UpdateError::Forbidden(Forbidden::MessageNotSent))
    ));
    engine.report(sid, Sent).await;
    assert_eq!(engine.seen()[0].parameter("Body").as_deref(), Some("hello"));
    engine
        .engine
        .erase(PROJECT, sid, Erase::Redact)
        .await
        .unwrap();
    engine.report(sid, Arrived).await;
    engine.settled(Duration::from_secs(3600)).await;
    let late = engine
        .seen()
        .into_iter()
        .filter(|seen| seen.at.since(START) >= seconds(10));
    for seen in late {
        assert_eq!(seen.parameter("Body").as_deref(), Some(""), "{seen:?}");
    }
    for callback in engine.callbacks(sid).await {
        assert!(!callback.body.contains("hello"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_under_way_while_its_message_is_redacted_is_made_again_without_words() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let early = seen.at.since(START) < seconds(30);
        (seconds(2), Ending::Status(if early { 503 } else { 200 }))
    })
    .await;
    let sid = engine.message(URL).await.sid;
    engine.report(sid, Sent).await;
    sleep(seconds(1)).await;
    engine
        .engine
        .erase(PROJECT, sid, Erase::Redact)
        .await
        .unwrap();
    engine.settled(seconds(3600)).await;
    let bodies: Vec<_> = engine
        .seen()
        .iter()
        .map(|seen| seen.parameter("Body"))
        .collect();
    assert!(bodies.len() > 4, "{}", bodies.len());
    assert_eq!(bodies[0].as_deref(), Some("hello"));
    assert!(
        bodies[1..].iter().all(|body| body.as_deref() == Some("")),
        "{bodies:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_read_from_the_store_before_a_redaction_is_sent_without_words() {
    let store = Arc::new(SlowStore::new(MemoryStore::default()));
    let clock = Clock::starting_at(START);
    let setup = || Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: clock.clone(),
        ..Setup::default()
    };
    let hangs = |_: &_| (seconds(100), Ending::Status(200));
    let engine = TestEngine::scripted(setup(), hangs).await;
    let sid = engine.message(URL).await.sid;
    engine.report(sid, Sent).await;
    engine.running.drain(Duration::ZERO).await;

    store.delay(Call::Owed, Duration::from_millis(50));
    let script = |_: &_| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup(), script).await;
    sleep(Duration::from_millis(10)).await;
    engine
        .engine
        .erase(PROJECT, sid, Erase::Redact)
        .await
        .unwrap();
    engine.settled(seconds(60)).await;
    assert_eq!(engine.told(), ["queued", "sent"]);
    for seen in engine.seen() {
        assert_eq!(seen.parameter("Body").as_deref(), Some(""), "{seen:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn deleting_a_resource_cancels_no_callback() {
    let engine = TestEngine::scripted(Setup::default(), |_| {
        (Duration::from_millis(500), Ending::Status(200))
    })
    .await;
    let sid = engine.message(URL).await.sid;
    let early = engine.engine.erase(PROJECT, sid, Erase::Delete).await;
    assert!(matches!(
        early,
        Err(UpdateError::Forbidden(Forbidden::MessageQueued))
    ));
    engine.report(sid, Sending).await;
    engine
        .engine
        .erase(PROJECT, sid, Erase::Delete)
        .await
        .unwrap();
    let again = engine.engine.erase(PROJECT, sid, Erase::Delete).await;
    assert!(matches!(again, Err(UpdateError::NotFound)));
    assert!(engine.states(sid).await.contains(&Pending));
    engine.settled(seconds(5)).await;
    assert_eq!(engine.states(sid).await, [Delivered, Delivered]);
}

#[tokio::test(start_paused = true)]
async fn a_resource_of_another_project_is_not_found() {
    let engine = TestEngine::answering(200).await;
    let sid = engine.message(URL).await.sid;
    let other = engine.engine.erase(OTHER_PROJECT, sid, Erase::Delete).await;
    assert!(matches!(other, Err(UpdateError::NotFound)));
}
