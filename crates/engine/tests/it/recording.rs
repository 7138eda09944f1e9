//! What is recorded, and what is told of it.

use std::time::Duration;

use ringback_domain::callback::CallbackState::{Delivered, Pending};
use ringback_domain::message::MessageStatus::{
    Delivered as Arrived, Failed, Queued, Received, Sending, Sent,
};
use ringback_domain::verdict::{Gap, Verdict};
use ringback_engine::{Erase, Forbidden, Hold, UpdateError};
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, Setup, TestEngine, order};
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
async fn redaction_erases_what_is_pending_and_what_was_answered() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let early = seen.at.since(ringback_testing::test_engine::START) < seconds(10);
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
        .filter(|seen| seen.at.since(ringback_testing::test_engine::START) >= seconds(10));
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
        let first = seen.parameter("Body").as_deref() == Some("hello");
        let status = if first { 503 } else { 200 };
        (seconds(2), Ending::Status(status))
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
    engine.settled(seconds(30)).await;
    let bodies: Vec<_> = engine
        .seen()
        .iter()
        .map(|seen| seen.parameter("Body"))
        .collect();
    assert_eq!(bodies[0].as_deref(), Some("hello"));
    assert!(
        bodies[1..].iter().all(|body| body.as_deref() == Some("")),
        "{bodies:?}"
    );
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
