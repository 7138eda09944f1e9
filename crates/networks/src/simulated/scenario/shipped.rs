//! The scenarios that come with the program, by name.
//!
//! Each is a TOML file beside the sources, read by the same parser as everybody's. Used by
//! `like`, by the numbers that stand for one, and printed by `ringback simulate scenarios`.

use std::sync::LazyLock;

use super::{Format, Scenario, read};

/// A scenario that comes with the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipped {
    /// What it is called.
    pub name: &'static str,
    /// What happens, in a line: the first comment of its text.
    pub summary: &'static str,
    /// Its text.
    pub text: &'static str,
    /// What that says.
    pub scenario: Scenario,
}

macro_rules! shipped {
    ($($name:literal)+) => {
        &[$(($name, include_str!(concat!("../../../scenarios/", $name, ".toml")))),+]
    };
}

/// Every name and text, in the order in which they are printed.
const TEXTS: &[(&str, &str)] = shipped! {
    "answered"
    "busy"
    "no-answer"
    "failed"
    "unreachable"
    "busy-everywhere"
    "unwanted-call"
    "canceled"
    "slow-answer"
    "voicemail"
    "machine"
    "poor-audio"
    "inbound-call"
    "delivered"
    "undelivered"
    "failed-message"
    "no-receipt"
    "late-receipt"
    "slow-message"
    "price-too-high"
    "too-fast"
    "daily-cap"
    "carrier-timeout"
    "no-campaign"
    "mms"
    "mms-undelivered"
    "inbound-message"
    "recording-absent"
    "recording-failed"
    "transcription-failed"
    "brand-unverified"
    "campaign-deactivated"
    "assignment-retried"
};

/// Every shipped scenario, in the order in which they are printed.
pub fn all() -> &'static [Shipped] {
    static ALL: LazyLock<Vec<Shipped>> = LazyLock::new(|| {
        let read = |(name, text): &(&'static str, &'static str)| Shipped {
            name,
            summary: text
                .lines()
                .next()
                .unwrap_or_default()
                .trim_start_matches("# "),
            text,
            scenario: read(text, Format::Toml).expect("a test reads every one"),
        };
        TEXTS.iter().map(read).collect()
    });
    &ALL
}

/// The shipped scenario of this name.
pub fn find(name: &str) -> Option<&'static Shipped> {
    all().iter().find(|it| it.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_can_be_read_and_says_in_a_line_what_happens() {
        for (name, text) in TEXTS {
            let scenario =
                read(text, Format::Toml).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(scenario.name(), *name);
            let first = text.lines().next().unwrap_or_default();
            assert!(
                first.starts_with("# ") && first.ends_with('.'),
                "{name}: {first}"
            );
        }
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), TEXTS.len());
    }
}
