//! How hard a callback is tried, and when it is given up.

use std::time::Duration;

use ringback_domain::callback::CallbackState::{Aside, Delivered, Failed, Pending};
use ringback_domain::message::MessageStatus::{Sending, Sent};
use ringback_domain::project::{Profile, Settings};
use ringback_engine::Limits;
use ringback_engine::transport::{FailureKind, Host};
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{Setup, TestEngine};
use tokio::time::sleep;

use crate::{URL, hours, seconds};

#[tokio::test(start_paused = true)]
async fn every_change_is_told_in_sequence() {
    let engine = TestEngine::answering(200).await;
    let message = engine.message(URL).await;
    engine.report(message.sid, Sending).await;
    engine.report(message.sid, Sent).await;
    engine.settled(seconds(1)).await;
    assert_eq!(engine.told(), ["queued", "sending", "sent"]);
    assert_eq!(engine.states(message.sid).await, [Delivered; 3]);
}

#[tokio::test(start_paused = true)]
async fn three_quick_tries_then_backoff_with_the_same_token() {
    let engine = TestEngine::answering(503).await;
    let message = engine.message(URL).await;
    sleep(seconds(3)).await;
    let seen = engine.seen();
    assert!(seen.len() >= 3, "{}", seen.len());
    let after: Vec<Duration> = seen.iter().map(|try_| try_.at.since(seen[0].at)).collect();
    assert_eq!(after[..3], [seconds(0), seconds(1), seconds(2)]);
    let tokens: Vec<_> = seen.iter().map(|try_| try_.header("webhook-id")).collect();
    assert!(
        tokens
            .iter()
            .all(|token| token.is_some() && *token == tokens[0])
    );
    let idempotency = seen[0].header("I-Twilio-Idempotency-Token");
    assert_eq!(idempotency, tokens[0]);
    assert_eq!(engine.states(message.sid).await, [Pending]);
    let callback = &engine.callbacks(message.sid).await[0];
    let attempts = engine.engine.store().attempts(callback.id).await.unwrap();
    assert_eq!(attempts.len(), seen.len());
}

#[tokio::test(start_paused = true)]
async fn gives_up_after_72_hours_and_keeps_it() {
    let engine = TestEngine::answering(503).await;
    let message = engine.message(URL).await;
    sleep(hours(71)).await;
    assert_eq!(engine.states(message.sid).await, [Pending]);
    sleep(hours(2)).await;
    assert_eq!(engine.states(message.sid).await, [Failed]);
    let made = engine.seen().len();
    assert!((20..=80).contains(&made), "{made} tries");
    sleep(hours(100)).await;
    assert_eq!(engine.seen().len(), made);
}

