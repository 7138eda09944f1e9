//! A project is told of callbacks that have failed.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Delivered, Failed, Pending};
use ringback_domain::message::MessageStatus::{Delivered as Arrived, Sending, Sent};
use ringback_domain::project::{Profile, Settings};
use ringback_engine::Erase;
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

const OPS: &str = "https://ops.example/failures";

fn setup() -> Setup {
    Setup {
        settings: Settings {
            failure_url: Some(OPS.to_owned()),
            profile: Profile::SignalWire,
            ..Settings::default()
        },
        ..Setup::default()
    }
}

fn told(engine: &TestEngine) -> Vec<Seen> {
    let all = engine.seen().into_iter();
    all.filter(|seen| seen.url == OPS).collect()
}

async fn engine(setup: Setup, ops: impl Fn(&Seen) -> u16 + Send + Sync + 'static) -> TestEngine {
    TestEngine::scripted(setup, move |seen| {
        let status = if seen.url == OPS { ops(seen) } else { 500 };
        (Duration::from_millis(5), Ending::Status(status))
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_once_as_json_that_is_signed() {
    let engine = engine(setup(), |_| 204).await;
    let sid = engine.message(URL).await.sid;
    engine.settled(seconds(10)).await;
    let told = told(&engine);
    assert_eq!(told.len(), 1);
    let notice = &told[0];
    assert_eq!(notice.header("Content-Type"), Some("application/json"));
    assert!(notice.header("webhook-signature").is_some());
    assert!(notice.header("X-SignalWire-Sha256-Signature").is_some());
    let callbacks = engine.callbacks(sid).await;
    let states: Vec<_> = callbacks.iter().map(|callback| callback.state).collect();
    assert_eq!(states, [Failed, Delivered]);
    for part in [
        r#""type":"callback.failed""#,
        &format!(r#""callback_id":"{}""#, callbacks[0].id),
        &format!(r#""resource_sid":"{sid}""#),
        r#""status":"queued""#,
        r#""attempts":3"#,
        r#""code":"11217""#,
    ] {
        assert!(notice.body.contains(part), "{part} in {}", notice.body);
    }
    assert_eq!(engine.deliveries().await.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_notice_is_durable_whatever_the_profile_and_holds_up_no_other() {
    let back = hours(6);
    let engine = engine(setup(), move |seen| {
        if seen.at.since(START) < back {
            503
        } else {
            200
        }
    })
    .await;
    let sid = engine.message(URL).await.sid;
    for status in [Sending, Sent, Arrived] {
        engine.report(sid, status).await;
    }
    sleep(hours(5)).await;
    let failed = engine.states(sid).await;
    assert_eq!(failed.iter().filter(|state| **state == Failed).count(), 4);
    engine
        .engine
        .erase(PROJECT, sid, Erase::Redact)
        .await
        .unwrap();
    sleep(hours(8)).await;
    let states = engine.states(sid).await;
    assert_eq!(
        states.iter().filter(|state| **state == Delivered).count(),
        4
    );
    for notice in told(&engine) {
        assert!(notice.body.starts_with(r#"{"type":"#), "{}", notice.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_notice_that_fails_is_not_told_of() {
    let engine = engine(setup(), |_| 410).await;
    let sid = engine.message(URL).await.sid;
    sleep(seconds(60)).await;
    assert_eq!(engine.states(sid).await, [Failed, Failed]);
    assert_eq!(told(&engine).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_its_notice_are_one_commit_also_when_that_is_in_doubt() {
    for (fault, pending) in [
        (Fault::Full, true),
        (Fault::UnsureAndNotWritten, true),
        (Fault::UnsureButWritten, false),
    ] {
        let store = Arc::new(FaultyStore::new(MemoryStore::default()));
        let setup = Setup {
            store: Arc::clone(&store) as Arc<dyn Store>,
            ..setup()
        };
        let engine = engine(setup, |_| 204).await;
        let sid = engine.message(URL).await.sid;
        // The third try, after a second, is the last one.
        sleep(Duration::from_millis(900)).await;
        store.fail_next(fault);
        sleep(Duration::from_millis(500)).await;
        let states = engine.states(sid).await;
        let expected = if pending {
            vec![Pending]
        } else {
            vec![Failed, Pending]
        };
        assert_eq!(states, expected, "{fault:?}");
        sleep(seconds(30)).await;
        assert_eq!(engine.states(sid).await, [Failed, Delivered], "{fault:?}");
        assert_eq!(told(&engine).len(), 1, "{fault:?}");
    }
}
