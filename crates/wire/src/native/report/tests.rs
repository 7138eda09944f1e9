//! Reports as platforms write them, right and wrong.

use ringback_domain::call::{CallDirection, CallStatus, HangupSide};
use ringback_domain::message::{MessageDirection, MessageStatus};
use ringback_domain::subscription::{CallEvent, CallEvents, Interest};
use serde_json::json;

use super::*;

const PROJECT: ProjectId = ProjectId::from_bytes([7; 16]);

fn read(report: &serde_json::Value) -> Result<Report, ReportError> {
    let line = report.to_string();
    ReportJson::parse(line.as_bytes())?.check(PROJECT)
}

fn message(more: &serde_json::Value) -> serde_json::Value {
    let mut report = json!({"kind": "message", "external_id": "m-1", "status": "sent"});
    let more = more.as_object().unwrap().clone();
    report.as_object_mut().unwrap().extend(more);
    report
}

#[test]
fn texts_are_borrowed_from_the_line() {
    let line = br#"{"kind":"message","external_id":"m-1","status":"sent","from":"+15550100001"}"#;
    let report = ReportJson::parse(line).unwrap();
    assert!(matches!(report.kind, Cow::Borrowed("message")));
    assert!(matches!(
        report.external_id,
        Some(Text(Cow::Borrowed("m-1")))
    ));
    assert!(matches!(report.from, Some(Text(Cow::Borrowed(_)))));
}

#[test]
fn a_message_is_read_with_all_that_it_says() {
    let report = read(&message(&json!({
        "status": "undelivered",
        "event_id": "e-1",
        "occurred_at": "2026-08-20T12:15:00.5+02:00",
        "from": "+15550100001",
        "to": "+15550100002",
        "status_callback": "http://app.example/status#rt=99999",
        "status_callback_method": "get",
        "fields": {"ErrorCode": 30003, "Body": "hi", "MediaUrl0": "http://a/1.png", "NumMedia": 1},
    })))
    .unwrap();
    assert_eq!(report.name, Name::External("m-1".to_owned()));
    let News::Message(MessageStatus::Undelivered, facts) = &report.news else {
        panic!("{:?}", report.news);
    };
    assert_eq!(facts.error.as_ref().unwrap().as_str(), "30003");
    let Ok(NewResource::Message(new)) = &report.new else {
        panic!("{:?}", report.new);
    };
    assert_eq!((&*new.body, &*new.media[0]), ("hi", "http://a/1.png"));
    assert_eq!(new.direction, MessageDirection::OutboundApi);
    assert_eq!(report.told.event_id.as_deref(), Some("e-1"));
    let occurred_at = Timestamp::from_micros(1_787_220_900_500_000);
    assert_eq!(report.told.occurred_at, Some(occurred_at));
    let CallbackOrder::To(subscription) = &report.callback else {
        panic!("{:?}", report.callback);
    };
    assert_eq!(subscription.method, Method::Get);
    assert_eq!(report.warnings.len(), 1);
}

#[test]
fn a_call_is_read_with_all_that_it_says() {
    let report = read(&json!({
        "kind": "call",
        "external_id": "c-1",
        "status": "completed",
        "direction": "inbound",
        "from": "+15550100001",
        "status_callback": "http://app.example/",
        "status_callback_event": "ringing answered",
        "fields": {
            "SipResultCode": "200", "HangupBy": "+15550100001", "AnsweredBy": "human",
            "AudioInMos": 4.3, "AudioInSkipPacketCount": "7", "CallDuration": "12",
        },
    }))
    .unwrap();
    let News::Call(CallStatus::Completed, facts) = &report.news else {
        panic!("{:?}", report.news);
    };
    assert_eq!(facts.hangup, Some(HangupSide::Caller));
    let quality = facts.quality.unwrap();
    assert_eq!((quality.mos_hundredths, quality.in_skip_packets), (430, 7));
    let Ok(NewResource::Call(new)) = &report.new else {
        panic!("{:?}", report.new);
    };
    assert_eq!(new.direction, CallDirection::Inbound);
    let CallbackOrder::To(subscription) = &report.callback else {
        panic!("{:?}", report.callback);
    };
    let events = CallEvents::NONE
        .with(CallEvent::Ringing)
        .with(CallEvent::Answered);
    assert_eq!(subscription.interest, Interest::Call(events));
}

#[test]
fn what_cannot_be_used_is_refused_with_a_word() {
    let sid = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";
    for (more, code) in [
        (json!({"kind": "fax"}), "unknown_kind"),
        (json!({"colour": "red"}), "malformed"),
        (json!({"status": 7}), "malformed"),
        (json!({"status": "answered"}), "unknown_status"),
        (json!({"sid": sid}), "two_names"),
        (json!({"external_id": null}), "no_name"),
        (json!({"external_id": ""}), "bad_id"),
        (json!({"event_id": "x".repeat(256)}), "bad_id"),
        (json!({"direction": "up"}), "bad_direction"),
        (json!({"occurred_at": "yesterday"}), "bad_time"),
        (json!({"from": "x".repeat(2_000)}), "bad_address"),
        (json!({"status_callback": "nonsense"}), "bad_url"),
        (json!({"status_callback_method": "GET"}), "no_callback"),
        (
            json!({"status_callback": "http://a", "status_callback_method": "PUT"}),
            "bad_method",
        ),
        (
            json!({"status_callback": "http://a", "status_callback_event": []}),
            "bad_callback_event",
        ),
        (json!({"fields": {"Colour": "red"}}), "unknown_field"),
        (json!({"fields": {"ErrorCode": ""}}), "bad_field"),
    ] {
        let error = read(&message(&more)).unwrap_err();
        assert_eq!(error.code, code, "{more}: {error}");
    }
    let error = ReportJson::parse(b"{\"kind\":").unwrap_err();
    assert_eq!(error.code, "malformed");
    assert!(error.message.contains("byte 8"), "{error}");
    // A list of a value for each key, in their order.
    let list = br#" ["message",null,"m","sent",null,null,null,null,null,null,null,null,{}]"#;
    assert_eq!(ReportJson::parse(list).unwrap_err().code, "malformed");
}

