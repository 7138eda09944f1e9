//! Holds the types against what is rendered, both ways: over every status, every fact that a
//! resource can have or lack, and every dialect.

use std::collections::{BTreeMap, BTreeSet};

use ringback_domain::brand::BrandStatus;
use ringback_domain::call::CallStatus;
use ringback_domain::callback::Encoding;
use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::Status;
use ringback_domain::message::{MessageApi, MessageStatus};
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::number_assignment_order::AssignmentOrderStatus;
use ringback_domain::project::{InboundDetail, Settings, TenDlcBody};
use ringback_domain::recording::RecordingStatus;
use ringback_domain::resource::{Body, Kind};
use ringback_domain::subscription::{
    CallEvent, CallEvents, Interest, Method, RecordingEvent, RecordingEvents, Subscription,
};
use ringback_domain::transcription::TranscriptionStatus;

use super::*;
use crate::callback::{self, Rendered};
use crate::form;
use crate::headers::JSON;
use crate::sign::{self, SigningKey};

mod lives;
mod read_back;

const DIALECTS: [Dialect; 3] = [
    Dialect::SignalWire,
    Dialect::SignalWireStrict,
    Dialect::Twilio,
];

/// The kinds of resources whose changes are told by a type, and their lives: each time a
/// resource with a change, whatever was known by then.
fn lives(callback_type: &CallbackType) -> Vec<(Resource, Change)> {
    match callback_type.name {
        "inbound-call" => lives::inbound_calls(),
        "voice" => lives::calls(),
        "message" => lives::messages(),
        "message-json" => lives::json_messages(),
        "recording" => lives::recordings(),
        "transcription" => lives::transcriptions(),
        "ten-dlc" => lives::ten_dlc(),
        other => panic!("no lives of {other}"),
    }
}

fn settings(dialect: Dialect, ten_dlc_body: TenDlcBody) -> Settings {
    Settings {
        dialect,
        ten_dlc_body,
        ..Settings::default()
    }
}

fn told(
    resource: &Resource,
    change: &Change,
    interest: Interest,
    settings: &Settings,
) -> Vec<Rendered> {
    let subscription = Subscription {
        url: "http://127.0.0.1/in".to_owned(),
        method: Method::Post,
        interest,
        next_sequence: 0,
    };
    callback::owed(resource, change, &subscription, settings)
}

/// What was met of a type in one dialect.
#[derive(Default)]
struct Met {
    there: BTreeSet<&'static str>,
    missing: BTreeSet<&'static str>,
    words: BTreeSet<(&'static str, String)>,
    statuses: BTreeSet<&'static str>,
}

#[test]
fn what_is_sent_is_what_is_said_and_all_that_is_said_is_sent() {
    let mut turn = 0;
    for callback_type in CALLBACK_TYPES {
        let lives = lives(callback_type);
        for dialect in DIALECTS {
            let mut met = Met::default();
            // The setting is for 10DLC alone, and its form has the parameters of its JSON.
            let bodies = if callback_type.name == "ten-dlc" {
                2
            } else {
                1
            };
            for body in [TenDlcBody::Json, TenDlcBody::Form]
                .into_iter()
                .take(bodies)
            {
                let settings = settings(dialect, body);
                for (resource, change) in &lives {
                    for rendered in told(resource, change, callback_type.interest, &settings) {
                        met.hold(callback_type, dialect, resource, &rendered);
                        read_back::hold(callback_type, resource, &rendered, turn);
                        turn += 1;
                    }
                }
            }
            met.is_all_of(callback_type, dialect);
        }
    }
}

impl Met {
    /// Holds one callback against its type.
    fn hold(&mut self, it: &CallbackType, dialect: Dialect, resource: &Resource, told: &Rendered) {
        let pairs = read(told);
        let mut expected = Vec::new();
        for parameter in it.parameters {
            let there = parameter.when.of(dialect);
            if there.is_some_and(|when| holds(when, resource)) {
                self.there.insert(parameter.name);
                expected.push(parameter);
            } else if there.is_some() {
                self.missing.insert(parameter.name);
            }
        }
        let expected = numbered(&expected, resource);
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        let said: Vec<&str> = expected.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, said, "{} in {dialect:?}: {}", it.name, told.body);
        for ((_, parameter), (name, value)) in expected.iter().zip(&pairs) {
            assert!(
                fits(parameter.format, dialect, value),
                "{name} of {} in {dialect:?} must not be `{value}`",
                it.name
            );
            if let Format::Word { .. } = parameter.format {
                self.words.insert((parameter.name, value.clone()));
            }
        }
        self.statuses.insert(told.status);
    }

