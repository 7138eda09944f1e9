//! Resources, callbacks and what belongs to them, made from small numbers.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::application::{Application, ApplicationChange};
use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::brand::NewBrand;
use ringback_domain::call::{
    AnsweredBy, CallDirection, CallFacts, CallStatus, Document, HangupSide, NewCall,
};
use ringback_domain::callback::{Callback, CallbackState, Encoding};
use ringback_domain::campaign::NewCampaign;
use ringback_domain::change::{Change, News, Status, Warning};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::event::{EventContent, EventKey, KnownEvent};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::meter::{Meter, Reading};
use ringback_domain::number::{NumberChange, PhoneNumber, ReceiveMode};
use ringback_domain::number_assignment::NewAssignment;
use ringback_domain::number_assignment_order::NewAssignmentOrder;
use ringback_domain::opt_out::OptOut;
use ringback_domain::project::{Price, Project, Secret, Settings, SigningKeys, Token, TokenDigest};
use ringback_domain::quality::Quality;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus,
    RecordingTrack, RecordingTrim, Transcribe,
};
use ringback_domain::resource::{Kind, NewResource, Origin, Resource};
use ringback_domain::scenario::SetScenario;
use ringback_domain::sip::SipResult;
use ringback_domain::subscription::{
    CallEvent, CallEvents, Interest, Method, RecordingEvents, Subscription,
};
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, TranscriptionFacts, TranscriptionStatus,
};
use ringback_domain::verdict::Verdict;
use ringback_domain::webhook::WebhookChange;
use ringback_store::{Batch, Entry, EntryChange, KeptOutcome, Outcome, ReplayOrder, Step};
use tempfile::TempDir;
use uuid::Uuid;

pub const HERE: &str = "http://localhost:3000";
pub const THERE: &str = "https://example.test:443";

/// A folder that a store accepts: its owner's alone. It goes when it is dropped.
pub fn folder() -> TempDir {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(0o700))
        .tempdir()
        .unwrap()
}

pub fn sid(n: u64) -> Sid {
    Sid::new(uuid(1, n))
}

pub fn callback_id(n: u64) -> CallbackId {
    CallbackId::new(uuid(2, n))
}

pub fn project(n: u64) -> ProjectId {
    ProjectId::new(uuid(3, n))
}

fn uuid(space: u128, n: u64) -> Uuid {
    Uuid::from_u128((0x0191_d9c8_2f6b_7c9a << 64) | (u128::from(n) << 8) | space)
}

/// `seconds` after a moment of 2024.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_725_000_000_123_456 + seconds * 1_000_000)
}

pub fn subscription(events: &[CallEvent]) -> Subscription {
    Subscription {
        url: "http://user:secret@localhost:3000/status?a=1#profile=durable".to_owned(),
        method: Method::Get,
        interest: Interest::Call(events.iter().copied().collect()),
        next_sequence: 7,
    }
}

pub fn origin(n: u64) -> Origin {
    Origin {
        sid: sid(n),
        ordinal: n,
        project: project(1),
        depth: 2,
        at: at(i64::try_from(n).unwrap()),
    }
}

/// A message with media and all that is optional, and its first change.
pub fn message(n: u64) -> (Resource, Change) {
    let new = NewMessage {
        direction: MessageDirection::OutboundApi,
        from: "+15550001111".to_owned(),
        to: format!("+1555{n:07}"),
        body: "шлях".to_owned(),
        media: vec!["https://example.test/a.png?x".to_owned()],
        messaging_service: Some("0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01".to_owned()),
        validity: Duration::from_micros(14_400_000_001),
        max_price: Some(Price::from_micro_usd(5_000)),
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    };
    let every = Subscription {
        url: HERE.to_owned(),
        method: Method::Post,
        interest: Interest::Every,
        next_sequence: 0,
    };
    Resource::create(origin(n), NewResource::Message(new), vec![every], || {
        Sid::new(uuid(4, n))
    })
}

