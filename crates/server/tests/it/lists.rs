//! Lists: filters, and pages that stay where they are while rows are added.

use ringback_domain::call::CallStatus;
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus;
use serde_json::Value;

use crate::client::Request;
use crate::harness::{CALL, MESSAGE, Server};

/// What `uri`, as a page names its neighbours, is answered with.
async fn follow(server: &Server, uri: &Value) -> Value {
    let uri = uri.as_str().expect("there is such a page");
    let request = Request::new("GET", uri).by("9b1d2c3e-0000-4000-8000-00000000ac01", "token-one");
    let answer = request.send(server.at).await;
    assert_eq!(answer.status, 200, "{uri}: {}", answer.body);
    answer.json()
}

fn sids(page: &Value, key: &str) -> Vec<Sid> {
    let rows = page[key].as_array().expect("a list");
    rows.iter()
        .map(|row| row["sid"].as_str().unwrap().parse().unwrap())
        .collect()
}

async fn create(server: &Server, list: &str, form: &str, count: usize) -> Vec<Sid> {
    let mut created = Vec::new();
    for _ in 0..count {
        created.push(server.create(list, form).await);
    }
    created
}

#[tokio::test]
async fn pages_stay_while_rows_are_added() {
    for (list, key, form) in [
        ("/Messages", "messages", MESSAGE),
        ("/Calls", "calls", CALL),
    ] {
        let server = Server::start().await;
        let mut expected = create(&server, list, form, 7).await;
        expected.reverse();
        let first = server.get(&format!("{list}.json?PageSize=3")).await.json();
        create(&server, list, form, 2).await;
        let second = follow(&server, &first["next_page_uri"]).await;
        create(&server, list, form, 2).await;
        let third = follow(&server, &second["next_page_uri"]).await;
        assert_eq!(third["next_page_uri"], Value::Null);
        assert_eq!(
            (&third["page"], &third["page_size"]),
            (&2.into(), &3.into())
        );
        let pages = [&first, &second, &third];
        let seen: Vec<Sid> = pages.into_iter().flat_map(|page| sids(page, key)).collect();
        assert_eq!(seen, expected);

        let back = follow(&server, &third["previous_page_uri"]).await;
        assert_eq!(sids(&back, key), sids(&second, key));
        let start = follow(&server, &back["previous_page_uri"]).await;
        assert_eq!(sids(&start, key), sids(&first, key));
        assert_eq!(start["previous_page_uri"], Value::Null);
        assert_eq!(
            follow(&server, &start["next_page_uri"]).await[key],
            second[key]
        );
        let newest = follow(&server, &third["first_page_uri"]).await;
        assert_ne!(sids(&newest, key), sids(&first, key));
    }
}

#[tokio::test]
async fn a_page_that_is_just_full_is_the_last() {
    let server = Server::start().await;
    create(&server, "/Calls", CALL, 3).await;
    let page = server.get("/Calls?PageSize=3").await.json();
    assert_eq!(page["next_page_uri"], Value::Null);
    let empty = server.get("/Messages").await.json();
    assert_eq!(sids(&empty, "messages"), []);
    assert_eq!(empty["next_page_uri"], Value::Null);
}

#[tokio::test]
async fn a_deleted_row_does_not_move_the_others() {
    let server = Server::start().await;
    let created = create(&server, "/Messages", MESSAGE, 5).await;
    let first = server.get("/Messages?PageSize=2").await.json();
    server.message_is(created[3], MessageStatus::Sent).await;
    assert_eq!(
        server
            .delete(&format!("/Messages/{}", created[3]))
            .await
            .status,
        204
    );
    let second = follow(&server, &first["next_page_uri"]).await;
    assert_eq!(sids(&second, "messages"), [created[2], created[1]]);
    let all = server.get("/Messages").await.json();
    assert_eq!(sids(&all, "messages").len(), 4);
}

#[tokio::test]
async fn filters_are_kept_from_page_to_page() {
    let server = Server::start().await;
    let other = MESSAGE.replace("15550100002", "15550100003");
    let mut expected = Vec::new();
    for _ in 0..3 {
        expected.insert(0, server.create("/Messages", MESSAGE).await);
        server.create("/Messages", &other).await;
    }
    let query = "/Messages?To=%2B15550100002&PageSize=2&DateSent%3E=2020-01-01";
    for sid in &expected {
        server.message_is(*sid, MessageStatus::Sent).await;
    }
    let first = server.get(query).await.json();
    let second = follow(&server, &first["next_page_uri"]).await;
    let seen = [sids(&first, "messages"), sids(&second, "messages")].concat();
    assert_eq!(seen, expected);
    assert_eq!(second["next_page_uri"], Value::Null);
}

