//! Starting `ringback dev`, and what keeps it from starting.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Home, STALE, ringback, wait_for, without};

#[test]
fn the_ready_file_has_what_a_script_needs() {
    let home = Home::new();
    // What a killed run left behind is never taken for news.
    fs::write(home.ready_file(), STALE).unwrap();
    let dev = home.start(&[]);
    let ready = &dev.ready;
    assert!(ready.http.starts_with("http://127.0.0.1:") && !ready.http.ends_with('/'));
    assert!(ready.https.starts_with("https://127.0.0.1:") && !ready.https.ends_with('/'));
    assert!(
        fs::read_to_string(&ready.ca_file)
            .unwrap()
            .contains("BEGIN CERTIFICATE")
    );
    assert_eq!(ready.pid, dev.child.id());
    assert_eq!(ready.project_id.len(), 36);
    let digits = ready.project_id.replace('-', "");
    assert_eq!(ready.project_alias, format!("AC{digits}"));
    assert!(ready.api_token.starts_with("PT_development_only"));
    assert!(ready.signing_key.starts_with("PSK_development_only"));
    let mode = fs::metadata(home.ready_file())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600, "it holds credentials");
}

#[test]
fn the_banner_has_the_lines_to_copy_and_json_has_no_banner() {
    let home = Home::new();
    let dev = home.start(&[]);
    let secret = "whsec_";
    let ca_file = dev.ready.ca_file.display().to_string();
    wait_for("the banner", || {
        let stdout = dev.stdout();
        let wanted = [
            &dev.ready.http,
            &dev.ready.https,
            &dev.ready.api_token,
            &ca_file,
        ];
        let whole = wanted.iter().all(|part| stdout.contains(part.as_str()));
        (whole && stdout.contains(secret) && stdout.contains("signalwireSpaceUrl")).then_some(())
    });
    drop(dev);
    let dev = home.start(&["--log-format", "json"]);
    assert_eq!(dev.stdout(), "");
}

#[test]
fn certificates_are_made_once() {
    let home = Home::new();
    let first = fs::read(&home.start(&[]).ready.ca_file).unwrap();
    let second = fs::read(&home.start(&[]).ready.ca_file).unwrap();
    assert_eq!(first, second);
}

#[test]
fn nobody_else_can_read_the_data_folder() {
    let home = Home::new();
    let _dev = home.start(&[]);
    check(&home.data());

    fn check(folder: &std::path::Path) {
        assert_eq!(
            fs::metadata(folder).unwrap().permissions().mode() & 0o777,
            0o700
        );
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                check(&path);
            } else {
                let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o600, "{}", path.display());
            }
        }
    }
}

#[test]
fn a_data_folder_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let home = Home::new();
    drop(home.start(&[]));
    fs::set_permissions(home.data(), fs::Permissions::from_mode(0o755)).unwrap();
    let output = home.output(&[]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    insta::assert_snapshot!(without(&stderr, &home.data(), "[data]"));
    // The command does mend it.
    let command = stderr
        .lines()
        .find_map(|line| line.strip_prefix("hint: "))
        .unwrap();
    assert!(
        std::process::Command::new("sh")
            .args(["-c", command])
            .status()
            .unwrap()
            .success()
    );
    drop(home.start(&[]));
}

#[test]
fn a_second_process_on_the_same_folder_is_told_of_the_first() {
    let home = Home::new();
    let dev = home.start(&[]);
    let output = home.output(&[]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    let stderr = stderr.replace(&dev.child.id().to_string(), "[pid]");
    insta::assert_snapshot!(without(&stderr, &home.data(), "[data]"));
    assert!(home.ready_file().exists(), "it is that of the first");
}

#[test]
fn a_port_that_is_taken_is_told_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let mut command = ringback(&["dev", "--http", &address, "--data"]);
    let output = command.arg(folder.path().join("data")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    insta::assert_snapshot!(stderr.replace(&address, "[address]"));
}

#[test]
fn a_ready_file_that_cannot_be_written_is_told_before_anything_is_served() {
    let home = Home::new();
    fs::create_dir(home.ready_file()).unwrap();
    let output = home.output(&[]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("ready.json cannot be written"), "{stderr}");
}
