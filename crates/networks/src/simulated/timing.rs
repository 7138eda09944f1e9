//! How long something takes, by chance: the distributions that a configuration can name.
//!
//! Used by what is settled for a call or a message when it is made. What was sampled is kept
//! with it; still, the same seed is to give the same times on every machine, and the
//! exponentials of `std` are those of the system's mathematical library. They are taken from
//! the crate `libm` instead, which computes them with sums and products alone, which are exact
//! to the bit everywhere.

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::draw::Stream;

/// Longest time that is ever sampled or can be named: a day. What has a heavy tail has no end of
/// its own.
const LONGEST: Duration = Duration::from_secs(86_400);

/// A distribution of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// Always this long.
    Fixed(Duration),
    /// Any time between the two, each as likely.
    Uniform {
        /// The shortest.
        least: Duration,
        /// The longest.
        most: Duration,
    },
    /// Its logarithm is normal: most are near the median, some several times as long.
    LogNormal {
        /// As many are shorter as are longer.
        median: Duration,
        /// How far they lie apart: the standard deviation of the logarithm.
        sigma: Thousandths,
    },
    /// A heavy tail: `least` divided by a power of a uniform fraction. With `shape` near 1 one
    /// in a hundred takes a hundred times the least.
    Pareto {
        /// The shortest.
        least: Duration,
        /// How light the tail is; at 1 and below the mean has no bound but a day.
        shape: Thousandths,
    },
}

/// A decimal number with three places, at least 0.001 and at most 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thousandths(u32);

/// In words, what a [`Timing`] is written like.
const ALLOWED: &str = "`fixed 5s`, `uniform 3s 8s`, `log-normal 6s 0.5` (median, sigma) or `pareto 1.2s 1.3` \
     (least, shape), times in ms, s, m or h up to a day";

/// It is written otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a distribution is {ALLOWED}")]
pub struct NoTiming;

impl Timing {
    /// In words, what it is written like.
    pub const ALLOWED: &'static str = ALLOWED;

    /// One time, to the microsecond, a day at most. Takes two random numbers whichever
    /// distribution it is, so that naming another moves nothing else.
    pub fn sample(self, stream: &mut Stream) -> Duration {
        let (one, other) = (stream.fraction(), stream.fraction());
        let seconds = match self {
            Self::Fixed(time) => time.as_secs_f64(),
            Self::Uniform { least, most } => {
                let width = most.saturating_sub(least);
                least.as_secs_f64() + width.as_secs_f64() * (1.0 - one)
            }
            Self::LogNormal { median, sigma } => {
                median.as_secs_f64() * libm::exp(sigma.value() * normal(one, other))
            }
            Self::Pareto { least, shape } => {
                least.as_secs_f64() * libm::exp(-libm::log(one) / shape.value())
            }
        };
        let whole = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST);
        let micros = u64::try_from(whole.min(LONGEST).as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(micros)
    }
}

/// A standard normal number from two uniform ones (Box and Muller, 1958).
fn normal(one: f64, other: f64) -> f64 {
    (-2.0 * libm::log(one)).sqrt() * libm::cos(TAU * other)
}

impl Thousandths {
    /// `thousandths` of one.
    pub const fn new(thousandths: u32) -> Self {
        Self(thousandths)
    }

    /// One.
    pub const ONE: Self = Self(1_000);

    /// How many there are.
    pub const fn count(self) -> u32 {
        self.0
    }

    /// So many times `whole`.
    pub fn of(self, whole: u64) -> u64 {
        whole.saturating_mul(u64::from(self.0)) / 1_000
    }

    fn value(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }
}

impl FromStr for Thousandths {
    type Err = NoTiming;

    fn from_str(text: &str) -> Result<Self, NoTiming> {
        match thousandths(text) {
            Some(found @ 1..=100_000) => Ok(Self(u32::try_from(found).map_err(|_| NoTiming)?)),
            Some(_) | None => Err(NoTiming),
        }
    }
}

impl fmt::Display for Thousandths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&decimal(self.0.into()))
    }
}

impl FromStr for Timing {
    type Err = NoTiming;

    fn from_str(text: &str) -> Result<Self, NoTiming> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let timing = match words.as_slice() {
            ["fixed", always] => Self::Fixed(time(always)?),
            ["uniform", least, most] => Self::Uniform {
                least: time(least)?,
                most: time(most)?,
            },
            ["log-normal", median, sigma] => Self::LogNormal {
                median: time(median)?,
                sigma: sigma.parse()?,
            },
            ["pareto", least, shape] => Self::Pareto {
                least: time(least)?,
                shape: shape.parse()?,
            },
            _ => return Err(NoTiming),
        };
        match timing {
            Self::Uniform { least, most } if most < least => Err(NoTiming),
            _ => Ok(timing),
        }
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |time: &Duration| decimal(time.as_millis());
        match self {
            Self::Fixed(time) => write!(f, "fixed {}s", seconds(time)),
            Self::Uniform { least, most } => {
                write!(f, "uniform {}s {}s", seconds(least), seconds(most))
            }
            Self::LogNormal { median, sigma } => {
                write!(f, "log-normal {}s {sigma}", seconds(median))
            }
            Self::Pareto { least, shape } => write!(f, "pareto {}s {shape}", seconds(least)),
        }
    }
}

