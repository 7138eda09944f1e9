//! The native API, route by route.
//!
//! The cases are a match over [`NativeOperation`], so that a new route does not compile
//! without.

mod changes;
mod deliveries;
mod error_codes;
mod streams;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use ringback_networks::{NoNetwork, Simulated, SimulatedConfig};
use ringback_server::{NATIVE_ROUTES, NativeOperation, NativeRoute};
use ringback_testing::test_engine::{PROJECT, Setup};
use ringback_wire::callback_type::CALLBACK_TYPES;
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::harness::Server;

const UNKNOWN: &str = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";

/// A request of the native API with a bearer token.
fn native(method: &str, path: &str) -> Request {
    let request = Request::new(method, &format!("/v1{path}"));
    request.header("Authorization", "Bearer token-one")
}

impl Server {
    /// A request of the native API with a bearer token.
    async fn look(&self, path: &str) -> Value {
        let answer = native("GET", path).send(self.at).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    async fn lines(&self, lines: &str) -> Answer {
        let request = native("POST", "/changes");
        let request = request.header("Content-Type", "application/x-ndjson");
        request.body(lines.as_bytes()).send(self.at).await
    }

    async fn change(&self, report: Value) -> Value {
        self.lines(&report.to_string()).await.json()
    }

    /// A message that is told to a receiver, delivered; its callback's id.
    async fn delivered_callback(&self) -> String {
        let report = json!({
            "kind": "message", "external_id": "m-1", "status": "sent",
            "status_callback": "http://app.example/status",
        });
        // A repeat, if a test asks twice.
        assert_eq!(self.change(report).await["refused"], 0);
        self.engine.settled(Duration::from_secs(5)).await;
        let listed = self.look("/callbacks").await;
        listed["callbacks"][0]["id"].as_str().unwrap().to_owned()
    }
}

/// The path and the body of a good request.
async fn good(server: &Server, operation: NativeOperation) -> (String, &'static str) {
    let id = server.delivered_callback().await;
    match operation {
        NativeOperation::ReportChanges => (
            "/changes".to_owned(),
            r#"{"kind":"message","external_id":"m-2","status":"queued"}"#,
        ),
        NativeOperation::ListCallbacks => ("/callbacks?state=delivered&limit=5".to_owned(), ""),
        NativeOperation::FetchCallback => (format!("/callbacks/{id}"), ""),
        NativeOperation::RetryCallback => (format!("/callbacks/{id}/retry"), ""),
        NativeOperation::ExplainCallback => (format!("/callbacks/{id}/explain"), ""),
        NativeOperation::Replay => ("/replay".to_owned(), r#"{"dry_run":true}"#),
        NativeOperation::FetchTimeline => ("/resources/m-1/timeline".to_owned(), ""),
        NativeOperation::Watch => ("/stream".to_owned(), ""),
        NativeOperation::ListCallbackTypes => ("/callback-types".to_owned(), ""),
        NativeOperation::ListErrors => ("/errors?q=carrier&retry=later&limit=5".to_owned(), ""),
        NativeOperation::FetchError => ("/errors/30003".to_owned(), ""),
        NativeOperation::SimulateCall => (
            "/simulate/inbound-call".to_owned(),
            r#"{"from":"+15550100002","to":"+15550100001","scenario":{"digits":["1"]}}"#,
        ),
        NativeOperation::SimulateMessage => (
            "/simulate/inbound-message".to_owned(),
            r#"{"from":"12345","to":"+15550100001","body":"hi","scenario":{"arrives_after_s":1}}"#,
        ),
        NativeOperation::DriveRegistry => {
            let report = json!({"kind": "brand", "external_id": "b-1", "status": "pending"});
            server.change(report).await;
            (
                "/simulate/registry".to_owned(),
                r#"{"sid":"b-1","state":"completed","kind":"brand"}"#,
            )
        }
        NativeOperation::ListNumbers => ("/simulate/numbers".to_owned(), ""),
        NativeOperation::ListScenarios => ("/simulate/scenarios".to_owned(), ""),
        NativeOperation::SetScenario => (
            "/simulate/scenarios".to_owned(),
            r#"{"name":"mine","like":"busy","next":3,"match":{"to":"+1555*"}}"#,
        ),
        NativeOperation::FetchScenario | NativeOperation::RemoveScenario => {
            let set = native("POST", "/simulate/scenarios").body(b"name = 'mine'\n[call]");
            let set = set.header("Content-Type", "application/toml");
            assert_eq!(set.send(server.at).await.status, 201);
            ("/simulate/scenarios/mine".to_owned(), "")
        }
        NativeOperation::Describe => ("/openapi.json".to_owned(), ""),
    }
}

/// Bad requests, each with its status and code.
fn bad(operation: NativeOperation) -> Vec<(&'static str, &'static str, u16, &'static str)> {
    match operation {
        NativeOperation::ReportChanges => vec![
            ("/changes?results=some", "{}", 400, "bad_parameter"),
            ("/changes?colour=red", "{}", 400, "bad_parameter"),
        ],
        NativeOperation::ListCallbacks => bad_lists(),
        NativeOperation::FetchCallback => vec![
            (
                "/callbacks/0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01",
                "",
                404,
                "not_found",
            ),
            ("/callbacks/nonsense", "", 404, "not_found"),
        ],
        NativeOperation::RetryCallback => vec![("/callbacks/nonsense/retry", "", 404, "not_found")],
        NativeOperation::ExplainCallback => {
            vec![("/callbacks/nonsense/explain", "", 404, "not_found")]
        }
        NativeOperation::Replay => vec![
            ("/replay", r#"{"state":"pending"}"#, 400, "bad_parameter"),
            ("/replay", r#"{"rate":0}"#, 400, "bad_parameter"),
            ("/replay", r#"{"colour":"red"}"#, 400, "bad_parameter"),
            ("/replay", "nonsense", 400, "bad_parameter"),
        ],
        NativeOperation::FetchTimeline => vec![
            (
                "/resources/0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01/timeline",
                "",
                404,
                "not_found",
            ),
            ("/resources/nonsense/timeline", "", 404, "not_found"),
        ],
        NativeOperation::ListErrors => vec![
            ("/errors?fault=somebody", "", 400, "bad_parameter"),
            ("/errors?retry=perhaps", "", 400, "bad_parameter"),
            ("/errors?kind=fax", "", 400, "bad_parameter"),
            ("/errors?cursor=x", "", 400, "bad_parameter"),
            ("/errors?limit=1001", "", 400, "bad_parameter"),
            ("/errors?text=x", "", 400, "bad_parameter"),
        ],
        NativeOperation::FetchError => vec![
            ("/errors/99999", "", 404, "not_found"),
            ("/errors/handset", "", 404, "not_found"),
        ],
        NativeOperation::SimulateCall => of_inbound_calls(),
        NativeOperation::SimulateMessage => of_simulation(
            "/simulate/inbound-message",
            &[
                r#"{"from":"+15550100002","to":"+15550100001"}"#,
                r#"{"from":"sip:a@b","to":"+15550100001","body":"x"}"#,
                r#"{"from":"+15550100002","to":"12345","body":"x"}"#,
                r#"{"from":"+15550100002","to":"+15550100001","media":["x"]}"#,
                r#"{"from":"12345","to":"+15550100001","body":"x","scenario":{"replies":{"x":1}}}"#,
                r#"{"from":"12345","to":"+15550100001","body":"x","scenario":{"arrives_after_s":86401}}"#,
            ],
        ),
        NativeOperation::DriveRegistry => vec![
            (
                "/simulate/registry",
                r#"{"sid":"nobody","state":"completed"}"#,
                404,
                "not_found",
            ),
            ("/simulate/registry", r#"{"sid":"x"}"#, 400, "bad_parameter"),
            (
                "/simulate/registry",
                r#"{"sid":"x","state":"active","colour":"red"}"#,
                400,
                "bad_parameter",
            ),
        ],
        NativeOperation::SetScenario => bad_scenarios(),
        NativeOperation::FetchScenario | NativeOperation::RemoveScenario => {
            vec![("/simulate/scenarios/nonsense", "", 404, "not_found")]
        }
        NativeOperation::Watch
        | NativeOperation::ListCallbackTypes
        | NativeOperation::ListNumbers
        | NativeOperation::ListScenarios
        | NativeOperation::Describe => {
            vec![]
        }
    }
}

/// Lists of callbacks that nobody can be given.
fn bad_lists() -> Vec<(&'static str, &'static str, u16, &'static str)> {
    vec![
        ("/callbacks?state=nonsense", "", 400, "bad_parameter"),
        ("/callbacks?limit=0", "", 400, "bad_parameter"),
        ("/callbacks?from=yesterday", "", 400, "bad_parameter"),
        ("/callbacks?cursor=x", "", 400, "bad_parameter"),
        ("/callbacks?destination=x", "", 400, "bad_parameter"),
        (
            "/callbacks?state=failed&state=failed",
            "",
            400,
            "bad_parameter",
        ),
        ("/callbacks?resource=unknown", "", 404, "not_found"),
    ]
}

/// Bodies that are no scenarios, or none that can happen.
fn bad_scenarios() -> Vec<(&'static str, &'static str, u16, &'static str)> {
    vec![
        ("/simulate/scenarios", "{}", 409, "impossible_scenario"),
        ("/simulate/scenarios", "", 415, "unsupported_media_type"),
        ("/simulate/scenarios", r#"{"cal":{}}"#, 400, "bad_scenario"),
        (
            "/simulate/scenarios",
            r#"{"call":{"answer":"humann"}}"#,
            400,
            "bad_scenario",
        ),
        (
            "/simulate/scenarios",
            r#"{"like":"inbound-call","begin":{"from":"x","to":"+15550100001"}}"#,
            409,
            "impossible_scenario",
        ),
    ]
}

/// Bodies that no call comes in by, and one by which it cannot.
fn of_inbound_calls() -> Vec<(&'static str, &'static str, u16, &'static str)> {
    const PATH: &str = "/simulate/inbound-call";
    let mut cases = of_simulation(
        PATH,
        &[
            "{}",
            r#"{"from":"x","to":"+15550100001"}"#,
            r#"{"from":"sip:a@b","to":"sip:c@d"}"#,
            r#"{"from":"sip:a@b","to":"+15550100001","scenario":{"digit":["1"]}}"#,
            r#"{"from":"sip:a@b","to":"+15550100001","scenario":["human"]}"#,
        ],
    );
    let keys = r#"{"from":"sip:a@b","to":"+15550100001","scenario":{"digits":["x"]}}"#;
    cases.push((PATH, keys, 409, "impossible_scenario"));
    cases
}

/// Bodies that nothing comes in by.
fn of_simulation(
    path: &'static str,
    bodies: &[&'static str],
) -> Vec<(&'static str, &'static str, u16, &'static str)> {
    let bodies = bodies.iter();
    bodies
        .map(|body| (path, *body, 400, "bad_parameter"))
        .collect()
}

/// What a good request is answered with.
fn success(operation: NativeOperation) -> u16 {
    match operation {
        NativeOperation::SimulateCall
        | NativeOperation::SimulateMessage
        | NativeOperation::SetScenario => 201,
        _ => 200,
    }
}

fn request(route: &NativeRoute, path: &str, body: &str) -> Request {
    let request = native(route.method.as_str(), path);
    if body.is_empty() {
        return request;
    }
    request
        .header("Content-Type", "application/json")
        .body(body.as_bytes())
}

/// All but the one whose answer has no end.
fn ending() -> impl Iterator<Item = &'static NativeRoute> {
    NATIVE_ROUTES
        .iter()
        .filter(|route| route.operation != NativeOperation::Watch)
}

#[tokio::test]
async fn a_good_request_is_answered_in_json() {
    for route in ending() {
        let server = Server::start().await;
        let (path, body) = good(&server, route.operation).await;
        let answer = request(route, &path, body).send(server.at).await;
        let expected = success(route.operation);
        assert_eq!(answer.status, expected, "{path}: {}", answer.body);
        assert!(answer.json().is_object(), "{path}");
    }
}

#[tokio::test]
async fn a_bad_request_is_refused_with_code_message_and_hint() {
    let server = Server::start().await;
    for route in NATIVE_ROUTES {
        for (path, body, status, code) in bad(route.operation) {
            let answer = request(route, path, body).send(server.at).await;
            refused(&answer, status, code);
        }
    }
    let answer = native("GET", "/nonsense").send(server.at).await;
    refused(&answer, 404, "not_found");
}

#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let json = answer.json();
    assert_eq!(json["code"], code, "{json}");
    for key in ["message", "hint", "fault", "retry"] {
        assert!(
            json[key].as_str().is_some_and(|text| !text.is_empty()),
            "{json}"
        );
    }
}

#[tokio::test]
async fn who_is_not_known_is_challenged_and_basic_does_as_well_as_bearer() {
    let server = Server::start().await;
    for route in NATIVE_ROUTES {
        let (path, body) = good(&server, route.operation).await;
        let plain = request(route, &path, body).without("Authorization");
        for wrong in [
            plain.clone(),
            plain.clone().header("Authorization", "Bearer token-on"),
            plain.clone().header("Authorization", "Bearer "),
            plain.clone().by(&PROJECT.to_string(), "token-two"),
        ] {
            let answer = wrong.send(server.at).await;
            refused(&answer, 401, "unauthorized");
            assert!(
                answer
                    .header("www-authenticate")
                    .unwrap()
                    .contains("Bearer")
            );
        }
        if route.operation != NativeOperation::Watch {
            let basic = plain.by(&PROJECT.to_string(), "token-one");
            let answer = basic.send(server.at).await;
            assert_eq!(answer.status, success(route.operation), "{path}");
        }
    }
}

#[tokio::test]
async fn nothing_of_another_project_is_seen() {
    let server = Server::start().await;
    // What a code means is nobody's own.
    let of_projects = ending().filter(|route| route.operation != NativeOperation::FetchError);
    for route in of_projects.filter(|route| route.path.contains('{')) {
        let (path, body) = good(&server, route.operation).await;
        let other = request(route, &path, body).without("Authorization");
        let other = other.header("Authorization", "Bearer token-two");
        refused(&other.send(server.at).await, 404, "not_found");
    }
    let other = native("GET", "/callbacks").without("Authorization");
    let other = other
        .header("Authorization", "Bearer token-two")
        .send(server.at)
        .await;
    assert_eq!(other.json()["callbacks"], json!([]));
}

#[tokio::test]
async fn a_method_that_a_path_does_not_know_is_refused_with_those_it_knows() {
    let server = Server::start().await;
    let mut methods: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for route in NATIVE_ROUTES {
        let known = methods.entry(route.path).or_default();
        known.insert(route.method.as_str());
        if route.method == "GET" {
            known.insert("HEAD");
        }
    }
    for (template, known) in methods {
        let path = template.replace("{id}", UNKNOWN).replace("{sid}", UNKNOWN);
        for method in ["GET", "POST", "PUT", "DELETE"] {
            if known.contains(method) {
                continue;
            }
            let answer = native(method, &path).send(server.at).await;
            refused(&answer, 405, "method_not_allowed");
            let allow = answer.header("allow").unwrap().split(',');
            assert_eq!(
                allow.map(str::trim).collect::<BTreeSet<_>>(),
                known,
                "{path}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_registered_is_driven_where_it_can_come() {
    let setup = Setup {
        network: Arc::new(Simulated::new(SimulatedConfig::default())),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    let report = json!({
        "kind": "brand", "external_id": "b-1", "status": "pending",
        "status_callback": "http://app.example/10dlc",
    });
    let sid = server.change(report).await["sid"].clone();
    let drive = async |asked: Value| {
        let request = native("POST", "/simulate/registry").body(asked.to_string().as_bytes());
        let request = request.header("Content-Type", "application/json");
        request.send(server.at).await
    };
    for state in ["unverified", "completed"] {
        let answer = drive(json!({"sid": "b-1", "state": state, "kind": "brand"})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let brand = server.look("/resources/b-1/timeline").await;
        assert_eq!(brand["status"], state);
        let expected = json!({"sid": brand["sid"], "kind": "brand", "state": state});
        assert_eq!(answer.json(), expected, "{sid}");
    }
    let answer = drive(json!({"sid": "b-1", "state": "unverified"})).await;
    refused(&answer, 409, "wrong_state");
    let message = answer.json()["message"].to_string();
    assert!(message.contains("nothing follows it"), "{message}");
    for (asked, expected) in [
        (json!({"sid": "b-1", "state": "active"}), "no brand knows"),
        (
            json!({"sid": "b-1", "state": "completed", "kind": "campaign"}),
            "that of a brand",
        ),
    ] {
        let answer = drive(asked).await;
        refused(&answer, 409, "wrong_state");
        assert!(answer.body.contains(expected), "{}", answer.body);
    }
    server.engine.settled(Duration::from_secs(5)).await;
    assert_eq!(server.engine.seen().len(), 2);
}

#[tokio::test]
async fn a_scenario_is_set_shown_followed_and_taken_away() {
    let setup = Setup {
        network: Arc::new(Simulated::new(SimulatedConfig::default())),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    let set = native("POST", "/simulate/scenarios")
        .header("Content-Type", "application/toml; charset=utf-8")
        .body(b"like = 'busy'\nnext = 2\nmatch = { to = '+1555*' }");
    let answer = set.send(server.at).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let shown = server.look("/simulate/scenarios/busy").await;
    assert_eq!(shown, answer.json());
    assert_eq!(
        (&shown["kind"], &shown["left"]),
        (&json!("call"), &json!(2))
    );
    assert_eq!(shown["scenario"]["match"]["to"], "+1555*");
    let listed = server.look("/simulate/scenarios").await;
    assert_eq!(listed["set"], json!([shown]));
    assert!(listed["shipped"].as_array().unwrap().len() > 25);
    let removed = native("DELETE", "/simulate/scenarios/busy")
        .send(server.at)
        .await;
    assert_eq!((removed.status, removed.json()), (200, shown));
    // The shipped one of the name is still there; it cannot be taken away.
    let shipped = server.look("/simulate/scenarios/busy").await;
    assert_eq!(shipped["set_at"], Value::Null);
    let again = native("DELETE", "/simulate/scenarios/busy")
        .send(server.at)
        .await;
    refused(&again, 404, "not_found");
}

#[tokio::test]
async fn a_scenario_that_begins_something_makes_it_come_in() {
    let setup = Setup {
        network: Arc::new(Simulated::new(SimulatedConfig::default())),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    for (like, status) in [("inbound-call", "failed"), ("inbound-message", "received")] {
        let text = format!("like = '{like}'");
        let set = native("POST", "/simulate/scenarios").body(text.as_bytes());
        let answer = set.header("Content-Type", "application/toml");
        let answer = answer.send(server.at).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let sid = answer.json()["sid"].as_str().unwrap().to_owned();
        tokio::time::timeout(Duration::from_secs(60), async {
            let path = format!("/resources/{sid}/timeline");
            // Nobody answers the call: its number has no document.
            while server.look(&path).await["status"] != status {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        })
        .await
        .expect("it comes in");
    }
    let listed = server.look("/simulate/scenarios").await;
    assert_eq!(listed["set"], json!([]));
}

#[tokio::test]
async fn no_scenario_is_set_where_nothing_is_simulated() {
    let setup = Setup {
        network: Arc::new(NoNetwork),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    let set = native("POST", "/simulate/scenarios").body(b"[call]");
    let answer = set.header("Content-Type", "application/toml");
    let answer = answer.send(server.at).await;
    refused(&answer, 422, "refused");
}

#[tokio::test]
async fn nothing_is_driven_where_nothing_is_simulated() {
    let setup = Setup {
        network: Arc::new(NoNetwork),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    server
        .change(json!({"kind": "brand", "external_id": "b-1", "status": "pending"}))
        .await;
    let asked = json!({"sid": "b-1", "state": "completed"}).to_string();
    let request = native("POST", "/simulate/registry").body(asked.as_bytes());
    let request = request.header("Content-Type", "application/json");
    let answer = request.send(server.at).await;
    refused(&answer, 409, "wrong_state");
    assert!(answer.body.contains("network.kind"), "{}", answer.body);
}

#[tokio::test]
async fn the_types_of_callbacks_are_listed_with_every_parameter_and_a_sample() {
    let server = Server::start().await;
    let listed = server.look("/callback-types").await;
    let types = listed["types"].as_array().unwrap();
    assert_eq!(types.len(), CALLBACK_TYPES.len());
    for (json, own) in types.iter().zip(CALLBACK_TYPES) {
        assert_eq!(json["name"], own.name);
        let parameters = json["parameters"].as_array().unwrap();
        assert_eq!(parameters.len(), own.parameters.len());
        for parameter in parameters {
            assert!(parameter["type"].is_string(), "{parameter}");
            assert!(parameter["when"].get("signalwire-strict").is_some());
        }
        let first = own.parameters[0].name;
        assert!(json["sample"]["body"].as_str().unwrap().contains(first));
    }
}

#[tokio::test]
async fn the_description_has_every_route_and_every_type_that_it_names() {
    let server = Server::start().await;
    let document = server.look("/openapi.json").await;
    assert_eq!(document["openapi"], "3.1.0");
    for route in NATIVE_ROUTES {
        let method = route.method.as_str().to_lowercase();
        let operation = &document["paths"][format!("/v1{}", route.path)][method];
        assert_eq!(operation["summary"], route.summary);
        let names = operation["parameters"].as_array().unwrap().iter();
        let in_path = names.filter(|it| it["in"] == "path").count();
        assert_eq!(in_path, route.path.matches('{').count(), "{}", route.path);
        let in_query = operation["parameters"].as_array().unwrap().iter();
        for parameter in in_query.filter(|it| it["in"] == "query") {
            let shown = parameter["schema"].to_string();
            assert!(!shown.contains(r#""null""#), "a query has no null: {shown}");
        }
        for (path, body, status, code) in bad(route.operation) {
            let told = &operation["responses"][status.to_string()];
            assert!(
                told.is_object(),
                "{path} {body}: {status} {code} is not said"
            );
        }
        assert!(operation["responses"]["401"].is_object(), "{}", route.path);
    }
    let report = &document["components"]["schemas"]["Report"]["properties"];
    for key in [
        "kind",
        "sid",
        "external_id",
        "event_id",
        "occurred_at",
        "fields",
    ] {
        assert!(report[key]["description"].is_string(), "{key}: {report}");
    }
    let text = document.to_string();
    for reference in text.split(r##""$ref":"#"##).skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{pointer} leads nowhere"
        );
    }
}

#[tokio::test]
async fn nothing_comes_in_where_there_is_no_simulated_network() {
    let setup = Setup {
        network: Arc::new(NoNetwork),
        ..Setup::default()
    };
    let server = Server::with(setup).await;
    for (path, body) in [
        (
            "/simulate/inbound-call",
            r#"{"from":"+15550100002","to":"+15550100001"}"#,
        ),
        (
            "/simulate/inbound-message",
            r#"{"from":"+15550100002","to":"+15550100001","body":"x"}"#,
        ),
    ] {
        let request = native("POST", path).header("Content-Type", "application/json");
        let answer = request.body(body.as_bytes()).send(server.at).await;
        refused(&answer, 422, "refused");
        assert!(answer.body.contains("network.kind"), "{}", answer.body);
    }
}
