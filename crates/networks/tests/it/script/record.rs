//! `<Record>` and `<Dial record>`: the recording, its callbacks, and what the action is told.

use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingSource, RecordingTrack, RecordingTrim, Transcribe,
};
use ringback_engine::CallUpdate;
use ringback_testing::test_engine::PROJECT;

use super::*;

const RECORDED: [&str; 3] = ["RecordingDuration", "Digits", "CallStatus"];

#[tokio::test(start_paused = true)]
async fn record_hears_the_far_end_until_it_falls_silent() {
    let document = "<Response><Say>After the tone</Say><Record action=\"/done\" \
        recordingStatusCallback=\"/status/recording\" \
        recordingStatusCallbackEvent=\"in-progress completed absent\"/></Response>";
    let story = Story::inbound(document)
        .with("/done", "<Response/>")
        // 20 letters at 85 ms and half a second: 2.2 s.
        .with_scenario(r#"{"says":["twenty letters of it"]}"#);
    let told = story.run().await;
    assert_eq!(
        told.documents(&RECORDED),
        [
            "/first CallStatus=ringing",
            "/done RecordingDuration=2 CallStatus=in-progress"
        ]
    );
    let names = ["RecordingStatus", "RecordingDuration", "RecordingSource"];
    let of_the_recording: Vec<_> = told
        .requested(&names)
        .into_iter()
        .filter(|line| line.contains("/recording"))
        .collect();
    assert_eq!(
        of_the_recording,
        [
            "/status/recording RecordingStatus=in-progress RecordingDuration=0 \
             RecordingSource=RecordVerb",
            "/status/recording RecordingStatus=completed RecordingDuration=2 \
             RecordingSource=RecordVerb",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_action_and_the_callback_name_one_recording() {
    let document = "<Response><Record action=\"/done\" \
                    recordingStatusCallback=\"/status/recording\"/></Response>";
    let told = Story::inbound(document)
        .with("/done", "<Response/>")
        .run()
        .await;
    let seen = told.engine.seen();
    let of = |path: &str, name: &str| {
        let mut seen = seen.iter().filter(|seen| seen.url.ends_with(path));
        seen.next().and_then(|seen| seen.parameter(name))
    };
    let url = of("/done", "RecordingUrl").expect("a URL");
    assert!(url.starts_with("https://calls.example/"), "{url}");
    assert_eq!(of("/status/recording", "RecordingUrl"), Some(url.clone()));
    let sid = of("/done", "RecordingSid").expect("a SID");
    assert!(url.contains(&sid), "{url}");
    assert_eq!(of("/status/recording", "RecordingSid"), Some(sid));
}

#[tokio::test(start_paused = true)]
async fn a_key_or_the_greatest_length_ends_it() {
    let document = "<Response><Record action=\"/done\" finishOnKey=\"*#\"/></Response>";
    let story = Story::inbound(document)
        .with("/done", "<Response/>")
        .with_scenario(r##"{"says":["hello"],"digits":["#"]}"##);
    let told = story.run().await;
    assert_eq!(
        told.documents(&RECORDED)[1],
        "/done RecordingDuration=1 Digits=# CallStatus=in-progress"
    );

    let document = "<Response><Record action=\"/done\" maxLength=\"3\"/></Response>";
    let story = Story::inbound(document)
        .with("/done", "<Response/>")
        .with_scenario(r#"{"says":["one two three four five six seven eight nine ten eleven"]}"#);
    let told = story.run().await;
    assert_eq!(
        told.documents(&RECORDED)[1],
        "/done RecordingDuration=3 CallStatus=in-progress"
    );
}

#[tokio::test(start_paused = true)]
async fn silence_is_no_recording() {
    for trim in ["trim-silence", "do-not-trim"] {
        let document: &'static str = Box::leak(
            format!(
                "<Response><Record action=\"/done\" trim=\"{trim}\" timeout=\"5\" \
                 recordingStatusCallback=\"/status/recording\" \
                 recordingStatusCallbackEvent=\"completed absent\"/></Response>"
            )
            .into_boxed_str(),
        );
        let story = Story::inbound(document)
            .with("/done", "<Response/>")
            .with_scenario(r#"{"says":[""]}"#);
        let told = story.run().await;
        let requested = told.requested(&["RecordingStatus", "RecordingDuration"]);
        let told_of = |path: &str| {
            let found = requested.iter().find(|line| line.contains(path));
            found.cloned().unwrap_or_default()
        };
        assert_eq!(told_of("/done"), "/done RecordingDuration=0");
        assert!(
            told_of("/recording").contains("RecordingStatus=absent"),
            "{requested:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_stops_with_its_call() {
    let document = "<Response><Record recordingStatusCallback=\"/status/recording\" \
                    trim=\"do-not-trim\" maxLength=\"60\" timeout=\"60\"/></Response>";
    let story = Story::inbound(document).with_scenario(r#"{"hangs_up_after_s":7}"#);
    let told = story.run().await;
    assert_eq!(told.seconds(), 7);
    let requested = told.requested(&["RecordingStatus", "RecordingDuration"]);
    assert!(
        requested.contains(
            &"/status/recording RecordingStatus=completed RecordingDuration=7".to_owned()
        ),
        "{requested:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dial_is_recorded_from_its_answer_or_from_the_first_ring() {
    let mut lengths = Vec::new();
    for from in ["answer", "ringing"] {
        let document: &'static str = Box::leak(
            format!(
                "<Response><Dial action=\"/done\" timeLimit=\"9\" record=\"record-from-{from}-dual\" \
                 recordingStatusCallback=\"/status/recording\">+15550100003</Dial></Response>"
            )
            .into_boxed_str(),
        );
        let told = Story::inbound(document)
            .with("/done", "<Response/>")
            .run()
            .await;
        let names = ["RecordingSource", "RecordingChannels", "RecordingUrl"];
        let requested = told.requested(&names);
        let of_it = requested
            .iter()
            .find(|line| line.contains("/recording"))
            .cloned();
        let of_it = of_it.expect("a callback of the recording");
        assert!(
            of_it.contains("RecordingSource=DialVerb RecordingChannels=2"),
            "{of_it}"
        );
        assert!(
            requested
                .iter()
                .any(|line| line.starts_with("/done RecordingUrl=http"))
        );
        let seen = told.engine.seen();
        let seen = seen.iter().find(|seen| seen.url.contains("/recording"));
        let length = seen.and_then(|seen| seen.parameter("RecordingDuration"));
        lengths.push(length.and_then(|length| length.parse::<u64>().ok()));
    }
    assert_eq!(lengths[0], Some(9));
    assert!(lengths[1] > Some(9), "{lengths:?}");
}

/// A call that runs `document` and whose recording of what that says is written down.
fn recorded(document: &str) -> Story {
    let mut story = Story::outbound("")
        .requesting("Record", "true")
        .requesting("RecordingTrack", "outbound")
        .requesting(
            "RecordingStatusCallback",
            "https://app.example/status/recording",
        )
        .requesting("TranscribeCallback", "https://app.example/status/text");
    story.call.document = Document::Inline(document.to_owned());
    story
}

/// What was told of recordings and of what is said in them.
fn heard(told: &Told) -> Vec<String> {
    let names = ["RecordingDuration", "RecordingSource", "TranscriptionText"];
    let mut requested = told.requested(&names);
    requested
        .retain(|line| line.starts_with("/status/text") || line.starts_with("/status/recording"));
    requested
}

#[tokio::test(start_paused = true)]
async fn a_recording_of_the_whole_call_hears_the_document() {
    // Twice 21 letters and blanks at 85 ms and half a second, three seconds between: 7.6 s.
    let document = "<Response><Pause length=\"5\"/><Say>twenty letters of it</Say>\
        <Pause length=\"3\"/><Say>again twenty letters</Say><Pause length=\"5\"/></Response>";
    let told = recorded(document).run().await;
    assert_eq!(
        heard(&told),
        [
            "/status/recording RecordingDuration=8 RecordingSource=OutBoundApi",
            "/status/text RecordingDuration=8 \
             TranscriptionText=twenty letters of it again twenty letters",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_recording_hears_nothing_of_a_document_that_was_replaced() {
    let said = "<Say>once more</Say>".repeat(200);
    let told = recorded(&format!("<Response>{said}</Response>"))
        .begin()
        .await;
    answered(&told).await;
    let instead = "<Response><Pause length=\"2\"/><Say>goodbye</Say></Response>";
    let update = CallUpdate {
        document: Some(Document::Inline(instead.to_owned())),
        ..CallUpdate::default()
    };
    let updated = told
        .engine
        .engine
        .update_call(PROJECT, told.call.sid, update);
    updated.await.expect("it is live");
    let told = told.finish().await;
    let heard = heard(&told);
    let text = heard.last().expect("a transcription");
    assert!(
        text.ends_with("TranscriptionText=once more goodbye"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_recording_that_begins_in_the_middle_hears_what_is_still_said() {
    let said = "<Response><Say>a</Say><Pause length=\"9\"/><Say>goodbye</Say></Response>";
    let mut story = Story::outbound("");
    story.call.document = Document::Inline(said.to_owned());
    let told = story.begin().await;
    answered(&told).await;
    let new = NewRecording {
        call: told.call.sid,
        conference: None,
        source: RecordingSource::StartCallRecordingApi,
        channels: RecordingChannels::Mono,
        track: Some(RecordingTrack::Outbound),
        trim: RecordingTrim::TrimSilence,
        transcribe: Transcribe::Yes(Some("https://app.example/status/text".to_owned())),
    };
    let order = Order {
        new: NewResource::Recording(new),
        subscriptions: Vec::new(),
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    };
    let engine = &told.engine.engine;
    let begun = engine.begin(PROJECT, told.call.sid, order, Hold::none());
    begun.await.expect("it is live");
    let told = told.finish().await;
    let [text] = &heard(&told)[..] else {
        panic!("one transcription: {:?}", heard(&told))
    };
    assert!(text.ends_with("TranscriptionText=goodbye"), "{text}");
}

/// Waits until the call has been answered for a moment.
async fn answered(told: &Told) {
    for _ in 0..1_000 {
        let call = told.resource(told.call.sid).await;
        if call.status().as_str() == "in-progress" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
}
