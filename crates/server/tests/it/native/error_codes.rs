//! Error codes are listed, searched and explained, and explained wherever they are shown.

use std::sync::Arc;
use std::sync::atomic::AtomicU16;
use std::time::Duration;

use ringback_domain::errors::entries;
use serde_json::{Value, json};

use super::deliveries::answering;
use crate::harness::Server;

fn codes(page: &Value) -> Vec<&str> {
    let errors = page["errors"].as_array().unwrap().iter();
    errors.map(|it| it["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn every_code_is_listed_once_page_by_page() {
    let server = Server::start().await;
    let mut listed: Vec<String> = Vec::new();
    let mut path = "/errors?limit=150".to_owned();
    loop {
        let page = server.look(&path).await;
        listed.extend(codes(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/errors?limit=150&cursor={next}");
    }
    let all: Vec<&str> = entries().iter().map(|it| it.code.as_str()).collect();
    assert_eq!(listed, all);
    let beyond = server.look("/errors?cursor=100000").await;
    assert_eq!(beyond, json!({"errors": []}));
}

#[tokio::test]
async fn a_search_answers_with_the_best_first_and_filters_are_held_to() {
    let server = Server::start().await;
    let page = server.look("/errors?q=HANDSET+unreachable").await;
    assert_eq!(codes(&page)[0], "unreachable_destination_handset");
    assert_eq!(codes(&page)[1], "30003");
    let page = server
        .look("/errors?fault=carrier&retry=later&kind=message")
        .await;
    assert!(codes(&page).contains(&"30008"), "{page}");
    for it in page["errors"].as_array().unwrap() {
        let said = (&it["fault"], &it["retry"], &it["kind"]);
        assert_eq!(
            said,
            (&json!("carrier"), &json!("later"), &json!("message"))
        );
    }
    assert_eq!(
        server.look("/errors?q=elephant").await,
        json!({"errors": []})
    );
}

#[tokio::test]
async fn a_code_is_explained_with_what_both_providers_mean() {
    let server = Server::start().await;
    let shown = server.look("/errors/30001").await;
    let expected = json!({
        "code": "30001",
        "kind": "message",
        "level": "error",
        "meaning": "validity period ran out while queued",
        "signalwire": "the validity period ran out while the message was queued",
        "twilio": "the queue of the sender overflowed",
        "fault": "sender",
        "retry": "later",
        "remedy": "send more slowly, or raise ValidityPeriod (14400 s, if nothing is said)",
        "seen_in": ["callback"],
        "source": ["compat error codes", "messaging troubleshooting (old)"],
    });
    assert_eq!(shown, expected);
    let word = server.look("/errors/url_is_unsafe").await;
    assert_eq!(word["fault"], "application");
}

#[tokio::test]
async fn a_code_is_explained_wherever_it_is_shown() {
    let server = answering(&Arc::new(AtomicU16::new(410))).await;
    server
        .change(json!({
            "kind": "message", "external_id": "a", "status": "undelivered",
            "fields": {"ErrorCode": "30003"}, "status_callback": "http://app.example/status",
        }))
        .await;
    server.engine.settled(Duration::from_secs(5)).await;
    let timeline = server.look("/resources/a/timeline").await;
    let entries = timeline["entries"].as_array().unwrap();
    let change = &entries[0];
    assert_eq!(change["error_code"], "30003");
    check(change, ["recipient", "later"]);
    let attempt = entries.last().unwrap();
    assert_eq!(attempt["code"], "11217");
    check(attempt, ["application", "later"]);

    let listed = server.look("/callbacks").await;
    let id = listed["callbacks"][0]["id"].as_str().unwrap();
    let callback = server.look(&format!("/callbacks/{id}")).await;
    check(&callback["attempted"][0], ["application", "later"]);
    let explained = server.look(&format!("/callbacks/{id}/explain")).await;
    check(&explained["last_failure"], ["application", "later"]);
    let why = explained["why"].to_string();
    assert!(why.contains("fault: application, retry: later"), "{why}");

    #[track_caller]
    fn check(shown: &Value, [fault, retry]: [&str; 2]) {
        assert_eq!(
            (&shown["fault"], &shown["retry"]),
            (&json!(fault), &json!(retry)),
            "{shown}"
        );
        assert!(
            shown["meaning"].is_string() && shown["remedy"].is_string(),
            "{shown}"
        );
    }
}
