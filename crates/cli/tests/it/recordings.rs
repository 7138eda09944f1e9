//! Recordings under `ringback serve`: who may fetch their audio.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;

use serde_json::Value;
use url::form_urlencoded;

use crate::full_disk::SmallDisk;
use crate::support::{Home, Operated, Receiver, base64, exchange};

const SIMULATED: [&str; 6] = [
    "--allow-destination",
    "127.0.0.0/8",
    "--set",
    "network.kind=simulated",
    "--set",
    "network.time_scale=50",
];

/// Says something for some seconds.
const DOCUMENT: &str = "%3CResponse%3E%3CSay%3EThis+call+is+recorded%2C+every+word+of+it.%3C%2FSay%3E\
     %3C%2FResponse%3E";

/// Makes a recorded call of a new project.
fn record(serve: &Operated, receiver: &Receiver) -> Value {
    let made = serve.project(&["create", "shop"]);
    let word = |name: &str| made[name].as_str().unwrap();
    let callback = format!("http%3A%2F%2F{}%2Frecorded", receiver.address);
    let form = format!(
        "From=%2B15550100001&To=%2B15550100002&Twiml={DOCUMENT}&Record=true&\
         RecordingStatusCallback={callback}&RecordingStatusCallbackEvent=completed+absent"
    );
    let (id, token) = (word("project_id"), word("api_token"));
    let (status, answer) = serve.rest(id, token, "POST", "/Calls", &form);
    assert_eq!(status, 200, "{answer}");
    made
}

/// The same; the project and the `RecordingUrl` that is told.
fn recorded(serve: &Operated, receiver: &Receiver) -> (Value, String) {
    let made = record(serve, receiver);
    let callback = receiver.next();
    assert_eq!(callback.value("RecordingStatus"), "completed");
    let mut pairs = form_urlencoded::parse(callback.body.as_bytes());
    let url = pairs.find(|(name, _)| name == "RecordingUrl").unwrap().1;
    let url = url.into_owned();
    callback.answer(200);
    (made, url)
}

/// How a `HEAD` of this URL is answered.
fn head(url: &str, headers: &str) -> u16 {
    let at = url.find("/api/").unwrap();
    exchange(&url[..at], "HEAD", &url[at..], headers, "").0
}

#[test]
fn a_recording_takes_credentials_or_the_link_that_its_callback_carries() {
    let (home, receiver) = (Home::new(), Receiver::new());
    let serve = home.serve(&SIMULATED);
    let (made, url) = recorded(&serve, &receiver);
    assert!(url.starts_with(&serve.ready.http), "{url}");
    assert_eq!(head(&url, ""), 200, "{url}");
    let (bare, _) = url.split_once("?Expires=").unwrap();
    assert_eq!(head(bare, ""), 401);
    let word = |name: &str| made[name].as_str().unwrap();
    let credentials = base64(&format!("{}:{}", word("project_id"), word("api_token")));
    assert_eq!(
        head(bare, &format!("Authorization: Basic {credentials}\r\n")),
        200
    );
    assert_eq!(head(&url.replace("Expires=1", "Expires=2"), ""), 403);
    // The old key signs for a while after a new one has come; then its links are worth nothing.
    serve.project(&["rotate-key", "shop"]);
    assert_eq!(head(&url, ""), 200);
}

#[test]
fn public_recordings_are_open_as_they_are_in_dev() {
    let (home, receiver) = (Home::new(), Receiver::new());
    let options = [&SIMULATED[..], &["--set", "recordings.public=true"]].concat();
    let serve = home.serve(&options);
    let (_, url) = recorded(&serve, &receiver);
    assert!(!url.contains('?'), "{url}");
    assert_eq!(head(&url, ""), 200);
    assert_eq!(head(&format!("{url}.wav"), ""), 200);
    assert_eq!(head(&format!("{url}.json"), ""), 401);
}

#[test]
fn a_recording_for_which_there_is_no_room_fails_and_disturbs_nobody() {
    let (home, receiver) = (Home::new(), Receiver::new());
    let recordings = home.data().join("recordings");
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&recordings)
        .unwrap();
    // A second of audio is 16,000 bytes; none of these recordings is so short.
    let Some(_disk) = SmallDisk::sized(&recordings, "8k") else {
        return;
    };
    let serve = home.serve(&SIMULATED);
    let made = record(&serve, &receiver);
    let callback = receiver.next();
    assert_eq!(callback.value("RecordingStatus"), "failed");
    assert_eq!(callback.value("ErrorCode"), "20001");
    let sid = callback.value("RecordingSid").to_owned();
    callback.answer(200);
    let timeline = format!("/resources/{sid}/timeline");
    let (status, timeline) = serve.v1(&made, "GET", &timeline, "");
    assert_eq!(status, 200, "{timeline}");
    assert!(
        timeline.contains("there is no room on the disk"),
        "{timeline}"
    );
    let part = |entry: fs::DirEntry| entry.path().read_dir().unwrap().count();
    let left = recordings.read_dir().unwrap().map(|it| part(it.unwrap()));
    assert_eq!(left.sum::<usize>(), 0, "nothing of it is left");
    serve.send_message(&made, receiver.address);
    assert_eq!(receiver.next().value("MessageStatus"), "queued");
}
