//! Transcriptions: listed, fetched, deleted; asked for, of a recording that is there.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Body, Kind, Resource};
use ringback_engine::{Engine, Erase};
use ringback_store::{ListQuery, TimeField};
use ringback_wire::laml::account_path;
use ringback_wire::laml::page::Page;
use ringback_wire::laml::request::{CreatedList, Form, list_by_creation};
use ringback_wire::laml::transcription::TranscriptionJson;

use super::answer::{deleted, found};
use super::extract::Named;
use super::find;
use super::form::Query;
use super::rows::{cursor, limit, range, rows};
use crate::auth::Caller;
use crate::error::{ApiError, Missing};

const KIND: Kind = Kind::Transcription;

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
