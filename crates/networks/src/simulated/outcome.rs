//! Outcomes as words: what becomes of a call or a message, as configurations and memos have it.
//!
//! Used by weights, and by what is settled for a resource when it is made.

use ringback_domain::call::AnsweredBy;
use ringback_domain::errors::ErrorCode;
use ringback_domain::sip::{Alerting, SipResult};
use serde::{Deserialize, Deserializer, Serializer};

use super::numbers::{CallFate, MessageFate};

/// What may become of a resource, by a word.
pub trait Outcome: Sized {
    /// In words, what weights of it are written like: with all the words that there are.
    const ALLOWED: &'static str;

    /// What `word` stands for.
    fn from_word(word: &str) -> Option<Self>;

    /// Its word, which reads back.
    fn word(&self) -> String;

    /// Whether who made the resource hoped for something else.
    fn is_trouble(&self) -> bool;
}

impl Outcome for CallFate {
    const ALLOWED: &'static str =
        "weights such as `answered=70, machine=15, no-answer=10, busy=4, sip:404=1`";

    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "answered" => Self::Answered(AnsweredBy::Human),
            "machine" => Self::Answered(AnsweredBy::Machine),
            "no-answer" => Self::RingsOut,
            "busy" => refused(SipResult::BUSY),
            "canceled" => Self::Canceled,
            "unreachable" => Self::Unreachable,
            _ => {
                let code: u16 = word.strip_prefix("sip:")?.parse().ok()?;
                let fails = (400..=699).contains(&code);
                refused(SipResult::new(code).filter(|_| fails)?)
            }
        })
    }

    fn word(&self) -> String {
        match self {
            Self::Answered(AnsweredBy::Human) => "answered".to_owned(),
            Self::Answered(AnsweredBy::Machine) => "machine".to_owned(),
            Self::RingsOut => "no-answer".to_owned(),
            Self::Canceled => "canceled".to_owned(),
            Self::Unreachable => "unreachable".to_owned(),
            Self::Refused { sip, .. } if *sip == SipResult::BUSY => "busy".to_owned(),
            Self::Refused { sip, .. } => format!("sip:{}", sip.code()),
        }
    }

    fn is_trouble(&self) -> bool {
        match self {
            Self::Answered(AnsweredBy::Human | AnsweredBy::Machine) => false,
            Self::RingsOut | Self::Refused { .. } | Self::Canceled | Self::Unreachable => true,
        }
    }
}

/// Refused as it is in life: who declines, or does not answer, was alerted (RFC 3398); whatever
/// else refuses does so at once.
const fn refused(sip: SipResult) -> CallFate {
    let alerting = match sip.code() {
        480 | 603 => Alerting::Rang,
        _ => Alerting::Silent,
    };
    CallFate::Refused { sip, alerting }
}

impl Outcome for MessageFate {
    const ALLOWED: &'static str =
        "weights such as `delivered=95, no-receipt=1, undelivered:30003=3, failed:30002=1`";

    fn from_word(word: &str) -> Option<Self> {
        let known = |code: &str| {
            let code = ErrorCode::reported(code.to_owned());
            code.entry().is_some().then_some(code)
        };
        Some(match word.split_once(':') {
            None if word == "delivered" => Self::Delivered,
            None if word == "no-receipt" => Self::NoReceipt,
            Some(("undelivered", code)) => Self::Undelivered(known(code)?),
            Some(("failed", code)) => Self::Failed(known(code)?),
            None | Some(_) => return None,
        })
    }

    fn word(&self) -> String {
        match self {
            Self::Delivered => "delivered".to_owned(),
            Self::NoReceipt => "no-receipt".to_owned(),
            Self::Undelivered(code) => format!("undelivered:{code}"),
            Self::Failed(code) => format!("failed:{code}"),
        }
    }

    fn is_trouble(&self) -> bool {
        match self {
            Self::Delivered => false,
            Self::NoReceipt | Self::Undelivered(_) | Self::Failed(_) => true,
        }
    }
}

/// Writes the word of an outcome, if there is one.
#[expect(clippy::ref_option, reason = "serde asks for a reference to the field")]
pub(super) fn serialize<T: Outcome, S: Serializer>(
    outcome: &Option<T>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match outcome {
        Some(outcome) => to.serialize_str(&outcome.word()),
        None => to.serialize_none(),
    }
}

/// Reads an outcome by its word, if there is one.
pub(super) fn deserialize<'de, T: Outcome, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    let word = Option::<String>::deserialize(from)?;
    let read = |word: String| {
        let outcome = T::from_word(&word);
        outcome.ok_or_else(|| serde::de::Error::custom("no outcome"))
    };
    word.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for word in [
            "answered",
            "machine",
            "no-answer",
            "busy",
            "sip:404",
            "sip:603",
        ] {
            assert_eq!(CallFate::from_word(word).unwrap().word(), word);
        }
        for word in [
            "delivered",
            "no-receipt",
            "undelivered:30003",
            "failed:30022",
        ] {
            assert_eq!(MessageFate::from_word(word).unwrap().word(), word);
        }
        assert_eq!(CallFate::from_word("sip:486").unwrap().word(), "busy");
        for bad in ["", "sip:", "sip:200", "sip:700", "sip:x", "Answered"] {
            assert_eq!(CallFate::from_word(bad), None, "{bad:?}");
        }
        for bad in [
            "",
            "undelivered",
            "undelivered:1",
            "failed:",
            "delivered:30003",
        ] {
            assert_eq!(MessageFate::from_word(bad), None, "{bad:?}");
        }
    }
}
