//! Recordings over REST: begun and changed, and their audio as players take it.

use std::io::Write as _;
use std::time::Duration;

use ringback_domain::call::CallStatus;
use ringback_domain::id::Sid;
use ringback_domain::recording::RecordingStatus;
use ringback_server::{Limits, RecordingAccess};
use ringback_testing::test_engine::{PROJECT, TestEngine};
use ringback_wire::recording_link;

use crate::client::{Answer, Request};
use crate::harness::{CALL, Server, recording};

/// Longer than what is read of a file at a time, twice, and a bit.
const LENGTH: usize = 2 * 64 * 1024 + 3;

fn audio() -> Vec<u8> {
    (0..LENGTH)
        .map(|at| b'a' + u8::try_from(at % 23).unwrap())
        .collect()
}

async fn server(access: RecordingAccess) -> Server {
    let engine = TestEngine::answering(200).await;
    Server::protecting(engine, Limits::default(), None, access)
}

/// A completed recording with its file.
async fn completed(server: &Server) -> Sid {
    let sid = server.make(PROJECT, recording()).await;
    server.recording_is(sid, RecordingStatus::Completed).await;
    let put = |file: &mut std::fs::File| file.write_all(&audio());
    server.files.write(sid, put).unwrap();
    sid
}

/// A request without credentials.
fn request(server: &Server, method: &str, target: &str) -> Request {
    let host = format!("localhost:{}", server.at.port());
    let request = Request::new(method, target).without("Host");
    request.header("Host", &host)
}

async fn get(server: &Server, path: &str) -> Answer {
    let target = format!("/api/laml/2010-04-01/Accounts/{PROJECT}/Recordings/{path}");
    request(server, "GET", &target).send(server.at).await
}

#[tokio::test]
async fn a_recording_is_begun_paused_resumed_and_stopped() {
    let server = Server::start().await;
    let call = server.create("/Calls", CALL).await;
    server.call_is(call, CallStatus::InProgress).await;
    let form = "RecordingChannels=dual&RecordingTrack=both&Trim=trim-silence";
    let list = format!("/Calls/{call}/Recordings");
    let begun = server.post(&list, form).await.json();
    let expected = ("StartCallRecordingApi", "2", "trim-silence", "queued");
    let word = |name: &str| begun[name].as_str().unwrap();
    let shown = (
        word("source"),
        word("channels"),
        word("trim"),
        word("status"),
    );
    assert_eq!((shown, word("call_sid")), (expected, &*call.to_string()));
    let path = format!("{list}/{}", word("sid"));
    let sid = word("sid").parse().unwrap();
    server.recording_is(sid, RecordingStatus::InProgress).await;
    for status in ["paused", "in-progress", "stopped"] {
        let changed = server.post(&path, &format!("Status={status}")).await;
        assert_eq!(changed.json()["status"], status);
        let fetched = server.get(&format!("{path}.json")).await.json();
        assert_eq!(fetched["status"], status);
    }
    assert_eq!(
        server.get(&list).await.json()["recordings"][0]["sid"],
        word("sid")
    );
    let other = server.create("/Calls", CALL).await;
    let elsewhere = format!("/Calls/{other}/Recordings/{}", word("sid"));
    assert_eq!(server.get(&elsewhere).await.error(), (404, 20404));
    assert_eq!(server.delete(&path).await.error(), (422, 20009));
    server.recording_is(sid, RecordingStatus::Absent).await;
    assert_eq!(server.delete(&path).await.status, 204);
}

