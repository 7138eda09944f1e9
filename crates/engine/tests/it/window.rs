//! More is owed than fits into memory.

use std::collections::HashMap;
use std::time::Duration;

use ringback_domain::callback::CallbackState::Delivered;
use ringback_domain::message::MessageStatus::{Delivered as Arrived, Sending, Sent};
use ringback_engine::Limits;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{hours, seconds};

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_fetched_in_order() {
    let limits = Limits {
        window: 10,
        per_destination: 4,
        ..Limits::default()
    };
    let setup = Setup {
        limits,
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (seconds(1), Ending::Status(200))).await;
    let mut sids = Vec::new();
    for number in 0..60 {
        let url = format!("https://host{}.example/", number % 3);
        let sid = engine.message(&url).await.sid;
        for status in [Sending, Sent, Arrived] {
            engine.report(sid, status).await;
        }
        sids.push(sid);
    }
    engine.settled(hours(1)).await;
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    for seen in engine.seen() {
        let sid = seen.parameter("MessageSid").unwrap();
        told.entry(sid)
            .or_default()
            .push(seen.parameter("MessageStatus").unwrap());
    }
    for sid in sids {
        assert_eq!(
            told[&sid.to_string()],
            ["queued", "sending", "sent", "delivered"]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_destination_with_a_full_window_does_not_hold_up_another() {
    let limits = Limits {
        window: 20,
        ..Limits::default()
    };
    let setup = Setup {
        limits,
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |seen| {
        let dead = seen.url.contains("dead") && seen.at.since(START) < hours(1);
        (Duration::ZERO, Ending::Status(if dead { 503 } else { 200 }))
    })
    .await;
    for _ in 0..200 {
        engine.message("https://dead.example/").await;
    }
    sleep(seconds(60)).await;
    let mut alive = Vec::new();
    for _ in 0..50 {
        alive.push(engine.message("https://alive.example/").await.sid);
    }
    sleep(seconds(5)).await;
    for sid in alive {
        assert_eq!(engine.states(sid).await, [Delivered]);
    }
    engine.settled(hours(6)).await;
    let delivered = engine
        .seen()
        .into_iter()
        .filter(|seen| seen.url.contains("dead") && seen.at.since(START) >= hours(1));
    assert_eq!(delivered.count(), 200, "each is delivered once");
}
