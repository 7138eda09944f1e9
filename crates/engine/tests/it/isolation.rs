//! Who is served when much waits.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus::{Delivered as Arrived, Sending, Sent};
use ringback_engine::transport::FailureKind;
use ringback_engine::{BreakerState, Limits};
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::slow_store::{Call, SlowStore};
use ringback_testing::test_engine::{START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

fn with(limits: Limits) -> Setup {
    Setup {
        limits,
        ..Setup::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_project_with_ten_callbacks_is_served_within_two_turns_of_one_with_a_hundred_thousand() {
    // As many as memory holds, to many destinations: how many more wait on disk makes no
    // difference to turns.
    let setup = with(Limits {
        in_flight: 1,
        window: 2_000,
        ..Limits::default()
    });
    let engine =
        TestEngine::scripted(setup, |_| (Duration::from_millis(10), Ending::Status(200))).await;
    for number in 0..4_000 {
        let url = format!("https://host{}.example/", number % 50);
        engine.message(&url).await;
    }
    let before = engine.seen().len();
    for _ in 0..10 {
        engine.order_of_the_other(order(URL)).await;
    }
    sleep(seconds(2)).await;
    let seen = engine.seen();
    let turns: Vec<usize> = seen[before..]
        .iter()
        .enumerate()
        .filter(|(_, seen)| seen.url == URL)
        .map(|(turn, _)| turn)
        .collect();
    assert_eq!(turns.len(), 10);
    assert!(turns[0] <= 2, "{turns:?}");
    let waits = turns.windows(2).map(|pair| pair[1] - pair[0]);
    assert!(waits.max() <= Some(2), "{turns:?}");
}

#[tokio::test(start_paused = true)]
async fn destinations_of_one_project_take_turns() {
    let setup = with(Limits {
        in_flight: 2,
        ..Limits::default()
    });
    let engine =
        TestEngine::scripted(setup, |_| (Duration::from_millis(10), Ending::Status(200))).await;
    for _ in 0..1_000 {
        engine.message("https://many.example/").await;
    }
    let before = engine.seen().len();
    for _ in 0..10 {
        engine.message(URL).await;
    }
    sleep(seconds(1)).await;
    let seen = engine.seen();
    let last = seen.iter().rposition(|seen| seen.url == URL).unwrap();
    assert!(last - before <= 22, "{}", last - before);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_dead_destination_waits_on_disk() {
    let window = 400;
    let setup = with(Limits {
        window,
        ..Limits::default()
    });
    let back = hours(1);
    let engine = TestEngine::scripted(setup, move |seen| {
        let dead = seen.url.contains("dead") && seen.at.since(START) < back;
        (
            Duration::from_millis(1),
            Ending::Status(if dead { 503 } else { 200 }),
        )
    })
    .await;
    let mut dead = Vec::new();
    for number in 0..1_500 {
        let url = format!("https://dead{}.example/", number % 3);
        let sid = engine.message(&url).await.sid;
        engine.report(sid, Sending).await;
        dead.push(sid);
        let held = engine.deliveries().await.held;
        assert!(held <= 2 * window, "{held}");
    }
    sleep(seconds(60)).await;
    let deliveries = engine.deliveries().await;
    assert!(deliveries.held <= window / 4, "{}", deliveries.held);
    for destination in &deliveries.destinations {
        assert!(destination.more_on_disk, "{destination:?}");
        assert_ne!(destination.breaker, BreakerState::Admits);
    }
    // The others have nearly all of it: a burst of them is taken without the disk.
    for _ in 0..150 {
        engine.message(URL).await;
    }
    let crm = engine.destination("https://crm.example").await;
    assert!(crm.is_none_or(|crm| !crm.more_on_disk));

    sleep(hours(1) + seconds(300)).await;
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    for seen in engine.seen() {
        if seen.url.contains("dead") && seen.at.since(START) >= back {
            let sid = seen.parameter("MessageSid").unwrap();
            let status = seen.parameter("MessageStatus").unwrap();
            told.entry(sid).or_default().push(status);
        }
    }
    for sid in dead {
        assert_eq!(told[&sid.to_string()], ["queued", "sending"]);
    }
}

#[tokio::test(start_paused = true)]
async fn callbacks_set_aside_for_a_dead_destination_do_not_hold_up_those_of_another() {
    let died = seconds(5);
    let back = hours(3);
    let engine = TestEngine::scripted(Setup::default(), move |seen| {
        let since = seen.at.since(START);
        let status = match (seen.url.contains("dead"), since) {
            (true, since) if since < died => 404,
            (true, since) if since < back => 503,
            (false, since) if since < seconds(600) => 404,
            _ => 200,
        };
        (Duration::ZERO, Ending::Status(status))
    })
    .await;
    let mut dead = Vec::new();
    for _ in 0..1_100 {
        dead.push(engine.message("https://dead.example/").await.sid);
    }
    let other = engine.message(URL).await.sid;
    sleep(seconds(60)).await;
    assert_eq!(engine.states(other).await, [Aside]);
    let tried = engine.callbacks(dead[700]).await[0].attempts;
    sleep(hours(2)).await;
    assert_eq!(engine.states(other).await, [Delivered]);
    let later = engine.callbacks(dead[700]).await[0].attempts;
    assert!(
        later <= tried + 3,
        "putting off is no attempt: {tried} to {later}"
    );
    let held = engine.deliveries().await.held;
    assert!(held <= 100, "{held}");
    sleep(hours(6)).await;
    for sid in dead {
        assert_eq!(engine.states(sid).await, [Delivered]);
    }
}

/// Receivers that fail in every way, each for a while, as the number `drawn` has it.
fn weather(drawn: u64, seen: &Seen, end: Duration) -> (Duration, Ending) {
    let since = seen.at.since(START);
    if since >= end {
        return (Duration::from_millis(3), Ending::Status(200));
    }
    let mut hasher = DefaultHasher::new();
    let host = seen.url.split('/').nth(2).unwrap_or_default();
    (drawn, host, since.as_secs() / 40).hash(&mut hasher);
    let ms = Duration::from_millis;
    match hasher.finish() % 10 {
        0..=3 => (ms(5), Ending::Status(200)),
        4 => (ms(2_000), Ending::Status(200)),
        5 => (ms(1), Ending::Failure(FailureKind::ConnectionRefused)),
        6 => (seconds(60), Ending::Status(200)),
        7 => (ms(1), Ending::Later(429, "30")),
        8 => (ms(1), Ending::Status(503)),
        _ => {
            (since.as_millis(), &seen.body).hash(&mut hasher);
            let status = [200, 404, 500][(hasher.finish() % 3) as usize];
            (ms(10), Ending::Status(status))
        }
    }
}

/// A store that answers late, the later the higher `drawn` is; at once if that is even.
fn sluggish(drawn: u64) -> Arc<dyn Store> {
    let store = SlowStore::new(MemoryStore::default());
    if drawn % 2 == 1 {
        store.delay(Call::Owed, Duration::from_millis(400 * drawn));
        store.delay(Call::Commit, Duration::from_millis(100 * drawn));
    }
    Arc::new(store)
}

#[tokio::test(start_paused = true)]
async fn through_any_weather_nothing_is_lost_and_first_arrivals_of_a_lane_come_in_order() {
    let end = seconds(1_200);
    for drawn in 0..4 {
        let setup = Setup {
            store: sluggish(drawn),
            limits: Limits {
                window: 30 + 20 * usize::try_from(drawn).unwrap(),
                in_flight: 24,
                per_destination: 12,
                ..Limits::default()
            },
            ..Setup::default()
        };
        let engine = TestEngine::scripted(setup, move |seen| weather(drawn, seen, end)).await;
        let mut sids = Vec::new();
        for number in 0..300_u64 {
            let url = format!("https://host{}.example/", (number * 7 + drawn) % 5);
            let sid = engine.message(&url).await.sid;
            sids.push(sid);
            for (ago, status) in [(20, Sending), (60, Sent), (90, Arrived)] {
                if let Some(earlier) = sids.len().checked_sub(ago + 1) {
                    engine.report(sids[earlier], status).await;
                }
            }
            sleep(seconds(number % 7)).await;
        }
        sleep(hours(12)).await;
        check_that_all_came_in_order(&engine, &sids, drawn).await;
    }
}

async fn check_that_all_came_in_order(engine: &TestEngine, sids: &[Sid], drawn: u64) {
    let mut tries: HashMap<String, u32> = HashMap::new();
    let mut first: HashMap<String, Vec<String>> = HashMap::new();
    for seen in engine.seen() {
        let count = tries
            .entry(seen.header("webhook-id").unwrap().to_owned())
            .or_default();
        *count += 1;
        if *count == 1 {
            let told = first.entry(seen.parameter("MessageSid").unwrap());
            let status = seen.parameter("MessageStatus").unwrap();
            told.or_default().push(status);
        }
    }
    let place = |status: &String| {
        ["queued", "sending", "sent", "delivered"]
            .iter()
            .position(|known| known == status)
    };
    for sid in sids {
        let told = &first[&sid.to_string()];
        assert!(told.iter().map(place).is_sorted(), "{drawn}: {told:?}");
        for callback in engine.callbacks(*sid).await {
            assert_eq!(callback.state, Delivered, "{drawn}");
            let made = tries[&callback.id.to_string()];
            assert_eq!(callback.attempts, made, "{drawn}: none was made twice");
        }
    }
    assert_eq!(engine.deliveries().await.held, 0);
}