    /// Holds all that was met against what there is to be met.
    fn is_all_of(&self, it: &CallbackType, dialect: Dialect) {
        for parameter in it.parameters {
            let Some(when) = parameter.when.of(dialect) else {
                continue;
            };
            let (name, of) = (parameter.name, it.name);
            assert!(self.there.contains(name), "{name} of {of} is never sent");
            assert_eq!(
                self.missing.contains(name),
                when != When::Always,
                "{name} of {of} in {dialect:?}: is it always there?"
            );
            if let Format::Word { words } = parameter.format {
                for word in words.of(dialect) {
                    let met = self.words.contains(&(name, (*word).to_owned()));
                    assert!(met, "{name} of {of} in {dialect:?} is never `{word}`");
                }
            }
        }
        let events = it.events.iter();
        let said: BTreeSet<&str> = events
            .flat_map(|it| it.statuses.of(dialect))
            .copied()
            .collect();
        assert_eq!(self.statuses, said, "{} in {dialect:?}", it.name);
    }
}

/// Each parameter by the name that it has; those of media once for each piece.
fn numbered<'a>(parameters: &[&'a Parameter], resource: &Resource) -> Vec<(String, &'a Parameter)> {
    let (many, one): (Vec<&Parameter>, Vec<&Parameter>) =
        parameters.iter().partition(|it| it.name.ends_with("{N}"));
    let Some(first) = parameters.iter().position(|it| it.name.ends_with("{N}")) else {
        return one.iter().map(|it| (it.name.to_owned(), *it)).collect();
    };
    let Body::Message(message) = &resource.body else {
        panic!("messages alone have media");
    };
    let media = (0..message.media.len()).flat_map(|number| {
        let name = move |it: &Parameter| it.name.replace("{N}", &number.to_string());
        many.iter().map(move |it| (name(it), *it))
    });
    let mut all: Vec<(String, &Parameter)> =
        one.iter().map(|it| (it.name.to_owned(), *it)).collect();
    all.splice(first..first, media.collect::<Vec<_>>());
    all
}

/// Whether a parameter is there for `resource` as its change left it.
fn holds(when: When, resource: &Resource) -> bool {
    let call = || match &resource.body {
        Body::Call(call) => call,
        other => panic!("{when:?} of {other:?}"),
    };
    let message = || match &resource.body {
        Body::Message(message) => message,
        other => panic!("{when:?} of {other:?}"),
    };
    let recording = || match &resource.body {
        Body::Recording(recording) => recording,
        other => panic!("{when:?} of {other:?}"),
    };
    let transcription = || match &resource.body {
        Body::Transcription(transcription) => transcription,
        other => panic!("{when:?} of {other:?}"),
    };
    match when {
        When::Always => true,
        When::CallOver => call().status.is_final(),
        When::LegOfAnotherCall => call().parent.is_some(),
        When::Forwarded => call().forwarded_from.is_some(),
        When::CallerLookedUp => call().caller_name.is_some(),
        When::Recorded => call().recording.is_some(),
        When::RecordingMeasured => {
            let recording = call().recording.as_ref();
            recording.is_some_and(|it| it.duration.is_some())
        }
        When::SipAnswered => call().sip.is_some(),
        When::CallOverAndSipAnswered => call().status.is_final() && call().sip.is_some(),
        When::MediaMeasured => call().quality.is_some(),
        When::HungUp => call().status.is_final() && call().hangup.is_some(),
        When::AnswererKnown => call().answered_by.is_some(),
        When::MessageNotDelivered => {
            let status = message().status;
            let bad = [MessageStatus::Failed, MessageStatus::Undelivered].contains(&status);
            bad && message().error.is_some()
        }
        When::HasMedia => !message().media.is_empty(),
        When::VariablesGiven => {
            matches!(&message().api, MessageApi::Json { variables } if !variables.is_empty())
        }
        When::TrackKnown => recording().track.is_some(),
        When::OfConference => recording().conference.is_some(),
        When::RecordingFailed => {
            resource.status().as_str() == "failed" && recording().error.is_some()
        }
        When::CallStatusKnown => transcription().call.status.is_some(),
        When::CallDirectionKnown => transcription().call.direction.is_some(),
        When::LengthKnown => transcription().recording_duration.is_some(),
        When::BelowBrand => resource.kind() != Kind::Brand,
        When::OrderOrAssignment => {
            [Kind::AssignmentOrder, Kind::Assignment].contains(&resource.kind())
        }
        When::AssignmentAlone => resource.kind() == Kind::Assignment,
    }
}

