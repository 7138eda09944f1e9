//! What is refused before anything is looked up, and what the store's troubles come to.

use std::sync::Arc;

use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use ringback_testing::faulty_store::{Fault, FaultyStore};
use ringback_testing::memory_store::MemoryStore;
use ringback_testing::test_engine::Setup;

use crate::client::Request;
use crate::harness::{CALL, MESSAGE, Server};

#[tokio::test]
async fn another_name_or_a_foreign_page_is_refused() {
    let server = Server::start().await;
    let plain = server.ask("GET", "/Calls").without("Host");
    for host in ["localhost", "127.0.0.1:8080", "[::1]:1", "calls.example"] {
        let answer = plain.clone().header("Host", host).send(server.at).await;
        assert_eq!(answer.status, 200, "{host}");
    }
    let answer = plain
        .clone()
        .header("Host", "evil.example")
        .send(server.at)
        .await;
    assert_eq!(answer.error(), (403, 20003));
    for (name, value) in [
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let answer = server
            .ask("GET", "/Calls")
            .header(name, value)
            .send(server.at)
            .await;
        assert_eq!(answer.error(), (403, 20003), "{name}: {value}");
    }
}

#[tokio::test]
async fn one_host_is_needed_in_either_version_of_http() {
    let server = Server::start().await;
    let plain = server.ask("GET", "/Calls").without("Host");
    assert_eq!(plain.send(server.at).await.error(), (400, 10000));
    let old = plain.version("HTTP/1.0");
    assert_eq!(old.send(server.at).await.error(), (400, 10000));
    let named = old.header("Host", "localhost");
    assert_eq!(named.send(server.at).await.status, 200);
    let twice = named.header("Host", "localhost");
    assert_eq!(twice.send(server.at).await.error(), (400, 10000));
}

#[tokio::test]
async fn there_is_nothing_beside_the_routes() {
    let server = Server::start().await;
    for path in [
        "/",
        "/2010-04-01",
        "/2010-04-01/Account",
        "/Accounts/9b1d2c3e-0000-4000-8000-00000000ac01",
        "/2010-04-02/Accounts/9b1d2c3e-0000-4000-8000-00000000ac01.json",
        "/api/laml/api/laml/2010-04-01/Accounts/9b1d2c3e-0000-4000-8000-00000000ac01",
        "/2010-04-01/Accounts/9b1d2c3e-0000-4000-8000-00000000ac01/Messages/",
        "/2010-04-01/Accounts/9b1d2c3e-0000-4000-8000-00000000ac01/messages",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let request = Request::new(method, path);
            let request = request.by("9b1d2c3e-0000-4000-8000-00000000ac01", "token-one");
            assert_eq!(
                request.send(server.at).await.error(),
                (404, 20404),
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn an_error_links_to_a_page_that_explains_it_to_everybody() {
    let server = Server::start().await;
    let answer = server.ask("GET", "/Calls/nonsense").send(server.at).await;
    let link = answer.json()["more_info"].as_str().unwrap().to_owned();
    let path = link.strip_prefix("https://calls.example").unwrap();
    assert_eq!(path, "/docs/errors/20404");
    let page = Request::new("GET", path).send(server.at).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(
        page.body
            .contains("<dt>Whose fault</dt><dd>the application"),
        "{}",
        page.body
    );
    let unknown = Request::new("GET", "/docs/errors/99999")
        .send(server.at)
        .await;
    assert_eq!(unknown.error(), (404, 20404));
}

#[tokio::test]
async fn a_head_request_is_answered_without_a_body() {
    let server = Server::start().await;
    let found = server.ask("HEAD", "/Calls").send(server.at).await;
    assert_eq!((found.status, found.body.as_str()), (200, ""));
    let missing = server.ask("HEAD", "/Nothing").send(server.at).await;
    assert_eq!((missing.status, missing.body.as_str()), (404, ""));
    assert_eq!(
        missing.header("content-type"),
        Some("application/json; charset=utf-8")
    );
}

#[tokio::test]
async fn callbacks_that_lead_to_one_another_end_after_five() {
    let server = Server::start().await;
    for (list, form) in [("/Messages", MESSAGE), ("/Calls", CALL)] {
        let post = server.ask("POST", list).form(form);
        for (depth, expected) in [("6", 422), ("99999999999", 422), ("-1", 400), ("x", 400)] {
            let answer = post
                .clone()
                .header("Ringback-Depth", depth)
                .send(server.at)
                .await;
            assert_eq!(answer.error(), (expected, 10000), "{depth}");
        }
        let answer = post
            .header("Ringback-Depth", "5")
            .send(server.at)
            .await
            .json();
        let sid: Sid = answer["sid"].as_str().unwrap().parse().unwrap();
        let store = server.engine.engine.store();
        let stored: Vec<Option<Resource>> = store.resources(&[sid]).await.unwrap();
        assert_eq!(stored[0].as_ref().unwrap().depth, 5);
    }
}

#[tokio::test]
async fn what_could_not_be_recorded_is_503_with_a_time_to_ask_again() {
    for fault in [Fault::Full, Fault::UnsureAndNotWritten] {
        let store = Arc::new(FaultyStore::new(MemoryStore::new()));
        let setup = Setup {
            store: Arc::<FaultyStore<_>>::clone(&store),
            ..Setup::default()
        };
        let server = Server::with(setup).await;
        store.fail_next(fault);
        let answer = server.post("/Messages", MESSAGE).await;
        assert_eq!(answer.error(), (503, 20504), "{fault:?}");
        let seconds = answer
            .header("retry-after")
            .and_then(|value| value.parse().ok());
        assert!(seconds.is_some_and(|seconds: u32| seconds > 0), "{fault:?}");
        store.recover();
        assert_eq!(
            server.post("/Messages", MESSAGE).await.status,
            201,
            "{fault:?}"
        );
    }
}
