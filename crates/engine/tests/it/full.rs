//! A store that takes nothing for a while: what becomes of attempts is kept in its reserve.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered, Pending};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus::{Sending, Sent};
use ringback_engine::metrics::Writes;
use ringback_engine::{Clock, CreateError, Hold, RecordError};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::{KEPT, MemoryStore};
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

type Faulty = Arc<FaultyStore<MemoryStore>>;

/// A store and a clock that outlive engines.
struct World {
    store: Faulty,
    clock: Clock,
}

impl World {
    fn new() -> Self {
        Self {
            store: Arc::new(FaultyStore::new(MemoryStore::default())),
            clock: Clock::starting_at(START),
        }
    }

    /// Every attempt takes a second.
    async fn engine(&self, status: impl Fn(&Seen) -> u16 + Send + Sync + 'static) -> TestEngine {
        let setup = Setup {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            clock: self.clock.clone(),
            ..Setup::default()
        };
        let script = move |seen: &Seen| (seconds(1), Ending::Status(status(seen)));
        TestEngine::scripted(setup, script).await
    }

    async fn kept(&self) -> usize {
        self.store.kept(u32::MAX).await.unwrap().len()
    }
}

/// Ends an engine as a crash does: nothing more is recorded.
async fn crash(engine: TestEngine) {
    engine.running.drain(Duration::ZERO).await;
}

