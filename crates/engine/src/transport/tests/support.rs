//! A receiver that follows a script, over pipes or loopback, and the transport before it.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use ringback_wire::url::CallbackUrl;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use crate::transport::{
    Answer, Connect, Exchange, Failure, FailureKind, Guard, HttpTransport, Limits, Outgoing,
    PoolLimits, Resolve, Stream, SystemRoots, TcpConnector, Transport as _, TransportConfig,
};

pub(super) const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Short enough for a deadline of a test over sockets, long enough for a loaded machine.
pub(super) const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    read: Duration::from_secs(5),
    total: Duration::from_secs(15),
};

/// What a receiver does with a request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Say(String),
    SayAndClose(String),
    /// Says it in single bytes, each read before the next.
    Piecemeal(String),
    PiecemealAndClose(String),
    /// Says the first, then the second when the first was read.
    SayAndAdd(String, String),
    Close,
    Hang,
    Late(Duration, String),
    /// Says the first, then the second each time the duration has passed, without end.
    Drip(String, String, Duration),
}

/// Answers requests by its script, `OK` once that is over, and remembers them.
#[derive(Debug, Default)]
pub(super) struct Receiver {
    script: Mutex<VecDeque<Act>>,
    requests: Mutex<Vec<String>>,
    connections: AtomicUsize,
}

impl Receiver {
    pub(super) fn new(script: impl IntoIterator<Item = Act>) -> Arc<Self> {
        let script = Mutex::new(script.into_iter().collect());
        Arc::new(Self {
            script,
            ..Self::default()
        })
    }

    pub(super) fn saying(answer: &str) -> Arc<Self> {
        Self::new([Act::Say(answer.to_owned())])
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) async fn serve(self: Arc<Self>, mut stream: Stream) {
        self.connections.fetch_add(1, Ordering::Relaxed);
        while let Some(request) = read_request(&mut stream).await {
            self.requests.lock().unwrap().push(request);
            let act = self.script.lock().unwrap().pop_front();
            match act.unwrap_or_else(|| Act::Say(OK.to_owned())) {
                Act::Say(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                Act::SayAndClose(text) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    stream.shutdown().await.unwrap();
                    return;
                }
                Act::Piecemeal(text) => piecemeal(&mut stream, &text).await,
                Act::PiecemealAndClose(text) => return piecemeal(&mut stream, &text).await,
                Act::SayAndAdd(text, more) => {
                    stream.write_all(text.as_bytes()).await.unwrap();
                    sleep(Duration::from_millis(1)).await;
                    stream.write_all(more.as_bytes()).await.unwrap();
                }
                Act::Close => return,
                Act::Hang => pending().await,
                Act::Late(after, text) => {
                    sleep(after).await;
                    stream.write_all(text.as_bytes()).await.unwrap();
                }
                Act::Drip(head, piece, every) => drip(&mut stream, &head, &piece, every).await,
            }
        }
    }

    /// Listens on loopback until the handle is dropped.
    pub(super) async fn listen(self: Arc<Self>, on: &str) -> (SocketAddr, AbortOnDropHandle<()>) {
        let listener = TcpListener::bind(on).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&self).serve(Box::new(stream)));
            }
        });
        (address, AbortOnDropHandle::new(task))
    }
}

async fn drip(stream: &mut Stream, head: &str, piece: &str, every: Duration) {
    let mut text = head;
    while stream.write_all(text.as_bytes()).await.is_ok() {
        sleep(every).await;
        text = piece;
    }
}

async fn piecemeal(stream: &mut Stream, text: &str) {
    for byte in text.as_bytes() {
        stream.write_all(&[*byte]).await.unwrap();
        sleep(Duration::from_millis(1)).await;
    }
}

async fn read_request(stream: &mut Stream) -> Option<String> {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut buffer = [0; 4096];
        let count = stream
            .read(&mut buffer)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        request.extend_from_slice(&buffer[..count]);
    }
    Some(String::from_utf8(request).unwrap())
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

