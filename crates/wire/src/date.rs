//! Dates: as callbacks and answers write them, and as list filters read them.
//!
//! All in UTC. Times are microseconds since 1970, as the store keeps them; what is shown
//! is rounded down to seconds.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::fmt::rfc2822;
use jiff::tz::Offset;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 24 * 60 * 60 * MICROS_PER_SECOND;

/// `Thu, 04 Apr 2024 18:32:15 +0000`: dates of the compatible surface and of callbacks
/// (RFC 2822 §3.3, the day always in two digits).
///
/// Written by hand, since every callback carries one.
pub fn rfc2822(micros_since_epoch: i64) -> String {
    let it = civil(micros_since_epoch);
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} +0000",
        weekday_name(it.weekday()),
        it.day(),
        month_name(it.month()),
        it.year(),
        it.hour(),
        it.minute(),
        it.second(),
    )
}

/// `2024-06-27T19:11:25Z`: dates of the registry and of JSON payloads.
pub fn iso8601(micros_since_epoch: i64) -> String {
    let it = civil(micros_since_epoch);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        it.year(),
        it.month(),
        it.day(),
        it.hour(),
        it.minute(),
        it.second(),
    )
}

/// `2024-06-27T19:11:25.482000Z`: moments of the native API, exact.
pub fn iso8601_exact(micros_since_epoch: i64) -> String {
    let second = iso8601(micros_since_epoch);
    let fraction = micros_since_epoch.max(0) % MICROS_PER_SECOND;
    format!("{}.{fraction:06}Z", second.trim_end_matches('Z'))
}

/// Reads a moment as RFC 3339 has it, with its offset; in microseconds since 1970.
pub fn parse_moment(text: &str) -> Option<i64> {
    text.parse().ok().map(Timestamp::as_microsecond)
}

/// What a date filter of a list names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateFilter {
    /// A moment, in microseconds since 1970.
    Instant(i64),
    /// A day, by its midnight in UTC, in microseconds since 1970.
    Day(i64),
}

impl DateFilter {
    /// The moment, or the day's midnight: the first that `StartTime>` lets through.
    pub fn at(self) -> i64 {
        match self {
            Self::Instant(micros) | Self::Day(micros) => micros,
        }
    }

    /// The first moment that `StartTime<` keeps out. A second is let through whole, for no
    /// more than seconds is shown; a day stands for its midnight.
    pub fn end(self) -> i64 {
        match self {
            Self::Instant(micros) => micros.saturating_add(MICROS_PER_SECOND),
            Self::Day(midnight) => midnight,
        }
    }

    /// The whole UTC day: what a filter without `<` or `>` lets through.
    pub fn day(self) -> Range<i64> {
        let start = self.at().div_euclid(MICROS_PER_DAY) * MICROS_PER_DAY;
        start..start + MICROS_PER_DAY
    }
}

/// A date filter that is none of the three forms taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a date is written 2024-06-27, 2024-06-27T19:11:25Z or Thu, 27 Jun 2024 19:11:25 +0000")]
pub struct DateFilterError;

/// Reads a date filter: a day, or a moment as SDKs (ISO 8601) or the documentation
/// (RFC 2822) write it.
pub fn parse_filter(text: &str) -> Result<DateFilter, DateFilterError> {
    if text.len() == "YYYY-MM-DD".len() {
        let day: Date = text.parse().map_err(|_| DateFilterError)?;
        let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0));
        return match midnight {
            Ok(midnight) => Ok(DateFilter::Day(midnight.as_microsecond())),
            Err(_) => Err(DateFilterError),
        };
    }
    let iso_8601 = text.parse::<Timestamp>().ok();
    let moment = iso_8601.or_else(|| Some(rfc2822::parse(text).ok()?.timestamp()));
    moment
        .map(|moment| DateFilter::Instant(moment.as_microsecond()))
        .ok_or(DateFilterError)
}

/// The UTC date and time, held to 1970 to 9999: years of four digits.
fn civil(micros_since_epoch: i64) -> DateTime {
    let held = micros_since_epoch.clamp(0, Timestamp::MAX.as_second() * MICROS_PER_SECOND);
    let timestamp = Timestamp::from_microsecond(held).expect("the time is within bounds");
    Offset::UTC.to_datetime(timestamp)
}

fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Mon",
        Weekday::Tuesday => "Tue",
        Weekday::Wednesday => "Wed",
        Weekday::Thursday => "Thu",
        Weekday::Friday => "Fri",
        Weekday::Saturday => "Sat",
        Weekday::Sunday => "Sun",
    }
}

fn month_name(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    NAMES[usize::from(month.unsigned_abs() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const APRIL: i64 = 1_712_255_535_000_000;

    #[test]
    fn callbacks_carry_zero_padded_rfc_2822() {
        assert_eq!(rfc2822(APRIL), "Thu, 04 Apr 2024 18:32:15 +0000");
        assert_eq!(rfc2822(APRIL + 999_999), "Thu, 04 Apr 2024 18:32:15 +0000");
        assert_eq!(rfc2822(0), "Thu, 01 Jan 1970 00:00:00 +0000");
    }

    #[test]
    fn the_registry_writes_iso_8601() {
        assert_eq!(iso8601(1_719_515_485_123_456), "2024-06-27T19:11:25Z");
    }

    #[test]
    fn filters_take_three_forms() {
        let day = DateFilter::Day(APRIL - (18 * 3600 + 32 * 60 + 15) * 1_000_000);
        assert_eq!(parse_filter("2024-04-04"), Ok(day));
        for moment in [
            "2024-04-04T18:32:15Z",
            "Thu, 04 Apr 2024 18:32:15 +0000",
            "Thu, 4 Apr 2024 20:32:15 +0200",
        ] {
            let filter = parse_filter(moment).expect(moment);
            assert_eq!(filter, DateFilter::Instant(APRIL), "{moment}");
            assert_eq!(filter.day(), day.day());
        }
        assert_eq!(day.day(), day.at()..day.at() + MICROS_PER_DAY);
        for none in [
            "",
            "today",
            "2024-13-01",
            "2024-4-4",
            "2024-04-04T18:32:15",
            "20240404T1",
        ] {
            assert_eq!(parse_filter(none), Err(DateFilterError), "{none}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0_i64..4_102_444_800) {
            let moment = Ok(DateFilter::Instant(seconds * 1_000_000));
            prop_assert_eq!(parse_filter(&rfc2822(seconds * 1_000_000)), moment);
            prop_assert_eq!(parse_filter(&iso8601(seconds * 1_000_000)), moment);
        }

        #[test]
        fn no_time_and_no_text_makes_it_panic(micros in any::<i64>(), text in any::<String>()) {
            drop((rfc2822(micros), iso8601(micros)));
            if let Ok(filter) = parse_filter(&text) {
                prop_assert!(filter.day().contains(&filter.at()));
            }
        }
    }
}
