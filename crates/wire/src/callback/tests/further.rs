//! Every status of recordings, transcriptions and 10DLC, in every dialect, as it is sent.

use std::path::PathBuf;

use ringback_domain::brand::NewBrand;
use ringback_domain::campaign::NewCampaign;
use ringback_domain::change::Status;
use ringback_domain::error_code;
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::number_assignment_order::NewAssignmentOrder;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus,
    RecordingTrack, RecordingTrim, Transcribe,
};
use ringback_domain::subscription::{RecordingEvent, RecordingEvents};
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, TranscriptionFacts, TranscriptionStatus,
};

use super::*;

const DIALECTS: [Dialect; 3] = [
    Dialect::SignalWire,
    Dialect::SignalWireStrict,
    Dialect::Twilio,
];

fn id(n: u8) -> Sid {
    format!("3c1f0a22-0000-4000-8000-0000000000{n:02}")
        .parse()
        .unwrap()
}

fn new(kind: Kind) -> Resource {
    let (brand, campaign) = (id(1), id(2));
    let new = match kind {
        Kind::Call | Kind::Message => panic!("has tests of its own"),
        Kind::Recording => NewResource::Recording(NewRecording {
            call: id(5),
            conference: Some(id(6)),
            source: RecordingSource::StartConferenceRecording,
            channels: RecordingChannels::Dual,
            track: Some(RecordingTrack::Both),
            trim: RecordingTrim::DoNotTrim,
            transcribe: Transcribe::No,
        }),
        Kind::Transcription => NewResource::Transcription(NewTranscription {
            recording: id(7),
            call: TranscribedCall {
                sid: id(5),
                from: "+15550100001".to_owned(),
                to: "+15550100002".to_owned(),
                status: Some(CallStatus::Completed),
                direction: Some(CallDirection::Inbound),
            },
        }),
        Kind::Brand => NewResource::Brand(NewBrand::default()),
        Kind::Campaign => NewResource::Campaign(NewCampaign::reported(brand)),
        Kind::AssignmentOrder => {
            NewResource::AssignmentOrder(NewAssignmentOrder::reported(brand, campaign))
        }
        Kind::Assignment => NewResource::Assignment(NewAssignment {
            brand,
            campaign,
            order: id(3),
            number: id(4),
            phone_number: "+15550100123".to_owned(),
        }),
    };
    Resource::create(origin(), new, Vec::new(), || id(9)).0
}

/// What is told with a status: all that can be, and more than belongs to it.
fn news(status: Status) -> News {
    match status {
        Status::Recording(status) => News::Recording(
            status,
            RecordingFacts {
                url: Some("https://m.example/r?a=1".to_owned()),
                duration: Some(Duration::from_millis(17_900)),
                error: Some(error_code!("13621")),
            },
        ),
        Status::Transcription(status) => News::Transcription(
            status,
            TranscriptionFacts {
                text: Some("call me & h\u{fc}!".to_owned()),
                url: Some("https://m.example/t".to_owned()),
                recording_url: Some("https://m.example/r".to_owned()),
                recording_duration: Some(Duration::from_millis(17_900)),
            },
        ),
        other => other.into(),
    }
}

/// The callback of the last of the statuses that a new resource goes through.
fn last(kind: Kind, path: &[&str], interest: Interest, settings: &Settings) -> Option<Rendered> {
    let mut resource = new(kind);
    let mut told = Vec::new();
    for word in path {
        let status = kind.status(word).expect("a status of this kind");
        let change = resource.report(news(status), later(20)).expect("accepted");
        told = owed(&resource, &change, &subscription(interest), settings);
    }
    assert!(told.len() <= 1);
    told.pop()
}

/// What every subscription to all of it gets.
fn every(kind: Kind, path: &[&str], dialect: Dialect) -> Option<String> {
    let rendered = last(kind, path, Interest::Every, &settings(dialect))?;
    assert_eq!(Some(&rendered.status), path.last());
    let expected = match kind {
        Kind::Call | Kind::Message | Kind::Recording | Kind::Transcription => Encoding::Form,
        Kind::Brand | Kind::Campaign | Kind::AssignmentOrder | Kind::Assignment => Encoding::Json,
    };
    assert_eq!(rendered.encoding, expected);
    Some(rendered.body)
}

/// Holds what is sent in each dialect, in the order of [`DIALECTS`], against `expected`.
fn check(kind: Kind, path: &[&str], expected: [Option<&str>; 3]) {
    for (dialect, expected) in DIALECTS.into_iter().zip(expected) {
        let body = every(kind, path, dialect);
        assert_eq!(body.as_deref(), expected, "{path:?} in {dialect:?}");
    }
}

