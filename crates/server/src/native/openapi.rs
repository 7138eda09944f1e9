//! `GET /openapi.json`: the description of the native API, made from its table of routes and
//! from the types that are read and written.

use std::sync::OnceLock;

use axum::body::Body;
use axum::response::Response;
use ringback_networks::numbers::NumbersJson;
use ringback_networks::scenario::Scenario;
use ringback_wire::native::ReportJson;
use ringback_wire::native::answer::{ErrorJson, ResultJson, TakenJson};
use ringback_wire::native::callback::{CallbackDetailsJson, CallbackPageJson};
use ringback_wire::native::callback_type::CallbackTypesJson;
use ringback_wire::native::error_code::{ErrorCodeJson, ErrorCodePageJson};
use ringback_wire::native::timeline::{EntryJson, TimelineJson};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::callbacks::{ListParams, RetriedJson};
use super::changes::{NDJSON, ReportParams};
use super::drive::{DriveParams, DrivenJson};
use super::error_codes::CodeParams;
use super::explain::ExplanationJson;
use super::extract::{Caller, JSON};
use super::replay::{ReplayParams, ReplayedJson};
use super::scenarios::{ScenarioJson, ScenariosJson, TOML};
use super::simulate::{InboundCallParams, InboundMessageParams, SimulatedJson};
use super::{BASE, NATIVE_ROUTES, NativeOperation, NativeRoute, found};

/// `GET /openapi.json`
pub(super) async fn describe(_: Caller) -> Response<Body> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    found(DOCUMENT.get_or_init(document))
}

