//! One request and its answer, over one connection.
//!
//! Knows no redirects and no retries; says what became of the request, and whether
//! anything was heard at all. Whoever waits for the answer writes and reads himself: no
//! task and no channel lies between. One timer is armed for the next limit that passes.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ringback_wire::url::CallbackUrl;
use tokio::time::{Instant, Sleep};

use super::answer::{Answer, BodyEnd};
use super::body::{Body, Broken, Ended};
use super::connection::Connection;
use super::failure::{FailureKind, Trouble};
use super::head::{self, Head, HeadError, Keep, Opening};
use super::{redirect, tls};

/// Why there is no usable answer.
#[derive(Debug)]
pub(super) enum TalkError {
    /// The connection ended before any byte of an answer. Over a kept connection: the
    /// receiver had closed it, so the request may go out once more over a new one.
    Unheard(Trouble),
    /// The attempt's deadline passed.
    Late,
    /// Everything else.
    Failed(Trouble),
}

/// How long a receiver may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Until its first byte, and from then on between two.
    pub(super) read: Duration,
    /// For all of it.
    pub(super) deadline: Instant,
}

/// Interim answers (1xx) before a final one; more are no conversation.
const MOST_INTERIM: u8 = 16;

/// A request under way.
pub(super) struct Talk<'a> {
    connection: &'a mut Connection,
    url: &'a CallbackUrl,
    sending: Sending<'a>,
    patience: Patience,
    /// Armed for the next limit; it may be late for the silence, never early.
    alarm: Pin<&'a mut Sleep>,
    begun: Instant,
    first_heard: Option<Instant>,
    heard_at: Instant,
    interim: u8,
}

/// How far the request is.
enum Sending<'a> {
    /// So much is left.
    Bytes(&'a [u8]),
    /// The stream may have kept some of it back.
    Flush,
    /// All of it is sent.
    Done,
    /// The connection takes no more. What was said before may still be read.
    Broken,
}

/// Why nothing was heard.
enum Quiet {
    /// Too long.
    Silence,
    /// The deadline passed.
    Late,
    /// The connection broke.
    Broken(io::Error),
}

impl Patience {
    /// When to look whether a peer that was heard `at` is silent for too long.
    pub(super) fn until(&self, at: Instant) -> Instant {
        self.deadline.min(at + self.read)
    }
}

impl<'a> Talk<'a> {
    /// Begins with a `request`, head and body; `alarm` is armed already.
    pub(super) fn new(
        connection: &'a mut Connection,
        url: &'a CallbackUrl,
        request: &'a [u8],
        patience: Patience,
        alarm: Pin<&'a mut Sleep>,
    ) -> Self {
        let begun = Instant::now();
        Self {
            connection,
            url,
            sending: Sending::Bytes(request),
            patience,
            alarm,
            begun,
            first_heard: None,
            heard_at: begun,
            interim: 0,
        }
    }

    /// From its beginning to the first byte of the answer.
    pub(super) fn first_byte(&self) -> Option<Duration> {
        self.first_heard.map(|first| first - self.begun)
    }

    /// Sends the request and waits for the head of its answer.
    pub(super) async fn ask(&mut self) -> Result<Head, TalkError> {
        let mut looked_at = 0;
        // Each turn hears a byte at least; the head's limit and the deadline bound them.
        loop {
            if self.hear().await.map_err(|quiet| self.quiet(quiet))? == 0 {
                self.understand()?;
                return Err(self.ended());
            }
            // The first piece is looked at in any case: what is no HTTP shows in it.
            if looked_at > 0 && !head::may_end(self.connection.heard(), looked_at) {
                looked_at = self.unfinished()?;
                continue;
            }
            match self.understand()? {
                Some(head) => return Ok(head),
                None => looked_at = self.unfinished()?,
            }
        }
    }

    /// Reads the answer's body. Silence spoils a success alone: what is no success already is
    /// settled by its status. Says whether the connection may be kept.
    pub(super) async fn take_body(
        &mut self,
        mut body: Body,
        keep: Keep,
        answer: &mut Answer,
    ) -> Result<Keep, TalkError> {
        // Each turn uses all that was heard; the body's limit and the deadline bound them.
        loop {
            let heard = self.connection.heard();
            let advanced = body.advance(heard, |data| answer.take(data));
            let (rest, ended) = match advanced {
                Ok((rest, ended)) => (rest.len(), ended),
                Err(Broken) => return Ok(close(answer, BodyEnd::Cut)),
            };
            self.connection.leave(rest);
            if answer.end == BodyEnd::Oversized {
                return Ok(Keep::No);
            }
            if ended == Ended::Yes {
                answer.end = BodyEnd::Complete;
                return Ok(if rest == 0 && self.is_sent() {
                    keep
                } else {
                    Keep::No
                });
            }
            match self.hear().await {
                Ok(0) if body.ends_with_connection() => {
                    return Ok(close(answer, BodyEnd::Complete));
                }
                Ok(0) | Err(Quiet::Broken(_)) => return Ok(close(answer, BodyEnd::Cut)),
                Ok(_) => {}
                Err(Quiet::Silence) if !redirect::is_success(answer.status) => {
                    return Ok(Keep::No);
                }
                Err(quiet) => return Err(self.quiet(quiet)),
            }
        }
    }

    fn is_sent(&self) -> bool {
        matches!(self.sending, Sending::Done)
    }

