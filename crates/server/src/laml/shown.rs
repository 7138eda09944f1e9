//! What calls, messages, recordings and transcriptions have in common over REST: one is
//! fetched and deleted by its SID, many are listed in pages.
//!
//! Each kind's own file says how it is shown; the table of routes names these handlers for it.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::{Dialect, Project};
use ringback_domain::resource::{Kind, Resource};
use ringback_engine::{Engine, Erase};
use ringback_store::ListQuery;
use ringback_wire::laml::page::{Page, PageRequest};
use serde::Serialize;

use super::answer::{deleted, found};
use super::extract::{Named, NamedBelow};
use super::rows::{cursor, limit, rows};
use super::{find, find_below};
use crate::auth::Caller;
use crate::error::{ApiError, Missing};

/// A kind of resource, as REST shows it.
pub(crate) trait Shows {
    /// Which kind.
    const KIND: Kind;
    /// What the rows of its lists are under.
    const KEY: &'static str;
    /// What is shown of one.
    type Json<'a>: Serialize;

    /// What is shown of `resource` to a project of this dialect; none, if it is of another kind.
    fn json(resource: &Resource, dialect: Dialect) -> Option<Self::Json<'_>>;
}

/// What `project` is shown of `resource`.
pub(super) fn shown<'a, S: Shows>(
    resource: &'a Resource,
    project: &Project,
) -> Result<S::Json<'a>, ApiError> {
    let json = S::json(resource, project.settings.dialect);
    json.ok_or(ApiError::NotFound(Missing::Resource(S::KIND)))
}

/// `GET …/{sid}`
pub(crate) async fn fetch<S: Shows>(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, S::KIND, named.sid(S::KIND)?).await?;
    Ok(found(&shown::<S>(&resource, &project)?))
}

/// `DELETE …/{sid}`
pub(crate) async fn delete<S: Shows>(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let resource = find(&engine, project.id, S::KIND, named.sid(S::KIND)?).await?;
    erase::<S>(&engine, project.id, resource.sid).await
}

/// `GET …/{sid}/…/{below}`
pub(crate) async fn fetch_below<S: Shows>(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: NamedBelow,
) -> Result<Response, ApiError> {
    let resource = find_below(&engine, project.id, S::KIND, named).await?;
    Ok(found(&shown::<S>(&resource, &project)?))
}

/// `DELETE …/{sid}/…/{below}`
pub(crate) async fn delete_below<S: Shows>(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: NamedBelow,
) -> Result<Response, ApiError> {
    let sid = find_below(&engine, project.id, S::KIND, named).await?.sid;
    erase::<S>(&engine, project.id, sid).await
}

/// Deletes one that is there.
pub(super) async fn erase<S: Shows>(
    engine: &Engine,
    project: ProjectId,
    sid: Sid,
) -> Result<Response, ApiError> {
    let erased = engine.erase(project, sid, Erase::Delete).await;
    erased.map_err(ApiError::changing(S::KIND))?;
    Ok(deleted())
}

/// The query of a page of all that a project has of this kind.
pub(super) fn all<S: Shows>(project: ProjectId, page: &PageRequest) -> ListQuery {
    ListQuery {
        cursor: cursor(page),
        ..ListQuery::all(project, S::KIND, limit(page))
    }
}

/// The `page` of what `query` asks for of `project`, in the list at `path`. `filters` are the request's.
pub(super) async fn list<S: Shows>(
    engine: &Engine,
    project: &Project,
    query: &ListQuery,
    path: &str,
    page: PageRequest,
    filters: &[(String, String)],
) -> Result<Response, ApiError> {
    let rows = rows(engine, query, &page).await?;
    let items = rows.resources.iter().map(|it| shown::<S>(it, project));
    let items = items.collect::<Result<Vec<_>, _>>()?;
    let neighbours = rows.neighbours;
    Ok(found(&Page::new(
        path,
        S::KEY,
        filters,
        page,
        items,
        neighbours,
    )))
}
