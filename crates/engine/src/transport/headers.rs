//! Header fields as they are kept: one text, bounded, without credentials.
//!
//! Filled by the transport for what was sent and what came back; stored and shown as is.

use std::fmt;

use http::HeaderMap;
use http::header::{AUTHORIZATION, PROXY_AUTHORIZATION};

/// Kept of one message's header fields, in bytes. What lies beyond is left out.
const KEPT: usize = 8 * 1024;

/// What stands in place of credentials.
const MASK: &str = "[hidden]";

/// Header fields, one `Name: value` a line, at most 8 KiB of them, in the order and the
/// case of the wire as far as HTTP tells. The values of `Authorization` and
/// `Proxy-Authorization` are masked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct HeaderLines(String);

impl HeaderLines {
    /// Reads back what [`Self::as_str`] gave.
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// All lines, each ended by `\n`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Name and value of each field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.lines().filter_map(|line| line.split_once(": "))
    }

    /// The first value of a field; the case of its name does not matter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(super) fn record(headers: &HeaderMap) -> Self {
        let mut text = String::with_capacity(512);
        for (name, value) in headers {
            let value = if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
                MASK.into()
            } else {
                String::from_utf8_lossy(value.as_bytes())
            };
            if text.len() + name.as_str().len() + value.len() + ": \n".len() > KEPT {
                break;
            }
            push_title_case(&mut text, name.as_str());
            text.push_str(": ");
            text.push_str(&value);
            text.push('\n');
        }
        Self(text)
    }
}

impl fmt::Debug for HeaderLines {
    /// Names alone: values do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

/// As hyper writes names when asked for title case: each word's first letter in upper case.
fn push_title_case(text: &mut String, name: &str) {
    let mut starts_word = true;
    for c in name.chars() {
        text.push(if starts_word {
            c.to_ascii_uppercase()
        } else {
            c
        });
        starts_word = c == '-';
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_masked_and_the_rest_is_read_back() {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("crm.example"));
        headers.insert("authorization", HeaderValue::from_static("Basic c2VjcmV0"));
        headers.insert("x-signalwire-signature", HeaderValue::from_static("a: b="));
        let lines = HeaderLines::record(&headers);
        assert_eq!(
            lines.as_str(),
            "Host: crm.example\nAuthorization: [hidden]\nX-Signalwire-Signature: a: b=\n"
        );
        assert_eq!(lines.get("X-SIGNALWIRE-signature"), Some("a: b="));
        assert_eq!(lines.get("location"), None);
        assert_eq!(HeaderLines::from_text(lines.as_str()), lines);
        assert!(!format!("{lines:?}").contains("crm"));
    }

    #[test]
    fn no_more_than_8_kib_are_kept() {
        let mut headers = HeaderMap::new();
        for _ in 0..20 {
            headers.append("x-long", HeaderValue::from_str(&"x".repeat(1000)).unwrap());
        }
        let kept = HeaderLines::record(&headers);
        assert!(kept.as_str().len() <= KEPT);
        assert_eq!(kept.iter().count(), 8);
    }
}
