//! The configuration as operators meet it: precedence, errors, the reference.

use std::fs;

use tempfile::TempDir;

use super::value::Value as _;
use super::*;

/// A folder with a configuration file of this content.
fn file(content: &str) -> (TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ringback.toml");
    fs::write(&path, content).unwrap();
    let sources = Sources {
        file: Some(path),
        ..Sources::default()
    };
    (folder, sources)
}

fn set(key: &str, value: &str) -> (&'static str, String, String) {
    ("--set", key.to_owned(), value.to_owned())
}

fn variable(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn every_default_can_be_read() {
    let (_folder, sources) = file("");
    let config = Config::read(&sources).unwrap();
    assert_eq!(config.server.http.port(), 8080);
    assert!(config.server.https.is_none());
    assert_eq!(config.network.kind, NetworkKind::None);
}

#[test]
fn flags_win_over_variables_and_these_over_the_file() {
    let content = "[delivery]\nin_flight = 1\nper_destination = 1\nwindow = 1\n";
    let (_folder, mut sources) = file(content);
    sources.variables = vec![
        variable("RINGBACK__DELIVERY__PER_DESTINATION", "2"),
        variable("RINGBACK__DELIVERY__WINDOW", "2"),
        variable("RINGBACK_TOKEN", "of another command"),
    ];
    sources.flags = vec![set("delivery.window", "3")];
    let Delivery {
        in_flight,
        per_destination,
        window,
        ..
    } = Config::read(&sources).unwrap().delivery;
    assert_eq!(
        (in_flight, per_destination, window),
        (Count(1), Count(2), Count(3))
    );
}

/// Names with values.
type Pairs = [(&'static str, &'static str)];

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
    let cases: &[(&str, &Pairs, &Pairs)] = &[
        ("[server]\n\nhtpp = \"x\"", &[], &[]),
        ("[sever]\nhttp = \"127.0.0.1:1\"", &[], &[]),
        ("server = 3", &[], &[]),
        ("[server]\nhttp = \"localhost\"", &[], &[]),
        ("[server]\nhttp = 8080", &[], &[]),
        ("[delivery]\nin_flight = \"12\"", &[], &[]),
        ("[delivery]\nin_flight = 0x10", &[], &[]),
        (
            "[delivery]\nallow_destinations = [\"10.0.0.0/8\", \"10\"]",
            &[],
            &[],
        ),
        ("[delivery]\nallow_destinations = \"10.0.0.0/8\"", &[], &[]),
        ("[network]\nkind = \"real\"", &[], &[]),
        ("[log\nformat = 1", &[], &[]),
        ("[simulation]\ncalls = \"answered=1, away=2\"", &[], &[]),
        ("[simulation]\nmessages = \"delivered\"", &[], &[]),
        ("[simulation]\ncall_answer = \"normal 5s 1\"", &[], &[]),
        ("[simulation]\ncarriers = \"Northline\"", &[], &[]),
        ("[simulation]\nmessages_per_second = \"10dlc=0\"", &[], &[]),
        ("[admin]\ntoken = \"short\"", &[], &[]),
        ("", &[("RINGBACK__SERVER__HTTP", "nowhere")], &[]),
        ("", &[("RINGBACK__SERVER__PORT", "1")], &[]),
        ("", &[("RINGBACK__SERVER", "1")], &[]),
        ("", &[], &[("delivery.windows", "1")]),
        ("", &[], &[("window", "1")]),
        ("[server]\nhttps = \"127.0.0.1:1\"", &[], &[]),
        ("[admin]\naddress = \"0.0.0.0:9090\"", &[], &[]),
    ];
    let mut answers = String::new();
    for (content, variables, flags) in cases {
        let (folder, mut sources) = file(content);
        sources.variables = variables
            .iter()
            .map(|(name, value)| variable(name, value))
            .collect();
        sources.flags = flags.iter().map(|(key, value)| set(key, value)).collect();
        let complaint = Config::read(&sources).unwrap_err().plain();
        let complaint = complaint.replace(&format!("{}/", folder.path().display()), "");
        answers.push_str(&complaint);
        answers.push('\n');
    }
    insta::assert_snapshot!(answers);
}

#[test]
fn a_secret_is_neither_shown_nor_quoted() {
    let (_folder, sources) = file("[admin]\ntoken = \"0123456789abcdef\"");
    let shown = Config::show(&sources).unwrap();
    assert!(!shown.contains("0123"), "{shown}");
    assert!(shown.contains("token = \"[hidden]\""), "{shown}");
    let (_folder, sources) = file("[admin]\ntoken = \"s3cret\"");
    assert!(
        !Config::read(&sources)
            .unwrap_err()
            .plain()
            .contains("s3cret")
    );
}

