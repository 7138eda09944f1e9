//! What a callback is read as.

use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;
use ringback_callbacks::{
    CallDirection, CallStatus, Callback, Message, MessageStatus, Order, ParseError, Recording,
    RecordingSource, Request, TenDlc, TenDlcCategory, TenDlcEvent, TenDlcState, VoiceCall,
};

fn form(body: &str) -> Result<Callback, ParseError> {
    let headers = [(
        "Content-Type",
        "Application/X-WWW-Form-Urlencoded ; charset=UTF-8",
    )];
    Callback::parse(&Request::new("POST", "/", headers, body.as_bytes()))
}

fn json(body: &str) -> Result<Callback, ParseError> {
    let headers = [("content-type", "application/json")];
    Callback::parse(&Request::new("POST", "/", headers, body.as_bytes()))
}

fn voice(more: &str) -> VoiceCall {
    match form(&format!("CallSid=c&AccountSid=a&CallStatus=ringing&{more}")).unwrap() {
        Callback::Voice(call) => call,
        other => panic!("{other:?}"),
    }
}

fn message(more: &str) -> Message {
    match form(&format!("MessageSid=m&AccountSid=a&{more}")).unwrap() {
        Callback::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

fn recording(more: &str) -> Recording {
    match form(&format!(
        "RecordingSid=r&AccountSid=a&RecordingStatus=completed&{more}"
    ))
    .unwrap()
    {
        Callback::Recording(recording) => recording,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_is_read_with_types() {
    let call = voice(
        "SequenceNumber=3&Direction=outbound-api&Timestamp=Thu%2C+04+Apr+2024+18%3A32%3A15+%2B0000\
         &From=%2B15550100001&AudioInMos=4.06&AudioInMediaPacketCount=1244&SipResponseCode=200",
    );
    assert_eq!(call.status, CallStatus::Ringing);
    assert_eq!(call.sequence, Some(3));
    assert_eq!(call.direction, Some(CallDirection::OutboundApi));
    assert_eq!(
        call.at,
        Some(UNIX_EPOCH + Duration::from_secs(1_712_255_535))
    );
    assert_eq!(call.from.as_deref(), Some("+15550100001"));
    assert_eq!(call.audio.mos, Some(4.06));
    assert_eq!(call.audio.in_media_packets, Some(1_244));
    assert_eq!(
        (call.audio.in_skip_packets, call.sip_code),
        (None, Some(200))
    );
    assert!(call.other.is_empty());
}

#[test]
fn a_number_s_own_callback_is_told_from_a_call_s() {
    let own = "CallSid=c&AccountSid=a&CallStatus=failed&Timestamp=x&CallDuration=0";
    assert_eq!(form(own).unwrap().type_name(), "inbound-call");
    let twilio = format!("{own}&CallbackSource=call-progress-events");
    assert_eq!(form(&twilio).unwrap().type_name(), "voice");
}

#[test]
fn what_nobody_told_us_of_is_kept() {
    let call = voice("SequenceNumber=many&CallToken=t&CallStatus=whispering");
    assert_eq!(call.status, CallStatus::Other("whispering".to_owned()));
    assert!(!call.status.is_final());
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [
        pair("CallStatus", "ringing"),
        pair("SequenceNumber", "many"),
        pair("CallToken", "t"),
    ];
    assert_eq!((call.sequence, call.other), (None, expected.to_vec()));
}

#[test]
fn a_query_is_read_like_a_body() {
    let url = "https://a/in?own=1&MessageSid=m&AccountSid=a&MessageStatus=sent#MessageStatus=read";
    let no_headers: [(&str, &str); 0] = [];
    let callback = Callback::parse(&Request::new("GET", url, no_headers, b"")).unwrap();
    assert_eq!(
        (callback.type_name(), callback.status()),
        ("message", "sent")
    );
    assert_eq!(callback.other(), [("own".to_owned(), "1".to_owned())]);
}

#[test]
fn media_are_read_in_order() {
    let message = message(
        "MessageStatus=sent&NumMedia=2&MediaUrl1=http://b&MediaUrl0=http://a\
         &MediaContentType0=image/png&MediaUrl3=http://d",
    );
    let urls: Vec<&str> = message.media.iter().map(|media| &*media.url).collect();
    assert_eq!(urls, ["http://a", "http://b"]);
    assert_eq!(message.media[0].content_type.as_deref(), Some("image/png"));
    assert_eq!(
        message.other,
        [("MediaUrl3".to_owned(), "http://d".to_owned())]
    );
}

#[test]
fn a_message_in_json_is_read_like_one_in_a_form() {
    let callback = json(
        r#"{"id":"m","project_id":"a","status":"undelivered","to":"+15550103003","from":"+1",
            "body":"","number_of_segments":2,"timestamp":"2024-04-04T18:32:15Z",
            "error_code":"30003","error_message":null,"custom_variables":{"table":"7"},"new":[1]}"#,
    );
    let Callback::Message(message) = callback.unwrap() else {
        panic!("no message")
    };
    assert_eq!(message.status, MessageStatus::Undelivered);
    assert_eq!(
        (message.segments, message.body.as_deref()),
        (Some(2), Some(""))
    );
    assert_eq!(message.error_code.as_deref(), Some("30003"));
    assert_eq!(message.error_message, None);
    assert_eq!(message.variables, [("table".to_owned(), "7".to_owned())]);
    assert_eq!(
        message.at,
        Some(UNIX_EPOCH + Duration::from_secs(1_712_255_535))
    );
    assert_eq!(message.other, [("new".to_owned(), "[1]".to_owned())]);
}

#[test]
fn ten_dlc_is_read_from_json_and_from_a_form() {
    let pairs = [
        ("project_id", "a"),
        ("event_at", "2024-04-04T18:32:15Z"),
        ("event_category", "campaign"),
        ("event_type", "campaign_deactivated"),
        ("state", "inactive"),
        ("brand_id", "b"),
        ("campaign_id", "c"),
    ];
    let text = pairs
        .map(|(name, value)| format!(r#""{name}":"{value}""#))
        .join(",");
    let of_json = json(&format!("{{{text}}}")).unwrap();
    let of_form = form(
        &pairs
            .map(|(name, value)| format!("{name}={value}"))
            .join("&"),
    )
    .unwrap();
    assert_eq!(of_json, of_form);
    let Callback::TenDlc(it) = of_json else {
        panic!("not of 10DLC")
    };
    assert_eq!(it.category, TenDlcCategory::Campaign);
    assert_eq!(it.event, TenDlcEvent::CampaignDeactivated);
    assert_eq!(it.state, TenDlcState::Inactive);
    assert_eq!(TenDlc::id(&it), Some("c"));
}

#[test]
fn sources_are_known_in_either_spelling() {
    let source = |word: &str| recording(&format!("RecordingSource={word}")).source;
    for word in ["OutBoundApi", "OutboundAPI"] {
        assert_eq!(source(word), Some(RecordingSource::OutboundApi));
    }
    assert_eq!(
        source("Phonograph"),
        Some(RecordingSource::Other("Phonograph".to_owned()))
    );
    assert_eq!(source(""), None);
}

#[test]
fn what_is_missing_is_named() {
    let missing = |body: &str| match form(body) {
        Err(ParseError::Missing { name }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(missing("MessageStatus=sent&AccountSid=a"), "MessageSid");
    assert_eq!(missing("MessageStatus=sent&MessageSid=m"), "AccountSid");
    assert_eq!(missing("MessageStatus=&MessageSid=m"), "MessageStatus");
    assert_eq!(
        missing("TranscriptionStatus=failed&TranscriptionSid=t"),
        "RecordingSid"
    );
}

#[test]
fn a_callback_is_known_again_and_two_are_not_the_same() {
    let key = |body: &str| form(body).unwrap().key();
    let first = "CallSid=c&AccountSid=a&CallStatus=completed&SequenceNumber=3";
    assert_eq!(key(first), "voice/c/3/completed");
    assert_eq!(key(first), key(&format!("{first}&CallDuration=7")));
    assert_ne!(key(first), key(&first.replace('3', "4")));
    let failed = "project_id=a&event_category=number_assignment&event_type=number_assignment_failed\
                  &state=failed&number_assignment_id=n&event_at=2024-04-04T18:32:15Z";
    assert_ne!(key(failed), key(&failed.replace("15Z", "16Z")));
}

#[test]
fn what_is_newer_is_greater() {
    let order = |body: &str| form(body).unwrap().order();
    check(["0", "1", "10"].map(voice_order));
    check(
        ["queued", "sending", "sent", "delivered"]
            .map(|status| order(&format!("MessageSid=m&AccountSid=a&MessageStatus={status}"))),
    );
    check(["in-progress", "absent"].map(|status| {
        order(&format!(
            "RecordingSid=r&AccountSid=a&RecordingStatus={status}"
        ))
    }));
    let at = |event: &str, second: u8| {
        order(&format!(
            "project_id=a&event_category=number_assignment&event_type=number_assignment_{event}\
             &state=x&number_assignment_id=n&event_at=2024-04-04T18:32:{second}Z"
        ))
    };
    check([
        at("failed", 15),
        at("pending", 15),
        at("activated", 15),
        at("failed", 16),
    ]);
    assert_eq!(
        order("MessageSid=m&AccountSid=a&MessageStatus=pondered"),
        None
    );

    fn voice_order(sequence: &str) -> Option<Order> {
        Callback::Voice(voice(&format!("SequenceNumber={sequence}"))).order()
    }

    #[track_caller]
    fn check<const N: usize>(orders: [Option<Order>; N]) {
        assert!(orders.iter().all(Option::is_some));
        assert!(orders.is_sorted_by(|one, next| one < next), "{orders:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        method in "GET|POST|PUT",
        url in any::<String>(),
        content_type in "application/json|application/x-www-form-urlencoded|.*",
        body in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let headers = [("content-type", &*content_type)];
        let _ = Callback::parse(&Request::new(&method, &url, headers, &body));
    }

    #[test]
    fn every_parameter_is_either_read_or_left(
        pairs in prop::collection::btree_map("[a-z]{1,8}", any::<String>(), 0..20),
    ) {
        let text = form_urlencoded::Serializer::new(String::from("MessageSid=m&AccountSid=a&MessageStatus=sent"))
            .extend_pairs(&pairs)
            .finish();
        let callback = form(&text).unwrap();
        let expected: Vec<(String, String)> = pairs.into_iter().collect();
        prop_assert_eq!(callback.other(), expected);
    }
}
