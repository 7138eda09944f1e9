//! The demonstration, as `make demo ONCE=1` runs it.

use crate::support::Home;

#[test]
fn once_it_ends_well_when_every_callback_has_arrived() {
    check(&[], 16);
    check(&["--set", "ten_dlc_body=form"], 16);
}

#[test]
fn it_knows_every_dialect() {
    check(&["--dialect", "signalwire-strict"], 15);
    check(&["--dialect", "twilio"], 14);
}

#[test]
fn it_can_be_read_by_programs() {
    let home = Home::new();
    let output = home.output(&[
        "--demo",
        "--once",
        "--time-scale",
        "50",
        "--log-format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let objects: Vec<serde_json::Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let arrivals = objects.iter().filter(|object| object["event"] == "arrival");
    assert!(arrivals.clone().all(|arrival| arrival["verified"] == true));
    let types: std::collections::BTreeSet<_> = arrivals
        .clone()
        .map(|arrival| arrival["callback"].as_str().unwrap())
        .collect();
    let all = [
        "inbound-call",
        "message",
        "recording",
        "ten-dlc",
        "transcription",
        "voice",
    ];
    assert_eq!(types, all.into());
    assert_eq!(arrivals.count(), 16);
    let summary = objects
        .iter()
        .find(|object| object["event"] == "demo")
        .unwrap();
    assert_eq!(
        (&summary["callbacks"], &summary["verified"]),
        (&16.into(), &16.into())
    );
}

#[track_caller]
fn check(more: &[&str], callbacks: usize) {
    let home = Home::new();
    let options = [&["--demo", "--once", "--time-scale", "50"], more].concat();
    let output = home.output(&options);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}\n{stderr}");
    let summary =
        format!("demo: {callbacks} callbacks arrived, {callbacks} signatures verified, in order");
    assert!(stdout.contains(&summary), "{stdout}");
    assert_eq!(
        stdout.matches("✓ signature verified").count(),
        callbacks,
        "{stdout}"
    );
    assert!(
        !stderr.contains("WARN") && !stderr.contains("ERROR"),
        "{stderr}"
    );
    assert!(!home.ready_file().exists());
}
