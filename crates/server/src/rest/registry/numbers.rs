//! Orders that numbers be assigned to a campaign, and the assignments that they make.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use ringback_domain::change::Status;
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::number_assignment_order::{NewAssignmentOrder, OrderedNumber};
use ringback_domain::project::Project;
use ringback_domain::resource::{Body, Kind, NewResource};
use ringback_engine::Engine;
use ringback_engine::network::Ask;
use ringback_store::ListQuery;
use ringback_wire::rest::registry::{ListAsked, RegistryFault, list as list_asked, new_order};

use super::{fetch, list, order, shown};
use crate::connection::Holds;
use crate::laml::answer::deleted;
use crate::laml::find;
use crate::laml::form::Query;
use crate::laml::rows::limit;
use crate::rest::error::RestError;
use crate::rest::extract::{Caller, Named, Object, RestDepth};

pub(super) async fn list_assignments(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    Query(query): Query,
) -> Result<Response, RestError> {
    let campaign = find(&engine, project.id, Kind::Campaign, sid).await?.sid;
    let asked = list_asked(&query).map_err(RestError::Registry)?;
    let of_campaign = ListQuery {
        campaign: Some(campaign),
        // A number that has left is not there any more.
        statuses: AssignmentStatus::ALL
            .into_iter()
            .filter(|status| !status.is_final())
            .map(Status::Assignment)
            .collect(),
        ..ListQuery::all(project.id, Kind::Assignment, limit(&asked.page))
    };
    let path = format!("/campaigns/{campaign}/numbers");
    let asked = nameless(asked);
    list(&engine, of_campaign, &path, asked).await
}

pub(super) async fn list_orders(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    Query(query): Query,
) -> Result<Response, RestError> {
    let campaign = find(&engine, project.id, Kind::Campaign, sid).await?.sid;
    let asked = list_asked(&query).map_err(RestError::Registry)?;
    let below = ListQuery {
        parent: Some(campaign),
        ..ListQuery::all(project.id, Kind::AssignmentOrder, limit(&asked.page))
    };
    let path = format!("/campaigns/{campaign}/orders");
    let asked = nameless(asked);
    list(&engine, below, &path, asked).await
}

pub(super) async fn create_order(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    RestDepth(depth): RestDepth,
    holds: Holds,
    Object(given): Object,
) -> Result<Response, RestError> {
    let resource = find(&engine, project.id, Kind::Campaign, sid).await?;
    let Body::Campaign(campaign) = &resource.body else {
        return Err(RestError::NotFound);
    };
    let asked = new_order(&given).map_err(RestError::Registry)?;
    let new = NewResource::AssignmentOrder(NewAssignmentOrder {
        brand: campaign.brand,
        campaign: resource.sid,
        numbers: own_numbers(&engine, &project, asked.numbers)?,
    });
    let order = order(new, asked.callback, asked.warnings, depth);
    let made = engine.create(project.id, order, holds.hold()).await;
    // 200, where all that is made elsewhere has 201: so it is documented.
    shown(
        &engine,
        StatusCode::OK,
        &made.map_err(RestError::registering)?,
    )
}

pub(super) async fn fetch_order(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
) -> Result<Response, RestError> {
    fetch(&engine, project.id, Kind::AssignmentOrder, sid).await
}

pub(super) async fn remove_assignment(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
) -> Result<Response, RestError> {
    let sid = find(&engine, project.id, Kind::Assignment, sid).await?.sid;
    let removed = engine.ask_network(project.id, sid, Ask::Remove).await;
    removed.map_err(RestError::changing_registry)?;
    Ok(deleted())
}

/// The project's numbers with these digits.
fn own_numbers(
    engine: &Engine,
    project: &Arc<Project>,
    digits: Vec<String>,
) -> Result<Vec<OrderedNumber>, RestError> {
    let (mut numbers, mut faults) = (Vec::new(), Vec::new());
    for number in digits {
        let known = engine.directory().by_number(&number);
        match known.filter(|known| known.project == project.id) {
            Some(known) => numbers.push(OrderedNumber {
                sid: known.sid,
                number,
            }),
            None => faults.push(RegistryFault::not_available(&number)),
        }
    }
    if faults.is_empty() {
        Ok(numbers)
    } else {
        Err(RestError::Registry(faults))
    }
}

/// What is asked of a list whose rows have no names.
fn nameless(asked: ListAsked) -> ListAsked {
    ListAsked {
        name: None,
        ..asked
    }
}
