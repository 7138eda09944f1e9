//! The native API, `/v1`: platforms report what happened, people look what became of it.
//!
//! One table of routes, from which the router and the `OpenAPI` document are built. Handlers
//! extract, ask the engine once and answer.

mod callback_types;
mod callbacks;
mod changes;
mod drive;
mod error;
mod error_codes;
mod explain;
mod extract;
mod filter;
mod intake;
mod openapi;
mod replay;
mod resources;
mod scenarios;
mod simulate;
pub(crate) mod stream;
mod table;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Presence, Resource};
use ringback_engine::Engine;
use serde::Serialize;

use self::error::NativeError;
use crate::laml::answer::json;
use crate::routes::App;

pub use self::table::{NATIVE_ROUTES, NativeOperation, NativeRoute};

/// What every path begins with.
pub(crate) const BASE: &str = "/v1";

/// The router of all [`NATIVE_ROUTES`].
pub(crate) fn router() -> Router<App> {
    let mut router = Router::new();
    for route in NATIVE_ROUTES {
        router = router.route(route.path, route.handler());
    }
    router
        .fallback(async || NativeError::NotFound("path"))
        .method_not_allowed_fallback(async || NativeError::Method)
}

fn found(value: &impl Serialize) -> Response<Body> {
    json(StatusCode::OK, value)
}

/// A project's resource by its SID or by what its platform calls it. A deleted one is gone.
async fn resource(
    engine: &Engine,
    project: ProjectId,
    name: &str,
) -> Result<Resource, NativeError> {
    let missing = NativeError::NotFound("resource");
    if let Ok(sid) = name.parse()
        && let Some(resource) = by_sid(engine, project, sid).await?
    {
        return Ok(resource);
    }
    let names = [(project, name.into())];
    let found = engine.store().externals(&names).await?;
    let Some(sid) = found.into_iter().next().flatten() else {
        return Err(missing);
    };
    by_sid(engine, project, sid).await?.ok_or(missing)
}

async fn by_sid(
    engine: &Engine,
    project: ProjectId,
    sid: Sid,
) -> Result<Option<Resource>, NativeError> {
    let found = engine.store().resources(&[sid]).await?;
    let own = found.into_iter().next().flatten();
    Ok(own.filter(|it| it.project == project && it.presence == Presence::Here))
}