#[tokio::test(start_paused = true)]
async fn a_dead_destination_that_returns_is_noticed_without_waiting_for_the_next_try() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let dead = seen.at.since(ringback_testing::test_engine::START) < hours(5);
        (Duration::ZERO, Ending::Status(if dead { 503 } else { 200 }))
    })
    .await;
    let mut messages = Vec::new();
    for _ in 0..20 {
        let message = engine.message(URL).await;
        engine.report(message.sid, Sending).await;
        messages.push(message.sid);
    }
    sleep(hours(5)).await;
    for sid in &messages {
        assert_eq!(
            engine.states(*sid).await,
            [Pending, Pending],
            "the lane stays closed"
        );
    }
    // With 20 lanes that each wait at most four hours the first success comes soon; all
    // others follow it at once.
    engine.settled(hours(4)).await;
    for sid in messages {
        assert_eq!(engine.states(sid).await, [Delivered, Delivered]);
    }
    let delivered = engine
        .seen()
        .into_iter()
        .filter(|seen| seen.at.since(ringback_testing::test_engine::START) >= hours(5));
    let times: Vec<_> = delivered.map(|seen| seen.at).collect();
    assert!(times.last().unwrap().since(times[0]) < seconds(60));
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_410_and_a_refused_literal_end_it_at_once() {
    for ending in [
        Ending::Status(410),
        Ending::Failure(FailureKind::AddressRefused(Host::Literal)),
    ] {
        let engine =
            TestEngine::scripted(Setup::default(), move |_| (Duration::ZERO, ending)).await;
        let message = engine.message(URL).await;
        engine.settled(seconds(1)).await;
        assert_eq!(engine.states(message.sid).await, [Failed], "{ending:?}");
        assert_eq!(engine.seen().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_profile_signalwire_tries_three_times_within_fifteen_seconds() {
    check(Duration::ZERO, &[0, 0, 1_000]).await;
    check(Duration::from_secs(5), &[0, 5_000, 11_000]).await;
    check(Duration::from_secs(7), &[0, 7_000]).await;

    async fn check(latency: Duration, expected_ms: &[u128]) {
        let settings = Settings {
            profile: Profile::SignalWire,
            ..Settings::default()
        };
        let setup = Setup {
            settings,
            ..Setup::default()
        };
        let engine = TestEngine::scripted(setup, move |_| (latency, Ending::Status(500))).await;
        let message = engine.message(URL).await;
        engine.report(message.sid, Sending).await;
        engine.settled(seconds(60)).await;
        assert_eq!(engine.states(message.sid).await, [Failed, Failed]);
        let seen = engine.seen();
        let first = seen[0].header("webhook-id");
        let tries = seen
            .iter()
            .filter(|try_| try_.header("webhook-id") == first);
        let after: Vec<u128> = tries
            .map(|try_| try_.at.since(seen[0].at).as_millis())
            .collect();
        assert_eq!(after, expected_ms, "{latency:?}");
        for try_ in &seen {
            assert!(try_.total <= seconds(15));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_fragment_of_a_url_tunes_it_and_is_not_sent() {
    let engine = TestEngine::answering(503).await;
    let message = engine
        .message("https://crm.example/sms#profile=signalwire&rc=0")
        .await;
    engine.settled(seconds(10)).await;
    assert_eq!(engine.states(message.sid).await, [Failed]);
    assert_eq!(engine.seen().len(), 1);
    assert_eq!(engine.seen()[0].url, URL);
}

#[tokio::test(start_paused = true)]
async fn a_late_delivery_says_so() {
    let engine = TestEngine::scripted(Setup::default(), |seen| {
        let first = seen.parameter("MessageStatus").as_deref() == Some("queued");
        let early = seen.at.since(ringback_testing::test_engine::START) < seconds(60);
        (
            Duration::ZERO,
            Ending::Status(if first && early { 404 } else { 200 }),
        )
    })
    .await;
    let message = engine.message(URL).await;
    engine.report(message.sid, Sending).await;
    sleep(seconds(5)).await;
    assert_eq!(engine.states(message.sid).await, [Aside, Delivered]);
    engine.settled(hours(1)).await;
    let seen = engine.seen();
    let last = seen.last().unwrap();
    assert_eq!(last.parameter("MessageStatus").as_deref(), Some("queued"));
    assert_eq!(last.header("Ringback-Late"), Some("true"));
    let in_time = seen
        .iter()
        .filter(|seen| seen.header("Ringback-Late").is_none());
    assert_eq!(
        in_time.count(),
        4,
        "three quick tries, and the one behind them"
    );
}

#[tokio::test(start_paused = true)]
async fn a_get_carries_its_parameters_in_the_query() {
    let engine = TestEngine::answering(200).await;
    let mut order = ringback_testing::test_engine::order("https://crm.example/sms?team=a&To=me");
    order.subscriptions[0].method = ringback_domain::subscription::Method::Get;
    let message = engine.order(order, ringback_engine::Hold::none()).await;
    engine.settled(seconds(1)).await;
    let seen = &engine.seen()[0];
    assert_eq!(seen.method, "GET");
    let own = "https://crm.example/sms?team=a&To=me";
    assert!(
        seen.url
            .starts_with(&format!("{own}&MessageStatus=queued&")),
        "{}",
        seen.url
    );
    let callback = &engine.callbacks(message.sid).await[0];
    let attempt = &engine.engine.store().attempts(callback.id).await.unwrap()[0];
    assert_eq!(attempt.url, own, "words are kept in one place");
    let warnings = engine.engine.store().warnings(message.sid).await.unwrap();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].text.contains("named To;"),
        "{}",
        warnings[0].text
    );
}

#[tokio::test(start_paused = true)]
async fn a_quick_try_that_waited_behind_others_has_its_time_all_the_same() {
    let setup = Setup {
        settings: Settings {
            profile: Profile::SignalWire,
            ..Settings::default()
        },
        limits: Limits {
            per_destination: 1,
            ..Limits::default()
        },
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, |seen| {
        if seen.at.since(ringback_testing::test_engine::START) < seconds(1) {
            (Duration::from_millis(10), Ending::Status(503))
        } else {
            (seconds(1), Ending::Status(200))
        }
    })
    .await;
    let mut sids = Vec::new();
    for _ in 0..50 {
        sids.push(engine.message(URL).await.sid);
    }
    sleep(seconds(600)).await;
    let totals: Vec<Duration> = engine.seen().iter().map(|seen| seen.total).collect();
    assert!(
        totals.iter().all(|total| *total >= seconds(1)),
        "{totals:?}"
    );
    for sid in sids {
        assert_eq!(engine.states(sid).await, [Delivered]);
    }
}
