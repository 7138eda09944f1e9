//! Header fields as they are kept: one text, bounded, without credentials.
//!
//! Filled by the transport for what was sent, which is written from it, and for what came
//! back; stored and shown as is. Invariant: a line is one field, whatever its value.

use std::fmt;

/// Kept of one message's header fields, in bytes. What lies beyond is left out.
const KEPT: usize = 8 * 1024;

/// What stands in place of credentials.
const MASK: &str = "[hidden]";

/// Room for a callback's header fields, in bytes.
const USUAL: usize = 640;

/// Header fields, one `Name: value` a line, at most 8 KiB of them once recorded, in the order
/// and the case of the wire. The values of `Authorization` and `Proxy-Authorization` are
/// masked.
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

    /// The text of all lines.
    pub fn into_text(self) -> String {
        self.0
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

    /// None yet, with room for a callback's.
    pub(super) fn to_send() -> Self {
        Self(String::with_capacity(USUAL))
    }

    /// Adds a field. One that would be more than one line is left out: it would say something
    /// else on the wire.
    pub fn push(&mut self, name: &str, value: &str) {
        if breaks_lines(name) | breaks_lines(value) {
            tracing::error!(name, "not a header field; left out");
            return;
        }
        self.0.push_str(name);
        self.0.push_str(": ");
        self.0.push_str(value);
        self.0.push('\n');
    }

    /// Adds a field that came, if there is room; what is secret is masked.
    pub(super) fn record(&mut self, name: &str, value: &str) {
        let secret = ["authorization", "proxy-authorization"]
            .iter()
            .any(|own| name.eq_ignore_ascii_case(own));
        let value = if secret { MASK } else { value };
        if self.0.len() + name.len() + value.len() + ": \n".len() <= KEPT {
            self.push(name, value);
        }
    }

    /// What was sent, as it is kept: no credentials, and no line beyond the bound.
    pub(super) fn sent(mut self, authorized: Authorized) -> Self {
        if self.0.len() > KEPT {
            let end = self.0.as_bytes()[..KEPT]
                .iter()
                .rposition(|byte| *byte == b'\n');
            self.0.truncate(end.map_or(0, |end| end + 1));
        }
        match authorized {
            Authorized::Yes => self.record("Authorization", MASK),
            Authorized::No => {}
        }
        self
    }

    /// Appends the lines as they go on the wire.
    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for line in self.0.split_terminator('\n') {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
    }
}

/// Whether a request carried credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Authorized {
    /// It did.
    Yes,
    /// It did not.
    No,
}

impl fmt::Debug for HeaderLines {
    /// Names alone: values do not belong into a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(|(name, _)| name))
            .finish()
    }
}

/// Whether a text has control characters other than a tab. All of it is looked at, which is
/// faster than to stop at the first one.
fn breaks_lines(text: &str) -> bool {
    let breaks = |byte: u8| (byte < b' ' && byte != b'\t') || byte == 0x7f;
    text.bytes().fold(false, |found, byte| found | breaks(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_masked_and_the_rest_is_read_back() {
        let mut lines = HeaderLines::default();
        lines.record("Host", "crm.example");
        lines.record("authorizatioN", "Basic c2VjcmV0");
        lines.record("X-SignalWire-Signature", "a: b=");
        assert_eq!(
            lines.as_str(),
            "Host: crm.example\nauthorizatioN: [hidden]\nX-SignalWire-Signature: a: b=\n"
        );
        assert_eq!(lines.get("X-SIGNALWIRE-signature"), Some("a: b="));
        assert_eq!(lines.get("location"), None);
        assert_eq!(HeaderLines::from_text(lines.as_str()), lines);
        assert!(!format!("{lines:?}").contains("crm"));
    }

    #[test]
    fn no_more_than_8_kib_are_kept() {
        let (mut came, mut sent) = (HeaderLines::default(), HeaderLines::default());
        for _ in 0..20 {
            came.record("x-long", &"x".repeat(1000));
            sent.push("x-long", &"x".repeat(1000));
        }
        for kept in [came, sent.sent(Authorized::Yes)] {
            assert!(kept.as_str().len() <= KEPT);
            assert_eq!(kept.iter().filter(|(name, _)| *name == "x-long").count(), 8);
        }
    }

    #[test]
    fn a_value_is_one_line_on_the_wire() {
        let mut lines = HeaderLines::to_send();
        for value in ["a\r\nx-b: c", "a\nb", "a\0", "\u{7f}", "a\tb \u{e9}"] {
            lines.push("x-a", value);
        }
        lines.push("x\n", "");
        let mut bytes = Vec::new();
        lines.write(&mut bytes);
        assert_eq!(bytes, "x-a: a\tb \u{e9}\r\n".as_bytes());
    }
}
