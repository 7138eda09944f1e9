//! Connections kept between attempts, and what happens when a kept one is dead.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::support::*;
use crate::transport::{ConnectionUse, FailureKind, HttpTransport, Transport as _};

#[tokio::test]
async fn a_connection_serves_many_attempts() {
    let receiver = Receiver::new([]);
    let (address, _listening) = Arc::clone(&receiver).listen("127.0.0.1:0").await;
    let transport = HttpTransport::new(config()).unwrap();
    let mut used = Vec::new();
    for _ in 0..4 {
        let exchange = transport.send(post(&format!("http://{address}/"))).await;
        answer(&exchange);
        used.push(exchange.timings.connection);
        let is_new = exchange.timings.connection == ConnectionUse::New;
        assert_eq!(exchange.timings.connect.is_some(), is_new);
    }
    let kept = ConnectionUse::Kept;
    assert_eq!(used, [ConnectionUse::New, kept, kept, kept]);
    assert_eq!((receiver.connections(), receiver.requests().len()), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn attempts_at_once_have_a_connection_each() {
    let receiver = Receiver::new([]);
    let transport = piped(&receiver);
    let (one, two) = tokio::join!(
        transport.send(post("http://crm.example/")),
        transport.send(post("http://crm.example/"))
    );
    answer(&one);
    answer(&two);
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refusing_answer_leaves_its_connection_usable() {
    let receiver = Receiver::saying("HTTP/1.1 500 No\r\ncontent-length: 2\r\n\r\nno");
    let transport = piped(&receiver);
    failure(
        &transport.send(post("http://crm.example/")).await,
        FailureKind::Status(500),
    );
    answer(&transport.send(post("http://crm.example/")).await);
    assert_eq!(receiver.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_closed_without_a_byte_is_replaced_within_the_attempt() {
    let receiver = Receiver::new([Act::Say(OK.into()), Act::Close]);
    let transport = piped(&receiver);
    answer(&transport.send(post("http://crm.example/")).await);
    let exchange = transport.send(post("http://crm.example/")).await;
    answer(&exchange);
    assert_eq!(exchange.timings.connection, ConnectionUse::New);
    let requests = receiver.requests();
    assert_eq!((receiver.connections(), requests.len()), (2, 3));
    assert_eq!(requests[1], requests[2]);
}

#[tokio::test(start_paused = true)]
async fn it_is_replaced_once_and_never_after_a_byte() {
    let receiver = Receiver::new([Act::Say(OK.into()), Act::Close, Act::Close]);
    let transport = piped(&receiver);
    answer(&transport.send(post("http://crm.example/")).await);
    let exchange = transport.send(post("http://crm.example/")).await;
    failure(&exchange, FailureKind::ConnectionClosed);
    assert_eq!(receiver.requests().len(), 3);

    let receiver = Receiver::new([Act::Say(OK.into()), Act::SayAndClose("HTTP".into())]);
    let transport = piped(&receiver);
    answer(&transport.send(post("http://crm.example/")).await);
    let exchange = transport.send(post("http://crm.example/")).await;
    failure(&exchange, FailureKind::ConnectionClosed);
    assert_eq!(receiver.requests().len(), 2);
}

#[tokio::test]
async fn a_reset_of_a_kept_socket_is_replaced_within_the_attempt() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut first, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = first.read(&mut buffer).await.unwrap();
        first.write_all(OK.as_bytes()).await.unwrap();
        // Closed with part of the second request unread: the kernel sends a reset.
        let _ = first.read(&mut buffer[..10]).await.unwrap();
        drop(first);
        let (mut second, _) = listener.accept().await.unwrap();
        let _ = second.read(&mut buffer).await.unwrap();
        second.write_all(OK.as_bytes()).await.unwrap();
    });
    let transport = HttpTransport::new(config()).unwrap();
    let url = format!("http://{address}/");
    assert_eq!(
        transport.send(post(&url)).await.timings.connection,
        ConnectionUse::New
    );
    let exchange = transport.send(post(&url)).await;
    answer(&exchange);
    assert_eq!(exchange.timings.connection, ConnectionUse::New);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_attempt_leaves_no_connection_behind() {
    let receiver = Receiver::new([Act::Drip(String::new(), "H".into(), LIMITS.read / 2)]);
    let transport = piped(&receiver);
    let sending = transport.send(post("http://crm.example/"));
    tokio::time::timeout(LIMITS.read, sending)
        .await
        .unwrap_err();
    // The receiver's pipe breaks, it leaves its script, and holds itself no longer.
    tokio::time::timeout(LIMITS.total, async {
        while Arc::strong_count(&receiver) > 2 {
            tokio::time::sleep(LIMITS.read).await;
        }
    })
    .await
    .unwrap();
}
