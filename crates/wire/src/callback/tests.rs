//! What each change owes, dialect by dialect.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use ringback_domain::call::{AnsweredBy, CallDirection, CallFacts, CallStatus, Document};
use ringback_domain::call::{HangupSide, NewCall};
use ringback_domain::error_code;
use ringback_domain::message::NewMessage;
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport,
};
use ringback_domain::quality::Quality;
use ringback_domain::resource::{NewResource, Origin};
use ringback_domain::sip::SipResult;
use ringback_domain::subscription::{CallEvent, CallEvents, Interest, Method};

use super::*;
use crate::form;

mod further;

const PROJECT: &str = "9b1d2c3e-0000-4000-8000-00000000ac01";
const SID: &str = "3c1f0a22-0000-4000-8000-00000000ca01";
const NOON: i64 = 1_712_255_535_000_000;

fn origin() -> Origin {
    Origin {
        sid: SID.parse().unwrap(),
        ordinal: 1,
        project: PROJECT.parse().unwrap(),
        depth: 0,
        at: Timestamp::from_micros(NOON),
    }
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOON + seconds * 1_000_000)
}

fn new_call() -> Resource {
    let call = NewCall {
        direction: CallDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_secs(60),
        requested: Vec::new(),
    };
    Resource::create(origin(), NewResource::Call(call), Vec::new(), || {
        SID.parse().unwrap()
    })
    .0
}

fn new_message(body: &str, media: &[&str]) -> (Resource, Change) {
    let message = NewMessage {
        direction: MessageDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        body: body.to_owned(),
        media: media.iter().map(|url| (*url).to_owned()).collect(),
        messaging_service: None,
        validity: Duration::from_secs(14_400),
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    };
    Resource::create(origin(), NewResource::Message(message), Vec::new(), || {
        SID.parse().unwrap()
    })
}

fn subscription(interest: Interest) -> Subscription {
    Subscription {
        url: "http://127.0.0.1/in".to_owned(),
        method: Method::Post,
        interest,
        next_sequence: 3,
    }
}

fn settings(dialect: Dialect) -> Settings {
    Settings {
        dialect,
        ..Settings::default()
    }
}

fn all_events() -> Interest {
    Interest::Call(CallEvent::ALL.into_iter().collect())
}

/// The callbacks of an accepted report, one line a parameter.
fn told(resource: &mut Resource, news: News, at: Timestamp, dialect: Dialect) -> Vec<Rendered> {
    let change = resource.report(news, at).expect("the report is accepted");
    let interest = match resource.body {
        Body::Call(_) => all_events(),
        _ => Interest::Every,
    };
    owed(
        resource,
        &change,
        &subscription(interest),
        &settings(dialect),
    )
}

fn keys(rendered: &Rendered) -> Vec<String> {
    form::decode(&rendered.body)
        .into_iter()
        .map(|(key, _)| key)
        .collect()
}

fn value(rendered: &Rendered, key: &str) -> Option<String> {
    let pairs = form::decode(&rendered.body);
    pairs.into_iter().find(|(it, _)| it == key).map(|it| it.1)
}

fn answer(facts: CallFacts) -> News {
    let sip = Some(SipResult::OK);
    News::Call(CallStatus::InProgress, CallFacts { sip, ..facts })
}

fn end() -> News {
    let quality = Quality {
        mos_hundredths: 440,
        average_time_ms: 20,
        in_media_packets: 1_000,
        ..Quality::default()
    };
    let facts = CallFacts {
        quality: Some(quality),
        hangup: Some(HangupSide::Callee),
        ..CallFacts::default()
    };
    News::Call(CallStatus::Completed, facts)
}