/// A call made by call `parent`, and its first change.
pub fn call(n: u64, parent: Option<u64>) -> (Resource, Change) {
    let new = NewCall {
        direction: CallDirection::OutboundDial,
        from: "+15550001111".to_owned(),
        to: "sip:bob@example.test".to_owned(),
        parent: parent.map(sid),
        document: Document::Url {
            url: "https://example.test/answer".to_owned(),
            method: Method::Get,
        },
        ring_timeout: Duration::from_secs(60),
        requested: vec![("SendDigits".to_owned(), "ww12#".to_owned())],
    };
    let subscriptions = vec![
        subscription(&[CallEvent::Answered, CallEvent::Completed]),
        Subscription {
            interest: Interest::Call(CallEvents::NONE),
            ..subscription(&[])
        },
    ];
    Resource::create(origin(n), NewResource::Call(new), subscriptions, || sid(n))
}

/// The words that a transcription told of.
pub const WORDS: &str = "call me \"back\"";

/// Words that some status of some kind has.
pub const WORDS_OF_STATUSES: [&str; 26] = [
    "queued",
    "initiated",
    "ringing",
    "in-progress",
    "completed",
    "busy",
    "failed",
    "no-answer",
    "canceled",
    "sending",
    "sent",
    "delivered",
    "undelivered",
    "receiving",
    "received",
    "paused",
    "stopped",
    "absent",
    "pending",
    "unverified",
    "active",
    "inactive",
    "processing",
    "processed",
    "removed",
    "none",
];

