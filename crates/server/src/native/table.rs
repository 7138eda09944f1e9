//! The routes of the native API: one table for the router, the document and the tests.

use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

use super::{
    callback_types, callbacks, changes, drive, error_codes, explain, openapi, replay, resources,
    scenarios, simulate, stream,
};
use crate::routes::App;

/// One thing that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NativeRoute {
    /// How.
    pub method: Method,
    /// Where, below `/v1`: `{sid}` is a resource, `{id}` a callback, `{code}` an error code,
    /// `{name}` a scenario.
    pub path: &'static str,
    /// What.
    pub operation: NativeOperation,
    /// What it is for, in a sentence.
    pub summary: &'static str,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NativeOperation {
    ReportChanges,
    ListCallbacks,
    FetchCallback,
    RetryCallback,
    ExplainCallback,
    Replay,
    FetchTimeline,
    Watch,
    ListCallbackTypes,
    ListErrors,
    FetchError,
    SimulateCall,
    SimulateMessage,
    DriveRegistry,
    ListNumbers,
    ListScenarios,
    SetScenario,
    FetchScenario,
    RemoveScenario,
    Describe,
}

macro_rules! routes {
    ($($method:ident $path:literal $operation:ident $summary:literal)+) => {
        &[$(NativeRoute {
            method: Method::$method,
            path: $path,
            operation: NativeOperation::$operation,
            summary: $summary,
        }),+]
    };
}

/// Every route.
pub static NATIVE_ROUTES: &[NativeRoute] = routes! {
    POST "/changes"                  ReportChanges   "Reports what happened to resources: one report, or thousands, a line each."
    GET  "/callbacks"                ListCallbacks   "Lists callbacks, the newest first."
    GET  "/callbacks/{id}"           FetchCallback   "Shows a callback with its parameters and attempts."
    POST "/callbacks/{id}/retry"     RetryCallback   "Sends a callback again: now, if it is not delivered yet; once more, if it is settled."
    GET  "/callbacks/{id}/explain"   ExplainCallback "Says why a callback was not delivered yet."
    POST "/replay"                   Replay          "Sends settled callbacks again, in order and not too fast."
    GET  "/resources/{sid}/timeline" FetchTimeline   "Shows all that was reported, decided and sent for a resource."
    GET  "/stream"                   Watch           "Tells changes and attempts as they are recorded, as server-sent events."
    GET  "/callback-types"           ListCallbackTypes "Lists the types of callbacks, with every parameter that one can meet."
    GET  "/errors"                   ListErrors      "Lists error codes: what each means, whose fault it is, whether a retry can help, what to do."
    GET  "/errors/{code}"            FetchError      "Explains an error code."
    POST "/simulate/inbound-call"    SimulateCall    "Makes a call come in on the simulated network."
    POST "/simulate/inbound-message" SimulateMessage "Makes a message come in on the simulated network."
    POST "/simulate/registry"        DriveRegistry   "Drives a brand, campaign, order or number assignment to its next status, on the simulated network."
    GET  "/simulate/numbers"         ListNumbers     "Lists the numbers and names that have a meaning on the simulated network."
    GET  "/simulate/scenarios"       ListScenarios   "Lists the scenarios that are set, and those that come with the program."
    POST "/simulate/scenarios"       SetScenario     "Sets what is to happen to resources on the simulated network, and when; or makes something come in that takes that course."
    GET  "/simulate/scenarios/{name}" FetchScenario  "Shows a scenario."
    DELETE "/simulate/scenarios/{name}" RemoveScenario "Takes a scenario away. Resources that took it go on as it said."
    GET  "/openapi.json"             Describe        "This description."
};

impl NativeRoute {
    pub(super) fn handler(&self) -> MethodRouter<App> {
        let method = MethodFilter::try_from(self.method.clone())
            .expect("the table has methods that the router knows");
        match self.operation {
            NativeOperation::ReportChanges => on(method, changes::report),
            NativeOperation::ListCallbacks => on(method, callbacks::list),
            NativeOperation::FetchCallback => on(method, callbacks::fetch),
            NativeOperation::RetryCallback => on(method, callbacks::retry),
            NativeOperation::ExplainCallback => on(method, explain::explain),
            NativeOperation::Replay => on(method, replay::replay),
            NativeOperation::FetchTimeline => on(method, resources::timeline),
            NativeOperation::Watch => on(method, stream::watch),
            NativeOperation::ListCallbackTypes => on(method, callback_types::list),
            NativeOperation::ListErrors => on(method, error_codes::list),
            NativeOperation::FetchError => on(method, error_codes::fetch),
            NativeOperation::SimulateCall => on(method, simulate::call),
            NativeOperation::SimulateMessage => on(method, simulate::message),
            NativeOperation::DriveRegistry => on(method, drive::drive),
            NativeOperation::ListNumbers => on(method, scenarios::numbers),
            NativeOperation::ListScenarios => on(method, scenarios::list),
            NativeOperation::SetScenario => on(method, scenarios::set),
            NativeOperation::FetchScenario => on(method, scenarios::fetch),
            NativeOperation::RemoveScenario => on(method, scenarios::remove),
            NativeOperation::Describe => on(method, openapi::describe),
        }
    }
}
