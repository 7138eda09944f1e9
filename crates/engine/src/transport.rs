//! The transport: makes one attempt of a callback, over HTTP/1.1.
//!
//! Called by the dispatcher, which decides when and how often. One deadline covers an
//! attempt from the name's resolution to the last byte of the answer's body, redirects
//! included; each stage has its own limit inside it. Invariants: no connection is made to
//! an address that the [`Guard`] refuses; no body is read beyond a bound; an attempt that
//! is dropped leaves no connection behind.

mod answer;
mod attempt;
mod body;
mod connect;
mod connection;
mod failure;
mod guard;
mod head;
mod headers;
mod open;
mod pool;
mod redirect;
mod resolve;
mod talk;
mod tls;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use ringback_wire::url::CallbackUrl;
use rustls::pki_types::CertificateDer;
use tokio_rustls::TlsConnector;

pub use self::answer::{Answer, BODY_LIMIT, BodyEnd, EXCERPT_LIMIT};
pub use self::connect::{ByteStream, Connect, Stream, TcpConnector};
pub use self::failure::{Failure, FailureClass, FailureKind, Host, TlsFault};
pub use self::guard::{Guard, Refused};
pub use self::headers::HeaderLines;
pub use self::pool::PoolLimits;
pub use self::resolve::{Resolve, SystemResolver};
pub use self::tls::{SystemRoots, TlsSetupError};

/// Makes attempts. Tests put their own in its place.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Makes one attempt. Dropping the future gives it up and closes its connection.
    async fn send(&self, outgoing: Outgoing) -> Exchange;
}

/// What to send.
#[derive(Clone)]
pub struct Outgoing {
    /// GET or POST.
    pub method: Method,
    /// Where to. For GET, the parameters are in its query already.
    pub url: Arc<CallbackUrl>,
    /// The body of a POST.
    pub body: Bytes,
    /// Makes the header fields of each hop.
    pub headers: HeadersFor,
    /// How long it may take.
    pub limits: Limits,
    /// How much of the answer's body is kept, in bytes.
    pub keep: usize,
}

/// Adds the header fields of one hop: each hop of a redirect is signed for its own URL.
///
/// Without `Host`, `Content-Length` and `Authorization`, which the transport adds.
pub type HeadersFor = Arc<dyn Fn(&Method, &CallbackUrl, &mut HeaderLines) + Send + Sync>;

/// How long an attempt and its stages may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A connection: name resolution, TCP over all addresses, and TLS. For each hop.
    pub connect: Duration,
    /// From the request to the first byte of the answer, and from then on between packets.
    pub read: Duration,
    /// The whole attempt, redirects and the last byte of the answer's body included.
    pub total: Duration,
}

/// One attempt, made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// How long its stages took.
    pub timings: Timings,
    /// What was sent, or would have been had there been a connection: the last hop.
    pub sent: Sent,
    /// A 2xx is an answer, all else is a failure.
    pub result: Result<Answer, Failure>,
    /// How many redirects were followed.
    pub redirects: u8,
}

/// How long the stages of the last hop took. A stage that was not reached, or not needed
/// (the name of a kept connection, TLS for http), has no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name.
    pub dns: Option<Duration>,
    /// TCP, over all addresses that were tried.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request to the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// The whole attempt, all hops.
    pub total: Duration,
    /// What carried it.
    pub connection: ConnectionUse,
}

/// Which connection carried the last hop.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ConnectionUse {
    /// None was made.
    #[default]
    None,
    /// One that was opened for it.
    New,
    /// One that was kept from an earlier attempt.
    Kept,
}

/// What the receiver was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// GET or POST.
    pub method: Method,
    /// As the receiver sees it: no userinfo, no fragment.
    pub url: String,
    /// All header fields; credentials are masked.
    pub headers: HeaderLines,
}

/// What a transport is made of.
pub struct TransportConfig {
    /// Where callbacks may go.
    pub guard: Guard,
    /// Finds addresses.
    pub resolver: Arc<dyn Resolve>,
    /// Opens connections.
    pub connector: Arc<dyn Connect>,
    /// CA certificates that are trusted besides the system's.
    pub extra_roots: Vec<CertificateDer<'static>>,
    /// Are the system's trusted?
    pub system_roots: SystemRoots,
    /// How many idle connections are kept.
    pub pool: PoolLimits,
}

impl TransportConfig {
    /// The system's resolver, TCP and roots, behind `guard`.
    pub fn new(guard: Guard) -> Self {
        Self {
            guard,
            resolver: Arc::new(SystemResolver::new()),
            connector: Arc::new(TcpConnector),
            extra_roots: Vec::new(),
            system_roots: SystemRoots::Trusted,
            pool: PoolLimits::default(),
        }
    }
}

/// Sends over HTTP/1.1 and keeps connections open between attempts.
pub struct HttpTransport {
    guard: Guard,
    resolver: Arc<dyn Resolve>,
    connector: Arc<dyn Connect>,
    tls: TlsConnector,
    pool: Arc<pool::Pool>,
}

impl HttpTransport {
    /// Reads the root certificates, once. Connects to nothing.
    pub fn new(config: TransportConfig) -> Result<Self, TlsSetupError> {
        Ok(Self {
            guard: config.guard,
            resolver: config.resolver,
            connector: config.connector,
            tls: tls::client_config(config.system_roots, config.extra_roots)?,
            pool: pool::Pool::new(config.pool),
        })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, outgoing: Outgoing) -> Exchange {
        attempt::make(self, &outgoing).await
    }
}