/// What a route takes and gives.
struct Shape {
    query: Option<Schema>,
    /// Types of the body, each with what it holds.
    body: Vec<(&'static str, Schema)>,
    /// Types of the answer, each with what it holds.
    answer: Vec<(&'static str, Schema)>,
}

impl Shape {
    fn new(query: Option<Schema>, answer: Schema) -> Self {
        Self {
            query,
            body: Vec::new(),
            answer: vec![(JSON, answer)],
        }
    }
}

fn shape(operation: NativeOperation, types: &mut SchemaGenerator) -> Shape {
    fn of<T: JsonSchema>(types: &mut SchemaGenerator) -> Schema {
        types.subschema_for::<T>()
    }
    match operation {
        NativeOperation::ReportChanges => Shape {
            query: Some(ReportParams::json_schema(types)),
            body: vec![
                (JSON, of::<ReportJson<'_>>(types)),
                (NDJSON, lines(&[of::<ReportJson<'_>>(types)])),
            ],
            answer: vec![
                (JSON, of::<TakenJson>(types)),
                (
                    NDJSON,
                    lines(&[of::<ResultJson>(types), of::<TakenJson>(types)]),
                ),
            ],
        },
        NativeOperation::ListCallbacks => Shape::new(
            Some(ListParams::json_schema(types)),
            of::<CallbackPageJson>(types),
        ),
        NativeOperation::FetchCallback => Shape::new(None, of::<CallbackDetailsJson>(types)),
        NativeOperation::RetryCallback => Shape::new(None, of::<RetriedJson>(types)),
        NativeOperation::ExplainCallback => Shape::new(None, of::<ExplanationJson>(types)),
        NativeOperation::Replay => Shape {
            body: vec![(JSON, of::<ReplayParams>(types))],
            ..Shape::new(None, of::<ReplayedJson>(types))
        },
        NativeOperation::FetchTimeline => Shape::new(None, of::<TimelineJson>(types)),
        NativeOperation::Watch => Shape {
            query: None,
            body: Vec::new(),
            answer: vec![("text/event-stream", of::<EntryJson>(types))],
        },
        NativeOperation::ListCallbackTypes => Shape::new(None, of::<CallbackTypesJson>(types)),
        NativeOperation::ListErrors => Shape::new(
            Some(CodeParams::json_schema(types)),
            of::<ErrorCodePageJson>(types),
        ),
        NativeOperation::FetchError => Shape::new(None, of::<ErrorCodeJson>(types)),
        NativeOperation::SimulateCall => Shape {
            body: vec![(JSON, of::<InboundCallParams>(types))],
            ..Shape::new(None, of::<SimulatedJson>(types))
        },
        NativeOperation::SimulateMessage => Shape {
            body: vec![(JSON, of::<InboundMessageParams>(types))],
            ..Shape::new(None, of::<SimulatedJson>(types))
        },
        NativeOperation::DriveRegistry => Shape {
            body: vec![(JSON, of::<DriveParams>(types))],
            ..Shape::new(None, of::<DrivenJson>(types))
        },
        NativeOperation::ListNumbers => Shape::new(None, of::<NumbersJson>(types)),
        NativeOperation::ListScenarios => Shape::new(None, of::<ScenariosJson>(types)),
        NativeOperation::SetScenario => Shape {
            body: vec![
                (JSON, of::<Scenario>(types)),
                (TOML, schemars::json_schema!({"type": "string"})),
            ],
            ..Shape::new(None, of::<ScenarioJson>(types))
        },
        NativeOperation::FetchScenario | NativeOperation::RemoveScenario => {
            Shape::new(None, of::<ScenarioJson>(types))
        }
        NativeOperation::Describe => Shape::new(None, schemars::json_schema!({"type": "object"})),
    }
}

/// What comes a line each: as `OpenAPI` has such types from 3.2 on, all of it is a list.
fn lines(each: &[Schema]) -> Schema {
    schemars::json_schema!({"type": "array", "items": {"anyOf": each}})
}

fn document() -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut types = settings.into_generator();
    let mut paths: Map<String, Value> = Map::new();
    for route in NATIVE_ROUTES {
        let path = paths
            .entry(format!("{BASE}{}", route.path))
            .or_insert_with(|| json!({}));
        path[route.method.as_str().to_lowercase()] = operation(route, &mut types);
    }
    let error = types.subschema_for::<ErrorJson>();
    let error = json!({"description": "What is wrong.", "content": {JSON: {"schema": error}}});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Ringback, the native API", "version": env!("CARGO_PKG_VERSION")},
        "security": [{"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": types.take_definitions(true),
            "responses": {"Error": error},
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    })
}

fn operation(route: &NativeRoute, types: &mut SchemaGenerator) -> Value {
    let shape = shape(route.operation, types);
    let mut parameters = path_parameters(route.path);
    parameters.extend(shape.query.iter().flat_map(query_parameters));
    let answer = json!({"description": "What was asked for.", "content": content(&shape.answer)});
    let success = match route.operation {
        NativeOperation::SimulateCall
        | NativeOperation::SimulateMessage
        | NativeOperation::SetScenario => "201",
        _ => "200",
    };
    let mut responses = json!({success: answer});
    for status in refusals(route, &shape) {
        responses[status] = json!({"$ref": "#/components/responses/Error"});
    }
    if route.operation == NativeOperation::ReportChanges {
        responses["207"] = json!({
            "description": "Some reports were refused, or the request ended early.",
            "content": content(&shape.answer),
        });
    }
    let mut operation = json!({
        "operationId": format!("{:?}", route.operation),
        "summary": route.summary,
        "parameters": parameters,
        "responses": responses,
    });
    if !shape.body.is_empty() {
        // Every parameter of a replay can be left out, and so can all of them.
        let required = route.operation != NativeOperation::Replay;
        operation["requestBody"] = json!({"content": content(&shape.body), "required": required});
    }
    operation
}

/// Whether what is asked of the simulated network can be what cannot happen there.
const fn simulates(operation: NativeOperation) -> bool {
    matches!(
        operation,
        NativeOperation::SimulateCall
            | NativeOperation::SimulateMessage
            | NativeOperation::DriveRegistry
            | NativeOperation::SetScenario
    )
}

/// The statuses by which a route says what is wrong.
fn refusals(route: &NativeRoute, shape: &Shape) -> Vec<&'static str> {
    let named = route.path.contains('{');
    let (asked, given) = (shape.query.is_some(), !shape.body.is_empty());
    let of = [
        (true, "401"),
        (true, "405"),
        (true, "503"),
        (asked || given, "400"),
        // A list or a replay can be of one resource.
        (named || asked || given, "404"),
        (simulates(route.operation), "409"),
        (given, "415"),
        (given, "422"),
    ];
    let met = of.into_iter().filter(|(met, _)| *met);
    met.map(|(_, status)| status).collect()
}

fn content(types: &[(&'static str, Schema)]) -> Value {
    let types = types.iter();
    let types = types.map(|(name, schema)| ((*name).to_owned(), json!({"schema": schema})));
    Value::Object(types.collect())
}

fn path_parameters(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name| {
        let schema = json!({"type": "string"});
        json!({"name": name, "in": "path", "required": true, "schema": schema})
    };
    names.map(parameter).collect()
}

fn query_parameters(schema: &Schema) -> Vec<Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let parameter = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema
            .as_object_mut()
            .and_then(|it| it.remove("description"));
        let schema = never_null(schema);
        json!({"name": name, "in": "query", "description": description, "schema": schema})
    };
    properties.into_iter().flatten().map(parameter).collect()
}

/// The schema of something that is left out where nothing is said: a query has no null.
fn never_null(mut schema: Value) -> Value {
    let is_null = |it: &Value| *it == "null" || it["type"] == "null";
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|it| !is_null(it));
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|it| !is_null(it));
    }
    schema
}
