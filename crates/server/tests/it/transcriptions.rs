//! Transcriptions over REST: what is shown of them, and which are listed where.

use std::time::Duration;

use ringback_domain::call::{CallDirection, CallStatus};
use ringback_domain::change::{News, Status};
use ringback_domain::id::Sid;
use ringback_domain::resource::Body;
use ringback_domain::subscription::Method;
use ringback_domain::transcription::{TranscribedCall, TranscriptionFacts, TranscriptionStatus};
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT};
use serde_json::{Value, json};

use crate::harness::{CALL, Server, recording, recording_of, transcription, transcription_of};

async fn listed(server: &Server, path: &str) -> Vec<Sid> {
    let page = server.get(path).await.json();
    let rows = page["transcriptions"].as_array().expect("a list").iter();
    rows.map(|row| row["sid"].as_str().unwrap().parse().unwrap())
        .collect()
}

#[tokio::test]
async fn a_transcription_is_shown_as_it_stands() {
    let server = Server::start().await;
    let sid = server.make(PROJECT, transcription()).await;
    let begun = server.get(&format!("/Transcriptions/{sid}")).await.json();
    assert_eq!(begun["status"], "in-progress");
    assert_eq!(begun["transcription_text"], Value::Null);

    let facts = TranscriptionFacts {
        text: Some("one two three".to_owned()),
        recording_duration: Some(Duration::from_secs(4)),
        ..TranscriptionFacts::default()
    };
    let news = News::Transcription(TranscriptionStatus::Completed, facts);
    let reported = server.engine.engine.report(PROJECT, sid, news).await;
    reported.expect("it is taken");
    let path = format!("/Transcriptions/{sid}.json");
    let over = server.get(&path).await.json();
    assert_eq!(over["status"], "completed");
    assert_eq!(over["transcription_text"], "one two three");
    assert_eq!(over["duration"], 4);
    assert_eq!(over["price"], "-0.00025");
    assert!(over["uri"].as_str().unwrap().ends_with(&path), "{over}");
}

#[tokio::test]
async fn a_transcription_is_asked_for_with_what_is_known_of_the_call() {
    let server = Server::start().await;
    let call = server.create("/Calls", CALL).await;
    server.call_is(call, CallStatus::InProgress).await;
    let recording = server.make(PROJECT, recording_of(call)).await;
    let path = format!("/Recordings/{recording}/Transcriptions");
    let form = "TranscribeCallback=http%3A%2F%2Fapp.example%2Fdone%23rt%3D1,x%3D1";
    let made = server.post(&path, form).await.json();
    assert_eq!(made["status"], "in-progress");
    assert_eq!(made["recording_sid"], recording.to_string());

    let sid: Sid = made["sid"].as_str().unwrap().parse().unwrap();
    let found = server
        .engine
        .engine
        .store()
        .resources(&[sid])
        .await
        .unwrap();
    let resource = found[0].as_ref().expect("it was made");
    let Body::Transcription(transcription) = &resource.body else {
        panic!("it is a transcription")
    };
    let expected = TranscribedCall {
        sid: call,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        status: Some(CallStatus::InProgress),
        direction: Some(CallDirection::OutboundApi),
    };
    assert_eq!(transcription.call, expected);
    let subscription = &resource.subscriptions[0];
    assert_eq!(subscription.url, "http://app.example/done#rt=1,x=1");
    assert_eq!(subscription.method, Method::Post);
}

#[tokio::test]
async fn a_transcription_is_as_deep_as_the_request_for_it() {
    let server = Server::start().await;
    let recording = server.make(PROJECT, recording()).await;
    let path = format!("/Recordings/{recording}/Transcriptions");
    let ask = |depth: &str| {
        let request = server.ask("POST", &path).form("");
        request.header("Ringback-Depth", depth)
    };
    let made = ask("4").send(server.at).await.json();
    let sid: Sid = made["sid"].as_str().unwrap().parse().unwrap();
    let found = server
        .engine
        .engine
        .store()
        .resources(&[sid])
        .await
        .unwrap();
    assert_eq!(found[0].as_ref().unwrap().depth, 4);
    assert_eq!(ask("6").send(server.at).await.status, 422);
}

#[tokio::test]
async fn a_recording_lists_its_own_alone() {
    let server = Server::start().await;
    let one = server.make(PROJECT, recording()).await;
    let other = server.make(PROJECT, recording()).await;
    let mut own = Vec::new();
    for _ in 0..3 {
        own.insert(0, server.make(PROJECT, transcription_of(one)).await);
        server.make(PROJECT, transcription_of(other)).await;
        server.make(OTHER_PROJECT, transcription_of(one)).await;
    }
    let path = format!("/Recordings/{one}/Transcriptions");
    assert_eq!(listed(&server, &format!("{path}.json")).await, own);
    assert_eq!(listed(&server, "/Transcriptions").await.len(), 6);

    let page = server.get(&format!("{path}?PageSize=2")).await.json();
    let next = page["next_page_uri"].as_str().expect("there is one more");
    assert!(next.contains(&path), "{next}");
    assert_eq!(page["transcriptions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn times_are_those_of_creation() {
    let server = Server::start().await;
    let sid = server.make(PROJECT, transcription()).await;
    for (query, expected) in [
        ("DateCreated=2026-08-20", vec![sid]),
        ("DateCreated=2026-08-21", vec![]),
        ("DateCreated%3E=2026-08-20T10:15:00Z", vec![sid]),
        ("DateCreated%3C=2026-08-20", vec![]),
    ] {
        let path = format!("/Transcriptions?{query}");
        assert_eq!(listed(&server, &path).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_deleted_one_is_gone_from_every_list() {
    let server = Server::start().await;
    let recording = server.make(PROJECT, recording()).await;
    let sid = server.make(PROJECT, transcription_of(recording)).await;
    let completed = Status::Transcription(TranscriptionStatus::Completed);
    server.stands(sid, completed).await;
    let path = format!("/Transcriptions/{sid}");
    assert_eq!(server.delete(&path).await.status, 204);
    assert_eq!(server.get(&path).await.json()["code"], json!(20404));
    assert_eq!(listed(&server, "/Transcriptions").await, []);
    let of_recording = format!("/Recordings/{recording}/Transcriptions");
    assert_eq!(listed(&server, &of_recording).await, []);
}