/// Pipes to one receiver, whatever the address; remembers which were asked for.
pub(super) struct Pipes {
    receiver: Arc<Receiver>,
    pub(super) tried: Mutex<Vec<SocketAddr>>,
}

impl Pipes {
    pub(super) fn to(receiver: &Arc<Receiver>) -> Self {
        Self {
            receiver: Arc::clone(receiver),
            tried: Mutex::default(),
        }
    }
}

#[async_trait]
impl Connect for Pipes {
    async fn connect(&self, address: SocketAddr) -> io::Result<Stream> {
        self.tried.lock().unwrap().push(address);
        let (ours, theirs) = duplex(256 * 1024);
        tokio::spawn(Arc::clone(&self.receiver).serve(Box::new(theirs)));
        Ok(Box::new(ours))
    }
}

/// A connector that is never done.
pub(super) struct Never;

#[async_trait]
impl Connect for Never {
    async fn connect(&self, _: SocketAddr) -> io::Result<Stream> {
        pending().await
    }
}

/// Names to addresses; `hangs.example` is never resolved, others are unknown.
pub(super) struct Names(pub(super) Vec<(&'static str, Vec<&'static str>)>);

#[async_trait]
impl Resolve for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        if host == "hangs.example" {
            pending::<()>().await;
        }
        let known = self.0.iter().find(|(name, _)| *name == host);
        let (_, addresses) = known.ok_or(io::Error::from(io::ErrorKind::NotFound))?;
        Ok(addresses
            .iter()
            .map(|address| address.parse().unwrap())
            .collect())
    }
}

/// Public names for pipes: nothing of it reaches a network.
pub(super) fn names() -> Names {
    Names(vec![
        ("crm.example", vec!["1.1.1.1"]),
        ("other.example", vec!["8.8.8.8"]),
        ("inside.example", vec!["10.0.0.1", "fd00::1"]),
        ("half.example", vec!["10.0.0.1", "1.1.1.1"]),
        ("empty.example", vec![]),
        ("localhost", vec!["::1", "127.0.0.1"]),
    ])
}

pub(super) fn config() -> TransportConfig {
    TransportConfig {
        guard: Guard::for_development(Vec::new()),
        resolver: Arc::new(names()),
        connector: Arc::new(TcpConnector),
        extra_roots: Vec::new(),
        system_roots: SystemRoots::Ignored,
        pool: PoolLimits::default(),
    }
}

pub(super) fn transport(connector: impl Connect) -> HttpTransport {
    let config = TransportConfig {
        connector: Arc::new(connector),
        ..config()
    };
    HttpTransport::new(config).unwrap()
}

pub(super) fn piped(receiver: &Arc<Receiver>) -> HttpTransport {
    transport(Pipes::to(receiver))
}

/// A POST that names the URL it is signed for.
pub(super) fn post(url: &str) -> Outgoing {
    Outgoing {
        method: Method::POST,
        url: Arc::new(CallbackUrl::parse(url).unwrap()),
        body: Bytes::from_static(b"CallSid=CA1&CallStatus=ringing"),
        headers: Arc::new(|method, url, lines| {
            lines.push("X-Signed-For", &format!("{method} {}", url.seen()));
            if *method == Method::POST {
                lines.push("Content-Type", "application/x-www-form-urlencoded");
            }
        }),
        limits: LIMITS,
        keep: crate::transport::EXCERPT_LIMIT,
    }
}

/// Sends one POST through pipes.
pub(super) async fn send(receiver: &Arc<Receiver>, url: &str) -> Exchange {
    piped(receiver).send(post(url)).await
}

#[track_caller]
pub(super) fn answer(exchange: &Exchange) -> &Answer {
    exchange
        .result
        .as_ref()
        .unwrap_or_else(|failure| panic!("{failure:?}"))
}

#[track_caller]
pub(super) fn failure(exchange: &Exchange, kind: FailureKind) -> &Failure {
    let Err(failure) = &exchange.result else {
        panic!("a success: {exchange:?}")
    };
    assert_eq!(failure.kind, kind, "{}", failure.detail);
    assert!(failure.detail.ends_with(['.', '?']), "{}", failure.detail);
    failure
}
