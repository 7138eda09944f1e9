//! The system's clock is set while callbacks wait.

use std::time::Duration;

use ringback_domain::callback::CallbackState::{Failed, Pending};
use ringback_engine::Clock;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

async fn engine() -> (TestEngine, Clock) {
    let clock = Clock::starting_at(START);
    let setup = Setup {
        clock: clock.clone(),
        ..Setup::default()
    };
    let script = |_: &_| (Duration::ZERO, Ending::Status(503));
    (TestEngine::scripted(setup, script).await, clock)
}

#[tokio::test(start_paused = true)]
async fn nothing_expires_by_a_step() {
    for step in [10 * DAY_MICROS, -10 * DAY_MICROS] {
        let (engine, clock) = engine().await;
        let sid = engine.message(URL).await.sid;
        sleep(hours(1)).await;
        clock.step_wall(step);
        sleep(hours(70)).await;
        assert_eq!(engine.states(sid).await, [Pending], "{step}");
        sleep(hours(2)).await;
        assert_eq!(engine.states(sid).await, [Failed], "{step}");
    }
}

#[tokio::test(start_paused = true)]
async fn stored_due_times_move_with_the_clock() {
    let (engine, clock) = engine().await;
    let sid = engine.message(URL).await.sid;
    sleep(hours(2)).await;
    let before = engine.callbacks(sid).await.remove(0);
    clock.step_wall(DAY_MICROS);
    sleep(seconds(6)).await;
    let after = engine.callbacks(sid).await.remove(0);
    let moved = after.recorded_at.as_micros() - before.recorded_at.as_micros();
    assert!((moved - DAY_MICROS).abs() < 1_000_000, "{moved}");
    if after.attempts == before.attempts {
        assert_eq!(after.due.as_micros() - before.due.as_micros(), moved);
    }
    let told = clock.now().as_micros() - START.as_micros();
    assert!(
        told > DAY_MICROS,
        "what is recorded from now on carries the new time"
    );
}
