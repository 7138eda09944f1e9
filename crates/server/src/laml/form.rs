//! Parameters of requests: from a form body, or from the query of a list.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use bytes::{Bytes, BytesMut};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body::Body as _;
use http_body_util::BodyExt;
use percent_encoding::percent_decode_str;
use ringback_wire::laml::request::Form;
use tokio::time::timeout;

use crate::error::{ApiError, Malformed};
use crate::routes::App;

/// Most bytes of a body. The largest right one is some 15 KB: a text of 1600 characters and
/// a few URLs.
const BODY_LIMIT: usize = 1 << 20;
/// What is read of a body that is too large before it is refused: who closes a connection
/// while bytes still come in takes the answer away from the client.
const DRAIN_LIMIT: usize = 8 << 20;
/// How long a body may take to come in.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// The one type of body that is taken.
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a body, whose URLs may lead where the server lets them.
pub(crate) struct FormBody(pub(super) Form);

impl FromRequest<App> for FormBody {
    type Rejection = ApiError;

    async fn from_request(request: Request<Body>, app: &App) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let kind = kind(&parts.headers);
        if kind == BodyKind::Other {
            return Err(Malformed::NotAForm.into());
        }
        let body = timeout(BODY_TIMEOUT, read(body)).await;
        let body = body.map_err(|_elapsed| Malformed::BodyBroken)??;
        if kind == BodyKind::Unnamed && !body.is_empty() {
            return Err(Malformed::NotAForm.into());
        }
        let text = str::from_utf8(&body).map_err(|_| Malformed::NotUtf8)?;
        Ok(Self(decoded(text)?.within(app.destinations.clone())))
    }
}

/// The parameters of a query.
pub(crate) struct Query(pub(crate) Form);

impl FromRequestParts<App> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, ApiError> {
        decoded(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// What a request calls its body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyKind {
    Form,
    Other,
    Unnamed,
}

fn kind(headers: &HeaderMap) -> BodyKind {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return BodyKind::Unnamed;
    };
    let named = value.to_str().unwrap_or_default();
    let essence = named.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(FORM) {
        BodyKind::Form
    } else {
        BodyKind::Other
    }
}

async fn read(mut body: Body) -> Result<Bytes, ApiError> {
    let announced = body.size_hint().lower();
    if announced > DRAIN_LIMIT as u64 {
        return Err(Malformed::TooLarge { limit: BODY_LIMIT }.into());
    }
    let mut kept = BytesMut::new();
    let mut seen: usize = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Malformed::BodyBroken)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        seen = seen.saturating_add(data.len());
        if seen <= BODY_LIMIT {
            kept.extend_from_slice(&data);
        } else if seen > DRAIN_LIMIT {
            break;
        }
    }
    if seen > BODY_LIMIT {
        return Err(Malformed::TooLarge { limit: BODY_LIMIT }.into());
    }
    Ok(kept.freeze())
}

/// The pairs of a form, unless an escape makes them something other than UTF-8.
fn decoded(text: &str) -> Result<Form, ApiError> {
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| Malformed::NotUtf8)?;
    Ok(Form::parse(text))
}
