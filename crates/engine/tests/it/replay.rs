//! Sending again: hurried, replayed, and in nobody's way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use ringback_domain::callback::CallbackState;
use ringback_domain::message::MessageStatus::{Delivered, Sending, Sent};
use ringback_domain::project::{Profile, Settings};
use ringback_engine::replay::{Resent, Run};
use ringback_engine::{Clock, Place};
use ringback_store::{CallbackQuery, Direction, Store};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine};
use tokio::time::{Instant, sleep};

use crate::{URL, hours, seconds};

/// Everything of the project.
fn all() -> CallbackQuery {
    CallbackQuery {
        project: PROJECT,
        resource: None,
        destination: None,
        state: None,
        error: None,
        from: None,
        until: None,
        direction: Direction::Forwards,
        beyond: None,
        limit: 0,
    }
}

fn is_replay(seen: &Seen) -> bool {
    seen.header("ringback-replay").is_some()
}

#[tokio::test(start_paused = true)]
async fn a_callback_in_backoff_is_tried_when_it_is_hurried() {
    let status = Arc::new(AtomicU16::new(503));
    let answer = Arc::clone(&status);
    let engine = TestEngine::scripted(Setup::default(), move |_| {
        (
            Duration::ZERO,
            Ending::Status(answer.load(Ordering::Relaxed)),
        )
    })
    .await;
    let message = engine.message(URL).await;
    sleep(hours(1)).await;
    let callback = engine.callbacks(message.sid).await.remove(0);
    assert_eq!(callback.state, CallbackState::Pending);
    let outlook = engine.engine.outlook(callback.clone()).await.unwrap();
    assert!(
        matches!(outlook.place, Place::Lane { closed: true, due_in, .. } if !due_in.is_zero()),
        "{outlook:?}"
    );
    status.store(200, Ordering::Relaxed);
    let before = Instant::now();
    let resent = engine.engine.retry(callback).await.unwrap();
    assert_eq!(resent, Resent::Hurried);
    engine.settled(hours(1)).await;
    assert!(before.elapsed() < seconds(1));
    assert!(!is_replay(engine.seen().last().unwrap()));
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_is_tried_when_it_is_hurried() {
    let status = Arc::new(AtomicU16::new(400));
    let answer = Arc::clone(&status);
    let engine = TestEngine::scripted(Setup::default(), move |_| {
        (
            Duration::ZERO,
            Ending::Status(answer.load(Ordering::Relaxed)),
        )
    })
    .await;
    let message = engine.message(URL).await;
    sleep(hours(1)).await;
    let callback = engine.callbacks(message.sid).await.remove(0);
    assert_eq!(callback.state, CallbackState::Aside);
    status.store(200, Ordering::Relaxed);
    let before = Instant::now();
    engine.engine.retry(callback).await.unwrap();
    engine.settled(hours(1)).await;
    assert!(before.elapsed() < seconds(3), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_new_does_not_wait_for_a_replay_to_the_same_url() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let slow = if is_replay(seen) {
            seconds(4)
        } else {
            Duration::ZERO
        };
        (slow, Ending::Status(200))
    })
    .await;
    let message = engine.message(URL).await;
    engine.settled(seconds(5)).await;
    let callback = engine.callbacks(message.sid).await.remove(0);
    assert_eq!(
        engine.engine.retry(callback).await.unwrap(),
        Resent::Replayed
    );
    sleep(seconds(1)).await;
    let before = Instant::now();
    engine.report(message.sid, Sending).await;
    sleep(Duration::from_millis(10)).await;
    assert_eq!(engine.told(), ["queued", "queued", "sending"]);
    assert!(before.elapsed() < seconds(1));
    engine.settled(seconds(10)).await;
}

#[tokio::test(start_paused = true)]
async fn replays_come_in_order_and_no_faster_than_asked() {
    let engine = TestEngine::answering(200).await;
    let message = engine.message(URL).await;
    for status in [Sending, Sent, Delivered] {
        engine.report(message.sid, status).await;
    }
    engine.settled(seconds(5)).await;
    let ids: Vec<_> = engine.seen().iter().map(id).collect();
    let counted = engine.engine.replay(all(), 1, Run::Dry).await.unwrap();
    assert_eq!(counted.count, 4);
    assert_eq!(engine.seen().len(), 4);
    let before = Instant::now();
    let replayed = engine.engine.replay(all(), 1, Run::Real).await.unwrap();
    assert_eq!(replayed.count, 4);
    engine.settled(seconds(60)).await;
    assert!(before.elapsed() >= seconds(3), "{:?}", before.elapsed());
    let again = engine.seen().split_off(4);
    assert!(again.iter().all(is_replay));
    assert_eq!(again.iter().map(id).collect::<Vec<_>>(), ids);
}

fn id(seen: &Seen) -> Option<String> {
    seen.header("webhook-id").map(str::to_owned)
}

#[tokio::test(start_paused = true)]
async fn a_replay_of_many_to_one_destination_goes_at_hundreds_a_second() {
    let engine = TestEngine::answering(200).await;
    for _ in 0..400 {
        engine.message(URL).await;
    }
    engine.settled(seconds(5)).await;
    let before = Instant::now();
    let replayed = engine.engine.replay(all(), 1_000, Run::Real).await.unwrap();
    assert_eq!(replayed.count, 400);
    engine.settled(seconds(60)).await;
    assert!(before.elapsed() < seconds(2), "{:?}", before.elapsed());
    assert_eq!(engine.seen().len(), 800);
}

#[tokio::test(start_paused = true)]
async fn a_replay_outlives_a_restart_and_has_72_hours_of_its_own() {
    let store: Arc<MemoryStore> = Arc::default();
    let clock = Clock::starting_at(START);
    let start = |status: u16| {
        let setup = Setup {
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: clock.clone(),
            settings: Settings {
                profile: Profile::Durable,
                ..Settings::default()
            },
            ..Setup::default()
        };
        TestEngine::scripted(setup, move |_| (Duration::ZERO, Ending::Status(status)))
    };
    let engine = start(503).await;
    let message = engine.message(URL).await;
    sleep(hours(80)).await;
    assert_eq!(engine.states(message.sid).await, [CallbackState::Failed]);
    let callback = engine.callbacks(message.sid).await.remove(0);
    engine.engine.retry(callback).await.unwrap();
    sleep(hours(1)).await;
    assert_eq!(
        engine.states(message.sid).await,
        [CallbackState::Aside],
        "it is tried on"
    );
    engine.running.drain(seconds(1)).await;

    let engine = start(200).await;
    sleep(hours(5)).await;
    assert_eq!(engine.states(message.sid).await, [CallbackState::Delivered]);
    assert!(is_replay(engine.seen().last().unwrap()));
}
