//! A histogram: how many values were at most so large.
//!
//! Observed without a lock; read once a scrape.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts values by size.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [f64],
    /// One for each bound, and one for what is beyond all.
    counts: Vec<AtomicU64>,
    /// In millionths, so that it fits an atomic.
    sum_micros: AtomicU64,
}

/// A histogram as it stood at a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HistogramSnapshot {
    /// Each bound, and how many values were at most that large.
    pub buckets: Vec<(f64, u64)>,
    /// How many values there were.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
}

impl Histogram {
    /// Buckets with these upper bounds, which rise.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(),
            sum_micros: AtomicU64::new(0),
        }
    }

    /// Counts a value, which is not negative.
    pub fn observe(&self, value: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "no value is negative, and a cast stops at the largest number"
        )]
        let micros = (value * 1e6) as u64;
        self.sum_micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// How it stands now.
    pub fn snapshot(&self) -> HistogramSnapshot {
        let mut count = 0;
        let mut buckets = Vec::with_capacity(self.bounds.len());
        for (index, counted) in self.counts.iter().enumerate() {
            count += counted.load(Ordering::Relaxed);
            if let Some(bound) = self.bounds.get(index) {
                buckets.push((*bound, count));
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a sum that is shown")]
        let sum = self.sum_micros.load(Ordering::Relaxed) as f64 / 1e6;
        HistogramSnapshot {
            buckets,
            count,
            sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_under_every_bound_that_it_does_not_exceed() {
        let histogram = Histogram::new(&[1.0, 5.0]);
        for value in [0.5, 1.0, 1.5, 7.0] {
            histogram.observe(value);
        }
        let expected = HistogramSnapshot {
            buckets: vec![(1.0, 2), (5.0, 3)],
            count: 4,
            sum: 10.0,
        };
        assert_eq!(histogram.snapshot(), expected);
    }
}
