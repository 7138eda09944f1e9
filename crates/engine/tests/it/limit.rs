//! How many attempts a destination is given at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use ringback_domain::project::{Profile, Settings};
use ringback_engine::Limits;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

const CRM: &str = "https://crm.example";

#[tokio::test(start_paused = true)]
async fn the_limit_falls_within_20_slow_answers_and_is_back_within_200_good_ones() {
    let latency_ms = Arc::new(AtomicU64::new(1_500));
    let script = Arc::clone(&latency_ms);
    let engine = TestEngine::scripted(Setup::default(), move |_| {
        let latency = Duration::from_millis(script.load(Relaxed));
        (latency, Ending::Status(200))
    })
    .await;
    for _ in 0..20 {
        engine.message(URL).await;
    }
    engine.settled(seconds(10)).await;
    latency_ms.store(50, Relaxed);
    for _ in 0..200 {
        engine.message(URL).await;
    }
    sleep(Duration::from_millis(10)).await;
    let crm = engine.destination(CRM).await.unwrap();
    assert_eq!((crm.limit, crm.in_flight), (8, 8));

    engine.settled(seconds(10)).await;
    latency_ms.store(500, Relaxed);
    engine.message(URL).await;
    sleep(Duration::from_millis(10)).await;
    assert_eq!(engine.destination(CRM).await.unwrap().limit, 64);
}

#[tokio::test(start_paused = true)]
async fn one_destination_that_is_slow_leaves_most_attempts_to_the_others() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let slow = seen.url.contains("slow");
        let latency = if slow { seconds(4) } else { Duration::ZERO };
        (latency, Ending::Status(200))
    })
    .await;
    for _ in 0..500 {
        engine.message("https://slow.example/").await;
    }
    sleep(seconds(20)).await;
    let slow = engine.destination("https://slow.example").await.unwrap();
    assert_eq!((slow.limit, slow.in_flight), (8, 8));
}

#[tokio::test(start_paused = true)]
async fn those_that_hold_their_attempts_for_long_leave_room_however_many_they_are() {
    let setup = Setup {
        limits: Limits {
            in_flight: 64,
            ..Limits::default()
        },
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |seen| {
        let hangs = seen.url.contains("slow");
        let latency = if hangs { hours(1) } else { Duration::ZERO };
        (latency, Ending::Status(200))
    })
    .await;
    for number in 0..300 {
        let url = format!("https://slow{}.example/", number % 10);
        engine.message(&url).await;
    }
    sleep(Duration::from_millis(10)).await;
    let before = engine.deliveries().await;
    assert!(before.in_flight < 64, "{}", before.in_flight);
    let good = engine.message(URL).await.sid;
    sleep(Duration::from_millis(1)).await;
    assert!(engine.states(good).await[0].is_settled());
}

#[tokio::test(start_paused = true)]
async fn in_the_profile_signalwire_nothing_delays_the_tries_after_the_first() {
    let settings = Settings {
        profile: Profile::SignalWire,
        ..Settings::default()
    };
    let setup = Setup {
        settings,
        ..Setup::default()
    };
    // Every failure asks for a pause as well.
    let engine = TestEngine::scripted(setup, |_| {
        (Duration::from_millis(20), Ending::Later(503, "3600"))
    })
    .await;
    for _ in 0..300 {
        engine.message(URL).await;
    }
    sleep(seconds(30)).await;
    let seen = engine.seen();
    assert!(
        seen.len() >= 3 * 64 && seen.len() < 3 * 100,
        "{}",
        seen.len()
    );
    for first in &seen[..64] {
        let id = first.header("webhook-id");
        let tries = seen.iter().filter(|seen| seen.header("webhook-id") == id);
        let after: Vec<u128> = tries
            .map(|seen| seen.at.since(first.at).as_millis())
            .collect();
        assert_eq!(after.len(), 3, "{:?}", first.at.since(START));
        // A timer rings up to a millisecond late.
        assert!((20..25).contains(&after[1]), "{after:?}");
        assert!((1_040..1_050).contains(&after[2]), "{after:?}");
    }
}
