//! Transcriptions: listed, fetched, deleted; asked for, of a recording that is there.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Body, Kind, NewResource, Presence, Resource};
use ringback_domain::transcription::{NewTranscription, TranscribedCall};
use ringback_engine::{Engine, Erase, Order};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::page::Page;
use ringback_wire::laml::request::{
    CreatedList, Form, TranscriptionOrder, list_by_creation, new_transcription,
};
use ringback_wire::laml::transcription::TranscriptionJson;

use super::answer::{created, deleted, found};
use super::extract::{Depth, Named};
use super::form::{FormBody, Query};
use super::rows::{cursor, limit, range, rows};
use super::{find, subscriptions};
use crate::auth::Caller;
use crate::connection::Holds;
use crate::error::{ApiError, Missing};

const KIND: Kind = Kind::Transcription;

/// `POST /Accounts/{account}/Recordings/{sid}/Transcriptions`, ours: 201, as SignalWire's own
/// operations that make something.
pub(crate) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Depth(depth): Depth,
    named: Named,
    holds: Holds,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    const OF: Kind = Kind::Recording;
    let recording = find(&engine, project.id, OF, named.sid(OF)?).await?;
    let asked = new_transcription(&form)?;
    let order = order(&engine, &recording, asked, depth).await?;
    let begun = engine.begin(project.id, recording.sid, order, holds.hold());
    let made = begun.await.map_err(ApiError::changing(OF))?.made;
    let missing = ApiError::NotFound(Missing::Resource(KIND));
    Ok(created(&shown(made.first().ok_or(missing)?)?))
}

/// The order of what was asked of `recording`.
async fn order(
    engine: &Engine,
    recording: &Resource,
    asked: TranscriptionOrder,
    depth: u8,
) -> Result<Order, ApiError> {
    Ok(Order {
        new: NewResource::Transcription(NewTranscription {
            recording: recording.sid,
            call: recorded_call(engine, recording).await?,
        }),
        subscriptions: subscriptions(asked.callback),
        application: None,
        interest: None,
        depth,
        warnings: asked.warnings,
    })
}

/// The call of a recording, as its transcription tells of it. Of one that was deleted the SID is
/// all that is left.
async fn recorded_call(engine: &Engine, recording: &Resource) -> Result<TranscribedCall, ApiError> {
    let sid = recording.body.parent().unwrap_or(recording.sid);
    let found = engine.store().resources(&[sid]).await;
    let found = found.map_err(ApiError::Store)?.into_iter().next().flatten();
    let here = found.filter(|call| call.presence == Presence::Here);
    let (from, to) = here.as_ref().map_or(("", ""), |call| call.body.parties());
    let (status, direction) = match here.as_ref().map(|call| &call.body) {
        Some(Body::Call(call)) => (Some(call.status), Some(call.direction)),
        _ => (None, None),
    };
    Ok(TranscribedCall {
        sid,
        from: from.to_owned(),
        to: to.to_owned(),
        status,
        direction,
    })
}

/// `GET /Accounts/{account}/Transcriptions`
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let path = format!("{}/Transcriptions", account_path(project.id));
    page(&engine, project.id, &path, None, &query).await
}

/// `GET /Accounts/{account}/Recordings/{sid}/Transcriptions`
pub(crate) async fn list_of_recording(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let sid = named.sid(Kind::Recording)?;
    let sid = find(&engine, project.id, Kind::Recording, sid).await?.sid;
    let account = account_path(project.id);
    let path = format!("{account}/Recordings/{sid}/Transcriptions");
    page(&engine, project.id, &path, Some(sid), &query).await
}

/// `GET /Accounts/{account}/Transcriptions/{sid}`
pub(crate) async fn fetch(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, KIND, named.sid(KIND)?).await?;
    Ok(found(&shown(&resource)?))
}

/// `DELETE /Accounts/{account}/Transcriptions/{sid}`
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

/// A page of the list at `path`: of all transcriptions, or of those of one recording.
async fn page(
    engine: &Engine,
    project: ProjectId,
    path: &str,
    recording: Option<Sid>,
    query: &Form,
) -> Result<Response, ApiError> {
    let CreatedList {
        created,
        page,
        filters,
    } = list_by_creation(query)?;
    let query = ListQuery {
        project,
        kind: KIND,
        statuses: Vec::new(),
        from: None,
        to: None,
        parent: recording,
        conference: None,
        times: range(TimeField::Created, created).into_iter().collect(),
        cursor: cursor(&page),
        limit: limit(&page),
    };
    let rows = rows(engine, &query, &page).await?;
    let items = rows
        .resources
        .iter()
        .map(shown)
        .collect::<Result<Vec<_>, _>>()?;
    Ok(found(&Page::new(
        path,
        "transcriptions",
        &filters,
        page,
        items,
        rows.neighbours,
    )))
}

fn shown(resource: &Resource) -> Result<TranscriptionJson<'_>, ApiError> {
    match &resource.body {
        Body::Transcription(transcription) => Ok(TranscriptionJson::of(resource, transcription)),
        Body::Call(_)
        | Body::Message(_)
        | Body::Recording(_)
        | Body::Brand(_)
        | Body::Campaign(_)
        | Body::AssignmentOrder(_)
        | Body::Assignment(_) => Err(ApiError::NotFound(Missing::Resource(KIND))),
    }
}
