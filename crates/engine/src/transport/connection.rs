//! A connection: a stream, and what was read from it and not yet used.
//!
//! Filled and emptied by [`super::talk`]; kept by the pool in between. No task drives it:
//! whoever has it reads. Dropped, it is closed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::{AsyncRead as _, AsyncWrite as _, ReadBuf};

use super::connect::Stream;

/// The largest answer head that is read, in bytes; a longer one is a protocol failure.
pub(super) const HEAD_LIMIT: usize = 64 * 1024;

/// Room to read into, in bytes: most answers are shorter. It grows for a longer head alone.
const ROOM: usize = 4 * 1024;

/// A connection to a receiver.
pub(super) struct Connection {
    stream: Stream,
    /// Made with the first read, so that one that is never heard takes nothing.
    buffer: Vec<u8>,
    /// Where what was read and not yet used ends in it. It begins at its start.
    filled: usize,
}

impl Connection {
    /// A connection that nothing was sent over yet.
    pub(super) const fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            filled: 0,
        }
    }

    /// Whether it is open, and its peer has said nothing that it was not asked for.
    pub(super) fn is_quiet(&mut self) -> bool {
        let nobody = &mut Context::from_waker(Waker::noop());
        self.filled == 0 && self.poll_read(nobody).is_pending()
    }

    /// What was read and not yet used.
    pub(super) fn heard(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// Whether no more of a head is read before some of it is used.
    pub(super) const fn is_full(&self) -> bool {
        self.filled >= HEAD_LIMIT
    }

    /// Leaves `rest` bytes at the end of what was heard, the others are used.
    pub(super) fn leave(&mut self, rest: usize) {
        self.buffer.copy_within(self.filled - rest..self.filled, 0);
        self.filled = rest;
    }

    /// Gives back the room that a long head took.
    pub(super) fn shrink(&mut self) {
        if self.buffer.len() > ROOM {
            self.buffer = Vec::new();
        }
    }

    /// Reads what has come; 0 bytes if the peer has closed its end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.filled == self.buffer.len() {
            self.buffer.resize((self.filled * 2).max(ROOM), 0);
        }
        let mut room = ReadBuf::new(&mut self.buffer[self.filled..]);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut room))?;
        let count = room.filled().len();
        self.filled += count;
        Poll::Ready(Ok(count))
    }

    /// Writes some of `bytes`.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    /// Writes what the stream has kept back.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn it_is_quiet_as_long_as_nothing_comes() {
        let (ours, mut theirs) = duplex(64);
        let mut connection = Connection::new(Box::new(ours));
        assert!(connection.is_quiet());
        assert!(connection.is_quiet());
        theirs.write_all(b"unasked").await.unwrap();
        assert!(!connection.is_quiet());
        assert!(!connection.is_quiet());

        let (ours, theirs) = duplex(64);
        let mut connection = Connection::new(Box::new(ours));
        drop(theirs);
        assert!(!connection.is_quiet());
    }

    #[tokio::test]
    async fn what_is_left_is_heard_first() {
        let (ours, mut theirs) = duplex(3 * ROOM);
        let mut connection = Connection::new(Box::new(ours));
        theirs.write_all(&[b'x'; ROOM]).await.unwrap();
        theirs.write_all(b"yz").await.unwrap();
        let mut read = async || std::future::poll_fn(|cx| connection.poll_read(cx)).await;
        assert_eq!(read().await.unwrap(), ROOM);
        assert_eq!(read().await.unwrap(), 2);
        connection.leave(1);
        assert_eq!(connection.heard(), b"z");
        connection.leave(0);
        connection.shrink();
        assert!(connection.is_quiet());
    }
}
