//! One request and its answer, over one connection.
//!
//! Knows no redirects and no retries; says what became of the request, and whether
//! anything was heard at all.

use std::error::Error;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::LOCATION;
use http_body_util::Full;
use hyper::Response;
use hyper::body::Incoming;
use ringback_wire::url::CallbackUrl;
use tokio::time::Instant;

use super::answer::Answer;
use super::failure::{FailureKind, Trouble};
use super::pool::Connection;
use super::{Timings, redirect, tls};

/// Why there is no usable answer.
#[derive(Debug)]
pub(super) enum TalkError {
    /// The connection ended before any byte of an answer. Over a kept connection: the
    /// receiver had closed it, so the request may go out once more over a new one.
    Unheard(Trouble),
    /// Everything else.
    Failed(Trouble),
}

impl TalkError {
    pub(super) fn into_trouble(self) -> Trouble {
        match self {
            Self::Unheard(trouble) | Self::Failed(trouble) => trouble,
        }
    }
}

/// Sends the request and waits for the head of its answer.
pub(super) async fn ask(
    connection: &mut Connection,
    request: Request<Full<Bytes>>,
    url: &CallbackUrl,
    limit: Duration,
    timings: &mut Timings,
) -> Result<Response<Incoming>, TalkError> {
    let ear = connection.ear.clone();
    let begun = Instant::now();
    ear.begin();
    let outcome = ear
        .within(limit, connection.sender.send_request(request))
        .await;
    timings.first_byte = ear.first().map(|first| first - begun);
    match outcome {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => {
            let trouble = trouble(&error, &ear.opening(), url);
            let unheard = ear.first().is_none() && trouble.kind == FailureKind::ConnectionClosed;
            Err(if unheard {
                TalkError::Unheard(trouble)
            } else {
                TalkError::Failed(trouble)
            })
        }
        Err(_silence) => Err(TalkError::Failed(silent(url, limit))),
    }
}

/// Reads the answer's body. Silence spoils a success alone: what is no success already is
/// settled by its status.
pub(super) async fn hear(
    connection: &Connection,
    response: Response<Incoming>,
    answer: &mut Answer,
    url: &CallbackUrl,
    limit: Duration,
) -> Result<(), TalkError> {
    let status = answer.status;
    match answer
        .read(response.into_body(), limit, &connection.ear)
        .await
    {
        Err(_silence) if redirect::is_success(status) => Err(TalkError::Failed(silent(url, limit))),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Where a redirect leads, if the answer says so.
pub(super) fn location(response: &Response<Incoming>) -> Option<String> {
    let value = response.headers().get(LOCATION)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

fn silent(url: &CallbackUrl, limit: Duration) -> Trouble {
    let detail = format!(
        "{} was silent for {} ms: answer first, work afterwards, or raise the limit with #rt=.",
        url.authority(),
        limit.as_millis()
    );
    Trouble::new(FailureKind::ReadTimeout, detail)
}

fn trouble(error: &hyper::Error, opening: &[u8], url: &CallbackUrl) -> Trouble {
    let here = url.authority();
    if error.is_parse() {
        return misspoken(error, opening, here);
    }
    let Some(cause) = io_cause(error) else {
        return Trouble::new(FailureKind::ConnectionClosed, closed(here));
    };
    if let Some(trouble) = tls::trouble(cause, url) {
        return trouble;
    }
    match cause.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Trouble::new(FailureKind::ConnectionClosed, closed(here)),
        _ => Trouble::new(
            FailureKind::ConnectionClosed,
            format!("The connection to {here} broke ({cause}): check the network."),
        ),
    }
}

fn closed(here: &str) -> String {
    format!("{here} closed the connection before its answer was complete: look into its log.")
}

/// What came back is not HTTP/1 as hyper reads it.
fn misspoken(error: &hyper::Error, opening: &[u8], here: &str) -> Trouble {
    // A TLS alert or handshake record (RFC 8446 5.1), version 3.x.
    if matches!(opening, [0x15 | 0x16, 3, ..]) {
        let detail = format!("{here} speaks TLS: write https:// in the URL, or switch the port.");
        return Trouble::new(FailureKind::Protocol, detail);
    }
    let other_version = opening.starts_with(b"HTTP/") && !opening.starts_with(b"HTTP/1.");
    if other_version || error.is_parse_version_h2() {
        let detail = format!("{here} does not speak HTTP/1.1: switch it on there.");
        return Trouble::new(FailureKind::HttpVersion, detail);
    }
    let detail = format!("{here} does not answer in HTTP ({error}): is this the right port?");
    Trouble::new(FailureKind::Protocol, detail)
}

fn io_cause(error: &hyper::Error) -> Option<&io::Error> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref() {
            return Some(io);
        }
        cause = error.source();
    }
    None
}
