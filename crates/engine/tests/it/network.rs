//! The network's steps: taken when due, and after a restart.

use std::sync::Arc;

use ringback_domain::change::Status;
use ringback_domain::message::MessageStatus;
use ringback_engine::{Clock, Hold};
use ringback_store::Store;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

fn paced(store: &Arc<MemoryStore>, pace_s: u64, clock: &Clock) -> Setup {
    Setup {
        network: Arc::new(ScriptedNetwork {
            pace: Some(seconds(pace_s)),
        }),
        store: Arc::clone(store) as Arc<dyn Store>,
        clock: clock.clone(),
        ..Setup::default()
    }
}

#[tokio::test(start_paused = true)]
async fn steps_are_taken_when_they_are_due() {
    let store = Arc::new(MemoryStore::default());
    let setup = paced(&store, 10, &Clock::starting_at(START));
    let engine = TestEngine::scripted(setup, |_| (seconds(0), Ending::Status(200))).await;
    let sid = engine.message(URL).await.sid;
    sleep(seconds(31)).await;
    let changes = engine.engine.store().changes(sid).await.unwrap();
    let after: Vec<u64> = changes
        .iter()
        .map(|change| change.at.since(START).as_secs())
        .collect();
    assert_eq!(after, [0, 10, 20, 30]);
    assert_eq!(engine.told(), ["queued", "sending", "sent", "delivered"]);
}

#[tokio::test(start_paused = true)]
async fn overdue_steps_are_taken_at_once_and_in_order_after_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let clock = Clock::starting_at(START);
    let first = TestEngine::scripted(paced(&store, 10, &clock), |_| {
        (seconds(0), Ending::Status(200))
    })
    .await;
    let sid = first.message(URL).await.sid;
    sleep(seconds(11)).await;
    first.running.drain(seconds(1)).await;
    sleep(hours(1)).await;
    assert_eq!(store.changes(sid).await.unwrap().len(), 2);

    let again = TestEngine::scripted(paced(&store, 10, &clock), |_| {
        (seconds(0), Ending::Status(200))
    })
    .await;
    sleep(seconds(1)).await;
    let statuses: Vec<Status> = store
        .changes(sid)
        .await
        .unwrap()
        .iter()
        .map(|change| change.news.status())
        .collect();
    let expected = [
        MessageStatus::Queued,
        MessageStatus::Sending,
        MessageStatus::Sent,
        MessageStatus::Delivered,
    ];
    assert_eq!(statuses, expected.map(Status::Message));
    assert_eq!(again.told(), ["sent", "delivered"]);
}

#[tokio::test(start_paused = true)]
async fn even_without_delay_nothing_leaves_before_the_answer() {
    let store = Arc::new(MemoryStore::default());
    let setup = paced(&store, 0, &Clock::starting_at(START));
    let engine = TestEngine::scripted(setup, |_| (seconds(0), Ending::Status(200))).await;
    let (hold, release) = Hold::new();
    let sid = engine.order(order(URL), hold).await.sid;
    sleep(seconds(1)).await;
    assert_eq!(store.changes(sid).await.unwrap().len(), 4);
    assert!(engine.told().is_empty());
    drop(release);
    engine.settled(seconds(1)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent", "delivered"]);
}
