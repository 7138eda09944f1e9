//! Answers: their status, and JSON.

use axum::body::Body;
use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// What was asked for.
pub(super) fn found(value: &impl Serialize) -> Response {
    json(StatusCode::OK, value)
}

/// What was made.
pub(super) fn created(value: &impl Serialize) -> Response {
    json(StatusCode::CREATED, value)
}

/// It is deleted. Without a body: SDKs take 204 alone for success.
pub(crate) fn deleted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// `value`, as JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).expect("the wire's structs have names for keys");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    response
}
