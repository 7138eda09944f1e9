//! The scenarios of recordings and transcriptions: how they end, and when.
//!
//! Part of a [`Scenario`](super::Scenario); kept in the resource's memo. Times are of the
//! simulated world.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use super::seconds::Seconds;

/// Longest text of a transcription, in characters.
const MAX_TEXT: usize = 4_096;

/// What becomes of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecordingScenario {
    /// How it ends; as what it heard says, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RecordingEnd>,
    /// From when it stops until it ends so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_after_s: Option<Seconds>,
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecordingEnd {
    /// Its file is there, if there is anything on it.
    Completed,
    /// There is nothing on it.
    Absent,
    /// Its file cannot be made.
    Failed,
}

/// What becomes of a transcription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TranscriptionScenario {
    /// How it ends; `completed`, if there is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TranscriptionEnd>,
    /// The text, at most 4,096 characters; what was said in the recording, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// From its creation until it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_after_s: Option<Seconds>,
}

/// How a transcription ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TranscriptionEnd {
    /// With a text.
    Completed,
    /// Without one.
    Failed,
}

impl TranscriptionScenario {
    /// Whether all of it can happen.
    pub fn check(&self) -> Result<(), Problem> {
        let Some(text) = &self.text else {
            return Ok(());
        };
        if self.status == Some(TranscriptionEnd::Failed) {
            let why = "is for a transcription that is completed";
            return Err(Problem::new("text", why));
        }
        if text.trim().is_empty() || text.chars().count() > MAX_TEXT {
            let why = format!("has 1 to {MAX_TEXT} characters");
            return Err(Problem::new("text", &why));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_for_a_transcription_that_is_completed() {
        check(
            r#"{"status":"failed","text":"x"}"#,
            Some("that is completed"),
        );
        check(r#"{"text":" "}"#, Some("1 to 4096"));
        check(r#"{"text":"hello","ends_after_s":3}"#, None);
        check(r#"{"status":"failed"}"#, None);

        #[track_caller]
        fn check(json: &str, expected: Option<&str>) {
            let scenario: TranscriptionScenario = serde_json::from_str(json).unwrap();
            let problem = scenario.check().err().map(|it| it.to_string());
            assert_eq!(problem.is_some(), expected.is_some(), "{problem:?}");
            assert!(
                problem
                    .unwrap_or_default()
                    .contains(expected.unwrap_or_default())
            );
        }
    }
}
