//! When a destination is not asked, and how it is asked again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Delivered, Failed, Pending};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus::{Delivered as Arrived, Sending, Sent};
use ringback_domain::project::{Profile, Settings};
use ringback_engine::transport::FailureKind;
use ringback_engine::{BreakerState, Limits};
use ringback_store::Store;
use ringback_testing::faulty_store::FaultyStore;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

const CRM: &str = "https://crm.example";

async fn dead_until(when: Duration) -> TestEngine {
    TestEngine::scripted(Setup::default(), move |seen| {
        let dead = seen.at.since(START) < when;
        let ending = if dead {
            Ending::Failure(FailureKind::ConnectionRefused)
        } else {
            Ending::Status(200)
        };
        (Duration::from_millis(5), ending)
    })
    .await
}

async fn many(engine: &TestEngine, count: usize) -> Vec<Sid> {
    let mut sids = Vec::new();
    for _ in 0..count {
        let sid = engine.message(URL).await.sid;
        for status in [Sending, Sent, Arrived] {
            engine.report(sid, status).await;
        }
        sids.push(sid);
    }
    sids
}

fn between(seen: &[Seen], from: Duration, until: Duration) -> usize {
    let ago = |seen: &&Seen| (from..until).contains(&seen.at.since(START));
    seen.iter().filter(ago).count()
}

#[tokio::test(start_paused = true)]
async fn a_dead_destination_is_probed_with_one_callback_at_a_time() {
    let engine = dead_until(hours(1_000)).await;
    many(&engine, 300).await;
    sleep(hours(1)).await;
    let seen = engine.seen();
    let at_first = between(&seen, seconds(0), seconds(5));
    assert!((10..=74).contains(&at_first), "{at_first}");
    let probes = between(&seen, seconds(5), hours(1));
    assert!((55..=65).contains(&probes), "one a minute: {probes}");
    let crm = engine.destination(CRM).await.unwrap();
    assert!(
        matches!(crm.breaker, BreakerState::Refuses(left) if left <= seconds(60)),
        "{:?}",
        crm.breaker
    );
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_returns_is_noticed_within_a_minute_and_drained_in_order() {
    static BUSY: Mutex<(usize, usize)> = Mutex::new((0, 0));
    let back = hours(2);
    let engine = TestEngine::scripted(Setup::default(), move |seen| {
        let since = seen.at.since(START);
        if since < back {
            return (Duration::ZERO, Ending::Status(502));
        }
        let (at_first, all) = &mut *BUSY.lock().unwrap();
        *all += 1;
        if since < back + seconds(65) && *all <= 12 {
            *at_first += 1;
        }
        (Duration::from_millis(100), Ending::Status(200))
    })
    .await;
    let sids = many(&engine, 500).await;
    sleep(back).await;
    engine.settled(seconds(120)).await;
    let mut told: HashMap<String, Vec<String>> = HashMap::new();
    let seen = engine.seen();
    let after: Vec<&Seen> = seen
        .iter()
        .filter(|seen| seen.at.since(START) >= back)
        .collect();
    let first = after[0].at;
    assert!(first.since(START) < back + seconds(61));
    for seen in &after {
        let sid = seen.parameter("MessageSid").unwrap();
        let status = seen.parameter("MessageStatus").unwrap();
        told.entry(sid).or_default().push(status);
    }
    for sid in sids {
        let told = &told[&sid.to_string()];
        assert_eq!(told, &["queued", "sending", "sent", "delivered"]);
    }
    let ms = |count| Duration::from_millis(count);
    let in_time = |until| {
        after
            .iter()
            .filter(|seen| seen.at.since(first) < until)
            .count()
    };
    assert_eq!(in_time(ms(100)), 1, "the probe alone");
    let herd = in_time(ms(200)) - 1;
    assert!(herd <= 9, "{herd} at once after it");
    let later = in_time(ms(2_000)) - in_time(ms(1_900));
    assert!(later >= 32, "{later} at once when it has shown itself well");
}

#[tokio::test(start_paused = true)]
async fn a_4xx_never_makes_it_refuse() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let wrong = seen.url.ends_with("/wrong");
        (
            Duration::ZERO,
            Ending::Status(if wrong { 404 } else { 200 }),
        )
    })
    .await;
    for _ in 0..100 {
        engine.message("https://crm.example/wrong").await;
    }
    sleep(seconds(5)).await;
    let right = engine.message(URL).await.sid;
    sleep(Duration::from_millis(5)).await;
    assert_eq!(engine.states(right).await, [Delivered]);
}

