//! Queues outlive the process: what was promised a turn keeps it, and who comes later waits.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::change::Status;
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus;
use ringback_engine::{Clock, Hold, Order};
use ringback_networks::{Capacity, Model, Simulated, SimulatedConfig};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use tokio::time::sleep;

struct World {
    store: Arc<FaultyStore<MemoryStore>>,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self {
            store: Arc::new(FaultyStore::new(MemoryStore::default())),
            clock: Clock::starting_at(START),
        }
    }

    /// An engine whose numbers send one segment a second.
    async fn engine(&self) -> TestEngine {
        let capacity = Capacity {
            calls_per_second: 1,
            messages_per_second: "10dlc=1".parse().expect("a rate"),
            backlog: 100,
            campaign_per_second: None,
            campaign_per_day: None,
        };
        let network = Simulated::new(SimulatedConfig {
            model: Model {
                capacity: Some(capacity),
                ..Model::default()
            },
            ..SimulatedConfig::default()
        });
        let setup = Setup {
            network: Arc::new(network),
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        };
        TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(200))).await
    }

    /// When a message left the queue, in milliseconds since the beginning; none if it has not.
    async fn left_ms(&self, sid: Sid) -> Option<u128> {
        let changes = self.store.changes(sid).await.expect("it can be read");
        let sending = Status::Message(MessageStatus::Sending);
        let left = changes
            .iter()
            .find(|change| change.news.status() == sending);
        left.map(|change| change.at.since(START).as_millis())
    }

    /// Whether it left the queue in that turn: up to 400 ms after it, as all messages do.
    #[track_caller]
    fn was_turn(turn: usize, left_ms: Option<u128>) {
        let begins = u128::try_from(turn).expect("few turns") * 1_000;
        let left = left_ms.expect("it has left the queue");
        assert!(
            (begins + 100..=begins + 400).contains(&left),
            "{turn}: {left} ms"
        );
    }
}

/// A message of one segment.
fn message() -> Order {
    order("https://app.example/status")
}

#[tokio::test(start_paused = true)]
async fn a_queue_outlives_a_restart_and_who_comes_after_it_waits() {
    let world = World::new();
    let engine = world.engine().await;
    let mut sids = Vec::new();
    for _ in 0..10 {
        sids.push(engine.order(message(), Hold::none()).await.sid);
    }
    sleep(Duration::from_secs(4)).await;
    engine.running.drain(Duration::ZERO).await;
    assert!(world.left_ms(sids[1]).await.is_some());
    assert_eq!(world.left_ms(sids[9]).await, None);

    let engine = world.engine().await;
    for _ in 0..3 {
        sids.push(engine.order(message(), Hold::none()).await.sid);
    }
    sleep(Duration::from_secs(30)).await;
    for (turn, sid) in sids.into_iter().enumerate() {
        World::was_turn(turn, world.left_ms(sid).await);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_recorded_takes_no_turn_and_what_may_be_does() {
    /// How many wait before it fails.
    const BEFORE: usize = 5;

    for (fault, turn) in [
        (Fault::Full, BEFORE),
        (Fault::UnsureAndNotWritten, BEFORE),
        (Fault::UnsureButWritten, BEFORE + 1),
    ] {
        let world = World::new();
        let engine = world.engine().await;
        for _ in 0..BEFORE {
            engine.order(message(), Hold::none()).await;
        }
        world.store.fail_next(fault);
        let refused = engine.engine.create(PROJECT, message(), Hold::none()).await;
        assert!(refused.is_err(), "{fault:?}");
        // By then it has tried again, and the queue is not over.
        sleep(Duration::from_secs(2)).await;
        let next = engine.order(message(), Hold::none()).await.sid;
        sleep(Duration::from_secs(30)).await;
        World::was_turn(turn, world.left_ms(next).await);
    }
}
