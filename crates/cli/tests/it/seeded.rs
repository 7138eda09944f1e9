//! Two runs with one seed: the same requests are followed by the same callbacks, times and ids
//! aside, and in their order, although a thousand seconds pass in one.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::support::{Callback, Dev, Home, Receiver, wait_for};

/// How many requests are sent. Each makes one resource; calls make recordings and legs.
const REQUESTS: usize = 240;

/// What becomes of messages: something that is heard of each time, so that it is known when it
/// is over.
const MESSAGES: &str =
    "simulation.messages=delivered=80, undelivered:30003=10, undelivered:30005=5, failed:30008=5";

/// What follows from when something happened, and from how long it took; and what names
/// something for this run alone.
const TIMES_AND_IDS: [&str; 19] = [
    "Timestamp",
    "event_at",
    "CallDuration",
    "Duration",
    "DialCallDuration",
    "RecordingDuration",
    "RecordingStartTime",
    "RecordingUrl",
    "RecordingSid",
    "CallSid",
    "ParentCallSid",
    "MessageSid",
    "SmsSid",
    "AudioInDtmfPacketCount",
    "AudioInFlushPacketCount",
    "AudioInMediaPacketCount",
    "AudioInSkipPacketCount",
    "AudioOutDtmfPacketCount",
    "AudioOutMediaPacketCount",
];

/// The callbacks that came, by the path that they came to, in their order.
type Told = BTreeMap<String, Vec<String>>;

#[test]
fn the_same_seed_and_requests_have_the_same_callbacks_in_their_order() {
    let (one, again) = (run("6"), run("6"));
    for (path, told) in &one {
        assert_eq!(again.get(path), Some(told), "{path}");
    }
    assert_eq!(one.len(), again.len());
    assert!(one.len() > REQUESTS, "{} lanes", one.len());
    let text = format!("{one:?}");
    let outcomes = [
        "no-answer",
        "busy",
        "machine",
        "human",
        "30003",
        "30005",
        "brand_unverified",
    ];
    for outcome in outcomes {
        assert!(text.contains(outcome), "nothing was {outcome}");
    }
    assert_ne!(one, run("7"));
}

/// All that is told of the requests in a run of the binary with this seed.
fn run(seed: &str) -> Told {
    let (home, receiver) = (Home::new(), Receiver::new());
    let mut dev = home.start(&[
        "--seed",
        seed,
        "--time-scale",
        "1000",
        "--speech",
        "off",
        "--set",
        "simulation.mix=realistic",
        "--set",
        MESSAGES,
    ]);
    let mut told = Told::new();
    for number in 0..REQUESTS {
        ask(&dev, &receiver, number);
        while let Some(callback) = receiver.poll() {
            take(&mut told, callback);
        }
    }
    wait_for("the end of all that was asked for", || {
        while let Some(callback) = receiver.poll() {
            take(&mut told, callback);
        }
        is_over(&told).then_some(())
    });
    dev.signal("TERM");
    dev.end();
    told
}

