//! A live call whose document is replaced, or that an application ends.

use ringback_engine::CallUpdate;
use ringback_engine::network::Ending as CallEnding;
use ringback_testing::test_engine::PROJECT;
use tokio::time::sleep;

use super::*;

const LONG: &str = "<Response><Say loop=\"0\">a</Say></Response>";

async fn update(told: &Told, update: CallUpdate) {
    let engine = &told.engine.engine;
    let updated = engine.update_call(PROJECT, told.call.sid, update).await;
    updated.expect("it is live");
}

fn document(document: Document) -> CallUpdate {
    CallUpdate {
        document: Some(document),
        ..CallUpdate::default()
    }
}

#[tokio::test(start_paused = true)]
async fn another_url_takes_over_at_once() {
    let story = Story::inbound(LONG).with("/second", "<Response><Pause length=\"4\"/></Response>");
    let told = story.begin().await;
    sleep(Duration::from_secs(30)).await;
    let second = Document::Url {
        url: "https://app.example/second".to_owned(),
        method: Method::Post,
    };
    update(&told, document(second)).await;
    let told = told.finish().await;
    assert_eq!(
        told.documents(&["CallStatus"]),
        [
            "/first CallStatus=ringing",
            "/second CallStatus=in-progress"
        ]
    );
    assert_eq!((told.status(), told.seconds()), ("completed", 34));
}

#[tokio::test(start_paused = true)]
async fn a_document_in_the_request_takes_over_and_ends_the_legs() {
    let story = Story::inbound(
        "<Response><Dial><Number statusCallback=\"/status/leg\">+15550100003</Number></Dial>\
         </Response>",
    );
    let told = story.begin().await;
    sleep(Duration::from_secs(15)).await;
    let inline = "<Response><Pause length=\"6\"/></Response>".to_owned();
    update(&told, document(Document::Inline(inline))).await;
    let told = told.finish().await;
    assert_eq!(told.seconds(), 21);
    let leg = told.requested(&["CallStatus"]);
    assert!(
        leg.contains(&"/status/leg CallStatus=completed".to_owned()),
        "{leg:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_leg_with_a_document_of_its_own_is_over_when_that_is() {
    let story = Story::inbound(
        "<Response><Dial action=\"/done\"><Number statusCallback=\"/status/leg\" \
         statusCallbackEvent=\"answered\">+15550100003</Number></Dial></Response>",
    );
    let told = story.with("/done", "<Response/>").begin().await;
    let leg = async {
        loop {
            let seen = told.engine.seen();
            let mut of_leg = seen.iter().filter(|seen| seen.url.ends_with("/leg"));
            if let Some(sid) = of_leg.next().and_then(|seen| seen.parameter("CallSid")) {
                return sid.parse::<Sid>().expect("a SID");
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let leg = tokio::time::timeout(Duration::from_secs(60), leg).await;
    let inline = Document::Inline("<Response><Pause length=\"2\"/></Response>".to_owned());
    let engine = &told.engine.engine;
    let updated = engine.update_call(PROJECT, leg.expect("it answers"), document(inline));
    updated.await.expect("it is live");
    let told = told.finish().await;
    assert_eq!(
        told.documents(&["DialCallStatus", "DialCallDuration"]),
        [
            "/first",
            "/done DialCallStatus=completed DialCallDuration=2"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_run_ends_the_call() {
    let told = Story::inbound(LONG).begin().await;
    sleep(Duration::from_secs(3)).await;
    update(&told, document(Document::Inline("<Response>".to_owned()))).await;
    let told = told.finish().await;
    assert_eq!(
        (told.status(), told.error().as_deref()),
        ("completed", Some("12100"))
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_ended_with_all_that_belongs_to_it() {
    let story = Story::inbound(
        "<Response><Dial record=\"record-from-answer\" recordingStatusCallback=\"/status/recording\">\
         <Number statusCallback=\"/status/leg\">+15550100003</Number></Dial></Response>",
    );
    let told = story.begin().await;
    sleep(Duration::from_secs(20)).await;
    let ending = CallUpdate {
        ending: Some(CallEnding::HangUp),
        ..CallUpdate::default()
    };
    update(&told, ending).await;
    let told = told.finish().await;
    assert_eq!((told.status(), told.seconds()), ("completed", 20));
    let requested = told.requested(&["RecordingStatus"]);
    assert!(
        requested.contains(&"/status/leg".to_owned()),
        "{requested:?}"
    );
    assert!(
        requested.contains(&"/status/recording RecordingStatus=completed".to_owned()),
        "{requested:?}"
    );
}