fn recording(status: &str, duration_s: u8, source: &str) -> String {
    format!(
        "AccountSid=9b1d2c3e-0000-4000-8000-00000000ac01\
         &CallSid=3c1f0a22-0000-4000-8000-000000000005\
         &RecordingSid=3c1f0a22-0000-4000-8000-00000000ca01\
         &RecordingUrl=https%3A%2F%2Fm.example%2Fr%3Fa%3D1&RecordingStatus={status}\
         &RecordingDuration={duration_s}&RecordingChannels=2&RecordingSource={source}"
    )
}

#[test]
fn a_recording_is_told_of_when_it_begins_and_when_it_is_over() {
    let none = [None, None, None];
    for silent in [
        &["paused"][..],
        &["stopped"],
        &["in-progress", "paused"],
        &["in-progress", "paused", "in-progress"],
        &["in-progress", "paused", "stopped"],
    ] {
        check(Kind::Recording, silent, none);
    }
    let more = "&RecordingTrack=both&ConferenceSid=3c1f0a22-0000-4000-8000-000000000006";
    for (path, duration_s) in [
        (&["in-progress"][..], 0),
        (
            &[
                "in-progress",
                "paused",
                "in-progress",
                "stopped",
                "completed",
            ],
            17,
        ),
        (&["stopped", "absent"], 0),
    ] {
        let status = path.last().unwrap();
        let strict = recording(status, duration_s, "StartConferenceRecording");
        let twilio = recording(status, duration_s, "StartConferenceRecordingAPI");
        let (signalwire, twilio) = (format!("{strict}{more}"), format!("{twilio}{more}"));
        let expected = [Some(&*signalwire), Some(&*strict), Some(&*twilio)];
        check(Kind::Recording, path, expected);
    }
    let failed = recording("failed", 0, "StartConferenceRecording") + more + "&ErrorCode=13621";
    let twilio = recording("failed", 0, "StartConferenceRecordingAPI") + more + "&ErrorCode=13621";
    let expected = [Some(&*failed), None, Some(&*twilio)];
    check(Kind::Recording, &["in-progress", "failed"], expected);
}

#[test]
fn a_recording_without_extras_has_just_what_the_schema_has() {
    let plain = NewResource::Recording(NewRecording {
        call: id(5),
        conference: None,
        source: RecordingSource::OutboundApi,
        channels: RecordingChannels::Mono,
        track: None,
        trim: RecordingTrim::DoNotTrim,
        transcribe: Transcribe::No,
    });
    let (mut resource, _) = Resource::create(origin(), plain, Vec::new(), || id(9));
    let begun = Status::Recording(RecordingStatus::InProgress).into();
    for (dialect, source) in [
        (Dialect::SignalWire, "OutBoundApi"),
        (Dialect::SignalWireStrict, "OutBoundApi"),
        (Dialect::Twilio, "OutboundAPI"),
    ] {
        let change = resource
            .clone()
            .report(News::clone(&begun), later(1))
            .unwrap();
        let every = subscription(Interest::Every);
        let told = owed(&resource, &change, &every, &settings(dialect)).remove(0);
        let expected = recording("in-progress", 0, source)
            .replace("https%3A%2F%2Fm.example%2Fr%3Fa%3D1", "")
            .replace("Channels=2", "Channels=1");
        assert_eq!(told.body, expected);
    }
    resource.report(begun, later(2)).unwrap();
}

#[test]
fn a_recordings_events_are_those_that_were_asked_for_and_failed_goes_with_absent() {
    use RecordingEvent::{Absent, Completed, Failed, InProgress};
    let asked: [(&[RecordingEvent], [&[&str]; 3]); 6] = [
        (&[], [&[], &[], &["failed"]]),
        (
            &[Completed],
            [&["completed"], &["completed"], &["completed", "failed"]],
        ),
        (
            &[InProgress],
            [
                &["in-progress"],
                &["in-progress"],
                &["in-progress", "failed"],
            ],
        ),
        (
            &[Absent],
            [&["absent", "failed"], &["absent"], &["absent", "failed"]],
        ),
        (&[Failed], [&["failed"], &[], &["failed"]]),
        (
            &[Completed, Failed],
            [
                &["completed", "failed"],
                &["completed"],
                &["completed", "failed"],
            ],
        ),
    ];
    for (events, expected) in asked {
        let interest = Interest::Recording(events.iter().copied().collect());
        for (dialect, expected) in DIALECTS.into_iter().zip(expected) {
            let settings = settings(dialect);
            let told: Vec<&str> = ["in-progress", "completed", "absent", "failed"]
                .into_iter()
                .filter(|word| last(Kind::Recording, &[word], interest, &settings).is_some())
                .collect();
            assert_eq!(told, expected, "{events:?} in {dialect:?}");
        }
    }
    let default: Vec<RecordingEvent> = RecordingEvents::DEFAULT.iter().collect();
    assert_eq!(default, [Completed]);
    let conference: Vec<RecordingEvent> = RecordingEvents::CONFERENCE_DEFAULT.iter().collect();
    assert_eq!(conference, [Completed, Failed]);
}

