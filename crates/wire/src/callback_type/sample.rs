//! A request of each type, as it would be sent: rendered and signed by what renders and signs.

use std::time::Duration;

use ringback_domain::call::{CallDirection, CallFacts, CallStatus, Document, HangupSide, NewCall};
use ringback_domain::change::{Change, News};
use ringback_domain::error_code;
use ringback_domain::id::{CallbackId, Sid};
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::project::Settings;
use ringback_domain::quality::Quality;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus,
    RecordingTrim, Transcribe,
};
use ringback_domain::resource::{NewResource, Origin, Resource};
use ringback_domain::sip::SipResult;
use ringback_domain::subscription::{Method, Subscription};
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, TranscriptionFacts, TranscriptionStatus,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::CallbackType;
use crate::callback;
use crate::headers::{Late, RequestFacts, headers};
use crate::sign::SigningKey;
use crate::url::CallbackUrl;

const URL: &str = "https://app.example/status";

/// The key of `ringback dev`, which everybody knows: readers can make the signature again.
const KEY: &str = "PSK_development_only_000000000000000";

/// Monday, 23 November 2026, 15:51:40 UTC, in microseconds since 1970.
const BEGAN_US: i64 = 1_795_449_100_000_000;

const MEDIA: &str =
    "https://ringback.example/api/laml/2010-04-01/Accounts/00000000-0000-4000-8000-00000000de00";

/// A request that was made up, in the dialect `signalwire`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackSample")]
pub struct Sample {
    /// How it is sent.
    pub method: &'static str,
    /// Where it is sent to.
    pub url: &'static str,
    /// Its headers, in order.
    pub headers: Vec<Header>,
    /// Its body.
    pub body: String,
}

/// A header of a sample.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackHeader")]
pub struct Header {
    /// Its name, in the case in which it is sent.
    pub name: &'static str,
    /// Its value.
    pub value: String,
}

impl Sample {
    /// A request of this type: a POST, signed with the key of `ringback dev`.
    pub fn of(callback_type: &CallbackType) -> Self {
        let (resource, change) = (callback_type.example)();
        let subscription = Subscription {
            url: URL.to_owned(),
            method: Method::Post,
            interest: callback_type.interest,
            next_sequence: 4,
        };
        let settings = Settings::default();
        let mut owed = callback::owed(&resource, &change, &subscription, &settings);
        let rendered = owed.pop().expect("the example's change is told of");
        let facts = RequestFacts {
            id: CallbackId::new("01a2091b-1713-7000-a3b2-a5f50ccece1a".parse().expect(UUID)),
            method: Method::Post,
            encoding: rendered.encoding,
            body: &rendered.body,
            timestamp: change.at,
            depth: 0,
            late: Late::No,
            key: &SigningKey::new(KEY),
            other_keys: &[],
            settings: &settings,
        };
        let url = CallbackUrl::parse(URL).expect("it is a URL");
        let mut sent = vec![Header {
            name: "Host",
            value: url.authority().to_owned(),
        }];
        headers(&facts, &url, |name, value| {
            let value = value.to_owned();
            sent.push(Header { name, value });
        });
        sent.push(Header {
            name: "Content-Length",
            value: rendered.body.len().to_string(),
        });
        Self {
            method: Method::Post.as_str(),
            url: URL,
            headers: sent,
            body: rendered.body,
        }
    }
}

/// A call that an application made, answered and over.
pub(super) fn voice() -> (Resource, Change) {
    call(CallDirection::OutboundApi, "+15550100001", "+15550100002")
}

/// A call that came in, answered and over.
pub(super) fn inbound_call() -> (Resource, Change) {
    call(CallDirection::Inbound, "+15550100002", "+15550100001")
}

fn call(direction: CallDirection, from: &str, to: &str) -> (Resource, Change) {
    let new = NewResource::Call(NewCall {
        direction,
        from: from.to_owned(),
        to: to.to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: Duration::from_secs(60),
        requested: Vec::new(),
    });
    let answered = CallFacts {
        sip: Some(SipResult::OK),
        ..CallFacts::default()
    };
    let over = CallFacts {
        quality: Some(Quality {
            mos_hundredths: 406,
            average_time_ms: 20,
            in_dtmf_packets: 31,
            in_flush_packets: 17,
            jitter_max_ms: 44,
            jitter_min_ms: 3,
            largest_buffer_packets: 20,
            in_media_packets: 1_244,
            in_skip_packets: 19,
            out_dtmf_packets: 22,
            out_media_packets: 1_243,
        }),
        hangup: Some(HangupSide::Caller),
        ..CallFacts::default()
    };
    after(
        id("01a2091a-fed6-7000-b67a-2558d0f996c9"),
        new,
        [
            (1, News::Call(CallStatus::InProgress, answered)),
            (26, News::Call(CallStatus::Completed, over)),
        ],
    )
}