#[test]
fn a_recogniser_is_asked_as_it_was_told() {
    let (_folder, sources) = file("[network]\nkind = \"simulated\"");
    assert!(Config::read(&sources).unwrap().recogniser().is_none());

    let told = "[network]\nkind = \"simulated\"\n[transcription]\n\
                url = \"http://10.0.0.7:8000/v1/audio/transcriptions\"\nkey = \"sk-1\"\n\
                language = \"en\"\ntimeout = \"2m\"\nattempts = 3";
    let (_folder, sources) = file(told);
    let recogniser = Config::read(&sources).unwrap().recogniser().unwrap();
    let url = "http://10.0.0.7:8000/v1/audio/transcriptions";
    assert_eq!(recogniser.url.as_given(), url);
    assert_eq!(recogniser.model, "whisper-1");
    assert_eq!(recogniser.language.as_deref(), Some("en"));
    assert_eq!(recogniser.timeout.as_secs(), 120);
    assert_eq!((recogniser.concurrency, recogniser.attempts), (2, 3));
    assert_eq!(recogniser.key.unwrap().reveal(), "sk-1");
    let shown = Config::show(&sources).unwrap();
    assert!(shown.contains(url) && !shown.contains("sk-1"), "{shown}");
}

#[test]
fn a_recogniser_needs_a_network_that_records() {
    let (_folder, sources) = file("[transcription]\nurl = \"http://127.0.0.1:1/\"");
    let complaint = Config::read(&sources).unwrap_err().plain();
    assert!(complaint.contains("`transcription.url`"), "{complaint}");
    assert!(complaint.contains("network.kind"), "{complaint}");
}

#[test]
fn what_is_shown_is_a_file_that_says_the_same() {
    let (_folder, sources) = file("[delivery]\nallow_destinations = [\"10.0.0.0/8\"]");
    let shown = Config::show(&sources).unwrap();
    let (_folder, again) = file(&shown);
    let strip = |text: &str| {
        let lines = text
            .lines()
            .map(|line| line.split("  # ").next().unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(strip(&Config::show(&again).unwrap()), strip(&shown));
}

#[test]
fn the_manual_is_what_the_tree_says() {
    let written = include_str!("../../../../docs/configuration.md");
    assert!(
        written == manual(),
        "docs/configuration.md is out of date: `cargo run -- config reference > docs/configuration.md`"
    );
}

#[test]
fn the_simulated_network_is_told_alike_by_dev_and_by_serve() {
    let (_folder, sources) =
        file("[simulation]\npace = \"real\"\nseed = 7\n[server]\nhttp = \"[::1]:1\"");
    let by_serve = Config::read(&sources).unwrap().simulation;
    let by_dev = Simulation::read(sources.file.as_deref(), Vec::new()).unwrap();
    assert_eq!(by_dev.model(), by_serve.model());
    assert_eq!(by_dev.model().pace, Pace::Real);
    assert_eq!(by_dev.seed, Some(Seed(7)));

    let flags = vec![set("simulation.pace", "brisk")];
    let by_flag = Simulation::read(sources.file.as_deref(), flags).unwrap();
    assert_eq!(by_flag.model(), Model::default());
    let wrong = Simulation::read(None, vec![set("simulation.pase", "real")]);
    let complaint = wrong.unwrap_err().plain();
    assert!(complaint.contains("`simulation.pace`"), "{complaint}");
}

#[test]
fn a_mix_is_taken_but_for_what_is_told_beside_it() {
    let told = "[simulation]\nmix = \"realistic\"\ncalls = \"answered=1, busy=1\"\n\
                message_receipt = \"fixed 2s\"";
    let (_folder, sources) = file(told);
    let chance = Config::read(&sources).unwrap().simulation.model().chance;
    let realistic = Mix::Realistic.chance();
    assert_eq!(chance.calls, "answered=1, busy=1".parse().ok());
    assert_eq!(chance.message_receipt, "fixed 2s".parse().ok());
    assert_eq!(chance.messages, realistic.messages);
    assert_eq!(chance.carriers, realistic.carriers);
    assert_eq!(Mix::Ordinary.chance(), Chance::default());
}

#[test]
fn the_manual_has_the_figures_of_the_realistic_mix() {
    let page = include_str!("../../../../docs/simulation.md");
    let Chance {
        calls,
        messages,
        call_alert,
        call_answer,
        call_talk,
        message_sent,
        message_receipt,
        carriers,
    } = Mix::Realistic.chance();
    let shown = [
        calls.unwrap().show(),
        messages.unwrap().show(),
        call_alert.unwrap().show(),
        call_answer.unwrap().show(),
        call_talk.unwrap().show(),
        message_sent.unwrap().show(),
        message_receipt.unwrap().show(),
        carriers.unwrap().show(),
    ];
    for figure in shown.into_iter().flatten() {
        let figure = figure.trim_matches('"');
        assert!(page.contains(figure), "{figure}");
    }
}

#[test]
fn there_are_no_bounds_until_they_are_switched_on() {
    let (_folder, sources) = file("[simulation]\nbacklog = 5\ncampaign_per_day = 200");
    let off = Config::read(&sources).unwrap().simulation;
    assert_eq!((off.model().capacity, off.api_writes()), (None, None));

    let (_folder, sources) = file("[simulation]\ncapacity = true\ncampaign_per_day = 200");
    let on = Config::read(&sources).unwrap().simulation;
    let expected = Capacity {
        calls_per_second: 1,
        messages_per_second: SenderRates::DOCUMENTED,
        backlog: 10_000,
        campaign_per_second: None,
        campaign_per_day: Some(200),
    };
    assert_eq!(on.model().capacity, Some(expected));
    assert_eq!(on.api_writes(), Some(13_800));
}
