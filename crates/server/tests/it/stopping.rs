//! Stopping: nothing new is accepted, what is in flight is answered.

use std::sync::Arc;
use std::time::Duration;

use ringback_server::{Limits, Served};
use ringback_testing::faulty_store::FaultyStore;
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{Setup, TestEngine};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::client::PATIENCE;
use crate::harness::{MESSAGE, Server};

type Store = Arc<FaultyStore<MemoryStore>>;

/// A server whose commits wait until the store lets them through.
async fn held(limits: Limits) -> (Server, Store) {
    let store: Store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let setup = Setup {
        store: Arc::<FaultyStore<_>>::clone(&store),
        ..Setup::default()
    };
    let accept = |_: &_| (Duration::ZERO, Ending::Status(200));
    let engine = TestEngine::scripted(setup, accept).await;
    let server = Server::over(engine, limits);
    store.hold();
    (server, store)
}

#[tokio::test]
async fn a_request_in_flight_is_answered_and_nothing_new_accepted() {
    let (server, store) = held(Limits::default()).await;
    // Connections that ask nothing do not keep the server.
    let _silent = TcpStream::connect(server.at).await.unwrap();
    let request = server.ask("POST", "/Messages").form(MESSAGE);
    let at = server.at;
    let in_flight = tokio::spawn(async move { request.send(at).await });
    timeout(PATIENCE, store.wait_for_arrivals(1)).await.unwrap();
    server.stop();
    store.release();
    assert_eq!(in_flight.await.unwrap().status, 201);
    let ended = timeout(PATIENCE, server.ended()).await.unwrap();
    assert_eq!(ended, Served { cut_off: 0 });
    assert!(TcpStream::connect(at).await.is_err());
}

#[tokio::test]
async fn what_takes_longer_than_the_grace_is_cut_off() {
    let limits = Limits {
        grace: Duration::from_millis(50),
        ..Limits::default()
    };
    let (server, store) = held(limits).await;
    let request = server.ask("POST", "/Messages").form(MESSAGE);
    let mut client = TcpStream::connect(server.at).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut client, &request.bytes())
        .await
        .unwrap();
    timeout(PATIENCE, store.wait_for_arrivals(1)).await.unwrap();
    server.stop();
    let ended = timeout(PATIENCE, server.ended()).await.unwrap();
    assert_eq!(ended, Served { cut_off: 1 });
}
