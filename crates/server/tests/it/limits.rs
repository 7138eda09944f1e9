//! What bounds connections.

use std::time::Duration;

use ringback_server::Limits;
use ringback_testing::test_engine::TestEngine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::PATIENCE;
use crate::harness::Server;

/// Reads until the server closes.
async fn until_closed(client: &mut TcpStream) {
    let mut rest = Vec::new();
    let closed = timeout(PATIENCE, client.read_to_end(&mut rest)).await;
    // A reset closes as well.
    drop(closed.expect("the server closes in time"));
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let limits = Limits {
        idle: Duration::from_millis(50),
        ..Limits::default()
    };
    let server = Server::over(TestEngine::answering(200).await, limits);
    let mut silent = TcpStream::connect(server.at).await.unwrap();
    until_closed(&mut silent).await;

    let whole = server.ask("GET", "/Calls").without("Connection").bytes();
    for part in [&b"GET / HTTP/1.1\r\nHost: local"[..], &whole] {
        let mut client = TcpStream::connect(server.at).await.unwrap();
        // On a busy machine it may be closed before we write.
        let _ = client.write_all(part).await;
        until_closed(&mut client).await;
    }
}

#[tokio::test]
async fn one_more_connection_than_there_is_room_for_waits() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let server = Server::over(TestEngine::answering(200).await, limits);
    let mut first = TcpStream::connect(server.at).await.unwrap();
    let kept = server.ask("GET", "/Calls").without("Connection").bytes();
    first.write_all(&kept).await.unwrap();
    let mut byte = [0];
    first.read_exact(&mut byte).await.unwrap();

    let request = server.ask("GET", "/Calls");
    let mut waiting = Box::pin(request.send(server.at));
    let soon = timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(soon.is_err(), "there is no room yet");
    drop(first);
    assert_eq!(waiting.await.status, 200);
}

#[tokio::test]
async fn a_project_that_changes_too_much_is_asked_to_wait_and_may_read() {
    let limits = Limits {
        writes: Some(2),
        ..Limits::default()
    };
    let server = Server::over(TestEngine::answering(200).await, limits);
    let form = "From=%2B15550100001&To=%2B15550100002&Body=hello";
    for _ in 0..2 {
        assert_eq!(server.post("/Messages", form).await.status, 201);
    }
    let refused = server.post("/Messages", form).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["code"], 20429);
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=10).contains(&seconds), "{seconds}");
    assert_eq!(server.get("/Messages").await.status, 200);
    // Another project has not changed anything yet: it gets a SID.
    server.create_foreign("/Messages", form).await;
}
