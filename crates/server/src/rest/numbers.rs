//! Phone numbers of the JSON API: set up.

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use ringback_engine::{Engine, NumberOrder};
use ringback_wire::rest::number::{NumberJson, update_number};

use super::error::RestError;
use super::extract::{Caller, Named, Object};
use crate::laml::answer::json;

/// `PUT /api/relay/rest/phone_numbers/{sid}`
pub(super) async fn update(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    Object(given): Object,
) -> Result<Response, RestError> {
    let known = engine.directory().number(project.id, sid);
    let sid = known.ok_or(RestError::NotFound)?.sid;
    let order = NumberOrder::Change {
        sid,
        change: Box::new(update_number(&given)?),
    };
    let changed = engine.put_number(project.id, order).await;
    let changed = changed.map_err(RestError::setting_up)?;
    Ok(json(StatusCode::OK, &NumberJson::of(&changed)))
}