/// Whether a value looks as it should. Stricter than needed: what goes wrong here goes wrong in
/// somebody's parser.
fn fits(format: Format, dialect: Dialect, value: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    match format {
        Format::Uuid => {
            let parsed = uuid(value);
            parsed.is_some_and(|it| it == value)
        }
        Format::Party => value.starts_with(['+', 's', 'c']) && value.len() > 3,
        Format::Number => value.strip_prefix('+').is_some_and(digits),
        Format::Integer { min } => value.parse::<u32>().is_ok_and(|it| it >= min) && digits(value),
        Format::Decimal => {
            let parts = value.split_once('.');
            parts.is_some_and(|(whole, fraction)| digits(whole) && digits(fraction))
        }
        Format::Code => digits(value),
        Format::Rfc2822 => jiff::fmt::rfc2822::parse(value).is_ok() && value.ends_with(" +0000"),
        Format::Iso8601 => value.parse::<jiff::Timestamp>().is_ok() && value.ends_with('Z'),
        Format::Url => url::Url::parse(value).is_ok(),
        Format::UrlOrEmpty => value.is_empty() || url::Url::parse(value).is_ok(),
        Format::MediaType => value.contains('/'),
        Format::CodeOrNull => value == "null" || digits(value),
        Format::Object => serde_json::from_str::<BTreeMap<String, String>>(value).is_ok(),
        Format::Text | Format::TextOrNull => true,
        Format::Word { words } => words.of(dialect).contains(&value),
    }
}

fn uuid(text: &str) -> Option<String> {
    let id: ringback_domain::id::Sid = text.parse().ok()?;
    Some(id.to_string())
}

/// The parameters of a callback, in the order in which they are sent.
fn read(rendered: &Rendered) -> Vec<(String, String)> {
    struct Pairs(Vec<(String, String)>);

    impl<'de> serde::Deserialize<'de> for Pairs {
        fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Visitor;

            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Pairs;

                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }

                fn visit_map<A: serde::de::MapAccess<'de>>(
                    self,
                    mut map: A,
                ) -> Result<Pairs, A::Error> {
                    let mut pairs = Vec::new();
                    while let Some((name, value)) = map.next_entry()? {
                        let value: serde_json::Value = value;
                        let text = value.as_str().map(str::to_owned);
                        pairs.push((name, text.unwrap_or_else(|| value.to_string())));
                    }
                    Ok(Pairs(pairs))
                }
            }

            from.deserialize_map(Visitor)
        }
    }

    match rendered.encoding {
        Encoding::Form => form::decode(&rendered.body),
        Encoding::Json => serde_json::from_str::<Pairs>(&rendered.body).unwrap().0,
    }
}

#[test]
fn every_example_looks_like_what_it_is_an_example_of() {
    for it in CALLBACK_TYPES {
        for parameter in it.parameters {
            let (name, example) = (parameter.name, parameter.example);
            let dialects = DIALECTS.into_iter();
            let mut having = dialects.filter(|dialect| parameter.when.of(*dialect).is_some());
            let first = having.next().expect("a dialect has it");
            assert!(
                fits(parameter.format, first, example),
                "{name} of {}",
                it.name
            );
        }
    }
}

#[test]
fn names_are_unique() {
    let types: BTreeSet<&str> = CALLBACK_TYPES.iter().map(|it| it.name).collect();
    assert_eq!(types.len(), CALLBACK_TYPES.len());
    for it in CALLBACK_TYPES {
        let names: BTreeSet<&str> = it.parameters.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), it.parameters.len(), "{}", it.name);
        assert_eq!(callback_type(it.name).map(|it| it.name), Some(it.name));
    }
}

#[test]
fn a_number_tells_the_real_end_of_a_call_where_that_is_set() {
    let lives = lives::inbound_calls();
    for (dialect, expected) in [
        (Dialect::SignalWire, 5),
        (Dialect::SignalWireStrict, 2),
        (Dialect::Twilio, 5),
    ] {
        let settings = Settings {
            inbound_detail: InboundDetail::Detailed,
            ..settings(dialect, TenDlcBody::Json)
        };
        let ends: BTreeSet<&str> = lives
            .iter()
            .flat_map(|(resource, change)| told(resource, change, Interest::Number, &settings))
            .map(|it| it.status)
            .collect();
        assert_eq!(ends.len(), expected, "{dialect:?}: {ends:?}");
    }
}

/// The statuses that one who asked for `interest` hears of.
fn heard(
    lives: &[(Resource, Change)],
    interest: Interest,
    dialect: Dialect,
) -> BTreeSet<&'static str> {
    let settings = settings(dialect, TenDlcBody::Json);
    let told = lives
        .iter()
        .flat_map(|(resource, change)| told(resource, change, interest, &settings));
    told.map(|it| it.status).collect()
}

