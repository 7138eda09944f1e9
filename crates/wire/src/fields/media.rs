//! Recordings and transcriptions: the parameters of their callbacks.

use std::time::Duration;

use ringback_domain::call::{CallDirection, CallStatus};
use ringback_domain::change::News;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingStatus,
    RecordingTrack, RecordingTrim, Transcribe,
};
use ringback_domain::resource::{Kind, NewResource};
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, TranscriptionFacts, TranscriptionStatus,
};

use super::{FieldError, Reading, missing, sid, status, unknown};

/// What a report says of a recording. Where nothing is said of them it has one channel and
/// was asked for when its call was created.
pub fn recording<N: AsRef<str>, V: AsRef<str>>(
    word: &str,
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Reading, FieldError> {
    const KIND: Kind = Kind::Recording;
    let status = status(
        KIND,
        &RecordingStatus::ALL,
        RecordingStatus::as_str,
        RecordingStatus::parse(word),
    )?;
    let (mut call, mut conference, mut track) = (None, None, None);
    let mut source = RecordingSource::OutboundApi;
    let mut channels = RecordingChannels::Mono;
    let mut facts = RecordingFacts::default();
    for (name, value) in fields {
        let value = value.as_ref();
        match name.as_ref() {
            "CallSid" => call = sid("CallSid", value)?,
            "ConferenceSid" => conference = sid("ConferenceSid", value)?,
            "RecordingUrl" => facts.url = Some(value.to_owned()),
            "RecordingDuration" => facts.duration = Some(seconds("RecordingDuration", value)?),
            "RecordingChannels" => {
                let found = value.parse().ok().and_then(RecordingChannels::of_count);
                channels = found.ok_or(bad("RecordingChannels", "1 or 2"))?;
            }
            "RecordingSource" => {
                let expected = "DialVerb, Conference, OutBoundApi, Trunking, RecordVerb, \
                    StartCallRecordingApi or StartConferenceRecording";
                let found = RecordingSource::parse(value);
                source = found.ok_or(bad("RecordingSource", expected))?;
            }
            "RecordingTrack" => {
                let found = RecordingTrack::parse(value);
                track = Some(found.ok_or(bad("RecordingTrack", "inbound, outbound or both"))?);
            }
            "ErrorCode" if value.is_empty() || value.len() > 40 => {
                return Err(bad("ErrorCode", "a code of 1 to 40 bytes"));
            }
            "ErrorCode" => facts.error = Some(ErrorCode::reported(value.to_owned())),
            "AccountSid" | "RecordingSid" | "RecordingStatus" => {}
            name => return Err(unknown(KIND, name)),
        }
    }
    let new = |call| {
        NewResource::Recording(NewRecording {
            call,
            conference,
            source,
            channels,
            track,
            // No callback tells it.
            trim: RecordingTrim::default(),
            transcribe: Transcribe::No,
        })
    };
    Ok(Reading {
        news: News::Recording(status, facts),
        new: call
            .map(new)
            .ok_or_else(|| missing(KIND, &[("CallSid", call)])),
    })
}

/// What a report says of a transcription. `from` and `to` are those of the report itself;
/// the parameters of these names come before them.
pub fn transcription<N: AsRef<str>, V: AsRef<str>>(
    word: &str,
    (from, to): (&str, &str),
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Reading, FieldError> {
    const KIND: Kind = Kind::Transcription;
    let status = status(
        KIND,
        &TranscriptionStatus::ALL,
        TranscriptionStatus::as_str,
        TranscriptionStatus::parse(word),
    )?;
    let (mut recording, mut call): (Option<Sid>, Option<Sid>) = (None, None);
    let (mut from, mut to) = (from.to_owned(), to.to_owned());
    let (mut call_status, mut direction) = (None, None);
    let mut facts = TranscriptionFacts::default();
    for (name, value) in fields {
        let value = value.as_ref();
        match name.as_ref() {
            "RecordingSid" => recording = sid("RecordingSid", value)?,
            "CallSid" => call = sid("CallSid", value)?,
            "TranscriptionText" => facts.text = Some(value.to_owned()),
            "TranscriptionUrl" => facts.url = Some(value.to_owned()),
            "RecordingUrl" => facts.recording_url = Some(value.to_owned()),
            "RecordingDuration" => {
                facts.recording_duration = Some(seconds("RecordingDuration", value)?);
            }
            "From" => value.clone_into(&mut from),
            "To" => value.clone_into(&mut to),
            "CallStatus" => {
                let found = CallStatus::parse(value);
                call_status = Some(found.ok_or(bad("CallStatus", "a status of a call"))?);
            }
            "Direction" => {
                let expected = "inbound, outbound-api or outbound-dial";
                let found = CallDirection::parse(value);
                direction = Some(found.ok_or(bad("Direction", expected))?);
            }
            "AccountSid" | "ApiVersion" | "TranscriptionSid" | "TranscriptionStatus" => {}
            name => return Err(unknown(KIND, name)),
        }
    }
    let new = match (recording, call) {
        (Some(recording), Some(sid)) => Ok(NewResource::Transcription(NewTranscription {
            recording,
            call: TranscribedCall {
                sid,
                from,
                to,
                status: call_status,
                direction,
            },
        })),
        (None, _) | (_, None) => {
            let given = [("RecordingSid", recording), ("CallSid", call)];
            Err(missing(KIND, &given))
        }
    };
    let news = News::Transcription(status, facts);
    Ok(Reading { news, new })
}

/// At most a day of them: no recording is longer.
fn seconds(name: &'static str, value: &str) -> Result<Duration, FieldError> {
    let seconds: Option<u32> = value.parse().ok();
    let seconds = seconds.filter(|seconds| *seconds <= 86_400);
    let seconds = seconds.ok_or(bad(name, "whole seconds, at most 86400"))?;
    Ok(Duration::from_secs(seconds.into()))
}

const fn bad(name: &'static str, expected: &'static str) -> FieldError {
    FieldError::Value { name, expected }
}
