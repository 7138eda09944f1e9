//! The system's clock is set while callbacks wait.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Delivered, Failed, Pending};
use ringback_engine::Clock;
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::slow_store::{Call, SlowStore};
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

#[tokio::test(start_paused = true)]
async fn stored_times_move_once_even_if_the_commit_that_moves_them_fails() {
    for fault in [
        Fault::UnsureButWritten,
        Fault::UnsureAndNotWritten,
        Fault::Full,
    ] {
        let store = Arc::new(FaultyStore::new(MemoryStore::default()));
        let clock = Clock::starting_at(START);
        let setup = Setup {
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: clock.clone(),
            ..Setup::default()
        };
        let script = |_: &_| (seconds(100), Ending::Status(503));
        let engine = TestEngine::scripted(setup, script).await;
        let sid = engine.message(URL).await.sid;
        sleep(seconds(6)).await;
        let before = engine.callbacks(sid).await.remove(0).recorded_at;
        clock.step_wall(-DAY_MICROS);
        store.fail_next(fault);
        sleep(seconds(12)).await;
        let after = engine.callbacks(sid).await.remove(0).recorded_at;
        let moved = after.as_micros() - before.as_micros();
        assert!((moved + DAY_MICROS).abs() < 1_000_000, "{fault:?} {moved}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_while_stored_times_are_moved_is_due_by_the_new_time() {
    let store = Arc::new(SlowStore::new(MemoryStore::default()));
    let clock = Clock::starting_at(START);
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: clock.clone(),
        ..Setup::default()
    };
    // The first answer comes at 10.05 s, while the commit that follows the tick at 10 s is
    // under way.
    let script = |seen: &Seen| match seen.header("Ringback-Late") {
        None => (Duration::from_millis(2_050), Ending::Status(404)),
        Some(_) => (Duration::ZERO, Ending::Status(200)),
    };
    let engine = TestEngine::scripted(setup, script).await;
    sleep(seconds(8)).await;
    let sid = engine.message("https://crm.example/sms#rc=0").await.sid;
    clock.step_wall(-365 * DAY_MICROS);
    store.delay(Call::Commit, Duration::from_millis(100));
    sleep(hours(24 * 10)).await;
    let due = engine.callbacks(sid).await[0].due;
    let now = clock.now();
    assert_eq!(
        engine.states(sid).await,
        [Delivered],
        "due {due:?}, now {now:?}"
    );
}
