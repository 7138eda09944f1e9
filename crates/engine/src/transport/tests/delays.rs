//! Time limits, on a paused clock.

use std::time::Duration;

use super::support::*;
use crate::transport::{
    BodyEnd, ConnectionUse, FailureClass, FailureKind, Outgoing, Transport as _,
};

const MS: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn connecting_ends_at_its_limit() {
    let exchange = transport(Never).send(post("http://crm.example/")).await;
    let failure = failure(&exchange, FailureKind::ConnectTimeout);
    assert_eq!(
        (failure.kind.code().as_str(), failure.kind.class()),
        ("11200", FailureClass::Connect)
    );
    check_total(exchange.timings.total, LIMITS.connect);
    assert_eq!(exchange.timings.connection, ConnectionUse::None);
    assert_eq!(exchange.sent.headers.get("host"), Some("crm.example"));
}

#[tokio::test(start_paused = true)]
async fn resolving_ends_at_the_connect_limit() {
    let exchange = transport(Never).send(post("http://hangs.example/")).await;
    assert_eq!(failure(&exchange, FailureKind::Dns).kind.code(), "11210");
    check_total(exchange.timings.total, LIMITS.connect);
}

#[tokio::test(start_paused = true)]
async fn a_silent_tls_handshake_ends_at_the_connect_limit() {
    let exchange = send(&Receiver::new([]), "https://crm.example/").await;
    failure(&exchange, FailureKind::ConnectTimeout);
    check_total(exchange.timings.total, LIMITS.connect);
}

#[tokio::test(start_paused = true)]
async fn silence_ends_at_the_read_limit() {
    let receiver = Receiver::new([Act::Hang]);
    let exchange = send(&receiver, "http://crm.example/").await;
    let failure = failure(&exchange, FailureKind::ReadTimeout);
    assert_eq!(
        (failure.kind.class(), failure.answer.as_ref()),
        (FailureClass::Read, None)
    );
    check_total(exchange.timings.total, LIMITS.read);
    assert_eq!(exchange.timings.first_byte, None);
}

#[tokio::test(start_paused = true)]
async fn a_dripping_head_ends_at_the_deadline() {
    let drip = Act::Drip(
        "HTTP/1.1 200 OK\r\nx:".into(),
        "y".into(),
        Duration::from_secs(4),
    );
    let exchange = send(&Receiver::new([drip]), "http://crm.example/").await;
    failure(&exchange, FailureKind::TotalTimeout);
    check_total(exchange.timings.total, LIMITS.total);
}

#[tokio::test(start_paused = true)]
async fn a_dripping_body_ends_at_the_deadline_and_its_answer_is_kept() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n";
    let drip = Act::Drip(head.into(), "ab".into(), Duration::from_secs(4));
    let exchange = send(&Receiver::new([drip]), "http://crm.example/").await;
    let answer = failure(&exchange, FailureKind::TotalTimeout)
        .answer
        .as_ref()
        .unwrap();
    assert_eq!((answer.status, answer.end), (200, BodyEnd::Unfinished));
    assert_eq!(answer.excerpt, b"ababab");
    assert!(exchange.timings.first_byte.is_some());
    check_total(exchange.timings.total, LIMITS.total);
}

#[tokio::test(start_paused = true)]
async fn a_success_whose_body_stalls_is_a_read_timeout() {
    let receiver = Receiver::saying("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok");
    let exchange = send(&receiver, "http://crm.example/").await;
    let failure = failure(&exchange, FailureKind::ReadTimeout);
    assert_eq!(
        failure.answer.as_ref().map(|answer| answer.status),
        Some(200)
    );
    check_total(exchange.timings.total, LIMITS.read);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stays_one_though_its_body_stalls_or_drips() {
    let head = "HTTP/1.1 503 No\r\ncontent-length: 900\r\n\r\n";
    for act in [
        Act::Say(head.into()),
        Act::Drip(head.into(), "x".into(), Duration::from_secs(4)),
    ] {
        let exchange = send(&Receiver::new([act]), "http://crm.example/").await;
        let answer = failure(&exchange, FailureKind::Status(503))
            .answer
            .as_ref()
            .unwrap();
        assert_eq!(answer.end, BodyEnd::Unfinished);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_within_its_limits_is_success() {
    let drip = Act::Drip(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n".into(),
        "\r\nok".into(),
        Duration::from_secs(4),
    );
    let late = Act::Late(Duration::from_secs(4), OK.into());
    for slow in [drip, late] {
        let exchange = send(&Receiver::new([slow]), "http://crm.example/").await;
        assert_eq!(answer(&exchange).excerpt, b"ok");
        assert_eq!(exchange.timings.total.as_secs(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn all_hops_share_one_deadline() {
    let redirect = || {
        let text = "HTTP/1.1 307 x\r\nlocation: /\r\ncontent-length: 0\r\n\r\n";
        Act::Late(Duration::from_secs(4), text.into())
    };
    let script = [redirect(), redirect(), redirect(), redirect()];
    let mut outgoing: Outgoing = post("http://crm.example/");
    outgoing.limits.total = Duration::from_secs(10);
    let exchange = piped(&Receiver::new(script)).send(outgoing).await;
    failure(&exchange, FailureKind::TotalTimeout);
    assert_eq!(exchange.redirects, 2);
    check_total(exchange.timings.total, Duration::from_secs(10));
}

#[track_caller]
fn check_total(total: Duration, limit: Duration) {
    assert!(
        total >= limit && total <= limit + 2 * MS,
        "{total:?}, {limit:?}"
    );
}
