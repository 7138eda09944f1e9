//! The registry of 10DLC: brands, campaigns, orders and number assignments.
//!
//! One table of routes, from which the router is built and over which the tests go. What is
//! registered beside one another is decided by the recorder; here only what a request says by
//! itself is.

mod numbers;

use std::collections::HashSet;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{Method, StatusCode};
use ringback_domain::change::Status;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Kind, NewResource, Resource};
use ringback_engine::{Engine, Order};
use ringback_store::ListQuery;
use ringback_wire::laml::request::SubscriptionOrder;
use ringback_wire::rest::registry::{
    EntryJson, ListAsked, PageJson, list as list_asked, new_brand, new_campaign, new_name,
};

use super::error::RestError;
use super::extract::{Caller, Named, Object, RestDepth};
use crate::connection::Holds;
use crate::laml::answer::json;
use crate::laml::form::Query;
use crate::laml::rows::{Rows, cursor, limit, rows};
use crate::laml::{find, subscriptions};
use crate::routes::App;

/// Where the registry is.
const BASE: &str = "/api/relay/rest/registry/beta";

/// One thing that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryRoute {
    /// How.
    pub method: Method,
    /// Where, below `/api/relay/rest/registry/beta`: `{sid}` is a resource.
    pub path: &'static str,
    /// What.
    pub operation: RegistryOperation,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum RegistryOperation {
    ListBrands,
    CreateBrand,
    FetchBrand,
    ListCampaigns,
    CreateCampaign,
    FetchCampaign,
    RenameCampaign,
    ListAssignments,
    ListOrders,
    CreateOrder,
    FetchOrder,
    RemoveAssignment,
}

macro_rules! routes {
    ($($method:ident $path:literal $operation:ident)+) => {
        &[$(RegistryRoute {
            method: Method::$method,
            path: $path,
            operation: RegistryOperation::$operation,
        }),+]
    };
}

/// Every route.
pub static REGISTRY_ROUTES: &[RegistryRoute] = routes! {
    GET    "/brands"                  ListBrands
    POST   "/brands"                  CreateBrand
    GET    "/brands/{sid}"            FetchBrand
    GET    "/brands/{sid}/campaigns"  ListCampaigns
    POST   "/brands/{sid}/campaigns"  CreateCampaign
    GET    "/campaigns/{sid}"         FetchCampaign
    PUT    "/campaigns/{sid}"         RenameCampaign
    GET    "/campaigns/{sid}/numbers" ListAssignments
    GET    "/campaigns/{sid}/orders"  ListOrders
    POST   "/campaigns/{sid}/orders"  CreateOrder
    GET    "/orders/{sid}"            FetchOrder
    DELETE "/numbers/{sid}"           RemoveAssignment
};

impl RegistryRoute {
    fn handler(&self) -> MethodRouter<App> {
        let method = MethodFilter::try_from(self.method.clone())
            .expect("the table has methods that the router knows");
        match self.operation {
            RegistryOperation::ListBrands => on(method, list_brands),
            RegistryOperation::CreateBrand => on(method, create_brand),
            RegistryOperation::FetchBrand => on(method, fetch_brand),
            RegistryOperation::ListCampaigns => on(method, list_campaigns),
            RegistryOperation::CreateCampaign => on(method, create_campaign),
            RegistryOperation::FetchCampaign => on(method, fetch_campaign),
            RegistryOperation::RenameCampaign => on(method, rename_campaign),
            RegistryOperation::ListAssignments => on(method, numbers::list_assignments),
            RegistryOperation::ListOrders => on(method, numbers::list_orders),
            RegistryOperation::CreateOrder => on(method, numbers::create_order),
            RegistryOperation::FetchOrder => on(method, numbers::fetch_order),
            RegistryOperation::RemoveAssignment => on(method, numbers::remove_assignment),
        }
    }
}

/// `router` with all [`REGISTRY_ROUTES`].
pub(super) fn add_to(mut router: Router<App>) -> Router<App> {
    let mut paths = HashSet::new();
    for route in REGISTRY_ROUTES {
        let mut handler = route.handler();
        // Two routes of one path are merged, and may not both say what all others are told.
        if paths.insert(route.path) {
            handler = handler.fallback(async || RestError::Method);
        }
        router = router.route(&format!("{BASE}{}", route.path), handler);
    }
    router
}

async fn list_brands(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Query(query): Query,
) -> Result<Response, RestError> {
    let asked = list_asked(&query).map_err(RestError::Registry)?;
    let all = ListQuery::all(project.id, Kind::Brand, limit(&asked.page));
    list(&engine, all, "/brands", asked).await
}

