//! Error codes: SignalWire's numbers, with meaning and remedy in our own words.
//!
//! The data file is `errors.json` of this crate. Used wherever a code is shown.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

/// An error code as it stands on the wire: digits, or a word such as `url_is_unsafe`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode(Cow<'static, str>);

impl ErrorCode {
    /// A code known when this was written.
    pub const fn known(code: &'static str) -> Self {
        Self(Cow::Borrowed(code))
    }

    /// A code that was stored or reported.
    pub fn reported(code: String) -> Self {
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

/// What is known of a code.
#[derive(Debug, Deserialize)]
pub struct Entry {
    /// What it means.
    pub meaning: String,
    /// What to do about it.
    #[serde(default)]
    pub remedy: String,
}

#[derive(Deserialize)]
struct Catalogue {
    codes: HashMap<String, Entry>,
}

static CATALOGUE: LazyLock<HashMap<String, Entry>> = LazyLock::new(|| {
    let text = include_str!("../errors.json");
    let catalogue: Catalogue =
        serde_json::from_str(text).expect("the file is part of the program and read by a test");
    catalogue.codes
});

/// What is known of `code`.
pub fn entry(code: &str) -> Option<&'static Entry> {
    CATALOGUE.get(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read() {
        assert!(entry("30003").unwrap().meaning.contains("unreachable"));
        assert!(entry("11200").unwrap().remedy.contains("reachable"));
        assert!(entry("0").is_none());
    }
}
