//! Replays: settled callbacks, sent again in order.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use ringback_domain::time::Timestamp;
use ringback_engine::Engine;
use ringback_engine::replay::Run;
use ringback_store::Direction;
use ringback_wire::native::callback::moment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::NativeError;
use super::extract::{Caller, Json};
use super::filter::{CURSOR, Filters, URL};
use super::found;

/// Callbacks a second, where nothing is said: a receiver that just came back can take them,
/// and the dispatcher fetches no more than 32 a second of one destination.
const RATE: u32 = 25;
const MAX_RATE: u32 = 1_000;

/// Which callbacks are sent again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReplayParams {
    /// Of this resource: its SID, or what its platform calls it.
    resource: Option<String>,
    /// To this scheme, host and port.
    #[schemars(extend("format" = "uri", "pattern" = URL))]
    destination: Option<String>,
    /// `delivered`, `failed` or `canceled`; `failed`, if nothing is said.
    #[schemars(extend("enum" = ["delivered", "failed", "canceled", null]))]
    state: Option<String>,
    /// With an attempt that failed with this code.
    error: Option<String>,
    /// Recorded at or after this moment (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    from: Option<String>,
    /// Recorded before this moment (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    until: Option<String>,
    /// The `next_cursor` of the replay before.
    #[schemars(extend("pattern" = CURSOR))]
    cursor: Option<String>,
    /// Callbacks a second: 1 to 1000, usually 25.
    #[schemars(range(min = 1, max = MAX_RATE))]
    rate: Option<u32>,
    /// Whether they are only counted.
    #[serde(default)]
    dry_run: bool,
}

/// What a replay came to.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ReplayedJson {
    /// How many callbacks are sent again, or would be.
    callbacks: u64,
    /// Whether they were only counted.
    dry_run: bool,
    /// How many are sent a second.
    rate: u32,
    /// When the last of them is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_due_at: Option<String>,
    /// What `cursor` goes on with, if there were more than one request may replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// `POST /replay`
pub(super) async fn replay(
    Caller(project): Caller,
    State(engine): State<Engine>,
    Json(params): Json<ReplayParams>,
) -> Result<Response<Body>, NativeError> {
    let filters = Filters {
        resource: params.resource.as_deref(),
        destination: params.destination.as_deref(),
        state: Some(params.state.as_deref().unwrap_or("failed")),
        error: params.error.as_deref(),
        from: params.from.as_deref(),
        until: params.until.as_deref(),
        cursor: params.cursor.as_deref(),
    };
    let forwards = Direction::Forwards;
    let query = filters.query(&engine, project.id, forwards, 0).await?;
    if query.state.is_some_and(|state| !state.is_settled()) {
        let message = "`state` has to be delivered, failed or canceled: others are still tried";
        return Err(NativeError::Parameter(message.to_owned()));
    }
    let rate = params.rate.unwrap_or(RATE);
    if !(1..=MAX_RATE).contains(&rate) {
        let message = format!("`rate` is a number from 1 to {MAX_RATE}");
        return Err(NativeError::Parameter(message));
    }
    let run = if params.dry_run { Run::Dry } else { Run::Real };
    let replayed = engine.replay(query, rate, run).await?;
    Ok(found(&ReplayedJson {
        callbacks: replayed.count,
        dry_run: params.dry_run,
        rate,
        last_due_at: replayed.last_due.map(|at: Timestamp| moment(at)),
        next_cursor: replayed.next.map(|next| next.to_string()),
    }))
}