#[test]
fn an_answer_is_told_twice_by_signalwire_with_two_numbers() {
    let both = told(
        &mut new_call(),
        answer(CallFacts::default()),
        later(5),
        Dialect::SignalWire,
    );
    let statuses: Vec<&str> = both.iter().map(|it| it.status).collect();
    assert_eq!(statuses, ["answered", "in-progress"]);
    assert_eq!(value(&both[0], "SequenceNumber").as_deref(), Some("3"));
    assert_eq!(value(&both[1], "SequenceNumber").as_deref(), Some("4"));
    for dialect in [Dialect::SignalWireStrict, Dialect::Twilio] {
        let once = told(
            &mut new_call(),
            answer(CallFacts::default()),
            later(5),
            dialect,
        );
        assert_eq!(once.len(), 1, "{dialect:?}");
        assert_eq!(once[0].status, "in-progress");
    }
}

#[test]
fn an_answer_carries_counters_of_zero_and_no_mos_yet() {
    let both = told(
        &mut new_call(),
        answer(CallFacts::default()),
        later(5),
        Dialect::SignalWire,
    );
    assert_eq!(
        both[1].body,
        "AccountSid=9b1d2c3e-0000-4000-8000-00000000ac01&ApiVersion=2010-04-01\
         &CallSid=3c1f0a22-0000-4000-8000-00000000ca01&CallStatus=in-progress\
         &Direction=outbound-api&From=%2B15550100001&To=%2B15550100002\
         &CallbackSource=call-progress-events&SequenceNumber=4\
         &Timestamp=Thu%2C+04+Apr+2024+18%3A32%3A20+%2B0000\
         &SipResultCode=200&SipInviteResultPhrase=OK\
         &AudioInAveragePtime=0&AudioInDtmfPacketCount=0&AudioInFlushPacketCount=0\
         &AudioInJitterMaxVariance=0&AudioInJitterMinVariance=0&AudioInLargestJbSize=0\
         &AudioInMediaPacketCount=0&AudioInSkipPacketCount=0\
         &AudioOutDtmfPacketCount=0&AudioOutMediaPacketCount=0"
    );
}

#[test]
fn the_end_of_an_answered_call_carries_its_figures() {
    let mut call = new_call();
    let facts = CallFacts {
        answered_by: Some(AnsweredBy::Machine),
        ..CallFacts::default()
    };
    told(&mut call, answer(facts), later(5), Dialect::SignalWire);
    let ended = &told(&mut call, end(), later(47), Dialect::SignalWire)[0];
    assert_eq!(ended.status, "completed");
    for (key, expected) in [
        ("CallDuration", "42"),
        ("AudioInMos", "4.40"),
        ("AudioInAveragePtime", "20"),
        ("AudioInMediaPacketCount", "1000"),
        ("HangupBy", "+15550100002"),
        ("HangupDirection", "outbound"),
        ("AnsweredBy", "machine"),
    ] {
        assert_eq!(value(ended, key).as_deref(), Some(expected), "{key}");
    }
}

#[test]
fn a_call_that_was_never_answered_has_a_duration_of_zero_and_no_figures() {
    let busy = CallFacts {
        sip: Some(SipResult::BUSY),
        error: Some(error_code!("11200")),
        ..CallFacts::default()
    };
    let busy = News::Call(CallStatus::Busy, busy);
    let told = |dialect| told(&mut new_call(), busy.clone(), later(9), dialect).remove(0);
    let (signalwire, twilio) = (told(Dialect::SignalWire), told(Dialect::Twilio));
    assert_eq!(value(&signalwire, "CallDuration").as_deref(), Some("0"));
    assert_eq!(value(&signalwire, "AudioInMos"), None);
    assert_eq!(
        value(&signalwire, "AudioInMediaPacketCount").as_deref(),
        Some("0")
    );
    assert_eq!(
        value(&signalwire, "ErrorCode"),
        None,
        "no parameter of a call's"
    );
    assert!(!twilio.body.contains("Audio"));
    assert!(
        twilio.body.ends_with(
            "&Called=%2B15550100002&Caller=%2B15550100001&Duration=0&SipResponseCode=486"
        )
    );
}

