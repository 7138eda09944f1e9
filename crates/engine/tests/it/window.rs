//! More is owed than fits into memory.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::Delivered;
use ringback_domain::message::MessageStatus::{Delivered as Arrived, Sending, Sent};
use ringback_engine::{Clock, Limits};
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
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

/// Destinations that answer late, each with more callbacks than fit into the window.
#[tokio::test(start_paused = true)]
async fn the_window_is_shared_by_destinations_that_come_one_after_the_other() {
    const DESTINATIONS: usize = 20;
    let limits = Limits {
        window: 60,
        ..Limits::default()
    };
    let store = Arc::new(MemoryStore::default());
    let clock = Clock::starting_at(START);
    for start in 0..2 {
        let setup = Setup {
            limits,
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: clock.clone(),
            ..Setup::default()
        };
        let script = |_: &_| (seconds(4), Ending::Status(200));
        let engine = TestEngine::scripted(setup, script).await;
        for number in 0..DESTINATIONS * usize::from(start == 0) {
            for _ in 0..65 {
                let url = format!("https://host{number}.example/");
                engine.message(&url).await;
            }
            let held = engine.deliveries().await.held;
            assert!(held <= 120 + DESTINATIONS, "{held} after {number}");
        }
        sleep(seconds(1)).await;
        let held = engine.deliveries().await.held;
        assert!(held <= 120 + DESTINATIONS, "{held} after start {start}");
        sleep(seconds(5)).await;
        let held = engine.deliveries().await.held;
        assert!(held <= 60 + DESTINATIONS, "{held} once all were looked at");
        if start == 1 {
            engine.settled(hours(1)).await;
        }
        engine.running.drain(seconds(20)).await;
    }
}
