//! What was set aside waits for nobody else, and keeps nobody else waiting.

use std::time::Duration;

use ringback_domain::callback::CallbackState::Delivered;
use ringback_domain::id::Sid;
use ringback_engine::Limits;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{Setup, TestEngine};
use tokio::time::sleep;

use crate::{hours, seconds};

/// How many callbacks are set aside before the test begins.
const ASIDE: usize = 3_000;

fn setup(limits: Limits) -> Setup {
    Setup {
        limits,
        ..Setup::default()
    }
}

/// Refuses whatever goes to a bad URL: at once when it is new, in five seconds when it is
/// late.
fn refusal(seen: &Seen) -> Option<(Duration, Ending)> {
    let late = seen.header("Ringback-Late").is_some();
    seen.url.contains("bad").then_some((
        if late { seconds(5) } else { Duration::ZERO },
        Ending::Status(404),
    ))
}

/// How long it takes until the callback of a message is delivered, to ten seconds.
async fn waited(engine: &TestEngine, sid: Sid) -> Duration {
    let mut waited = Duration::ZERO;
    while engine.states(sid).await != [Delivered] && waited < hours(72) {
        sleep(seconds(10)).await;
        waited += seconds(10);
    }
    waited
}

#[tokio::test(start_paused = true)]
async fn what_one_destination_set_aside_does_not_hold_up_what_another_did() {
    let limits = Limits {
        per_destination: 1,
        ..Limits::default()
    };
    let engine = TestEngine::scripted(setup(limits), |seen| {
        let late = seen.header("Ringback-Late").is_some();
        refusal(seen).unwrap_or((Duration::ZERO, Ending::Status(if late { 200 } else { 404 })))
    })
    .await;
    for _ in 0..ASIDE {
        engine.message("https://bad.example/#rc=0").await;
    }
    sleep(seconds(60)).await;
    let sid = engine.message("https://good.example/#rc=0").await.sid;
    let waited = waited(&engine, sid).await;
    assert!(waited <= seconds(20), "due within 10 s, it took {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_does_not_hold_up_what_is_new() {
    for per_destination in [1, 2] {
        let limits = Limits {
            per_destination,
            window: 100,
            ..Limits::default()
        };
        let engine = TestEngine::scripted(setup(limits), |seen| {
            refusal(seen).unwrap_or((Duration::ZERO, Ending::Status(200)))
        })
        .await;
        for _ in 0..ASIDE {
            engine.message("https://crm.example/bad#rc=0").await;
            sleep(Duration::from_millis(1)).await;
        }
        sleep(seconds(120)).await;
        let sid = engine.message("https://crm.example/good").await.sid;
        let waited = waited(&engine, sid).await;
        assert!(
            waited <= seconds(60),
            "{per_destination} at once: {waited:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_gets_its_turn_at_a_destination_that_is_always_busy() {
    let limits = Limits {
        per_destination: 4,
        ..Limits::default()
    };
    let engine = TestEngine::scripted(setup(limits), |seen| {
        let late = seen.header("Ringback-Late").is_some();
        let refused = seen.url.contains("picky") && !late;
        (seconds(1), Ending::Status(if refused { 404 } else { 200 }))
    })
    .await;
    let sid = engine.message("https://crm.example/picky#rc=0").await.sid;
    // Five in a second, where there is room for four.
    for _ in 0..600 {
        engine.message("https://crm.example/").await;
        sleep(Duration::from_millis(200)).await;
    }
    assert_eq!(engine.states(sid).await, [Delivered]);
}
