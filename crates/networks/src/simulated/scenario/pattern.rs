//! Patterns of numbers and addresses: `*` stands for any characters, also for none.
//!
//! Used by what a scenario is for. Everything else stands for itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest pattern, in characters.
const MAX_CHARS: usize = 256;

/// A pattern, such as `+1555*` or `*0180`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(extend("minLength" = 1, "maxLength" = MAX_CHARS))]
pub struct Pattern(String);

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pattern has 1 to {MAX_CHARS} characters, of which `*` stands for any others")]
pub struct NoPattern;

impl Pattern {
    /// Whether `text` is one of those that it stands for. At most as many steps as there are
    /// characters in both, times the stars.
    pub fn fits(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = text.strip_prefix(first) else {
            return false;
        };
        let Some(last) = parts.next_back() else {
            return rest.is_empty();
        };
        for part in parts {
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl TryFrom<String> for Pattern {
    type Error = NoPattern;

    fn try_from(text: String) -> Result<Self, NoPattern> {
        if text.is_empty() || text.chars().count() > MAX_CHARS {
            return Err(NoPattern);
        }
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        check("+15550100002", "+15550100002", true);
        check("+15550100002", "+155501000021", false);
        check("+1555*", "+15550100002", true);
        check("+1555*", "+1555", true);
        check("+1555*", "+4930", false);
        check("*0180", "+12125550180", true);
        check("*0180", "0180", true);
        check("*0180", "+125550181", false);
        check("+1*555*80", "+12125550180", true);
        check("+1*555*80", "+1255580", true);
        check("*a*a*", "aa", true);
        check("*a*a*", "a", false);
        check("aba*ba", "aba", false);
        check("*", "", true);
        check("client:*", "client:alice", true);

        #[track_caller]
        fn check(pattern: &str, text: &str, expected: bool) {
            let read = Pattern::try_from(pattern.to_owned()).unwrap();
            assert_eq!(read.fits(text), expected, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn an_empty_pattern_and_a_long_one_are_none() {
        assert_eq!(Pattern::try_from(String::new()), Err(NoPattern));
        assert_eq!(Pattern::try_from("1".repeat(257)), Err(NoPattern));
    }
}
