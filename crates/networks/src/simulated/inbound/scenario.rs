//! The scenario of a message that comes in: what is not left to chance and to numbers.
//!
//! Given as JSON when a message is made to come in, and kept in its memo. All durations are of
//! the simulated world. A field that is not known is refused, so that a misspelt one is noticed.

use ringback_domain::errors::ErrorCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest time that can be named, in seconds: a day.
const MAX_SECONDS: u32 = 86_400;

/// How a message comes in, and what becomes of the answers to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageScenario {
    /// How long it is on its way in, in seconds; a fraction of one, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = MAX_SECONDS))]
    pub arrives_after_s: Option<u32>,
    /// What becomes of each message that its document answers with; by the last four digits of
    /// the recipient, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<ReplyOutcome>,
}

/// What becomes of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyOutcome {
    /// How it ends.
    pub status: ReplyStatus,
    /// Why, if it does not end well: a code of the catalogue, such as `30022`. 30008 if it is
    /// not given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schemars(extend("format" = "error-code"))]
    pub error_code: Option<String>,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReplyStatus {
    /// With the receipt that it was delivered.
    Delivered,
    /// It is sent, and nothing more is ever heard of it.
    Sent,
    /// With the receipt that it was not delivered.
    Undelivered,
    /// No carrier takes it.
    Failed,
}

/// Why a scenario is refused. The text names the field and says what it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageScenarioError {
    /// A time out of range.
    #[error("`arrives_after_s` is at most {MAX_SECONDS}")]
    TooLate,
    /// A code that is in no catalogue.
    #[error("`error_code` has to be a code of the catalogue, such as 30003")]
    UnknownCode,
}

impl MessageScenario {
    /// Whether all of it is within bounds.
    pub fn check(&self) -> Result<(), MessageScenarioError> {
        if self
            .arrives_after_s
            .is_some_and(|after| after > MAX_SECONDS)
        {
            return Err(MessageScenarioError::TooLate);
        }
        let code = self.replies.as_ref().and_then(|it| it.error_code.as_ref());
        match code {
            Some(code) if ErrorCode::reported(code.clone()).entry().is_none() => {
                Err(MessageScenarioError::UnknownCode)
            }
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let check = |json: &str| {
            let scenario: MessageScenario = serde_json::from_str(json).unwrap();
            scenario.check()
        };
        let good =
            r#"{"arrives_after_s":86400,"replies":{"status":"failed","error_code":"30022"}}"#;
        assert_eq!(check(good), Ok(()));
        assert_eq!(check("{}"), Ok(()));
        let late = r#"{"arrives_after_s":86401}"#;
        assert_eq!(check(late), Err(MessageScenarioError::TooLate));
        let code = r#"{"replies":{"status":"failed","error_code":"1"}}"#;
        assert_eq!(check(code), Err(MessageScenarioError::UnknownCode));
        for unknown in [r#"{"reply":1}"#, r#"{"replies":{"status":"lost"}}"#] {
            assert!(serde_json::from_str::<MessageScenario>(unknown).is_err());
        }
    }
}
