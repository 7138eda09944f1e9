//! Header fields as attempts store them: what every callback sends alike is one character.
//!
//! Called for the column `headers` of `attempt` alone. The text is as it was, but for the
//! fragments of a table, each replaced by a control character: header fields hold none. What
//! an older version stored has none either, and is read as it stands.

use std::fmt::Write as _;

use ringback_domain::id::CallbackId;

/// The callback's id stands here.
const ID: char = '\u{1}';
/// What stands in the first line that begins with [`SIGNATURE`] stands here again.
const SAME_SIGNATURE: char = '\u{2}';
/// In front of a text that is kept as it is, for it has control characters of its own.
const AS_IT_IS: char = '\u{3}';
const SIGNATURE: &str = "X-Twilio-Signature: ";
const SIGNATURE_CODE: char = '\u{6}';

/// What is replaced, by what. A code that was used once keeps its meaning for ever; a line's
/// end (U+000A), a tab (U+0009) and the three above are no codes.
const FRAGMENTS: [(char, &str); 12] = [
    ('\u{4}', "Host: "),
    ('\u{5}', "User-Agent: Ringback/"),
    (SIGNATURE_CODE, SIGNATURE),
    ('\u{7}', "Webhook-Signature: v1,"),
    ('\u{8}', "Webhook-Timestamp: "),
    ('\u{b}', "I-Twilio-Idempotency-Token: "),
    ('\u{c}', "Webhook-Id: "),
    ('\u{e}', "X-Signalwire-Signature: "),
    ('\u{f}', "Ringback-Depth: "),
    (
        '\u{10}',
        "Content-Type: application/x-www-form-urlencoded; charset=UTF-8",
    ),
    ('\u{11}', "Content-Length: "),
    ('\u{12}', "Ringback-Late: true"),
];

/// The text that is stored for `headers`, sent for the callback `id`.
pub fn pack(headers: &str, id: CallbackId) -> String {
    let mut packed = String::with_capacity(headers.len());
    if has_codes(headers) {
        packed.extend([AS_IT_IS]);
        packed.push_str(headers);
        return packed;
    }
    let mut own_id = Id::new(id);
    let mut signature = None;
    for line in headers.split_inclusive('\n') {
        let fragment = FRAGMENTS
            .iter()
            // Most are told apart by their first letter.
            .filter(|(_, text)| text.as_bytes()[0] == line.as_bytes()[0])
            .find_map(|(code, text)| Some((*code, line.strip_prefix(text)?)));
        let Some((code, rest)) = fragment else {
            packed.push_str(line);
            continue;
        };
        packed.push(code);
        let before = signature;
        if code == SIGNATURE_CODE {
            signature.get_or_insert(rest);
        }
        if own_id.is(rest.trim_end_matches('\n')) {
            packed.push(ID);
            packed.push_str(&rest[own_id.text().len()..]);
        } else if before == Some(rest) {
            packed.push(SAME_SIGNATURE);
        } else {
            packed.push_str(rest);
        }
    }
    packed
}

/// Whether there is a control character that could be taken for a code. Codes are below a space.
fn has_codes(headers: &str) -> bool {
    let mut bytes = headers.bytes();
    bytes.any(|byte| byte < b' ' && byte != b'\n' && byte != b'\t')
}

/// The header fields of which `packed` was stored, of an attempt for the callback `id`.
pub fn unpack(packed: &str, id: CallbackId) -> String {
    if let Some(headers) = packed.strip_prefix(AS_IT_IS) {
        return headers.to_owned();
    }
    let mut headers = String::with_capacity(packed.len() * 4);
    let mut signature = String::new();
    for c in packed.chars() {
        match c {
            ID => {
                // Writing to a string does not fail.
                let _ = write!(headers, "{id}");
            }
            SAME_SIGNATURE => {
                if signature.is_empty() {
                    signature = line_after(&headers, SIGNATURE).to_owned();
                }
                headers.push_str(&signature);
            }
            _ => match FRAGMENTS.iter().find(|(code, _)| *code == c) {
                Some((_, text)) => headers.push_str(text),
                None => headers.push(c),
            },
        }
    }
    headers
}

/// What follows `name` up to the end of its line, that end included.
fn line_after<'a>(headers: &'a str, name: &str) -> &'a str {
    let mut lines = headers.split_inclusive('\n');
    lines.find_map(|line| line.strip_prefix(name)).unwrap_or("")
}

/// An id's text, written once.
struct Id {
    id: CallbackId,
    text: String,
}

impl Id {
    const fn new(id: CallbackId) -> Self {
        Self {
            id,
            text: String::new(),
        }
    }

    fn is(&mut self, value: &str) -> bool {
        if self.text.is_empty() {
            self.text = self.id.to_string();
        }
        self.text == value
    }

    fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENT: &str = "\
Host: 127.0.0.1:4000
User-Agent: Ringback/0.1.0
X-Twilio-Signature: E9zjz7KWpTa+5NVnM+bDaRIV2Ks=
Webhook-Signature: v1,fBL5VK8b/QJWdeLUuqN4aBjh3qvUYmOkdyqYK4+t+/c=
Webhook-Timestamp: 1712255535
I-Twilio-Idempotency-Token: 0190a000-0000-7000-8000-000000000001
Webhook-Id: 0190a000-0000-7000-8000-000000000001
X-Signalwire-Signature: E9zjz7KWpTa+5NVnM+bDaRIV2Ks=
Ringback-Depth: 1
Content-Type: application/x-www-form-urlencoded; charset=UTF-8
Content-Length: 700
Authorization: [hidden]
";

    fn id() -> CallbackId {
        "0190a000-0000-7000-8000-000000000001".parse().unwrap()
    }

    #[test]
    fn what_a_callback_sends_takes_a_third() {
        let packed = pack(SENT, id());
        assert!(packed.len() * 3 < SENT.len() + 60, "{packed:?}");
        assert_eq!(unpack(&packed, id()), SENT);
    }

    #[test]
    fn what_an_older_version_stored_is_read_as_it_stands() {
        assert_eq!(unpack(SENT, id()), SENT);
        assert_eq!(unpack("", id()), "");
    }

    #[test]
    fn codes_are_neither_used_twice_nor_part_of_header_fields() {
        let mut codes: Vec<char> = FRAGMENTS.iter().map(|(code, _)| *code).collect();
        codes.extend([ID, SAME_SIGNATURE, AS_IT_IS]);
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), FRAGMENTS.len() + 3);
        assert!(codes.iter().all(|c| c.is_control() && !"\n\t".contains(*c)));
        assert!(FRAGMENTS.contains(&(SIGNATURE_CODE, SIGNATURE)));
    }

    /// A line of the table or another one, with a value that may be the id or the signature.
    fn line() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            prop::sample::select(FRAGMENTS.map(|(_, text)| text.to_owned()).to_vec()),
            Just(SIGNATURE.to_owned()),
            "[A-Za-z-]{1,9}: ",
        ];
        let value = prop_oneof![
            Just("0190a000-0000-7000-8000-000000000001".to_owned()),
            Just("abc=".to_owned()),
            ".{0,9}",
        ];
        (name, value).prop_map(|(name, value)| format!("{name}{value}\n"))
    }

    proptest! {
        #[test]
        fn whatever_is_packed_is_unpacked_as_it_was(
            lines in prop::collection::vec(line(), 0..9),
        ) {
            let headers = lines.concat();
            prop_assert_eq!(unpack(&pack(&headers, id()), id()), headers);
        }
    }
}
