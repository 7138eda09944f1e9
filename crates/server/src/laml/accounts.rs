//! Accounts: the project that asks.

use axum::extract::State;
use axum::response::Response;
use ringback_domain::time::Timestamp;
use ringback_wire::laml::account::AccountJson;

use super::answer::found;
use crate::auth::Caller;
use crate::routes::App;

/// `GET /Accounts/{account}`
pub(crate) async fn fetch(State(app): State<App>, Caller(project): Caller) -> Response {
    // The project of `ringback dev` was made by nobody.
    let since = match project.created_at {
        never if never == Timestamp::default() => app.started_at,
        made => made,
    };
    found(&AccountJson::of(&project, since))
}
