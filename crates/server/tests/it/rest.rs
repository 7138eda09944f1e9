//! SignalWire's JSON APIs, route by route: good and bad requests, and another project's.
//!
//! The cases are a match over [`RestOperation`], so that a new route does not compile without.

use std::time::Duration;

use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_domain::project::{Dialect, Settings};
use ringback_server::{REST_ROUTES, RestOperation, RestRoute};
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, Setup};
use serde_json::{Value, json};

use crate::client::{Answer, Request};
use crate::harness::{MESSAGE, Server, credentials};

const UNKNOWN: &str = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";
const NEW: &str = r#"{"to":"+15550100002","from":"+15550100001","body":"hello"}"#;

/// A good body, and the status that it is answered with.
fn good(operation: RestOperation) -> (&'static str, u16) {
    match operation {
        RestOperation::CreateMessage => (NEW, 201),
        RestOperation::RedactMessage => (r#"{"body":""}"#, 200),
        RestOperation::UpdateNumber => (r#"{"call_status_callback_url":"http://a/"}"#, 200),
    }
}

/// Bad bodies, each with the word and the attribute of its fault.
fn bad(operation: RestOperation) -> Vec<(&'static str, &'static str, &'static str)> {
    match operation {
        RestOperation::CreateMessage => vec![
            (
                r#"{"from":"+15550100001","body":"x"}"#,
                "missing_required_parameter",
                "to",
            ),
            (
                r#"{"to":"+15550100002","from":"+15550100001"}"#,
                "body_or_media_required",
                "body",
            ),
            (
                r#"{"to":"+15550100002","from":"+15550100001","body":"x","status_callback":"x"}"#,
                "not_an_http_url",
                "status_callback",
            ),
            (
                r#"{"to":"+15550100002","from":"+15550100001","body":"x","status_callback":"http://10.0.0.1/"}"#,
                "not_an_http_url",
                "status_callback",
            ),
        ],
        RestOperation::RedactMessage => {
            vec![(r#"{"body":"other"}"#, "body_must_be_empty", "body")]
        }
        RestOperation::UpdateNumber => vec![
            (
                r#"{"call_status_callback_url":"x"}"#,
                "not_an_http_url",
                "call_status_callback_url",
            ),
            (
                r#"{"call_request_url":"http://[::1]/"}"#,
                "not_an_http_url",
                "call_request_url",
            ),
            (
                r#"{"message_fallback_url":"http://192.168.0.1/"}"#,
                "not_an_http_url",
                "message_fallback_url",
            ),
            (
                r#"{"call_laml_application_id":"0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01"}"#,
                "invalid_parameter",
                "call_laml_application_id",
            ),
        ],
    }
}

async fn request(server: &Server, route: &RestRoute) -> Request {
    let sid = match route.operation {
        RestOperation::UpdateNumber => server.number(PROJECT).await,
        RestOperation::CreateMessage | RestOperation::RedactMessage => {
            let sid = server.create("/Messages", MESSAGE).await;
            server.message_is(sid, MessageStatus::Sent).await;
            sid
        }
    };
    let path = route.path.replace("{sid}", &sid.to_string());
    Request::new(route.method.as_str(), &path)
}

fn own(request: Request) -> Request {
    let (user, token) = credentials(PROJECT);
    request.by(&user, token)
}

fn with(request: Request, body: &str) -> Request {
    let request = request.header("Content-Type", "application/json");
    request.body(body.as_bytes())
}

/// Its status, and the word and attribute of its one fault.
#[track_caller]
fn fault(answer: &Answer) -> (u16, String, String) {
    let body = answer.json();
    let [fault] = body["errors"].as_array().expect("faults").as_slice() else {
        panic!("{body}")
    };
    assert_eq!(fault["type"], "validation_error");
    let text = |name: &str| fault[name].as_str().unwrap().to_owned();
    let page = format!("https://calls.example/docs/errors/{}", text("code"));
    assert!(fault["message"].is_string(), "{fault}");
    assert_eq!(text("url"), page);
    (answer.status, text("code"), text("attribute"))
}

#[tokio::test]
async fn each_route_answers_good_and_bad_requests() {
    let server = Server::start().await;
    for route in REST_ROUTES {
        let (body, status) = good(route.operation);
        let answer = with(own(request(&server, route).await), body);
        let answer = answer.send(server.at).await;
        assert_eq!(answer.status, status, "{route:?}: {}", answer.body);
        for (body, word, attribute) in bad(route.operation) {
            let answer = with(own(request(&server, route).await), body);
            let answer = answer.send(server.at).await;
            let expected = (422, word.to_owned(), attribute.to_owned());
            assert_eq!(fault(&answer), expected, "{body}");
        }
    }
}

#[tokio::test]
async fn every_fault_leads_to_the_page_that_explains_it() {
    let server = Server::start().await;
    let create = own(Request::new("POST", "/api/messaging/messages"));
    let answer = with(create, "{}").send(server.at).await;
    let length = answer.header("content-length").unwrap();
    assert_eq!(length, answer.body.len().to_string());
    let body = answer.json();
    let faults = body["errors"].as_array().unwrap();
    assert_eq!(faults.len(), 3, "{body}");
    for fault in faults {
        let url = fault["url"].as_str().unwrap();
        let path = url.strip_prefix("https://calls.example").expect(url);
        let page = Request::new("GET", path).send(server.at).await;
        assert_eq!(page.status, 200, "{url}");
        let code = fault["code"].as_str().unwrap();
        assert!(page.body.contains(&format!("<h1>Error {code}</h1>")));
    }
}

#[tokio::test]
async fn what_is_refused_as_a_whole_says_so_in_words() {
    let server = Server::start().await;
    for route in REST_ROUTES {
        let (body, _) = good(route.operation);
        let plain = request(&server, route).await;
        let refused = |answer: &Answer| (answer.status, answer.json()["error"].clone());

        let answer = with(plain.clone(), body).send(server.at).await;
        assert_eq!(refused(&answer), (401, json!("Unauthorized")));
        assert!(answer.header("www-authenticate").is_some());

        let answer = own(plain.clone()).form("Body=").send(server.at).await;
        assert_eq!(refused(&answer), (415, json!("Unsupported Media Type")));

        for body in ["", "[]", "{"] {
            let answer = with(own(plain.clone()), body).send(server.at).await;
            assert_eq!(refused(&answer), (400, json!("Bad Request")), "{body}");
        }
        let deep = with(own(plain.clone()).header("Ringback-Depth", "6"), body);
        if route.operation == RestOperation::CreateMessage {
            assert_eq!(deep.send(server.at).await.status, 422);
        }
        let path = route.path.replace("{sid}", UNKNOWN);
        let answer = own(Request::new("DELETE", &path)).send(server.at).await;
        assert_eq!(refused(&answer), (405, json!("Method Not Allowed")));
        assert_eq!(answer.header("allow"), Some(route.method.as_str()));
    }
}

#[tokio::test]
async fn only_what_is_of_the_project_is_found() {
    let server = Server::start().await;
    let foreign = server
        .create_foreign("/Messages", MESSAGE)
        .await
        .to_string();
    let with_sid = |route: &&RestRoute| route.path.contains("{sid}");
    for route in REST_ROUTES.iter().filter(with_sid) {
        let number = server.number(OTHER_PROJECT).await.to_string();
        for sid in [foreign.as_str(), &number, UNKNOWN, "nonsense"] {
            let path = route.path.replace("{sid}", sid);
            let request = own(Request::new(route.method.as_str(), &path));
            let answer = with(request, good(route.operation).0).send(server.at).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json(), json!({"error": "Not Found"}));
        }
    }
}

#[tokio::test]
async fn a_code_of_two_meanings_is_shown_with_that_of_the_dialect() {
    check(Dialect::SignalWire, "balance too low").await;
    check(Dialect::SignalWireStrict, "balance too low").await;
    check(Dialect::Twilio, "account is suspended").await;

    async fn check(dialect: Dialect, meaning: &str) {
        let settings = Settings {
            dialect,
            ..Settings::default()
        };
        let setup = Setup {
            settings,
            ..Setup::default()
        };
        let server = Server::with(setup).await;
        let sid = server.create("/Messages", MESSAGE).await;
        let error = Some(error_code!("30002"));
        let failed = News::Message(MessageStatus::Failed, MessageFacts { error });
        let reported = server.engine.engine.report(PROJECT, sid, failed).await;
        reported.expect("it is taken");

        let path = format!("/api/messaging/messages/{sid}");
        let redact = with(own(Request::new("PATCH", &path)), r#"{"body":""}"#);
        for shown in [
            server.get(&format!("/Messages/{sid}")).await.json(),
            server.get("/Messages").await.json()["messages"][0].clone(),
            redact.send(server.at).await.json(),
        ] {
            assert_eq!(shown["error_code"], "30002");
            let told = shown["error_message"].as_str().unwrap();
            assert!(told.contains(meaning), "{dialect:?}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_message_is_made_shown_and_redacted() {
    let server = Server::start().await;
    let new = json!({
        "to": "+15550100002", "from": "+15550100001", "body": "hello",
        "media": ["https://app.example/a.png"], "custom_variables": {"order": "7"},
        "status_callback": "http://app.example/status",
    });
    let create = own(Request::new("POST", "/api/messaging/messages"));
    let made = with(create, &new.to_string()).send(server.at).await.json();
    let id = made["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "from": "+15550100001", "to": "+15550100002", "body": "hello",
        "status": "queued", "direction": "outbound", "kind": "mms",
        "media": ["https://app.example/a.png"], "number_of_segments": 1,
        "error_code": null, "error_message": null, "created_at": made["created_at"],
        "project_id": PROJECT.to_string(), "status_callback_url": "http://app.example/status",
        "message_uri": format!("/api/messaging/logs/{id}"),
    });
    assert_eq!(made, expected);
    server.engine.settled(Duration::from_secs(5)).await;

    let redact = own(Request::new(
        "PATCH",
        &format!("/api/messaging/messages/{id}"),
    ));
    let redact = with(redact, r#"{"body":""}"#);
    let early = redact.clone().send(server.at).await;
    let (status, word, attribute) = fault(&early);
    assert_eq!((status, attribute.as_str()), (422, "base"));
    assert_eq!(word, "cannot_redact_in_progress_message");
    server
        .message_is(id.parse().unwrap(), MessageStatus::Sent)
        .await;
    let redacted = redact.send(server.at).await.json();
    assert_eq!(
        (&redacted["body"], &redacted["media"]),
        (&json!(""), &json!([]))
    );
    assert_eq!(redacted["status"], "sent");

    // The compatible API shows it as any other.
    let seen = server.get(&format!("/Messages/{id}")).await.json();
    assert_eq!(seen["body"], Value::String(String::new()));
}
