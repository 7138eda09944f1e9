//! What `ringback store` does: a store is checked, copied while it is written, made smaller.

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Home, Operated, Receiver, block_of, ringback, wait_for};

/// What the manual shows of it is what is run here.
const MANUAL: &str = include_str!("../../../../docs/operations.md");

fn store(data: &Path, arguments: &[&str]) -> Output {
    let mut command = ringback(&["store", "--json", "--data"]);
    command.arg(data).args(arguments).output().unwrap()
}

#[track_caller]
fn done(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs what the manual shows, in `folder`, on the store in `data`.
#[track_caller]
fn as_shown(name: &str, folder: &Path, data: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_ringback")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-euc", block_of(MANUAL, name)])
        .current_dir(folder)
        .env("PATH", path)
        .env("RINGBACK__STORE__DATA", data)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// The numbers that were told of, each by a callback that nobody has answered.
fn told(receiver: &Receiver) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    while let Some(callback) = receiver.poll() {
        told.insert(callback.value("To").replace("%2B", "+"));
        callback.answer(200);
    }
    told
}

/// Ends the load, also when a test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Reports a new message to `number`; the answer says that it is durable.
fn report(serve: &Operated, made: &Value, number: &str, receiver: SocketAddr) -> bool {
    let report = json!({
        "kind": "message", "external_id": number, "status": "sent", "to": number,
        "status_callback": format!("http://{}/status", receiver),
    });
    let (status, answer) = serve.v1(made, "POST", "/changes", &report.to_string());
    status == 200 && answer.contains("\"taken\":1")
}

#[test]
fn a_backup_made_under_load_is_restored_with_all_that_was_acknowledged_before_it() {
    let home = Home::new();
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::new());
    let options = ["--allow-destination", "127.0.0.0/8"];
    let mut serve = home.serve(&options);
    let made = serve.project(&["create", "shop"]);
    let acknowledged = Mutex::new(Vec::new());
    let count = || {
        acknowledged
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    };
    let stop = AtomicBool::new(false);
    let before = thread::scope(|threads| {
        let _ended = Ends(&stop);
        for client in 0..4_u32 {
            let (serve, made, receiver, acknowledged, stop) =
                (&serve, &made, receiver.address, &acknowledged, &stop);
            threads.spawn(move || {
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    n += 1;
                    let number = format!("+1555{client}{n:06}");
                    assert!(report(serve, made, &number, receiver));
                    acknowledged.lock().unwrap().push(number);
                }
            });
        }
        wait_for("some load", || (count() > 200).then_some(()));
        let before = acknowledged.lock().unwrap().clone();
        as_shown("backup", folder.path(), &home.data());
        let after = count();
        wait_for("the load to go on", || (count() > after).then_some(()));
        before
    });
    // What is only in memory must not help.
    serve.signal("KILL");
    serve.end();
    drop(told(&receiver));

    as_shown("restore", folder.path(), &home.data());
    let restored = Home::of(folder.path().join("restored"));
    let restored_serve = restored.serve(&options);
    let mut missing: BTreeSet<String> = before.iter().cloned().collect();
    wait_for("every callback that was pending", || {
        missing = &missing - &told(&receiver);
        missing.is_empty().then_some(())
    });
    for number in &before {
        let path = format!("/resources/{}/timeline", number.replace('+', "%2B"));
        assert_eq!(
            restored_serve.v1(&made, "GET", &path, "").0,
            200,
            "{number}"
        );
    }
}

