//! What a running `ringback dev` does with requests, and what it prints of them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Dev, Home, Receiver, wait_for};

#[test]
fn https_is_trusted_by_whoever_trusts_the_ca_under_every_name_of_this_machine() {
    let home = Home::new();
    let dev = home.start(&[]);
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(&dev.ready.ca_file).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let config = Arc::new(config);
    for name in ["localhost", "127.0.0.1", "::1"] {
        let server = ServerName::try_from(name).unwrap();
        let client = ClientConnection::new(config.clone(), server).unwrap();
        let address = dev.ready.https.strip_prefix("https://").unwrap();
        let mut stream = StreamOwned::new(client, TcpStream::connect(address).unwrap());
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 404", "{name}");
    }
}

#[test]
fn a_message_is_told_line_by_line() {
    let home = Home::new();
    let dev = home.start(&["--time-scale", "50"]);
    let sid = deliver_one(&dev);
    let end = format!("…{}", &sid[sid.len() - 4..]);
    let lines = wait_for("all lines", || {
        let stdout = dev.stdout();
        let lines: Vec<String> = stdout
            .lines()
            .filter(|line| line.contains(&end))
            .map(str::to_owned)
            .collect();
        (lines.len() >= 8).then_some(lines)
    });
    for status in ["queued", "sending", "sent", "delivered"] {
        let line = |kind: &str| {
            lines
                .iter()
                .any(|line| line.contains(kind) && line.contains(status))
        };
        assert!(line("message  "), "no change to {status}: {lines:#?}");
        assert!(line("attempt  "), "no attempt of {status}: {lines:#?}");
    }
    assert!(
        !lines.concat().contains('\u{1b}'),
        "no colours where there is no terminal"
    );
    quiet(&dev);
}

#[test]
fn json_is_one_object_a_line_and_holds_no_secret() {
    let home = Home::new();
    let dev = home.start(&["--time-scale", "50", "--log-format", "json"]);
    let sid = deliver_one(&dev);
    let objects = wait_for("all lines", || {
        let parse = |line: &str| serde_json::from_str(line).expect("a line is an object");
        let objects: Vec<serde_json::Value> = dev.stdout().lines().map(parse).collect();
        (objects.len() >= 8).then_some(objects)
    });
    for object in &objects {
        assert_eq!(object["sid"], sid.as_str(), "{object}");
        assert!(
            matches!(object["event"].as_str(), Some("change" | "attempt")),
            "{object}"
        );
    }
    for output in [dev.stdout(), dev.stderr()] {
        for secret in [
            &dev.ready.api_token,
            &dev.ready.signing_key,
            "hello",
            "Basic",
        ] {
            assert!(!output.contains(secret), "{secret}: {output}");
        }
    }
    quiet(&dev);
}

#[test]
fn a_token_of_ones_own_replaces_the_public_one() {
    let home = Home::new();
    let mut dev = home.start(&["--token", "own-token"]);
    assert_eq!(dev.ready.api_token, "own-token");
    assert_eq!(dev.ask("GET", "/Messages", "").unwrap().0, 200);
    dev.ready.api_token = "PT_development_only_0000000000000000".to_owned();
    assert_eq!(dev.ask("GET", "/Messages", "").unwrap().0, 401);
}

/// Sends a message and accepts its four callbacks; its SID.
fn deliver_one(dev: &Dev) -> String {
    let receiver = Receiver::new();
    let sid = dev.send_message(receiver.address);
    for status in ["queued", "sending", "sent", "delivered"] {
        let callback = receiver.next();
        assert_eq!(callback.value("MessageStatus"), status);
        callback.answer(200);
    }
    sid
}

/// Nothing was logged that somebody would have to look at.
#[track_caller]
fn quiet(dev: &Dev) {
    let stderr = dev.stderr();
    assert!(
        !stderr.contains("WARN") && !stderr.contains("ERROR"),
        "{stderr}"
    );
}
