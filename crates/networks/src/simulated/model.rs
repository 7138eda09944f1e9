//! What the simulated network is like where that can be told: its pace, its rules,
//! what it leaves to chance and how much it takes.
//!
//! Made by the command from its configuration, and read by the courses. The default of each is
//! what the network does untold.

use std::fmt;
use std::str::FromStr;

use super::capacity::Capacity;
use super::chance::Chance;

/// What the simulated network is like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// How long the registry of brands, campaigns and numbers takes.
    pub pace: Pace,
    /// Whether a message needs a campaign.
    pub campaigns: CampaignRule,
    /// What becomes of calls and messages, and when, where it is left to chance.
    pub chance: Chance,
    /// How much is taken at a time; any amount, if there is none.
    pub capacity: Option<Capacity>,
}

/// How long the registry of brands, campaigns and numbers takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Seconds.
    #[default]
    Brisk,
    /// As long as in life: days.
    Real,
}

/// Whether a message is sent from a number that is in no campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CampaignRule {
    /// It is.
    #[default]
    Optional,
    /// It is refused, from a number of ten digits in North America.
    Required,
}

impl Pace {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Brisk => "brisk",
            Self::Real => "real",
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pace {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        [Self::Brisk, Self::Real]
            .into_iter()
            .find(|pace| pace.as_str() == word)
            .ok_or(())
    }
}
