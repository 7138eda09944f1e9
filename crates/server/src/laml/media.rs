//! A message's media: listed, fetched, deleted.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use http::request::Parts;
use ringback_domain::id::Sid;
use ringback_domain::message::{Media, Message};
use ringback_domain::resource::{Body, Kind, Resource};
use ringback_engine::{Engine, Erase};
use ringback_wire::laml::media::{MediaJson, media_path};
use ringback_wire::laml::page::{Neighbours, Page, PageRequest, PageToken};
use ringback_wire::laml::request::list_by_creation;

use super::answer::{deleted, found};
use super::extract::Named;
use super::find;
use super::form::Query;
use crate::auth::{Caller, path_parameter};
use crate::error::{ApiError, Missing};
use crate::routes::App;

const KIND: Kind = Kind::Message;

/// The SID of a piece of media in the path; none, if it is no SID.
pub(crate) struct MediaSid(Option<Sid>);

impl FromRequestParts<App> for MediaSid {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(path_parameter(parts, app, "media").await.parse().ok()))
    }
}

/// `GET /Accounts/{account}/Messages/{sid}/Media`: in the order of the message.
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, KIND, named.sid(KIND)?).await?;
    let asked = list_by_creation(&query)?;
    let media = if asked.created.contain(resource.created_at) {
        message(&resource)?.media.as_slice()
    } else {
        &[]
    };
    let (rows, neighbours) = cut(media, &asked.page);
    let items = rows
        .iter()
        .map(|media| MediaJson::of(&resource, media))
        .collect();
    Ok(found(&Page::new(
        &media_path(&resource),
        "media_list",
        &asked.filters,
        asked.page,
        items,
        neighbours,
    )))
}

/// `GET /Accounts/{account}/Messages/{sid}/Media/{media}`
pub(crate) async fn fetch(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    MediaSid(sid): MediaSid,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, KIND, named.sid(KIND)?).await?;
    Ok(found(&MediaJson::of(&resource, named_in(&resource, sid)?)))
}

/// `DELETE /Accounts/{account}/Messages/{sid}/Media/{media}`
pub(crate) async fn delete(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    MediaSid(media): MediaSid,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, KIND, named.sid(KIND)?).await?;
    let media = Erase::Media(named_in(&resource, media)?.sid);
    let erased = engine.erase(project.id, resource.sid, media).await;
    erased.map_err(ApiError::changing(KIND))?;
    Ok(deleted())
}

fn named_in(resource: &Resource, sid: Option<Sid>) -> Result<&Media, ApiError> {
    let mut media = message(resource)?.media.iter();
    let named = media.find(|media| Some(media.sid) == sid);
    named.ok_or(ApiError::NotFound(Missing::Media))
}

fn message(resource: &Resource) -> Result<&Message, ApiError> {
    match &resource.body {
        Body::Message(message) => Ok(message),
        Body::Call(_)
        | Body::Recording(_)
        | Body::Transcription(_)
        | Body::Brand(_)
        | Body::Campaign(_)
        | Body::AssignmentOrder(_)
        | Body::Assignment(_) => Err(ApiError::NotFound(Missing::Resource(KIND))),
    }
}

/// The rows of a page, and what is beside them. SIDs ascend in the order of a message, so
/// that a token is good also when its media is gone.
fn cut<'a>(media: &'a [Media], page: &PageRequest) -> (&'a [Media], Neighbours) {
    let size = usize::from(page.page_size);
    let (from, until) = match page.token {
        None => (0, size),
        Some(PageToken::After(sid)) => {
            let from = media.partition_point(|media| media.sid <= sid);
            (from, from.saturating_add(size))
        }
        Some(PageToken::Before(sid)) => {
            let until = media.partition_point(|media| media.sid < sid);
            (until.saturating_sub(size), until)
        }
    };
    let until = until.min(media.len());
    let rows = &media[from.min(until)..until];
    let neighbours = Neighbours {
        older_than: rows.last().map(|it| it.sid).filter(|_| until < media.len()),
        newer_than: rows.first().map(|it| it.sid).filter(|_| from > 0),
    };
    (rows, neighbours)
}
