//! One connection: knows when the bytes of an answer have left.
//!
//! Used by the accept loop, which wraps each stream in [`Watched`], and by the front, which
//! wraps each answer in [`AnswerBody`]. Invariant: what an answer [holds](Holds) back is let
//! go once hyper has flushed the answer's last byte to the socket, or when the connection is
//! gone, and never before.

use std::future::Future;
use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use ringback_engine::{Hold, Release};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// What waits for the answer to one request to be written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holds(Arc<Mutex<Vec<Release>>>);

impl Holds {
    /// A hold that lasts until the answer is written.
    pub(crate) fn hold(&self) -> Hold {
        let (hold, release) = Hold::new();
        let mut releases = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        releases.push(release);
        hold
    }

    fn take(&self) -> Vec<Release> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The answers of one connection that hyper has taken whole and not yet flushed.
#[derive(Debug, Default)]
pub(crate) struct Unflushed(Mutex<Line>);

#[derive(Debug)]
enum Line {
    Up(Vec<Release>),
    Down,
}

impl Default for Line {
    fn default() -> Self {
        Self::Up(Vec::new())
    }
}

impl Unflushed {
    /// The last byte of an answer is in hyper's buffer, or will never be.
    fn ended(&self, answer: Vec<Release>) {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Line::Up(waiting) => waiting.extend(answer),
            Line::Down => drop(answer),
        }
    }

    /// hyper's buffer is empty and the stream flushed.
    fn flushed(&self) {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Line::Up(waiting) => waiting.clear(),
            Line::Down => {}
        }
    }

    fn gone(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Line::Down;
    }
}

/// The body of an answer. hyper drops it in the moment in which it takes over its last byte.
pub(crate) struct AnswerBody {
    body: Body,
    holds: Holds,
    line: Arc<Unflushed>,
}

impl AnswerBody {
    pub(crate) const fn new(body: Body, holds: Holds, line: Arc<Unflushed>) -> Self {
        Self { body, holds, line }
    }
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.line.ended(self.holds.take());
    }
}

/// A stream that says when it was flushed, and fails when its peer takes nothing for long.
///
/// hyper flushes it only once it has written its whole buffer to it.
pub(crate) struct Watched<S> {
    stream: S,
    line: Arc<Unflushed>,
    patience: Duration,
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Watched<S> {
    /// `patience` is how long the peer may take nothing of what is written to it.
    pub(crate) const fn new(stream: S, line: Arc<Unflushed>, patience: Duration) -> Self {
        Self {
            stream,
            line,
            patience,
            stalled: None,
        }
    }

    /// What a write came to, unless it has been waiting for too long.
    fn bounded<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let patience = self.patience;
        let stalled = self
            .stalled
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(Instant::now() + patience)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S> Drop for Watched<S> {
    fn drop(&mut self) {
        self.line.gone();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.bounded(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        let flushed = ready!(self.bounded(cx, flushed));
        if flushed.is_ok() {
            self.line.flushed();
        }
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let closed = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.bounded(cx, closed)
    }
}

#[cfg(test)]
mod tests;
