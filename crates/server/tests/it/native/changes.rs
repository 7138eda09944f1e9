//! `POST /changes`: what is taken, what is refused, and that lines do not wait for the end.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::message::MessageStatus;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::test_engine::Setup;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::native;
use crate::client::PATIENCE;
use crate::harness::{MESSAGE, Server};

fn report(name: &str, status: &str) -> Value {
    json!({"kind": "message", "external_id": name, "status": status})
}

fn event(id: &str, status: &str) -> Value {
    json!({"kind": "message", "external_id": "m-1", "status": status, "event_id": id})
}

fn joined(reports: &[Value]) -> String {
    let lines: Vec<String> = reports.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

/// What became of each line.
async fn results(server: &Server, lines: &str) -> Vec<Value> {
    let request = native("POST", "/changes?results=all").version("HTTP/1.0");
    let request = request.header("Content-Type", "application/x-ndjson");
    let answer = request.body(lines.as_bytes()).send(server.at).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let lines = answer.body.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn a_resource_begins_with_any_status_and_goes_on() {
    let server = Server::start().await;
    let reports = [
        report("a", "sending"),
        report("a", "delivered"),
        report("a", "sent"),
        report("a", "failed"),
        report("a", "delivered"),
        report("b", "received"),
    ];
    let found = results(&server, &joined(&reports)).await;
    let verdicts: Vec<&str> = found[..6]
        .iter()
        .map(|it| it["verdict"].as_str().unwrap())
        .collect();
    let expected = [
        "accepted", "accepted", "late", "conflict", "repeat", "accepted",
    ];
    assert_eq!(verdicts, expected);
    assert_eq!(found[1]["seq"], 1);
    assert_eq!(found[1]["gap"], true, "sent was never reported");
    assert_eq!(found[1]["sid"], found[0]["sid"]);
    assert_eq!(
        found[6],
        json!({"taken": 5, "repeated": 1, "refused": 0, "errors": []})
    );
}

#[tokio::test]
async fn a_report_may_name_a_resource_by_its_sid_or_by_its_platforms_name() {
    let server = Server::start().await;
    let sid = server.create("/Messages", MESSAGE).await.to_string();
    let by = |name: &str, status: &str| json!({"kind": "message", "sid": name, "status": status});
    assert_eq!(server.change(by(&sid, "sent")).await["taken"], 1);
    assert_eq!(server.change(report("mine", "queued")).await["taken"], 1);
    assert_eq!(server.change(by("mine", "sent")).await["taken"], 1);
    let timeline = server.look("/resources/mine/timeline").await;
    assert_eq!(timeline["status"], "sent");
    assert_eq!(timeline["external_id"], "mine");
    let by_sid = format!("/resources/{}/timeline", timeline["sid"].as_str().unwrap());
    assert_eq!(server.look(&by_sid).await, timeline);
    for (unknown, code) in [
        (by("unknown", "sent"), "not_found"),
        (by(super::UNKNOWN, "sent"), "not_found"),
    ] {
        let answer = server.change(unknown).await;
        assert_eq!(answer["errors"][0]["code"], code, "{answer}");
    }
}

#[tokio::test]
async fn one_bad_line_is_refused_and_the_others_are_taken() {
    let server = Server::start().await;
    let long = format!(
        r#"{{"kind":"message","external_id":"{}"}}"#,
        "x".repeat(70_000)
    );
    let other_kind = json!({"kind": "call", "external_id": "a", "status": "ringing"});
    let direction = json!({
        "kind": "message", "external_id": "d", "status": "received", "direction": "outbound-api",
    });
    let lines = format!(
        "{}\n\nnonsense\n{long}\n{other_kind}\r\n{direction}\n{}",
        report("a", "queued"),
        report("a", "sent"),
    );
    let answer = server.lines(&lines).await;
    assert_eq!(answer.status, 207);
    let answer = answer.json();
    assert_eq!(
        (&answer["taken"], &answer["refused"]),
        (&json!(2), &json!(4))
    );
    let errors = answer["errors"].as_array().unwrap().iter();
    let errors: Vec<(u64, &str)> = errors
        .map(|it| (it["line"].as_u64().unwrap(), it["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (3, "malformed"),
        (4, "line_too_long"),
        (5, "other_kind"),
        (6, "direction"),
    ];
    assert_eq!(errors, expected);
}

#[tokio::test]
async fn an_event_is_taken_once_and_its_id_stands_for_one_content() {
    let server = Server::start().await;
    let both = [
        event("e-1", "queued"),
        event("e-1", "queued"),
        event("e-1", "sent"),
    ];
    let found = results(&server, &joined(&both)).await;
    assert_eq!(found[0]["verdict"], "accepted");
    assert_eq!(
        (&found[1]["verdict"], &found[1]["seq"]),
        (&json!("repeat"), &json!(0))
    );
    assert_eq!(found[2]["code"], "event_reused");
    let again = server.change(event("e-1", "queued")).await;
    assert_eq!(
        (&again["repeated"], &again["taken"]),
        (&json!(1), &json!(0))
    );
    let mut call = event("e-1", "ringing");
    call["kind"] = json!("call");
    call["external_id"] = json!("c-1");
    assert_eq!(
        server.change(call).await["taken"],
        1,
        "an id is unique for its kind"
    );
}

#[tokio::test]
async fn one_report_in_json_may_stand_on_many_lines() {
    let server = Server::start().await;
    let body = serde_json::to_string_pretty(&report("a", "sent")).unwrap();
    let request = native("POST", "/changes");
    let request = request.header("Content-Type", "application/json; charset=utf-8");
    let answer = request.clone().body(body.as_bytes()).send(server.at).await;
    assert_eq!((answer.status, &answer.json()["taken"]), (200, &json!(1)));
    for nothing in ["", "\n", " \n "] {
        let answer = request.clone().body(nothing.as_bytes());
        let answer = answer.send(server.at).await;
        assert_eq!((answer.status, &answer.json()["refused"]), (207, &json!(1)));
        assert_eq!(answer.json()["errors"][0]["code"], "malformed");
    }
    let answer = request.body(&vec![b' '; 70_000]).send(server.at).await;
    assert_eq!(answer.json()["errors"][0]["code"], "line_too_long");
    let form = native("POST", "/changes").form("a=b").send(server.at).await;
    assert_eq!(form.status, 415);
}

#[tokio::test]
async fn a_later_report_moves_the_callback_from_its_change_on() {
    let server = Server::start().await;
    let with = |status: &str, url: &str| {
        let mut report = report("a", status);
        report["status_callback"] = json!(url);
        report
    };
    let reports = [
        with("sending", "http://one.example/"),
        // Late: it changes nothing, so not this either.
        with("queued", "http://two.example/"),
        report("a", "sent"),
        with("delivered", "http://three.example/"),
    ];
    assert_eq!(server.lines(&joined(&reports)).await.json()["taken"], 4);
    server.engine.settled(Duration::from_secs(5)).await;
    let seen = server.engine.seen();
    let urls: Vec<&str> = seen.iter().map(|seen| &*seen.url).collect();
    let mut sorted = urls.clone();
    sorted.sort_unstable();
    let (one, three) = ("http://one.example/", "http://three.example/");
    assert_eq!(sorted, [one, one, three]);
}

#[tokio::test]
async fn a_change_does_not_wait_for_the_end_of_its_request() {
    let server = Server::start().await;
    let mut stream = TcpStream::connect(server.at).await.unwrap();
    let head = "POST /v1/changes?results=all HTTP/1.1\r\nHost: localhost\r\n\
        Authorization: Bearer token-one\r\nContent-Type: application/x-ndjson\r\n\
        Transfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    for (number, status) in ["queued", "sending", "sent"].into_iter().enumerate() {
        let mut report = report("a", status);
        report["status_callback"] = json!("http://app.example/");
        let line = format!("{report}\n");
        let chunk = format!("{:x}\r\n{line}\r\n", line.len());
        stream.write_all(chunk.as_bytes()).await.unwrap();
        // Its result comes, and its callback goes out, while the request is open.
        let expected = format!(r#""seq":{number}"#);
        let answered = async {
            while !seen.contains(&expected) {
                let mut buffer = [0; 1024];
                let count = stream.read(&mut buffer).await.unwrap();
                assert!(count > 0, "{seen}");
                seen.push_str(str::from_utf8(&buffer[..count]).unwrap());
            }
            while server.engine.seen().len() <= number {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, answered).await.expect("in time");
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let ended = async {
        while !seen.contains(r#""taken":3"#) {
            let mut buffer = [0; 1024];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "{seen}");
            seen.push_str(str::from_utf8(&buffer[..count]).unwrap());
        }
    };
    timeout(PATIENCE, ended).await.expect("in time");
}

async fn over(store: &Arc<FaultyStore<MemoryStore>>) -> Server {
    let store: Arc<dyn ringback_store::Store> = Arc::clone(store) as _;
    let setup = Setup {
        store,
        ..Setup::default()
    };
    Server::with(setup).await
}

#[tokio::test]
async fn what_cannot_be_recorded_ends_a_request_and_nothing_after_it_is() {
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let server = over(&store).await;
    store.fail_all(Fault::Full);
    let reports: Vec<Value> = (0..3_000)
        .map(|n| report(&format!("m-{n}"), "sent"))
        .collect();
    let answer = server.lines(&joined(&reports)).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["code"], "disk_full");
    assert!(answer.header("retry-after").is_some());
    store.recover();
    let again = server.lines(&joined(&reports)).await.json();
    assert_eq!(again["taken"], 3_000, "nothing was taken before: {again}");
}

#[tokio::test]
async fn a_failure_within_a_request_says_from_where_on_to_send_again() {
    let store = Arc::new(FaultyStore::new(MemoryStore::new()));
    let server = over(&store).await;
    let reports: Vec<Value> = (0..5_000)
        .map(|n| report(&format!("m-{n}"), "sent"))
        .collect();
    // The first group goes through, the second does not, later ones would.
    let before = store.arrived();
    let failing = async {
        store.wait_for_arrivals(before + 1).await;
        store.fail_next(Fault::Full);
    };
    let text = joined(&reports);
    let (answer, ()) = tokio::join!(server.lines(&text), failing);
    if answer.status == 503 {
        return; // The very first group was the one that failed.
    }
    let answer = answer.json();
    let taken = answer["taken"].as_u64().unwrap();
    assert_eq!(answer["stopped_at"], taken + 1, "{answer}");
    let last = native("GET", &format!("/resources/m-{}/timeline", taken - 1));
    assert_eq!(last.send(server.at).await.status, 200);
    for n in [taken, taken + 1, 4_999] {
        let after = native("GET", &format!("/resources/m-{n}/timeline"));
        assert_eq!(after.send(server.at).await.status, 404, "{n} after {taken}");
    }
}

#[tokio::test]
async fn a_report_on_what_was_deleted_is_refused() {
    let server = Server::start().await;
    let sid = server.create("/Messages", MESSAGE).await;
    server.message_is(sid, MessageStatus::Sent).await;
    server.delete(&format!("/Messages/{sid}")).await;
    let report = json!({"kind": "message", "sid": sid.to_string(), "status": "delivered"});
    assert_eq!(server.change(report).await["errors"][0]["code"], "deleted");
}
