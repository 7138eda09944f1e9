//! The stored form of a recording, and of what is told of one.

use std::borrow::Cow;
use std::time::Duration;

use ringback_domain::errors::ErrorCode;
use ringback_domain::recording::{
    Recording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus, RecordingTrack,
    RecordingTrim,
};
use serde::{Deserialize, Serialize};

use super::{Summary, parent, sid};
use crate::sqlite::error::ReadError;

/// A recording without what its columns hold: the call is its parent.
#[derive(Debug, Serialize, Deserialize)]
pub struct RecordingRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none", borrow)]
    conference: Option<Cow<'a, str>>,
    source: Cow<'a, str>,
    channels: u8,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    track: Option<Cow<'a, str>>,
    /// `do-not-trim` where it is not said, as releases before it was known left it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trim: Option<Cow<'a, str>>,
    #[serde(default)]
    facts: RecordingFactsRecord<'a>,
}

/// What is told of a recording beside its status.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct RecordingFactsRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_us: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
}

impl<'a> From<&'a Recording> for RecordingRecord<'a> {
    fn from(recording: &'a Recording) -> Self {
        Self {
            conference: recording.conference.map(|sid| sid.to_string().into()),
            source: recording.source.as_str().into(),
            channels: recording.channels.count(),
            track: recording.track.map(|track| track.as_str().into()),
            trim: Some(recording.trim.as_str().into()),
            facts: RecordingFactsRecord {
                url: recording.url.as_deref().map(Cow::Borrowed),
                duration_us: recording.duration.map(micros),
                error: recording.error.as_ref().map(|code| code.as_str().into()),
            },
        }
    }
}

impl RecordingRecord<'_> {
    /// The recording, with what its columns hold.
    pub fn into_recording(
        self,
        status: RecordingStatus,
        summary: &Summary<'_>,
    ) -> Result<Recording, ReadError> {
        let facts = RecordingFacts::from(self.facts);
        let track = |name: Cow<'_, str>| {
            RecordingTrack::parse(&name).ok_or_else(|| ReadError::unknown("track", name))
        };
        let trim = |name: Cow<'_, str>| {
            RecordingTrim::parse(&name).ok_or_else(|| ReadError::unknown("trim", name))
        };
        Ok(Recording {
            call: parent(summary)?,
            conference: self.conference.as_deref().map(sid).transpose()?,
            source: RecordingSource::parse(&self.source)
                .ok_or_else(|| ReadError::unknown("source", self.source))?,
            channels: RecordingChannels::of_count(self.channels)
                .ok_or_else(|| ReadError::unknown("channels", self.channels.to_string()))?,
            track: self.track.map(track).transpose()?,
            trim: self.trim.map(trim).transpose()?.unwrap_or_default(),
            status,
            url: facts.url,
            duration: facts.duration,
            error: facts.error,
            started_at: summary.started,
            ended_at: summary.ended,
        })
    }
}

impl<'a> From<&'a RecordingFacts> for RecordingFactsRecord<'a> {
    fn from(facts: &'a RecordingFacts) -> Self {
        Self {
            url: facts.url.as_deref().map(Cow::Borrowed),
            duration_us: facts.duration.map(micros),
            error: facts.error.as_ref().map(|code| code.as_str().into()),
        }
    }
}

impl From<RecordingFactsRecord<'_>> for RecordingFacts {
    fn from(record: RecordingFactsRecord<'_>) -> Self {
        Self {
            url: record.url.map(Cow::into_owned),
            duration: record.duration_us.map(Duration::from_micros),
            error: record
                .error
                .map(|code| ErrorCode::reported(code.into_owned())),
        }
    }
}

/// Whole microseconds.
pub(super) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
