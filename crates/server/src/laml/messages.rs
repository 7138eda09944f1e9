//! Messages: created, listed, fetched, redacted, deleted.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::extract::State;
use axum::response::Response;
use ringback_domain::change::Status;
use ringback_domain::id::ProjectId;
use ringback_domain::message::NewMessage;
use ringback_domain::project::Dialect;
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_engine::{Engine, Erase, Order};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::message::MessageJson;
use ringback_wire::laml::request::{MessageList, list_messages, new_message, update_message};

use super::answer::{created, found};
use super::extract::{Depth, Named};
use super::form::{FormBody, Query};
use super::rows::range;
use super::shown::{self, Shows, all, shown};
use super::{find, subscriptions};
use crate::auth::Caller;
use crate::connection::Holds;
use crate::error::ApiError;

const KIND: Kind = Kind::Message;

/// A message, as REST shows it.
pub(crate) struct ShownMessage;

impl Shows for ShownMessage {
    const KIND: Kind = KIND;
    const KEY: &'static str = "messages";
    type Json<'a> = MessageJson<'a>;

    fn json(resource: &Resource, dialect: Dialect) -> Option<MessageJson<'_>> {
        let Body::Message(message) = &resource.body else {
            return None;
        };
        Some(MessageJson::of(resource, message, dialect))
    }
}

/// `POST /Accounts/{account}/Messages`
pub(crate) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Depth(depth): Depth,
    holds: Holds,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let mut asked = new_message(&form)?;
    if let Some(number) = sender_of(&engine, project.id, &asked.new) {
        asked.new.from = number;
    }
    let order = Order {
        new: NewResource::Message(asked.new),
        subscriptions: subscriptions(asked.callback),
        application: asked.application,
        interest: None,
        depth,
        warnings: asked.warnings,
    };
    let resource = engine.create(project.id, order, holds.hold()).await?;
    Ok(created(&shown::<ShownMessage>(&resource, &project)?))
}

/// `GET /Accounts/{account}/Messages`
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let MessageList {
        statuses,
        from,
        to,
        sent,
        page,
        filters,
    } = list_messages(&query)?;
    let query = ListQuery {
        statuses: statuses.into_iter().map(Status::Message).collect(),
        from,
        to,
        times: range(TimeField::Started, sent).into_iter().collect(),
        ..all::<ShownMessage>(project.id, &page)
    };
    let path = format!("{}/Messages", account_path(project.id));
    shown::list::<ShownMessage>(&engine, &project, &query, &path, page, &filters).await
}

/// `POST /Accounts/{account}/Messages/{sid}`: the one change of a message is to redact it.
pub(crate) async fn redact(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let sid = find(&engine, project.id, KIND, named.sid(KIND)?).await?.sid;
    update_message(&form)?;
    let erased = engine.erase(project.id, sid, Erase::Redact).await;
    Ok(found(&shown::<ShownMessage>(
        &erased.map_err(ApiError::changing(KIND))?,
        &project,
    )?))
}

/// The number that a number group sends from: one of the project's, the same one for a
/// recipient as long as the numbers stay. It goes before `From` (SignalWire's older page). No
/// groups are set up here: each stands for all of the project's numbers.
fn sender_of(engine: &Engine, project: ProjectId, new: &NewMessage) -> Option<String> {
    let group = new.messaging_service.as_ref()?;
    let numbers = engine.directory().numbers(project);
    let mut hasher = DefaultHasher::new();
    (group, &new.to).hash(&mut hasher);
    let count = u64::try_from(numbers.len())
        .ok()
        .filter(|count| *count > 0)?;
    let picked = usize::try_from(hasher.finish() % count).ok()?;
    Some(numbers.get(picked)?.number.to_string())
}
