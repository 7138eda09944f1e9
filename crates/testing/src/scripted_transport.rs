//! A transport that sends nothing: a script answers each attempt, inside the runtime.
//!
//! For tests on a paused clock, which would jump ahead while it waits for a socket. Every callback
//! that passes is read back by `ringback-callbacks`, as receivers do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderName, HeaderValue};
use ringback_callbacks::{Callback, Request};
use ringback_domain::time::Timestamp;
use ringback_engine::clock::Clock;
use ringback_engine::transport::{
    Answer, BodyEnd, EXCERPT_LIMIT, Exchange, Failure, FailureKind, HeaderLines, Outgoing, Sent,
    Timings, Transport,
};
use tokio::time::sleep;

/// How an attempt ends.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    /// With an answer of this status.
    Status(u16),
    /// With 200 and this document, as `text/xml`.
    Document(&'static str),
    /// With an answer of this status and this `Retry-After`.
    Later(u16, &'static str),
    /// Without one.
    Failure(FailureKind),
}

/// An attempt as the script sees it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it began.
    pub at: Timestamp,
    /// GET or POST.
    pub method: String,
    /// The URL that a receiver sees.
    pub url: String,
    /// The callback's parameters, form-encoded; for GET they are in the URL.
    pub body: String,
    /// The headers, `Content-Type` among them, without the others that a real transport adds.
    pub headers: HeaderMap,
    /// How long it may take in all.
    pub total: Duration,
}

impl Seen {
    /// A parameter of the callback.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = ringback_wire::form::decode(&self.body);
        pairs
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// A header, as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

type Script = dyn Fn(&Seen) -> (Duration, Ending) + Send + Sync;

/// A transport whose script answers each attempt.
pub struct ScriptedTransport {
    clock: Clock,
    script: Box<Script>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl ScriptedTransport {
    /// Answers each attempt as `script` says, after the time that it says.
    pub fn new(
        clock: Clock,
        script: impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static,
    ) -> Self {
        Self {
            clock,
            script: Box::new(script),
            seen: Arc::default(),
        }
    }

    /// The attempts so far, in the order in which they began. Shared: goes on growing.
    pub fn seen(&self) -> Arc<Mutex<Vec<Seen>>> {
        Arc::clone(&self.seen)
    }
}

#[async_trait]
impl Transport for ScriptedTransport {
    async fn send(&self, outgoing: Outgoing) -> Exchange {
        let mut lines = HeaderLines::default();
        (outgoing.headers)(&outgoing.method, &outgoing.url, &mut lines);
        let seen = Seen {
            at: self.clock.now(),
            method: outgoing.method.to_string(),
            url: outgoing.url.seen().to_owned(),
            body: String::from_utf8_lossy(&outgoing.body).into_owned(),
            headers: headers(&lines),
            total: outgoing.limits.total,
        };
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(seen.clone());
        // Requests for documents want more of the answer than callbacks do.
        if outgoing.keep == EXCERPT_LIMIT {
            read_back(&seen);
        }
        let (latency, ending) = (self.script)(&seen);
        sleep(latency.min(outgoing.limits.total)).await;
        let ending = if latency > outgoing.limits.total {
            Ending::Failure(FailureKind::TotalTimeout)
        } else {
            ending
        };
        Exchange {
            timings: Timings {
                total: latency,
                ..Timings::default()
            },
            sent: Sent {
                method: outgoing.method,
                url: seen.url,
                headers: HeaderLines::default(),
            },
            result: result(ending),
            redirects: 0,
        }
    }
}

/// Reads a callback as receivers do, which must know each of its parameters. A notice of a callback
/// that failed is none.
#[track_caller]
fn read_back(seen: &Seen) {
    let request = Request::new(&seen.method, &seen.url, &seen.headers, seen.body.as_bytes());
    match Callback::parse(&request) {
        Ok(callback) if seen.method == "POST" => assert!(callback.other().is_empty(), "{seen:?}"),
        Ok(_) => {}
        Err(_) if seen.body.starts_with(r#"{"type":"callback.failed""#) => {}
        Err(error) => panic!("{error}: {seen:?}"),
    }
}

fn headers(lines: &HeaderLines) -> HeaderMap {
    let read = |(name, value)| {
        let name = HeaderName::try_from(name).expect("the name of a header");
        (name, HeaderValue::from_str(value).expect("its value"))
    };
    lines.iter().map(read).collect()
}

fn result(ending: Ending) -> Result<Answer, Failure> {
    let answer = |status, headers: String| Answer {
        status,
        headers: HeaderLines::from_text(headers),
        excerpt: Vec::new(),
        keep: EXCERPT_LIMIT,
        size_bytes: 0,
        end: BodyEnd::Complete,
    };
    match ending {
        Ending::Document(text) => Ok(Answer {
            excerpt: text.as_bytes().to_vec(),
            size_bytes: text.len() as u64,
            ..answer(200, "Content-Type: Text/XML; charset=utf-8\n".to_owned())
        }),
        Ending::Status(status @ 200..=299) => Ok(answer(status, String::new())),
        Ending::Status(status) => Err(Failure {
            kind: FailureKind::Status(status),
            answer: Some(answer(status, String::new())),
            detail: format!("The receiver answered {status}."),
        }),
        Ending::Later(status, when) => Err(Failure {
            kind: FailureKind::Status(status),
            answer: Some(answer(status, format!("Retry-After: {when}\n"))),
            detail: format!("The receiver answered {status}."),
        }),
        Ending::Failure(kind) => Err(Failure {
            kind,
            answer: None,
            detail: "The script says so.".to_owned(),
        }),
    }
}
