//! Messages of the JSON API: created and redacted.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use ringback_domain::project::Project;
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_engine::{Engine, Erase, Order};
use ringback_wire::rest::message::{MessageJson, new_message, redact_message};

use super::error::RestError;
use super::extract::{Caller, Named, Object, RestDepth};
use crate::connection::Holds;
use crate::laml::answer::json;
use crate::laml::{find, subscriptions};

const KIND: Kind = Kind::Message;

/// `POST /api/messaging/messages`
pub(super) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    RestDepth(depth): RestDepth,
    holds: Holds,
    Object(given): Object,
) -> Result<Response, RestError> {
    let asked = new_message(&given)?;
    let order = Order {
        new: NewResource::Message(asked.new),
        subscriptions: subscriptions(asked.callback),
        application: None,
        interest: None,
        depth,
        warnings: asked.warnings,
    };
    let resource = engine.create(project.id, order, holds.hold()).await?;
    shown(StatusCode::CREATED, &project, &resource)
}

/// `PATCH /api/messaging/messages/{sid}`: the one change of a message is to redact it.
pub(super) async fn redact(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    Object(given): Object,
) -> Result<Response, RestError> {
    let sid = find(&engine, project.id, KIND, sid).await?.sid;
    redact_message(&given)?;
    let erased = engine.erase(project.id, sid, Erase::Redact).await;
    let redacted = erased.map_err(RestError::changing)?;
    shown(StatusCode::OK, &project, &redacted)
}

fn shown(
    status: StatusCode,
    project: &Project,
    resource: &Resource,
) -> Result<Response, RestError> {
    let dialect = project.settings.dialect;
    match &resource.body {
        Body::Message(message) => Ok(json(status, &MessageJson::of(resource, message, dialect))),
        Body::Call(_)
        | Body::Recording(_)
        | Body::Transcription(_)
        | Body::Brand(_)
        | Body::Campaign(_)
        | Body::AssignmentOrder(_)
        | Body::Assignment(_) => Err(RestError::NotFound),
    }
}
