//! A stream that remembers when its peer was last heard, and what it said first.
//!
//! Wrapped around each connection, above TLS. It tells three things that hyper does not:
//! whether any byte of an answer came (else a reused connection may be replaced), when
//! the first did, and whether the peer is silent or slow.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout_at};

use super::connect::Stream;

/// Enough to tell HTTP/1 from another version and from TLS.
const OPENING: usize = 8;

/// The peer said nothing for as long as it may.
#[derive(Debug)]
pub(super) struct Silence;

/// What was heard from the peer since the current request began.
#[derive(Debug, Clone, Default)]
pub(super) struct Ear(Arc<Mutex<Heard>>);

#[derive(Debug, Default)]
struct Heard {
    first: Option<Instant>,
    last: Option<Instant>,
    opening: Vec<u8>,
}

impl Ear {
    /// Forgets what was heard: a request begins.
    pub(super) fn begin(&self) {
        let mut heard = self.lock();
        heard.first = None;
        heard.last = None;
        heard.opening.clear();
    }

    /// When the first byte came, if any did.
    pub(super) fn first(&self) -> Option<Instant> {
        self.lock().first
    }

    /// The first bytes of the answer.
    pub(super) fn opening(&self) -> Vec<u8> {
        self.lock().opening.clone()
    }

    /// Waits for `future` while the peer is heard at least once every `limit`.
    ///
    /// A peer that drips bytes keeps this waiting: the caller's deadline is the bound.
    /// Losing this is harmless, nothing is taken from the stream here.
    pub(super) async fn within<F: Future>(
        &self,
        limit: Duration,
        future: F,
    ) -> Result<F::Output, Silence> {
        let mut future = pin!(future);
        let mut quiet_since = Instant::now();
        loop {
            if let Ok(output) = timeout_at(quiet_since + limit, &mut future).await {
                return Ok(output);
            }
            match self.lock().last {
                Some(heard) if heard > quiet_since => quiet_since = heard,
                Some(_) | None => return Err(Silence),
            }
        }
    }

    fn note(&self, bytes: &[u8]) {
        let now = Instant::now();
        let mut heard = self.lock();
        heard.first.get_or_insert(now);
        heard.last = Some(now);
        let room = OPENING - heard.opening.len();
        heard.opening.extend(bytes.iter().take(room));
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        // Plain values: whole again whatever panicked while it held them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stream itself; its owner keeps the other end of the [`Ear`].
pub(super) struct Watched {
    stream: Stream,
    ear: Ear,
}

impl Watched {
    pub(super) fn new(stream: Stream, ear: Ear) -> Self {
        Self { stream, ear }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let arrived = &buffer.filled()[before..];
        if !arrived.is_empty() {
            self.ear.note(arrived);
        }
        polled
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
