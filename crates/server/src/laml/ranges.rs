//! Which part of a file a request is answered with (RFC 9110, sections 13 and 14).
//!
//! Used for audio. Pure: of headers, the file's length and its version. One range is answered;
//! of several, and of what is no range of bytes, the whole file, as the RFC allows.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use httpdate::{fmt_http_date, parse_http_date};

/// What tells a file from what it was before.
#[derive(Clone, Debug)]
pub(super) struct Version {
    etag: String,
    modified: SystemTime,
}

/// What is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// This part; not empty.
    Range(Range<u64>),
    /// Nothing: the range begins beyond the end.
    Unsatisfiable,
    /// Nothing: whoever asks has it.
    NotModified,
}

impl Version {
    /// A version with this entity tag, quotes and all, that was made then.
    pub(super) const fn new(etag: String, modified: SystemTime) -> Self {
        Self { etag, modified }
    }

    pub(super) fn etag(&self) -> HeaderValue {
        HeaderValue::try_from(&self.etag).expect("a tag is made of a SID and quotes")
    }

    pub(super) fn last_modified(&self) -> HeaderValue {
        let date = fmt_http_date(self.modified);
        HeaderValue::try_from(date).expect("a date is ASCII")
    }

    fn is_later_than(&self, date: SystemTime) -> bool {
        // Dates have no fractions of a second.
        self.modified
            .duration_since(date)
            .is_ok_and(|later| later >= Duration::from_secs(1))
    }
}

/// What a request with these headers is answered with, of a file with so many bytes.
pub(super) fn part(headers: &HeaderMap, length: u64, version: &Version) -> Part {
    if is_known(headers, version) {
        return Part::NotModified;
    }
    match one(headers, &header::RANGE).filter(|_| is_wanted(headers, version)) {
        Some(range) => range_of(range, length),
        None => Part::Whole,
    }
}

/// `If-None-Match`, and where that is not sent `If-Modified-Since`.
fn is_known(headers: &HeaderMap, version: &Version) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        let lists = headers.get_all(header::IF_NONE_MATCH).iter();
        let mut tags = lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','))
            .map(|tag| tag.trim().trim_start_matches("W/"));
        return tags.any(|tag| tag == "*" || tag == version.etag);
    }
    let date = one(headers, &header::IF_MODIFIED_SINCE).and_then(|it| parse_http_date(it).ok());
    date.is_some_and(|date| !version.is_later_than(date))
}

/// `If-Range`: the range is wanted of this version alone.
fn is_wanted(headers: &HeaderMap, version: &Version) -> bool {
    match one(headers, &header::IF_RANGE) {
        None => !headers.contains_key(header::IF_RANGE),
        Some(given) => given == version.etag || given == fmt_http_date(version.modified),
    }
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut lines = headers.get_all(name).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    line.to_str().ok()
}

fn range_of(range: &str, length: u64) -> Part {
    let Some((unit, set)) = range.split_once('=') else {
        return Part::Whole;
    };
    let Some((first, last)) = set.trim().split_once('-') else {
        return Part::Whole;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Part::Whole;
    }
    let found = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..length.min(last.saturating_add(1)),
        (Some(first), None) if last.is_empty() => first..length,
        (None, Some(last)) if first.is_empty() => length.saturating_sub(last)..length,
        _ => return Part::Whole,
    };
    if found.is_empty() {
        Part::Unsatisfiable
    } else {
        Part::Range(found)
    }
}

/// A number; one that is beyond all files is the largest there is.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: u64 = 1_000;

    /// 20 August 2026, 10:15:00 UTC and a bit.
    fn version() -> Version {
        let modified = SystemTime::UNIX_EPOCH + Duration::from_millis(1_787_220_900_250);
        Version::new("\"tag\"".to_owned(), modified)
    }

    fn answered(pairs: &[(&str, &str)]) -> Part {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::try_from(*name).unwrap();
            headers.append(name, HeaderValue::try_from(*value).unwrap());
        }
        part(&headers, LENGTH, &version())
    }

    #[test]
    fn one_range_is_answered_as_it_is_asked_for() {
        for (range, expected) in [
            ("bytes=0-", Part::Range(0..1_000)),
            ("bytes=0-0", Part::Range(0..1)),
            ("Bytes=10-19", Part::Range(10..20)),
            ("bytes=990-2000", Part::Range(990..1_000)),
            ("bytes=-5", Part::Range(995..1_000)),
            ("bytes=-5000", Part::Range(0..1_000)),
            ("bytes=999-99999999999999999999999", Part::Range(999..1_000)),
            ("bytes=1000-", Part::Unsatisfiable),
            ("bytes=99999999999999999999999-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
        ] {
            assert_eq!(answered(&[("Range", range)]), expected, "{range}");
        }
    }

    #[test]
    fn what_is_no_single_range_is_answered_with_the_whole() {
        for range in [
            "bytes=5-4",
            "bytes=-",
            "bytes=a-b",
            "bytes=0-1,5-6",
            "bytes=+1-2",
            "bytes",
            "seconds=0-1",
            "",
        ] {
            assert_eq!(answered(&[("Range", range)]), Part::Whole, "{range}");
        }
        let twice = [("Range", "bytes=0-1"), ("Range", "bytes=2-3")];
        assert_eq!(answered(&twice), Part::Whole);
    }

    #[test]
    fn a_range_is_of_the_version_that_is_named() {
        let range = |if_range| answered(&[("Range", "bytes=0-1"), ("If-Range", if_range)]);
        assert_eq!(range("\"tag\""), Part::Range(0..2));
        assert_eq!(range("Thu, 20 Aug 2026 10:15:00 GMT"), Part::Range(0..2));
        assert_eq!(range("\"other\""), Part::Whole);
        assert_eq!(range("W/\"tag\""), Part::Whole, "a weak tag is none here");
        assert_eq!(range("Thu, 20 Aug 2026 10:15:01 GMT"), Part::Whole);
    }

    #[test]
    fn whoever_has_it_is_told_so() {
        for known in ["\"tag\"", "W/\"tag\"", "\"a\", \"tag\"", "*"] {
            let range = ("Range", "bytes=0-1");
            assert_eq!(
                answered(&[("If-None-Match", known), range]),
                Part::NotModified
            );
        }
        assert_eq!(answered(&[("If-None-Match", "\"a\"")]), Part::Whole);
        let since = |date| answered(&[("If-Modified-Since", date)]);
        assert_eq!(since("Thu, 20 Aug 2026 10:15:00 GMT"), Part::NotModified);
        assert_eq!(since("Thu, 20 Aug 2026 10:14:59 GMT"), Part::Whole);
        assert_eq!(since("yesterday"), Part::Whole);
        let later = ("If-Modified-Since", "Thu, 20 Aug 2027 10:15:00 GMT");
        assert_eq!(answered(&[later, ("If-None-Match", "\"a\"")]), Part::Whole);
    }
}