/// A time with its unit, to the millisecond: `1.5s`, `300ms`, `2m`, `1h`.
fn time(text: &str) -> Result<Duration, NoTiming> {
    // Milliseconds first: the others end in a letter that those have, too.
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let found = units
        .into_iter()
        .find_map(|(unit, millis)| Some((text.strip_suffix(unit)?, millis)));
    let (number, millis) = found.ok_or(NoTiming)?;
    let parts = thousandths(number).ok_or(NoTiming)?;
    let time = Duration::from_millis(parts.saturating_mul(millis) / 1_000);
    if time > LONGEST {
        return Err(NoTiming);
    }
    Ok(time)
}

/// A decimal number without a sign and with three places at most, in thousandths.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(places) || whole.len() > 9 || places.len() > 3 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let places: u64 = format!("{places:0<3}").parse().ok()?;
    Some(whole * 1_000 + places)
}

/// Thousandths as a decimal number, without places that are nought.
fn decimal(thousandths: u128) -> String {
    let (whole, places) = (thousandths / 1_000, thousandths % 1_000);
    if places == 0 {
        return whole.to_string();
    }
    let text = format!("{whole}.{places:03}");
    text.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::draw::{Draw, Purpose};
    use super::*;

    /// How many are sampled: the quantiles below are then right to a few percent.
    const COUNT: u64 = 10_000;

    /// 10,000 times of that distribution, each for a resource of its own, the shortest first.
    fn sorted(timing: &str) -> Vec<f64> {
        let timing: Timing = timing.parse().unwrap();
        let mut times: Vec<f64> = (1..=COUNT)
            .map(|ordinal| {
                let mut stream = Draw::new(6, ordinal).stream(Purpose::Timing);
                timing.sample(&mut stream).as_secs_f64()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        times
    }

    #[track_caller]
    fn is_near(found: f64, expected: f64, part: f64) {
        let off = (found - expected).abs() / expected;
        assert!(off <= part, "{found}, expected {expected}");
    }

    #[test]
    fn a_log_normal_time_has_the_median_and_the_quantiles_that_its_sigma_says() {
        for (timing, median, sigma) in [
            ("log-normal 6s 0.5", 6.0, 0.5_f64),
            ("log-normal 45s 0.9", 45.0, 0.9),
        ] {
            let times = sorted(timing);
            is_near(times[5_000], median, 0.03);
            // One standard deviation below and above: 15.87 % and 84.13 %; two: 97.72 %.
            is_near(times[1_587], median * (-sigma).exp(), 0.05);
            is_near(times[8_413], median * sigma.exp(), 0.05);
            is_near(times[9_772], median * (2.0 * sigma).exp(), 0.10);
        }
    }

    #[test]
    fn a_pareto_time_has_a_heavy_tail() {
        let times = sorted("pareto 1.2s 1.3");
        is_near(times[0], 1.2, 0.01);
        is_near(times[5_000], 1.2 * 2_f64.powf(1.0 / 1.3), 0.03);
        is_near(times[9_900], 1.2 * 100_f64.powf(1.0 / 1.3), 0.15);
        // A time that is spread evenly between its bounds stays below twice its median.
        assert!(times[9_900] / times[5_000] > 15.0);
        let even = sorted("uniform 1s 5s");
        assert!(even[9_900] / even[5_000] < 2.0);
    }

    #[test]
    fn a_uniform_time_stays_in_its_bounds_and_reaches_them() {
        let times = sorted("uniform 3s 8s");
        assert!(times[0] >= 3.0 && times[9_999] <= 8.0);
        is_near(times[0], 3.0, 0.01);
        is_near(times[5_000], 5.5, 0.02);
        is_near(times[9_999], 8.0, 0.01);
        assert_eq!(sorted("fixed 1500ms"), vec![1.5; 10_000]);
    }

    #[test]
    fn what_is_sampled_never_changes() {
        // The same on every machine: kept in nobody's store, but in everybody's tests.
        let mut stream = Draw::new(42, 7).stream(Purpose::Timing);
        let mut micros = |timing: &str| {
            let timing: Timing = timing.parse().unwrap();
            timing.sample(&mut stream).as_micros()
        };
        let sampled = [
            micros("log-normal 6s 0.5"),
            micros("pareto 1.2s 1.3"),
            micros("uniform 3s 8s"),
        ];
        assert_eq!(sampled, [1_858_091, 1_670_791, 6_353_521]);
    }

    #[test]
    fn nothing_takes_longer_than_a_day() {
        let times = sorted("pareto 1h 0.01");
        is_near(times[9_999], 86_400.0, 0.0);
    }

    #[test]
    fn a_distribution_is_written_as_it_is_read() {
        for (text, written) in [
            ("fixed 5s", "fixed 5s"),
            ("uniform  300ms 1.25s", "uniform 0.3s 1.25s"),
            ("log-normal 2m 0.45", "log-normal 120s 0.45"),
            ("pareto 1h 1", "pareto 3600s 1"),
        ] {
            let timing: Timing = text.parse().unwrap();
            assert_eq!(timing.to_string(), written);
            assert_eq!(written.parse(), Ok(timing));
        }
        for bad in [
            "",
            "normal 5s 1",
            "fixed",
            "fixed 5",
            "fixed -5s",
            "fixed 5s 6s",
            "fixed 25h",
            "fixed 1.2345s",
            "uniform 8s 3s",
            "log-normal 5s",
            "log-normal 5s 0",
            "log-normal 5s 101",
            "pareto s 1",
            "pareto 1s 1e3",
        ] {
            assert_eq!(bad.parse::<Timing>(), Err(NoTiming), "{bad:?}");
        }
    }
}
