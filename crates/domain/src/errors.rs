//! Error codes: the numbers and words that stand on the wire, and what is known of each.
//!
//! A code that the program says is made by [`error_code!`](crate::error_code) alone, which the
//! compiler refuses for a code that is not explained; one that came from outside, by
//! [`ErrorCode::reported`]. What is known stands in `errors.json` of this crate, read by
//! [`entry`]. Used wherever a code is shown.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

mod catalogue;
mod search;

pub use catalogue::{CodeKind, Entry, Fault, Retry, SeenIn, entries, entry};
pub use search::{find, mentioned, nearest};

/// The codes whose fault and retry are known, in the order of their bytes (`build.rs`).
const EXPLAINED: &[&str] = include!(concat!(env!("OUT_DIR"), "/explained.rs"));

/// An error code as it stands on the wire: digits, or a word such as `url_is_unsafe`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(Cow<'static, str>);

/// The code that is written here. It does not compile for one that `errors.json` does not
/// explain: it has to say whose fault it is, and whether a retry can help.
///
/// ```
/// let code = ringback_domain::error_code!("30003");
/// assert_eq!(code.number(), Some(30003));
/// ```
///
/// ```compile_fail
/// let code = ringback_domain::error_code!("99999");
/// ```
#[macro_export]
macro_rules! error_code {
    ($code:literal) => {
        $crate::errors::ErrorCode::explained::<{ $crate::errors::index($code) }>()
    };
}

impl ErrorCode {
    /// One of the explained codes, by its place among them; see [`error_code!`](crate::error_code).
    pub const fn explained<const INDEX: usize>() -> Self {
        Self(Cow::Borrowed(EXPLAINED[INDEX]))
    }

    /// A code that was stored, reported or asked for: any text.
    pub const fn reported(code: String) -> Self {
        Self(Cow::Owned(code))
    }

    /// The code itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code as a number, if it is one.
    pub fn number(&self) -> Option<u32> {
        self.0.parse().ok()
    }

    /// What it means and what to do; `None` for a code that is in no catalogue.
    pub fn entry(&self) -> Option<&'static Entry> {
        entry(&self.0)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

/// The place of `code` among the explained ones.
///
/// # Panics
///
/// If it is not among them: while compiling, for it stands in a constant.
pub const fn index(code: &str) -> usize {
    let (mut low, mut high) = (0, EXPLAINED.len());
    while low < high {
        let middle = low.midpoint(high);
        match compare(EXPLAINED[middle].as_bytes(), code.as_bytes()) {
            Ordering::Less => low = middle + 1,
            Ordering::Greater => high = middle,
            Ordering::Equal => return middle,
        }
    }
    panic!("errors.json does not say whose fault this code is and whether a retry can help")
}

/// `Ord::cmp`, which is not for constants yet.
const fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let mut at = 0;
    while at < left.len() && at < right.len() {
        if left[at] < right[at] {
            return Ordering::Less;
        }
        if left[at] > right[at] {
            return Ordering::Greater;
        }
        at += 1;
    }
    match (at < left.len(), at < right.len()) {
        (false, true) => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, false) | (true, true) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_explained_code_is_found_where_it_is() {
        for (place, code) in EXPLAINED.iter().enumerate() {
            assert_eq!(index(code), place);
            let entry = entry(code).unwrap();
            assert_ne!(entry.fault, Fault::Unknown, "{code}");
            assert_ne!(entry.retry, Retry::Unknown, "{code}");
        }
        assert_eq!(error_code!("not_e164").as_str(), "not_e164");
        assert_eq!(error_code!("not_e164").number(), None);
    }

    #[test]
    fn a_reported_code_may_be_in_no_catalogue() {
        let code = ErrorCode::reported("99999".to_owned());
        assert_eq!(
            (code.number(), code.entry().is_none()),
            (Some(99_999), true)
        );
        let code = ErrorCode::reported("30003".to_owned());
        assert_eq!(code, error_code!("30003"));
        assert_eq!(code.entry().unwrap().fault, Fault::Recipient);
    }
}
