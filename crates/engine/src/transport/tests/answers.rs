//! What is sent, and what counts as which answer.

use http::Method;

use super::support::*;
use crate::transport::{BODY_LIMIT, BodyEnd, EXCERPT_LIMIT, FailureKind, Transport as _};

#[tokio::test(start_paused = true)]
async fn the_request_arrives_whole_with_credentials_hidden_in_the_record() {
    let receiver = Receiver::saying(OK);
    let exchange = send(
        &receiver,
        "http://User:p%40ss@CRM.example:8080/a%20b/../c?x=1,2#ot=1",
    )
    .await;
    assert_eq!(
        receiver.requests(),
        ["POST /a%20b/../c?x=1,2 HTTP/1.1\r\n\
          Host: crm.example:8080\r\n\
          X-Signed-For: POST http://crm.example:8080/a%20b/../c?x=1,2\r\n\
          Content-Type: application/x-www-form-urlencoded\r\n\
          Content-Length: 30\r\n\
          Authorization: Basic VXNlcjpwQHNz\r\n\r\n\
          CallSid=CA1&CallStatus=ringing"]
    );
    assert_eq!(
        exchange.sent.url,
        "http://crm.example:8080/a%20b/../c?x=1,2"
    );
    assert_eq!(exchange.sent.headers.get("authorization"), Some("[hidden]"));
    assert_eq!(exchange.sent.headers.get("content-length"), Some("30"));
}

#[tokio::test(start_paused = true)]
async fn a_get_has_no_body() {
    let receiver = Receiver::saying(OK);
    let mut outgoing = post("http://crm.example?CallSid=CA1");
    outgoing.method = Method::GET;
    outgoing.body.clear();
    let exchange = piped(&receiver).send(outgoing).await;
    answer(&exchange);
    assert_eq!(
        receiver.requests(),
        ["GET /?CallSid=CA1 HTTP/1.1\r\nHost: crm.example\r\n\
          X-Signed-For: GET http://crm.example/?CallSid=CA1\r\n\r\n"]
    );
}

#[tokio::test(start_paused = true)]
async fn every_2xx_is_success_and_recorded() {
    check("HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n", 204, b"").await;
    check("HTTP/1.1 226 x\r\ncontent-length: 1\r\n\r\n<", 226, b"<").await;
    check(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        200,
        b"",
    )
    .await;
    check(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
        200,
        b"ab",
    )
    .await;

    async fn check(text: &str, status: u16, body: &[u8]) {
        let exchange = send(&Receiver::saying(text), "http://crm.example/").await;
        let answer = answer(&exchange);
        assert_eq!((answer.status, answer.end), (status, BodyEnd::Complete));
        assert_eq!(
            (answer.excerpt.as_slice(), answer.size_bytes),
            (body, body.len() as u64)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn any_other_status_is_a_failure_with_its_answer() {
    for status in [101, 304, 400, 404, 410, 429, 500, 503] {
        let text = format!("HTTP/1.1 {status} No\r\nretry-after: 7\r\ncontent-length: 2\r\n\r\nno");
        let exchange = send(&Receiver::saying(&text), "http://crm.example/").await;
        let answer = failure(&exchange, FailureKind::Status(status))
            .answer
            .as_ref()
            .unwrap();
        assert_eq!(
            (answer.status, answer.headers.get("Retry-After")),
            (status, Some("7"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_over_64_kib_is_success_noted_and_its_connection_closed() {
    let limit = usize::try_from(BODY_LIMIT).unwrap();
    check(limit, BodyEnd::Complete, 1).await;
    check(limit + 1, BodyEnd::Oversized, 2).await;

    async fn check(length: usize, end: BodyEnd, connections: usize) {
        let body = "x".repeat(length);
        let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
        let receiver = Receiver::saying(&text);
        let transport = piped(&receiver);
        let exchange = transport.send(post("http://crm.example/")).await;
        let first = answer(&exchange);
        assert_eq!((first.end, first.size_bytes), (end, BODY_LIMIT));
        assert_eq!(first.end.code().is_some(), end == BodyEnd::Oversized);
        assert_eq!(first.excerpt.len(), EXCERPT_LIMIT);
        answer(&transport.send(post("http://crm.example/")).await);
        assert_eq!(receiver.connections(), connections);
    }
}

#[tokio::test(start_paused = true)]
async fn a_2xx_cut_short_is_still_success() {
    let receiver = Receiver::new([Act::SayAndClose(
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok".into(),
    )]);
    let exchange = send(&receiver, "http://crm.example/").await;
    assert_eq!(answer(&exchange).end, BodyEnd::Cut);
    assert_eq!(answer(&exchange).excerpt, b"ok");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_http_1_is_told_apart() {
    check("SSH-2.0-OpenSSH_9.6\r\n", FailureKind::Protocol, "11251").await;
    check(
        "\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{16}",
        FailureKind::Protocol,
        "11251",
    )
    .await;
    check("HTTP/2.0 200 OK\r\n\r\n", FailureKind::HttpVersion, "11300").await;
    check("HTTP/1.1 OK\r\n\r\n", FailureKind::Protocol, "11251").await;
    let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(100_000));
    check(&long, FailureKind::Protocol, "11251").await;
    check("", FailureKind::ConnectionClosed, "11200").await;
    check("HTTP/1.1 200 O", FailureKind::ConnectionClosed, "11200").await;

    async fn check(text: &str, kind: FailureKind, code: &str) {
        let receiver = Receiver::new([Act::SayAndClose(text.into())]);
        let exchange = send(&receiver, "http://crm.example/").await;
        assert_eq!(failure(&exchange, kind).kind.code(), code);
        assert_eq!(
            receiver.requests().len(),
            1,
            "a new connection's reset is not sent again"
        );
    }
}
