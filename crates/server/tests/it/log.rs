//! What the log says of a request, and what it must never say.

use std::io::{self, Write};
use std::sync::{Mutex, Once};

use tracing::Level;

use crate::harness::{CALL, MESSAGE, Server};

/// What all tests of this program log: a subscriber of one thread alone would miss what a
/// test on another thread was the first to log.
static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Kept;

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps what is logged from now on. Called for every server.
pub fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_ansi(false)
            .with_writer(|| Kept)
            .finish();
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

#[tokio::test]
async fn a_request_is_noted_by_its_route_and_nothing_that_it_says() {
    let server = Server::start().await;
    let fragment = "&StatusCallback=http%3A%2F%2Fhook.example%2Fpath%23rc=99%26rc=secret";
    let sid = server
        .create("/Messages", &format!("{MESSAGE}{fragment}"))
        .await;
    server.create("/Calls", &format!("{CALL}{fragment}")).await;
    server
        .get(&format!("/Messages/{sid}?To=%2B15550100009"))
        .await;
    server
        .ask("GET", "/Calls")
        .by("nobody", "other-token")
        .send(server.at)
        .await;

    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let route = "route=\"/Accounts/{account}/Messages/{sid}\"";
    let noted = ["method=GET", route, "status=200", "micros="];
    let is_noted = |line: &str| noted.iter().all(|part| line.contains(part));
    assert!(log.lines().any(is_noted), "{log}");
    let warnings = server.engine.engine.store().warnings(sid).await;
    let warnings = warnings.unwrap();
    assert_eq!(
        warnings.len(),
        2,
        "too many retries, no number: {warnings:?}"
    );
    for line in log.lines().filter(|line| line.contains("ringback_server")) {
        for secret in [
            "token-",
            "OnRva2VuL",
            "hello",
            "15550100",
            "hook.example",
            "Basic",
        ] {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}
