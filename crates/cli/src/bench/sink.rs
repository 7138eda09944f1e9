//! The sink: takes callbacks as fast as hyper can, and keeps what is needed to judge them
//! afterwards.
//!
//! Runs in a runtime of its own. What arrives is copied once, into buffers that never grow:
//! one that does is copied whole, and all that arrives waits for it. Nothing is parsed while
//! the clock runs.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ringback_wire::sign::SIGNALWIRE_SIGNATURE;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::time::{Instant, sleep};

use crate::complaint::Complaint;

/// What is kept of a callback's header fields, in this order.
const KEPT: [&str; 4] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    SIGNALWIRE_SIGNATURE,
];
const PARTS: usize = KEPT.len() + 1;

/// How long the slow one takes.
const SLOW: Duration = Duration::from_secs(10);

/// How often it is looked whether enough has arrived.
const POLL: Duration = Duration::from_millis(1);

/// How a destination behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It accepts at once: 204.
    Accepts,
    /// It takes the request and never answers.
    Silent,
    /// It answers after ten seconds.
    Slow,
    /// It sends the header of its answer and never ends the body.
    Endless,
}

/// Destinations on this machine, and what arrived there.
pub struct Sink {
    /// Where they are, in the order of their manners.
    pub addresses: Vec<SocketAddr>,
    log: Arc<Log>,
    /// Ends every connection when it is dropped.
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct Log {
    accepted: AtomicUsize,
    kept: Mutex<Kept>,
}

/// What arrived, in pieces of which the last is being filled.
#[derive(Default)]
struct Kept(Vec<Piece>);

/// As much as fits.
struct Piece {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// How much a piece has room for: some thousand callbacks.
const PIECE_BYTES: usize = 1024 * 1024;
const PIECE_ENTRIES: usize = 2048;

struct Entry {
    at: Instant,
    start: usize,
    ends: [u32; PARTS],
}

/// A callback that was accepted.
pub struct Arrival<'a> {
    /// When it was here, to its last byte.
    pub at: Instant,
    /// Its body.
    pub body: &'a [u8],
    /// `webhook-id`.
    pub id: &'a [u8],
    /// `webhook-timestamp`.
    pub timestamp: &'a [u8],
    /// `webhook-signature`.
    pub webhook_signature: &'a [u8],
    /// `X-SignalWire-Signature`.
    pub signature: &'a [u8],
}

impl Sink {
    /// One destination that accepts everything.
    pub fn accepting() -> Result<Self, Complaint> {
        Self::start(&[Manner::Accepts])
    }

    /// Destinations with these manners, on free ports.
    pub fn start(manners: &[Manner]) -> Result<Self, Complaint> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self::at(manners.iter().map(|manner| (anywhere, *manner)))
    }

    /// Destinations with these manners, at these addresses.
    pub fn at(places: impl IntoIterator<Item = (SocketAddr, Manner)>) -> Result<Self, Complaint> {
        let failed = |error: io::Error| Complaint::because("the sink cannot listen", &error);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(failed)?;
        let log = Arc::new(Log::default());
        let mut addresses = Vec::new();
        for (address, manner) in places {
            let entered = runtime.enter();
            let listener = std::net::TcpListener::bind(address).map_err(failed)?;
            listener.set_nonblocking(true).map_err(failed)?;
            addresses.push(listener.local_addr().map_err(failed)?);
            let listener = TcpListener::from_std(listener).map_err(failed)?;
            drop(entered);
            runtime.spawn(listen(listener, manner, Arc::clone(&log)));
        }
        Ok(Self {
            addresses,
            log,
            runtime: Some(runtime),
        })
    }

    /// The URL of the destination with this number.
    pub fn url(&self, number: usize) -> String {
        format!("http://{}/status", self.addresses[number])
    }

    /// How many callbacks were accepted.
    pub fn count(&self) -> usize {
        self.log.accepted.load(Ordering::Relaxed)
    }

    /// Waits until so many were accepted; how many were, if that takes longer than `bound`.
    pub async fn wait_for(&self, count: usize, bound: Duration) -> Result<(), usize> {
        let deadline = Instant::now() + bound;
        while self.count() < count {
            if Instant::now() > deadline {
                return Err(self.count());
            }
            sleep(POLL).await;
        }
        Ok(())
    }

