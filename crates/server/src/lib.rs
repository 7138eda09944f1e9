//! HTTP: the REST surface that the SDKs speak.
//!
//! Called by the command line with an engine and open listeners. Knows how requests become
//! orders to the engine and how what the engine says becomes answers; knows no SQL, and not
//! how callbacks are delivered.

mod admin;
mod auth;
mod connection;
mod error;
mod explained;
mod front;
mod laml;
mod listen;
mod native;
mod origin;
mod rest;
mod routes;
mod writes;

use std::sync::Arc;
use std::time::Duration;

use ringback_engine::Engine;
use ringback_wire::destinations::Destinations;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::front::Front;
use crate::listen::{Lobby, Speech};

pub use crate::admin::{AdminAccess, serve_admin};
pub use crate::laml::audio::{RecordingAccess, Recordings};
pub use crate::native::{NATIVE_ROUTES, NativeOperation, NativeRoute};
pub use crate::origin::{AllowedHosts, BadPublicUrl};
pub use crate::rest::{
    REGISTRY_ROUTES, REST_ROUTES, RegistryOperation, RegistryRoute, RestOperation, RestRoute,
};
pub use crate::routes::{Operation, ROUTES, Route};

/// How requests are answered.
#[derive(Clone, Debug)]
pub struct Config {
    /// The names that are answered for.
    pub hosts: AllowedHosts,
    /// What the links in answers begin with.
    pub base_url: Arc<str>,
    /// The files of recordings, and who may have them.
    pub recordings: Recordings,
    /// Where URLs that requests give, and that are to be called, may lead.
    pub destinations: Destinations,
    /// How much at once, and how long it may take.
    pub limits: Limits,
}

impl Config {
    /// Answers for this machine's names and for that of `public_url`. URLs may lead anywhere.
    pub fn new(public_url: &str, recordings: Recordings) -> Result<Self, BadPublicUrl> {
        Ok(Self {
            hosts: AllowedHosts::with_public(public_url)?,
            base_url: public_url.trim_end_matches('/').into(),
            recordings,
            destinations: Destinations::default(),
            limits: Limits::default(),
        })
    }
}

/// How much at once, and how long it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; more wait to be accepted.
    pub connections: usize,
    /// A TLS handshake.
    pub handshake: Duration,
    /// From the end of an answer, or the start of a connection, to the last header of the
    /// next request.
    pub idle: Duration,
    /// While a client takes nothing of its answer.
    pub stall: Duration,
    /// For requests in flight when the server is stopped.
    pub grace: Duration,
    /// Requests that change something, over the SDKs' REST, of a project in 10 seconds; any
    /// number, if it is not said.
    pub writes: Option<u32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            handshake: Duration::from_secs(10),
            // SDKs keep connections open between two calls of a program.
            idle: Duration::from_secs(60),
            stall: Duration::from_secs(30),
            grace: Duration::from_secs(10),
            writes: None,
        }
    }
}

/// Where requests come in.
#[derive(Debug)]
pub struct Listeners {
    /// Plain HTTP.
    pub http: TcpListener,
    /// HTTPS, which the SDKs insist on.
    pub https: Option<(TcpListener, Arc<ServerConfig>)>,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// Connections that were cut off, for their requests took longer than the grace.
    pub cut_off: usize,
}

/// Answers requests until `stop` is cancelled; then accepts nothing more, lets requests in
/// flight finish within the grace, and returns when no connection is left.
pub async fn serve(
    engine: Engine,
    config: Config,
    listeners: Listeners,
    stop: CancellationToken,
) -> Served {
    let now = engine.clock().now();
    let front = Front::new(routes::router(engine, &config, &stop), config.hosts, now);
    let lobby = Lobby::new(front, config.limits, stop);
    let https = async {
        if let Some((listener, tls)) = listeners.https {
            let speech = Speech::Tls(TlsAcceptor::from(tls));
            lobby.clone().accept(listener, speech).await;
        }
    };
    tokio::join!(lobby.clone().accept(listeners.http, Speech::Plain), https);
    let cut_off = lobby.drain().await;
    Served { cut_off }
}
