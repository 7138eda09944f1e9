//! What `ringback serve` does: configuration, projects while it runs, health, the certificate.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::support::{Home, Operated, Receiver, ringback, wait_for};

#[test]
fn a_project_made_while_it_runs_is_let_in_at_once_and_a_revoked_token_never_again() {
    let home = Home::new();
    let serve = home.serve(&["--set", "network.kind=simulated"]);
    assert_eq!(serve.project(&["list"]).as_array().unwrap().len(), 0);
    let made = serve.project(&["create", "shop"]);
    let (id, first) = (text(&made, "project_id"), text(&made, "api_token"));
    assert_eq!(serve.rest(&id, &first, "GET", "/Messages", "").0, 200);
    let another = serve.project(&["create-token", "shop", "--name", "worker"]);
    let second = text(&another, "api_token");
    assert_eq!(serve.rest(&id, &second, "GET", "/Messages", "").0, 200);
    let listed = serve.project(&["list"]);
    assert!(
        !listed.to_string().contains(&first),
        "tokens are shown once"
    );
    assert!(!listed.to_string().contains("PSK_"), "keys are shown once");
    let token_id = listed[0]["tokens"][0]["id"].as_str().unwrap();
    let alias = text(&listed[0], "project_alias");
    serve.project(&["revoke-token", &alias, token_id]);
    assert_eq!(serve.rest(&id, &first, "GET", "/Messages", "").0, 401);
    assert_eq!(serve.rest(&id, &second, "GET", "/Messages", "").0, 200);
}

#[test]
fn projects_are_kept_and_made_without_a_server_as_well() {
    let home = Home::new();
    let made = home.project(&["create", "shop", "--set", "dialect=twilio"]);
    let (id, token) = (text(&made, "project_id"), text(&made, "api_token"));
    assert_eq!(made["settings"]["dialect"], "twilio");
    for _ in 0..2 {
        let mut serve = home.serve(&[]);
        assert_eq!(serve.rest(&id, &token, "GET", "/Messages", "").0, 200);
        serve.signal("TERM");
        assert_eq!(serve.end(), Some(0), "{}", serve.stderr());
        assert!(!home.data().join("control.sock").exists());
    }
    home.project(&[
        "revoke-token",
        &id,
        made["tokens"][0]["id"].as_str().unwrap(),
    ]);
    let serve = home.serve(&[]);
    assert_eq!(serve.rest(&id, &token, "GET", "/Messages", "").0, 401);
}

