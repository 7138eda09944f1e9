//! The recording status callback.

use std::time::SystemTime;

use crate::callback::ParseError;
use crate::fields::Fields;
use crate::word::words;

words! {
    /// Where a recording stands.
    pub enum RecordingStatus {
        /// It records.
        InProgress = "in-progress",
        /// Its file is there.
        Completed = "completed",
        /// There is no file: it was too short, or silent.
        Absent = "absent",
        /// There is no file: something went wrong.
        Failed = "failed",
    }
}

impl RecordingStatus {
    /// Whether nothing comes after it. A status that is not known is taken for one on the way.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Completed | Self::Absent | Self::Failed => true,
            Self::InProgress | Self::Other(_) => false,
        }
    }
}

words! {
    /// What made a recording, in SignalWire's spelling or Twilio's.
    pub enum RecordingSource {
        /// `<Dial record>`.
        DialVerb = "DialVerb",
        /// `<Conference record>`.
        Conference = "Conference",
        /// `Record` of a call that was made by REST.
        OutboundApi = "OutBoundApi" | "OutboundAPI",
        /// A trunk.
        Trunking = "Trunking",
        /// `<Record>`.
        RecordVerb = "RecordVerb",
        /// A recording of a call that was begun by REST.
        StartCallRecordingApi = "StartCallRecordingApi" | "StartCallRecordingAPI",
        /// A recording of a conference that was begun by REST.
        StartConferenceRecording = "StartConferenceRecording" | "StartConferenceRecordingAPI",
    }
}

words! {
    /// Which side is recorded.
    pub enum RecordingTrack {
        /// What is received.
        Inbound = "inbound",
        /// What is sent.
        Outbound = "outbound",
        /// Both.
        Both = "both",
    }
}

/// The recording status callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Recording {
    /// `RecordingSid`.
    pub sid: String,
    /// `AccountSid`: the project.
    pub account_sid: String,
    /// `RecordingStatus`.
    pub status: RecordingStatus,
    /// `CallSid`: the call that is recorded.
    pub call_sid: Option<String>,
    /// `ConferenceSid`: the conference that is recorded.
    pub conference_sid: Option<String>,
    /// `RecordingUrl`; of use once it is completed, and not there where there is no file.
    pub url: Option<String>,
    /// `RecordingDuration`, in seconds; 0 until it is completed.
    pub duration_s: Option<u64>,
    /// `RecordingChannels`: 1 or 2.
    pub channels: Option<u64>,
    /// `RecordingSource`.
    pub source: Option<RecordingSource>,
    /// `RecordingTrack`.
    pub track: Option<RecordingTrack>,
    /// `RecordingStartTime`; Twilio's alone.
    pub started_at: Option<SystemTime>,
    /// `ErrorCode`: why it failed. Digits.
    pub error_code: Option<String>,
    /// All other parameters, in order.
    pub other: Vec<(String, String)>,
}

impl Recording {
    /// Whether these are a recording's. A request for a document has no status of it.
    pub(crate) fn are(fields: &Fields) -> bool {
        fields.has("RecordingStatus")
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        Ok(Self {
            sid: fields.required("RecordingSid")?,
            account_sid: fields.required("AccountSid")?,
            status: RecordingStatus::from(&*fields.required("RecordingStatus")?),
            call_sid: fields.filled("CallSid"),
            conference_sid: fields.filled("ConferenceSid"),
            url: fields.filled("RecordingUrl"),
            duration_s: fields.number("RecordingDuration"),
            channels: fields.number("RecordingChannels"),
            source: fields.word("RecordingSource"),
            track: fields.word("RecordingTrack"),
            started_at: fields.moment("RecordingStartTime"),
            error_code: fields.filled("ErrorCode"),
            other: fields.left_over(),
        })
    }
}