#[tokio::test]
async fn lists_are_of_a_call_a_conference_or_all() {
    let server = Server::start().await;
    let mut sids = Vec::new();
    for _ in 0..3 {
        sids.push(server.make(PROJECT, recording()).await.to_string());
    }
    sids.reverse();
    let listed = async |query: &str| -> Vec<String> {
        let list = server.get(&format!("/Recordings.json{query}")).await.json();
        let found = list["recordings"].as_array().unwrap().iter();
        found
            .map(|it| it["sid"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(listed("").await, sids, "newest first");
    assert_eq!(listed("?PageSize=1").await, sids[..1]);
    let call = "07070707-0707-0707-0707-070707070707";
    assert_eq!(listed(&format!("?CallSid={call}")).await, sids);
    assert_eq!(listed(&format!("?ConferenceSid={call}")).await, [""; 0]);
    assert_eq!(listed(&format!("?CallSid={}", sids[0])).await, [""; 0]);
    assert_eq!(listed("?DateCreated%3C=2000-01-01").await, [""; 0]);
}

#[tokio::test]
async fn audio_is_answered_whole_and_in_parts() {
    let server = server(RecordingAccess::Anybody).await;
    let sid = completed(&server).await;
    let whole = String::from_utf8(audio()).unwrap();
    for suffix in ["", ".wav"] {
        let answer = get(&server, &format!("{sid}{suffix}")).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("audio/wav"));
        assert_eq!(answer.header("accept-ranges"), Some("bytes"));
        assert_eq!(answer.header("content-length"), Some(&*LENGTH.to_string()));
        assert_eq!(answer.body, whole);
    }
    let target = format!("/2010-04-01/Accounts/{PROJECT}/Recordings/{sid}.wav");
    let head = request(&server, "HEAD", &target).send(server.at).await;
    assert_eq!((head.status, &*head.body), (200, ""));
    assert_eq!(head.header("content-length"), Some(&*LENGTH.to_string()));
    let etag = head.header("etag").unwrap().to_owned();
    let range = |value: &str| request(&server, "GET", &target).header("Range", value);

    let part = range("bytes=65530-131075").send(server.at).await;
    assert_eq!((part.status, &*part.body), (206, &whole[65_530..131_075]));
    let told = format!("bytes 65530-131074/{LENGTH}");
    assert_eq!(part.header("content-range"), Some(&*told));
    let last = range("bytes=-3").send(server.at).await;
    assert_eq!((last.status, &*last.body), (206, &whole[LENGTH - 3..]));
    let beyond = range("bytes=999999-").send(server.at).await;
    assert_eq!((beyond.status, &*beyond.body), (416, ""));
    let told = format!("bytes */{LENGTH}");
    assert_eq!(beyond.header("content-range"), Some(&*told));

    let stale = range("bytes=0-1").header("If-Range", "\"another\"");
    assert_eq!(stale.send(server.at).await.status, 200);
    let known = request(&server, "GET", &target).header("If-None-Match", &etag);
    let known = known.send(server.at).await;
    assert_eq!((known.status, &*known.body), (304, ""));
    assert_eq!(known.header("etag"), Some(&*etag));
}

#[tokio::test]
async fn what_is_no_wav_is_refused_and_what_is_not_there_not_found() {
    let server = server(RecordingAccess::Anybody).await;
    let sid = completed(&server).await;
    let mp3 = get(&server, &format!("{sid}.mp3")).await;
    assert_eq!(mp3.error(), (406, 10000));
    assert!(mp3.body.contains("WAV"), "{}", mp3.body);
    let known = get(&server, &format!("{sid}.json")).await;
    assert_eq!(known.error(), (401, 20003), "metadata needs credentials");
    let queued = server.make(PROJECT, recording()).await;
    assert_eq!(
        get(&server, &queued.to_string()).await.error(),
        (404, 21501)
    );
    server
        .recording_is(queued, RecordingStatus::Completed)
        .await;
    let nothing = get(&server, &queued.to_string()).await;
    assert_eq!(nothing.error(), (404, 20404), "somebody else has its file");
    assert_eq!(get(&server, "nonsense").await.error(), (404, 20404));
    let gone = server.delete(&format!("/Recordings/{sid}")).await;
    assert_eq!(gone.status, 204);
    assert_eq!(get(&server, &sid.to_string()).await.error(), (404, 20404));
}

#[tokio::test]
async fn protected_audio_takes_credentials_or_a_link_that_holds() {
    let server = server(RecordingAccess::Credentials).await;
    let sid = completed(&server).await;
    assert_eq!(get(&server, &sid.to_string()).await.error(), (401, 20003));
    assert_eq!(
        get(&server, &format!("{sid}.mp3")).await.error(),
        (401, 20003)
    );
    assert_eq!(server.get(&format!("/Recordings/{sid}")).await.status, 200);

    let engine = &server.engine.engine;
    let project = engine.projects().get(PROJECT).unwrap();
    let now = engine.clock().now();
    let link = |expires| {
        let times = (now, expires);
        let url = recording_link::signed("", PROJECT, &project.keys, sid, times);
        url.rsplit_once('/').unwrap().1.to_owned()
    };
    let good = link(now + Duration::from_secs(60));
    let answer = get(&server, &good).await;
    assert_eq!((answer.status, answer.body.len()), (200, LENGTH));
    let suffixed = get(&server, &format!("{good}.wav")).await;
    assert_eq!(suffixed.status, 200, "as applications append it");
    let mp3 = get(&server, &format!("{good}.mp3")).await;
    assert_eq!(mp3.error(), (406, 10000));
    let expired = link(now.shifted(-1_000_000));
    let other = completed(&server).await;
    let (_, query) = good.split_once('?').unwrap();
    for bad in [
        expired,
        format!("{other}?{query}"),
        good.replace("Expires=", "Expires=1"),
    ] {
        assert_eq!(get(&server, &bad).await.error(), (403, 20003), "{bad}");
    }
}
