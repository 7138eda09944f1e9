//! What handlers of the JSON APIs take from a request.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use http::Request;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::{BodyExt, Limited};
use ringback_domain::id::Sid;
use ringback_domain::project::Project;
use ringback_wire::rest::Given;
use tokio::time::timeout;

use super::error::RestError;
use crate::auth::{known, path_parameter};
use crate::laml::extract::Depth;
use crate::routes::App;

/// Most bytes of a body: a text of 1600 characters, a few URLs and variables.
const BODY_LIMIT: usize = 64 * 1024;
/// How long one may take to come in.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The one type of body that is taken.
const JSON: &str = "application/json";

/// The project that asks: the first extractor of every handler.
pub(super) struct Caller(pub(super) Arc<Project>);

impl FromRequestParts<App> for Caller {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RestError> {
        Ok(Self(known(parts, app)?))
    }
}

/// The SID in the path.
pub(super) struct Named(pub(super) Sid);

impl FromRequestParts<App> for Named {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RestError> {
        let sid = path_parameter(parts, app, "sid").await.parse();
        sid.map(Self).map_err(|_| RestError::NotFound)
    }
}

/// How many callbacks led to one another before this request.
pub(super) struct RestDepth(pub(super) u8);

impl FromRequestParts<App> for RestDepth {
    type Rejection = RestError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, RestError> {
        let Depth(depth) = Depth::from_request_parts(parts, app).await?;
        Ok(Self(depth))
    }
}

/// A body: a JSON object, whose URLs may lead where the server lets them.
pub(super) struct Object(pub(super) Given);

impl FromRequest<App> for Object {
    type Rejection = RestError;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, RestError> {
        let (parts, body) = request.into_parts();
        let named = parts.headers.get(CONTENT_TYPE);
        let named = named
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let essence = named.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(JSON) {
            return Err(RestError::MediaType);
        }
        let body = timeout(BODY_TIMEOUT, Limited::new(body, BODY_LIMIT).collect()).await;
        let body = body.map_err(|_elapsed| RestError::Body)?;
        let body = body.map_err(|_| RestError::Body)?.to_bytes();
        let attributes = serde_json::from_slice(&body).map_err(|_| RestError::Body)?;
        Ok(Self(Given {
            attributes,
            destinations: app.destinations.clone(),
        }))
    }
}
