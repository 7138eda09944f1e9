//! From a callback to the request that is sent, and from what came back to what is recorded.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use http::Method as HttpMethod;
use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::callback::CallbackState;
use ringback_domain::subscription::Method;
use ringback_domain::time::Timestamp;
use ringback_wire::form;
use ringback_wire::headers::{Late, RequestFacts, hashes_body, headers, with_body_hash};
use ringback_wire::keyring::{AttemptKeys, KeyRing};
use ringback_wire::url::CallbackUrl;
use tokio::time::Instant;

use super::entry::Entry;
use crate::transport::{self, EXCERPT_LIMIT, Exchange, HeaderLines, HeadersFor, Outgoing};

/// The request of an attempt that begins now; `wall` is the time that receivers are told.
pub(super) fn outgoing(entry: &Entry, keys: &KeyRing, wall: Timestamp, now: Instant) -> Outgoing {
    let callback = &entry.callback;
    let (method, url, body) = match callback.method {
        Method::Post => {
            let body = Bytes::copy_from_slice(callback.body.as_bytes());
            let url = if hashes_body(&entry.project.settings, callback.encoding) {
                Arc::new(with_body_hash(&entry.url, &callback.body))
            } else {
                Arc::clone(&entry.url)
            };
            (HttpMethod::POST, url, body)
        }
        Method::Get => {
            let (url, _) = entry.url.with_query(&form::decode(&callback.body));
            (HttpMethod::GET, Arc::new(url), Bytes::new())
        }
    };
    Outgoing {
        method,
        url,
        body,
        headers: signer(entry, keys.at(wall), wall),
        limits: entry.policy.limits(entry.quick_elapsed(now)),
        keep: EXCERPT_LIMIT,
    }
}

/// Makes the headers of each hop, signed for its own URL with the keys of this attempt.
fn signer(entry: &Entry, keys: AttemptKeys, wall: Timestamp) -> HeadersFor {
    let callback = &entry.callback;
    let project = Arc::clone(&entry.project);
    let body = Arc::clone(&callback.body);
    let (id, depth, encoding) = (callback.id, callback.depth, callback.encoding);
    let late = match (callback.replay, callback.state) {
        (Some(_), _) => Late::Replay,
        (None, CallbackState::Aside) => Late::Yes,
        (
            None,
            CallbackState::Pending
            | CallbackState::Delivered
            | CallbackState::Failed
            | CallbackState::Canceled,
        ) => Late::No,
    };
    let fields = move |method: &HttpMethod, url: &CallbackUrl, lines: &mut HeaderLines| {
        let method = if *method == HttpMethod::GET {
            Method::Get
        } else {
            Method::Post
        };
        let facts = RequestFacts {
            id,
            method,
            encoding,
            body: &body,
            timestamp: wall,
            depth,
            late,
            key: &keys.active,
            other_keys: &keys.others,
            settings: &project.settings,
        };
        headers(&facts, url, |name, value| lines.push(name, value));
    };
    Arc::new(fields)
}

/// What is recorded of an attempt. What was sent is taken out of `exchange`: nobody asks for it
/// any more.
pub(super) fn attempt(entry: &Entry, started_at: Timestamp, exchange: &mut Exchange) -> Attempt {
    let sent = mem::take(&mut exchange.sent);
    let (answer, note, result) = match &exchange.result {
        Ok(answer) => (Some(answer), answer.end.code(), AttemptResult::Accepted),
        Err(failure) => {
            let code = failure.kind.code();
            let detail = failure.detail.clone();
            (
                failure.answer.as_ref(),
                None,
                AttemptResult::Failed { code, detail },
            )
        }
    };
    Attempt {
        callback: entry.callback.id,
        number: entry.callback.attempts,
        started_at,
        timings: timings(&exchange.timings),
        url: recorded_url(entry, sent.url),
        headers: sent.headers.into_text(),
        answer: answer.map(recorded_answer),
        note,
        result,
    }
}

/// The URL without what was appended to it, by a GET or the hash of a body: the parameters stand
/// with the callback, where redaction finds them. A redirect's target is kept without any query.
fn recorded_url(entry: &Entry, sent: String) -> String {
    let hashed = hashes_body(&entry.project.settings, entry.callback.encoding);
    match entry.callback.method {
        Method::Post if !hashed => sent,
        Method::Post | Method::Get if sent.starts_with(entry.url.seen()) => {
            entry.url.seen().to_owned()
        }
        Method::Post | Method::Get => sent.split('?').next().unwrap_or_default().to_owned(),
    }
}

fn recorded_answer(answer: &transport::Answer) -> Answer {
    Answer {
        status: answer.status,
        headers: answer.headers.as_str().to_owned(),
        excerpt: answer.excerpt.clone(),
    }
}

const fn timings(timings: &transport::Timings) -> Timings {
    Timings {
        dns: timings.dns,
        connect: timings.connect,
        tls: timings.tls,
        first_byte: timings.first_byte,
        total: timings.total,
    }
}
