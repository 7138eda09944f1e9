//! What is counted is what was recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringback_domain::message::MessageStatus::{Delivered, Queued, Sending, Sent, Undelivered};
use ringback_domain::project::Settings;
use ringback_engine::metrics::{AttemptCounts, Reports, Settled};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{PROJECT, Setup, TestEngine, project};
use tokio::time::sleep;

use crate::{URL, seconds};

#[tokio::test(start_paused = true)]
async fn reports_callbacks_and_attempts_are_counted_by_what_became_of_them() {
    let refusals = AtomicU32::new(0);
    let answer = move |seen: &Seen| {
        let sent = seen.parameter("MessageStatus").as_deref() == Some("sent");
        let refused = sent && refusals.fetch_add(1, Ordering::Relaxed) < 2;
        let status = if refused { 503 } else { 200 };
        (Duration::ZERO, Ending::Status(status))
    };
    let engine = TestEngine::scripted(Setup::default(), answer).await;
    let message = engine.message(URL).await;
    for status in [Sending, Sending, Sent, Queued, Delivered, Undelivered] {
        engine.report(message.sid, status).await;
    }
    sleep(seconds(10)).await;
    let metrics = engine.engine.metrics();
    let reports = Reports {
        accepted: 4,
        repeat: 1,
        late: 1,
        conflict: 1,
        refused: 0,
    };
    assert_eq!(metrics.reports(), reports);
    assert_eq!(metrics.owed(), 4);
    let settled = Settled {
        delivered: 4,
        ..Settled::default()
    };
    assert_eq!(metrics.settled(), settled);
    let destinations = metrics.destinations(10);
    let attempts = destinations.busiest[0].attempts;
    let expected = AttemptCounts {
        accepted: 4,
        failed: 2,
    };
    assert_eq!(attempts, expected);
    assert_eq!(destinations.rest, AttemptCounts::default());
    assert_eq!(metrics.attempts().count, attempts.all());
    assert_eq!(metrics.deliveries().count, 4);
    assert_eq!(metrics.groups().count, metrics.commits().count);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_takes_writes_again_is_noticed_though_nobody_asks() {
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let setup = Setup {
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let answer = |_: &Seen| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup, answer).await;
    let stored = project(PROJECT, "one", Settings::default());
    engine.engine.put_project(stored.clone()).await.unwrap();
    let metrics = engine.engine.metrics();
    assert!(metrics.is_writable());
    store.fail_all(Fault::Full);
    assert!(engine.engine.put_project(stored).await.is_err());
    sleep(seconds(10)).await;
    assert!(!metrics.is_writable());
    assert!(metrics.commits_failed() > 5, "it is tried every second");
    store.recover();
    sleep(seconds(2)).await;
    assert!(metrics.is_writable());
}