async fn create_brand(
    State(engine): State<Engine>,
    Caller(project): Caller,
    RestDepth(depth): RestDepth,
    holds: Holds,
    Object(given): Object,
) -> Result<Response, RestError> {
    let asked = new_brand(&given).map_err(RestError::Registry)?;
    let new = NewResource::Brand(asked.new);
    let order = order(new, asked.callback, asked.warnings, depth);
    let made = engine.create(project.id, order, holds.hold()).await;
    shown(
        &engine,
        StatusCode::CREATED,
        &made.map_err(RestError::registering)?,
    )
}

async fn fetch_brand(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
) -> Result<Response, RestError> {
    fetch(&engine, project.id, Kind::Brand, sid).await
}

async fn list_campaigns(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    Query(query): Query,
) -> Result<Response, RestError> {
    let brand = find(&engine, project.id, Kind::Brand, sid).await?.sid;
    let asked = list_asked(&query).map_err(RestError::Registry)?;
    let below = ListQuery {
        parent: Some(brand),
        ..ListQuery::all(project.id, Kind::Campaign, limit(&asked.page))
    };
    let path = format!("/brands/{brand}/campaigns");
    list(&engine, below, &path, asked).await
}

async fn create_campaign(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    RestDepth(depth): RestDepth,
    holds: Holds,
    Object(given): Object,
) -> Result<Response, RestError> {
    let brand = find(&engine, project.id, Kind::Brand, sid).await?.sid;
    let asked = new_campaign(&given, brand).map_err(RestError::Registry)?;
    let new = NewResource::Campaign(asked.new);
    let order = order(new, asked.callback, asked.warnings, depth);
    let made = engine.create(project.id, order, holds.hold()).await;
    shown(
        &engine,
        StatusCode::CREATED,
        &made.map_err(RestError::registering)?,
    )
}

async fn fetch_campaign(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
) -> Result<Response, RestError> {
    fetch(&engine, project.id, Kind::Campaign, sid).await
}

/// Its name is the one thing of a campaign that can be changed.
async fn rename_campaign(
    State(engine): State<Engine>,
    Caller(project): Caller,
    Named(sid): Named,
    Object(given): Object,
) -> Result<Response, RestError> {
    let campaign = find(&engine, project.id, Kind::Campaign, sid).await?;
    let Some(name) = new_name(&given).map_err(RestError::Registry)? else {
        return shown(&engine, StatusCode::OK, &campaign);
    };
    let renamed = engine.rename_campaign(project.id, campaign.sid, name).await;
    shown(
        &engine,
        StatusCode::OK,
        &renamed.map_err(RestError::changing_registry)?,
    )
}

/// An order of something that is registered.
fn order(
    new: NewResource,
    callback: Option<SubscriptionOrder>,
    warnings: Vec<String>,
    depth: u8,
) -> Order {
    Order {
        new,
        subscriptions: subscriptions(callback),
        application: None,
        interest: None,
        depth,
        warnings,
    }
}

async fn fetch(
    engine: &Engine,
    project: ProjectId,
    kind: Kind,
    sid: Sid,
) -> Result<Response, RestError> {
    shown(
        engine,
        StatusCode::OK,
        &find(engine, project, kind, sid).await?,
    )
}

fn shown(engine: &Engine, status: StatusCode, resource: &Resource) -> Result<Response, RestError> {
    let entry = entry(engine, resource).ok_or(RestError::NotFound)?;
    Ok(json(status, &entry))
}

fn entry<'a>(engine: &Engine, resource: &'a Resource) -> Option<EntryJson<'a>> {
    EntryJson::of(resource, |sid| {
        let number = engine.directory().number(resource.project, sid)?;
        Some(number.friendly_name.clone())
    })
}

/// The page that is `asked` of `all`, the list at `path`.
async fn list(
    engine: &Engine,
    all: ListQuery,
    path: &str,
    asked: ListAsked,
) -> Result<Response, RestError> {
    let mut query = ListQuery {
        name: asked.name.clone(),
        cursor: cursor(&asked.page),
        ..all
    };
    let is_listed = |status: &Status| query.statuses.is_empty() || query.statuses.contains(status);
    let found = match &asked.state {
        None => rows(engine, &query, &asked.page).await?,
        Some(word) => match query.kind.status(word).filter(is_listed) {
            Some(status) => {
                query.statuses = vec![status];
                rows(engine, &query, &asked.page).await?
            }
            // Nothing is in a state that there is not.
            None => Rows::default(),
        },
    };
    let data = found
        .resources
        .iter()
        .filter_map(|it| entry(engine, it))
        .collect();
    let path = format!("{BASE}{path}");
    let page = PageJson::new(&path, &asked, data, found.neighbours);
    Ok(json(StatusCode::OK, &page))
}
