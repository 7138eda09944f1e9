//! Carriers: which one a number is with, and what it does differently.
//!
//! Named in a configuration. Which carrier a number is with follows from its digits and from
//! the shares alone, never from the seed: a number is with the same one in every run.

use std::fmt;
use std::str::FromStr;

use ringback_domain::phone::{Address, address};

use super::course::Line;
use super::draw::mix;
use super::timing::Thousandths;

/// How many carriers there are at most, how long a name is, and how large a share.
const MAX_CARRIERS: usize = 50;
const MAX_NAME: usize = 40;
const MAX_SHARE: u32 = 1_000_000;
/// Most jitter that a carrier adds, in milliseconds: ten times what makes a conversation
/// impossible.
const MAX_JITTER_MS: u32 = 2_000;
/// Thousandths of a percent in a thousandth of the whole.
const PERCENT_PARTS: u32 = 100;

/// The carriers that numbers are with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carriers(Vec<Carrier>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// What it is called.
    pub name: String,
    /// How many of the numbers are with it, compared with the others.
    pub share: u32,
    /// How many times as long its receipts take.
    pub receipts: Thousandths,
    /// How many times as much weighs whatever goes wrong.
    pub trouble: Thousandths,
    /// What it adds to the jitter and the loss of calls.
    pub line: Line,
    /// How many segments a day it takes of one campaign; any number, if it is not told.
    pub daily: Option<u32>,
}

/// In words, what [`Carriers`] are written like.
const ALLOWED: &str = "carriers with semicolons, each `NAME: share=40, receipts=1.5, trouble=0.8, \
     jitter=20, loss=0.5, daily=2000`, all but the share optional";

/// They are written otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("carriers are {ALLOWED}")]
pub struct NoCarriers;

impl Carriers {
    /// In words, what they are written like.
    pub const ALLOWED: &'static str = ALLOWED;

    /// The carrier of a number; none of what is no number in E.164.
    pub fn of(&self, number: &str) -> Option<&Carrier> {
        if address(number) != Some(Address::E164) {
            return None;
        }
        // Any good hash does; this one is never to be changed, or numbers change carriers.
        let hash = number
            .bytes()
            .fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let total: u64 = self.0.iter().map(|it| u64::from(it.share)).sum();
        let mut left = hash % total;
        self.0.iter().find(|carrier| {
            let share = u64::from(carrier.share);
            let within = left < share;
            left = left.saturating_sub(share);
            within
        })
    }
}

impl FromStr for Carriers {
    type Err = NoCarriers;

    fn from_str(text: &str) -> Result<Self, NoCarriers> {
        let carriers: Result<Vec<Carrier>, _> = text.split(';').map(str::parse).collect();
        let carriers = carriers?;
        let shares = carriers.iter().any(|it| it.share > 0);
        let fits = carriers.len() <= MAX_CARRIERS;
        // What a carrier takes a day is counted by its name.
        let mut names: Vec<&str> = carriers.iter().map(|it| it.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let differ = names.len() == carriers.len();
        (shares && fits && differ)
            .then_some(Self(carriers))
            .ok_or(NoCarriers)
    }
}

impl FromStr for Carrier {
    type Err = NoCarriers;

    fn from_str(text: &str) -> Result<Self, NoCarriers> {
        let (name, keys) = text.split_once(':').ok_or(NoCarriers)?;
        let name = name.trim();
        if name.is_empty() || name.len() > MAX_NAME || name.contains(char::is_control) {
            return Err(NoCarriers);
        }
        let mut carrier = Self {
            name: name.to_owned(),
            share: 0,
            receipts: Thousandths::ONE,
            trouble: Thousandths::ONE,
            line: Line::default(),
            daily: None,
        };
        for pair in keys.split(',') {
            let (key, value) = pair.split_once('=').ok_or(NoCarriers)?;
            carrier.set(key.trim(), value.trim())?;
        }
        Ok(carrier)
    }
}

impl Carrier {
    fn set(&mut self, key: &str, value: &str) -> Result<(), NoCarriers> {
        let number = |most: u32| match value.parse::<u32>() {
            Ok(number) if number <= most => Ok(number),
            Ok(_) | Err(_) => Err(NoCarriers),
        };
        let factor = || value.parse::<Thousandths>().map_err(|_| NoCarriers);
        match key {
            "share" => self.share = number(MAX_SHARE)?,
            "receipts" => self.receipts = factor()?,
            "trouble" => self.trouble = factor()?,
            "jitter" => self.line.jitter_ms = number(MAX_JITTER_MS)?,
            // In percent, with one place after the point.
            "loss" if factor()?.count() % PERCENT_PARTS == 0 => {
                self.line.loss_thousandths = factor()?.count() / PERCENT_PARTS;
            }
            "daily" => self.daily = Some(number(u32::MAX)?),
            _ => return Err(NoCarriers),
        }
        Ok(())
    }
}

impl fmt::Display for Carriers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, carrier) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { "; " };
            write!(f, "{gap}{carrier}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: share={}", self.name, self.share)?;
        if self.receipts != Thousandths::ONE {
            write!(f, ", receipts={}", self.receipts)?;
        }
        if self.trouble != Thousandths::ONE {
            write!(f, ", trouble={}", self.trouble)?;
        }
        if self.line.jitter_ms > 0 {
            write!(f, ", jitter={}", self.line.jitter_ms)?;
        }
        if self.line.loss_thousandths > 0 {
            let loss = Thousandths::new(self.line.loss_thousandths * PERCENT_PARTS);
            write!(f, ", loss={loss}")?;
        }
        match self.daily {
            Some(daily) => write!(f, ", daily={daily}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &str = "Northline: share=50; Lakeside: share=30, receipts=1.5, jitter=25, \
                         loss=0.5; Farpoint: share=20, trouble=2, daily=2000";

    #[test]
    fn carriers_are_written_as_they_are_read() {
        let carriers: Carriers = THREE.parse().unwrap();
        assert_eq!(carriers.to_string(), THREE);
        for bad in [
            "",
            "Northline",
            ": share=1",
            "Northline: share=0",
            "Northline: share=1;",
            "Northline: share=1; Northline: share=2, daily=5",
            "Northline: share=1, colour=red",
            "Northline: share=-1",
            "Northline: share=1, jitter=2001",
            "Northline: share=1, loss=0.05",
            "Northline: share=1, loss=101",
            "Northline: share=1, trouble=0",
        ] {
            assert_eq!(bad.parse::<Carriers>(), Err(NoCarriers), "{bad:?}");
        }
    }

    #[test]
    fn a_number_is_with_one_carrier_and_they_have_their_shares() {
        let carriers: Carriers = THREE.parse().unwrap();
        let name = |number: &str| carriers.of(number).map(|it| it.name.as_str());
        // Never to be changed: who tests with a number relies on its carrier.
        assert_eq!(name("+15550100004"), Some("Northline"));
        assert_eq!(name("+15550100005"), Some("Lakeside"));
        assert_eq!(name("sip:bob@example.com"), None);
        let mut counts = [0_u32; 3];
        for number in 0..10_000 {
            let found = name(&format!("+1555{number:07}"));
            let names = [Some("Northline"), Some("Lakeside"), Some("Farpoint")];
            counts[names.iter().position(|it| *it == found).unwrap()] += 1;
        }
        for (count, expected) in counts.into_iter().zip([5_000_u32, 3_000, 2_000]) {
            // Four standard deviations of a binomial number.
            assert!(count.abs_diff(expected) < 200, "{counts:?}");
        }
    }
}
