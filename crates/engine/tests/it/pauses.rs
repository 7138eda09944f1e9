//! What a receiver that asks for time is given.

use std::time::Duration;

use ringback_domain::callback::CallbackState::Delivered;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{START, Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

/// Attempts that began within `pause` after the first was answered, beside those that were
/// under way by then; and when the next one began.
async fn pause(ending: Ending) -> (usize, Option<Duration>) {
    let engine = TestEngine::scripted(Setup::default(), move |seen| {
        if seen.at.since(START) < seconds(1) {
            (Duration::from_millis(10), ending)
        } else {
            (Duration::from_millis(10), Ending::Status(200))
        }
    })
    .await;
    let first = engine.message(URL).await.sid;
    sleep(Duration::from_millis(100)).await;
    for _ in 0..5 {
        engine.message(URL).await;
    }
    sleep(hours(5)).await;
    assert_eq!(engine.states(first).await, [Delivered]);
    let seen = engine.seen();
    let next = seen.iter().find(|seen| seen.at.since(START) >= seconds(1));
    let before = seen.iter().filter(|seen| seen.at.since(START) < seconds(1));
    (before.count(), next.map(|seen| seen.at.since(START)))
}

#[tokio::test(start_paused = true)]
async fn retry_after_pauses_the_whole_destination() {
    // Ten minutes after the start, as a date.
    let date = "Thu, 20 Aug 2026 10:25:00 GMT";
    for (status, value, expected) in [
        (429, "600", seconds(600)),
        (503, "600", seconds(600)),
        (503, date, seconds(600)),
        (429, "1000000", hours(4)),
        (503, "Fri, 20 Aug 2027 10:25:00 GMT", hours(4)),
    ] {
        let (before, next) = pause(Ending::Later(status, value)).await;
        assert_eq!(before, 1, "{status} {value}");
        let next = next.unwrap();
        let late = next.checked_sub(expected);
        assert!(
            late.is_some_and(|late| late < Duration::from_millis(15)),
            "{status} {value}: {next:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_time_or_stands_on_another_answer_pauses_nothing() {
    for ending in [
        Ending::Later(500, "600"),
        Ending::Later(404, "600"),
        Ending::Later(503, "soon"),
        Ending::Later(429, "Thu, 20 Aug 2020 10:25:00 GMT"),
    ] {
        let (before, _) = pause(ending).await;
        assert_eq!(before, 6, "{ending:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_one_destination_is_none_of_another() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let busy = seen.url.contains("busy");
        let ending = if busy {
            Ending::Later(429, "3600")
        } else {
            Ending::Status(200)
        };
        (Duration::ZERO, ending)
    })
    .await;
    engine.message("https://busy.example/").await;
    sleep(seconds(1)).await;
    let other = engine.message(URL).await.sid;
    sleep(Duration::from_millis(10)).await;
    assert_eq!(engine.states(other).await, [Delivered]);
    let busy = engine.destination("https://busy.example").await.unwrap();
    assert!(busy.paused_for.is_some_and(|left| left > seconds(3_590)));
}