/// A resource of any kind with all that is optional, and its first change.
pub fn resource(kind: Kind, n: u64) -> (Resource, Change) {
    let (brand, campaign) = (sid(901), sid(902));
    let new = match kind {
        Kind::Call => return call(n, None),
        Kind::Message => return message(n),
        Kind::Recording => NewResource::Recording(NewRecording {
            call: sid(900),
            conference: Some(sid(905)),
            source: RecordingSource::StartConferenceRecording,
            channels: RecordingChannels::Dual,
            track: Some(RecordingTrack::Both),
            trim: RecordingTrim::DoNotTrim,
            transcribe: Transcribe::No,
        }),
        Kind::Transcription => NewResource::Transcription(NewTranscription {
            recording: sid(906),
            call: TranscribedCall {
                sid: sid(900),
                from: "+15550001111".to_owned(),
                to: "+15550002222".to_owned(),
                status: Some(CallStatus::InProgress),
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
            order: sid(903),
            number: sid(904),
            phone_number: "+15550003333".to_owned(),
        }),
    };
    let events = [RecordingEvents::CONFERENCE_DEFAULT, RecordingEvents::NONE];
    let subscriptions = events.map(|events| Subscription {
        interest: Interest::Recording(events),
        ..subscription(&[])
    });
    Resource::create(origin(n), new, subscriptions.to_vec(), || sid(n))
}

/// All that can be told with `status`.
pub fn news(status: Status) -> News {
    match status {
        Status::Recording(status) => News::Recording(
            status,
            RecordingFacts {
                url: Some("https://media.example.test/r".to_owned()),
                duration: Some(Duration::from_micros(17_000_001)),
                error: (status == RecordingStatus::Failed).then(|| error_code!("13621")),
            },
        ),
        Status::Transcription(TranscriptionStatus::Completed) => News::Transcription(
            TranscriptionStatus::Completed,
            TranscriptionFacts {
                text: Some(WORDS.to_owned()),
                url: Some("https://example.test/t".to_owned()),
                recording_url: Some("https://media.example.test/r".to_owned()),
                recording_duration: Some(Duration::from_micros(17_000_001)),
            },
        ),
        other => other.into(),
    }
}

/// All that can be told of a call.
pub fn ended() -> News {
    let facts = CallFacts {
        sip: SipResult::new(486),
        quality: Some(Quality {
            mos_hundredths: 433,
            average_time_ms: 20,
            in_dtmf_packets: 1,
            in_flush_packets: 2,
            jitter_max_ms: 3,
            jitter_min_ms: 4,
            largest_buffer_packets: 5,
            in_media_packets: 600,
            in_skip_packets: 7,
            out_dtmf_packets: 8,
            out_media_packets: 900,
        }),
        hangup: Some(HangupSide::Callee),
        answered_by: Some(AnsweredBy::Machine),
        error: Some(ErrorCode::reported("13227".to_owned())),
        // Stores of earlier releases, which the tests read, know no more.
        ..CallFacts::default()
    };
    News::Call(CallStatus::Busy, facts)
}

pub fn told(status: MessageStatus) -> News {
    let error = (status == MessageStatus::Failed).then(|| error_code!("30003"));
    News::Message(status, MessageFacts { error })
}

/// The `n`th callback, of resource `of`.
pub fn callback(n: u64, of: u64, destination: &str) -> Callback {
    Callback {
        id: callback_id(n),
        position: n,
        project: project(1),
        resource: sid(of),
        seq: 1,
        status: "delivered".into(),
        url: format!("{destination}/status").into(),
        destination: destination.into(),
        method: Method::Post,
        encoding: Encoding::Form,
        body: "MessageSid=1&Body=%D1%88".into(),
        depth: 3,
        recorded_at: at(10),
        state: CallbackState::Pending,
        due: at(10),
        attempts: 0,
        first_failed_at: None,
        settled_at: None,
        replay: None,
    }
}

/// An attempt that was answered.
pub fn answered(callback: u64, number: u32) -> Attempt {
    Attempt {
        callback: callback_id(callback),
        number,
        started_at: at(20),
        timings: Timings {
            dns: None,
            connect: Some(Duration::from_micros(150)),
            tls: Some(Duration::from_micros(2_500)),
            first_byte: Some(Duration::from_micros(3_001)),
            total: Duration::from_micros(3_100),
        },
        url: format!("{HERE}/status"),
        headers: "content-type: application/x-www-form-urlencoded\nhost: localhost".to_owned(),
        answer: Some(Answer {
            status: 200,
            headers: "server: werkzeug".to_owned(),
            excerpt: vec![b'o', b'k', 0xff],
        }),
        note: Some(error_code!("11750")),
        result: AttemptResult::Accepted,
    }
}

/// An attempt that got nowhere.
pub fn unanswered(callback: u64, number: u32) -> Attempt {
    Attempt {
        url: "http://localhost:3000/elsewhere".to_owned(),
        timings: Timings::default(),
        answer: None,
        note: None,
        result: AttemptResult::Failed {
            code: error_code!("11200"),
            detail: "Nobody listens there. Start the application.".to_owned(),
        },
        ..answered(callback, number)
    }
}

/// The `n`th callback was delivered.
pub fn delivered(n: u64) -> Outcome {
    Outcome {
        callback: callback_id(n),
        position: n,
        state: CallbackState::Delivered,
        due: at(10),
        attempts: 1,
        first_failed_at: None,
        settled_at: Some(at(21)),
        attempt: Some(answered(n, 1)),
    }
}

/// The `n`th callback was set aside until `due`.
pub fn set_aside(n: u64, due: Timestamp) -> Outcome {
    Outcome {
        callback: callback_id(n),
        position: n,
        state: CallbackState::Aside,
        due,
        attempts: 1,
        first_failed_at: Some(at(22)),
        settled_at: None,
        attempt: Some(unanswered(n, 1)),
    }
}

/// An outcome that is to be kept.
pub fn kept(outcome: Outcome) -> KeptOutcome {
    KeptOutcome {
        outcome,
        remark: Some("odd".to_owned()),
        rebased_micros: -7,
    }
}

pub fn step(n: u64, due: Timestamp) -> Step {
    Step {
        resource: sid(n),
        due,
        number: 1,
        draw: u64::MAX - n,
    }
}

/// A batch of new resources with their changes.
pub fn created(new: impl IntoIterator<Item = (Resource, Change)>) -> Batch {
    let (resources, changes) = new.into_iter().unzip();
    Batch {
        resources,
        changes,
        ..Batch::default()
    }
}

/// A batch of message 1 with `callbacks`.
pub fn message_owing(callbacks: Vec<Callback>) -> Batch {
    Batch {
        callbacks,
        ..created([message(1)])
    }
}

/// Two resources with something in every table, each row as the engine would write it.
pub fn sound() -> Batch {
    let (mut busy, first) = call(2, None);
    let last = busy.report(ended(), at(9)).unwrap();
    let rejected = *busy.report(ended(), at(10)).unwrap_err();
    let owed = |n, of| Callback {
        seq: 0,
        ..callback(n, of, HERE)
    };
    let mut batch = message_owing(vec![owed(1, 1), owed(2, 2), owed(3, 2), owed(4, 1)]);
    batch.resources.push(busy);
    batch.changes.extend([first, last]);
    batch.rejected.push(rejected);
    batch.warnings.push(Warning {
        resource: sid(1),
        text: "odd".to_owned(),
        at: at(3),
    });
    batch.events.push(KnownEvent {
        key: EventKey([7; 16]),
        content: EventContent([8; 16]),
        resource: sid(2),
        verdict: Verdict::Conflict,
        seq: None,
    });
    batch.steps.push((sid(1), Some(step(1, at(5)))));
    batch.outcomes = vec![delivered(1), set_aside(2, at(80)), delivered(4)];
    batch.replays.push(ReplayOrder {
        callback: callback_id(4),
        at: at(30),
        due: at(90),
    });
    batch.projects.push(Project {
        id: project(1),
        name: "one".to_owned(),
        parent: None,
        created_at: at(0),
        tokens: vec![Token {
            digest: TokenDigest::from_bytes([1; 32]),
            name: "first".to_owned(),
            created_at: at(0),
        }],
        keys: SigningKeys::one(Secret::new("PSK_1"), at(0)),
        settings: Settings::default(),
    });
    let opted_out = opt_out(1, "+15550001111", 3);
    batch.entries = [
        number(90),
        application(91),
        opted_out,
        meter("queue", 4),
        scenario(92, "busy", Some(3)),
    ]
    .map(EntryChange::Put)
    .into();
    batch
}

/// A phone number with everything, whose SID and digits are `n`.
pub fn number(n: u64) -> Entry {
    let mut number =
        PhoneNumber::taken(sid(n), project(1), format!("+1555010{n:04}").into(), at(1));
    let url = |path: &str| WebhookChange {
        url: Some(Some(format!("https://user:verysecret@a.example/{path}"))),
        method: Some(Method::Get),
    };
    let change = NumberChange {
        project: None,
        friendly_name: Some("front desk".to_owned()),
        voice: url("voice"),
        voice_fallback: url("voice-fallback"),
        voice_application: Some(Some(sid(90))),
        receive_mode: Some(ReceiveMode::Fax),
        sms: url("sms"),
        sms_fallback: url("sms-fallback"),
        sms_application: Some(Some(sid(91))),
        status_callback: url("status"),
    };
    number.apply(change, at(2));
    Entry::Number(Arc::new(number))
}

/// An application with everything, whose SID is `n`.
pub fn application(n: u64) -> Entry {
    let mut application = Application::blank(sid(n), project(1), at(1));
    let url = |path: &str| WebhookChange {
        url: Some(Some(format!("https://user:verysecret@a.example/{path}"))),
        method: None,
    };
    let change = ApplicationChange {
        friendly_name: Some("my app".to_owned()),
        voice: url("voice"),
        voice_fallback: url("voice-fallback"),
        status_callback: url("status"),
        sms: url("sms"),
        sms_fallback: url("sms-fallback"),
        sms_status_callback: url("sms-status"),
    };
    application.apply(change, at(2));
    Entry::Application(Arc::new(application))
}

/// Something that project 1 counts, so much of it.
pub fn meter(name: &str, count: u64) -> Entry {
    Entry::Meter(Arc::new(Meter {
        project: project(1),
        name: name.into(),
        reading: Reading { at: at(5), count },
    }))
}

/// A scenario with everything, whose SID is `n`, for so many more resources.
pub fn scenario(n: u64, name: &str, left: Option<u32>) -> Entry {
    Entry::Scenario(Arc::new(SetScenario {
        sid: sid(n),
        project: project(1),
        name: name.into(),
        subject: "call".into(),
        text: r#"{"call":{"sip":486}}"#.into(),
        left,
        set_at: at(6),
    }))
}

/// Somebody wants no messages from a number of project `n`, since then.
pub fn opt_out(n: u64, party: &str, since: i64) -> Entry {
    Entry::OptOut(Arc::new(OptOut {
        project: project(n),
        number: "+15550100001".into(),
        party: party.into(),
        since: at(since),
    }))
}
