//! The stored form of a call, and of what is told of one.

use std::borrow::Cow;
use std::time::Duration;

use ringback_domain::call::{
    AnsweredBy, Call, CallDirection, CallFacts, CallRecording, CallStatus, Document, HangupSide,
};
use ringback_domain::errors::ErrorCode;
use ringback_domain::quality::Quality;
use ringback_domain::sip::SipResult;
use ringback_domain::subscription::Method;
use ringback_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Summary;
use crate::sqlite::error::ReadError;

/// A call without what its columns hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct CallRecord<'a> {
    #[serde(borrow)]
    direction: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<DocumentRecord<'a>>,
    ring_timeout_us: u64,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    requested: Cow<'a, [(String, String)]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered_us: Option<i64>,
    #[serde(default)]
    facts: CallFactsRecord<'a>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum DocumentRecord<'a> {
    Url {
        url: Cow<'a, str>,
        method: Cow<'a, str>,
    },
    Application(Cow<'a, str>),
    Inline(Cow<'a, str>),
}

/// What is told of a call beside its status.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct CallFactsRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sip: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quality: Option<QualityRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hangup: Option<HangupRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answered_by: Option<AnsweredByRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forwarded_from: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caller_name: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording: Option<RecordingRecord<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordingRecord<'a> {
    sid: Cow<'a, str>,
    url: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    duration_us: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HangupRecord {
    Caller,
    Callee,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnsweredByRecord {
    Human,
    Machine,
}

/// Short names: it stands in every ended call, and in its last change.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct QualityRecord {
    mos: u16,
    avg_ms: u32,
    in_dtmf: u32,
    in_flush: u32,
    jitter_max_ms: u32,
    jitter_min_ms: u32,
    buffer: u32,
    in_media: u32,
    in_skip: u32,
    out_dtmf: u32,
    out_media: u32,
}

impl<'a> From<&'a Call> for CallRecord<'a> {
    fn from(call: &'a Call) -> Self {
        Self {
            direction: Cow::Borrowed(call.direction.as_str()),
            document: document_record(&call.document),
            ring_timeout_us: u64::try_from(call.ring_timeout.as_micros()).unwrap_or(u64::MAX),
            requested: Cow::Borrowed(&call.requested),
            answered_us: call.answered_at.map(Timestamp::as_micros),
            facts: CallFactsRecord {
                sip: call.sip.map(SipResult::code),
                quality: call.quality.map(Into::into),
                hangup: call.hangup.map(Into::into),
                answered_by: call.answered_by.map(Into::into),
                error: call.error.as_ref().map(|code| code.as_str().into()),
                forwarded_from: call.forwarded_from.as_deref().map(Into::into),
                caller_name: call.caller_name.as_deref().map(Into::into),
                recording: call.recording.as_deref().map(Into::into),
            },
        }
    }
}

impl CallRecord<'_> {
    /// The call, with what its columns hold.
    pub fn into_call(self, status: CallStatus, summary: Summary<'_>) -> Result<Call, ReadError> {
        let facts: CallFacts = self.facts.try_into()?;
        Ok(Call {
            direction: CallDirection::parse(&self.direction)
                .ok_or_else(|| ReadError::unknown("direction", self.direction))?,
            from: summary.from.into_owned(),
            to: summary.to.into_owned(),
            parent: summary.parent,
            document: document(self.document)?,
            ring_timeout: Duration::from_micros(self.ring_timeout_us),
            requested: self.requested.into_owned(),
            status,
            started_at: summary.started,
            answered_at: self.answered_us.map(Timestamp::from_micros),
            ended_at: summary.ended,
            sip: facts.sip,
            quality: facts.quality,
            hangup: facts.hangup,
            answered_by: facts.answered_by,
            error: facts.error,
            forwarded_from: facts.forwarded_from,
            caller_name: facts.caller_name,
            recording: facts.recording,
        })
    }
}

fn document_record(document: &Document) -> Option<DocumentRecord<'_>> {
    match document {
        Document::Url { url, method } => Some(DocumentRecord::Url {
            url: url.into(),
            method: method.as_str().into(),
        }),
        Document::Application(sid) => Some(DocumentRecord::Application(sid.into())),
        Document::Inline(text) => Some(DocumentRecord::Inline(text.into())),
        Document::None => None,
    }
}

fn document(record: Option<DocumentRecord<'_>>) -> Result<Document, ReadError> {
    Ok(match record {
        Some(DocumentRecord::Url { url, method }) => Document::Url {
            method: Method::parse(&method).ok_or_else(|| ReadError::unknown("method", method))?,
            url: url.into_owned(),
        },
        Some(DocumentRecord::Application(sid)) => Document::Application(sid.into_owned()),
        Some(DocumentRecord::Inline(text)) => Document::Inline(text.into_owned()),
        None => Document::None,
    })
}

impl<'a> From<&'a CallFacts> for CallFactsRecord<'a> {
    fn from(facts: &'a CallFacts) -> Self {
        Self {
            sip: facts.sip.map(SipResult::code),
            quality: facts.quality.map(Into::into),
            hangup: facts.hangup.map(Into::into),
            answered_by: facts.answered_by.map(Into::into),
            error: facts.error.as_ref().map(|code| code.as_str().into()),
            forwarded_from: facts.forwarded_from.as_deref().map(Into::into),
            caller_name: facts.caller_name.as_deref().map(Into::into),
            recording: facts.recording.as_deref().map(Into::into),
        }
    }
}

