//! What a receiver may rely on: the answer that names a resource is written before the
//! resource's first callback leaves.

use std::time::Duration;

use ringback_server::Limits;
use ringback_testing::test_engine::TestEngine;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use crate::client::PATIENCE;
use crate::harness::{MESSAGE, Server};

/// More messages than both ends have buffers for the answers to.
const MANY: u64 = 300;

/// A message whose callbacks go to the scripted transport.
fn told() -> String {
    format!("{MESSAGE}&StatusCallback=http%3A%2F%2Fapp.example%2Fstatus")
}

/// How many messages were created, and for how many a callback left.
async fn counts(server: &Server) -> (u64, u64) {
    let opening = server.engine.engine.store().opening().await.unwrap();
    let sent = server.engine.seen().len().try_into().unwrap();
    (opening.last_ordinal, sent)
}

/// Waits until `condition` holds of the counts, at a hundred looks in a row.
async fn until(server: &Server, condition: impl Fn(u64, u64) -> bool) -> u64 {
    let held = async {
        let mut looks = 0;
        while looks < 100 {
            let (created, sent) = counts(server).await;
            looks = if condition(created, sent) {
                looks + 1
            } else {
                0
            };
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, held).await.expect("the counts in time");
    counts(server).await.0
}

/// Asks for [`MANY`] messages over one connection without reading a byte of the answers.
/// Each answer has some 10 KB, for JSON writes six bytes for a control character.
async fn ask_without_reading(server: &Server) -> OwnedReadHalf {
    // The last of a repeated parameter holds.
    let form = format!("{}&Body={}", told(), "%01".repeat(1_500));
    let request = server
        .ask("POST", "/Messages")
        .without("Connection")
        .form(&form)
        .bytes();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let (reader, mut writer) = socket.connect(server.at).await.unwrap().into_split();
    tokio::spawn(async move {
        for _ in 0..MANY {
            if writer.write_all(&request).await.is_err() {
                return;
            }
        }
        // Until the answers are read: the end of what we send would end the connection.
        std::future::pending::<()>().await;
    });
    reader
}

#[tokio::test]
async fn a_callback_leaves_once_its_answer_was_written() {
    let server = Server::start().await;
    let answer = server.post("/Messages", &told()).await;
    assert_eq!(answer.status, 201);
    until(&server, |_, sent| sent == 1).await;
    let told = server.engine.seen()[0].parameter("MessageSid");
    assert_eq!(told.as_deref(), answer.json()["sid"].as_str());
}

#[tokio::test]
async fn a_callback_waits_for_a_client_that_reads_slowly() {
    let server = Server::start().await;
    let mut client = ask_without_reading(&server).await;
    let created = until(&server, |created, sent| created == sent + 1).await;
    assert!(
        created < MANY,
        "the answers fit into the buffers of both ends"
    );

    let mut read = vec![0; 65_536];
    let drained = async {
        while counts(&server).await.1 < MANY {
            assert!(
                client.read(&mut read).await.unwrap() > 0,
                "the server closed"
            );
        }
    };
    timeout(PATIENCE, drained)
        .await
        .expect("all callbacks in time");
}

#[tokio::test]
async fn a_callback_leaves_when_the_client_takes_nothing_for_long() {
    let limits = Limits {
        stall: Duration::from_millis(200),
        ..Limits::default()
    };
    let server = Server::over(TestEngine::answering(200).await, limits);
    let _client = ask_without_reading(&server).await;
    let created = until(&server, |created, sent| created > 1 && created == sent).await;
    assert!(
        created < MANY,
        "the answers fit into the buffers of both ends"
    );
}

#[tokio::test]
async fn a_callback_leaves_when_the_client_is_gone() {
    let server = Server::start().await;
    let create = server.ask("POST", "/Messages").form(&told()).bytes();
    let mut client = TcpStream::connect(server.at).await.unwrap();
    client.write_all(&create).await.unwrap();
    drop(client);
    until(&server, |_, sent| sent == 1).await;
}
