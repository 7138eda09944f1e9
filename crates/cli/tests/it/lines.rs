//! Help, and what is said of mistakes.

use crate::support::ringback;

#[test]
fn help_is_for_strangers() {
    for arguments in [
        &["--help"][..],
        &["dev", "--help"],
        &["serve", "--help"],
        &["project", "--help"],
        &["store", "--help"],
        &["config", "--help"],
        &["callbacks", "--help"],
        &["errors", "--help"],
        &["simulate", "--help"],
        &["bench", "--help"],
    ] {
        let output = ringback(arguments).output().unwrap();
        assert!(output.status.success());
        assert!(output.stderr.is_empty());
        let name = format!("help_{}", arguments.join("_").replace("--", ""));
        insta::assert_snapshot!(name, String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn the_version_is_told() {
    let output = ringback(&["--version"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(
        output.stdout,
        concat!("ringback ", env!("CARGO_PKG_VERSION"), "\n").as_bytes()
    );
}

#[test]
fn without_a_command_help_is_shown() {
    let output = ringback(&[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("Usage: ringback")
    );
}

#[test]
fn mistakes_are_answered_with_one_line_and_a_hint() {
    let mistakes: &[&[&str]] = &[
        &["serve-me"],
        &["simulate", "weather"],
        &["dev", "--htp", "127.0.0.1:0"],
        &["dev", "surplus"],
        &["dev", "--http", "localhost"],
        &["dev", "--dialect", "klingon"],
        &["dev", "--profile", "lazy"],
        &["dev", "--set", "colour=red"],
        &["dev", "--set", "ordering=loose"],
        &["dev", "--set", "ordering"],
        &["dev", "--time-scale", "0"],
        &["dev", "--time-scale", "-1"],
        &["dev", "--seed", "many"],
        &["dev", "--public-url", "ringback.example"],
        &["dev", "--allow-destination", "10.0.0.0/33"],
        &["dev", "--once"],
        &["dev", "--token", "two words"],
        &["dev", "--http", "0.0.0.0:8080"],
        &["dev", "--https", "[::]:8443"],
        &["bench", "--only", "everything"],
        &["bench", "--stored", "many"],
    ];
    let mut answers = String::new();
    for arguments in mistakes {
        let output = ringback(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let lines: Vec<&str> = stderr.lines().collect();
        assert!(
            matches!(lines[..], [error, hint] if error.starts_with("error: ") && hint.starts_with("hint: ")),
            "{arguments:?}: {stderr}"
        );
        answers.extend(["$ ringback ", &arguments.join(" "), "\n", &stderr, "\n"]);
    }
    insta::assert_snapshot!(answers);
}

#[test]
fn a_token_is_not_repeated() {
    let output = ringback(&["dev", "--token", "sécret"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!String::from_utf8(output.stderr).unwrap().contains("cret"));
}

#[test]
fn a_log_filter_that_is_none_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = ringback(&["dev", "--data"]);
    let output = command
        .arg(folder.path())
        .env("RUST_LOG", "a=b=c")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("hint: it is written like")
    );
}

#[test]
fn the_special_numbers_are_printed() {
    let output = ringback(&["simulate", "numbers"]).output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty());
    let table = String::from_utf8(output.stdout).unwrap();
    for number in ["0486", "0487", "3000", "3003", "0700"] {
        assert!(table.contains(number), "{number}");
    }
}
