//! The scenarios of messages: what becomes of one that goes out, how one comes in.
//!
//! Given as JSON when a message is made to come in, or as part of a
//! [`Scenario`](super::Scenario); kept in its memo. All times are of the simulated world. A
//! field that is not known is refused, so that a misspelt one is noticed.

use std::fmt;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use schemars::JsonSchema;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Problem;
use super::seconds::Seconds;
use crate::simulated::numbers::MessageFate;

/// What a carrier says that gives no reason.
const NO_REASON: ErrorCode = error_code!("30008");

/// What becomes of a message that goes out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageScenario {
    /// How it ends; `delivered`, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<MessageEnd>,
    /// Why, if it does not end well: a code of the catalogue, such as `30022`. 30008 if it is
    /// not given.
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "text_or_number"
    )]
    #[schemars(extend("format" = "error-code", "type" = ["string", "integer", "null"]))]
    pub error_code: Option<String>,
    /// From its creation until it is handed to a carrier, or fails.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sending_after_s: Option<Seconds>,
    /// From its creation until the carrier has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_after_s: Option<Seconds>,
    /// From then until its receipt comes. MMS has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_after_s: Option<Seconds>,
}

/// How a message comes in, and what becomes of the answers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InboundMessageScenario {
    /// How long it is on its way in; a fraction of a second, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrives_after_s: Option<Seconds>,
    /// What becomes of each message that its document answers with; by the digits of the
    /// recipient, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<MessageScenario>,
}

/// How a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MessageEnd {
    /// With the receipt that it was delivered.
    Delivered,
    /// It is sent, and nothing more is ever heard of it.
    Sent,
    /// With the receipt that it was not delivered.
    Undelivered,
    /// No carrier takes it.
    Failed,
}

impl MessageScenario {
    /// What becomes of the message.
    pub(in crate::simulated) fn fate(&self) -> MessageFate {
        let code = || match &self.error_code {
            Some(code) => ErrorCode::reported(code.clone()),
            None => NO_REASON,
        };
        match self.status {
            Some(MessageEnd::Delivered) | None => MessageFate::Delivered,
            Some(MessageEnd::Sent) => MessageFate::NoReceipt,
            Some(MessageEnd::Undelivered) => MessageFate::Undelivered(code()),
            Some(MessageEnd::Failed) => MessageFate::Failed(code()),
        }
    }

    /// Whether all of it can happen.
    pub fn check(&self) -> Result<(), Problem> {
        let (ends_well, has_receipt, is_sent) = match self.status {
            Some(MessageEnd::Delivered) | None => (true, true, true),
            Some(MessageEnd::Sent) => (true, false, true),
            Some(MessageEnd::Undelivered) => (false, true, true),
            Some(MessageEnd::Failed) => (false, false, false),
        };
        if let Some(code) = &self.error_code {
            if ErrorCode::reported(code.clone()).entry().is_none() {
                return Err(Problem::new(
                    "error_code",
                    "has to be a code of the catalogue, such as 30003",
                ));
            }
            if ends_well {
                return Err(Problem::new(
                    "error_code",
                    "is for a message that ends `undelivered` or `failed`",
                ));
            }
        }
        if !is_sent && self.sent_after_s.is_some() {
            let why = "is for a message that is sent; when one fails is `sending_after_s`";
            return Err(Problem::new("sent_after_s", why));
        }
        if !has_receipt && self.receipt_after_s.is_some() {
            return Err(Problem::new(
                "receipt_after_s",
                "is for a message that ends `delivered` or `undelivered`",
            ));
        }
        if let (Some(sending), Some(sent)) = (self.sending_after_s, self.sent_after_s)
            && sent < sending
        {
            let why = "counts from its creation: it cannot be before `sending_after_s`";
            return Err(Problem::new("sent_after_s", why));
        }
        Ok(())
    }
}

impl InboundMessageScenario {
    /// Whether all of it can happen.
    pub fn check(&self) -> Result<(), Problem> {
        match &self.replies {
            Some(replies) => replies.check().map_err(|problem| problem.within("replies")),
            None => Ok(()),
        }
    }
}

/// A code, in quotes or as a bare number.
fn text_or_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    struct Reader;

    impl Visitor<'_> for Reader {
        type Value = Option<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an error code, such as 30003")
        }

        fn visit_str<E: de::Error>(self, code: &str) -> Result<Option<String>, E> {
            Ok(Some(code.to_owned()))
        }

        fn visit_unit<E: de::Error>(self) -> Result<Option<String>, E> {
            Ok(None)
        }

        fn visit_u64<E: de::Error>(self, code: u64) -> Result<Option<String>, E> {
            Ok(Some(code.to_string()))
        }

        fn visit_i64<E: de::Error>(self, code: i64) -> Result<Option<String>, E> {
            Ok(Some(code.to_string()))
        }
    }

    from.deserialize_any(Reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        check(r#"{"error_code":"1"}"#, "`error_code` has to be a code");
        check(
            r#"{"error_code":"30003"}"#,
            "ends `undelivered` or `failed`",
        );
        check(r#"{"reply":1}"#, "unknown field `reply`");
        check(r#"{"status":"lost"}"#, "unknown variant `lost`");
    }

    #[test]
    fn what_cannot_happen_is_refused() {
        check(
            r#"{"status":"failed","sent_after_s":3}"#,
            "a message that is sent",
        );
        check(
            r#"{"status":"failed","receipt_after_s":3}"#,
            "`receipt_after_s` is for",
        );
        check(
            r#"{"status":"sent","receipt_after_s":3}"#,
            "`receipt_after_s` is for",
        );
        check(
            r#"{"sending_after_s":3,"sent_after_s":2}"#,
            "cannot be before",
        );
        for possible in [
            "{}",
            r#"{"status":"failed","error_code":30022}"#,
            r#"{"status":"failed","error_code":"30022","sending_after_s":3}"#,
            r#"{"status":"undelivered","receipt_after_s":0}"#,
            r#"{"sending_after_s":3,"sent_after_s":3,"receipt_after_s":600}"#,
        ] {
            let scenario: MessageScenario = serde_json::from_str(possible).unwrap();
            assert_eq!(scenario.check(), Ok(()), "{possible}");
        }
    }

    #[test]
    fn what_is_wrong_with_the_replies_is_named_with_them() {
        let json = r#"{"arrives_after_s":86400,"replies":{"status":"failed","error_code":"1"}}"#;
        let scenario: InboundMessageScenario = serde_json::from_str(json).unwrap();
        let problem = scenario.check().unwrap_err().to_string();
        assert!(
            problem.starts_with("`replies.error_code` has to be"),
            "{problem}"
        );
    }

    #[track_caller]
    fn check(json: &str, expected: &str) {
        let read: Result<MessageScenario, _> = serde_json::from_str(json);
        let error = match read {
            Ok(scenario) => scenario.check().unwrap_err().to_string(),
            Err(error) => error.to_string(),
        };
        assert!(error.contains(expected), "{error}");
    }
}
