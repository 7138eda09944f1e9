//! Redirects on the wire; what decides them is tested beside `redirect`.

use super::support::*;
use crate::transport::{FailureKind, Transport as _};

fn to(status: u16, location: &str) -> Act {
    Act::Say(format!(
        "HTTP/1.1 {status} x\r\nlocation: {location}\r\ncontent-length: 3\r\n\r\nbye"
    ))
}

#[tokio::test(start_paused = true)]
async fn three_redirects_are_followed_each_signed_for_its_own_url() {
    let receiver = Receiver::new([
        to(301, "/b"),
        to(302, "http://other.example/c?d=1"),
        to(308, "e"),
    ]);
    let exchange = send(&receiver, "http://crm.example/a").await;
    assert_eq!((answer(&exchange).status, exchange.redirects), (200, 3));
    assert_eq!(exchange.sent.url, "http://other.example/e");
    let requests = receiver.requests();
    for (request, url) in requests.iter().zip([
        "http://crm.example/a",
        "http://crm.example/b",
        "http://other.example/c?d=1",
        "http://other.example/e",
    ]) {
        assert!(
            request.contains(&format!("X-Signed-For: POST {url}\r\n")),
            "{request}"
        );
        assert!(
            request.ends_with("\r\n\r\nCallSid=CA1&CallStatus=ringing"),
            "{request}"
        );
    }
    assert_eq!((requests.len(), receiver.connections()), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn the_fourth_redirect_is_a_failure_with_its_answer() {
    let script = [307, 307, 307, 307].map(|status| to(status, "/again"));
    let receiver = Receiver::new(script);
    let exchange = send(&receiver, "http://crm.example/").await;
    let failure = failure(&exchange, FailureKind::TooManyRedirects);
    assert_eq!(failure.kind.code(), "11215");
    assert_eq!(
        failure.answer.as_ref().map(|answer| answer.status),
        Some(307)
    );
    assert_eq!((receiver.requests().len(), exchange.redirects), (4, 3));
}

#[tokio::test(start_paused = true)]
async fn a_303_turns_to_get_without_parameters() {
    let receiver = Receiver::new([to(303, "/done")]);
    let exchange = send(&receiver, "http://crm.example/").await;
    answer(&exchange);
    assert_eq!(exchange.sent.method, http::Method::GET);
    assert_eq!(
        receiver.requests()[1],
        "GET /done HTTP/1.1\r\nHost: crm.example\r\n\
         X-Signed-For: GET http://crm.example/done\r\n\r\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_redirect_without_location_is_a_failure() {
    let receiver = Receiver::saying("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n");
    let exchange = send(&receiver, "http://crm.example/").await;
    assert_eq!(
        failure(&exchange, FailureKind::RedirectWithoutLocation)
            .kind
            .code(),
        "11217"
    );
}

#[tokio::test(start_paused = true)]
async fn credentials_stay_with_their_origin() {
    let receiver = Receiver::new([
        to(307, "/within"),
        to(307, "http://other.example/"),
        to(307, "http://eve:x@other.example/"),
    ]);
    answer(
        &piped(&receiver)
            .send(post("http://ann:secret@crm.example/"))
            .await,
    );
    let carried: Vec<bool> = receiver
        .requests()
        .iter()
        .map(|request| request.contains("Authorization"))
        .collect();
    assert_eq!(carried, [true, true, false, false]);
}
