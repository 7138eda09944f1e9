//! Callbacks and timelines: found, explained, sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use ringback_domain::project::{Profile, Settings};
use ringback_server::Limits;
use ringback_testing::scripted_transport::Ending;
use ringback_testing::test_engine::{Setup, TestEngine};
use serde_json::{Value, json};

use super::native;
use crate::harness::Server;

/// A server whose receiver answers with what is in the cell.
pub(super) async fn answering(status: &Arc<AtomicU16>) -> Server {
    let status = Arc::clone(status);
    let setup = Setup {
        settings: Settings {
            profile: Profile::SignalWire,
            ..Settings::default()
        },
        ..Setup::default()
    };
    let engine = TestEngine::scripted(setup, move |_| {
        (
            Duration::ZERO,
            Ending::Status(status.load(Ordering::Relaxed)),
        )
    });
    Server::over(engine.await, Limits::default())
}

fn told(name: &str, status: &str) -> Value {
    json!({
        "kind": "message", "external_id": name, "status": status,
        "event_id": format!("{name}-{status}"), "occurred_at": "2026-08-20T10:00:00Z",
        "status_callback": "http://user:secret@app.example/status",
    })
}

async fn states(server: &Server, query: &str) -> Vec<String> {
    let found = server.look(&format!("/callbacks?{query}")).await;
    let found = found["callbacks"].as_array().unwrap().iter();
    found
        .map(|it| it["state"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn callbacks_are_found_by_what_is_asked() {
    let status = Arc::new(AtomicU16::new(200));
    let server = answering(&status).await;
    for name in ["a", "b", "c"] {
        server.change(told(name, "sent")).await;
    }
    server.engine.settled(Duration::from_secs(5)).await;
    status.store(410, Ordering::Relaxed);
    server.change(told("a", "delivered")).await;
    server.engine.settled(Duration::from_secs(5)).await;
    assert_eq!(states(&server, "").await.len(), 4);
    assert_eq!(states(&server, "resource=a").await, ["failed", "delivered"]);
    assert_eq!(states(&server, "state=failed").await, ["failed"]);
    assert_eq!(states(&server, "error=11217").await.len(), 1);
    assert_eq!(
        states(&server, "destination=http://app.example/x")
            .await
            .len(),
        4
    );
    assert_eq!(
        states(&server, "destination=http://other.example")
            .await
            .len(),
        0
    );
    assert_eq!(states(&server, "until=2026-08-20T10:00:00Z").await.len(), 0);
    assert_eq!(states(&server, "from=2026-08-20T10:00:00Z").await.len(), 4);
    let mut pages = 0;
    let mut found = Vec::new();
    let mut query = "/callbacks?limit=3".to_owned();
    loop {
        let page = server.look(&query).await;
        found.extend(page["callbacks"].as_array().unwrap().clone());
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => query = format!("/callbacks?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((found.len(), pages), (4, 2));
    assert!(!found[0]["url"].as_str().unwrap().contains("secret"));
}

#[tokio::test]
async fn a_timeline_has_changes_reports_callbacks_and_attempts() {
    let server = answering(&Arc::new(AtomicU16::new(200))).await;
    server.change(told("a", "delivered")).await;
    server.change(told("a", "sent")).await;
    server.engine.settled(Duration::from_secs(5)).await;
    let timeline = server.look("/resources/a/timeline").await;
    let entries = timeline["entries"].as_array().unwrap();
    let of = |kind: &str| entries.iter().find(|it| it["type"] == kind).unwrap();
    let change = of("change");
    assert_eq!(
        (&change["gap"], &change["event_id"]),
        (&json!(true), &json!("a-delivered"))
    );
    assert_eq!(change["occurred_at"], "2026-08-20T10:00:00.000000Z");
    assert_eq!(of("report")["verdict"], "late");
    assert_eq!(of("callback")["state"], "delivered");
    assert_eq!(of("attempt")["accepted"], true);
}

#[tokio::test]
async fn a_failed_callback_is_sent_again_and_says_so() {
    let status = Arc::new(AtomicU16::new(410));
    let server = answering(&status).await;
    server.change(told("a", "sent")).await;
    server.engine.settled(Duration::from_secs(5)).await;
    let id = server.look("/callbacks").await["callbacks"][0]["id"].clone();
    let id = id.as_str().unwrap();
    status.store(200, Ordering::Relaxed);
    let retried = native("POST", &format!("/callbacks/{id}/retry"));
    assert_eq!(retried.send(server.at).await.json()["done"], "replayed");
    server.engine.settled(Duration::from_secs(5)).await;
    let shown = server.look(&format!("/callbacks/{id}")).await;
    assert_eq!(shown["state"], "delivered");
    assert!(shown["replayed_at"].is_string());
    assert_eq!(shown["attempted"].as_array().unwrap().len(), 2);
    let seen = server.engine.seen();
    assert_eq!(seen[0].header("ringback-replay"), None);
    assert_eq!(seen[1].header("ringback-replay"), Some("true"));
    assert_eq!(seen[0].header("webhook-id"), seen[1].header("webhook-id"));
}

#[tokio::test]
async fn a_replay_counts_first_and_then_sends_in_order() {
    let status = Arc::new(AtomicU16::new(410));
    let server = answering(&status).await;
    for name in ["a", "b", "c"] {
        server.change(told(name, "sent")).await;
    }
    server.engine.settled(Duration::from_secs(5)).await;
    status.store(200, Ordering::Relaxed);
    let replay = |body: &str| {
        let request = native("POST", "/replay");
        request
            .header("Content-Type", "application/json")
            .body(body.as_bytes())
    };
    let counted = replay(r#"{"dry_run": true}"#).send(server.at).await.json();
    assert_eq!(
        (&counted["callbacks"], &counted["dry_run"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(server.engine.seen().len(), 3, "a dry run sends nothing");
    let replayed = replay(r#"{"rate": 1000}"#).send(server.at).await.json();
    assert_eq!(replayed["callbacks"], 3);
    server.engine.settled(Duration::from_secs(5)).await;
    let seen = server.engine.seen();
    let sids = |range: std::ops::Range<usize>| -> Vec<_> {
        let seen = seen[range].iter();
        seen.map(|seen| seen.parameter("MessageSid").unwrap())
            .collect()
    };
    assert_eq!(sids(3..6), sids(0..3));
    assert_eq!(states(&server, "state=failed").await.len(), 0);
}

#[tokio::test]
async fn what_waits_is_explained() {
    let setup = Setup::default();
    let engine = TestEngine::scripted(setup, |_| (Duration::ZERO, Ending::Status(500)));
    let server = Server::over(engine.await, Limits::default());
    server.change(told("a", "sending")).await;
    server.change(told("a", "sent")).await;
    let listed = server.look("/callbacks").await;
    let second = listed["callbacks"][0]["id"].as_str().unwrap();
    let first = &listed["callbacks"][1]["id"];
    let why = server.look(&format!("/callbacks/{second}/explain")).await;
    assert_eq!(why["lane"]["before"], json!([first]), "{why}");
    assert!(
        why["why"][0].as_str().unwrap().contains("come before it"),
        "{why}"
    );
    let retried = native("POST", &format!("/callbacks/{second}/retry"));
    assert_eq!(retried.send(server.at).await.json()["done"], "hurried");
}
