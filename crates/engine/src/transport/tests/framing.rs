//! Where an answer ends, what may come before and after it, and what that does to its
//! connection.

use std::future::pending;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::support::*;
use crate::transport::{
    BodyEnd, ConnectionUse, FailureKind, HttpTransport, Outgoing, Transport as _,
};

/// What `text` reads as, and whether its connection serves the next attempt.
async fn told(text: &str) -> (Vec<u8>, BodyEnd, ConnectionUse) {
    let receiver = Receiver::saying(text);
    let transport = piped(&receiver);
    let exchange = transport.send(post("http://crm.example/")).await;
    let first = answer(&exchange).clone();
    let next = transport.send(post("http://crm.example/")).await;
    answer(&next);
    (first.excerpt, first.end, next.timings.connection)
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_kept_after_an_answer_whose_end_is_certain() {
    check("HTTP/1.1 204 No\r\n\r\n", ConnectionUse::Kept).await;
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: y\r\n\r\n";
    check(chunked, ConnectionUse::Kept).await;
    let kept = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
    check(kept, ConnectionUse::Kept).await;

    let old = "HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n";
    check(old, ConnectionUse::New).await;
    let closing = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    check(closing, ConnectionUse::New).await;
    let more = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
    check(more, ConnectionUse::New).await;

    #[track_caller]
    fn check(text: &str, next: ConnectionUse) -> impl Future<Output = ()> {
        let text = text.to_owned();
        async move {
            let (excerpt, end, used) = told(&text).await;
            assert_eq!((&*excerpt, end), (&b""[..], BodyEnd::Complete), "{text:?}");
            assert_eq!(used, next, "{text:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn broken_chunks_cut_an_answer_and_close_its_connection() {
    let text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabX";
    let expected = (b"ab".to_vec(), BodyEnd::Cut, ConnectionUse::New);
    assert_eq!(told(text).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_body_without_length_is_whole_when_its_connection_ends() {
    let text = "HTTP/1.1 200 OK\r\n\r\nall of it";
    let receiver = Receiver::new([Act::SayAndClose(text.into())]);
    let exchange = send(&receiver, "http://crm.example/").await;
    let answer = answer(&exchange);
    assert_eq!(
        (&*answer.excerpt, answer.end),
        (&b"all of it"[..], BodyEnd::Complete)
    );
}

#[tokio::test(start_paused = true)]
async fn interim_answers_are_skipped_but_not_for_ever() {
    let interim = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let text = interim.repeat(3) + OK;
    assert_eq!(told(&text).await.0, b"ok");
    let exchange = send(
        &Receiver::saying(&interim.repeat(100)),
        "http://crm.example/",
    )
    .await;
    failure(&exchange, FailureKind::Protocol);
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_single_bytes_is_read_as_in_one() {
    let text = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                2;x\r\nok\r\n0\r\n\r\n";
    let receiver = Receiver::new([Act::Piecemeal(text.into()), Act::Piecemeal(OK.into())]);
    let transport = piped(&receiver);
    for _ in 0..2 {
        let exchange = transport.send(post("http://crm.example/")).await;
        let answer = answer(&exchange);
        assert_eq!(
            (&*answer.excerpt, answer.end),
            (&b"ok"[..], BodyEnd::Complete)
        );
    }
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_http_is_told_though_it_comes_in_pieces_and_ends() {
    let receiver = Receiver::new([Act::PiecemealAndClose("HTTQ/1.1 200 OK".into())]);
    let exchange = send(&receiver, "http://crm.example/").await;
    failure(&exchange, FailureKind::Protocol);
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_sent_counts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut start = [0; 4];
        stream.read_exact(&mut start).await.unwrap();
        let text = b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n";
        stream.write_all(text).await.unwrap();
        // Open, and never read: the request cannot be sent to its end.
        pending::<()>().await;
    });
    let transport = HttpTransport::new(config()).unwrap();
    let mut outgoing: Outgoing = post(&format!("http://{address}/"));
    outgoing.body = Bytes::from(vec![b'x'; 32 * 1024 * 1024]);
    let exchange = transport.send(outgoing).await;
    failure(&exchange, FailureKind::Status(413));
    server.abort();
}

#[tokio::test]
async fn a_peer_that_never_pauses_and_never_ends_is_left_at_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        stream.write_all(head).await.unwrap();
        // The size of a chunk, without end.
        while stream.write_all(&[b'0'; 8 * 1024]).await.is_ok() {}
    });
    let transport = HttpTransport::new(config()).unwrap();
    let mut outgoing: Outgoing = post(&format!("http://{address}/"));
    outgoing.limits.total = Duration::from_millis(300);
    let exchange = transport.send(outgoing).await;
    failure(&exchange, FailureKind::TotalTimeout);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_on_which_something_came_unasked_is_not_used() {
    let receiver = Receiver::new([Act::SayAndAdd(
        OK.into(),
        "HTTP/1.1 408 Late\r\n\r\n".into(),
    )]);
    let transport = piped(&receiver);
    answer(&transport.send(post("http://crm.example/")).await);
    tokio::time::sleep(LIMITS.read).await;
    let exchange = transport.send(post("http://crm.example/")).await;
    assert_eq!(answer(&exchange).status, 200);
    assert_eq!(exchange.timings.connection, ConnectionUse::New);
}