fn transcription(text: &str, status: &str) -> String {
    format!(
        "TranscriptionSid=3c1f0a22-0000-4000-8000-00000000ca01&TranscriptionText={text}\
         &TranscriptionStatus={status}&TranscriptionUrl=https%3A%2F%2Fm.example%2Ft\
         &RecordingSid=3c1f0a22-0000-4000-8000-000000000007\
         &RecordingUrl=https%3A%2F%2Fm.example%2Fr"
    )
}

#[test]
fn a_transcription_is_told_of_once_with_its_call_but_not_strictly() {
    let call = "&CallSid=3c1f0a22-0000-4000-8000-000000000005&From=%2B15550100001\
                &To=%2B15550100002&AccountSid=9b1d2c3e-0000-4000-8000-00000000ac01\
                &ApiVersion=2010-04-01&CallStatus=completed&Direction=inbound\
                &RecordingDuration=17";
    for (status, text) in [("completed", "call+me+%26+h%C3%BC%21"), ("failed", "")] {
        let strict = transcription(text, status);
        let full = format!("{strict}{call}");
        let expected = [Some(&*full), Some(&*strict), Some(&*full)];
        check(Kind::Transcription, &[status], expected);
    }
    let (message, change) = new_message("hi", &[]);
    let recordings = subscription(Interest::Recording(RecordingEvents::DEFAULT));
    assert_eq!(
        owed(&message, &change, &recordings, &Settings::default()),
        []
    );
}

#[test]
fn a_transcription_that_is_under_way_is_told_to_nobody() {
    let new = NewResource::Transcription(NewTranscription {
        recording: id(7),
        call: TranscribedCall {
            sid: id(5),
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            status: None,
            direction: None,
        },
    });
    let (mut resource, first) = Resource::create(origin(), new, Vec::new(), || id(9));
    let every = subscription(Interest::Every);
    for dialect in DIALECTS {
        assert_eq!(owed(&resource, &first, &every, &settings(dialect)), []);
    }
    let done = Status::Transcription(TranscriptionStatus::Completed).into();
    let change = resource.report(done, later(1)).unwrap();
    let told = owed(&resource, &change, &every, &Settings::default()).remove(0);
    assert!(
        told.body.ends_with("&ApiVersion=2010-04-01"),
        "{}",
        told.body
    );
}

#[test]
fn an_erased_transcription_has_no_text_and_all_the_rest() {
    let sent = every(
        Kind::Transcription,
        &["completed"],
        Dialect::SignalWireStrict,
    )
    .unwrap();
    let silent = without_words(Encoding::Form, &sent);
    assert_eq!(silent, transcription("", "completed"));
    let json = r#"{"phone_number":"+1&Body=x"}"#;
    assert_eq!(without_words(Encoding::Json, json), json);
}

const BRAND: &str = r#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","event_at":"2024-04-04T18:32:35Z","event_category":"brand","event_type":"EVENT","state":"STATE","brand_id":"3c1f0a22-0000-4000-8000-00000000ca01"}"#;
const CAMPAIGN: &str = r#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","event_at":"2024-04-04T18:32:35Z","event_category":"campaign","event_type":"EVENT","state":"STATE","brand_id":"3c1f0a22-0000-4000-8000-000000000001","campaign_id":"3c1f0a22-0000-4000-8000-00000000ca01"}"#;
const ORDER: &str = r#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","event_at":"2024-04-04T18:32:35Z","event_category":"number_assignment_order","event_type":"EVENT","state":"STATE","brand_id":"3c1f0a22-0000-4000-8000-000000000001","campaign_id":"3c1f0a22-0000-4000-8000-000000000002","number_assignment_order_id":"3c1f0a22-0000-4000-8000-00000000ca01"}"#;
const ASSIGNMENT: &str = r#"{"project_id":"9b1d2c3e-0000-4000-8000-00000000ac01","event_at":"2024-04-04T18:32:35Z","event_category":"number_assignment","event_type":"EVENT","state":"STATE","brand_id":"3c1f0a22-0000-4000-8000-000000000001","campaign_id":"3c1f0a22-0000-4000-8000-000000000002","number_assignment_order_id":"3c1f0a22-0000-4000-8000-000000000003","number_assignment_id":"3c1f0a22-0000-4000-8000-00000000ca01","phone_number_id":"3c1f0a22-0000-4000-8000-000000000004","phone_number":"+15550100123"}"#;