#[test]
fn a_store_is_checked_while_it_is_used_and_faults_end_with_status_1() {
    let home = Home::new();
    let receiver = Receiver::new();
    let mut serve = home.serve(&[]);
    let made = serve.project(&["create", "shop"]);
    assert!(report(&serve, &made, "+15550001", receiver.address));
    let found = done(&store(&home.data(), &["check"]));
    assert_eq!(found["sound"], true);
    assert_eq!(
        (&found["resources"], &found["changes"]),
        (&json!(1), &json!(1))
    );
    serve.signal("TERM");
    assert_eq!(serve.end(), Some(0));

    let file = home.data().join("ringback.db");
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(9).position(|it| it == b"+15550001").unwrap();
    // No text of ours has such bytes: the row cannot be read.
    bytes[at..at + 9].fill(0xff);
    fs::write(&file, bytes).unwrap();
    let output = store(&home.data(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["sound"], false);
    let faults = found["faults"].as_array().unwrap();
    assert!(
        faults.iter().any(|fault| fault["resource"].is_string()),
        "{found}"
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("nothing was changed") && stderr.contains("hint: "),
        "{stderr}"
    );
}

#[test]
fn a_store_in_use_is_not_vacuumed_and_a_closed_one_is() {
    let home = Home::new();
    let mut serve = home.serve(&[]);
    let refused = store(&home.data(), &["vacuum"]);
    assert_eq!(refused.status.code(), Some(1));
    let stderr = String::from_utf8(refused.stderr).unwrap();
    assert!(stderr.contains(&serve.ready.pid.to_string()), "{stderr}");
    assert!(stderr.contains("stop it first"), "{stderr}");
    serve.signal("TERM");
    assert_eq!(serve.end(), Some(0));
    let shown = as_shown("vacuum", home.data().parent().unwrap(), &home.data());
    assert!(shown.contains(" before, "), "{shown}");
    home.serve(&[]);
}

#[test]
fn what_is_old_is_deleted_and_what_is_owed_is_not() {
    let home = Home::new();
    let receiver = Receiver::new();
    let serve = home.serve(&["--retain", "1s", "--allow-destination", "127.0.0.0/8"]);
    let made = serve.project(&["create", "shop"]);
    for number in ["+15550001", "+15550002"] {
        assert!(report(&serve, &made, number, receiver.address));
    }
    let mut unanswered = Vec::new();
    wait_for("the one that was delivered to go", || {
        while let Some(callback) = receiver.poll() {
            match callback.value("To") {
                "%2B15550002" => callback.answer(200),
                _ => unanswered.push(callback),
            }
        }
        let (_, page) = serve.admin("/metrics", "");
        let gone = "ringback_retention_deleted_total 1";
        page.lines().any(|line| line == gone).then_some(())
    });
    let found = done(&store(&home.data(), &["check"]));
    assert_eq!(
        (&found["sound"], &found["resources"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(
        serve
            .v1(&made, "GET", "/resources/%2B15550001/timeline", "")
            .0,
        200
    );
    assert_eq!(
        serve
            .v1(&made, "GET", "/resources/%2B15550002/timeline", "")
            .0,
        404
    );
    wait_for("the other one to go as well", || {
        unanswered
            .drain(..)
            .for_each(|callback| callback.answer(200));
        drop(told(&receiver));
        let found = done(&store(&home.data(), &["check"]));
        (found["resources"] == 0).then_some(())
    });
}

#[test]
fn of_a_sealed_store_the_backup_says_that_it_needs_the_key() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "a".repeat(64)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let key = key.to_str().unwrap();
    home.project(&["--store-key-file", key, "create", "shop"]);
    let restored = Home::new();
    let target = restored.data().join("ringback.db");
    fs::create_dir(restored.data()).unwrap();
    fs::set_permissions(restored.data(), fs::Permissions::from_mode(0o700)).unwrap();
    let copy = done(&store(&home.data(), &["backup", target.to_str().unwrap()]));
    assert_eq!(copy["sealed"], true);
    let refused = restored.serve_command(&[]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    restored.serve(&["--store-key-file", key]);
}

#[test]
fn mistakes_are_answered_with_one_line_and_a_hint() {
    let home = Home::new();
    let (data, none) = (home.data(), home.data().join("none"));
    home.project(&["create", "shop"]);
    let there = home.data().join("ringback.lock");
    let nowhere = home.data().join("no/copy.db");
    let mut answers = String::new();
    for (data, arguments) in [
        (&none, &["check"][..]),
        (&none, &["vacuum"]),
        (&data, &["backup"]),
        (&data, &["backup", there.to_str().unwrap()]),
        (&data, &["backup", nowhere.to_str().unwrap()]),
        (&data, &["compact"]),
    ] {
        let output = store(data, arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap();
        answers.extend(["$ ringback store ", &arguments.join(" "), "\n", &stderr]);
        answers.extend(["exit ", &code.to_string(), "\n\n"]);
    }
    let pid = process_of(&answers);
    let answers = answers.replace(&home.data().display().to_string(), "DATA");
    insta::assert_snapshot!(answers.replace(&pid, "PID"));
}

/// The number of the process that would have written the copy.
fn process_of(answers: &str) -> String {
    let (before, _) = answers.split_once(".new`").unwrap_or_default();
    before.rsplit('.').next().unwrap_or_default().to_owned()
}
