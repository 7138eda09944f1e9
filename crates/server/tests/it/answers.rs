//! Snapshots of what clients see, ids and times filtered.

use std::fmt::Write as _;

use ringback_domain::call::CallStatus;
use ringback_domain::message::MessageStatus;
use ringback_testing::test_engine::PROJECT;
use serde_json::Value;

use crate::client::{Answer, Request};
use crate::harness::{CALL, MESSAGE, Server};

/// Status, the headers that mean something, and the body, without what differs each time.
fn shown(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status);
    let telling = ["allow", "content-type", "retry-after", "www-authenticate"];
    for (name, value) in answer
        .headers
        .iter()
        .filter(|(it, _)| telling.contains(&it.as_str()))
    {
        writeln!(text, "{name}: {value}").unwrap();
    }
    if !answer.body.is_empty() {
        let mut json = answer.json();
        filter(&mut json);
        writeln!(text, "\n{}", serde_json::to_string_pretty(&json).unwrap()).unwrap();
    }
    text
}

/// Puts `<sid>` and `<date>` in the place of what differs each time.
fn filter(json: &mut Value) {
    match json {
        Value::String(text) => *text = filtered(text),
        Value::Array(items) => items.iter_mut().for_each(filter),
        Value::Object(fields) => fields.values_mut().for_each(filter),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn filtered(text: &str) -> String {
    const UUID: usize = 36;
    if text.len() == "Thu, 20 Aug 2026 10:15:00 +0000".len() && text.ends_with(" +0000") {
        return "<date>".to_owned();
    }
    let mut text = text.replace(&PROJECT.to_string(), "<project>");
    let is_uuid = |part: &str| part.parse::<ringback_domain::id::Sid>().is_ok();
    let starts = 0..text.len();
    let found = starts
        .filter_map(|at| text.get(at..at + UUID))
        .find(|part| is_uuid(part));
    if let Some(sid) = found.map(str::to_owned) {
        text = text.replace(&sid, "<sid>");
    }
    text
}

macro_rules! snapshot {
    ($name:literal, $answer:expr) => {
        insta::assert_snapshot!($name, shown(&$answer))
    };
}

#[tokio::test]
async fn messages_look_as_documented() {
    let server = Server::start().await;
    let media = "&MediaUrl=http%3A%2F%2Fapp.example%2Fa.png";
    let created = server.post("/Messages", &format!("{MESSAGE}{media}")).await;
    snapshot!("message_created", created);
    let sid = created.json()["sid"].as_str().unwrap().parse().unwrap();
    server.message_is(sid, MessageStatus::Sent).await;
    snapshot!(
        "message_fetched",
        server.get(&format!("/Messages/{sid}")).await
    );
    let query = "/Messages?PageSize=1&From=%2B15550100001&DateSent%3E=2026-08-20";
    snapshot!("message_list", server.get(query).await);
    snapshot!(
        "message_redacted",
        server.post(&format!("/Messages/{sid}"), "Body=").await
    );
    snapshot!(
        "message_deleted",
        server.delete(&format!("/Messages/{sid}")).await
    );
    snapshot!(
        "message_gone",
        server.get(&format!("/Messages/{sid}")).await
    );
}

#[tokio::test]
async fn calls_look_as_documented() {
    let server = Server::start().await;
    let created = server.post("/Calls", CALL).await;
    snapshot!("call_created", created);
    let sid = created.json()["sid"].as_str().unwrap().parse().unwrap();
    server.call_is(sid, CallStatus::InProgress).await;
    snapshot!("call_fetched", server.get(&format!("/Calls/{sid}")).await);
    snapshot!(
        "call_list",
        server.get("/Calls?Status=in-progress&PageSize=2").await
    );
    snapshot!(
        "call_canceled_late",
        server
            .post(&format!("/Calls/{sid}"), "Status=canceled")
            .await
    );
    snapshot!(
        "call_deleted_early",
        server.delete(&format!("/Calls/{sid}")).await
    );
    snapshot!(
        "call_completed",
        server
            .post(&format!("/Calls/{sid}"), "Status=completed")
            .await
    );
    let url = "Url=http%3A%2F%2Fapp.example%2Fother";
    snapshot!(
        "call_changed_late",
        server.post(&format!("/Calls/{sid}"), url).await
    );
    snapshot!(
        "call_deleted",
        server.delete(&format!("/Calls/{sid}")).await
    );
    snapshot!("call_gone", server.get(&format!("/Calls/{sid}")).await);
}

#[tokio::test]
async fn errors_are_always_json() {
    let server = Server::start().await;
    snapshot!("account", server.get("").await);
    let to = server
        .post("/Messages", "To=5550100002&From=%2B15550100001&Body=x")
        .await;
    snapshot!("error_parameter", to);
    let no_url = server
        .post("/Calls", "To=%2B15550100002&From=%2B15550100001")
        .await;
    snapshot!("error_call_without_document", no_url);
    let anonymous = server
        .ask("GET", "/Calls")
        .without("Authorization")
        .send(server.at)
        .await;
    snapshot!("error_no_credentials", anonymous);
    let wrong = server.ask("GET", "/Calls").without("Authorization");
    let wrong = wrong
        .by(&PROJECT.to_string(), "wrong")
        .send(server.at)
        .await;
    snapshot!("error_wrong_credentials", wrong);
    snapshot!("error_unknown_path", server.get("/Nothing").await);
    let foreign = "/2010-04-01/Accounts/9b1d2c3e-0000-4000-8000-00000000ac02.json";
    let foreign = Request::new("GET", foreign).by(&PROJECT.to_string(), "token-one");
    snapshot!("error_foreign_account", foreign.send(server.at).await);
    snapshot!(
        "error_method",
        server.ask("PUT", "/Calls").send(server.at).await
    );
    let json = server
        .ask("POST", "/Calls")
        .header("Content-Type", "application/json");
    snapshot!("error_media_type", json.body(b"{}").send(server.at).await);
    let large = format!("Body={}", "x".repeat(1 << 20));
    snapshot!("error_too_large", server.post("/Messages", &large).await);
    snapshot!("error_not_utf8", server.post("/Messages", "Body=%FF").await);
    snapshot!("error_page", server.get("/Calls?Page=1").await);
    let host = server
        .ask("GET", "/Calls")
        .without("Host")
        .header("Host", "evil.example");
    snapshot!("error_host", host.send(server.at).await);
    let page = server
        .ask("GET", "/Calls")
        .header("Sec-Fetch-Site", "cross-site");
    snapshot!("error_cross_site", page.send(server.at).await);
    let deep = server
        .ask("POST", "/Messages")
        .form(MESSAGE)
        .header("Ringback-Depth", "6");
    snapshot!("error_too_deep", deep.send(server.at).await);
}
