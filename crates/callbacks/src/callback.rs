//! Callbacks: which type a request is of, and what all types have in common.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::call::{InboundCall, VoiceCall};
use crate::detection::Detection;
use crate::fields::Fields;
use crate::message::Message;
use crate::recording::{Recording, RecordingStatus};
use crate::request::Request;
use crate::ten_dlc::TenDlc;
use crate::transcription::Transcription;

/// A callback, by its type.
#[expect(
    clippy::large_enum_variant,
    reason = "one is read at a time, and a box would stand in everybody's match"
)]
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Callback {
    /// The end of a call that came in, told once to the number's URL.
    InboundCall(InboundCall),
    /// An event of a call.
    Voice(VoiceCall),
    /// A change of a message, SMS or MMS.
    Message(Message),
    /// A change of a 10DLC brand, campaign, order or number assignment.
    TenDlc(TenDlc),
    /// A change of a recording.
    Recording(Recording),
    /// The end of a transcription.
    Transcription(Transcription),
    /// Who answered a call, where one asked to be told apart from the call's own callbacks.
    Detection(Detection),
}

/// Why a request is no callback that can be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// Longer than [`MAX_BODY_BYTES`](crate::MAX_BODY_BYTES), or of more parameters than
    /// [`MAX_PARAMETERS`](crate::MAX_PARAMETERS). Answer 413.
    #[error("the request is too large for a callback")]
    TooLarge,
    /// Neither a GET nor a POST of a form or of JSON. Answer 415.
    #[error("a callback is a GET, or a POST of a form or of JSON")]
    ContentType,
    /// It says that it is JSON, and is not. Answer 400.
    #[error("the body is not JSON")]
    Json {
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It has the parameters of no type: perhaps a request for a document, which comes to another
    /// URL. Answer 400.
    #[error("the parameters are those of no callback")]
    NotACallback,
    /// A parameter without which its type says nothing. Answer 400.
    #[error("the callback has no {name}")]
    Missing {
        /// Its name.
        name: &'static str,
    },
}

/// Where a callback stands among those of its type and its resource: the greater one is newer.
///
/// To be compared for one type and one resource, at one URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Order(u64, u8);

impl Callback {
    /// Reads a request, whoever sent it. What comes from outside is verified first:
    /// [`Verified::callback`](crate::Verified::callback).
    pub fn parse(request: &Request<'_>) -> Result<Self, ParseError> {
        let fields = Fields::read(request)?;
        // What is told of a transcription names its recording and its call too, so the order
        // decides. Nothing else has a status of theirs.
        if Transcription::are(&fields) {
            Transcription::read(fields).map(Self::Transcription)
        } else if Recording::are(&fields) {
            Recording::read(fields).map(Self::Recording)
        } else if Message::are(&fields) {
            Message::read(fields).map(Self::Message)
        } else if TenDlc::are(&fields) {
            TenDlc::read(fields).map(Self::TenDlc)
        } else if Message::are_json(&fields) {
            Message::read_json(fields).map(Self::Message)
        } else if VoiceCall::are(&fields) {
            VoiceCall::read(fields).map(Self::Voice)
        } else if InboundCall::are(&fields) {
            InboundCall::read(fields).map(Self::InboundCall)
        } else if Detection::are(&fields) {
            Detection::read(fields).map(Self::Detection)
        } else {
            Err(ParseError::NotACallback)
        }
    }

    /// What the type is called: `inbound-call`, `voice`, `message`, `ten-dlc`, `recording`,
    /// `transcription` or `detection`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::InboundCall(_) => "inbound-call",
            Self::Voice(_) => "voice",
            Self::Message(_) => "message",
            Self::TenDlc(_) => "ten-dlc",
            Self::Recording(_) => "recording",
            Self::Transcription(_) => "transcription",
            Self::Detection(_) => "detection",
        }
    }

    /// The SID of the resource that it tells of. Empty for a 10DLC callback of a category that
    /// is not known, or without its id.
    pub fn resource(&self) -> &str {
        match self {
            Self::InboundCall(it) => &it.sid,
            Self::Voice(it) => &it.sid,
            Self::Message(it) => &it.sid,
            Self::TenDlc(it) => it.id().unwrap_or_default(),
            Self::Recording(it) => &it.sid,
            Self::Transcription(it) => &it.sid,
            Self::Detection(it) => &it.call_sid,
        }
    }

    /// The status that it tells, as it was sent.
    pub fn status(&self) -> &str {
        match self {
            Self::InboundCall(it) => it.status.as_str(),
            Self::Voice(it) => it.status.as_str(),
            Self::Message(it) => it.status.as_str(),
            Self::TenDlc(it) => it.state.as_str(),
            Self::Recording(it) => it.status.as_str(),
            Self::Transcription(it) => it.status.as_str(),
            Self::Detection(it) => it.answered_by.as_str(),
        }
    }

    /// The parameters that this library does not know, in order; those of JSON by their names.
    /// Also those whose value is not what it should be, a number that is none.
    pub fn other(&self) -> &[(String, String)] {
        match self {
            Self::InboundCall(it) => &it.other,
            Self::Voice(it) => &it.other,
            Self::Message(it) => &it.other,
            Self::TenDlc(it) => &it.other,
            Self::Recording(it) => &it.other,
            Self::Transcription(it) => &it.other,
            Self::Detection(it) => &it.other,
        }
    }

    /// What to know this callback again by when it is sent once more: the same in every attempt
    /// and replay, another one for each callback of one URL.
    ///
    /// Made of parameters, which are signed; [`Request::token`] is made of headers, which mostly
    /// are not.
    pub fn key(&self) -> String {
        let (name, resource, status) = (self.type_name(), self.resource(), self.status());
        match self {
            Self::Voice(it) => {
                let sequence = it.sequence.map(|sequence| sequence.to_string());
                let sequence = sequence.unwrap_or_default();
                format!("{name}/{resource}/{sequence}/{status}")
            }
            // An assignment can fail, and fail again.
            Self::TenDlc(it) => {
                let second = it.at.map(second).unwrap_or_default();
                format!("{name}/{resource}/{second}/{}/{status}", it.event)
            }
            Self::InboundCall(_)
            | Self::Message(_)
            | Self::Recording(_)
            | Self::Transcription(_)
            | Self::Detection(_) => format!("{name}/{resource}/{status}"),
        }
    }

    /// Where it stands among the callbacks of its type and its resource. `None` if that cannot be
    /// told: its status is not known, or it has no number.
    ///
    /// Callbacks may come late, so a receiver keeps the newest and drops what is older.
    pub fn order(&self) -> Option<Order> {
        match self {
            Self::Voice(it) => it.sequence.map(|sequence| Order(sequence, 0)),
            Self::Message(it) => it.status.rank().map(|rank| Order(rank, 0)),
            Self::TenDlc(it) => it.at.map(|at| Order(second(at), it.event.rank())),
            Self::Recording(it) => match &it.status {
                RecordingStatus::InProgress => Some(Order(0, 0)),
                RecordingStatus::Completed | RecordingStatus::Absent | RecordingStatus::Failed => {
                    Some(Order(1, 0))
                }
                RecordingStatus::Other(_) => None,
            },
            // There is one.
            Self::InboundCall(_) | Self::Transcription(_) | Self::Detection(_) => Some(Order(0, 0)),
        }
    }
}

/// Seconds since 1970.
fn second(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
