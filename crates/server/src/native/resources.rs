//! Resources: their timelines.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use ringback_engine::Engine;
use ringback_wire::native::timeline::TimelineJson;

use super::error::NativeError;
use super::extract::{Caller, ResourcePath};
use super::{found, resource};

/// `GET /resources/{sid}/timeline`
pub(super) async fn timeline(
    Caller(project): Caller,
    State(engine): State<Engine>,
    ResourcePath(name): ResourcePath,
) -> Result<Response<Body>, NativeError> {
    let resource = resource(&engine, project.id, &name).await?;
    let store = engine.store();
    let changes = store.changes(resource.sid).await?;
    let rejected = store.rejected(resource.sid).await?;
    let warnings = store.warnings(resource.sid).await?;
    let mut callbacks = Vec::new();
    for callback in store.callbacks(resource.sid).await? {
        let attempts = store.attempts(callback.id).await?;
        callbacks.push((callback, attempts));
    }
    let timeline = TimelineJson::new(&resource, &changes, &rejected, &warnings, &callbacks);
    Ok(found(&timeline))
}