impl TryFrom<CallFactsRecord<'_>> for CallFacts {
    type Error = ReadError;

    fn try_from(record: CallFactsRecord<'_>) -> Result<Self, ReadError> {
        let sip = |code: u16| {
            SipResult::new(code).ok_or_else(|| ReadError::unknown("SIP answer", code.to_string()))
        };
        Ok(Self {
            sip: record.sip.map(sip).transpose()?,
            quality: record.quality.map(Into::into),
            hangup: record.hangup.map(Into::into),
            answered_by: record.answered_by.map(Into::into),
            error: record
                .error
                .map(|code| ErrorCode::reported(code.into_owned())),
            forwarded_from: record.forwarded_from.map(Cow::into_owned),
            caller_name: record.caller_name.map(Cow::into_owned),
            recording: record.recording.map(recording).transpose()?,
        })
    }
}

impl<'a> From<&'a CallRecording> for RecordingRecord<'a> {
    fn from(recording: &'a CallRecording) -> Self {
        Self {
            sid: recording.sid.to_string().into(),
            url: Cow::Borrowed(&recording.url),
            duration_us: recording
                .duration
                .map(|it| u64::try_from(it.as_micros()).unwrap_or(u64::MAX)),
        }
    }
}

fn recording(record: RecordingRecord<'_>) -> Result<Box<CallRecording>, ReadError> {
    let sid = record.sid.parse();
    Ok(Box::new(CallRecording {
        sid: sid.map_err(|_| ReadError::unknown("recording", record.sid))?,
        url: record.url.into_owned(),
        duration: record.duration_us.map(Duration::from_micros),
    }))
}

impl From<HangupSide> for HangupRecord {
    fn from(side: HangupSide) -> Self {
        match side {
            HangupSide::Caller => Self::Caller,
            HangupSide::Callee => Self::Callee,
        }
    }
}

impl From<HangupRecord> for HangupSide {
    fn from(record: HangupRecord) -> Self {
        match record {
            HangupRecord::Caller => Self::Caller,
            HangupRecord::Callee => Self::Callee,
        }
    }
}

impl From<AnsweredBy> for AnsweredByRecord {
    fn from(by: AnsweredBy) -> Self {
        match by {
            AnsweredBy::Human => Self::Human,
            AnsweredBy::Machine => Self::Machine,
        }
    }
}

impl From<AnsweredByRecord> for AnsweredBy {
    fn from(record: AnsweredByRecord) -> Self {
        match record {
            AnsweredByRecord::Human => Self::Human,
            AnsweredByRecord::Machine => Self::Machine,
        }
    }
}

impl From<Quality> for QualityRecord {
    fn from(quality: Quality) -> Self {
        Self {
            mos: quality.mos_hundredths,
            avg_ms: quality.average_time_ms,
            in_dtmf: quality.in_dtmf_packets,
            in_flush: quality.in_flush_packets,
            jitter_max_ms: quality.jitter_max_ms,
            jitter_min_ms: quality.jitter_min_ms,
            buffer: quality.largest_buffer_packets,
            in_media: quality.in_media_packets,
            in_skip: quality.in_skip_packets,
            out_dtmf: quality.out_dtmf_packets,
            out_media: quality.out_media_packets,
        }
    }
}

impl From<QualityRecord> for Quality {
    fn from(record: QualityRecord) -> Self {
        Self {
            mos_hundredths: record.mos,
            average_time_ms: record.avg_ms,
            in_dtmf_packets: record.in_dtmf,
            in_flush_packets: record.in_flush,
            jitter_max_ms: record.jitter_max_ms,
            jitter_min_ms: record.jitter_min_ms,
            largest_buffer_packets: record.buffer,
            in_media_packets: record.in_media,
            in_skip_packets: record.in_skip,
            out_dtmf_packets: record.out_dtmf,
            out_media_packets: record.out_media,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_a_later_release_can_be_read() {
        let json = r#"{"sip":486,"spirit":"high","quality":{"mos":433,"echo":1}}"#;
        let record: CallFactsRecord<'_> = serde_json::from_str(json).unwrap();
        let facts = CallFacts::try_from(record).unwrap();
        assert_eq!(facts.sip, SipResult::new(486));
        assert_eq!(facts.quality.unwrap().mos_hundredths, 433);
    }

    #[test]
    fn what_carriers_say_and_a_recording_are_read_as_they_were_written() {
        let facts = CallFacts {
            forwarded_from: Some("+15550100009".to_owned()),
            caller_name: Some("Zo\u{eb}".to_owned()),
            recording: Some(Box::new(CallRecording {
                sid: "3c1f0a22-0000-4000-8000-00000000ca01".parse().unwrap(),
                url: "https://m.example/r".to_owned(),
                duration: Some(Duration::from_micros(17_000_001)),
            })),
            ..CallFacts::default()
        };
        let json = serde_json::to_string(&CallFactsRecord::from(&facts)).unwrap();
        let record: CallFactsRecord<'_> = serde_json::from_str(&json).unwrap();
        assert_eq!(CallFacts::try_from(record).unwrap(), facts);
    }

    #[test]
    fn an_unknown_value_is_an_error() {
        let record: CallFactsRecord<'_> = serde_json::from_str(r#"{"sip":7}"#).unwrap();
        assert!(CallFacts::try_from(record).is_err());
        assert!(serde_json::from_str::<CallFactsRecord<'_>>(r#"{"hangup":"nobody"}"#).is_err());
    }
}
