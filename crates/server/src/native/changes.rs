//! `POST /changes`: reports come in, answers go out when all is durable.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use ringback_domain::verdict::Verdict;
use ringback_engine::Engine;
use ringback_engine::intake::{EventSeen, Taken};
use ringback_wire::native::answer::{LineErrorJson, MAX_ERRORS, ResultJson, TakenJson};
use schemars::JsonSchema;
use serde::Deserialize;

use super::error::NativeError;
use super::extract::{Caller, JSON, NativeDepth, Query, media_type};
use super::intake::{Decided, Intake, Shape};
use crate::laml::answer::json;

/// The type of reports that come a line each, and of results.
pub(super) const NDJSON: &str = "application/x-ndjson";

/// How many bytes of results are sent at once, at most and about.
const CHUNK: usize = 16 * 1024;

/// What is answered.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReportParams {
    /// `all`: one result a line, as they become durable, and the summary last.
    results: Option<Results>,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Results {
    All,
}

/// `POST /changes`
pub(super) async fn report(
    Caller(project): Caller,
    State(engine): State<Engine>,
    NativeDepth(depth): NativeDepth,
    Query(params): Query<ReportParams>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response<Body>, NativeError> {
    let shape = match media_type(&headers) {
        Some(JSON) => Shape::One,
        Some(_) => Shape::Lines,
        None => {
            return Err(NativeError::MediaType(
                "application/json or application/x-ndjson",
            ));
        }
    };
    let mut intake = Intake::new(engine, project.id, depth, shape, body);
    let first = intake.next().await;
    // Nothing was taken yet: the one moment to send a client away.
    if let Some(Decided::Stopped(error)) = first {
        return Err(error.into());
    }
    match params.results {
        None => Ok(whole(intake, first).await),
        Some(Results::All) => Ok(streamed(intake, first)),
    }
}

/// Answers when all is decided.
async fn whole(mut intake: Intake, first: Option<Decided>) -> Response<Body> {
    let mut tally = Tally::default();
    let mut next = first;
    while let Some(decided) = next {
        tally.count(decided);
        next = intake.next().await;
    }
    let summary = tally.summary(&intake);
    let status = if summary.refused == 0 && summary.stopped_at.is_none() {
        StatusCode::OK
    } else {
        StatusCode::MULTI_STATUS
    };
    json(status, &summary)
}

/// Answers while it reads: a client that does not take its results is not read from.
fn streamed(intake: Intake, first: Option<Decided>) -> Response<Body> {
    let state = Some((intake, first, Tally::default()));
    let chunks = stream::unfold(state, |state| async {
        let (mut intake, first, mut tally) = state?;
        let mut next = match first {
            Some(first) => Some(first),
            None => intake.next().await,
        };
        let ended = next.is_none();
        let mut chunk = BytesMut::with_capacity(CHUNK);
        while let Some(decided) = next {
            if let Some(result) = tally.count(decided) {
                line(&mut chunk, &result);
            }
            next = if chunk.len() < CHUNK {
                intake.ready()
            } else {
                None
            };
        }
        if ended {
            line(&mut chunk, &tally.summary(&intake));
            return Some((Ok::<Bytes, Infallible>(chunk.freeze()), None));
        }
        Some((Ok(chunk.freeze()), Some((intake, None, tally))))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let ndjson = HeaderValue::from_static(NDJSON);
    response.headers_mut().insert(header::CONTENT_TYPE, ndjson);
    response
}

fn line(chunk: &mut BytesMut, value: &impl serde::Serialize) {
    let written = serde_json::to_writer((&mut *chunk).writer(), value);
    written.expect("the wire's structs have names for keys, and memory takes all that is written");
    chunk.put_u8(b'\n');
}

/// What the reports so far came to.
#[derive(Default)]
struct Tally(TakenJson);

impl Tally {
    /// Counts a report, and says what became of it.
    fn count(&mut self, decided: Decided) -> Option<ResultJson> {
        match decided {
            Decided::Taken(line, taken) => Some(self.taken(line, &taken)),
            Decided::Refused(error) => {
                self.0.refused += 1;
                let result = ResultJson::refused(&error);
                self.note(error);
                Some(result)
            }
            Decided::Stopped(_) => None,
        }
    }

    fn taken(&mut self, line: u64, taken: &Taken) -> ResultJson {
        let word = match (taken.event, taken.verdict) {
            (EventSeen::Before, _) | (EventSeen::New, Verdict::Repeat) => {
                self.0.repeated += 1;
                Verdict::Repeat.as_str()
            }
            (
                EventSeen::New,
                Verdict::Accepted(_) | Verdict::Late | Verdict::Conflict | Verdict::Refused,
            ) => {
                self.0.taken += 1;
                taken.verdict.as_str()
            }
        };
        ResultJson::recorded(line, word, taken.sid, taken.verdict, taken.seq)
    }

    fn note(&mut self, error: LineErrorJson) {
        if self.0.errors.len() < MAX_ERRORS {
            self.0.errors.push(error);
        }
    }

    /// The summary, once all is decided.
    fn summary(mut self, intake: &Intake) -> TakenJson {
        if let Some((error, line)) = intake.stopped() {
            self.0.stopped_at = Some(line);
            self.note(error);
        }
        self.0
    }
}
