//! `Retry-After`: how long a receiver asks to be left alone (RFC 9110 §10.2.3).
//!
//! Read by the dispatcher from answers of 429 and 503.

use std::time::{Duration, UNIX_EPOCH};

use ringback_domain::time::Timestamp;

/// The wait that the header's value asks for, when it is `now`: seconds, or a date in one of
/// the three forms of HTTP (RFC 9110 §5.6.7). One that has passed is no wait. `None` for
/// anything else.
pub fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a very long wait, which the dispatcher bounds.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let date = date.duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_micros(now.as_micros().try_into().ok()?);
    Some(date.saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Sun, 06 Nov 1994 08:49:37 GMT, the RFC's example.
    const NOVEMBER: Timestamp = Timestamp::from_micros(784_111_777_000_000);

    #[test]
    fn seconds_and_the_three_forms_of_a_date() {
        let before = NOVEMBER.shifted(-90_000_000);
        let wait = |text| parse(text, before);
        let seconds = |count| Some(Duration::from_secs(count));
        assert_eq!(wait("120"), seconds(120));
        assert_eq!(wait(" 0 "), seconds(0));
        for date in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
        ] {
            assert_eq!(wait(date), seconds(90), "{date}");
            assert_eq!(parse(date, NOVEMBER.shifted(5_000_000)), seconds(0));
        }
        assert_eq!(wait("99999999999999999999999"), seconds(u64::MAX));
        for none in ["", "-1", "1.5", "soon", "12 s", "0x10"] {
            assert_eq!(wait(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), now in any::<i64>()) {
            parse(&text, Timestamp::from_micros(now));
        }
    }
}
