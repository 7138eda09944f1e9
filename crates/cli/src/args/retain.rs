//! How long what is old is kept: `30d`, or `0` for ever.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::operator::seconds;

/// How long a resource is kept that nothing happens to; for ever, if it is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retain(pub Option<Duration>);

impl Retain {
    /// Nothing is ever deleted by itself.
    pub const FOREVER: Self = Self(None);

    /// What it can be, in words.
    pub const ALLOWED: &'static str = "a time such as 30d, 12h, 90m or 45s, or 0 for ever";
}

impl FromStr for Retain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "0" {
            return Ok(Self::FOREVER);
        }
        match seconds(text) {
            Ok(seconds) if seconds > 0 => Ok(Self(Some(Duration::from_secs(seconds)))),
            // Of `0d` nobody knows whether everything or nothing is to be kept.
            Ok(_) | Err(_) => Err(format!("it is {}", Self::ALLOWED)),
        }
    }
}

impl fmt::Display for Retain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(kept) = self.0 else {
            return f.write_str("0");
        };
        let seconds = kept.as_secs();
        let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
        match units.into_iter().find(|(unit, _)| seconds % unit == 0) {
            Some((unit, letter)) => write!(f, "{}{letter}", seconds / unit),
            None => write!(f, "{seconds}s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_reads_back() {
        for text in ["0", "30d", "36h", "90m", "45s"] {
            assert_eq!(text.parse::<Retain>().unwrap().to_string(), text);
        }
        assert_eq!("0".parse(), Ok(Retain::FOREVER));
        for bad in ["", "30", "-1d", "1.5d", "0d", "30 d", "4w", "d"] {
            assert!(bad.parse::<Retain>().is_err(), "{bad}");
        }
    }
}
