//! In what order the callbacks of a lane arrive.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered, Pending};
use ringback_domain::message::MessageStatus::{self, Delivered as Arrived, Sending, Sent};
use ringback_domain::project::{Ordering, Settings};
use ringback_engine::Hold;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

const LIFE: [MessageStatus; 3] = [Sending, Sent, Arrived];

fn tells(seen: &Seen, status: &str) -> bool {
    seen.parameter("MessageStatus").as_deref() == Some(status)
}

fn ordered(ordering: Ordering) -> Setup {
    Setup {
        settings: Settings {
            ordering,
            ..Settings::default()
        },
        ..Setup::default()
    }
}

async fn live(engine: &TestEngine, url: &str) -> ringback_domain::id::Sid {
    let message = engine.message(url).await;
    for status in LIFE {
        engine.report(message.sid, status).await;
    }
    message.sid
}

#[tokio::test(start_paused = true)]
async fn a_failing_callback_holds_its_lane_through_its_quick_tries() {
    let engine = TestEngine::scripted(ordered(Ordering::Aside), |seen| {
        let early = seen.at.since(START) < Duration::from_millis(1_500);
        let fails = tells(seen, "queued") && early;
        (
            Duration::from_millis(1),
            Ending::Status(if fails { 500 } else { 200 }),
        )
    })
    .await;
    live(&engine, URL).await;
    engine.settled(seconds(10)).await;
    assert_eq!(
        engine.told(),
        ["queued", "queued", "queued", "sending", "sent", "delivered"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_fails_alone_is_set_aside_and_the_lane_goes_on() {
    let engine = TestEngine::scripted(ordered(Ordering::Aside), |seen| {
        (
            Duration::ZERO,
            Ending::Status(if tells(seen, "sending") { 503 } else { 200 }),
        )
    })
    .await;
    let sid = live(&engine, URL).await;
    // Another resource of the same destination shows that it accepts.
    sleep(seconds(1)).await;
    live(&engine, "https://crm.example/other").await;
    sleep(seconds(20)).await;
    assert_eq!(
        engine.states(sid).await,
        [Delivered, Aside, Delivered, Delivered]
    );
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_accepts_nothing_keeps_its_lanes_closed_and_order_whole() {
    let engine = TestEngine::scripted(ordered(Ordering::Aside), |seen| {
        let dead = seen.at.since(START) < hours(2);
        (Duration::ZERO, Ending::Status(if dead { 503 } else { 200 }))
    })
    .await;
    let sid = live(&engine, URL).await;
    sleep(hours(2)).await;
    assert_eq!(engine.states(sid).await, [Pending; 4]);
    assert!(engine.told().iter().all(|status| status == "queued"));
    engine.settled(hours(4)).await;
    let told = engine.told();
    assert_eq!(
        told[told.len() - 4..],
        ["queued", "sending", "sent", "delivered"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_4xx_sets_aside_even_where_nothing_is_accepted() {
    for (status, aside) in [
        (404, true),
        (401, true),
        (408, false),
        (425, false),
        (429, false),
    ] {
        let engine = TestEngine::answering(status).await;
        let sid = live(&engine, URL).await;
        sleep(seconds(30)).await;
        let expected = if aside { Aside } else { Pending };
        assert_eq!(engine.states(sid).await, [expected; 4], "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn strict_order_never_sets_aside() {
    let engine = TestEngine::scripted(ordered(Ordering::Strict), |seen| {
        let fails = tells(seen, "sending") && seen.at.since(START) < hours(1);
        (
            Duration::ZERO,
            Ending::Status(if fails { 404 } else { 200 }),
        )
    })
    .await;
    let sid = live(&engine, URL).await;
    sleep(hours(1)).await;
    assert_eq!(
        engine.states(sid).await,
        [Delivered, Pending, Pending, Pending]
    );
    engine.settled(hours(4)).await;
    let told = engine.told();
    assert_eq!(told[told.len() - 3..], ["sending", "sent", "delivered"]);
}

#[tokio::test(start_paused = true)]
async fn in_strict_order_the_success_of_others_is_no_reason_to_try_again_at_once() {
    for status in [404, 500] {
        let engine = TestEngine::scripted(ordered(Ordering::Strict), move |seen| {
            let fails = seen.url.contains("broken");
            (
                Duration::from_millis(10),
                Ending::Status(if fails { status } else { 200 }),
            )
        })
        .await;
        engine.message("https://crm.example/broken").await;
        for _ in 0..3_600 {
            engine.message(URL).await;
            sleep(seconds(1)).await;
        }
        let seen = engine.seen();
        let tries = seen
            .iter()
            .filter(|seen| seen.url.contains("broken"))
            .count();
        assert!((5..30).contains(&tries), "{status}: {tries} in an hour");
    }
}

#[tokio::test(start_paused = true)]
async fn without_order_nothing_waits() {
    let engine = TestEngine::scripted(ordered(Ordering::None), |seen| {
        (
            Duration::from_millis(100),
            Ending::Status(if tells(seen, "queued") { 503 } else { 200 }),
        )
    })
    .await;
    live(&engine, URL).await;
    sleep(Duration::from_millis(500)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent", "delivered"]);
}

#[tokio::test(start_paused = true)]
async fn at_most_one_attempt_is_in_flight_in_a_lane() {
    let busy: &'static Mutex<HashMap<String, u128>> = Box::leak(Box::default());
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let until = seen.at.since(START).as_millis() + 50;
        let before = busy
            .lock()
            .unwrap()
            .insert(seen.parameter("MessageSid").unwrap(), until);
        assert!(before.is_none_or(|before| before <= seen.at.since(START).as_millis()));
        (Duration::from_millis(50), Ending::Status(200))
    })
    .await;
    for _ in 0..50 {
        live(&engine, URL).await;
    }
    engine.settled(seconds(10)).await;
    assert_eq!(engine.seen().len(), 200);
}

#[tokio::test(start_paused = true)]
async fn two_subscriptions_to_one_url_share_a_lane_and_have_tokens_of_their_own() {
    let engine = TestEngine::answering(200).await;
    let mut two = order(URL);
    two.subscriptions.push(two.subscriptions[0].clone());
    two.subscriptions[1].url.push_str("#rt=1000");
    engine.order(two, Hold::none()).await;
    engine.settled(seconds(1)).await;
    let seen = engine.seen();
    assert_eq!(seen.len(), 2);
    assert_ne!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
}

#[tokio::test(start_paused = true)]
async fn a_hanging_receiver_does_not_hold_up_another() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let hangs = seen.url.contains("slow");
        (
            if hangs { hours(1) } else { Duration::ZERO },
            Ending::Status(200),
        )
    })
    .await;
    for _ in 0..200 {
        engine.message("https://slow.example/").await;
    }
    let quick = engine.message(URL).await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(engine.states(quick.sid).await, [Delivered]);
}