#[test]
fn the_strict_dialect_sends_what_the_closed_schemas_allow() {
    // Keys of VoiceStatusCallbackPayload that are required, and those that may be there.
    let required = [
        "AccountSid",
        "ApiVersion",
        "AudioInAveragePtime",
        "AudioInDtmfPacketCount",
        "AudioInFlushPacketCount",
        "AudioInJitterMaxVariance",
        "AudioInJitterMinVariance",
        "AudioInLargestJbSize",
        "AudioInMos",
        "AudioInMediaPacketCount",
        "AudioInSkipPacketCount",
        "AudioOutDtmfPacketCount",
        "AudioOutMediaPacketCount",
        "CallbackSource",
        "CallSid",
        "CallStatus",
        "Direction",
        "From",
        "SequenceNumber",
        "Timestamp",
        "To",
    ];
    let optional = [
        "CallDuration",
        "ParentCallSid",
        "SipInviteResultPhrase",
        "SipResultCode",
    ];
    let facts = CallFacts {
        answered_by: Some(AnsweredBy::Human),
        ..CallFacts::default()
    };
    let mut call = new_call();
    let mut all = told(
        &mut call,
        answer(facts),
        later(5),
        Dialect::SignalWireStrict,
    );
    assert_eq!(value(&all[0], "AudioInMos").as_deref(), Some("0.0"));
    all.extend(told(&mut call, end(), later(9), Dialect::SignalWireStrict));
    for rendered in &all {
        let keys = keys(rendered);
        assert!(required.iter().all(|key| keys.iter().any(|it| it == key)));
        let allowed = |key: &String| required.contains(&&**key) || optional.contains(&&**key);
        assert!(keys.iter().all(allowed), "{keys:?}");
    }
}

#[test]
fn an_event_that_is_not_subscribed_owes_nothing() {
    let mut call = new_call();
    let ringing = News::Call(CallStatus::Ringing, CallFacts::default());
    let change = call.report(ringing, later(1)).expect("it rings");
    let deaf = subscription(Interest::Call(CallEvents::DEFAULT));
    assert_eq!(owed(&call, &change, &deaf, &Settings::default()), []);
    let all = subscription(Interest::Every);
    assert_eq!(owed(&call, &change, &all, &Settings::default()).len(), 1);
}

#[test]
fn a_message_is_told_from_queued_on_but_not_by_twilio() {
    let (message, change) = new_message("hé & you", &["https://a.example/i.png?x=1"]);
    let every = subscription(Interest::Every);
    let told = |dialect| owed(&message, &change, &every, &settings(dialect));
    let common = "MessageStatus=queued&MessageSid=3c1f0a22-0000-4000-8000-00000000ca01\
         &AccountSid=9b1d2c3e-0000-4000-8000-00000000ac01&From=%2B15550100001\
         &To=%2B15550100002&Body=h%C3%A9+%26+you&NumMedia=1&NumSegments=1";
    let media = "&MediaUrl0=https%3A%2F%2Fa.example%2Fi.png%3Fx%3D1&MediaContentType0=image%2Fpng";
    assert_eq!(
        told(Dialect::SignalWire)[0].body,
        format!("{common}{media}")
    );
    assert_eq!(told(Dialect::SignalWireStrict)[0].body, common);
    assert_eq!(told(Dialect::Twilio), []);
    let calls_only = subscription(all_events());
    assert_eq!(
        owed(&message, &change, &calls_only, &Settings::default()),
        []
    );
}

#[test]
fn a_failed_message_names_its_code() {
    let (mut message, _) = new_message("hi", &[]);
    let sending = News::Message(MessageStatus::Sending, MessageFacts::default());
    let sending = told(&mut message, sending, later(1), Dialect::Twilio);
    assert_eq!(sending[0].status, "sending");
    assert!(sending[0].body.ends_with(
        "&SmsSid=3c1f0a22-0000-4000-8000-00000000ca01&SmsStatus=sending&ApiVersion=2010-04-01"
    ));
    let error = Some(error_code!("30003"));
    let undelivered = News::Message(MessageStatus::Undelivered, MessageFacts { error });
    let undelivered = told(&mut message, undelivered, later(2), Dialect::SignalWire);
    let begin = "MessageStatus=undelivered&ErrorCode=30003&MessageSid=";
    assert!(undelivered[0].body.starts_with(begin));
}

