//! The compatible surface: from requests to orders, from resources to answers.
//!
//! One file a resource with its handlers, which extract, ask the engine once and answer;
//! extractors and what handlers share beside them.

pub(crate) mod accounts;
pub(crate) mod answer;
pub(crate) mod applications;
pub(crate) mod audio;
pub(crate) mod available;
pub(crate) mod calls;
pub(crate) mod extract;
pub(crate) mod form;
pub(crate) mod media;
pub(crate) mod messages;
pub(crate) mod numbers;
mod ranges;
pub(crate) mod recordings;
pub(crate) mod rows;
pub(crate) mod shown;
pub(crate) mod transcriptions;

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Kind, Presence, Resource};
use ringback_domain::subscription::Subscription;
use ringback_engine::Engine;
use ringback_wire::laml::request::SubscriptionOrder;

use crate::error::{ApiError, Missing};
use extract::NamedBelow;

/// A project's resource of this kind.
pub(crate) async fn find(
    engine: &Engine,
    project: ProjectId,
    kind: Kind,
    sid: Sid,
) -> Result<Resource, ApiError> {
    let found = engine.store().resources(&[sid]).await;
    let found = found.map_err(ApiError::Store)?.into_iter().next().flatten();
    found
        .filter(|resource| resource.project == project && resource.kind() == kind)
        .filter(|resource| resource.presence == Presence::Here)
        .ok_or(ApiError::NotFound(Missing::Resource(kind)))
}

/// A project's resource of this kind, which is of the other one that is named.
async fn find_below(
    engine: &Engine,
    project: ProjectId,
    kind: Kind,
    named: NamedBelow,
) -> Result<Resource, ApiError> {
    let (above, sid) = named.sids(kind)?;
    let resource = find(engine, project, kind, sid).await?;
    if resource.body.parent() == Some(above) {
        Ok(resource)
    } else {
        Err(ApiError::NotFound(Missing::Resource(kind)))
    }
}

/// Who wants to hear of a new resource.
pub(crate) fn subscriptions(order: Option<SubscriptionOrder>) -> Vec<Subscription> {
    let subscription = order.map(|order| Subscription {
        url: order.url.as_given().to_owned(),
        method: order.method,
        interest: order.interest,
        next_sequence: 0,
    });
    subscription.into_iter().collect()
}
