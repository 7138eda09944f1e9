//! Chance: all that a seed draws, in the order in which it is asked for.
//!
//! One for each seed, and nothing else in the simulation is random: the same seed draws the
//! same.

use std::ops::Range;
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// All that a seed draws.
#[derive(Debug)]
pub(super) struct Chance(ChaCha8Rng);

impl Chance {
    /// Of this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Yes, once in so many times; never, if that is 0.
    pub(super) fn one_in(&mut self, times: u32) -> bool {
        times > 0 && self.0.random_range(0..times) == 0
    }

    /// One of these numbers.
    pub(super) fn number(&mut self, range: Range<u64>) -> u64 {
        self.0.random_range(range)
    }

    /// One of these numbers, as a count.
    pub(super) fn count(&mut self, range: Range<usize>) -> usize {
        self.0.random_range(range)
    }

    /// A time, in milliseconds of this range.
    pub(super) fn millis(&mut self, range: Range<u64>) -> Duration {
        Duration::from_millis(self.number(range))
    }

    /// One of these.
    pub(super) fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.count(0..from.len())].clone()
    }
}
