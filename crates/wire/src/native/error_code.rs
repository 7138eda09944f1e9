//! Error codes as the native API shows them, and the one way in which it explains a code wherever
//! one is shown.

use ringback_domain::errors::{CodeKind, Entry, ErrorCode, Fault, Retry, SeenIn, entries, find};
use schemars::JsonSchema;
use serde::Serialize;

/// All that is known of a code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ErrorCode")]
pub struct ErrorCodeJson {
    /// The code, as it stands on the wire: digits, or a word.
    pub code: &'static str,
    /// What it is about: `account`, `api`, `call`, `conference`, `cxml`, `message`, `native`,
    /// `number`, `recording`, `registry` or `webhook`.
    pub kind: &'static str,
    /// `error`, or `warning` where things go on all the same.
    pub level: &'static str,
    /// What it means and what to do.
    #[serde(flatten)]
    pub explained: ExplainedJson,
    /// Codes that mean the same: the number of a word, the words of a number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub same_as: Vec<&'static str>,
    /// The HTTP status of an answer with it; none where it is in no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// Where Ringback itself shows it: `rest`, `callback`, `attempt`, `document`, `native`. A
    /// platform or a scenario may report any code.
    pub seen_in: Vec<&'static str>,
    /// Which pages say so.
    pub source: &'static [String],
}

/// What a code means, beside the code itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Explained")]
pub struct ExplainedJson {
    /// What the code means: what SignalWire means by it, where providers differ.
    pub meaning: &'static str,
    /// What SignalWire means by it, where Twilio means something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signalwire: Option<&'static str>,
    /// What Twilio means by it, where that is something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub twilio: Option<&'static str>,
    /// Whose fault it is: `recipient`, `carrier`, `sender`, `application`, `network` or `unknown`.
    pub fault: &'static str,
    /// Whether a retry can help: `later`, `after_change`, `no` or `unknown`.
    pub retry: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// What becomes of a code, where its meaning and what to do are told in sentences of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Outlook")]
pub struct OutlookJson {
    /// Whose fault it is: `recipient`, `carrier`, `sender`, `application`, `network` or `unknown`.
    pub fault: &'static str,
    /// Whether a retry can help: `later`, `after_change`, `no` or `unknown`.
    pub retry: &'static str,
}

/// A code that something is told with, and what it means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Reason")]
pub struct ReasonJson {
    /// The code, as callbacks tell it.
    pub error_code: String,
    /// What it means; nothing of one that is in no catalogue.
    #[serde(flatten)]
    pub explained: Option<ExplainedJson>,
}

/// Some codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ErrorCodePage")]
pub struct ErrorCodePageJson {
    /// Those found: the best first for a search, else in order.
    pub errors: Vec<ErrorCodeJson>,
    /// What `cursor` goes on with; there is nothing more once this is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which codes are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeFilter {
    /// With all of these words in the code, its meaning or what to do, in any case.
    pub text: Option<String>,
    /// With this fault.
    pub fault: Option<Fault>,
    /// With this hope of a retry.
    pub retry: Option<Retry>,
    /// Of this kind.
    pub kind: Option<CodeKind>,
}

impl CodeFilter {
    /// The codes that pass: the best first for a search, else in order.
    pub fn entries(&self) -> Vec<&'static Entry> {
        let found = match &self.text {
            Some(text) => find(text),
            None => entries().iter().collect(),
        };
        found.into_iter().filter(|it| self.admits(it)).collect()
    }

    fn admits(&self, entry: &Entry) -> bool {
        self.fault.is_none_or(|fault| fault == entry.fault)
            && self.retry.is_none_or(|retry| retry == entry.retry)
            && self.kind.is_none_or(|kind| kind == entry.kind)
    }
}

impl ErrorCodeJson {
    /// What is shown of `entry`.
    pub fn of(entry: &'static Entry) -> Self {
        Self {
            code: &entry.code,
            kind: entry.kind.as_str(),
            level: &entry.level,
            explained: ExplainedJson::of(entry),
            same_as: same_as(entry),
            http_status: entry.http_status,
            seen_in: entry.seen_in.iter().map(|it| SeenIn::as_str(*it)).collect(),
            source: &entry.source,
        }
    }
}

fn same_as(entry: &'static Entry) -> Vec<&'static str> {
    let words = entries().iter().filter(|it| {
        let number = it.likely_numeric_equivalent.as_ref();
        number.is_some_and(|number| *number == entry.code)
    });
    let words = words.map(|it| it.code.as_str());
    let number = entry.likely_numeric_equivalent.as_deref();
    number.into_iter().chain(words).collect()
}

impl ExplainedJson {
    /// What is shown of `entry` beside its code.
    pub fn of(entry: &'static Entry) -> Self {
        Self {
            meaning: &entry.meaning,
            signalwire: entry.signalwire.as_deref(),
            twilio: entry.twilio.as_deref(),
            fault: entry.fault.as_str(),
            retry: entry.retry.as_str(),
            remedy: &entry.remedy,
        }
    }

    /// What is shown beside `code`; nothing of one that is in no catalogue.
    pub fn told(code: &ErrorCode) -> Option<Self> {
        code.entry().map(Self::of)
    }
}

impl OutlookJson {
    /// What is shown of `code`; nothing of one that is in no catalogue.
    pub fn of(code: &ErrorCode) -> Option<Self> {
        code.entry().map(|entry| Self {
            fault: entry.fault.as_str(),
            retry: entry.retry.as_str(),
        })
    }
}

impl ReasonJson {
    /// What is shown of `code`.
    pub fn of(code: &ErrorCode) -> Self {
        Self {
            error_code: code.to_string(),
            explained: ExplainedJson::told(code),
        }
    }

    /// What is shown of a code of the catalogue.
    pub fn entry(entry: &'static Entry) -> Self {
        Self {
            error_code: entry.code.clone(),
            explained: Some(ExplainedJson::of(entry)),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::errors::entry;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_code_is_shown_with_all_that_is_known_of_it() {
        let shown = ErrorCodeJson::of(entry("30002").expect("it is in the catalogue"));
        let shown = serde_json::to_value(shown).expect("texts and numbers");
        let expected = json!({
            "code": "30002",
            "kind": "message",
            "level": "error",
            "meaning": "balance too low for the message or operation",
            "signalwire": "the balance is too low for the message or operation",
            "twilio": "the account is suspended",
            "fault": "sender",
            "retry": "after_change",
            "remedy": "add funds or auto top-up",
            "same_as": ["insufficient_balance_to_send_message"],
            "seen_in": [],
            "source": ["compat error codes", "messaging troubleshooting (old)"],
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn filters_are_all_held_to() {
        let filter = CodeFilter {
            fault: Some(Fault::Carrier),
            retry: Some(Retry::Later),
            ..CodeFilter::default()
        };
        let found = filter.entries();
        assert!(found.iter().any(|it| it.code == "30008"));
        assert!(found.iter().all(|it| it.fault == Fault::Carrier));
        let text = Some("congested".to_owned());
        let found = CodeFilter { text, ..filter }.entries();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(CodeFilter::default().entries().len(), entries().len());
    }
}