#[tokio::test]
async fn statuses_are_found_by_the_words_of_rest() {
    let server = Server::start().await;
    let calls = create(&server, "/Calls", CALL, 3).await;
    server.call_is(calls[0], CallStatus::Initiated).await;
    server.call_is(calls[1], CallStatus::InProgress).await;
    let queued = server.get("/Calls?Status=queued").await.json();
    assert_eq!(sids(&queued, "calls"), [calls[2], calls[0]]);
    assert_eq!(queued["calls"][1]["status"], "queued");
    let live = server.get("/Calls?Status=in-progress").await.json();
    assert_eq!(sids(&live, "calls"), [calls[1]]);

    let messages = create(&server, "/Messages", MESSAGE, 2).await;
    server.message_is(messages[0], MessageStatus::Sending).await;
    let sending = server.get("/Messages?Status=initiated").await.json();
    assert_eq!(sids(&sending, "messages"), [messages[0]]);
    assert_eq!(sending["messages"][0]["status"], "initiated");
}

#[tokio::test]
async fn times_are_those_of_dialling_and_of_the_end() {
    let server = Server::start().await;
    let calls = create(&server, "/Calls", CALL, 3).await;
    server.call_is(calls[0], CallStatus::Ringing).await;
    server.call_is(calls[1], CallStatus::Busy).await;
    for (query, expected) in [
        ("StartTime=2026-08-20", vec![calls[1], calls[0]]),
        ("StartTime=2026-08-21", vec![]),
        ("EndTime%3E=2026-08-20T10:15:00Z", vec![calls[1]]),
        ("EndTime%3C=2026-08-19", vec![]),
        (
            "StartTime%3E=2026-08-20&EndTime%3C=2026-08-21",
            vec![calls[1]],
        ),
    ] {
        let page = server.get(&format!("/Calls?{query}")).await.json();
        assert_eq!(sids(&page, "calls"), expected, "{query}");
    }
}

#[tokio::test]
async fn the_media_of_a_message_are_listed_in_its_order_and_deleted_one_by_one() {
    let server = Server::start().await;
    let media = |name| format!("&MediaUrl=http%3A%2F%2Fapp.example%2F{name}");
    let form = format!(
        "{MESSAGE}{}{}{}",
        media("a.png"),
        media("b"),
        media("c.mp4")
    );
    let message = server.create("/Messages", &form).await;
    let list = format!("/Messages/{message}/Media");
    let types = |page: &Value| -> Vec<String> {
        let rows = page["media_list"].as_array().expect("a list");
        let kind = |row: &Value| row["content_type"].as_str().unwrap().to_owned();
        rows.iter().map(kind).collect()
    };

    let first = server.get(&format!("{list}.json?PageSize=2")).await.json();
    assert_eq!(types(&first), ["image/png", "application/octet-stream"]);
    assert_eq!(first["media_list"][0]["parent_sid"], message.to_string());
    assert_eq!(first["previous_page_uri"], Value::Null);
    let second = follow(&server, &first["next_page_uri"]).await;
    assert_eq!(types(&second), ["video/mp4"]);
    assert_eq!(second["next_page_uri"], Value::Null);
    let back = follow(&server, &second["previous_page_uri"]).await;
    assert_eq!(types(&back), types(&first));
    let before = server
        .get(&format!("{list}?DateCreated%3C=2001-01-01"))
        .await;
    assert!(types(&before.json()).is_empty());

    let gone = sids(&first, "media_list")[1];
    server.message_is(message, MessageStatus::Sending).await;
    server.message_is(message, MessageStatus::Sent).await;
    let path = format!("{list}/{gone}");
    assert_eq!(server.delete(&path).await.status, 204);
    assert_eq!(server.get(&path).await.error(), (404, 20404));
    assert_eq!(server.delete(&path).await.error(), (404, 20404));
    let left = server.get(&list).await.json();
    assert_eq!(types(&left), ["image/png", "video/mp4"]);
    // What was said before it was deleted is still where the pages were.
    let second = follow(&server, &first["next_page_uri"]).await;
    assert_eq!(types(&second), ["video/mp4"]);
    let message = server.get(&format!("/Messages/{message}")).await.json();
    assert_eq!(message["num_media"], 2);
}