/// The event of each way through the statuses of 10DLC; none where none is documented.
const TEN_DLC: [(Kind, &str, &[&str], Option<&str>); 16] = [
    (Kind::Brand, BRAND, &["completed"], Some("brand_activated")),
    (
        Kind::Brand,
        BRAND,
        &["unverified"],
        Some("brand_unverified"),
    ),
    (
        Kind::Brand,
        BRAND,
        &["unverified", "completed"],
        Some("brand_activated"),
    ),
    (
        Kind::Campaign,
        CAMPAIGN,
        &["active"],
        Some("campaign_activated"),
    ),
    (
        Kind::Campaign,
        CAMPAIGN,
        &["active", "inactive"],
        Some("campaign_deactivated"),
    ),
    (
        Kind::Campaign,
        CAMPAIGN,
        &["inactive"],
        Some("campaign_deactivated"),
    ),
    (Kind::AssignmentOrder, ORDER, &["processing"], None),
    (Kind::AssignmentOrder, ORDER, &["failed"], None),
    (
        Kind::AssignmentOrder,
        ORDER,
        &["processed"],
        Some("number_assignment_order_processed"),
    ),
    (
        Kind::AssignmentOrder,
        ORDER,
        &["processing", "processed"],
        Some("number_assignment_order_processed"),
    ),
    (
        Kind::Assignment,
        ASSIGNMENT,
        &["completed"],
        Some("number_assignment_activated"),
    ),
    (
        Kind::Assignment,
        ASSIGNMENT,
        &["failed"],
        Some("number_assignment_failed"),
    ),
    (
        Kind::Assignment,
        ASSIGNMENT,
        &["failed", "pending"],
        Some("number_assignment_pending"),
    ),
    (
        Kind::Assignment,
        ASSIGNMENT,
        &["failed", "completed"],
        Some("number_assignment_activated"),
    ),
    (Kind::Assignment, ASSIGNMENT, &["removed"], None),
    (
        Kind::Assignment,
        ASSIGNMENT,
        &["completed", "removed"],
        None,
    ),
];

#[test]
fn ten_dlc_tells_each_documented_event_as_json_in_every_dialect() {
    for (kind, template, path, event) in TEN_DLC {
        let state = path.last().unwrap();
        let expected = event.map(|event| template.replace("EVENT", event).replace("STATE", state));
        check(kind, path, [expected.as_deref(); 3]);
    }
    let every = subscription(Interest::Every);
    for kind in [
        Kind::Brand,
        Kind::Campaign,
        Kind::AssignmentOrder,
        Kind::Assignment,
    ] {
        let mut resource = new(kind);
        let pending = resource.status().into();
        let first = Change {
            project: resource.project,
            resource: resource.sid,
            seq: 0,
            from: None,
            news: pending,
            gap: ringback_domain::verdict::Gap::None,
            at: later(0),
            told: None,
        };
        assert_eq!(
            owed(&resource, &first, &every, &Settings::default()),
            [],
            "{kind:?}"
        );
        // Events of other kinds: nobody asked for these.
        let next = if kind == Kind::Campaign {
            "active"
        } else {
            "completed"
        };
        let Some(next) = kind.status(next) else {
            continue;
        };
        let change = resource.report(next.into(), later(1)).unwrap();
        let deaf = subscription(all_events());
        assert_eq!(owed(&resource, &change, &deaf, &Settings::default()), []);
    }
}

#[test]
fn ten_dlc_as_a_form_is_signalwires_setting_alone() {
    let form = |dialect| Settings {
        ten_dlc_body: TenDlcBody::Form,
        ..settings(dialect)
    };
    let path = &["failed", "pending"];
    let told = |dialect| last(Kind::Assignment, path, Interest::Every, &form(dialect)).unwrap();
    let signalwire = told(Dialect::SignalWire);
    assert_eq!(signalwire.encoding, Encoding::Form);
    assert_eq!(
        signalwire.body,
        "project_id=9b1d2c3e-0000-4000-8000-00000000ac01&event_at=2024-04-04T18%3A32%3A35Z\
         &event_category=number_assignment&event_type=number_assignment_pending&state=pending\
         &brand_id=3c1f0a22-0000-4000-8000-000000000001\
         &campaign_id=3c1f0a22-0000-4000-8000-000000000002\
         &number_assignment_order_id=3c1f0a22-0000-4000-8000-000000000003\
         &number_assignment_id=3c1f0a22-0000-4000-8000-00000000ca01\
         &phone_number_id=3c1f0a22-0000-4000-8000-000000000004&phone_number=%2B15550100123"
    );
    for dialect in [Dialect::SignalWireStrict, Dialect::Twilio] {
        assert_eq!(told(dialect).encoding, Encoding::Json, "{dialect:?}");
    }
}