#[tokio::test(start_paused = true)]
async fn delivery_goes_on_while_the_disk_is_full_and_nothing_is_sent_twice() {
    let world = World::new();
    let engine = world.engine(|_| 200).await;
    let sid = engine.message(URL).await.sid;
    for status in [Sending, Sent] {
        engine.report(sid, status).await;
    }
    world.store.fail_all(Fault::Full);
    sleep(seconds(10)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent"]);
    assert_eq!(
        engine.states(sid).await,
        [Pending; 3],
        "nothing is recorded"
    );
    assert_eq!(world.kept().await, 3);
    assert_eq!(engine.engine.metrics().writes(), Writes::Full);
    assert_eq!(engine.engine.metrics().outcomes_kept(), 3);
    world.store.recover();
    engine.settled(seconds(5)).await;
    assert_eq!(engine.states(sid).await, [Delivered; 3]);
    assert_eq!(engine.seen().len(), 3);
    assert_eq!(world.kept().await, 0);
    let metrics = engine.engine.metrics();
    assert_eq!(
        (metrics.writes(), metrics.outcomes_kept()),
        (Writes::Taken, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn after_a_crash_what_was_kept_is_recorded_before_anything_is_sent() {
    let world = World::new();
    let engine = world.engine(|_| 200).await;
    let sid = engine.message(URL).await.sid;
    engine.report(sid, Sending).await;
    world.store.fail_all(Fault::Full);
    sleep(seconds(1) + Duration::from_millis(500)).await;
    assert_eq!((world.kept().await, engine.seen().len()), (1, 2));
    crash(engine).await;

    // The disk is still full: what is asked is refused, nothing is sent.
    let engine = world.engine(|_| 200).await;
    sleep(seconds(10)).await;
    let refused = engine.engine.create(PROJECT, order(URL), Hold::none());
    let refused = refused.await;
    assert!(
        matches!(refused, Err(CreateError::Record(RecordError::Full))),
        "{refused:?}"
    );
    assert_eq!(engine.told(), Vec::<String>::new());

    world.store.recover();
    engine.settled(seconds(10)).await;
    assert_eq!(engine.told(), ["sending"], "the first was accepted before");
    assert_eq!(engine.states(sid).await, [Delivered; 2]);
}

#[tokio::test(start_paused = true)]
async fn a_schedule_that_was_kept_goes_on_where_it_was() {
    let world = World::new();
    let engine = world.engine(|_| 503).await;
    let sid = engine.message(URL).await.sid;
    world.store.fail_all(Fault::Full);
    sleep(hours(3)).await;
    let made = engine.seen().len();
    let kept = world.store.kept(u32::MAX).await.unwrap();
    assert_eq!(kept.len(), made);
    let due = kept.last().unwrap().1.outcome.due;
    crash(engine).await;
    world.store.recover();

    let engine = world.engine(|_| 200).await;
    engine.settled(hours(5)).await;
    let late = engine.seen()[0].at.since(due);
    assert!(engine.seen()[0].at >= due, "{late:?}");
    assert!(late < Duration::from_millis(2), "{late:?}");
    let id = engine.callbacks(sid).await[0].id;
    let attempts = engine.engine.store().attempts(id).await.unwrap();
    assert_eq!(attempts.len(), made + 1);
}

#[tokio::test(start_paused = true)]
async fn when_the_reserve_is_full_delivery_stops_and_goes_on_later() {
    let world = World::new();
    let engine = world.engine(|_| 200).await;
    let mut sids: Vec<Sid> = Vec::new();
    for n in 0..KEPT * 4 {
        let url = format!("https://{n}.example/sms");
        sids.push(engine.message(&url).await.sid);
    }
    let before = engine.seen().len();
    world.store.fail_all(Fault::Full);
    sleep(hours(1)).await;
    let metrics = engine.engine.metrics();
    assert!(!metrics.is_delivering());
    let sent = engine.seen().len();
    assert!(sent < sids.len(), "{before} {sent}");
    assert!(world.kept().await <= KEPT);
    sleep(hours(1)).await;
    assert_eq!(engine.seen().len(), sent, "nothing is sent");

    world.store.recover();
    engine.settled(seconds(600)).await;
    assert!(engine.engine.metrics().is_delivering());
    assert_eq!(engine.seen().len(), sids.len(), "nothing is sent twice");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_rebased_takes_what_is_kept_along() {
    let world = World::new();
    let engine = world.engine(|_| 503).await;
    engine.message(URL).await;
    world.store.fail_all(Fault::Full);
    sleep(hours(1)).await;
    let due = world.store.kept(u32::MAX).await.unwrap().pop().unwrap();
    let hour = 3_600_000_000;
    world.clock.step_wall(hour);
    world.store.recover();
    sleep(seconds(20)).await;
    assert_eq!(world.kept().await, 0);
    let owed = engine.engine.store().unsettled().await.unwrap();
    assert_eq!(owed, 1);
    let sid = engine.seen()[0].parameter("MessageSid").unwrap();
    let stored = engine.callbacks(sid.parse().unwrap()).await.remove(0);
    let moved = stored.due.since(due.1.outcome.due);
    assert!(
        moved.abs_diff(Duration::from_micros(hour.unsigned_abs())) < Duration::from_millis(2),
        "{moved:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_is_not_dropped_because_it_cannot_be_read_for_a_moment() {
    let world = World::new();
    let engine = world.engine(|_| 200).await;
    let sid = engine.message(URL).await.sid;
    engine.report(sid, Sending).await;
    world.store.fail_all(Fault::Full);
    sleep(seconds(10)).await;
    assert_eq!(world.kept().await, 2);
    world.store.recover();
    world.store.fail_look_ups(3);
    engine.settled(seconds(10)).await;
    assert_eq!(engine.states(sid).await, [Delivered; 2]);
    assert_eq!(engine.seen().len(), 2, "nothing is sent twice");
}

#[tokio::test(start_paused = true)]
async fn what_was_kept_and_set_aside_is_sent_again_though_its_commit_seemed_to_fail() {
    let world = World::new();
    let engine = world.engine(|seen| {
        if seen.at < START + seconds(60) {
            404
        } else {
            200
        }
    });
    let engine = engine.await;
    let sid = engine.message(URL).await.sid;
    // Quick tries go by; the last one sets it aside.
    world.store.fail_all(Fault::Full);
    sleep(seconds(55)).await;
    assert!(world.kept().await > 1, "{}", world.kept().await);
    world.store.recover();
    world.store.fail_next(Fault::UnsureButWritten);
    world.store.fail_next(Fault::UnsureButWritten);
    sleep(seconds(5)).await;
    assert_eq!(world.kept().await, 0);
    assert_eq!(engine.states(sid).await, [Aside]);
    engine.settled(hours(4)).await;
    assert_eq!(engine.states(sid).await, [Delivered]);
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_already_is_not_taken_from_the_reserve_once_more() {
    let world = World::new();
    let first = |seen: &Seen| {
        if seen.at < START + seconds(1) {
            503
        } else {
            200
        }
    };
    let engine = world.engine(first).await;
    let sid = engine.message(URL).await.sid;
    world.store.fail_all(Fault::Full);
    sleep(Duration::from_millis(1_500)).await;
    let mut kept = world.store.kept(u32::MAX).await.unwrap();
    let (_, pending) = kept.pop().unwrap();
    assert_eq!(pending.outcome.state, Pending);
    world.store.recover();
    engine.settled(seconds(60)).await;
    assert_eq!(engine.states(sid).await, [Delivered]);
    let sent = engine.seen().len();
    crash(engine).await;
    // As a write that was told to have failed leaves it.
    world.store.inner().keep(vec![pending]).await.unwrap();

    let engine = world.engine(|_| 200).await;
    sleep(hours(1)).await;
    assert_eq!(world.kept().await, 0);
    assert_eq!(engine.states(sid).await, [Delivered]);
    assert_eq!(engine.told(), Vec::<String>::new(), "after {sent} attempts");
}
