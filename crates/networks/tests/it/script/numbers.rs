//! Numbers and applications say which document handles a call, and calls within the project.

use ringback_domain::application::ApplicationChange;
use ringback_domain::number::NumberChange;
use ringback_domain::webhook::WebhookChange;
use ringback_engine::{ApplicationOrder, NumberOrder};
use ringback_testing::test_engine::PROJECT;

use super::*;

const OURS: &str = "+15550100002";

fn webhook(path: &str) -> WebhookChange {
    WebhookChange {
        url: Some(Some(format!("https://app.example{path}"))),
        method: None,
    }
}

/// A project that has the number, whose URLs are these, and these documents.
async fn project(
    change: NumberChange,
    documents: &[(&str, &'static str)],
) -> (TestEngine, tempfile::TempDir) {
    let documents = documents
        .iter()
        .map(|(path, text)| (format!("https://app.example{path}"), *text));
    let (engine, folder) = engine(documents.collect()).await;
    let order = NumberOrder::Take {
        number: OURS.into(),
        change: Box::new(change),
    };
    engine
        .engine
        .put_number(PROJECT, order)
        .await
        .expect("it is free");
    (engine, folder)
}

fn inbound() -> NewCall {
    NewCall {
        document: Document::None,
        ..Story::inbound("").call
    }
}

async fn run(engine: (TestEngine, tempfile::TempDir), call: NewCall) -> Told {
    let (engine, folder) = engine;
    let call = engine.order(order(call), Hold::none()).await;
    let told = Told {
        engine,
        call,
        _folder: folder,
    };
    told.finish().await
}

#[tokio::test(start_paused = true)]
async fn a_numbers_voice_url_handles_what_comes_in_to_it() {
    let change = NumberChange {
        voice: webhook("/voice"),
        status_callback: webhook("/status/number"),
        ..NumberChange::default()
    };
    let documents = [("/voice", "<Response><Say>a</Say></Response>")];
    let told = run(project(change, &documents).await, inbound()).await;
    assert_eq!(
        told.documents(&["CallStatus"]),
        ["/voice CallStatus=ringing"]
    );
    assert_eq!(told.status(), "completed");
}

#[tokio::test(start_paused = true)]
async fn its_fallback_is_asked_if_that_fails() {
    let change = NumberChange {
        voice: webhook("/gone"),
        voice_fallback: webhook("/fallback"),
        ..NumberChange::default()
    };
    let documents = [("/fallback", "<Response><Say>a</Say></Response>")];
    let told = run(project(change, &documents).await, inbound()).await;
    assert_eq!(
        told.documents(&["ErrorCode"]),
        ["/gone", "/fallback ErrorCode=11217"]
    );
}

#[tokio::test(start_paused = true)]
async fn its_application_goes_before_its_own_urls() {
    let documents = [
        ("/of-application", "<Response/>"),
        ("/voice", "<Response/>"),
    ];
    let change = NumberChange {
        voice: webhook("/voice"),
        ..NumberChange::default()
    };
    let (engine, folder) = project(change, &documents).await;
    let make = ApplicationOrder::Make {
        change: Box::new(ApplicationChange {
            friendly_name: Some("app".to_owned()),
            voice: webhook("/of-application"),
            ..ApplicationChange::default()
        }),
    };
    let application = engine
        .engine
        .put_application(PROJECT, make)
        .await
        .expect("made");
    let number = engine.engine.directory().by_number(OURS).expect("taken");
    let order = NumberOrder::Change {
        sid: number.sid,
        change: Box::new(NumberChange {
            voice_application: Some(Some(application.sid)),
            ..NumberChange::default()
        }),
    };
    engine
        .engine
        .put_number(PROJECT, order)
        .await
        .expect("changed");
    let told = run((engine, folder), inbound()).await;
    assert_eq!(told.documents(&[]), ["/of-application"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_to_another_number_of_the_project_comes_in_there() {
    for (document, statuses, ends) in [
        (
            "<Response><Say>Hello from the other end</Say></Response>",
            &[
                "initiated",
                "ringing",
                "answered",
                "in-progress",
                "completed",
            ][..],
            "completed",
        ),
        (
            "<Response><Reject reason=\"busy\"/></Response>",
            &["initiated", "ringing", "busy"][..],
            "failed",
        ),
    ] {
        let change = NumberChange {
            voice: webhook("/theirs"),
            status_callback: webhook("/status/number"),
            ..NumberChange::default()
        };
        let documents = [
            ("/theirs", document),
            ("/ours", "<Response><Pause length=\"60\"/></Response>"),
        ];
        let mut call = Story::outbound("").call;
        call.document = Document::Url {
            url: "https://app.example/ours".to_owned(),
            method: Method::Post,
        };
        let told = run(project(change, &documents).await, call).await;
        assert_eq!(told.statuses(), statuses, "{document}");
        let number: Vec<_> = told
            .requested(&["CallStatus"])
            .into_iter()
            .filter(|line| line.contains("/number"))
            .collect();
        assert_eq!(number, [format!("/status/number CallStatus={ends}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_that_dial_one_another_end() {
    let change = NumberChange {
        voice: webhook("/voice"),
        ..NumberChange::default()
    };
    let documents = [("/voice", "<Response><Dial>+15550100002</Dial></Response>")];
    let told = run(project(change, &documents).await, inbound()).await;
    assert_eq!(told.status(), "completed");
    let fetched = told.documents(&[]).len();
    assert!((2..=6).contains(&fetched), "{fetched}");
}