#[test]
fn a_number_is_escaped_as_json_whatever_it_is() {
    let mut resource = new(Kind::Assignment);
    if let Body::Assignment(assignment) = &mut resource.body {
        assignment.phone_number = "\"+1\\\n\u{e9}".to_owned();
    }
    let failed = News::Assignment(AssignmentStatus::Failed);
    let change = resource.report(failed, later(1)).unwrap();
    let every = subscription(Interest::Every);
    let told = owed(&resource, &change, &every, &Settings::default()).remove(0);
    let read: serde_json::Value = serde_json::from_str(&told.body).unwrap();
    assert_eq!(read["phone_number"], "\"+1\\\n\u{e9}");
}

#[test]
fn what_knows_no_other_method_is_sent_by_post() {
    for kind in Kind::ALL {
        let asked = matches!(kind, Kind::Call | Kind::Message | Kind::Recording);
        let expected = if asked { Method::Get } else { Method::Post };
        assert_eq!(method(kind, Method::Get), expected, "{kind:?}");
        assert_eq!(method(kind, Method::Post), Method::Post);
    }
}

/// Holds the strict dialect against SignalWire's published schemas, which are not part of this
/// project: `RINGBACK_CONTRACT` names the folder that has them as `openapi.json`.
#[test]
fn the_strict_dialect_fits_the_published_schemas() {
    let Some(folder) = std::env::var_os("RINGBACK_CONTRACT") else {
        println!("skipped: RINGBACK_CONTRACT does not name a folder with openapi.json");
        return;
    };
    let text = std::fs::read_to_string(PathBuf::from(folder).join("openapi.json")).unwrap();
    let published: serde_json::Value = serde_json::from_str(&text).unwrap();
    let strict = |kind, path: &[&str]| every(kind, path, Dialect::SignalWireStrict);
    let mut checked = 0;
    let mut hold = |schema: &str, kind, path: &[&str]| {
        if let Some(body) = strict(kind, path) {
            let schema = &published["components"]["schemas"][schema];
            fits(schema, &read(kind, &body)).unwrap_or_else(|why| panic!("{path:?}: {why}"));
            checked += 1;
        }
    };
    for word in ["in-progress", "completed", "absent", "failed"] {
        hold("RecordingStatusCallbackPayload", Kind::Recording, &[word]);
    }
    for word in ["completed", "failed"] {
        hold(
            "TranscriptionStatusCallbackPayload",
            Kind::Transcription,
            &[word],
        );
    }
    for (kind, _, path, _) in TEN_DLC {
        hold("Webhooks_Messaging_TenDlcStatusCallbackPayload", kind, path);
    }
    // A recording's failure and the four silent ways of 10DLC have no callback.
    assert_eq!(checked, 3 + 2 + 12);
}

fn read(kind: Kind, body: &str) -> Vec<(String, String)> {
    match kind {
        Kind::Call | Kind::Message | Kind::Recording | Kind::Transcription => form::decode(body),
        Kind::Brand | Kind::Campaign | Kind::AssignmentOrder | Kind::Assignment => {
            let read: BTreeMap<String, String> =
                serde_json::from_str(body).expect("an object of texts");
            read.into_iter().collect()
        }
    }
}

/// Whether parameters fit a closed schema of flat properties: a form's numbers are text.
fn fits(schema: &serde_json::Value, parameters: &[(String, String)]) -> Result<(), String> {
    let has = |name: &str| parameters.iter().any(|(own, _)| own == name);
    let required = schema["required"].as_array().ok_or("no such schema")?;
    if let Some(missing) = required
        .iter()
        .filter_map(|it| it.as_str())
        .find(|it| !has(it))
    {
        return Err(format!("{missing} is missing"));
    }
    for (name, value) in parameters {
        let property = &schema["properties"][name];
        let known = match property["type"].as_str() {
            Some("integer") => value.parse::<i32>().is_ok(),
            Some("string") => property["enum"]
                .as_array()
                .is_none_or(|words| words.iter().any(|word| word == value)),
            Some(_) | None => false,
        };
        if !known {
            return Err(format!("{name} must not be `{value}`, or not be there"));
        }
    }
    Ok(())
}
