//! What is old is removed, whole or not at all, and nothing that is owed is.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered, Failed};
use ringback_domain::change::{News, Told};
use ringback_domain::event::{EventContent, EventKey};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageFacts;
use ringback_domain::message::MessageStatus::{self, Queued, Sending, Sent};
use ringback_domain::resource::Kind;
use ringback_domain::verdict::Verdict;
use ringback_engine::intake::{
    EventSeen, Name, PlatformReport, Stream, Subscribe, TakeError, Taken,
};
use ringback_engine::replay::{ResendError, Resent};
use ringback_engine::{Clock, Hold, UpdateError};
use ringback_store::Store;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{PROJECT, START, Setup, TestEngine, order};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

/// Longer than it takes until the next look at what is old.
const LOOK: Duration = seconds(61);

/// Whatever is older than `retain` goes; attempts are answered with `status`.
async fn retaining(retain: Duration, status: u16) -> TestEngine {
    let setup = Setup {
        retain: Some(retain),
        ..Setup::default()
    };
    TestEngine::scripted(setup, move |_| (Duration::ZERO, Ending::Status(status))).await
}

/// The same, over a store that fails when it is told to.
async fn faulty(retain: Duration) -> (TestEngine, Arc<FaultyStore<MemoryStore>>) {
    let store = Arc::new(FaultyStore::new(MemoryStore::default()));
    let setup = Setup {
        retain: Some(retain),
        store: Arc::clone(&store) as Arc<dyn Store>,
        ..Setup::default()
    };
    let script = |_: &_| (Duration::ZERO, Ending::Status(200));
    (TestEngine::scripted(setup, script).await, store)
}

async fn is_there(engine: &TestEngine, sid: Sid) -> bool {
    let found = engine.engine.store().resources(&[sid]).await;
    found.unwrap()[0].is_some()
}

fn news(status: MessageStatus) -> News {
    News::Message(status, MessageFacts::default())
}

/// A platform's report of the message that it calls `name`.
fn reported(name: &str, status: MessageStatus, event: u8) -> PlatformReport {
    PlatformReport {
        name: Name::External(name.into()),
        news: news(status),
        kind: Kind::Message,
        new: Ok(order(URL).new),
        subscribe: Subscribe::To(order(URL).subscriptions.remove(0)),
        event: Some((EventKey([event; 16]), EventContent([event; 16]))),
        told: Told::default(),
        depth: 0,
        warnings: Vec::new(),
    }
}

async fn take(engine: &TestEngine, report: PlatformReport) -> Result<Taken, TakeError> {
    let stream = Stream::default();
    let offered = engine.engine.offer(PROJECT, &stream, report).await;
    offered.unwrap().verdict().await
}

#[tokio::test(start_paused = true)]
async fn what_is_old_goes_with_all_that_belongs_to_it_and_the_rest_stays() {
    let engine = retaining(hours(48), 200).await;
    let old = engine.message(URL).await.sid;
    engine.report(old, Sending).await;
    sleep(hours(47)).await;
    let young = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    assert!(is_there(&engine, old).await);
    sleep(hours(1) + LOOK).await;
    assert!(!is_there(&engine, old).await && is_there(&engine, young).await);
    assert_eq!(engine.callbacks(old).await, []);
    assert_eq!(engine.callbacks(young).await.len(), 1);
    assert_eq!(engine.engine.metrics().removed(), 1);
    let late = engine.engine.report(PROJECT, old, news(Sent)).await;
    assert!(matches!(late, Err(UpdateError::NotFound)));
    engine.report(young, Sending).await;
    engine.settled(seconds(5)).await;
    assert_eq!(engine.states(young).await, [Delivered, Delivered]);
}

#[tokio::test(start_paused = true)]
async fn without_being_asked_nothing_is_removed() {
    let engine = TestEngine::answering(200).await;
    let message = engine.message(URL).await.sid;
    sleep(hours(24)).await;
    assert!(is_there(&engine, message).await);
}