#[test]
fn a_message_of_the_json_api_is_told_of_as_json_in_every_dialect() {
    let (mut message, queued) = new_message("hé \"you\"", &["https://a.example/i.png"]);
    let variables = [("order", "7"), ("case", "\n")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let Body::Message(body) = &mut message.body else {
        panic!("it is a message")
    };
    body.api = MessageApi::Json {
        variables: variables.into(),
    };
    let every = subscription(Interest::Every);
    let begin = r#"{"id":"3c1f0a22-0000-4000-8000-00000000ca01","#;
    for dialect in [
        Dialect::SignalWire,
        Dialect::SignalWireStrict,
        Dialect::Twilio,
    ] {
        let told = owed(&message, &queued, &every, &settings(dialect));
        assert_eq!(
            (told[0].status, told[0].encoding),
            ("queued", Encoding::Json)
        );
        let expected = r#""project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","status":"queued","to":"+15550100002","from":"+15550100001","body":"hé \"you\"","number_of_segments":1,"timestamp":"2024-04-04T18:32:15Z","error_code":null,"error_message":null,"custom_variables":{"case":"\n","order":"7"}}"#;
        assert_eq!(told[0].body, format!("{begin}{expected}"));
        let silent = without_words(Encoding::Json, &told[0].body);
        let expected = expected.replace(r#""body":"hé \"you\"""#, r#""body":"""#);
        assert_eq!(silent, format!("{begin}{expected}"));
    }

    let sending = News::Message(MessageStatus::Sending, MessageFacts::default());
    let sending = told(&mut message, sending, later(1), Dialect::SignalWire);
    assert_eq!(sending[0].status, "initiated");
    let error = Some(error_code!("30003"));
    let undelivered = News::Message(MessageStatus::Undelivered, MessageFacts { error });
    let undelivered = told(&mut message, undelivered, later(2), Dialect::SignalWire);
    let undelivered: serde_json::Value = serde_json::from_str(&undelivered[0].body).unwrap();
    assert_eq!(undelivered["error_code"], "30003");
    assert!(undelivered["error_message"].is_string());
}

#[test]
fn a_code_of_two_meanings_is_told_in_json_with_that_of_the_dialect() {
    check(Dialect::SignalWire, "balance too low");
    check(Dialect::SignalWireStrict, "balance too low");
    check(Dialect::Twilio, "account is suspended");

    #[track_caller]
    fn check(dialect: Dialect, meaning: &str) {
        let (mut message, _) = new_message("hi", &[]);
        let Body::Message(body) = &mut message.body else {
            panic!("it is a message")
        };
        body.api = MessageApi::Json {
            variables: BTreeMap::new(),
        };
        let error = Some(error_code!("30002"));
        let failed = News::Message(MessageStatus::Failed, MessageFacts { error });
        let failed = told(&mut message, failed, later(1), dialect);
        let failed: serde_json::Value = serde_json::from_str(&failed[0].body).unwrap();
        let shown = failed["error_message"].as_str().unwrap();
        assert!(shown.contains(meaning), "{dialect:?}: {shown}");
    }
}

proptest! {
    #[test]
    fn redaction_takes_the_words_and_nothing_else(
        text in any::<String>(),
        media in prop::collection::vec("https://a/[a-z&=%]{0,9}", 0..3),
    ) {
        let media: Vec<&str> = media.iter().map(String::as_str).collect();
        let (message, change) = new_message(&text, &media);
        let every = subscription(Interest::Every);
        let rendered = owed(&message, &change, &every, &Settings::default()).remove(0);
        let silent = without_words(Encoding::Form, &rendered.body);
        let expected: Vec<(String, String)> = form::decode(&rendered.body)
            .into_iter()
            .filter(|(key, _)| !key.starts_with("Media"))
            .map(|(key, value)| match key.as_str() {
                "Body" => (key, String::new()),
                "NumMedia" => (key, "0".to_owned()),
                _ => (key, value),
            })
            .collect();
        prop_assert_eq!(form::decode(&silent), expected);
        prop_assert_eq!(without_words(Encoding::Form, &silent), silent);
    }
}
