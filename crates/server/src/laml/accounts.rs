//! Accounts: the project that asks.

use axum::extract::State;
use axum::response::Response;
use ringback_wire::laml::account::AccountJson;

use super::answer::found;
use crate::auth::Caller;
use crate::routes::App;

/// `GET /Accounts/{account}`
pub(crate) async fn fetch(State(app): State<App>, Caller(project): Caller) -> Response {
    found(&AccountJson::of(&project, app.started_at))
}