#[tokio::test(start_paused = true)]
async fn the_clock_starts_at_the_last_change() {
    let engine = retaining(hours(2), 200).await;
    let message = engine.message(URL).await.sid;
    sleep(hours(1)).await;
    engine.report(message, Sending).await;
    sleep(hours(1) + LOOK).await;
    assert!(is_there(&engine, message).await);
    sleep(hours(1)).await;
    assert!(!is_there(&engine, message).await);
}

/// Of a clock that steps by days nobody knows which of its times is wrong.
#[tokio::test(start_paused = true)]
async fn nothing_goes_because_the_clock_steps() {
    let clock = Clock::starting_at(START);
    let setup = Setup {
        retain: Some(hours(2)),
        clock: clock.clone(),
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(200))).await;
    let message = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    clock.step_wall(48 * 3_600 * 1_000_000);
    sleep(hours(1)).await;
    assert!(is_there(&engine, message).await);
    sleep(hours(1) + LOOK).await;
    assert!(!is_there(&engine, message).await);
}

/// The destination is dead: the callback waits for 72 hours, then the notice of its failure
/// is owed too. Only when all is settled does the clock start.
#[tokio::test(start_paused = true)]
async fn nothing_that_is_owed_goes_and_the_clock_starts_at_the_last_outcome() {
    let engine = retaining(hours(1), 503).await;
    let message = engine.message(URL).await.sid;
    sleep(hours(71)).await;
    assert!(is_there(&engine, message).await);
    engine.settled(hours(2)).await;
    assert_eq!(engine.states(message).await, [Failed]);
    sleep(Duration::from_secs(55 * 60)).await;
    assert!(is_there(&engine, message).await);
    sleep(Duration::from_secs(5 * 60) + LOOK).await;
    assert!(!is_there(&engine, message).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_set_aside_or_replayed_stays() {
    let engine = retaining(hours(1), 404).await;
    let message = engine.message(URL).await.sid;
    sleep(hours(3)).await;
    assert_eq!(engine.states(message).await, [Aside]);

    let engine = retaining(hours(1), 200).await;
    let message = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    sleep(Duration::from_secs(59 * 60)).await;
    let callback = engine.callbacks(message).await.remove(0);
    let replayed = engine.engine.retry(callback.clone()).await.unwrap();
    assert_eq!(replayed, Resent::Replayed);
    sleep(Duration::from_secs(30 * 60)).await;
    assert!(
        is_there(&engine, message).await,
        "the replay was an hour later"
    );
    sleep(hours(1)).await;
    assert!(!is_there(&engine, message).await);
    let gone = engine.engine.retry(callback).await;
    assert!(matches!(gone, Err(ResendError::NotFound)), "{gone:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_network_has_a_step_for_stays() {
    let setup = Setup {
        retain: Some(hours(1)),
        network: Arc::new(ScriptedNetwork {
            pace: Some(hours(5)),
        }),
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(200))).await;
    let message = engine.message(URL).await.sid;
    // Three steps of five hours.
    sleep(hours(14)).await;
    assert!(is_there(&engine, message).await);
    sleep(hours(3)).await;
    assert!(!is_there(&engine, message).await);
}

/// What a platform calls it is free again, and so are the ids of its reports.
#[tokio::test(start_paused = true)]
async fn a_report_of_what_is_gone_begins_anew() {
    let engine = retaining(hours(1), 200).await;
    let first = take(&engine, reported("order-17", Sending, 1))
        .await
        .unwrap();
    let again = take(&engine, reported("order-17", Sending, 1))
        .await
        .unwrap();
    assert_eq!((again.sid, again.event), (first.sid, EventSeen::Before));
    sleep(hours(1) + LOOK).await;
    assert!(!is_there(&engine, first.sid).await);
    let anew = take(&engine, reported("order-17", Sending, 1))
        .await
        .unwrap();
    assert_ne!(anew.sid, first.sid);
    assert_eq!((anew.seq, anew.event), (Some(0), EventSeen::New));
    engine.settled(seconds(5)).await;
    assert_eq!(engine.states(anew.sid).await, [Delivered]);
}

/// A report that comes while its resource is being removed finds none; one that comes a
/// moment before keeps it.
#[tokio::test(start_paused = true)]
async fn a_report_meets_its_resource_whole_or_not_at_all() {
    let (engine, store) = faulty(hours(1)).await;
    let sid = take(&engine, reported("a", Sending, 1)).await.unwrap().sid;
    engine.settled(seconds(5)).await;
    let commits = store.arrived();
    store.hold();
    // The next commit is the removal; reports wait behind it.
    store.wait_for_arrivals(commits + 1).await;
    let late = {
        let engine = engine.engine.clone();
        tokio::spawn(async move { engine.report(PROJECT, sid, news(Sent)).await })
    };
    let (stream, report) = (Stream::default(), reported("a", Sent, 2));
    let offered = engine.engine.offer(PROJECT, &stream, report);
    let mut offered = offered.await.unwrap();
    sleep(seconds(1)).await;
    assert!(offered.verdict_now().is_none(), "it waits");
    store.release();
    assert!(matches!(late.await.unwrap(), Err(UpdateError::NotFound)));
    let anew = offered.verdict().await.unwrap();
    assert_ne!(anew.sid, sid);
    assert_eq!(
        engine.engine.store().changes(anew.sid).await.unwrap().len(),
        1
    );
    assert!(!is_there(&engine, sid).await);
}

/// After a removal of which nobody knows whether it was written, a report finds what the
/// store has; new callbacks are delivered, for their positions go on.
#[tokio::test(start_paused = true)]
async fn after_a_doubtful_removal_what_the_store_has_is_true() {
    for (fault, stays) in [
        (Fault::UnsureButWritten, false),
        (Fault::UnsureAndNotWritten, true),
        (Fault::Full, true),
    ] {
        let (engine, store) = faulty(hours(1)).await;
        let sid = take(&engine, reported("a", Sending, 1)).await.unwrap().sid;
        engine.settled(seconds(5)).await;
        let commits = store.arrived();
        store.fail_next(fault);
        store.wait_for_arrivals(commits + 1).await;
        sleep(seconds(2)).await;
        assert_eq!(is_there(&engine, sid).await, stays, "{fault:?}");
        let next = take(&engine, reported("a", Sent, 2)).await.unwrap();
        assert_eq!(next.sid == sid, stays, "{fault:?}");
        assert!(matches!(next.verdict, Verdict::Accepted(_)));
        engine.settled(seconds(5)).await;
        let states = engine.states(next.sid).await;
        assert!(states.iter().all(|state| *state == Delivered), "{fault:?}");
        let new = engine.message(URL).await.sid;
        engine.settled(seconds(5)).await;
        assert_eq!(engine.states(new).await, [Delivered], "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_disk_is_tried_again_later() {
    let (engine, store) = faulty(hours(1)).await;
    let message = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    let commits = store.arrived();
    store.fail_next(Fault::Full);
    store.wait_for_arrivals(commits + 1).await;
    sleep(hours(1)).await;
    assert!(!is_there(&engine, message).await);
}

/// It goes on while there is no idle moment, and in more than one commit.
#[tokio::test(start_paused = true)]
async fn a_lot_goes_in_small_steps_and_under_load() {
    const OLD: u64 = 1_000;
    let (engine, store) = faulty(hours(1)).await;
    for _ in 0..OLD {
        let order = order(URL);
        let created = engine.engine.create(PROJECT, order, Hold::none()).await;
        created.unwrap();
    }
    engine.settled(seconds(60)).await;
    sleep(Duration::from_secs(59 * 60 + 50)).await;
    let busy = engine.message(URL).await.sid;
    engine.settled(seconds(5)).await;
    let before = store.arrived();
    let mut reports = 0;
    while engine.engine.metrics().removed() < OLD {
        // Repeats: each is a commit.
        engine.report(busy, Queued).await;
        reports += 1;
        sleep(Duration::from_millis(20)).await;
        assert!(reports < 100_000, "it never comes to an end");
    }
    let removals = store.arrived() - before - reports;
    assert!(removals >= 10, "{removals} commits for {OLD} resources");
    assert!(is_there(&engine, busy).await);
}