    /// The head of the answer, if all of it is there. Interim answers before it are used.
    fn understand(&mut self) -> Result<Option<Head>, TalkError> {
        // Each turn uses an interim answer of those that were heard.
        loop {
            let bytes = self.connection.heard();
            let (head, used) = match head::read(bytes) {
                Ok(Opening::Partial) => return Ok(None),
                Ok(Opening::Interim(length)) => (None, length),
                Ok(Opening::Final(head, length)) => (Some(head), length),
                Err(error) => return Err(self.misspoken(error)),
            };
            let rest = bytes.len() - used;
            self.connection.leave(rest);
            if head.is_some() || rest == 0 {
                return Ok(head);
            }
            self.interim += 1;
            if self.interim > MOST_INTERIM {
                return Err(self.misspoken(HeadError::Interim));
            }
        }
    }

    /// How much of a head was looked at that has not ended.
    fn unfinished(&self) -> Result<usize, TalkError> {
        if self.connection.is_full() {
            return Err(self.misspoken(HeadError::TooLong));
        }
        Ok(self.connection.heard().len())
    }

    /// Sends what is left to be sent and waits until something is heard. Losing this is
    /// harmless: what was sent and heard is kept.
    async fn hear(&mut self) -> Result<usize, Quiet> {
        poll_fn(|cx| self.poll_hear(cx)).await
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Quiet>> {
        self.poll_send(cx);
        if let Poll::Ready(read) = self.connection.poll_read(cx) {
            if matches!(read, Ok(1..)) {
                self.heard_at = Instant::now();
                self.first_heard.get_or_insert(self.heard_at);
            }
            // Of a peer that is always heard the alarm is never asked.
            if self.heard_at >= self.patience.deadline {
                return Poll::Ready(Err(Quiet::Late));
            }
            return Poll::Ready(read.map_err(Quiet::Broken));
        }
        // Each turn but the last puts the alarm off.
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let (now, next) = (Instant::now(), self.patience.until(self.heard_at));
            if now >= self.patience.deadline {
                return Poll::Ready(Err(Quiet::Late));
            }
            if now >= next {
                return Poll::Ready(Err(Quiet::Silence));
            }
            self.alarm.as_mut().reset(next);
        }
    }

    /// Sends as much as the connection takes.
    fn poll_send(&mut self, cx: &mut Context<'_>) {
        // Each turn sends a byte at least, or goes on to the next state.
        loop {
            let wrote = match &self.sending {
                Sending::Bytes(bytes) => self.connection.poll_write(cx, bytes),
                Sending::Flush => self.connection.poll_flush(cx).map_ok(|()| 0),
                Sending::Done | Sending::Broken => return,
            };
            let Poll::Ready(wrote) = wrote else { return };
            self.sending = match (mem::replace(&mut self.sending, Sending::Broken), wrote) {
                (_, Err(_)) | (Sending::Bytes(_), Ok(0)) => Sending::Broken,
                (Sending::Bytes(bytes), Ok(count)) if count < bytes.len() => {
                    Sending::Bytes(&bytes[count..])
                }
                (Sending::Bytes(_), Ok(_)) => Sending::Flush,
                (Sending::Flush | Sending::Done, Ok(_)) => Sending::Done,
                (Sending::Broken, Ok(_)) => Sending::Broken,
            };
        }
    }

    fn quiet(&self, quiet: Quiet) -> TalkError {
        match quiet {
            Quiet::Late => TalkError::Late,
            Quiet::Broken(error) => self.cut(&error),
            Quiet::Silence => {
                let detail = format!(
                    "{} was silent for {} ms: answer first, work afterwards, or raise the limit \
                     with #rt=.",
                    self.url.authority(),
                    self.patience.read.as_millis()
                );
                TalkError::Failed(Trouble::new(FailureKind::ReadTimeout, detail))
            }
        }
    }

    /// The receiver closed its end before the head of an answer did.
    fn ended(&self) -> TalkError {
        let here = self.url.authority();
        self.unheard(Trouble::new(FailureKind::ConnectionClosed, closed(here)))
    }

    /// The connection broke before that.
    fn cut(&self, error: &io::Error) -> TalkError {
        let here = self.url.authority();
        if let Some(trouble) = tls::trouble(error, self.url) {
            return TalkError::Failed(trouble);
        }
        let detail = match error.kind() {
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof => closed(here),
            _ => format!("The connection to {here} broke ({error}): check the network."),
        };
        self.unheard(Trouble::new(FailureKind::ConnectionClosed, detail))
    }

    fn unheard(&self, trouble: Trouble) -> TalkError {
        match self.first_heard {
            Some(_) => TalkError::Failed(trouble),
            None => TalkError::Unheard(trouble),
        }
    }

    /// What came back is not HTTP/1 as it is read here.
    fn misspoken(&self, error: HeadError) -> TalkError {
        let (here, opening) = (self.url.authority(), self.connection.heard());
        // A TLS alert or handshake record (RFC 8446 5.1), version 3.x.
        let (kind, detail) = if matches!(opening, [0x15 | 0x16, 3, ..]) {
            let hint = "write https:// in the URL, or switch the port";
            (FailureKind::Protocol, format!("{here} speaks TLS: {hint}."))
        } else if opening.starts_with(b"HTTP/") && !opening.starts_with(b"HTTP/1.") {
            let detail = format!("{here} does not speak HTTP/1.1: switch it on there.");
            (FailureKind::HttpVersion, detail)
        } else {
            let detail =
                format!("{here} does not answer in HTTP ({error}): is this the right port?");
            (FailureKind::Protocol, detail)
        };
        TalkError::Failed(Trouble::new(kind, detail))
    }
}

fn close(answer: &mut Answer, end: BodyEnd) -> Keep {
    answer.end = end;
    Keep::No
}

fn closed(here: &str) -> String {
    format!("{here} closed the connection before its answer was complete: look into its log.")
}
