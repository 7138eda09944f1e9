//! The stored form of an outcome that is kept in the reserve.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::callback::CallbackState;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::CallbackId;
use ringback_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::batch::Outcome;
use crate::kept::KeptOutcome;
use crate::sqlite::error::ReadError;
use crate::sqlite::{headers, value};

/// The text that is kept of an outcome.
pub fn write(kept: &KeptOutcome) -> Result<Vec<u8>, ReadError> {
    Ok(serde_json::to_vec(&KeptRecord::from(kept))?)
}

/// The outcome of which `text` was kept.
pub fn read(text: &[u8]) -> Result<KeptOutcome, ReadError> {
    let record: KeptRecord<'_> = serde_json::from_slice(text)?;
    record.try_into()
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptRecord<'a> {
    #[serde(borrow)]
    callback: Cow<'a, str>,
    position: u64,
    state: Cow<'a, str>,
    due_us: i64,
    attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_failed_us: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled_us: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<AttemptRecord<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remark: Option<Cow<'a, str>>,
    #[serde(default)]
    rebased_us: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct AttemptRecord<'a> {
    number: u32,
    started_us: i64,
    /// Name, connection, TLS, first byte.
    stages_us: [Option<i64>; 4],
    total_us: i64,
    #[serde(borrow)]
    url: Cow<'a, str>,
    headers: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerRecord<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
    /// Code and sentence of what went wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AnswerRecord<'a> {
    status: u16,
    #[serde(borrow)]
    headers: Cow<'a, str>,
    /// In Base64.
    excerpt: Cow<'a, str>,
}

impl<'a> From<&'a KeptOutcome> for KeptRecord<'a> {
    fn from(kept: &'a KeptOutcome) -> Self {
        let outcome = &kept.outcome;
        Self {
            callback: outcome.callback.to_string().into(),
            position: outcome.position,
            state: outcome.state.as_str().into(),
            due_us: outcome.due.as_micros(),
            attempts: outcome.attempts,
            first_failed_us: outcome.first_failed_at.map(Timestamp::as_micros),
            settled_us: outcome.settled_at.map(Timestamp::as_micros),
            attempt: outcome.attempt.as_ref().map(Into::into),
            remark: kept.remark.as_deref().map(Into::into),
            rebased_us: kept.rebased_micros,
        }
    }
}

impl TryFrom<KeptRecord<'_>> for KeptOutcome {
    type Error = ReadError;

    fn try_from(record: KeptRecord<'_>) -> Result<Self, ReadError> {
        let callback = Uuid::try_parse(&record.callback)
            .map_err(|_| ReadError::unknown("callback", &*record.callback))?;
        let callback = CallbackId::new(callback);
        let state = CallbackState::ALL
            .into_iter()
            .find(|state| state.as_str() == record.state);
        let attempt = record.attempt.map(|attempt| attempt.into_attempt(callback));
        Ok(Self {
            outcome: Outcome {
                callback,
                position: record.position,
                state: state.ok_or_else(|| ReadError::unknown("state", record.state))?,
                due: Timestamp::from_micros(record.due_us),
                attempts: record.attempts,
                first_failed_at: record.first_failed_us.map(Timestamp::from_micros),
                settled_at: record.settled_us.map(Timestamp::from_micros),
                attempt: attempt.transpose()?,
            },
            remark: record.remark.map(Cow::into_owned),
            rebased_micros: record.rebased_us,
        })
    }
}

impl<'a> From<&'a Attempt> for AttemptRecord<'a> {
    fn from(attempt: &'a Attempt) -> Self {
        let timings = &attempt.timings;
        let stages = [
            timings.dns,
            timings.connect,
            timings.tls,
            timings.first_byte,
        ];
        Self {
            number: attempt.number,
            started_us: attempt.started_at.as_micros(),
            stages_us: stages.map(|stage| stage.map(value::micros)),
            total_us: value::micros(timings.total),
            url: Cow::Borrowed(&attempt.url),
            headers: headers::pack(&attempt.headers, attempt.callback).into(),
            answer: attempt.answer.as_ref().map(|answer| AnswerRecord {
                status: answer.status,
                headers: Cow::Borrowed(&answer.headers),
                excerpt: BASE64.encode(&answer.excerpt).into(),
            }),
            note: attempt.note.as_ref().map(|code| code.as_str().into()),
            failed: match &attempt.result {
                AttemptResult::Accepted => None,
                AttemptResult::Failed { code, detail } => {
                    Some((code.as_str().into(), detail.into()))
                }
            },
        }
    }
}

impl AttemptRecord<'_> {
    fn into_attempt(self, callback: CallbackId) -> Result<Attempt, ReadError> {
        let duration = |micros: i64| Duration::from_micros(micros.max(0).unsigned_abs());
        let [dns, connect, tls, first_byte] = self.stages_us.map(|stage| stage.map(duration));
        Ok(Attempt {
            callback,
            number: self.number,
            started_at: Timestamp::from_micros(self.started_us),
            timings: Timings {
                dns,
                connect,
                tls,
                first_byte,
                total: duration(self.total_us),
            },
            url: self.url.into_owned(),
            headers: headers::unpack(&self.headers, callback),
            answer: self.answer.map(AnswerRecord::into_answer).transpose()?,
            note: self.note.map(|code| ErrorCode::reported(code.into_owned())),
            result: match self.failed {
                None => AttemptResult::Accepted,
                Some((code, detail)) => AttemptResult::Failed {
                    code: ErrorCode::reported(code.into_owned()),
                    detail: detail.into_owned(),
                },
            },
        })
    }
}

impl AnswerRecord<'_> {
    fn into_answer(self) -> Result<Answer, ReadError> {
        let excerpt = BASE64.decode(&*self.excerpt);
        Ok(Answer {
            status: self.status,
            headers: self.headers.into_owned(),
            excerpt: excerpt.map_err(|_| ReadError::unknown("excerpt", "it"))?,
        })
    }
}