#[test]
fn the_control_socket_is_its_owners_alone() {
    let home = Home::new();
    let _serve = home.serve(&[]);
    let socket = fs::metadata(home.data().join("control.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
}

#[test]
fn callbacks_are_signed_with_the_projects_key_and_while_it_rotates_with_both() {
    let home = Home::new();
    let serve = home.serve(&[
        "--set",
        "network.kind=simulated",
        "--set",
        "network.time_scale=50",
        "--allow-destination",
        "127.0.0.0/8",
    ]);
    let made = serve.project(&["create", "shop"]);
    let receiver = Receiver::new();
    let sent = |signatures: usize| {
        serve.send_message(&made, receiver.address);
        for _ in 0..4 {
            let callback = receiver.next();
            let webhook = callback.header("webhook-signature").unwrap();
            assert_eq!(webhook.split(' ').count(), signatures, "{webhook}");
            callback.answer(200);
        }
    };
    sent(1);
    let rotated = serve.project(&["rotate-key", "shop", "--keep-old", "1h"]);
    assert_ne!(rotated["signing_key"], made["signing_key"]);
    sent(2);
}

#[test]
fn special_addresses_are_refused_unless_they_are_allowed() {
    let home = Home::new();
    let serve = home.serve(&[
        "--set",
        "network.kind=simulated",
        "--set",
        "network.time_scale=50",
    ]);
    let made = serve.project(&["create", "shop"]);
    let receiver = Receiver::new();
    let (status, answer) = serve.try_message(&made, receiver.address);
    assert_eq!(status, 422, "{answer}");
    assert!(
        answer.contains("21609") && answer.contains("delivery.allow_destinations"),
        "{answer}"
    );
    // What a name leads to is judged when it is called.
    let named = format!("localhost:{}", receiver.address.port());
    let (id, token) = (text(&made, "project_id"), text(&made, "api_token"));
    let form = format!(
        "From=%2B15550100001&To=%2B15550100002&Body=x&StatusCallback=http%3A%2F%2F{named}%2F"
    );
    assert_eq!(serve.rest(&id, &token, "POST", "/Messages", &form).0, 201);
    let failed = format!(
        "ringback_attempts_total{{project={},destination=\"http://{named}\",outcome=\"failed\"}} ",
        made["project_id"]
    );
    // A fourth may be counted in the same moment.
    wait_for("three attempts that failed", || {
        let (_, page) = serve.admin("/metrics", "");
        let count = page.lines().find_map(|line| line.strip_prefix(&failed))?;
        (count.parse::<u32>().ok()? >= 3).then_some(())
    });
    assert!(receiver.poll().is_none());
}

#[test]
fn without_a_network_a_creation_is_refused_with_a_way_out() {
    let home = Home::new();
    let serve = home.serve(&["--allow-destination", "127.0.0.0/8"]);
    let made = serve.project(&["create", "shop"]);
    let (status, answer) = serve.try_message(&made, ([127, 0, 0, 1], 9).into());
    assert_eq!(status, 422, "{answer}");
    assert!(
        answer.contains("/v1/changes") && answer.contains("network.kind"),
        "{answer}"
    );
}

#[test]
fn operators_are_told_how_it_is() {
    let home = Home::new();
    let serve = home.serve(&[
        "--set",
        "network.kind=simulated",
        "--set",
        "network.time_scale=50",
        "--allow-destination",
        "127.0.0.0/8",
    ]);
    assert_eq!(serve.admin("/healthz", ""), (200, "alive\n".to_owned()));
    assert_eq!(serve.admin("/readyz", ""), (200, "ready\n".to_owned()));
    assert_eq!(serve.admin("/", "").0, 404);
    let made = serve.project(&["create", "shop"]);
    let receiver = Receiver::new();
    serve.send_message(&made, receiver.address);
    for _ in 0..4 {
        receiver.next().answer(200);
    }
    let whole = [
        "ringback_reports_total{verdict=\"accepted\"} 4".to_owned(),
        "ringback_callbacks_owed_total 4".to_owned(),
        "ringback_callbacks_settled_total{state=\"delivered\"} 4".to_owned(),
        "ringback_delivery_latency_seconds_count 4".to_owned(),
        "ringback_store_writable 1".to_owned(),
        format!(
            "ringback_attempts_total{{project={},destination=\"http://{}\",outcome=\"accepted\"}} 4",
            made["project_id"], receiver.address
        ),
    ];
    wait_for("all that was counted", || {
        let (status, page) = serve.admin("/metrics", "");
        assert_eq!(status, 200, "{page}");
        let found = |line: &String| page.lines().any(|other| other == line);
        whole.iter().all(found).then_some(())
    });
}

#[test]
fn while_it_drains_it_is_not_ready() {
    let home = Home::new();
    let mut serve = home.serve(&[
        "--set",
        "network.kind=simulated",
        "--set",
        "network.time_scale=50",
        "--allow-destination",
        "127.0.0.0/8",
    ]);
    let made = serve.project(&["create", "shop"]);
    let receiver = Receiver::new();
    serve.send_message(&made, receiver.address);
    let under_way = receiver.next();
    serve.signal("TERM");
    wait_for("that it is not ready", || {
        (serve.admin("/readyz", "") == (503, "draining\n".to_owned())).then_some(())
    });
    under_way.answer(200);
    assert_eq!(serve.end(), Some(0), "{}", serve.stderr());
}

#[test]
fn metrics_beyond_this_machine_need_the_token() {
    let home = Home::new();
    let mut command = home.serve_command(&["--admin", "0.0.0.0:0"]);
    command.env("RINGBACK__ADMIN__TOKEN", "0123456789abcdef");
    let serve = home.start_serve(command);
    assert_eq!(serve.admin("/healthz", "").0, 200);
    assert_eq!(serve.admin("/metrics", "").0, 401);
    let wrong = "Authorization: Bearer 0123456789abcdee\r\n";
    assert_eq!(serve.admin("/metrics", wrong).0, 401);
    let right = "Authorization: Bearer 0123456789abcdef\r\n";
    assert_eq!(serve.admin("/metrics", right).0, 200);
    let refused = home
        .serve_command(&["--admin", "0.0.0.0:0"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn a_new_certificate_is_shown_after_sighup() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let (cert, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let first = certificate(&cert, &key);
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let serve = home.serve(&[
        "--https",
        "127.0.0.1:0",
        "--tls-cert",
        &path(&cert),
        "--tls-key",
        &path(&key),
    ]);
    let https = serve.ready.https.clone().unwrap();
    assert!(is_shown(&https, &first));
    let second = certificate(&cert, &key);
    assert!(is_shown(&https, &first) && !is_shown(&https, &second));
    serve.signal("HUP");
    wait_for("the new certificate", || {
        is_shown(&https, &second).then_some(())
    });
    fs::write(&key, "no key").unwrap();
    serve.signal("HUP");
    wait_for("a complaint", || {
        serve
            .stderr()
            .contains("the certificate stays as it was")
            .then_some(())
    });
    assert!(is_shown(&https, &second));
}

#[test]
fn the_configuration_is_checked_and_shown_without_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ringback.toml");
    fs::write(
        &file,
        "[server]\nhttp = \"127.0.0.1:1\"\n\n[admin]\ntoken = \"0123456789abcdef\"\n",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let run = |arguments: &[&str]| -> Output {
        let mut command = ringback(&["config", "--config", file]);
        command
            .args(arguments)
            .env("RINGBACK__DELIVERY__WINDOW", "7")
            .output()
            .unwrap()
    };
    let output = run(&["check"]);
    assert!(output.status.success());
    let shown = String::from_utf8(run(&["show"]).stdout).unwrap();
    assert!(
        shown.contains("window = 7  # variable RINGBACK__DELIVERY__WINDOW"),
        "{shown}"
    );
    assert!(shown.contains("ringback.toml, line 2"), "{shown}");
    assert!(!shown.contains("0123456789abcdef"), "{shown}");
    fs::write(file, "[server]\nhtpp = \"127.0.0.1:1\"\n").unwrap();
    let output = run(&["check"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("unknown key `server.htpp` (") && stderr.contains("line 2"),
        "{stderr}"
    );
    assert!(stderr.contains("did you mean `server.http`?"), "{stderr}");
}

fn text(made: &Value, name: &str) -> String {
    made[name].as_str().unwrap().to_owned()
}

/// A new certificate for localhost, written to both files; as it is shown.
fn certificate(cert: &Path, key: &Path) -> rustls::pki_types::CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(cert, made.cert.pem()).unwrap();
    fs::write(key, made.signing_key.serialize_pem()).unwrap();
    made.cert.der().clone()
}

/// Whether a client that trusts `expected` alone is satisfied.
fn is_shown(https: &str, expected: &rustls::pki_types::CertificateDer<'static>) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(expected.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerName::try_from("localhost").unwrap();
    let client = ClientConnection::new(Arc::new(config), server).unwrap();
    let address = https.strip_prefix("https://").unwrap();
    let mut stream = StreamOwned::new(client, TcpStream::connect(address).unwrap());
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = [0; 8];
    stream.write_all(request.as_bytes()).is_ok() && stream.read_exact(&mut answer).is_ok()
}

#[test]
fn a_started_server_says_where_it_is() {
    let home = Home::new();
    let serve: Operated = home.serve(&[]);
    assert_eq!(serve.ready.pid, serve.child.id());
    assert!(serve.ready.https.is_none());
    let stderr = serve.stderr();
    assert!(stderr.contains("ringback project create NAME"), "{stderr}");
}

#[test]
fn with_a_key_file_no_secret_stands_in_the_store_and_another_key_is_told() {
    let home = Home::new();
    let folder = tempfile::tempdir().unwrap();
    let key = |name: &str, digit: &str| {
        let path = folder.path().join(name);
        fs::write(&path, digit.repeat(64)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (right, wrong) = (key("right", "a"), key("wrong", "b"));
    let made = home.project(&["--store-key-file", &right, "create", "shop"]);
    let secret = text(&made, "signing_key");
    let mut serve = home.serve(&[
        "--store-key-file",
        &right,
        "--set",
        "network.kind=simulated",
        "--allow-destination",
        "127.0.0.0/8",
    ]);
    let receiver = Receiver::new();
    let url = format!("http%3A%2F%2Fann%3Averysecret%40{}%2F", receiver.address);
    let form = format!("From=%2B15550100001&To=%2B15550100002&Body=x&StatusCallback={url}");
    let (id, token) = (text(&made, "project_id"), text(&made, "api_token"));
    assert_eq!(serve.rest(&id, &token, "POST", "/Messages", &form).0, 201);
    let callback = receiver.next();
    let expected = format!("Basic {}", crate::support::base64("ann:verysecret"));
    assert_eq!(callback.header("authorization"), Some(&*expected));
    callback.answer(200);
    serve.child.kill().unwrap();
    serve.end();
    for file in fs::read_dir(home.data()).unwrap() {
        let content = fs::read(file.unwrap().path()).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains("verysecret") && !content.contains(&secret));
    }
    fs::remove_file(home.ready_file()).unwrap();
    for arguments in [&["--store-key-file", &wrong][..], &[]] {
        let output = home.serve_command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.contains("key file") && stderr.contains("--store-key-file"),
            "{stderr}"
        );
    }
    home.serve(&["--store-key-file", &right]);
}
