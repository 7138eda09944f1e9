//! The stored form of a transcription, and of what is told of one.

use std::borrow::Cow;
use std::time::Duration;

use ringback_domain::call::{CallDirection, CallStatus};
use ringback_domain::transcription::{
    TranscribedCall, Transcription, TranscriptionFacts, TranscriptionStatus,
};
use serde::{Deserialize, Serialize};

use super::recording::micros;
use super::{Summary, parent, sid};
use crate::sqlite::error::ReadError;

/// A transcription without what its columns hold: the recording is its parent, the call's
/// numbers are its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct TranscriptionRecord<'a> {
    #[serde(borrow)]
    call: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_status: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call_direction: Option<Cow<'a, str>>,
    #[serde(default)]
    facts: TranscriptionFactsRecord<'a>,
}

/// What is told of a transcription beside its status. Erasure takes `text` out by its name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct TranscriptionFactsRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording_url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording_duration_us: Option<u64>,
}

impl<'a> From<&'a Transcription> for TranscriptionRecord<'a> {
    fn from(transcription: &'a Transcription) -> Self {
        let call = &transcription.call;
        Self {
            call: call.sid.to_string().into(),
            call_status: call.status.map(|status| status.as_str().into()),
            call_direction: call.direction.map(|direction| direction.as_str().into()),
            facts: TranscriptionFactsRecord {
                text: Some(transcription.text.as_str())
                    .filter(|text| !text.is_empty())
                    .map(Cow::Borrowed),
                url: transcription.url.as_deref().map(Cow::Borrowed),
                recording_url: transcription.recording_url.as_deref().map(Cow::Borrowed),
                recording_duration_us: transcription.recording_duration.map(micros),
            },
        }
    }
}

impl TranscriptionRecord<'_> {
    /// The transcription, with what its columns hold.
    pub fn into_transcription(
        self,
        status: TranscriptionStatus,
        summary: Summary<'_>,
    ) -> Result<Transcription, ReadError> {
        let call_status = |name: Cow<'_, str>| {
            CallStatus::parse(&name).ok_or_else(|| ReadError::unknown("status", name))
        };
        let direction = |name: Cow<'_, str>| {
            CallDirection::parse(&name).ok_or_else(|| ReadError::unknown("direction", name))
        };
        let facts = TranscriptionFacts::from(self.facts);
        Ok(Transcription {
            recording: parent(&summary)?,
            recording_url: facts.recording_url,
            recording_duration: facts.recording_duration,
            call: TranscribedCall {
                sid: sid(&self.call)?,
                from: summary.from.into_owned(),
                to: summary.to.into_owned(),
                status: self.call_status.map(call_status).transpose()?,
                direction: self.call_direction.map(direction).transpose()?,
            },
            status,
            text: facts.text.unwrap_or_default(),
            url: facts.url,
        })
    }
}

impl<'a> From<&'a TranscriptionFacts> for TranscriptionFactsRecord<'a> {
    fn from(facts: &'a TranscriptionFacts) -> Self {
        Self {
            text: facts.text.as_deref().map(Cow::Borrowed),
            url: facts.url.as_deref().map(Cow::Borrowed),
            recording_url: facts.recording_url.as_deref().map(Cow::Borrowed),
            recording_duration_us: facts.recording_duration.map(micros),
        }
    }
}

impl From<TranscriptionFactsRecord<'_>> for TranscriptionFacts {
    fn from(record: TranscriptionFactsRecord<'_>) -> Self {
        Self {
            text: record.text.map(Cow::into_owned),
            url: record.url.map(Cow::into_owned),
            recording_url: record.recording_url.map(Cow::into_owned),
            recording_duration: record.recording_duration_us.map(Duration::from_micros),
        }
    }
}
