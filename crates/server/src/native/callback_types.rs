//! `GET /callback-types`: which callbacks there are, and every parameter of each.

use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use ringback_wire::native::callback_type::CallbackTypesJson;

use super::extract::Caller;
use super::found;

/// `GET /callback-types`
pub(super) async fn list(_: Caller) -> Response<Body> {
    static TYPES: OnceLock<CallbackTypesJson> = OnceLock::new();
    found(TYPES.get_or_init(CallbackTypesJson::all))
}