    /// When the last one was accepted.
    pub fn last(&self) -> Option<Instant> {
        let kept = self.log.kept();
        kept.entries().next_back().map(|(_, entry)| entry.at)
    }

    /// When the first one was accepted.
    pub fn first(&self) -> Option<Instant> {
        let kept = self.log.kept();
        kept.entries().next().map(|(_, entry)| entry.at)
    }

    /// Shows all that was accepted, in the order in which it came.
    pub fn each(&self, mut look: impl FnMut(&Arrival<'_>)) {
        let kept = self.log.kept();
        for (bytes, entry) in kept.entries() {
            look(&entry.read(bytes));
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Log {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Whole after each entry, whatever panicked in between.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, headers: &HeaderMap, body: &[u8]) {
        let at = Instant::now();
        {
            let mut kept = self.kept();
            let fields = KEPT.map(|name| headers.get(name).map_or(&b""[..], |v| v.as_bytes()));
            let size = body.len() + fields.iter().map(|field| field.len()).sum::<usize>();
            let piece = kept.with_room(size);
            let start = piece.bytes.len();
            let mut ends = [0; PARTS];
            let parts = [body].into_iter().chain(fields);
            for (end, part) in ends.iter_mut().zip(parts) {
                piece.bytes.extend_from_slice(part);
                *end = u32::try_from(piece.bytes.len() - start).unwrap_or(u32::MAX);
            }
            piece.entries.push(Entry { at, start, ends });
        }
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }
}

impl Kept {
    /// A piece with room for one entry of so many bytes.
    fn with_room(&mut self, size: usize) -> &mut Piece {
        let full = self.0.last().is_none_or(|piece| {
            piece.bytes.capacity() - piece.bytes.len() < size
                || piece.entries.len() == piece.entries.capacity()
        });
        if full {
            self.0.push(Piece {
                bytes: Vec::with_capacity(PIECE_BYTES.max(size)),
                entries: Vec::with_capacity(PIECE_ENTRIES),
            });
        }
        let last = self.0.len() - 1;
        &mut self.0[last]
    }

    /// All entries, each with the bytes that it is part of.
    fn entries(&self) -> impl DoubleEndedIterator<Item = (&[u8], &Entry)> {
        let pieces = self.0.iter();
        pieces.flat_map(|piece| piece.entries.iter().map(|entry| (&*piece.bytes, entry)))
    }
}

impl Entry {
    fn read<'a>(&self, bytes: &'a [u8]) -> Arrival<'a> {
        let part = |number: usize| {
            let from = number.checked_sub(1).map_or(0, |before| self.ends[before]);
            &bytes[self.start + from as usize..self.start + self.ends[number] as usize]
        };
        Arrival {
            at: self.at,
            body: part(0),
            id: part(1),
            timestamp: part(2),
            webhook_signature: part(3),
            signature: part(4),
        }
    }
}

async fn listen(listener: TcpListener, manner: Manner, log: Arc<Log>) {
    // Ends with the runtime.
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, manner, Arc::clone(&log)));
    }
}

async fn serve(stream: TcpStream, manner: Manner, log: Arc<Log>) {
    stream.set_nodelay(true).ok();
    let service = service_fn(|request| answer(request, manner, &log));
    // The other side ends a connection as it likes.
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    drop(connection.await);
}

type Body = UnsyncBoxBody<Bytes, Infallible>;

async fn answer(
    request: Request<Incoming>,
    manner: Manner,
    log: &Log,
) -> Result<Response<Body>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let nothing = || Empty::new().boxed_unsync();
    match manner {
        Manner::Accepts => {
            log.keep(&head.headers, &body);
            let mut response = Response::new(nothing());
            *response.status_mut() = StatusCode::NO_CONTENT;
            Ok(response)
        }
        Manner::Silent => std::future::pending().await,
        Manner::Slow => {
            sleep(SLOW).await;
            Ok(Response::new(nothing()))
        }
        Manner::Endless => {
            let frames = futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>();
            Ok(Response::new(StreamBody::new(frames).boxed_unsync()))
        }
    }
}