/// A message that a carrier does not deliver.
pub(super) fn message() -> (Resource, Change) {
    undelivered(MessageApi::Compatible)
}

/// That message, made by the newer message API.
pub(super) fn message_json() -> (Resource, Change) {
    let variables = [("table".to_owned(), "7".to_owned())].into();
    undelivered(MessageApi::Json { variables })
}

fn undelivered(api: MessageApi) -> (Resource, Change) {
    let new = NewResource::Message(NewMessage {
        direction: MessageDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: "+15550103003".to_owned(),
        body: "Your table is ready.".to_owned(),
        media: vec!["https://app.example/menu.png".to_owned()],
        messaging_service: None,
        validity: Duration::from_secs(14_400),
        max_price: None,
        transport: MessageTransport::Sms,
        api,
    });
    let error = Some(error_code!("30003"));
    let undelivered = News::Message(MessageStatus::Undelivered, MessageFacts { error });
    after(
        id("01a2091a-fec9-7000-b34a-eaf51f84cb46"),
        new,
        [(2, undelivered)],
    )
}

/// A number that was assigned.
pub(super) fn ten_dlc() -> (Resource, Change) {
    let new = NewResource::Assignment(NewAssignment {
        brand: id("01a2091d-0001-7000-8a52-7f0d6b9b2c01"),
        campaign: id("01a2091d-0002-7000-8a0f-0c6e2a7f9e02"),
        order: id("01a2091d-0003-7000-b6a7-1e2d3c4b5a03"),
        number: id("01a2091d-0005-7000-98c9-304f5e6d7c05"),
        phone_number: "+15550100123".to_owned(),
    });
    let activated = News::Assignment(AssignmentStatus::Completed);
    after(
        id("01a2091d-0004-7000-87b8-2f3e4d5c6b04"),
        new,
        [(26, activated)],
    )
}

/// A voicemail whose file is there.
pub(super) fn recording() -> (Resource, Change) {
    let new = NewResource::Recording(NewRecording {
        call: id("01a2091a-fed6-7000-b67a-2558d0f996c9"),
        conference: None,
        source: RecordingSource::RecordVerb,
        channels: RecordingChannels::Mono,
        track: None,
        trim: RecordingTrim::DoNotTrim,
        transcribe: Transcribe::No,
    });
    let sid = "01a2091b-0a11-7000-8c55-6f1f7c6f2a10";
    let facts = RecordingFacts {
        url: Some(format!("{MEDIA}/Recordings/{sid}")),
        duration: Some(Duration::from_secs(17)),
        error: None,
    };
    let completed = News::Recording(RecordingStatus::Completed, facts);
    after(id(sid), new, [(27, completed)])
}

/// That voicemail's text.
pub(super) fn transcription() -> (Resource, Change) {
    let recording = "01a2091b-0a11-7000-8c55-6f1f7c6f2a10";
    let new = NewResource::Transcription(NewTranscription {
        recording: id(recording),
        call: TranscribedCall {
            sid: id("01a2091a-fed6-7000-b67a-2558d0f996c9"),
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            status: Some(CallStatus::Completed),
            direction: Some(CallDirection::Inbound),
        },
    });
    let sid = "01a2091c-2b40-7000-a1c9-55d3f0a1be77";
    let facts = TranscriptionFacts {
        text: Some("Call me back, please.".to_owned()),
        url: Some(format!("{MEDIA}/Transcriptions/{sid}")),
        recording_url: Some(format!("{MEDIA}/Recordings/{recording}")),
        recording_duration: Some(Duration::from_secs(17)),
    };
    let completed = News::Transcription(TranscriptionStatus::Completed, facts);
    after(id(sid), new, [(29, completed)])
}

/// A new resource to which all of this happened, each so many seconds after it began, and the
/// last change.
fn after<const N: usize>(sid: Sid, new: NewResource, news: [(i64, News); N]) -> (Resource, Change) {
    let began = Timestamp::from_micros(BEGAN_US);
    let origin = Origin {
        sid,
        ordinal: 1,
        project: "00000000-0000-4000-8000-00000000de00".parse().expect(UUID),
        depth: 0,
        at: began,
    };
    let (mut resource, mut change) = Resource::create(origin, new, Vec::new(), || sid);
    for (seconds, news) in news {
        let at = Timestamp::from_micros(BEGAN_US + seconds * 1_000_000);
        change = resource.report(news, at).expect("it follows what was");
    }
    (resource, change)
}

const UUID: &str = "it is a UUID";

fn id(text: &str) -> Sid {
    text.parse().expect(UUID)
}
