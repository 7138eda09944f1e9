//! Callbacks: listed, shown with their attempts, sent again.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use ringback_engine::Engine;
use ringback_engine::replay::Resent;
use ringback_store::Direction;
use ringback_wire::native::callback::{
    AttemptJson, CallbackDetailsJson, CallbackJson, CallbackPageJson,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::NativeError;
use super::extract::{CallbackPath, Caller, Query};
use super::filter::{CURSOR, Filters, STATES, URL};
use super::found;

/// Callbacks on a page, where nothing is said, and at most.
const PAGE: u32 = 100;
pub(super) const MAX_PAGE: u32 = 1_000;

/// Which callbacks are listed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListParams {
    /// Of this resource: its SID, or what its platform calls it.
    resource: Option<String>,
    /// To this scheme, host and port.
    #[schemars(extend("format" = "uri", "pattern" = URL))]
    destination: Option<String>,
    /// `pending`, `aside`, `delivered`, `failed` or `canceled`.
    #[schemars(extend("enum" = STATES))]
    state: Option<String>,
    /// With an attempt that failed with this code.
    error: Option<String>,
    /// Recorded at or after this moment (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    from: Option<String>,
    /// Recorded before this moment (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    until: Option<String>,
    /// The `next_cursor` of the page before.
    #[schemars(extend("pattern" = CURSOR))]
    cursor: Option<String>,
    /// Callbacks on a page: 1 to 1000, usually 100.
    #[schemars(with = "Option<u32>", range(min = 1, max = MAX_PAGE))]
    limit: Option<String>,
}

/// What was done to send a callback again.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RetriedJson {
    /// The callback.
    id: String,
    /// `hurried`: it is tried as soon as its turn comes. `replayed`: it is sent once more.
    done: &'static str,
}

/// `GET /callbacks`
pub(super) async fn list(
    Caller(project): Caller,
    State(engine): State<Engine>,
    Query(params): Query<ListParams>,
) -> Result<Response<Body>, NativeError> {
    let filters = Filters {
        resource: params.resource.as_deref(),
        destination: params.destination.as_deref(),
        state: params.state.as_deref(),
        error: params.error.as_deref(),
        from: params.from.as_deref(),
        until: params.until.as_deref(),
        cursor: params.cursor.as_deref(),
    };
    let limit = limit(params.limit.as_deref())?;
    let backwards = Direction::Backwards;
    let query = filters.query(&engine, project.id, backwards, limit).await?;
    let page = engine.store().find_callbacks(&query).await?;
    Ok(found(&CallbackPageJson {
        callbacks: page.callbacks.iter().map(CallbackJson::of).collect(),
        next_cursor: page.next.map(|next| next.to_string()),
    }))
}

/// `GET /callbacks/{id}`
pub(super) async fn fetch(
    Caller(project): Caller,
    State(engine): State<Engine>,
    CallbackPath(id): CallbackPath,
) -> Result<Response<Body>, NativeError> {
    let callback = engine.callback(project.id, id).await?;
    let attempts = engine.store().attempts(id).await?;
    Ok(found(&CallbackDetailsJson {
        callback: CallbackJson::of(&callback),
        body: callback.body.to_string(),
        attempted: attempts.iter().map(AttemptJson::of).collect(),
    }))
}

/// `POST /callbacks/{id}/retry`
pub(super) async fn retry(
    Caller(project): Caller,
    State(engine): State<Engine>,
    CallbackPath(id): CallbackPath,
) -> Result<Response<Body>, NativeError> {
    let callback = engine.callback(project.id, id).await?;
    let done = match engine.retry(callback).await? {
        Resent::Hurried => "hurried",
        Resent::Replayed => "replayed",
    };
    Ok(found(&RetriedJson {
        id: id.to_string(),
        done,
    }))
}

/// How many are on a page.
pub(super) fn limit(given: Option<&str>) -> Result<u32, NativeError> {
    let Some(text) = given else {
        return Ok(PAGE);
    };
    let number = text.parse().ok().filter(|it| (1..=MAX_PAGE).contains(it));
    number
        .ok_or_else(|| NativeError::Parameter(format!("`limit` is a number from 1 to {MAX_PAGE}")))
}
