//! Calls: created, listed, fetched, changed, deleted.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::call::Document;
use ringback_domain::change::Status;
use ringback_domain::id::ProjectId;
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_engine::network::Ending;
use ringback_engine::{CallUpdate, Engine, Erase, Order};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::call::CallJson;
use ringback_wire::laml::page::Page;
use ringback_wire::laml::request::{self, CallList, ParamError, list_calls, new_call, update_call};

use super::answer::{deleted, found};
use super::extract::{Depth, Named};
use super::form::{FormBody, Query};
use super::rows::{cursor, limit, range, rows};
use super::{find, subscriptions};
use crate::auth::Caller;
use crate::connection::Holds;
use crate::error::{ApiError, Missing};

const KIND: Kind = Kind::Call;

/// `POST /Accounts/{account}/Calls`. Answered with 200, where messages have 201: so
/// SignalWire's specification has it.
pub(crate) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Depth(depth): Depth,
    holds: Holds,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let asked = new_call(&form)?;
    let order = Order {
        new: NewResource::Call(asked.new),
        subscriptions: subscriptions(asked.callback),
        application: asked.application,
        interest: Some(asked.interest),
        depth,
        warnings: asked.warnings,
    };
    let resource = engine.create(project.id, order, holds.hold()).await?;
    Ok(found(&shown(&resource)?))
}

/// `GET /Accounts/{account}/Calls`
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let CallList {
        statuses,
        from,
        to,
        parent,
        started,
        ended,
        page,
        filters,
    } = list_calls(&query)?;
    let times = [
        range(TimeField::Started, started),
        range(TimeField::Ended, ended),
    ];
    let query = ListQuery {
        project: project.id,
        kind: KIND,
        statuses: statuses.into_iter().map(Status::Call).collect(),
        from,
        to,
        parent,
        conference: None,
        times: times.into_iter().flatten().collect(),
        cursor: cursor(&page),
        limit: limit(&page),
    };
    let rows = rows(&engine, &query, &page).await?;
    let items = rows
        .resources
        .iter()
        .map(shown)
        .collect::<Result<Vec<_>, _>>()?;
    let path = format!("{}/Calls", account_path(project.id));
    Ok(found(&Page::new(
        &path,
        "calls",
        &filters,
        page,
        items,
        rows.neighbours,
    )))
}

/// `GET /Accounts/{account}/Calls/{sid}`
pub(crate) async fn fetch(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, KIND, named.sid(KIND)?).await?;
    Ok(found(&shown(&resource)?))
}

/// `POST /Accounts/{account}/Calls/{sid}`
pub(crate) async fn update(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let sid = find(&engine, project.id, KIND, named.sid(KIND)?).await?.sid;
    let asked = update_call(&form)?;
    known(&engine, project.id, asked.document.as_ref())?;
    let updated = engine.update_call(project.id, sid, change(asked)).await;
    Ok(found(&shown(&updated.map_err(ApiError::changing(KIND))?)?))
}

/// `DELETE /Accounts/{account}/Calls/{sid}`
pub(crate) async fn delete(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let sid = find(&engine, project.id, KIND, named.sid(KIND)?).await?.sid;
    let erased = engine.erase(project.id, sid, Erase::Delete).await;
    erased.map_err(ApiError::changing(KIND))?;
    Ok(deleted())
}

/// Whether the application that a document names is one of the project's.
fn known(
    engine: &Engine,
    project: ProjectId,
    document: Option<&Document>,
) -> Result<(), ParamError> {
    let Some(Document::Application(sid)) = document else {
        return Ok(());
    };
    let sid = sid.parse().ok();
    let known = sid.and_then(|sid| engine.directory().application(project, sid));
    known.map(drop).ok_or_else(ParamError::unknown_application)
}

fn change(asked: request::CallUpdate) -> CallUpdate {
    CallUpdate {
        ending: asked.ending.map(|ending| match ending {
            request::Ending::Cancel => Ending::Cancel,
            request::Ending::Complete => Ending::HangUp,
        }),
        callback_url: asked.callback.map(|url| url.as_given().to_owned()),
        callback_method: asked.callback_method,
        document: asked.document,
        requested: asked.requested,
        warnings: asked.warnings,
    }
}

fn shown(resource: &Resource) -> Result<CallJson<'_>, ApiError> {
    match &resource.body {
        Body::Call(call) => Ok(CallJson::of(resource, call)),
        Body::Message(_)
        | Body::Recording(_)
        | Body::Transcription(_)
        | Body::Brand(_)
        | Body::Campaign(_)
        | Body::AssignmentOrder(_)
        | Body::Assignment(_) => Err(ApiError::NotFound(Missing::Resource(KIND))),
    }
}