#[test]
fn who_asks_for_one_event_of_a_call_hears_of_its_statuses_alone() {
    let lives = lives::calls();
    let events = voice::VOICE.events;
    assert_eq!(events.len(), CallEvent::ALL.len());
    for event in events {
        let own = CallEvent::parse(event.name).expect("an event of calls");
        assert_eq!(event.by_default, CallEvents::DEFAULT.contains(own));
        for dialect in DIALECTS {
            let asked = Interest::Call(CallEvents::NONE.with(own));
            let said: BTreeSet<&str> = event.statuses.of(dialect).iter().copied().collect();
            assert_eq!(
                heard(&lives, asked, dialect),
                said,
                "{} in {dialect:?}",
                event.name
            );
        }
    }
}

#[test]
fn who_asks_for_one_event_of_a_recording_hears_of_it_and_maybe_of_its_failure() {
    let lives = lives::recordings();
    let events = recording::RECORDING.events;
    assert_eq!(events.len(), RecordingEvent::ALL.len());
    for event in events {
        let own = RecordingEvent::parse(event.name).expect("an event of recordings");
        assert_eq!(event.by_default, RecordingEvents::DEFAULT.contains(own));
        for dialect in DIALECTS {
            let asked = Interest::Recording(RecordingEvents::NONE.with(own));
            let mut said: BTreeSet<&str> = event.statuses.of(dialect).iter().copied().collect();
            match dialect {
                Dialect::SignalWire if own == RecordingEvent::Absent => _ = said.insert("failed"),
                Dialect::Twilio => _ = said.insert("failed"),
                Dialect::SignalWire | Dialect::SignalWireStrict => {}
            }
            assert_eq!(
                heard(&lives, asked, dialect),
                said,
                "{} in {dialect:?}",
                event.name
            );
        }
    }
}

#[test]
fn where_nothing_can_be_chosen_all_is_told_by_default() {
    for it in [
        &inbound_call::INBOUND_CALL,
        &message::MESSAGE,
        &message_json::MESSAGE_JSON,
        &transcription::TRANSCRIPTION,
        &ten_dlc::TEN_DLC,
    ] {
        assert!(
            it.events.iter().all(|event| event.by_default),
            "{}",
            it.name
        );
    }
}

#[test]
fn methods_and_encodings_are_those_that_are_used() {
    for it in CALLBACK_TYPES {
        let (resource, change) = (it.example)();
        // The newer message API has no parameter for the method; its kind would allow both.
        let get = match it.name {
            "message-json" => Method::Post,
            _ => callback::method(resource.kind(), Method::Get),
        };
        assert_eq!(
            it.methods.contains(&"GET"),
            get == Method::Get,
            "{}",
            it.name
        );
        assert_eq!(it.methods[0], Method::default().as_str());
        let settings = settings(Dialect::SignalWire, TenDlcBody::Json);
        let told = told(&resource, &change, it.interest, &settings);
        let word = match told[0].encoding {
            Encoding::Form => "form",
            Encoding::Json => "json",
        };
        assert!(it.encoding.starts_with(word), "{}", it.name);
    }
}

#[test]
fn a_sample_is_what_its_type_says_and_is_signed() {
    for it in CALLBACK_TYPES {
        let sample = Sample::of(it);
        assert_eq!(sample.method, "POST");
        let value = |name: &str| {
            let found = sample.headers.iter().find(|header| header.name == name);
            found.map(|header| header.value.as_str())
        };
        let key = SigningKey::new("PSK_development_only_000000000000000");
        let signed = match value("Content-Type") {
            Some(JSON) => sign::json_signature(&key, sample.url, sample.body.as_bytes()),
            _ => sign::form_signature(&key, sample.url, &form::decode(&sample.body)),
        };
        assert_eq!(value("X-Signalwire-Signature"), Some(&*signed));
        let length = sample.body.len().to_string();
        assert_eq!(value("Content-Length"), Some(&*length), "{}", it.name);
    }
}

/// What a resource goes through, for the lives: every status of a kind.
fn statuses(kind: Kind) -> Vec<Status> {
    let all = match kind {
        Kind::Call => CallStatus::ALL.map(Status::Call).to_vec(),
        Kind::Message => MessageStatus::ALL.map(Status::Message).to_vec(),
        Kind::Recording => RecordingStatus::ALL.map(Status::Recording).to_vec(),
        Kind::Transcription => TranscriptionStatus::ALL.map(Status::Transcription).to_vec(),
        Kind::Brand => BrandStatus::ALL.map(Status::Brand).to_vec(),
        Kind::Campaign => CampaignStatus::ALL.map(Status::Campaign).to_vec(),
        Kind::AssignmentOrder => AssignmentOrderStatus::ALL
            .map(Status::AssignmentOrder)
            .to_vec(),
        Kind::Assignment => AssignmentStatus::ALL.map(Status::Assignment).to_vec(),
    };
    let names: BTreeSet<&str> = all.iter().map(|it| it.as_str()).collect();
    assert_eq!(names.len(), all.len());
    all
}
