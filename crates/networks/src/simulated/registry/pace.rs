//! How long the registry takes.
//!
//! Asked by the courses. `real` is what SignalWire's guides tell: three to five business days
//! for a brand or campaign, up to a day for a number (contract, semantics §5).

use std::time::Duration;

use ringback_domain::resource::Kind;
use ringback_domain::time::Timestamp;

use crate::simulated::draw::Stream;
use crate::simulated::model::Pace;

const SECOND_MS: u64 = 1_000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

const DAY_US: i64 = 86_400_000_000;
const WEEK_US: i64 = 7 * DAY_US;
/// How much of a week is business: Monday to Friday, UTC.
const BUSINESS_US: i64 = 5 * DAY_US;
/// A Monday, 00:00 UTC: 1970-01-05.
const MONDAY_US: i64 = 4 * DAY_US;

/// How long something takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// As long as this, by day and night.
    Plain(Duration),
    /// As long as this, at weekends not counted.
    Business(Duration),
}

impl Length {
    /// One that `stream` gives a step of a resource of `kind`.
    pub(super) fn drawn(pace: Pace, kind: Kind, stream: &mut Stream) -> Self {
        let (least_ms, most_ms) = bounds_ms(pace, kind);
        let drawn = stream.delay(least_ms, most_ms);
        match (pace, kind) {
            (Pace::Real, Kind::Brand | Kind::Campaign) => Self::Business(drawn),
            _ => Self::Plain(drawn),
        }
    }

    /// How long it is when it begins at `now`.
    pub(super) fn from(self, now: Timestamp) -> Duration {
        match self {
            Self::Plain(length) => length,
            Self::Business(length) => over_weekends(now, length),
        }
    }
}

/// The shortest and the longest step, in milliseconds.
const fn bounds_ms(pace: Pace, kind: Kind) -> (u64, u64) {
    match (pace, kind) {
        (Pace::Brisk, Kind::Brand | Kind::Campaign) => (8 * SECOND_MS, 12 * SECOND_MS),
        (Pace::Real, Kind::Brand | Kind::Campaign) => (3 * DAY_MS, 5 * DAY_MS),
        (Pace::Brisk, Kind::AssignmentOrder) => (SECOND_MS / 2, 3 * SECOND_MS / 2),
        (Pace::Real, Kind::AssignmentOrder) => (MINUTE_MS, 10 * MINUTE_MS),
        (Pace::Brisk, _) => (4 * SECOND_MS, 6 * SECOND_MS),
        (Pace::Real, _) => (HOUR_MS, DAY_MS),
    }
}

/// How long it takes until `length` of business time has passed after `now`.
fn over_weekends(now: Timestamp, length: Duration) -> Duration {
    let into_week = (now.as_micros() - MONDAY_US).rem_euclid(WEEK_US);
    let until_monday = (WEEK_US - into_week) * i64::from(into_week >= BUSINESS_US);
    let begins = if until_monday > 0 { 0 } else { into_week };
    let length = i64::try_from(length.as_micros()).unwrap_or(i64::MAX / 4);
    let weekends = (begins + length) / BUSINESS_US;
    let whole = until_monday + length + weekends * (WEEK_US - BUSINESS_US);
    Duration::from_micros(whole.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::draw::{Draw, Purpose};

    #[test]
    fn business_time_stands_still_at_weekends() {
        // 2026-11-23 was a Monday.
        let monday = 1_795_392_000;
        let (hour, day) = (3_600, 86_400);
        check(monday, 3 * day, 3 * day);
        check(monday, 5 * day - 1, 5 * day - 1);
        check(monday, 5 * day, 7 * day);
        check(monday + 4 * day, day / 2, day / 2);
        check(monday + 4 * day + 12 * hour, day, 3 * day);
        check(monday + 5 * day, day, 3 * day);
        check(monday + 6 * day + 23 * hour, 3 * day, 3 * day + hour);
        check(monday + 2 * day, 4 * day, 6 * day);

        #[track_caller]
        fn check(from_s: u64, business_s: u64, expected_s: u64) {
            let now = Timestamp::default() + Duration::from_secs(from_s);
            let taken = over_weekends(now, Duration::from_secs(business_s));
            assert_eq!(taken, Duration::from_secs(expected_s));
        }
    }

    #[test]
    fn the_pace_says_how_long_each_step_takes() {
        let (second, day) = (1_000, 86_400_000);
        check(Pace::Brisk, Kind::Brand, 8 * second, 12 * second);
        check(Pace::Brisk, Kind::Campaign, 8 * second, 12 * second);
        check(Pace::Brisk, Kind::Assignment, 4 * second, 6 * second);
        check(Pace::Brisk, Kind::AssignmentOrder, 500, 1_500);
        check(Pace::Real, Kind::Brand, 3 * day, 7 * day);
        check(Pace::Real, Kind::Campaign, 3 * day, 7 * day);
        check(Pace::Real, Kind::Assignment, day / 24, day);
        check(Pace::Real, Kind::AssignmentOrder, 60 * second, 600 * second);

        #[track_caller]
        fn check(pace: Pace, kind: Kind, least_ms: u128, most_ms: u128) {
            let monday = Timestamp::from_micros(MONDAY_US);
            for seed in 0..1_000 {
                let mut stream = Draw::new(seed, 1).stream(Purpose::Course);
                let length = Length::drawn(pace, kind, &mut stream).from(monday);
                let taken = length.as_millis();
                assert!((least_ms..=most_ms).contains(&taken), "{seed}: {taken} ms");
            }
        }
    }
}
