//! SignalWire's JSON APIs beside the compatible one: the newer message API, phone numbers, the registry of
//! 10DLC.
//!
//! One table of routes, from which the router is built and over which the tests go. Handlers
//! extract, ask the engine once and answer.

mod error;
mod extract;
mod messages;
mod numbers;
mod registry;

use axum::Router;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

pub use registry::{REGISTRY_ROUTES, RegistryOperation, RegistryRoute};

use crate::routes::App;

/// One thing that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestRoute {
    /// How.
    pub method: Method,
    /// Where: `{sid}` is a resource.
    pub path: &'static str,
    /// What.
    pub operation: RestOperation,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum RestOperation {
    CreateMessage,
    RedactMessage,
    UpdateNumber,
}

/// Every route.
pub static REST_ROUTES: &[RestRoute] = &[
    RestRoute {
        method: Method::POST,
        path: "/api/messaging/messages",
        operation: RestOperation::CreateMessage,
    },
    RestRoute {
        method: Method::PATCH,
        path: "/api/messaging/messages/{sid}",
        operation: RestOperation::RedactMessage,
    },
    RestRoute {
        method: Method::PUT,
        path: "/api/relay/rest/phone_numbers/{sid}",
        operation: RestOperation::UpdateNumber,
    },
];

impl RestRoute {
    fn handler(&self) -> MethodRouter<App> {
        let method = MethodFilter::try_from(self.method.clone())
            .expect("the table has methods that the router knows");
        let handler = match self.operation {
            RestOperation::CreateMessage => on(method, messages::create),
            RestOperation::RedactMessage => on(method, messages::redact),
            RestOperation::UpdateNumber => on(method, numbers::update),
        };
        handler.fallback(async || error::RestError::Method)
    }
}

/// `router` with all [`REST_ROUTES`].
pub(crate) fn add_to(mut router: Router<App>) -> Router<App> {
    for route in REST_ROUTES {
        router = router.route(route.path, route.handler());
    }
    registry::add_to(router)
}
