//! What is registered on the simulated network, driven by hand to its next status.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use ringback_domain::change::Status;
use ringback_domain::id::Sid;
use ringback_domain::resource::Kind;
use ringback_engine::Engine;
use ringback_engine::network::Ask;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::error::NativeError;
use super::extract::{Caller, Json};
use super::{found, resource};

/// The kinds that are registered, for the description; none may be named as well.
const KINDS: [Option<&str>; 5] = [
    Some("brand"),
    Some("campaign"),
    Some("number_assignment_order"),
    Some("number_assignment"),
    None,
];

/// What is to come where.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DriveParams {
    /// Its SID, or what a platform calls it.
    sid: String,
    /// Where it is to come: what can follow is in docs/10dlc.md.
    #[schemars(regex(pattern = "^[a-z-]+$"))]
    state: String,
    /// What it has to be, if that is to be sure: `brand`, `campaign`, `number_assignment_order`
    /// or `number_assignment`.
    #[serde(default)]
    #[schemars(extend("enum" = KINDS))]
    kind: Option<String>,
}

/// Where something stands now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DrivenJson {
    /// Its SID.
    sid: String,
    /// What it is.
    kind: &'static str,
    /// Where it stands.
    state: &'static str,
}

/// `POST /simulate/registry`
pub(super) async fn drive(
    Caller(project): Caller,
    State(engine): State<Engine>,
    Json(params): Json<DriveParams>,
) -> Result<Response<Body>, NativeError> {
    let driven = resource(&engine, project.id, &params.sid).await?;
    let status = wanted(&params, driven.kind())?;
    let asked = engine
        .ask_network(project.id, driven.sid, Ask::Drive(status))
        .await?;
    Ok(found(&driven_json(driven.sid, asked.resource.status())))
}

/// The status that a resource of `kind` is to come to.
fn wanted(params: &DriveParams, kind: Kind) -> Result<Status, NativeError> {
    let (word, state) = (kind.as_str(), &params.state);
    if params.kind.as_ref().is_some_and(|asked| asked != word) {
        let wrong = format!("`sid` is that of a {word}");
        return Err(NativeError::Undriven(wrong));
    }
    kind.status(state)
        .ok_or_else(|| NativeError::Undriven(format!("`state` is {state}, which no {word} knows")))
}

fn driven_json(sid: Sid, status: Status) -> DrivenJson {
    DrivenJson {
        sid: sid.to_string(),
        kind: status.kind().as_str(),
        state: status.as_str(),
    }
}
