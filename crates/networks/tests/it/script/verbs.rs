//! Each verb, its requests with their parameters, and how the call ends.

use super::*;

const STANDARD: [&str; 8] = [
    "ApiVersion",
    "CallStatus",
    "Direction",
    "From",
    "To",
    "Digits",
    "SpeechResult",
    "Confidence",
];

#[tokio::test(start_paused = true)]
async fn an_inbound_call_fetches_while_it_rings_is_answered_runs_and_ends() {
    let story =
        Story::inbound("<Response><Say>Hello dear caller</Say><Pause length=\"8\"/></Response>");
    let told = story.run().await;
    assert_eq!(
        told.documents(&STANDARD),
        [
            "/first ApiVersion=2010-04-01 CallStatus=ringing Direction=inbound \
          From=+15550100001 To=+15550100002"
        ]
    );
    assert_eq!(
        told.statuses(),
        ["ringing", "answered", "in-progress", "completed"]
    );
    // 17 letters at 85 ms, half a second beside them, and the pause.
    assert_eq!(told.seconds(), 10);
    assert_eq!(told.error(), None);
    assert_eq!(
        told.remarks().await,
        ["POST https://app.example/first for the document: 200 after 20 ms."]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_of_ours_fetches_once_it_is_answered() {
    let told = Story::outbound("<Response><Say>Hi</Say></Response>")
        .run()
        .await;
    assert_eq!(
        told.documents(&["CallStatus", "Direction"]),
        ["/first CallStatus=in-progress Direction=outbound-api"]
    );
    assert_eq!(
        told.statuses(),
        [
            "initiated",
            "ringing",
            "answered",
            "in-progress",
            "completed"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_that_came_with_the_request_is_run() {
    let mut story = Story::outbound("");
    story.call.document = Document::Inline("<Response><Pause length=\"7\"/></Response>".to_owned());
    let told = story.run().await;
    assert_eq!(told.documents(&[]), Vec::<String>::new());
    assert_eq!((told.status(), told.seconds()), ("completed", 7));
}

#[tokio::test(start_paused = true)]
async fn what_answers_is_told_to_the_document() {
    let mut story = Story::outbound("<Response/>").requesting("MachineDetection", "Enable");
    story.call.to = "+15550100700".to_owned();
    let told = story.run().await;
    assert_eq!(
        told.documents(&["AnsweredBy"]),
        ["/first AnsweredBy=machine"]
    );
}

#[tokio::test(start_paused = true)]
async fn gather_sends_digits_up_to_the_key_that_ends_it() {
    let story = Story::inbound(
        "<Response><Gather action=\"/menu\" method=\"POST\"><Say>Press</Say></Gather></Response>",
    )
    .with("/menu", "<Response><Hangup/></Response>")
    .with_scenario(r#"{"digits":["12#4"]}"#);
    let told = story.run().await;
    assert_eq!(
        told.documents(&["CallStatus", "Digits", "SpeechResult"]),
        [
            "/first CallStatus=ringing",
            "/menu CallStatus=in-progress Digits=12"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn gather_ends_with_the_number_of_digits_that_is_asked_for() {
    let document =
        "<Response><Gather action=\"/menu\" numDigits=\"3\" finishOnKey=\"\"/></Response>";
    let story = Story::inbound(document)
        .with("/menu", "<Response/>")
        .with_scenario(r#"{"digits":["1#345"]}"#);
    assert_eq!(
        story.run().await.documents(&["Digits"]),
        ["/first", "/menu Digits=1#3"]
    );
}

#[tokio::test(start_paused = true)]
async fn gather_sends_speech() {
    let document = "<Response><Gather input=\"speech dtmf\" action=\"/menu\"/></Response>";
    let story = Story::inbound(document)
        .with("/menu", "<Response/>")
        .with_scenario(r#"{"speech":["two pizzas"],"digits":[""]}"#);
    assert_eq!(
        story.run().await.documents(&STANDARD[5..]),
        ["/first", "/menu SpeechResult=two pizzas Confidence=0.9200"]
    );
}

#[tokio::test(start_paused = true)]
async fn gather_without_input_goes_on_or_says_so() {
    let document = "<Response><Gather action=\"/menu\"/><Redirect>/other</Redirect></Response>";
    let told = Story::inbound(document)
        .with("/other", "<Response/>")
        .run()
        .await;
    assert_eq!(told.documents(&["Digits"]), ["/first", "/other"]);

    let document = "<Response><Gather action=\"/menu\" actionOnEmptyResult=\"true\"/></Response>";
    let told = Story::inbound(document)
        .with("/menu", "<Response/>")
        .run()
        .await;
    assert_eq!(told.documents(&["Digits"]), ["/first", "/menu Digits="]);
    // The five seconds of its timeout.
    assert_eq!(told.seconds(), 5);
}

#[tokio::test(start_paused = true)]
async fn gather_without_an_action_asks_for_its_own_document() {
    let document = "<Response><Gather numDigits=\"1\"/></Response>";
    let story = Story::inbound(document).with_scenario(r#"{"digits":["1","2"]}"#);
    assert_eq!(
        story.run().await.documents(&["Digits"]),
        ["/first", "/first Digits=1", "/first Digits=2"]
    );
}

#[tokio::test(start_paused = true)]
async fn redirect_goes_to_relative_and_whole_urls_by_get_or_post() {
    let story =
        Story::inbound("<Response><Redirect method=\"GET\">/next?a=1</Redirect></Response>")
            .with(
                "/next",
                "<Response><Redirect>https://app.example/last</Redirect></Response>",
            )
            .with("/last", "<Response/>");
    let told = story.run().await;
    let requested = told.documents(&[]);
    assert_eq!(requested.len(), 3);
    assert!(
        requested[1].starts_with("/next?a=1&AccountSid="),
        "{requested:?}"
    );
    assert!(
        requested[1].contains("&CallStatus=ringing&"),
        "{requested:?}"
    );
    assert_eq!(requested[2], "/last");
}

#[tokio::test(start_paused = true)]
async fn reject_does_not_answer() {
    for (document, status) in [
        ("<Response><Reject/></Response>", "no-answer"),
        (
            "<Response><Pause/><Reject reason=\"busy\"/></Response>",
            "busy",
        ),
    ] {
        let told = Story::inbound(document).run().await;
        assert_eq!(told.statuses(), ["ringing", status], "{document}");
    }
    let told = Story::inbound("<Response><Say>x</Say><Reject/></Response>")
        .run()
        .await;
    assert_eq!(
        told.statuses(),
        ["ringing", "answered", "in-progress", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn verbs_that_are_not_simulated_are_told_and_passed_over() {
    let document = "<Response>\n <Enqueue>q</Enqueue>\n <Say voise=\"x\">a</Say></Response>";
    let told = Story::inbound(document).run().await;
    assert_eq!(told.status(), "completed");
    assert_eq!(
        told.remarks().await[1..],
        [
            "In the document: line 3, column 7: <Say> has no attribute `voise`: expected loop, \
             voice, language; it is left out (warning 12100).",
            "<Enqueue> is not simulated (line 2, column 2): the document goes on.",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_is_sent_with_its_own_callback() {
    let document = "<Response><Say>a</Say><Sms statusCallback=\"/status/sms\">hi</Sms>\
                    <Message to=\"+15550103003\" from=\"+15550100009\" action=\"/sent\">bye\
                    </Message></Response>";
    let story = Story::inbound(document).with("/sent", "<Response/>");
    let told = story.run().await;
    let sent = told.requested(&["From", "To", "MessageStatus", "SmsStatus"]);
    let of_the_sms: Vec<_> = sent.iter().filter(|line| line.contains("/sms")).collect();
    assert_eq!(
        of_the_sms,
        [
            "/status/sms From=+15550100002 To=+15550100001 MessageStatus=queued",
            "/status/sms From=+15550100002 To=+15550100001 MessageStatus=sending",
            "/status/sms From=+15550100002 To=+15550100001 MessageStatus=sent",
            "/status/sms From=+15550100002 To=+15550100001 MessageStatus=delivered",
        ]
    );
    assert_eq!(
        told.documents(&["MessageStatus", "SmsStatus"]),
        ["/first", "/sent MessageStatus=sending SmsStatus=sending"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_sent_is_told_so() {
    let document = "<Response><Sms to=\"nobody\" action=\"/sent\">hi</Sms></Response>";
    let told = Story::inbound(document)
        .with("/sent", "<Response/>")
        .run()
        .await;
    assert_eq!(
        told.documents(&["SmsStatus"]),
        ["/first", "/sent SmsStatus=invalid"]
    );
    let remarks = told.remarks().await;
    assert!(
        remarks.contains(
            &"The message is not sent: it goes to no number in E.164 (21604).".to_owned()
        ),
        "{remarks:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_far_end_hangs_up_when_its_scenario_says_so() {
    let document = "<Response><Say loop=\"0\">for ever</Say></Response>";
    let story = Story::inbound(document).with_scenario(r#"{"hangs_up_after_s":33}"#);
    let told = story.run().await;
    assert_eq!((told.status(), told.seconds()), ("completed", 33));
    let Body::Call(call) = &told.call.body else {
        panic!("a call");
    };
    assert_eq!(call.hangup, Some(ringback_domain::call::HangupSide::Caller));
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_does_not_wait_is_not_answered() {
    for (scenario, status) in [
        (r#"{"answer":"no-answer"}"#, "no-answer"),
        (r#"{"answer":"busy"}"#, "busy"),
    ] {
        let told = Story::inbound("<Response/>")
            .with_scenario(scenario)
            .run()
            .await;
        assert_eq!(told.statuses(), ["ringing", status]);
        assert_eq!(told.documents(&[]), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_document_fails() {
    let mut story = Story::inbound("");
    story.call.document = Document::None;
    let told = story.run().await;
    assert_eq!(
        (told.status(), told.error().as_deref()),
        ("failed", Some("11100"))
    );
    assert_eq!(
        told.remarks().await,
        ["There is no document for +15550100002: give the number a VoiceUrl."]
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_had_ends_the_call_with_the_code() {
    let mut story = Story::inbound("");
    story.documents.clear();
    let told = story.run().await;
    assert_eq!(
        (told.status(), told.error().as_deref()),
        ("failed", Some("11217"))
    );
    assert_eq!(
        told.remarks().await,
        [
            "POST https://app.example/first for the document failed after 20 ms (11217): The \
          receiver answered 404."
        ]
    );

    let mut story = Story::outbound("");
    story.documents.clear();
    let told = story.run().await;
    assert_eq!(
        (told.status(), told.error().as_deref()),
        ("completed", Some("11217"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_document_that_cannot_be_read_has_the_fallback_asked() {
    let story = Story::inbound("<Response><shout/></Response>")
        .requesting("FallbackUrl", "https://app.example/fallback")
        .with("/fallback", "<Response><Say>sorry</Say></Response>");
    let told = story.run().await;
    assert_eq!(
        told.documents(&["ErrorCode", "ErrorUrl"]),
        [
            "/first",
            "/fallback ErrorCode=12100 ErrorUrl=https://app.example/first"
        ]
    );
    assert_eq!(told.status(), "completed");

    let told = Story::inbound("<Response><shout/></Response>").run().await;
    assert_eq!(
        (told.status(), told.error().as_deref()),
        ("failed", Some("12100"))
    );
    assert!(told.remarks().await[1].starts_with(
        "The document cannot be run (12100): line 1, column 11: there is no verb <shout>"
    ));
}

#[tokio::test(start_paused = true)]
async fn detection_beside_the_document_is_told_by_its_own_callback() {
    let mut story = Story::outbound("<Response/>")
        .requesting("MachineDetection", "Enable")
        .requesting("AsyncAmd", "true")
        .requesting("AsyncAmdStatusCallback", "https://app.example/status/amd");
    story.call.to = "+15550100700".to_owned();
    let told = story.run().await;
    let requested = told.requested(&["AnsweredBy", "MachineDetectionDuration"]);
    assert!(
        requested
            .contains(&"/status/amd AnsweredBy=machine MachineDetectionDuration=2400".to_owned()),
        "{requested:?}"
    );
}
