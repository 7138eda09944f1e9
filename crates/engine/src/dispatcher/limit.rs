//! How many attempts a destination is given at once: a limit that adapts to its answers.
//!
//! Additive increase, multiplicative decrease. Pure: the dispatcher tells it how each attempt
//! ended. What was weighed stands in docs/decisions/0006.

use std::time::Duration;

use super::health::Sign;

/// An answer that takes longer is slow. Receivers are told to answer first and to work
/// afterwards; one that takes a second does its work within the request, or is overloaded.
pub(super) const SLOW: Duration = Duration::from_secs(1);

/// The limit falls no lower: a slow receiver that is well still gets its callbacks, and one
/// that dies takes this many of the attempts under way, not [`most`](Limit::new).
const LEAST: f64 = 8.0;

/// Each slow answer takes this much away: from 64 to the least in 13 of them.
const DECREASE: f64 = 0.85;

/// Each answer in time adds so much of the most: from the least to the most in 187 of them.
const INCREASE: f64 = 0.3 / 64.0;

/// A destination's limit of attempts under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    now: f64,
    least: f64,
    most: f64,
}

impl Limit {
    /// A destination that is not known yet is given the most: most receivers can do with it,
    /// and those that cannot say so within their first answers.
    pub(super) fn new(most: usize) -> Self {
        let most = f64::from(u32::try_from(most.max(1)).unwrap_or(u32::MAX));
        Self {
            now: most,
            least: LEAST.min(most),
            most,
        }
    }

    /// How many attempts may be under way.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies between the least and the most"
    )]
    pub(super) const fn get(&self) -> usize {
        self.now as usize
    }

    /// Takes how an attempt ended.
    pub(super) fn note(&mut self, sign: Sign, took: Duration) {
        match sign {
            Sign::Ill => self.now = (self.now * DECREASE).max(self.least),
            Sign::Well if took > SLOW => self.now = (self.now * DECREASE).max(self.least),
            Sign::Well => self.now = INCREASE.mul_add(self.most, self.now).min(self.most),
            Sign::Unclear => {}
        }
    }

    /// Begins anew from the least: whatever comes back is not met by all that waited.
    pub(super) const fn fall(&mut self) {
        self.now = self.least;
    }

    /// Whether it is what a new destination is given.
    pub(super) fn is_most(&self) -> bool {
        self.now >= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(50);
    const LATE: Duration = Duration::from_millis(1_500);

    #[test]
    fn it_falls_within_20_slow_answers_and_is_back_within_200_good_ones() {
        for most in [64, 512] {
            let mut limit = Limit::new(most);
            assert_eq!(limit.get(), most);
            let fell = (1..=40).find(|_| {
                limit.note(Sign::Well, LATE);
                limit.get() <= most / 8
            });
            assert!(fell.is_some_and(|count| count <= 20), "{fell:?}");
            limit.fall();
            let back = (1..=400).find(|_| {
                limit.note(Sign::Well, QUICK);
                limit.get() == most
            });
            assert!(back.is_some_and(|count| count <= 220), "{most}: {back:?}");
        }
        let mut limit = Limit::new(64);
        (0..20).for_each(|_| limit.note(Sign::Ill, QUICK));
        assert_eq!(limit.get(), 8);
        (0..200).for_each(|_| limit.note(Sign::Well, QUICK));
        assert_eq!(limit.get(), 64);
    }

    #[test]
    fn it_never_leaves_its_bounds() {
        for most in [1, 4, 8, 64] {
            let mut limit = Limit::new(most);
            (0..1_000).for_each(|_| limit.note(Sign::Ill, LATE));
            assert_eq!(limit.get(), most.min(8));
            (0..1_000).for_each(|_| limit.note(Sign::Well, QUICK));
            assert_eq!(limit.get(), most);
        }
    }

    #[test]
    fn what_says_nothing_of_the_destination_changes_nothing() {
        let mut limit = Limit::new(64);
        limit.note(Sign::Unclear, LATE);
        assert!(limit.is_most());
    }
}