#[tokio::test(start_paused = true)]
async fn a_410_fails_that_callback_alone() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let gone = seen.parameter("MessageStatus").as_deref() == Some("sending");
        (Duration::ZERO, Ending::Status(if gone { 410 } else { 200 }))
    })
    .await;
    let sids = many(&engine, 30).await;
    engine.settled(seconds(5)).await;
    for sid in sids {
        let expected = [Delivered, Failed, Delivered, Delivered];
        assert_eq!(engine.states(sid).await, expected);
    }
    assert_eq!(engine.seen().len(), 120, "each was tried once");
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_no_attempt_and_none_fails_untried() {
    let engine = dead_until(hours(1_000)).await;
    let sids = many(&engine, 100).await;
    sleep(hours(71)).await;
    let mut tries = Vec::new();
    for sid in &sids {
        for callback in engine.callbacks(*sid).await {
            assert_eq!(callback.state, Pending);
            tries.push(callback.attempts);
        }
    }
    let seen = engine.seen().len();
    assert_eq!(tries.iter().sum::<u32>() as usize, seen);
    assert!(seen < 72 * 62 + 80, "{seen} tries of 800 callbacks");
    sleep(hours(2)).await;
    for sid in sids {
        for callback in engine.callbacks(sid).await {
            assert_eq!(callback.state, Failed);
            assert!(callback.attempts > 0, "it was tried at least once");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_remembered_when_nothing_is_pending() {
    let settings = Settings {
        profile: Profile::Twilio,
        ..Settings::default()
    };
    let setup = Setup {
        settings,
        ..Setup::default()
    };
    // This profile gives up after one try of a 503: nothing stays pending.
    let engine = TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(503))).await;
    for _ in 0..10 {
        engine.message(URL).await;
    }
    engine.settled(seconds(1)).await;
    assert_eq!(engine.destination(CRM).await, None);
    let next = engine.message(URL).await.sid;
    sleep(seconds(1)).await;
    assert_eq!(engine.states(next).await, [Pending], "the breaker refuses");
    engine.settled(seconds(10)).await;
    assert_eq!(engine.states(next).await, [Failed]);
}

#[tokio::test(start_paused = true)]
async fn what_the_store_does_not_know_yet_stays_in_memory() {
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        limits: Limits {
            window: 60,
            ..Limits::default()
        },
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |seen| {
        let dead = seen.url == URL && seen.at.since(START) < seconds(3);
        let hangs = seen.url != URL && seen.at.since(START) < seconds(60);
        let latency = if dead || hangs {
            seconds(1)
        } else {
            Duration::ZERO
        };
        (latency, Ending::Status(if dead { 503 } else { 200 }))
    })
    .await;
    let mut sids = Vec::new();
    for _ in 0..60 {
        sids.push(engine.message(URL).await.sid);
    }
    // The more others there are, the less it holds while it is not served.
    for number in 0..5 {
        engine
            .message(&format!("https://other{number}.example/"))
            .await;
    }
    sleep(Duration::from_millis(10)).await;
    // Nothing is written while it fails, is parked, and comes back.
    store.hold();
    sleep(seconds(10)).await;
    store.release();
    sleep(hours(1)).await;
    let seen = engine.seen();
    for sid in sids {
        let callback = &engine.callbacks(sid).await[0];
        assert_eq!(callback.state, Delivered);
        let id = callback.id.to_string();
        let tries = seen
            .iter()
            .filter(|seen| seen.header("webhook-id") == Some(&id));
        assert_eq!(callback.attempts as usize, tries.count());
    }
}
