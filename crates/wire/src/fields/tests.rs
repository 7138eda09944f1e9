//! What is read, what is missing, and what is refused.

use std::collections::BTreeMap;

use ringback_domain::brand::{BrandStatus, NewBrand};
use ringback_domain::callback::Encoding;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::Settings;
use ringback_domain::recording::{RecordingChannels, RecordingSource};
use ringback_domain::resource::{Origin, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::time::Timestamp;

use super::*;
use crate::{callback, form};

const CALL: &str = "3c1f0a22-0000-4000-8000-000000000005";
const BRAND: &str = "3c1f0a22-0000-4000-8000-000000000001";
const CAMPAIGN: &str = "3c1f0a22-0000-4000-8000-000000000002";
const ORDER: &str = "3c1f0a22-0000-4000-8000-000000000003";
const NUMBER: &str = "3c1f0a22-0000-4000-8000-000000000004";
const NOTHING: [(&str, &str); 0] = [];

/// Reads a report of any of these kinds.
fn read(kind: Kind, word: &str, fields: &[(&str, &str)]) -> Result<Reading, FieldError> {
    let fields = fields.iter().copied();
    match kind {
        Kind::Call | Kind::Message => panic!("is read elsewhere"),
        Kind::Recording => recording(word, fields),
        Kind::Transcription => transcription(word, ("+15550100001", "+15550100002"), fields),
        Kind::Brand => brand(word, fields),
        Kind::Campaign => campaign(word, fields),
        Kind::AssignmentOrder => number_assignment_order(word, fields),
        Kind::Assignment => number_assignment(word, "+15550100123", fields),
    }
}

/// Parameters by name.
type Fields = &'static [(&'static str, &'static str)];

/// What each kind needs to begin, and the status by which its callback says all of it.
const WHOLE: [(Kind, &str, Fields); 6] = [
    (
        Kind::Recording,
        "failed",
        &[
            ("CallSid", CALL),
            ("ConferenceSid", ORDER),
            ("RecordingUrl", "https://m.example/r"),
            ("RecordingDuration", "0"),
            ("RecordingChannels", "2"),
            ("RecordingSource", "Conference"),
            ("RecordingTrack", "both"),
            ("ErrorCode", "13621"),
        ],
    ),
    (
        Kind::Transcription,
        "completed",
        &[
            ("RecordingSid", ORDER),
            ("CallSid", CALL),
            ("TranscriptionText", "call me & back"),
            ("TranscriptionUrl", "https://m.example/t"),
            ("RecordingUrl", "https://m.example/r"),
            ("RecordingDuration", "17"),
            ("From", "+15550100003"),
            ("To", "+15550100004"),
            ("CallStatus", "completed"),
            ("Direction", "inbound"),
        ],
    ),
    (Kind::Brand, "completed", &[]),
    (Kind::Campaign, "active", &[("brand_id", BRAND)]),
    (
        Kind::AssignmentOrder,
        "processed",
        &[("brand_id", BRAND), ("campaign_id", CAMPAIGN)],
    ),
    (
        Kind::Assignment,
        "failed",
        &[
            ("brand_id", BRAND),
            ("campaign_id", CAMPAIGN),
            ("number_assignment_order_id", ORDER),
            ("phone_number_id", NUMBER),
            ("phone_number", "+15550100123"),
        ],
    ),
];

/// The parameters of the callback of a resource that begins and then comes to what is read.
fn told(reading: Reading) -> Vec<(String, String)> {
    let origin = Origin {
        sid: Sid::from_bytes([9; 16]),
        ordinal: 1,
        project: ProjectId::from_bytes([8; 16]),
        depth: 0,
        at: Timestamp::default(),
    };
    let new = reading.new.expect("nothing is missing");
    let (mut resource, _) = Resource::create(origin, new, Vec::new(), || origin.sid);
    let change = resource
        .report(reading.news, Timestamp::default())
        .expect("it may come to that");
    let subscription = Subscription {
        url: "http://a/".to_owned(),
        method: Method::Post,
        interest: Interest::Every,
        next_sequence: 0,
    };
    let rendered =
        callback::owed(&resource, &change, &subscription, &Settings::default()).remove(0);
    match rendered.encoding {
        Encoding::Form => form::decode(&rendered.body),
        Encoding::Json => {
            let object: BTreeMap<String, String> =
                serde_json::from_str(&rendered.body).expect("an object of texts");
            object.into_iter().collect()
        }
    }
}

#[test]
fn what_is_reported_by_name_is_told_by_the_same_name() {
    for (kind, word, fields) in WHOLE {
        let told = told(read(kind, word, fields).expect("all of it can be read"));
        for (name, value) in fields {
            let found = told.iter().find(|(own, _)| own == name);
            assert_eq!(
                found.map(|(_, value)| value.as_str()),
                Some(*value),
                "{name}"
            );
        }
    }
}

/// A platform that has a callback may report it as it is.
#[test]
fn a_whole_callback_can_be_reported() {
    for (kind, word, fields) in WHOLE {
        let first = read(kind, word, fields).unwrap();
        let whole = told(first.clone());
        let pairs: Vec<(&str, &str)> = whole.iter().map(|(n, v)| (&**n, &**v)).collect();
        assert_eq!(read(kind, word, &pairs).unwrap(), first, "{kind:?}");
    }
}

#[test]
fn a_later_report_need_not_say_again_what_it_is_of_and_a_new_one_must() {
    for (kind, word, message) in [
        (
            Kind::Recording,
            "completed",
            "a new recording needs CallSid in its fields",
        ),
        (
            Kind::Transcription,
            "failed",
            "a new transcription needs RecordingSid, CallSid in its fields",
        ),
        (
            Kind::Campaign,
            "active",
            "a new campaign needs brand_id in its fields",
        ),
        (
            Kind::AssignmentOrder,
            "processed",
            "a new number_assignment_order needs brand_id, campaign_id in its fields",
        ),
        (
            Kind::Assignment,
            "removed",
            "a new number_assignment needs brand_id, campaign_id, number_assignment_order_id, \
             phone_number_id in its fields",
        ),
    ] {
        let reading = read(kind, word, &NOTHING).expect("it can be read");
        assert_eq!(reading.news.status().as_str(), word);
        assert_eq!(reading.new.unwrap_err().to_string(), message);
    }
    let brand = read(Kind::Brand, "unverified", &NOTHING).unwrap();
    assert_eq!(brand.news, News::Brand(BrandStatus::Unverified));
    assert_eq!(brand.new, Ok(NewResource::Brand(NewBrand::default())));
    let some = read(Kind::Assignment, "failed", &[("brand_id", BRAND)]).unwrap();
    let why = some.new.unwrap_err().to_string();
    assert!(
        why.starts_with("a new number_assignment needs campaign_id, number_"),
        "{why}"
    );
}

#[test]
fn what_is_not_said_of_a_recording_is_what_is_usual() {
    let reading = recording("resumed", [("CallSid", CALL)]).unwrap();
    let Ok(NewResource::Recording(new)) = reading.new else {
        panic!("nothing is missing");
    };
    assert_eq!(new.source, RecordingSource::OutboundApi);
    assert_eq!(new.channels, RecordingChannels::Mono);
    assert_eq!((new.track, new.conference), (None, None));
}

#[test]
fn the_reports_own_parties_count_where_no_parameter_says_more() {
    let fields = [("RecordingSid", ORDER), ("CallSid", CALL)];
    let told = told(read(Kind::Transcription, "completed", &fields).unwrap());
    let from = told.iter().find(|(name, _)| name == "From");
    assert_eq!(from.map(|(_, value)| value.as_str()), Some("+15550100001"));
    let (_, _, whole) = WHOLE[5];
    let reading = read(Kind::Assignment, "failed", &whole[..4]).unwrap();
    let new = reading.new.expect("the number is the report's `to`");
    let NewResource::Assignment(new) = new else {
        panic!("an assignment");
    };
    assert_eq!(new.phone_number, "+15550100123");
}

#[test]
fn what_cannot_be_used_is_refused_and_named() {
    for (kind, word, name, value, message) in [
        (
            Kind::Recording,
            "done",
            "CallSid",
            CALL,
            "a recording has no such status: there are \
            queued, in-progress, paused, stopped, completed, absent, failed",
        ),
        (
            Kind::Recording,
            "absent",
            "CallSid",
            "CA1",
            "CallSid has to be a SID",
        ),
        (
            Kind::Recording,
            "absent",
            "RecordingChannels",
            "3",
            "RecordingChannels has to be 1 or 2",
        ),
        (
            Kind::Recording,
            "absent",
            "RecordingDuration",
            "86401",
            "RecordingDuration has to be whole seconds, at most 86400",
        ),
        (
            Kind::Recording,
            "absent",
            "ErrorCode",
            "",
            "ErrorCode has to be a code of 1 to 40 bytes",
        ),
        (
            Kind::Recording,
            "absent",
            "Body\n",
            "",
            "the callback of a recording has no parameter \"Body\\n\"",
        ),
        (
            Kind::Transcription,
            "failed",
            "CallStatus",
            "up",
            "CallStatus has to be a status of a call",
        ),
        (
            Kind::Brand,
            "completed",
            "campaign_id",
            CAMPAIGN,
            "the callback of a brand has no parameter \"campaign_id\"",
        ),
        (
            Kind::Campaign,
            "active",
            "brand_id",
            "B1",
            "brand_id has to be a SID",
        ),
    ] {
        let error = read(kind, word, &[(name, value)]).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let long = "x".repeat(100);
    let error = brand("pending", [(long.as_str(), "")])
        .unwrap_err()
        .to_string();
    assert!(error.len() < 100, "{error}");
}
