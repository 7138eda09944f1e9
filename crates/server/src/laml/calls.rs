//! Calls: created, listed, fetched, changed, deleted.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::call::Document;
use ringback_domain::change::Status;
use ringback_domain::id::ProjectId;
use ringback_domain::project::Dialect;
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_engine::network::Ending;
use ringback_engine::{CallUpdate, Engine, Order};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::call::CallJson;
use ringback_wire::laml::request::{self, CallList, ParamError, list_calls, new_call, update_call};

use super::answer::found;
use super::extract::{Depth, Named};
use super::form::{FormBody, Query};
use super::rows::range;
use super::shown::{self, Shows, all, shown};
use super::{find, subscriptions};
use crate::auth::Caller;
use crate::connection::Holds;
use crate::error::ApiError;

const KIND: Kind = Kind::Call;

/// A call, as REST shows it.
pub(crate) struct ShownCall;

impl Shows for ShownCall {
    const KIND: Kind = KIND;
    const KEY: &'static str = "calls";
    type Json<'a> = CallJson<'a>;

    fn json(resource: &Resource, _: Dialect) -> Option<CallJson<'_>> {
        let Body::Call(call) = &resource.body else {
            return None;
        };
        Some(CallJson::of(resource, call))
    }
}

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
    Ok(found(&shown::<ShownCall>(&resource, &project)?))
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
        statuses: statuses.into_iter().map(Status::Call).collect(),
        from,
        to,
        parent,
        times: times.into_iter().flatten().collect(),
        ..all::<ShownCall>(project.id, &page)
    };
    let path = format!("{}/Calls", account_path(project.id));
    shown::list::<ShownCall>(&engine, &project, &query, &path, page, &filters).await
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
    Ok(found(&shown::<ShownCall>(
        &updated.map_err(ApiError::changing(KIND))?,
        &project,
    )?))
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
