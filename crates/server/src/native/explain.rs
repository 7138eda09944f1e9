//! `GET /callbacks/{id}/explain`: why a callback was not delivered yet, in words and as data.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use ringback_domain::attempt::{Attempt, AttemptResult};
use ringback_domain::callback::{Callback, CallbackState};
use ringback_engine::{BreakerState, Engine, Outlook, Place};
use ringback_wire::native::callback::CallbackJson;
use ringback_wire::native::error_code::ExplainedJson;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::NativeError;
use super::extract::{CallbackPath, Caller};
use super::found;

/// Why a callback was not delivered yet.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Explanation")]
pub(super) struct ExplanationJson {
    /// The callback.
    callback: CallbackJson,
    /// Why, in sentences: the nearest reason first.
    why: Vec<String>,
    /// Its lane: the callbacks of its resource to its URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<LaneJson>,
    /// Its destination, as the dispatcher has it now.
    destination: DestinationJson,
    /// How the last attempt failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<FailureJson>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Lane")]
struct LaneJson {
    /// The callbacks before it.
    before: Vec<String>,
    /// How long until it is due; 0 if it is.
    due_in_ms: u64,
    /// Whether the lane waits for the destination to accept anything at all.
    closed: bool,
    /// Whether an attempt for another of its callbacks is under way.
    busy: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Destination")]
struct DestinationJson {
    /// Attempts under way.
    in_flight: usize,
    /// How many there may be now.
    limit: usize,
    /// What its breaker does: `admits`, `refuses` or `probes`.
    breaker: &'static str,
    /// For how long it asked, by Retry-After, to be left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_for_ms: Option<u64>,
    /// Callbacks for it in memory.
    held: usize,
    /// How long ago it last accepted something, if it is known to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_accepted_ms_ago: Option<u64>,
    /// Whether further callbacks for it wait on disk.
    more_on_disk: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
struct FailureJson {
    /// The code of the catalogue.
    code: String,
    /// What happened and what to do.
    detail: String,
    /// What the code means.
    #[serde(flatten)]
    explained: Option<ExplainedJson>,
}

/// `GET /callbacks/{id}/explain`
pub(super) async fn explain(
    Caller(project): Caller,
    State(engine): State<Engine>,
    CallbackPath(id): CallbackPath,
) -> Result<Response<Body>, NativeError> {
    let callback = engine.callback(project.id, id).await?;
    let attempts = engine.store().attempts(id).await?;
    let outlook = engine.outlook(callback.clone()).await?;
    Ok(found(&explanation(&callback, attempts.last(), &outlook)))
}

fn explanation(callback: &Callback, last: Option<&Attempt>, outlook: &Outlook) -> ExplanationJson {
    let mut why = Vec::new();
    match callback.state {
        CallbackState::Delivered => why.push("It was delivered.".to_owned()),
        CallbackState::Failed => why.push(
            "It has failed and is not tried any more; POST its /retry to send it once more."
                .to_owned(),
        ),
        CallbackState::Canceled => why.push("It was canceled.".to_owned()),
        CallbackState::Pending | CallbackState::Aside => waiting(callback, outlook, &mut why),
    }
    let last_failure = last.and_then(failure);
    if let Some(failure) = &last_failure {
        let (code, detail) = (&failure.code, &failure.detail);
        why.push(format!("The last attempt failed with {code}: {detail}"));
        why.extend(failure.explained.map(said));
    }
    ExplanationJson {
        callback: CallbackJson::of(callback),
        why,
        lane: lane(&outlook.place),
        destination: DestinationJson {
            in_flight: outlook.in_flight,
            limit: outlook.limit,
            breaker: breaker(outlook.breaker),
            paused_for_ms: outlook.paused_for.map(millis),
            held: outlook.held,
            last_accepted_ms_ago: outlook.last_accepted.map(millis),
            more_on_disk: outlook.on_disk_from.is_some(),
        },
        last_failure,
    }
}

/// Why a callback that is not settled waits.
fn waiting(callback: &Callback, outlook: &Outlook, why: &mut Vec<String>) {
    let due = ringback_wire::native::callback::moment(callback.due);
    match &outlook.place {
        Place::Away => why.push("An attempt is under way.".to_owned()),
        Place::Disk if callback.state == CallbackState::Aside => {
            why.push(format!(
                "It is set aside until {due}; its lane goes on without it."
            ));
        }
        Place::Disk => why.push(
            "It waits on disk: its destination has more callbacks than memory holds for it."
                .to_owned(),
        ),
        Place::Lane {
            before,
            due_in,
            closed,
            busy,
            held,
        } => {
            if *held {
                why.push(
                    "The answer to the request that created its resource is not written yet."
                        .to_owned(),
                );
            }
            if *busy {
                why.push("An attempt for another callback of its lane is under way.".to_owned());
            }
            if !before.is_empty() {
                let count = before.len();
                why.push(format!(
                    "{count} callbacks of its resource come before it in its lane."
                ));
            }
            if *closed {
                why.push(
                    "Its destination accepts nothing at all; its lane is tried again when it does, or when it is due."
                        .to_owned(),
                );
            }
            if !due_in.is_zero() {
                why.push(format!("It is due at {due}."));
            }
            destination_holds(outlook, why);
            if outlook.in_flight >= outlook.limit {
                let limit = outlook.limit;
                why.push(format!(
                    "Its destination has {limit} attempts under way, its limit."
                ));
            }
            if why.is_empty() {
                why.push("It is about to be tried.".to_owned());
            }
        }
    }
}

/// What keeps the destination from being asked.
fn destination_holds(outlook: &Outlook, why: &mut Vec<String>) {
    if let BreakerState::Refuses(wait) = outlook.breaker {
        let seconds = wait.as_secs_f64();
        why.push(format!(
            "Its destination failed too often; it is probed in {seconds:.1} s."
        ));
    }
    if outlook.breaker == BreakerState::Probes {
        why.push("Its destination failed too often; one callback probes it now.".to_owned());
    }
    if let Some(pause) = outlook.paused_for {
        let seconds = pause.as_secs_f64();
        why.push(format!(
            "Its destination asked to be left alone for {seconds:.1} s more."
        ));
    }
}

const fn breaker(state: BreakerState) -> &'static str {
    match state {
        BreakerState::Admits => "admits",
        BreakerState::Refuses(_) => "refuses",
        BreakerState::Probes => "probes",
    }
}

fn lane(place: &Place) -> Option<LaneJson> {
    match place {
        Place::Away | Place::Disk => None,
        Place::Lane {
            before,
            due_in,
            closed,
            busy,
            held: _,
        } => Some(LaneJson {
            before: before.iter().map(ToString::to_string).collect(),
            due_in_ms: millis(*due_in),
            closed: *closed,
            busy: *busy,
        }),
    }
}

fn failure(attempt: &Attempt) -> Option<FailureJson> {
    match &attempt.result {
        AttemptResult::Accepted => None,
        AttemptResult::Failed { code, detail } => Some(FailureJson {
            code: code.to_string(),
            detail: detail.clone(),
            explained: ExplainedJson::told(code),
        }),
    }
}

/// Whose fault a failure is and what helps, in a sentence.
fn said(explained: ExplainedJson) -> String {
    let ExplainedJson {
        meaning,
        fault,
        retry,
        remedy,
        ..
    } = explained;
    format!("That means: {meaning} (fault: {fault}, retry: {retry}). What to do: {remedy}.")
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
