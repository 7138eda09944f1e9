//! `GET /stream`: events as they are recorded, and after a broken connection.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::PATIENCE;
use crate::harness::Server;

struct Watching {
    stream: TcpStream,
    seen: String,
}

impl Watching {
    async fn begin(server: &Server, last: Option<&str>) -> Self {
        let mut stream = TcpStream::connect(server.at).await.unwrap();
        let last = last.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let head = format!(
            "GET /v1/stream HTTP/1.0\r\nHost: localhost\r\n\
             Authorization: Bearer token-one\r\n{last}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut watching = Self {
            stream,
            seen: String::new(),
        };
        watching.until("\n\n").await;
        watching
    }

    /// Reads until it has seen `text`.
    async fn until(&mut self, text: &str) {
        let read = async {
            while !self.seen.contains(text) {
                let mut buffer = [0; 4096];
                let count = self.stream.read(&mut buffer).await.unwrap();
                assert!(count > 0, "the stream ended: {}", self.seen);
                self.seen
                    .push_str(str::from_utf8(&buffer[..count]).unwrap());
            }
        };
        timeout(PATIENCE, read).await.expect("in time");
    }

    /// The id of the last event.
    fn last(&self) -> &str {
        let (_, rest) = self.seen.rsplit_once("id: ").unwrap();
        rest.lines().next().unwrap()
    }
}

async fn report(server: &Server, status: &str) {
    let report = json!({
        "kind": "message", "external_id": "a", "status": status,
        "status_callback": "http://app.example/",
    });
    assert_eq!(server.change(report).await["taken"], 1);
}

#[tokio::test]
async fn changes_and_attempts_are_told_and_a_client_that_comes_back_misses_nothing() {
    let server = Server::start().await;
    let mut watching = Watching::begin(&server, None).await;
    report(&server, "sending").await;
    watching.until("event: attempt").await;
    assert!(watching.seen.contains("event: change"), "{}", watching.seen);
    let last = watching.last().to_owned();
    drop(watching);
    report(&server, "sent").await;
    let mut again = Watching::begin(&server, Some(&last)).await;
    again.until(r#""status":"sent""#).await;
    assert!(!again.seen.contains("event: missed"), "{}", again.seen);
    assert!(
        !again.seen.contains(r#""status":"sending""#),
        "{}",
        again.seen
    );
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_said_to_be_missed() {
    let server = Server::start().await;
    let mut watching = Watching::begin(&server, Some("17-5-1787220900000000")).await;
    watching.until("event: missed").await;
    assert!(
        watching.seen.contains("2026-08-20T10:15:00"),
        "{}",
        watching.seen
    );
}

#[tokio::test]
async fn a_stream_ends_when_the_server_stops() {
    let server = Server::start().await;
    let mut watching = Watching::begin(&server, None).await;
    server.stop();
    let mut rest = Vec::new();
    let ended = timeout(PATIENCE, watching.stream.read_to_end(&mut rest)).await;
    ended.expect("in time").unwrap();
    assert_eq!(server.ended().await.cut_off, 0);
}
