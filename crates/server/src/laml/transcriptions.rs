//! Transcriptions: listed, fetched, deleted; asked for, of a recording that is there.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::id::Sid;
use ringback_domain::project::{Dialect, Project};
use ringback_domain::resource::{Body, Kind, NewResource, Presence, Resource};
use ringback_domain::transcription::{NewTranscription, TranscribedCall};
use ringback_engine::{Engine, Order};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::request::{
    CreatedList, Form, TranscriptionOrder, list_by_creation, new_transcription,
};
use ringback_wire::laml::transcription::TranscriptionJson;

use super::answer::created;
use super::extract::{Depth, Named};
use super::form::{FormBody, Query};
use super::rows::range;
use super::shown::{self, Shows, all, shown};
use super::{find, subscriptions};
use crate::auth::Caller;
use crate::connection::Holds;
use crate::error::{ApiError, Missing};

const KIND: Kind = Kind::Transcription;

/// A transcription, as REST shows it.
pub(crate) struct ShownTranscription;

impl Shows for ShownTranscription {
    const KIND: Kind = KIND;
    const KEY: &'static str = "transcriptions";
    type Json<'a> = TranscriptionJson<'a>;

    fn json(resource: &Resource, _: Dialect) -> Option<TranscriptionJson<'_>> {
        let Body::Transcription(transcription) = &resource.body else {
            return None;
        };
        Some(TranscriptionJson::of(resource, transcription))
    }
}

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
    Ok(created(&shown::<ShownTranscription>(
        made.first().ok_or(missing)?,
        &project,
    )?))
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
    page(&engine, &project, &path, None, &query).await
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
    page(&engine, &project, &path, Some(sid), &query).await
}

/// A page of the list at `path`: of all transcriptions, or of those of one recording.
async fn page(
    engine: &Engine,
    project: &Project,
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
        parent: recording,
        times: range(TimeField::Created, created).into_iter().collect(),
        ..all::<ShownTranscription>(project.id, &page)
    };
    shown::list::<ShownTranscription>(engine, project, &query, path, page, &filters).await
}
