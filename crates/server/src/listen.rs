//! The accept loops: from a listener to a connection that is carried to its end.
//!
//! Started by [`serve`](crate::serve). Invariants: no more connections than there is room
//! for; every one is a tracked task; nothing that a peer does not do holds one for ever.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::Limits;
use crate::connection::{Unflushed, Watched};
use crate::front::Front;

/// What is waited after a failed accept: file descriptors that ran out come back when
/// connections end, and without a pause the loop would spin until then.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// What all accept loops and connections share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Lobby {
    pub(crate) front: Front,
    pub(crate) limits: Limits,
    /// A permit for each connection.
    pub(crate) room: Arc<Semaphore>,
    pub(crate) connections: TaskTracker,
    /// Accept nothing more, finish what is in flight.
    pub(crate) stop: CancellationToken,
    /// Finish nothing more.
    pub(crate) cut: CancellationToken,
}

/// How a listener's connections speak.
#[derive(Clone)]
pub(crate) enum Speech {
    Plain,
    Tls(TlsAcceptor),
}

impl Lobby {
    /// One without connections yet.
    pub(crate) fn new(front: Front, limits: Limits, stop: CancellationToken) -> Self {
        Self {
            front,
            room: Arc::new(Semaphore::new(limits.connections)),
            limits,
            connections: TaskTracker::new(),
            stop,
            cut: CancellationToken::new(),
        }
    }

    /// Accepts connections until it is told to stop.
    pub(crate) async fn accept(self, listener: TcpListener, speech: Speech) {
        loop {
            // Both are cancel-safe: a permit or a connection is taken whole or not at all.
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = self.next(&listener) => accepted,
            };
            match accepted {
                Ok((stream, permit)) => {
                    let carried = self.clone().receive(stream, speech.clone(), permit);
                    self.connections.spawn(carried);
                }
                Err(error) => {
                    warn!(%error, "a connection could not be accepted");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Waits for what is in flight within the grace, then cuts off the rest: how many.
    pub(crate) async fn drain(self) -> usize {
        self.connections.close();
        let in_time = timeout(self.limits.grace, self.connections.wait()).await;
        let cut_off = match in_time {
            Ok(()) => 0,
            Err(_elapsed) => self.connections.len(),
        };
        self.cut.cancel();
        self.connections.wait().await;
        cut_off
    }

    async fn next(&self, listener: &TcpListener) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let permit = Arc::clone(&self.room).acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        let (stream, _) = listener.accept().await?;
        Ok((stream, permit))
    }

    async fn receive(self, stream: TcpStream, speech: Speech, _permit: OwnedSemaphorePermit) {
        // Answers are written whole: waiting for more to fill a packet only delays them.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "TCP_NODELAY could not be set");
        }
        match speech {
            Speech::Plain => self.carry(stream).await,
            Speech::Tls(acceptor) => {
                let handshake = timeout(self.limits.handshake, acceptor.accept(stream));
                let secured = tokio::select! {
                    () = self.stop.cancelled() => return,
                    secured = handshake => secured,
                };
                match secured {
                    Ok(Ok(stream)) => self.carry(stream).await,
                    Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
                    Err(_elapsed) => debug!("a TLS handshake took too long"),
                }
            }
        }
    }

    async fn carry<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let line = Arc::<Unflushed>::default();
        let watched = Watched::new(stream, Arc::clone(&line), self.limits.stall);
        let mut http = http1::Builder::new();
        // hyper counts the time between two requests as well, so this ends idle connections.
        http.timer(TokioTimer::new())
            .header_read_timeout(self.limits.idle);
        let connection = http.serve_connection(TokioIo::new(watched), self.front.on(line));
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = self.stop.cancelled() => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    ended = connection => ended,
                    () = self.cut.cancelled() => return,
                }
            }
        };
        if let Err(error) = ended {
            debug!(%error, "a connection broke");
        }
    }
}
