//! What handlers take from a request's head.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequestParts};
use http::HeaderName;
use http::request::Parts;
use ringback_domain::id::Sid;
use ringback_domain::resource::Kind;
use ringback_engine::Engine;

use crate::auth::path_parameter;
use crate::connection::Holds;
use crate::error::{ApiError, Malformed, Missing};
use crate::routes::App;

/// How many callbacks led to one another before a request, told by whoever sends callbacks.
const DEPTH: HeaderName = HeaderName::from_static("ringback-depth");
/// How many may: a callback that creates a resource whose callback creates a resource is a
/// loop more often than a plan.
const MAX_DEPTH: u8 = 5;

/// The SID in the path.
pub(crate) struct Named(Option<Sid>);

impl Named {
    /// The SID; where it is none, there is no such resource.
    pub(super) fn sid(self, kind: Kind) -> Result<Sid, ApiError> {
        self.of(Missing::Resource(kind))
    }

    /// The SID; where it is none, this is missing.
    pub(super) fn of(self, missing: Missing) -> Result<Sid, ApiError> {
        self.0.ok_or(ApiError::NotFound(missing))
    }
}

/// The country in the path: the United States, the one that numbers are offered in.
pub(crate) struct Country;

impl FromRequestParts<App> for Country {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let given = path_parameter(parts, app, "country").await;
        let known = given == "US";
        known
            .then_some(Self)
            .ok_or(ApiError::NotFound(Missing::Country))
    }
}

impl FromRequestParts<App> for Named {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(path_parameter(parts, app, "sid").await.parse().ok()))
    }
}

/// What the second SID in a path is called, by what it names.
const BELOW: [&str; 2] = ["recording", "transcription"];

/// The SIDs in the path of a call's recording, or of a recording's transcription.
pub(crate) struct NamedBelow(Option<(Sid, Sid)>);

impl NamedBelow {
    /// That of the resource above and its own; where one is none, there is no such resource.
    pub(super) fn sids(self, kind: Kind) -> Result<(Sid, Sid), ApiError> {
        self.0.ok_or(ApiError::NotFound(Missing::Resource(kind)))
    }
}

impl FromRequestParts<App> for NamedBelow {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let above = path_parameter(parts, app, "sid").await.parse().ok();
        let mut below = None;
        for name in BELOW {
            below = below.or(path_parameter(parts, app, name).await.parse().ok());
        }
        Ok(Self(above.zip(below)))
    }
}

/// How many callbacks led to one another before this request; at most [`MAX_DEPTH`].
pub(crate) struct Depth(pub(crate) u8);

impl FromRequestParts<App> for Depth {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        let mut deepest = 0;
        for value in parts.headers.get_all(DEPTH) {
            let digits = value.to_str().ok();
            let digits = digits.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
            let depth = digits.and_then(|digits| digits.parse::<u64>().ok());
            deepest = deepest.max(depth.ok_or(Malformed::BadDepth)?);
        }
        match u8::try_from(deepest) {
            Ok(depth) if depth <= MAX_DEPTH => Ok(Self(depth)),
            Ok(_) | Err(_) => Err(Malformed::TooDeep { limit: MAX_DEPTH }.into()),
        }
    }
}

impl FromRequestParts<App> for Holds {
    type Rejection = Infallible;

    /// Holds that last until this request is answered.
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

impl FromRef<App> for Engine {
    fn from_ref(app: &App) -> Self {
        app.engine.clone()
    }
}
