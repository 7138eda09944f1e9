//! Weights: how often what becomes of calls or messages.
//!
//! Named in a configuration as `answered=70, busy=30`, and drawn from when a call or a message
//! is made. Whole numbers, so that a draw is the same on every machine.

use std::fmt;
use std::str::FromStr;

use super::draw::Stream;
use super::outcome::Outcome;
use super::timing::Thousandths;

/// How many outcomes are told apart at most, and how much one of them weighs at most: the sum,
/// multiplied by a carrier's share of trouble, is then far below 2^64.
const MAX_OUTCOMES: usize = 100;
const MAX_WEIGHT: u32 = 1_000_000;

/// How often each outcome is drawn, compared with the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weights<T>(Vec<(T, u32)>);

/// They are written otherwise, or weigh nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("weights are written OUTCOME=WEIGHT, with commas, at least one of them above 0")]
pub struct NoWeights;

impl<T: Outcome> Weights<T> {
    /// In words, what they are written like.
    pub const ALLOWED: &'static str = T::ALLOWED;

    /// One of the outcomes; what is trouble weighs `trouble` times as much.
    pub fn pick(&self, stream: &mut Stream, trouble: Thousandths) -> &T {
        let weigh = |(outcome, weight): &(T, u32)| {
            let factor = if outcome.is_trouble() {
                trouble
            } else {
                Thousandths::ONE
            };
            u64::from(*weight) * u64::from(factor.count())
        };
        let mut left = stream.below(self.0.iter().map(weigh).sum());
        let picked = self.0.iter().find(|entry| {
            let weight = weigh(entry);
            let within = left < weight;
            left = left.saturating_sub(weight);
            within
        });
        let (outcome, _) = picked.expect("what is drawn is below the sum of the weights");
        outcome
    }

    /// Each outcome with its weight.
    pub fn iter(&self) -> impl Iterator<Item = &(T, u32)> {
        self.0.iter()
    }
}

impl<T: Outcome> FromStr for Weights<T> {
    type Err = NoWeights;

    fn from_str(text: &str) -> Result<Self, NoWeights> {
        let entry = |part: &str| {
            let (word, weight) = part.split_once('=')?;
            let weight: u32 = weight.trim().parse().ok()?;
            let outcome = T::from_word(word.trim())?;
            (weight <= MAX_WEIGHT).then_some((outcome, weight))
        };
        let entries: Option<Vec<_>> = text.split(',').map(entry).collect();
        let entries = entries.ok_or(NoWeights)?;
        let mut words: Vec<String> = entries.iter().map(|(it, _)| it.word()).collect();
        words.sort_unstable();
        words.dedup();
        let weighs = entries.iter().any(|(_, weight)| *weight > 0);
        let fits = words.len() == entries.len() && entries.len() <= MAX_OUTCOMES;
        (weighs && fits).then_some(Self(entries)).ok_or(NoWeights)
    }
}

impl<T: Outcome> fmt::Display for Weights<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (outcome, weight)) in self.0.iter().enumerate() {
            let gap = if index == 0 { "" } else { ", " };
            write!(f, "{gap}{}={weight}", outcome.word())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::{Draw, Purpose};
    use super::super::numbers::CallFate;
    use super::*;

    #[test]
    fn weights_are_written_as_they_are_read() {
        let weights: Weights<CallFate> = "answered=70,busy = 20, sip:404=0".parse().unwrap();
        assert_eq!(weights.to_string(), "answered=70, busy=20, sip:404=0");
        for bad in [
            "",
            "answered",
            "answered=0",
            "answered=-1",
            "answered=1,",
            "answered=1,answered=2",
            "busy=1, sip:486=1",
            "away=1",
            "answered=1000001",
        ] {
            assert_eq!(bad.parse::<Weights<CallFate>>(), Err(NoWeights), "{bad:?}");
        }
    }

    #[test]
    fn what_weighs_nothing_never_happens() {
        let weights: Weights<CallFate> = "answered=0, busy=1, sip:404=0".parse().unwrap();
        for seed in 0..1_000 {
            let mut stream = Draw::new(seed, 1).stream(Purpose::Fate);
            let picked = weights.pick(&mut stream, Thousandths::ONE);
            assert_eq!(picked.word(), "busy");
        }
    }
}
