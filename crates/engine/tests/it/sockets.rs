//! Bad receivers beside good ones, over real sockets on loopback.
//!
//! In real time, since the runtime's clock would jump ahead while it waits for a socket. No
//! figure is asserted: the good ones are done while the bad ones still hold what they have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use ringback_domain::project::Settings;
use ringback_engine::transport::{Guard, HttpTransport, TransportConfig};
use ringback_engine::{Clock, Engine, EngineConfig, Hold, Limits, Projects};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::test_engine::{PROJECT, order, project};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// How a receiver treats each request.
#[derive(Clone, Copy)]
enum Manner {
    Good,
    Silent,
    /// After longer than the read limit of its URL.
    Late,
    Endless,
}

const OK: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
const BEGUN: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

async fn serve(mut stream: TcpStream, manner: Manner, served: Arc<AtomicUsize>) {
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..count]);
        if !is_whole(&request) {
            continue;
        }
        request.clear();
        served.fetch_add(1, Relaxed);
        let written = match manner {
            Manner::Good => stream.write_all(OK).await,
            Manner::Silent => std::future::pending().await,
            Manner::Late => {
                sleep(Duration::from_secs(2)).await;
                stream.write_all(OK).await
            }
            Manner::Endless => drip(&mut stream).await,
        };
        if written.is_err() {
            return;
        }
    }
}

async fn drip(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.write_all(BEGUN).await?;
    loop {
        sleep(Duration::from_millis(20)).await;
        stream.write_all(b"1\r\n.\r\n").await?;
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    body.len() >= length.map_or(0, |(_, length)| length.parse().expect("a number"))
}

struct Receiver {
    origin: String,
    served: Arc<AtomicUsize>,
}

async fn receiver(tasks: &mut JoinSet<()>, manner: Manner) -> Receiver {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("it is bound"));
    let served = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&served);
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(stream, manner, Arc::clone(&counter)));
        }
    });
    Receiver { origin, served }
}

async fn engine() -> Engine {
    let transport = TransportConfig::new(Guard::for_development(Vec::new()));
    let config = EngineConfig {
        projects: Projects::new([project(PROJECT, "one", Settings::default())]),
        store: Arc::new(MemoryStore::default()),
        network: Arc::new(ScriptedNetwork::default()),
        transport: Arc::new(HttpTransport::new(transport).expect("the system has roots")),
        clock: Clock::system(),
        seed: 42,
        // Few, so that three that hold on to theirs would have them all.
        limits: Limits {
            in_flight: 48,
            per_destination: 32,
            window: 300,
            ..Limits::default()
        },
        retain: None,
    };
    // Its tasks end with the test's runtime.
    let (engine, _) = Engine::start(config).await.expect("the store can be read");
    engine
}

#[tokio::test]
async fn three_bad_receivers_do_not_hold_up_thirty_good_ones() {
    let mut tasks = JoinSet::new();
    let engine = engine().await;
    let mut bad = Vec::new();
    for (manner, fragment) in [
        (Manner::Silent, "#rt=400"),
        (Manner::Late, "#rt=400"),
        (Manner::Endless, "#rt=400"),
    ] {
        let receiver = receiver(&mut tasks, manner).await;
        for _ in 0..200 {
            let url = format!("{}/in{fragment}", receiver.origin);
            engine
                .create(PROJECT, order(&url), Hold::none())
                .await
                .unwrap();
        }
        bad.push(receiver);
    }
    let mut good = Vec::new();
    for _ in 0..30 {
        good.push(receiver(&mut tasks, Manner::Good).await);
    }
    for _ in 0..30 {
        for receiver in &good {
            let url = format!("{}/in", receiver.origin);
            engine
                .create(PROJECT, order(&url), Hold::none())
                .await
                .unwrap();
        }
    }
    let all_served = async {
        while good.iter().any(|it| it.served.load(Relaxed) < 30) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    // Much longer than it takes; with the bad ones before them it would be minutes.
    timeout(Duration::from_secs(20), all_served)
        .await
        .expect("the good ones are served");
    // Shares that shrank are given back as attempts end, and the bad ones' take their time.
    let shrunk = async {
        loop {
            let deliveries = engine.deliveries().await.unwrap();
            if deliveries.held <= 300 {
                return deliveries;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let deliveries = timeout(Duration::from_secs(20), shrunk)
        .await
        .expect("the window is kept");
    for receiver in bad {
        let of = |it: &&ringback_engine::DestinationGauge| *it.origin == *receiver.origin;
        let gauge = deliveries.destinations.iter().find(of);
        let gauge = gauge.expect("its callbacks are still owed");
        assert!(gauge.in_flight <= 32, "{gauge:?}");
    }
}
