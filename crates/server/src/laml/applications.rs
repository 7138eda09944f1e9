//! Applications of a project: made, listed, fetched, changed, removed.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use ringback_domain::application::Application;
use ringback_domain::id::ProjectId;
use ringback_engine::{ApplicationOrder, Engine};
use ringback_wire::laml::account_path;
use ringback_wire::laml::application::ApplicationJson;
use ringback_wire::laml::page::Page;
use ringback_wire::laml::request::{NamedList, list_named, new_application, update_application};

use super::answer::{created, deleted, found};
use super::extract::Named;
use super::form::{FormBody, Query};
use super::rows::cut_sorted;
use crate::auth::Caller;
use crate::error::{ApiError, Missing};

/// `POST /Accounts/{account}/Applications`
pub(crate) async fn create(
    State(engine): State<Engine>,
    Caller(project): Caller,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let order = ApplicationOrder::Make {
        change: Box::new(new_application(&form)?),
    };
    let new = engine.put_application(project.id, order).await;
    let new = new.map_err(ApiError::setting_up(Missing::Application))?;
    Ok(created(&ApplicationJson::of(&new)))
}

/// `GET /Accounts/{account}/Applications`
pub(crate) async fn list(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, ApiError> {
    let NamedList {
        friendly_name,
        page,
        filters,
        ..
    } = list_named(&query)?;
    let mut applications = engine.directory().applications(project.id);
    applications.retain(|it| {
        let named = friendly_name.as_ref();
        named.is_none_or(|name| *name == it.friendly_name)
    });
    let (applications, neighbours) = cut_sorted(applications, |it| it.sid, &page);
    let items = applications.iter().map(|it| ApplicationJson::of(it));
    let path = format!("{}/Applications", account_path(project.id));
    let (key, items) = ("applications", items.collect());
    Ok(found(&Page::new(
        &path, key, &filters, page, items, neighbours,
    )))
}

/// `GET /Accounts/{account}/Applications/{sid}`
pub(crate) async fn fetch(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let application = application(&engine, project.id, named)?;
    Ok(found(&ApplicationJson::of(&application)))
}

/// `POST /Accounts/{account}/Applications/{sid}`
pub(crate) async fn update(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
    FormBody(form): FormBody,
) -> Result<Response, ApiError> {
    let sid = application(&engine, project.id, named)?.sid;
    let order = ApplicationOrder::Change {
        sid,
        change: Box::new(update_application(&form)?),
    };
    let changed = engine.put_application(project.id, order).await;
    let changed = changed.map_err(ApiError::setting_up(Missing::Application))?;
    Ok(found(&ApplicationJson::of(&changed)))
}

/// `DELETE /Accounts/{account}/Applications/{sid}`
pub(crate) async fn delete(
    State(engine): State<Engine>,
    Caller(project): Caller,
    named: Named,
) -> Result<Response, ApiError> {
    let sid = application(&engine, project.id, named)?.sid;
    let order = ApplicationOrder::Remove { sid };
    let removed = engine.put_application(project.id, order).await;
    removed.map_err(ApiError::setting_up(Missing::Application))?;
    Ok(deleted())
}

fn application(
    engine: &Engine,
    project: ProjectId,
    named: Named,
) -> Result<Arc<Application>, ApiError> {
    let sid = named.of(Missing::Application)?;
    let found = engine.directory().application(project, sid);
    found.ok_or(ApiError::NotFound(Missing::Application))
}