#[test]
fn an_event_is_what_it_says_not_how_it_is_written() {
    let event = |line: &str| {
        let report = ReportJson::parse(line.as_bytes()).unwrap();
        report.check(PROJECT).unwrap().event.unwrap()
    };
    let one = event(r#"{"kind":"message","sid":"m","status":"sent","event_id":"e"}"#);
    let blanks = r#"{"event_id": "e", "status": "sent", "sid": "m", "kind": "message"}"#;
    assert_eq!(one, event(blanks));
    let other = event(r#"{"kind":"message","sid":"m","status":"failed","event_id":"e"}"#);
    assert_eq!(one.0, other.0);
    assert_ne!(one.1, other.1);
    let call = event(r#"{"kind":"call","sid":"m","status":"failed","event_id":"e"}"#);
    assert_ne!(one.0, call.0, "an id is unique for its kind");
}

#[test]
fn an_empty_callback_ends_it_and_a_sid_may_be_the_platforms_own() {
    let report = json!({
        "kind": "message", "sid": "order-7", "status": "sent", "status_callback": "",
    });
    let report = read(&report).unwrap();
    assert_eq!(report.name, Name::Known("order-7".to_owned()));
    assert_eq!(report.callback, CallbackOrder::Nobody);
}

#[test]
fn a_message_that_is_received_is_inbound() {
    let report = read(&message(&json!({"status": "received"}))).unwrap();
    let Ok(NewResource::Message(new)) = &report.new else {
        panic!("{:?}", report.new);
    };
    assert_eq!(new.direction, MessageDirection::Inbound);
}

#[test]
fn the_further_kinds_are_read_and_say_what_a_new_one_needs() {
    let sid = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";
    for kind in Kind::ALL {
        let status = match kind {
            Kind::Call | Kind::Transcription => "completed",
            Kind::Message => "sent",
            Kind::Recording => "completed",
            Kind::Brand => "completed",
            Kind::Campaign => "active",
            Kind::AssignmentOrder => "processed",
            Kind::Assignment => "completed",
        };
        let report = json!({"kind": kind.as_str(), "external_id": "x", "status": status});
        let report = read(&report).unwrap();
        assert_eq!(report.kind, kind);
        match kind {
            Kind::Call | Kind::Message | Kind::Brand => assert!(report.new.is_ok(), "{kind:?}"),
            _ => assert!(report.new.is_err(), "{kind:?}"),
        }
    }
    let report = read(&json!({
        "kind": "recording", "external_id": "r", "status": "completed",
        "status_callback": "http://app.example/", "status_callback_event": ["completed"],
        "fields": {"CallSid": sid, "RecordingDuration": 7},
    }))
    .unwrap();
    assert!(report.new.is_ok());
    let unknown = json!({
        "kind": "brand", "external_id": "b", "status": "completed", "fields": {"Colour": "red"},
    });
    assert_eq!(read(&unknown).unwrap_err().code, "unknown_field");
}

#[test]
fn what_carriers_say_of_a_call_and_its_recording_are_read() {
    let sid = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";
    let call = |fields: serde_json::Value| {
        let report = json!({
            "kind": "call", "external_id": "c", "status": "completed", "fields": fields,
        });
        read(&report)
    };
    let report = call(json!({
        "ForwardedFrom": "+15550100009", "CallerName": "Zoë",
        "RecordingSid": sid, "RecordingUrl": "https://m.example/r", "RecordingDuration": 17,
    }));
    let News::Call(_, facts) = report.unwrap().news else {
        panic!("it is a call")
    };
    assert_eq!(facts.forwarded_from.as_deref(), Some("+15550100009"));
    assert_eq!(facts.caller_name.as_deref(), Some("Zoë"));
    let recording = facts.recording.unwrap();
    assert_eq!(recording.sid.to_string(), sid);
    assert_eq!(recording.url, "https://m.example/r");
    assert_eq!(recording.duration, Some(std::time::Duration::from_secs(17)));
    for bad in [
        json!({"RecordingUrl": "https://m.example/r"}),
        json!({"RecordingDuration": "17"}),
        json!({"RecordingSid": "r-1"}),
        json!({"RecordingSid": sid, "RecordingDuration": "17 s"}),
        json!({"CallerName": ""}),
        json!({"ForwardedFrom": "x".repeat(256)}),
    ] {
        assert_eq!(call(bad.clone()).unwrap_err().code, "bad_field", "{bad}");
    }
}
