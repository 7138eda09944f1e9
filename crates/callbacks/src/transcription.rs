//! The transcription status callback: one, when it is over.

use crate::call::{CallDirection, CallStatus};
use crate::callback::ParseError;
use crate::fields::Fields;
use crate::word::words;

words! {
    /// What became of a transcription.
    pub enum TranscriptionStatus {
        /// It is being written. Nobody is called back for that.
        InProgress = "in-progress",
        /// The text is there.
        Completed = "completed",
        /// There is none.
        Failed = "failed",
    }
}

/// The transcription status callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transcription {
    /// `TranscriptionSid`.
    pub sid: String,
    /// `TranscriptionStatus`.
    pub status: TranscriptionStatus,
    /// `TranscriptionText`. An empty one is no failure: nobody may have said anything.
    pub text: String,
    /// `TranscriptionUrl`: where REST shows it.
    pub url: Option<String>,
    /// `RecordingSid`: the recording.
    pub recording_sid: String,
    /// `RecordingUrl`.
    pub recording_url: Option<String>,
    /// `RecordingDuration`, in seconds.
    pub recording_duration_s: Option<u64>,
    /// `AccountSid`: the project. Not in the schema that SignalWire publishes.
    pub account_sid: Option<String>,
    /// `CallSid`: the call that was recorded. Not in that schema either, as all that follows.
    pub call_sid: Option<String>,
    /// `CallStatus`: where the call stood when the transcription began.
    pub call_status: Option<CallStatus>,
    /// `Direction`: the call's.
    pub direction: Option<CallDirection>,
    /// `From`: who called.
    pub from: Option<String>,
    /// `To`: who was called.
    pub to: Option<String>,
    /// `ApiVersion`.
    pub api_version: Option<String>,
    /// All other parameters, in order.
    pub other: Vec<(String, String)>,
}

impl Transcription {
    pub(crate) fn are(fields: &Fields) -> bool {
        fields.has("TranscriptionStatus")
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        let from = fields.filled("From");
        let to = fields.filled("To");
        fields.same("Caller", from.as_deref());
        fields.same("Called", to.as_deref());
        Ok(Self {
            sid: fields.required("TranscriptionSid")?,
            status: TranscriptionStatus::from(&*fields.required("TranscriptionStatus")?),
            text: fields.text("TranscriptionText").unwrap_or_default(),
            url: fields.filled("TranscriptionUrl"),
            recording_sid: fields.required("RecordingSid")?,
            recording_url: fields.filled("RecordingUrl"),
            recording_duration_s: fields.number("RecordingDuration"),
            account_sid: fields.filled("AccountSid"),
            call_sid: fields.filled("CallSid"),
            call_status: fields.word("CallStatus"),
            direction: fields.word("Direction"),
            from,
            to,
            api_version: fields.filled("ApiVersion"),
            other: fields.left_over(),
        })
    }
}
