//! Recordings: begun beside a call, changed, listed, fetched, deleted.
//!
//! What is fetched with the suffix `.json` is what is known of a recording; without it, its
//! audio, which is answered for in [`super::audio`].

use axum::extract::State;
use axum::response::Response;
use ringback_domain::id::Sid;
use ringback_domain::project::{Dialect, Project};
use ringback_domain::recording::{NewRecording, RecordingSource};
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_engine::network::{Ask, PauseBehavior};
use ringback_engine::{Engine, Order};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::recording::RecordingJson;
use ringback_wire::laml::request::{
    Form, RecordingList, RecordingUpdate, list_recordings, new_recording, update_recording,
};

use super::answer::found;
use super::extract::{Depth, Named, NamedBelow};
use super::form::{FormBody, Query};
use super::rows::range;
use super::shown::{self, Shows, all, shown};
use super::{find, find_below, subscriptions};
use crate::auth::Caller;
use crate::connection::Holds;
use crate::error::{ApiError, Missing};

const KIND: Kind = Kind::Recording;

/// A recording, as REST shows it.
pub(crate) struct ShownRecording;

impl Shows for ShownRecording {
    const KIND: Kind = KIND;
    const KEY: &'static str = "recordings";
    type Json<'a> = RecordingJson<'a>;

    fn json(resource: &Resource, _: Dialect) -> Option<RecordingJson<'_>> {
        let Body::Recording(recording) = &resource.body else {
            return None;
        };
        Some(RecordingJson::of(resource, recording))
    }
}

/// `POST /Accounts/{account}/Calls/{sid}/Recordings`. Answered with 200, as SignalWire's
/// specification has it.
pub(crate) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Depth(depth): Depth,
    named: Named,
    holds: Holds,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let call = named.sid(Kind::Call)?;
    let call = find(&engine, project.id, Kind::Call, call).await?.sid;
    let asked = new_recording(&form)?;
    let new = NewRecording {
        call,
        conference: None,
        source: RecordingSource::StartCallRecordingApi,
        channels: asked.channels,
        track: Some(asked.track),
        trim: asked.trim,
        transcribe: asked.transcribe,
    };
    let order = Order {
        new: NewResource::Recording(new),
        subscriptions: subscriptions(asked.callback),
        application: None,
        interest: None,
        depth,
        warnings: asked.warnings,
    };
    let begun = engine.begin(project.id, call, order, holds.hold()).await;
    let made = begun.map_err(ApiError::changing(Kind::Call))?.made;
    let made = made
        .first()
        .ok_or(ApiError::NotFound(Missing::Resource(KIND)))?;
    Ok(found(&shown::<ShownRecording>(made, &project)?))
}

/// `POST /Accounts/{account}/Calls/{sid}/Recordings/{recording}`
pub(crate) async fn update(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: NamedBelow,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let sid = find_below(&engine, project.id, KIND, named).await?.sid;
    let ask = match update_recording(&form)? {
        RecordingUpdate::PauseInSilence => Ask::Pause(PauseBehavior::Silence),
        RecordingUpdate::PauseAndSkip => Ask::Pause(PauseBehavior::Skip),
        RecordingUpdate::Resume => Ask::Resume,
        RecordingUpdate::Stop => Ask::Stop,
    };
    let asked = engine.ask_network(project.id, sid, ask).await;
    let stands = asked.map_err(ApiError::changing(KIND))?.resource;
    Ok(found(&shown::<ShownRecording>(&stands, &project)?))
}

/// `GET /Accounts/{account}/Calls/{sid}/Recordings`
pub(crate) async fn list_of_call(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let call = named.sid(Kind::Call)?;
    let call = find(&engine, project.id, Kind::Call, call).await?.sid;
    let path = format!("{}/Calls/{call}/Recordings", account_path(project.id));
    page(&engine, &project, &path, Some(call), &query).await
}

/// `GET /Accounts/{account}/Recordings`
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let path = format!("{}/Recordings", account_path(project.id));
    page(&engine, &project, &path, None, &query).await
}

/// What is known of a recording.
pub(super) async fn metadata(
    engine: &Engine,
    project: &Project,
    sid: Sid,
) -> Result<Response, ApiError> {
    let resource = find(engine, project.id, KIND, sid).await?;
    Ok(found(&shown::<ShownRecording>(&resource, project)?))
}

/// A page of the list at `path`: of all recordings, or of those of one call.
async fn page(
    engine: &Engine,
    project: &Project,
    path: &str,
    of_call: Option<Sid>,
    query: &Form,
) -> Result<Response, ApiError> {
    let RecordingList {
        call,
        conference,
        created,
        page,
        filters,
    } = list_recordings(query)?;
    let query = ListQuery {
        parent: of_call.or(call),
        conference,
        times: range(TimeField::Created, created).into_iter().collect(),
        ..all::<ShownRecording>(project.id, &page)
    };
    shown::list::<ShownRecording>(engine, project, &query, path, page, &filters).await
}
