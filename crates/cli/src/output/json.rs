//! Lines for programs: one JSON object each, whose field names stay as they are.

use std::time::Duration;

use ringback_domain::attempt::{Attempt, AttemptResult};
use ringback_domain::callback::CallbackState;
use ringback_domain::change::{Change, Rejected, Status};
use ringback_domain::errors::{self, ErrorCode};
use ringback_domain::id::Sid;
use ringback_domain::time::Timestamp;
use ringback_domain::verdict::Gap;
use ringback_engine::{Event, Parties};
use ringback_wire::native::error_code::{ExplainedJson, ReasonJson};
use serde::Serialize;

use super::Line;
use super::text::destination;
use crate::demo::{Arrival, Check, Summary};

/// A line. `event` says which one it is; times are UTC (RFC 3339).
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Object<'a> {
    Change {
        time: String,
        kind: &'static str,
        sid: String,
        seq: u32,
        previous: Option<&'static str>,
        status: &'static str,
        skipped: bool,
        from: &'a str,
        to: &'a str,
        callbacks: usize,
        code: Option<&'a str>,
        #[serde(flatten)]
        explained: Option<ExplainedJson>,
    },
    Report {
        time: String,
        kind: &'static str,
        sid: String,
        status: &'static str,
        verdict: &'static str,
        stood: &'static str,
    },
    Remark {
        time: String,
        sid: String,
        text: &'a str,
        reasons: Vec<ReasonJson>,
    },
    Attempt {
        time: String,
        sid: String,
        callback: String,
        status: &'a str,
        number: u32,
        state: &'static str,
        destination: String,
        http_status: Option<u16>,
        duration_us: u64,
        code: Option<&'a str>,
        detail: Option<&'a str>,
        #[serde(flatten)]
        explained: Option<ExplainedJson>,
        retry_in_us: Option<u64>,
    },
    Skipped {
        lines: u64,
    },
    Arrival {
        time: String,
        callback: &'static str,
        sid: String,
        status: &'a str,
        verified: bool,
    },
    Demo {
        callbacks: usize,
        verified: usize,
    },
}

/// The line for programs.
pub fn line(line: &Line<'_>) -> String {
    let object = match line {
        Line::Recorded(Event::Changed {
            parties,
            callbacks,
            change,
        }) => changed(parties, *callbacks, change),
        Line::Recorded(Event::Rejected {
            parties, rejected, ..
        }) => refused(parties, rejected),
        Line::Recorded(Event::Warned { warning, .. }) => Object::Remark {
            time: rfc_3339(warning.at),
            sid: warning.resource.to_string(),
            text: &warning.text,
            reasons: errors::mentioned(&warning.text)
                .into_iter()
                .map(ReasonJson::entry)
                .collect(),
        },
        Line::Recorded(Event::Attempted {
            resource,
            status,
            state,
            retry_in,
            attempt,
            ..
        }) => attempted(*resource, status, *state, *retry_in, attempt),
        Line::Skipped(lines) => Object::Skipped { lines: *lines },
        Line::Arrived(arrival) => arrived(arrival),
        Line::Demonstrated(Summary { arrived, verified }) => Object::Demo {
            callbacks: *arrived,
            verified: *verified,
        },
    };
    serde_json::to_string(&object).expect("the objects have string keys and finite numbers")
}

fn changed<'a>(parties: &'a Parties, callbacks: usize, change: &'a Change) -> Object<'a> {
    let code = change.news.error();
    Object::Change {
        time: rfc_3339(change.at),
        kind: parties.kind.as_str(),
        sid: change.resource.to_string(),
        seq: change.seq,
        previous: change.from.map(Status::as_str),
        status: change.news.status().as_str(),
        skipped: change.gap == Gap::Skipped,
        from: &parties.from,
        to: &parties.to,
        callbacks,
        code: code.map(ErrorCode::as_str),
        explained: code.and_then(ExplainedJson::told),
    }
}

fn refused(parties: &Parties, rejected: &Rejected) -> Object<'static> {
    Object::Report {
        time: rfc_3339(rejected.at),
        kind: parties.kind.as_str(),
        sid: rejected.resource.to_string(),
        status: rejected.news.status().as_str(),
        verdict: rejected.verdict.as_str(),
        stood: rejected.stood.as_str(),
    }
}

fn attempted<'a>(
    resource: Sid,
    status: &'a str,
    state: CallbackState,
    retry_in: Option<Duration>,
    attempt: &'a Attempt,
) -> Object<'a> {
    let (code, detail) = match &attempt.result {
        AttemptResult::Accepted => (attempt.note.as_ref(), None),
        AttemptResult::Failed { code, detail } => (Some(code), Some(detail.as_str())),
    };
    Object::Attempt {
        time: rfc_3339(attempt.started_at + attempt.timings.total),
        sid: resource.to_string(),
        callback: attempt.callback.to_string(),
        status,
        number: attempt.number,
        state: state.as_str(),
        destination: destination(&attempt.url),
        http_status: attempt.answer.as_ref().map(|answer| answer.status),
        duration_us: micros(attempt.timings.total),
        code: code.map(ErrorCode::as_str),
        detail,
        explained: code.and_then(ExplainedJson::told),
        retry_in_us: retry_in.map(micros),
    }
}

fn arrived(arrival: &Arrival) -> Object<'_> {
    Object::Arrival {
        time: rfc_3339(arrival.at),
        callback: arrival.callback_type,
        sid: arrival.resource.to_string(),
        status: &arrival.status,
        verified: arrival.check == Check::Verified,
    }
}

/// Microseconds, as exact as what is recorded.
fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

fn rfc_3339(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.as_micros());
    at.unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    #[test]
    fn field_names_stay() {
        let lines: Vec<String> = samples::all()
            .iter()
            .map(|sample| line(&sample.as_line()))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
