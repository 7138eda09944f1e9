//! The scenario of a call: what its far end does, where that is not left to its number.
//!
//! Given as JSON when a call is made to come in, and kept by the call among what was requested
//! of it, by the name of [`PARAMETER`]. All durations are of the simulated world. A field that is not known is refused, so that a
//! misspelt one is noticed.

use ringback_domain::call::Call;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name by which a call's `requested` holds its scenario, as JSON that was checked.
pub const PARAMETER: &str = "Scenario";

/// How many things of one kind a scenario holds at most.
const MAX_ITEMS: usize = 100;
/// How long one of them is at most, in characters.
const MAX_CHARS: usize = 4_096;
/// Longest time that can be named, in seconds: a day.
const MAX_SECONDS: u32 = 86_400;

/// What the far end of a call that comes in does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CallScenario {
    /// Whether it waits to be answered: with `no-answer` or `busy` it does not, and the call ends
    /// so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<FarEnd>,
    /// What it says when it is recorded: one for each recording, in order; the last one stays.
    /// Without any it says a sentence of the network's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ITEMS), inner(length(max = MAX_CHARS)))]
    pub says: Vec<String>,
    /// The keys that it presses: one for each `<Gather>` that hears keys, and for each
    /// `<Record>`, in order. An empty one, and when they are used up: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ITEMS), inner(length(max = MAX_CHARS), regex(pattern = "^[0-9*#]*$")))]
    pub digits: Vec<String>,
    /// What it says to each `<Gather>` that hears speech, in order. An empty one, and when
    /// they are used up: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ITEMS), inner(length(max = MAX_CHARS)))]
    pub speech: Vec<String>,
    /// When it hangs up, in seconds after the call was answered; if not given it stays until
    /// the document is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = MAX_SECONDS))]
    pub hangs_up_after_s: Option<u32>,
}

/// What the far end is, or why it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FarEnd {
    /// A person.
    Human,
    /// A machine.
    Machine,
    /// It hangs up before it is answered.
    NoAnswer,
    /// It has become busy.
    Busy,
}

/// Why a scenario is refused. The text names the field and says what it may be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScenarioError {
    /// It is no JSON object of this form.
    #[error("the scenario cannot be read: {0}")]
    Unreadable(String),
    /// A list is too long.
    #[error("`{0}` holds at most {MAX_ITEMS}")]
    TooMany(&'static str),
    /// One of a list is too long.
    #[error("each of `{0}` has at most {MAX_CHARS} characters")]
    TooLong(&'static str),
    /// Something else than keys.
    #[error("`digits` may hold 0-9, * and # alone")]
    Digits,
    /// A time out of range.
    #[error("`hangs_up_after_s` is at most {MAX_SECONDS}")]
    TooLate,
}

impl CallScenario {
    /// The scenario of `call`; an empty one if it has none.
    pub fn of(call: &Call) -> Self {
        let given = call.requested.iter().find(|(name, _)| name == PARAMETER);
        given
            .and_then(|(_, json)| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// Reads a scenario from JSON.
    pub fn parse(json: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = serde_json::from_str(json)
            .map_err(|error| ScenarioError::Unreadable(error.to_string()))?;
        scenario.check()?;
        Ok(scenario)
    }

    /// Whether all of it is within bounds: for one that was read as part of something else.
    pub fn check(&self) -> Result<(), ScenarioError> {
        for (name, items) in [
            ("says", &self.says),
            ("digits", &self.digits),
            ("speech", &self.speech),
        ] {
            if items.len() > MAX_ITEMS {
                return Err(ScenarioError::TooMany(name));
            }
            if items.iter().any(|item| item.chars().count() > MAX_CHARS) {
                return Err(ScenarioError::TooLong(name));
            }
        }
        let is_key = |key: char| matches!(key, '0'..='9' | '*' | '#');
        if !self.digits.iter().all(|digits| digits.chars().all(is_key)) {
            return Err(ScenarioError::Digits);
        }
        if self
            .hangs_up_after_s
            .is_some_and(|after| after > MAX_SECONDS)
        {
            return Err(ScenarioError::TooLate);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_is_read_and_written_alike() {
        let json =
            r#"{"answer":"no-answer","says":["hi"],"digits":["1234#",""],"hangs_up_after_s":9}"#;
        let scenario = CallScenario::parse(json).unwrap();
        assert_eq!(scenario.answer, Some(FarEnd::NoAnswer));
        assert_eq!(serde_json::to_string(&scenario).unwrap(), json);
        assert_eq!(CallScenario::parse("{}").unwrap(), CallScenario::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        check(r#"{"digit":["1"]}"#, "unknown field `digit`");
        check(r#"{"answer":"robot"}"#, "unknown variant `robot`");
        check(r#"{"digits":["12a"]}"#, "0-9, * and # alone");
        check(r#"{"hangs_up_after_s":86401}"#, "at most 86400");
        let many = format!(r#"{{"says":[{}"x"]}}"#, r#""x","#.repeat(MAX_ITEMS));
        check(&many, "`says` holds at most 100");
        let long = format!(r#"{{"speech":["{}"]}}"#, "x".repeat(MAX_CHARS + 1));
        check(&long, "each of `speech` has at most 4096 characters");

        #[track_caller]
        fn check(json: &str, expected: &str) {
            let error = CallScenario::parse(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