/// Asks for the resource of this number: each is of one of six sorts.
fn ask(dev: &Dev, receiver: &Receiver, number: usize) {
    let url = |what: &str| format!("http://{}/{what}/{number}", receiver.address);
    if number % 6 == 5 {
        return register(dev, &url("brand"), number);
    }
    let to = format!("+1555{:03}{:04}", number % 200, 4_000 + number);
    let document = match number % 6 {
        2 => "<Response><Say>Good morning</Say><Pause length=\"3\"/></Response>".to_owned(),
        _ => format!(
            "<Response><Dial timeout=\"30\"><Number statusCallback=\"{}\" \
             statusCallbackEvent=\"initiated ringing answered completed\">+15550108{number:03}\
             </Number></Dial></Response>",
            url("leg"),
        ),
    };
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("From", "+15550100001")
        .append_pair("To", &to);
    let path = match number % 6 {
        0 | 1 => {
            form.append_pair("Body", &"Good morning. ".repeat(1 + number % 20));
            "/Messages"
        }
        4 => {
            form.append_pair("MediaUrl", "https://media.example/one.png");
            "/Messages"
        }
        kind => {
            form.append_pair("Twiml", &document)
                .append_pair("MachineDetection", "Enable");
            for event in ["initiated", "ringing", "answered", "completed"] {
                form.append_pair("StatusCallbackEvent", event);
            }
            if kind == 2 {
                form.append_pair("Record", "true")
                    .append_pair("RecordingStatusCallback", &url("recording"));
            }
            "/Calls"
        }
    };
    let what = if path == "/Calls" { "call" } else { "message" };
    let form = form.append_pair("StatusCallback", &url(what)).finish();
    let (status, answer) = dev.ask("POST", path, &form).unwrap();
    assert!((200..300).contains(&status), "{answer}");
}

/// Registers a brand, every other one of which is unverified at first.
fn register(dev: &Dev, callback: &str, number: usize) {
    let kind = if number % 4 == 1 {
        "unverified"
    } else {
        "plain"
    };
    let brand = json!({
        "csp_self_registered": true,
        "name": format!("A {kind} shop"),
        "csp_brand_reference": format!("B{number}"),
        "status_callback_url": callback,
    });
    let path = "/api/relay/rest/registry/beta/brands";
    let (status, answer) = dev.post_json(path, &brand.to_string());
    assert!((200..300).contains(&status), "{answer}");
}

/// Adds a callback to those of its path, and lets it be answered.
fn take(told: &mut Told, callback: Callback) {
    let lane = told.entry(callback.path.clone()).or_default();
    let mut text = String::new();
    for (name, value) in parameters(&callback.body) {
        if name == "SequenceNumber" {
            assert_eq!(value, lane.len().to_string(), "{}", callback.path);
        } else if !TIMES_AND_IDS.contains(&&*name) && !name.ends_with("_id") {
            writeln!(text, "{name}={value}").unwrap();
        }
    }
    lane.push(text);
    callback.answer(200);
}

/// What a form or a JSON object tells.
fn parameters(body: &str) -> Vec<(String, String)> {
    match serde_json::from_str(body) {
        Ok(Value::Object(told)) => {
            let told = told.into_iter();
            told.map(|(name, value)| (name, value.to_string()))
                .collect()
        }
        _ => form_urlencoded::parse(body.as_bytes())
            .into_owned()
            .collect(),
    }
}

/// Whether all that can be told was: the last of each resource, and of what was made for it.
fn is_over(told: &Told) -> bool {
    let ended = |path: &str, words: &[&str]| {
        let last = told.get(path).and_then(|lane| lane.last());
        last.is_some_and(|text| words.iter().any(|word| text.contains(word)))
    };
    let call_over = [
        "CallStatus=completed",
        "CallStatus=busy",
        "CallStatus=no-answer",
        "CallStatus=failed",
        "CallStatus=canceled",
    ];
    (0..REQUESTS).all(|number| {
        let answered = told.get(&format!("/call/{number}")).is_some_and(|lane| {
            lane.iter()
                .any(|text| text.contains("CallStatus=in-progress"))
        });
        let made_over = match (number % 6, answered) {
            (2, true) => ended(&format!("/recording/{number}"), &["completed", "absent"]),
            (3, true) => ended(&format!("/leg/{number}"), &call_over),
            (_, _) => true,
        };
        let own_over = match number % 6 {
            0 | 1 => ended(&format!("/message/{number}"), &["delivered", "failed"]),
            4 => ended(
                &format!("/message/{number}"),
                &["sent", "delivered", "failed"],
            ),
            5 => ended(&format!("/brand/{number}"), &["brand_activated"]),
            _ => ended(&format!("/call/{number}"), &call_over),
        };
        own_over && made_over
    })
}
