//! Callbacks and attempts, as the native API shows them. Credentials in URLs are left out.

use ringback_domain::attempt::{Attempt, AttemptResult};
use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error_code::ExplainedJson;
use crate::date;
use crate::url::CallbackUrl;

/// A callback.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Callback")]
pub struct CallbackJson {
    /// Its id: the `webhook-id` of all its attempts.
    pub id: String,
    /// The resource that changed.
    pub sid: String,
    /// The number of the change.
    pub seq: u32,
    /// The status that it tells.
    pub status: String,
    /// Where it goes, without credentials.
    pub url: String,
    /// Scheme, host and port of that.
    pub destination: String,
    /// GET or POST.
    pub method: &'static str,
    /// `pending`, `set aside`, `delivered`, `failed` or `canceled`.
    pub state: &'static str,
    /// When its change was recorded.
    pub recorded_at: String,
    /// When it is tried next, unless it is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// How many attempts were made.
    pub attempts: u32,
    /// When its first attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_failed_at: Option<String>,
    /// When it was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<String>,
    /// When its last replay was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed_at: Option<String>,
}

/// A callback with its parameters and attempts.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "CallbackDetails")]
pub struct CallbackDetailsJson {
    /// The callback.
    #[serde(flatten)]
    pub callback: CallbackJson,
    /// Its parameters, as they are sent.
    pub body: String,
    /// What was tried, in order.
    pub attempted: Vec<AttemptJson>,
}

/// Some callbacks.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "CallbackPage")]
pub struct CallbackPageJson {
    /// Those found: the newest first.
    pub callbacks: Vec<CallbackJson>,
    /// What `cursor` goes on with. There may be more even where `callbacks` is short; there
    /// is nothing more once this is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Attempt")]
pub struct AttemptJson {
    /// Its number, from 1.
    pub number: u32,
    /// When it began.
    pub started_at: String,
    /// How long it took, in milliseconds.
    pub total_ms: f64,
    /// Name resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dns_ms: Option<f64>,
    /// The TCP connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// The TLS handshake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// From the request to the first byte of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    /// The URL that was asked last.
    pub url: String,
    /// What was sent, one header a line; credentials are masked.
    pub request_headers: String,
    /// What came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<AnswerJson>,
    /// Whether the receiver accepted it.
    pub accepted: bool,
    /// Why not, as a code of the catalogue; or a remark on one that was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What happened and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What the code means.
    #[serde(flatten)]
    pub explained: Option<ExplainedJson>,
}

/// What a receiver answered.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Answer")]
pub struct AnswerJson {
    /// The HTTP status.
    pub status: u16,
    /// The headers, one a line.
    pub headers: String,
    /// The first 4 KiB of the body, as text.
    pub excerpt: String,
}

impl CallbackJson {
    /// What is shown of `callback`.
    pub fn of(callback: &Callback) -> Self {
        let settled = callback.state.is_settled();
        Self {
            id: callback.id.to_string(),
            sid: callback.resource.to_string(),
            seq: callback.seq,
            status: callback.status.to_string(),
            url: shown(&callback.url),
            destination: callback.destination.to_string(),
            method: callback.method.as_str(),
            state: callback.state.as_str(),
            recorded_at: moment(callback.recorded_at),
            due_at: (!settled).then(|| moment(callback.due)),
            attempts: callback.attempts,
            first_failed_at: callback.first_failed_at.map(moment),
            settled_at: callback.settled_at.map(moment),
            replayed_at: callback.replay.map(|replay| moment(replay.at)),
        }
    }
}

impl AttemptJson {
    /// What is shown of `attempt`.
    pub fn of(attempt: &Attempt) -> Self {
        let timings = &attempt.timings;
        let ms = |it: std::time::Duration| it.as_secs_f64() * 1_000.0;
        let (accepted, code, detail) = match &attempt.result {
            AttemptResult::Accepted => (true, attempt.note.as_ref(), None),
            AttemptResult::Failed { code, detail } => (false, Some(code), Some(detail.clone())),
        };
        Self {
            number: attempt.number,
            started_at: moment(attempt.started_at),
            total_ms: ms(timings.total),
            dns_ms: timings.dns.map(ms),
            connect_ms: timings.connect.map(ms),
            tls_ms: timings.tls.map(ms),
            first_byte_ms: timings.first_byte.map(ms),
            url: shown(&attempt.url),
            request_headers: attempt.headers.clone(),
            answer: attempt.answer.as_ref().map(|answer| AnswerJson {
                status: answer.status,
                headers: answer.headers.clone(),
                excerpt: String::from_utf8_lossy(&answer.excerpt).into_owned(),
            }),
            accepted,
            code: code.map(ToString::to_string),
            detail,
            explained: code.and_then(ExplainedJson::told),
        }
    }
}

/// The state of this name; `set-aside` and `aside` are easier to write in a query.
pub fn state(name: &str) -> Option<CallbackState> {
    match name {
        "aside" | "set-aside" | "set_aside" => Some(CallbackState::Aside),
        _ => CallbackState::ALL
            .into_iter()
            .find(|state| state.as_str() == name),
    }
}

/// A moment, exact.
pub fn moment(at: Timestamp) -> String {
    date::iso8601_exact(at.as_micros())
}

/// A URL as its receiver sees it: without credentials.
fn shown(url: &str) -> String {
    match CallbackUrl::parse(url) {
        Ok(url) => url.seen().to_owned(),
        Err(_) => "(not a URL that can be sent to)".to_owned(),
    }
}
