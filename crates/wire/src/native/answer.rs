//! What the native API answers to reports, and how it says that something is wrong.

use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::verdict::{Gap, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

use super::error_code::{OutlookJson, ReasonJson};
use super::report::ReportError;
use crate::code;

/// Most errors that an answer names.
pub const MAX_ERRORS: usize = 1_000;

/// What became of all reports of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Taken")]
pub struct TakenJson {
    /// Reports that were recorded: accepted, late and conflicting ones.
    pub taken: u64,
    /// Reports of what was known: the same event, or the status that the resource had.
    pub repeated: u64,
    /// Reports that were not taken.
    pub refused: u64,
    /// Why, for the first 1,000 of them.
    pub errors: Vec<LineErrorJson>,
    /// The first line that was not looked at, if not all were: the request ended early, and
    /// from here on nothing was recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<u64>,
}

/// Why a report was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "LineError")]
pub struct LineErrorJson {
    /// Its line in the request, from 1.
    pub line: u64,
    /// A word that does not change.
    #[serde(serialize_with = "code::text")]
    #[schemars(with = "String")]
    pub code: ErrorCode,
    /// What is wrong, and what is allowed.
    pub message: String,
    /// Whose fault it is, and whether the same again can help.
    #[serde(flatten)]
    pub outlook: Option<OutlookJson>,
}

impl LineErrorJson {
    /// Why the report in this line was not taken.
    pub fn new(line: u64, error: ReportError) -> Self {
        Self {
            line,
            outlook: OutlookJson::of(&error.code),
            code: error.code,
            message: error.message,
        }
    }
}

/// What became of one report (`?results=all`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Result")]
pub struct ResultJson {
    /// Its line in the request, from 1.
    pub line: u64,
    /// `accepted`, `repeat`, `late`, `conflict` or `refused`.
    pub verdict: &'static str,
    /// Its resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// The number of the change, if there is one: of the first report, for a repeated event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u32>,
    /// Whether statuses before it were never reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<bool>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Why it was refused, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Whose fault that is, and whether the same again can help.
    #[serde(flatten)]
    pub outlook: Option<OutlookJson>,
}

impl ResultJson {
    /// A report that was recorded, or was so before.
    pub fn recorded(
        line: u64,
        word: &'static str,
        sid: Sid,
        verdict: Verdict,
        seq: Option<u32>,
    ) -> Self {
        Self {
            line,
            verdict: word,
            sid: Some(sid.to_string()),
            seq,
            gap: match verdict {
                Verdict::Accepted(gap) => Some(gap == Gap::Skipped),
                Verdict::Repeat | Verdict::Late | Verdict::Conflict | Verdict::Refused => None,
            },
            code: None,
            message: None,
            outlook: None,
        }
    }

    /// A report that was not taken.
    pub fn refused(error: &LineErrorJson) -> Self {
        Self {
            line: error.line,
            verdict: Verdict::Refused.as_str(),
            sid: None,
            seq: None,
            gap: None,
            code: Some(error.code.to_string()),
            message: Some(error.message.clone()),
            outlook: error.outlook,
        }
    }
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Error")]
pub struct ErrorJson {
    /// A word that does not change.
    #[serde(serialize_with = "code::text")]
    #[schemars(with = "String")]
    pub code: ErrorCode,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// Whose fault it is, and whether the same again can help.
    #[serde(flatten)]
    pub outlook: Option<OutlookJson>,
    /// The network's own code, where it is the network that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonJson>,
}

impl ErrorJson {
    /// An error with this code.
    pub fn new(code: ErrorCode, message: String, hint: String) -> Self {
        Self {
            outlook: OutlookJson::of(&code),
            code,
            message,
            hint,
            reason: None,
        }
    }

    /// The same, for a reason of the network's.
    #[must_use]
    pub fn because(self, code: &ErrorCode) -> Self {
        Self {
            reason: Some(ReasonJson::of(code)),
            ..self
        }
    }
}
