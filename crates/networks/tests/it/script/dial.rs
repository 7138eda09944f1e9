//! `<Dial>`: legs, who answers first, what is told in the end.

use super::*;

const DIALLED: [&str; 2] = ["DialCallStatus", "DialCallDuration"];

#[tokio::test(start_paused = true)]
async fn a_leg_is_a_call_of_its_own_with_the_nouns_callback() {
    let story = Story::inbound(
        "<Response><Dial action=\"/done\"><Number statusCallback=\"/status/leg\" \
         statusCallbackEvent=\"initiated ringing answered completed\">+15550100003</Number>\
         </Dial></Response>",
    )
    .with("/done", "<Response/>");
    let told = story.run().await;
    let names = ["ParentCallSid", "CallStatus", "Direction", "From", "To"];
    let parent = told.call.sid;
    let of_the_leg: Vec<String> = told
        .requested(&names)
        .into_iter()
        .filter(|line| line.contains("/leg"))
        .collect();
    let line = |status: &str| {
        format!(
            "/status/leg ParentCallSid={parent} CallStatus={status} Direction=outbound-dial \
             From=+15550100001 To=+15550100003"
        )
    };
    let statuses = [
        "initiated",
        "ringing",
        "answered",
        "in-progress",
        "completed",
    ];
    assert_eq!(of_the_leg, statuses.map(line));
    let done = &told.documents(&DIALLED)[1];
    assert!(
        done.starts_with("/done DialCallStatus=completed DialCallDuration="),
        "{done}"
    );
    assert_eq!(
        told.statuses(),
        ["ringing", "answered", "in-progress", "completed"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_number_that_does_not_answer_is_told_as_what_it_is() {
    for (number, status) in [
        ("+15550100486", "busy"),
        ("+15550100480", "no-answer"),
        ("+15550100487", "no-answer"),
        ("+15550100404", "failed"),
    ] {
        let document: &'static str = Box::leak(
            format!("<Response><Dial action=\"/done\" timeout=\"9\">{number}</Dial></Response>")
                .into_boxed_str(),
        );
        let told = Story::inbound(document)
            .with("/done", "<Response/>")
            .run()
            .await;
        assert_eq!(
            told.documents(&DIALLED),
            [
                "/first".to_owned(),
                format!("/done DialCallStatus={status}")
            ],
            "{number}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_action_the_document_goes_on() {
    let document = "<Response><Dial>+15550100486</Dial><Redirect>/next</Redirect></Response>";
    let told = Story::inbound(document)
        .with("/next", "<Response/>")
        .run()
        .await;
    assert_eq!(told.documents(&DIALLED), ["/first", "/next"]);
}

#[tokio::test(start_paused = true)]
async fn the_first_who_answers_is_connected_and_the_others_are_canceled() {
    let document = "<Response><Dial action=\"/done\">\
        <Number statusCallback=\"/status/a\">+15550100003</Number>\
        <Number statusCallback=\"/status/b\">+15550100487</Number>\
        <Sip statusCallback=\"/status/c\">sip:carol@example.com</Sip>\
        </Dial></Response>";
    let told = Story::inbound(document)
        .with("/done", "<Response/>")
        .run()
        .await;
    let mut ends: Vec<String> = told
        .requested(&["CallStatus", "To"])
        .into_iter()
        .filter(|line| line.contains("/status/"))
        .collect();
    ends.sort();
    let completed = ends
        .iter()
        .filter(|line| line.contains("=completed"))
        .count();
    let canceled = ends
        .iter()
        .filter(|line| line.contains("=canceled"))
        .count();
    assert_eq!((completed, canceled, ends.len()), (1, 2, 3), "{ends:?}");
    assert!(told.documents(&DIALLED)[1].starts_with("/done DialCallStatus=completed"));
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_answered_once_somebody_else_is_if_the_document_says_so() {
    let document = "<Response><Dial answerOnBridge=\"true\">+15550100003</Dial></Response>";
    let told = Story::inbound(document).run().await;
    assert_eq!(
        told.statuses(),
        ["ringing", "answered", "in-progress", "completed"]
    );

    let document =
        "<Response><Dial answerOnBridge=\"true\">+15550100486</Dial><Reject/></Response>";
    let told = Story::inbound(document).run().await;
    assert_eq!(told.statuses(), ["ringing", "no-answer"]);
}

#[tokio::test(start_paused = true)]
async fn they_talk_no_longer_than_the_limit() {
    let document =
        "<Response><Dial action=\"/done\" timeLimit=\"5\">+15550100003</Dial></Response>";
    let told = Story::inbound(document)
        .with("/done", "<Response/>")
        .run()
        .await;
    assert_eq!(
        told.documents(&DIALLED)[1],
        "/done DialCallStatus=completed DialCallDuration=5"
    );
}

#[tokio::test(start_paused = true)]
async fn a_star_of_the_caller_ends_the_leg_alone() {
    let document = "<Response><Dial action=\"/done\" hangupOnStar=\"true\">+15550100003</Dial>\
                    </Response>";
    let story = Story::inbound(document)
        .with("/done", "<Response><Pause length=\"3\"/></Response>")
        .with_scenario(r#"{"digits":["*"]}"#);
    let told = story.run().await;
    assert_eq!(
        told.documents(&DIALLED)[1],
        "/done DialCallStatus=completed DialCallDuration=5"
    );
}

#[tokio::test(start_paused = true)]
async fn a_leg_ends_with_its_caller() {
    let document = "<Response><Dial><Number statusCallback=\"/status/leg\">+15550100003\
                    </Number></Dial></Response>";
    let story = Story::inbound(document).with_scenario(r#"{"hangs_up_after_s":17}"#);
    let told = story.run().await;
    assert_eq!(told.seconds(), 17);
    let ends: Vec<String> = told
        .requested(&["CallStatus"])
        .into_iter()
        .filter(|line| line.contains("/leg"))
        .collect();
    assert_eq!(ends, ["/status/leg CallStatus=completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_noun_may_have_a_document_before_it_is_connected() {
    let document = "<Response><Dial action=\"/done\" timeLimit=\"6\">\
                    <Number url=\"/whisper\" method=\"POST\">+15550100003</Number></Dial></Response>";
    let story = Story::inbound(document)
        .with("/whisper", "<Response><Pause length=\"2\"/></Response>")
        .with("/done", "<Response/>");
    let told = story.run().await;
    let names = ["CallStatus", "Direction", "DialCallStatus"];
    assert_eq!(
        told.documents(&names),
        [
            "/first CallStatus=ringing Direction=inbound",
            "/whisper CallStatus=in-progress Direction=outbound-dial",
            "/done CallStatus=in-progress Direction=inbound DialCallStatus=completed",
        ]
    );
}
