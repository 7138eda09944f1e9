//! A tree call, whole: it comes in, two legs are dialled in vain, the caller leaves a message,
//! which is transcribed. What is sent to whom, in order, with every parameter.

use super::*;

/// What differs from one run to the next, by its name.
fn masked(name: &str, value: &str) -> String {
    match name {
        "CallSid" | "ParentCallSid" | "DialCallSid" | "RecordingSid" | "TranscriptionSid"
        | "AccountSid" => format!("<{name}>"),
        "RecordingUrl" | "TranscriptionUrl" | "Timestamp" => format!("<{name}>"),
        _ if name.starts_with("Audio") => "<figure>".to_owned(),
        _ => value.to_owned(),
    }
}

fn sent(told: &Told) -> Vec<String> {
    let seen = told.engine.seen();
    let lines = seen.iter().map(|seen| {
        let path = seen.url.replace("https://app.example", "");
        let pairs = ringback_wire::form::decode(&seen.body);
        let mut line = format!("{} {path}", seen.method);
        let mut figures = 0;
        for (name, value) in &pairs {
            if name.starts_with("Audio") {
                figures += 1;
            } else {
                line = format!("{line}\n  {name}={}", masked(name, value));
            }
        }
        if figures > 0 {
            line = format!("{line}\n  and {figures} figures of the audio");
        }
        line
    });
    lines.collect()
}

#[tokio::test(start_paused = true)]
async fn a_tree_call_is_told_whole() {
    let first = "<Response><Say>Welcome</Say>\
        <Gather action=\"/menu\" numDigits=\"1\"><Say>Press one</Say></Gather></Response>";
    let menu = "<Response><Dial action=\"/after\" timeout=\"20\">\
        <Number statusCallback=\"/status/leg\" statusCallbackEvent=\"initiated completed\">\
        +15550100486</Number>\
        <Number statusCallback=\"/status/leg\">+15550100480</Number></Dial></Response>";
    let after = "<Response><Say>Nobody is there</Say><Record action=\"/bye\" maxLength=\"30\" \
        transcribe=\"true\" transcribeCallback=\"/status/text\" \
        recordingStatusCallback=\"/status/recording\"/></Response>";
    let story = Story::inbound(first)
        .with("/menu", menu)
        .with("/after", after)
        .with("/bye", "<Response><Say>Thank you</Say><Hangup/></Response>")
        .with_scenario(r#"{"digits":["1"],"says":["please call me back"]}"#);
    let told = story.run().await;
    insta::assert_snapshot!(sent(&told).join("\n"));
}
