//! What a restart does with what is owed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered, Failed, Pending};
use ringback_domain::message::MessageStatus::{Sending, Sent};
use ringback_domain::project::{Profile, Settings};
use ringback_engine::{Clock, Hold, Limits};
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::slow_store::{Call, SlowStore};
use ringback_testing::test_engine::{START, Setup, TestEngine, order};
use tokio::time::{sleep, timeout};

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

    fn setup(&self) -> Setup {
        Setup {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        }
    }

    async fn engine(&self, script: impl Fn(&Seen) -> u16 + Send + Sync + 'static) -> TestEngine {
        TestEngine::scripted(self.setup(), move |seen| {
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
    let script = |_: &_| (seconds(3), Ending::Status(200));
    let engine = TestEngine::scripted(world.setup(), script).await;
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

#[tokio::test(start_paused = true)]
async fn a_change_after_the_start_does_not_overtake_what_waits_in_the_store() {
    let store = Arc::new(SlowStore::new(MemoryStore::default()));
    let clock = Clock::starting_at(START);
    let setup = || Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: clock.clone(),
        network: Arc::new(ScriptedNetwork {
            pace: Some(seconds(3)),
        }),
        ..Setup::default()
    };
    let hangs = |_: &_| (seconds(100), Ending::Status(200));
    let engine = TestEngine::scripted(setup(), hangs).await;
    engine.message(URL).await;
    sleep(seconds(1)).await;
    engine.running.drain(Duration::ZERO).await;
    // The network's next step is overdue when it starts again, and the store is slow.
    sleep(seconds(5)).await;
    store.delay(Call::DestinationsOwed, Duration::from_millis(2));
    let script = |_: &_| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup(), script).await;
    engine.settled(hours(1)).await;
    sleep(seconds(60)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent", "delivered"]);
}

#[tokio::test(start_paused = true)]
async fn interrupted_quick_tries_do_not_fail_for_waiting_behind_others() {
    let world = World::new();
    let setup = || Setup {
        settings: Settings {
            profile: Profile::SignalWire,
            ..Settings::default()
        },
        limits: Limits {
            per_destination: 1,
            ..Limits::default()
        },
        ..world.setup()
    };
    // Each of sixty callbacks fails twice, at once; the third try hangs.
    let made = AtomicU32::new(0);
    let engine = TestEngine::scripted(setup(), move |_| {
        let hangs = made.fetch_add(1, Ordering::Relaxed) >= 120;
        let latency = if hangs { seconds(100) } else { Duration::ZERO };
        (latency, Ending::Status(503))
    })
    .await;
    let mut sids = Vec::new();
    for _ in 0..60 {
        sids.push(engine.message(URL).await.sid);
    }
    sleep(seconds(1)).await;
    engine.running.drain(Duration::ZERO).await;

    let script = |_: &_| (seconds(1), Ending::Status(200));
    let engine = TestEngine::scripted(setup(), script).await;
    sleep(seconds(600)).await;
    for sid in sids {
        assert_eq!(
            engine.states(sid).await,
            [Delivered],
            "the receiver is well"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_panic_in_an_attempt_the_engine_ends_and_the_next_start_delivers_everything() {
    let world = World::new();
    let mut engine = world.engine(|_| panic!("the test says so")).await;
    let (hold, release) = Hold::new();
    let sid = engine.order(order(URL), hold).await.sid;
    engine.report(sid, Sent).await;
    drop(release);
    timeout(seconds(1), engine.running.failed())
        .await
        .expect("its end is noticed");
    engine.running.drain(Duration::ZERO).await;

    let engine = world.engine(|_| 200).await;
    engine.settled(hours(1)).await;
    assert_eq!(engine.told(), ["queued", "sent"]);
    assert_eq!(engine.states(sid).await, [Delivered; 2]);
}
