//! What handlers of the native API take from a request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts};
use http::request::Parts;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Limited};
use ringback_domain::id::CallbackId;
use ringback_domain::project::Project;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tokio::time::timeout;
use url::form_urlencoded;

use super::error::NativeError;
use crate::auth::{caller, path_parameter};
use crate::laml::extract::Depth;
use crate::routes::App;

/// Most bytes of a body that is read whole.
const BODY_LIMIT: usize = 64 * 1024;
/// How long one may take to come in.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// The project that asks: the first extractor of every handler.
pub(super) struct Caller(pub(super) Arc<Project>);

impl FromRequestParts<App> for Caller {
    type Rejection = NativeError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NativeError> {
        Ok(Self(caller(&parts.headers, app.engine.projects())?))
    }
}

/// The id of a callback in the path.
pub(super) struct CallbackPath(pub(super) CallbackId);

impl FromRequestParts<App> for CallbackPath {
    type Rejection = NativeError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NativeError> {
        let id = path_parameter(parts, app, "id").await.parse();
        id.map(Self).map_err(|_| NativeError::NotFound("callback"))
    }
}

/// What the path calls a resource.
pub(super) struct ResourcePath(pub(super) String);

impl FromRequestParts<App> for ResourcePath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(path_parameter(parts, app, "sid").await))
    }
}

/// An error code in the path.
pub(super) struct CodePath(pub(super) String);

impl FromRequestParts<App> for CodePath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(path_parameter(parts, app, "code").await))
    }
}

/// How many callbacks led to one another before this request.
pub(super) struct NativeDepth(pub(super) u8);

impl FromRequestParts<App> for NativeDepth {
    type Rejection = NativeError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, NativeError> {
        let Depth(depth) = Depth::from_request_parts(parts, app).await?;
        Ok(Self(depth))
    }
}

/// The parameters of a query. Each once, and none that there is not.
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Query<T> {
    type Rejection = NativeError;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, NativeError> {
        let mut given = Map::new();
        let query = parts.uri.query().unwrap_or_default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let name = name.into_owned();
            let value = Value::String(value.into_owned());
            if given.insert(name.clone(), value).is_some() {
                return Err(NativeError::Parameter(format!("`{name}` is given twice")));
            }
        }
        read(Value::Object(given)).map(Self)
    }
}

/// A body in JSON. None at all is an empty object.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = NativeError;

    async fn from_request(request: Request<Body>, _: &App) -> Result<Self, NativeError> {
        let (parts, body) = request.into_parts();
        let body = whole_body(body).await?;
        if body.is_empty() {
            return read(Value::Object(Map::new())).map(Self);
        }
        if media_type(&parts.headers) != Some(JSON) {
            return Err(NativeError::MediaType(JSON));
        }
        from_json(&body)
            .map(Self)
            .map_err(|error| NativeError::Parameter(format!("the body cannot be used: {error}")))
    }
}

/// A body as a whole.
pub(super) async fn whole_body(body: Body) -> Result<Bytes, NativeError> {
    let limited = Limited::new(body, BODY_LIMIT).collect();
    let body = timeout(BODY_TIMEOUT, limited).await;
    let body = body.map_err(|_elapsed| NativeError::Body("the body did not come in time"))?;
    let body = body.map_err(|_| NativeError::Body("the body is over 64 KiB or broke off"))?;
    Ok(body.to_bytes())
}

/// Reads an object in JSON, in which `5.0` is a whole number, as JSON Schema has it: some clients
/// write every number so.
fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    // To serde a list is as good, of the values in the order of the fields.
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(serde::de::Error::custom("it is a list, not an object"));
    }
    serde_json::from_slice(text).or_else(|error| {
        let mut value = serde_json::from_slice(text)?;
        make_whole(&mut value);
        // The first error says where it is.
        serde_json::from_value(value).map_err(|_| error)
    })
}

/// Reads a field that is an object, and no list: for `deserialize_with`.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let fields = Map::deserialize(deserializer)?;
    serde_json::from_value(Value::Object(fields)).map_err(serde::de::Error::custom)
}

/// Writes numbers without a fraction that anybody needs without one.
pub(super) fn make_whole(value: &mut Value) {
    /// Up to here a floating point number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) => {
            if let Some(float) = number.as_f64().filter(|_| number.is_f64())
                && float.fract() == 0.0
                && float.abs() <= EXACT
            {
                #[expect(clippy::cast_possible_truncation, reason = "it is whole and in range")]
                let whole = float as i64;
                *number = whole.into();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_whole),
        Value::Object(fields) => fields.values_mut().for_each(make_whole),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The type of one report, and of all bodies that are no reports.
pub(super) const JSON: &str = "application/json";

/// What a request calls its body; none if it does not say, or not in text.
pub(super) fn media_type(headers: &HeaderMap) -> Option<&'static str> {
    let given = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = given.split(';').next().unwrap_or_default().trim();
    let known = [
        JSON,
        super::changes::NDJSON,
        "application/ndjson",
        "application/jsonl",
    ];
    let found = known
        .into_iter()
        .find(|it| it.eq_ignore_ascii_case(essence))?;
    Some(if found == JSON {
        JSON
    } else {
        super::changes::NDJSON
    })
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, NativeError> {
    serde_json::from_value(value).map_err(|error| NativeError::Parameter(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Given {
        rate: u32,
        #[serde(default, deserialize_with = "object")]
        more: More,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct More {
        colour: Option<String>,
    }

    #[test]
    fn a_number_without_a_fraction_is_a_whole_one() {
        let rate = |json: &str| from_json::<Given>(json.as_bytes()).map(|it| it.rate);
        for json in [r#"{"rate":25}"#, r#"{"rate":25.0}"#, r#"{"rate":2.5e1}"#] {
            assert_eq!(rate(json).unwrap(), 25, "{json}");
        }
        for json in [
            r#"{"rate":2.5}"#,
            r#"{"rate":-25.0}"#,
            r#"{"rate":1e300}"#,
            "25.0",
        ] {
            assert!(rate(json).is_err(), "{json}");
        }
        let told = rate("{\n\"rate\":0.5}").unwrap_err();
        assert_eq!(told.line(), 2, "{told}");
    }
    #[test]
    fn a_list_is_no_object() {
        let read = |json: &str| from_json::<Given>(json.as_bytes());
        let good = read(r#"{"rate":1,"more":{"colour":"red"}}"#).unwrap();
        assert_eq!(good.more.colour.as_deref(), Some("red"));
        for json in [
            r#"[1,{"colour":"red"}]"#,
            " [1]",
            r#"{"rate":1,"more":["red"]}"#,
            r#"{"rate":1,"more":[]}"#,
        ] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
