//! What a restart does with what is owed.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered, Failed, Pending};
use ringback_domain::message::MessageStatus::Sending;
use ringback_engine::Clock;
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

struct World {
    store: Arc<MemoryStore>,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self {
            store: Arc::default(),
            clock: Clock::starting_at(START),
        }
    }

    async fn engine(&self, script: impl Fn(&Seen) -> u16 + Send + Sync + 'static) -> TestEngine {
        let setup = Setup {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        };
        TestEngine::scripted(setup, move |seen| {
            (Duration::ZERO, Ending::Status(script(seen)))
        })
        .await
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_pending_is_delivered_in_order() {
    let world = World::new();
    let engine = world.engine(|_| 503).await;
    let message = engine.message(URL).await;
    engine.report(message.sid, Sending).await;
    sleep(seconds(30)).await;
    let token = engine.seen()[0].header("webhook-id").map(str::to_owned);
    engine.running.drain(seconds(1)).await;

    let engine = world.engine(|_| 200).await;
    engine.settled(hours(1)).await;
    assert_eq!(engine.told(), ["queued", "sending"]);
    assert_eq!(
        engine.seen()[0].header("webhook-id").map(str::to_owned),
        token
    );
}

#[tokio::test(start_paused = true)]
async fn a_schedule_is_not_changed_by_a_restart() {
    let world = World::new();
    let engine = world.engine(|_| 503).await;
    let message = engine.message(URL).await;
    sleep(hours(3)).await;
    let due = engine.callbacks(message.sid).await[0].due;
    engine.running.drain(seconds(1)).await;
    let engine = world.engine(|_| 200).await;
    engine.settled(hours(5)).await;
    // A timer rings up to a millisecond late.
    let late = engine.seen()[0].at.since(due);
    assert!(
        engine.seen()[0].at >= due && late < Duration::from_millis(2),
        "{late:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_set_aside_stays_so_and_is_tried_when_due() {
    let world = World::new();
    let engine = world.engine(|_| 404).await;
    let message = engine.message(URL).await;
    sleep(seconds(3)).await;
    assert_eq!(engine.states(message.sid).await, [Aside]);
    engine.running.drain(seconds(1)).await;
    let engine = world.engine(|_| 200).await;
    engine.settled(hours(1)).await;
    assert_eq!(engine.seen()[0].header("Ringback-Late"), Some("true"));
    assert_eq!(engine.states(message.sid).await, [Delivered]);
}

#[tokio::test(start_paused = true)]
async fn after_80_hours_down_each_pending_callback_gets_an_attempt_before_it_fails() {
    let world = World::new();
    let engine = world.engine(|_| 503).await;
    let message = engine.message(URL).await;
    engine.report(message.sid, Sending).await;
    sleep(seconds(30)).await;
    engine.running.drain(seconds(1)).await;
    sleep(hours(80)).await;
    assert_eq!(world.store.unsettled().await.unwrap(), 2);

    let engine = world.engine(|_| 503).await;
    engine.settled(hours(1)).await;
    assert_eq!(engine.states(message.sid).await, [Failed, Failed]);
    let told = engine.told();
    assert!(
        told.contains(&"queued".to_owned()) && told.contains(&"sending".to_owned()),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn attempts_under_way_finish_before_it_stops() {
    let world = World::new();
    let setup = Setup {
        store: Arc::clone(&world.store) as Arc<dyn Store>,
        clock: world.clock.clone(),
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (seconds(3), Ending::Status(200))).await;
    let message = engine.message(URL).await;
    engine.report(message.sid, Sending).await;
    sleep(seconds(1)).await;
    let drained = engine.running.drain(seconds(10)).await;
    assert_eq!(drained, ringback_engine::Drained::Whole);
    let states: Vec<_> = world
        .store
        .callbacks(message.sid)
        .await
        .unwrap()
        .iter()
        .map(|one| one.state)
        .collect();
    assert_eq!(states, [Delivered, Pending]);
}
