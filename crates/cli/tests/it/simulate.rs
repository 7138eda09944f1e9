//! `ringback simulate`, against a `ringback dev` that runs.

use std::fs;

use serde_json::Value;

use crate::support::{Dev, Home, exchange, ringback, wait_for};

const FROM_TO: [&str; 4] = ["--from", "+15550100002", "--to", "+15550100001"];

/// What it prints, with the ready file of `home`.
fn simulated(home: &Home, topic: &str, more: &[&str]) -> String {
    let output = ringback(&["simulate", topic])
        .args(FROM_TO)
        .args(more)
        .arg("--ready-file")
        .arg(home.ready_file())
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn shown(dev: &Dev, path: &str) -> Value {
    let (status, answer) = dev.ask("GET", path, "").unwrap();
    assert_eq!(status, 200, "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

#[test]
fn a_message_comes_in() {
    let home = Home::new();
    let dev = home.start(&["--time-scale", "100"]);
    let media = ["--media", "http://a.example/a.png"];
    let sid = simulated(
        &home,
        "message",
        &[&["--body", "hello"], &media[..]].concat(),
    );
    let message = shown(&dev, &format!("/Messages/{sid}"));
    assert_eq!(message["direction"], "inbound");
    assert_eq!(message["body"], "hello");
    assert_eq!(message["num_media"], 1);
    wait_for("it is received", || {
        let message = shown(&dev, &format!("/Messages/{sid}"));
        (message["status"] == "received").then_some(())
    });
}

#[test]
fn a_call_comes_in_with_a_scenario_from_a_file() {
    let home = Home::new();
    let dev = home.start(&["--time-scale", "100"]);
    let file = home.ready_file().with_file_name("scenario.json");
    fs::write(&file, r#"{"answer":"busy"}"#).unwrap();
    let sid = simulated(&home, "call", &["--scenario", file.to_str().unwrap()]);
    let call = shown(&dev, &format!("/Calls/{sid}"));
    assert_eq!(call["direction"], "inbound");
    assert_eq!(call["to"], "+15550100001");
}

#[test]
fn mistakes_are_answered_with_one_line_and_a_hint() {
    let home = Home::new();
    let dev = home.start(&[]);
    let ready = home.ready_file();
    let ready = ready.to_str().unwrap();
    // A port that nobody listens on: this process has just given it back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let body = ["--body", "x"];
    for (more, code, expected) in [
        (
            &[&body[..], &["--api", &nobody]].concat(),
            1,
            "the server was not reached",
        ),
        (
            &[&body[..], &["--api", "https://127.0.0.1:8443"]].concat(),
            2,
            "asked over HTTP",
        ),
        (
            &[&body[..], &["--ready-file", ready, "--token", "wrong"]].concat(),
            1,
            "401 Unauthorized",
        ),
        (
            &[&body[..], &["--ready-file", "nowhere.json"]].concat(),
            1,
            "nowhere.json cannot be read",
        ),
        (
            &[&body[..], &["--ready-file", ready, "--scenario", "{}}"]].concat(),
            1,
            "the scenario is no JSON",
        ),
        (
            &[
                &body[..],
                &["--ready-file", ready, "--scenario", r#"{"x":1}"#],
            ]
            .concat(),
            1,
            "unknown field `x`",
        ),
        (&["--ready-file", ready].to_vec(), 2, "--body"),
    ] {
        let mut command = ringback(&["simulate", "message"]);
        let output = command.args(FROM_TO).args(more).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{more:?}: {stderr}");
        assert!(
            output.stdout.is_empty() && stderr.contains(expected),
            "{stderr}"
        );
        let lines: Vec<&str> = stderr.lines().collect();
        assert!(
            matches!(lines[..], [error, ..] if error.starts_with("error: ")),
            "{stderr}"
        );
    }
    drop(dev);
}

#[test]
fn what_is_registered_is_driven_by_hand() {
    let home = Home::new();
    let dev = home.start(&[]);
    report(&dev, "brand", "acme");
    let drive = |topic: &str, state: &str| {
        let mut command = ringback(&["simulate", topic, "acme", state, "--ready-file"]);
        let output = command.arg(home.ready_file()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        (output.status.code(), stdout, stderr)
    };
    for state in ["unverified", "completed"] {
        let expected = (Some(0), format!("{state}\n"), String::new());
        assert_eq!(drive("brand", state), expected);
    }
    for (topic, state, expected) in [
        (
            "brand",
            "unverified",
            "409 Conflict: The brand is completed",
        ),
        ("brand", "active", "`state` is active, which no brand knows"),
        ("campaign", "active", "`sid` is that of a brand"),
        ("order", "processed", "`sid` is that of a brand"),
        ("assignment", "failed", "`sid` is that of a brand"),
    ] {
        let (code, stdout, stderr) = drive(topic, state);
        assert_eq!((code, &*stdout), (Some(1), ""));
        assert!(stderr.contains(expected), "{stderr}");
    }
}

/// A platform reports something new, which it calls by this name.
fn report(dev: &Dev, kind: &str, name: &str) {
    let line = format!(r#"{{"kind":"{kind}","external_id":"{name}","status":"pending"}}"#);
    let token = &dev.ready.api_token;
    let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let (status, body) = exchange(&dev.ready.http, "POST", "/v1/changes", &headers, &line);
    assert_eq!(status, 200, "{body}");
}

/// What the command prints, with the ready file of `home`; it succeeds.
fn asked(home: &Home, arguments: &[&str]) -> String {
    let mut command = ringback(&["simulate"]);
    let ready = ["--ready-file", home.ready_file().to_str().unwrap()].map(str::to_owned);
    let output = command.args(arguments).args(ready).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), &*stderr),
        (Some(0), ""),
        "{arguments:?}"
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_scenarios_of_the_manual_are_set_listed_and_taken_away() {
    let page = include_str!("../../../../docs/simulation.md");
    let home = Home::new();
    let _dev = home.start(&[]);
    let lines = page.lines();
    let shown: Vec<&str> = lines
        .filter_map(|line| line.strip_prefix("ringback simulate "))
        .filter(|line| line.starts_with("scenario"))
        .collect();
    assert_eq!(shown.len(), 5);
    for line in shown {
        let words: Vec<&str> = line.split(' ').map(|it| it.trim_matches('\'')).collect();
        let printed = asked(&home, &words);
        match words[..] {
            ["scenarios"] => {
                for expected in [
                    "  undelivered             message           the next 1",
                    "  failed                  call              the next 3",
                    "  busy                    call\n",
                    "  late-receipt            message           The message is sent;",
                ] {
                    assert!(printed.contains(expected), "{expected} in\n{printed}");
                }
            }
            _ => assert_eq!(printed, words[1]),
        }
    }
    let listed: Value = serde_json::from_str(&asked(&home, &["scenarios", "--json"])).unwrap();
    assert_eq!(listed["set"].as_array().unwrap().len(), 2);
}

#[test]
fn a_scenario_from_a_file_outlives_a_restart() {
    let home = Home::new();
    let file = home.ready_file().with_file_name("mine.toml");
    fs::write(&file, "next = 2\n[message]\nstatus = \"failed\"\n").unwrap();
    let dev = home.start(&["--time-scale", "100"]);
    let file = file.to_str().unwrap();
    assert_eq!(asked(&home, &["scenario", file, "--name", "mine"]), "mine");
    drop(dev);
    fs::remove_file(home.ready_file()).unwrap_or_default();
    let _dev = home.start(&["--time-scale", "100"]);
    let shown: Value = serde_json::from_str(&asked(&home, &["scenarios", "--json"])).unwrap();
    assert_eq!(shown["set"][0]["name"], "mine");
    assert_eq!(shown["set"][0]["left"], 2);
}

#[test]
fn mistakes_in_a_scenario_are_told_with_their_place() {
    let home = Home::new();
    let file = home.ready_file().with_file_name("mine.toml");
    fs::write(&file, "[call]\nanswer = \"humann\"\n").unwrap();
    for (arguments, expected, hint) in [
        (
            &[file.to_str().unwrap()][..],
            "`call.answer` (line 2, column 10)",
            "did you mean `human`?",
        ),
        (
            &["bussy"],
            "no scenario is called bussy",
            "simulate scenarios",
        ),
        (
            &["busy", "--next", "0"],
            "`next` is at least 1",
            "docs/simulation.md",
        ),
        (
            &["busy", "--error-code", "30003"],
            "--error-code is for",
            "",
        ),
    ] {
        let output = ringback(&["simulate", "scenario"])
            .args(arguments)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(expected) && stderr.contains(hint),
            "{stderr}"
        );
    }
}

#[test]
fn the_numbers_are_printed_as_json_too() {
    let output = ringback(&["simulate", "numbers", "--json"])
        .output()
        .unwrap();
    let numbers: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(numbers["fictional"].as_array().unwrap().len(), 20);
    assert_eq!(numbers["fictional"][0]["scenario"], "canceled");
    assert_eq!(numbers["test_numbers"].as_array().unwrap().len(), 18);
}
