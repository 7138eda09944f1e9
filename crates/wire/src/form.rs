//! Form parameters: bodies of POST callbacks, and what a GET callback adds to its URL.
//!
//! Called when a request is rendered, and where parameters are read back. Bodies are
//! `application/x-www-form-urlencoded` as browsers write it. Queries escape as little as
//! can be: receivers that decode the rest before they verify (Flask's `request.url`) must
//! find the URL that was signed.

use std::fmt::{Display, Write as _};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// What is escaped in an appended key or value: `% & + # =`, and what the query
/// production of RFC 3986 §3.4 does not hold. A blank is written as `+`.
const NOT_IN_A_PAIR: &AsciiSet = &CONTROLS
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'#')
    .add(b'=')
    .add(b'"')
    .add(b'<')
    .add(b'>')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A form that is being written, in one buffer: callbacks are rendered for every change.
#[derive(Debug)]
pub struct FormWriter(String);

impl FormWriter {
    /// An empty form; `capacity` is in bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self(String::with_capacity(capacity))
    }

    /// Appends a pair. `key` needs no escape.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        self.0
            .extend(form_urlencoded::byte_serialize(value.as_bytes()));
        self
    }

    /// Appends a pair that needs no escape at all: numbers, ids, our own words.
    pub fn plain(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.key(key);
        write!(self.0, "{value}").expect("a String takes everything");
        self
    }

    /// The form.
    pub fn finish(self) -> String {
        self.0
    }

    fn key(&mut self, key: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(key);
        self.0.push('=');
    }
}

/// The body of a POST callback.
pub fn encode<K: AsRef<str>, V: AsRef<str>>(pairs: &[(K, V)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// The pairs of a body or query, in order. Invalid UTF-8 becomes U+FFFD.
pub fn decode(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// A form read back into one text, for signatures, which take all of it.
#[derive(Debug)]
pub struct Plain {
    text: String,
    /// Where each key and each value ends in it.
    ends: Vec<(u32, u32)>,
}

impl Plain {
    /// Reads what [`FormWriter`] wrote. `None` if a key or a value is not UTF-8, as what it
    /// writes never is.
    pub fn read(form: &str) -> Option<Self> {
        let mut reader = Reader {
            form: form.as_bytes(),
            read: 0,
            text: Vec::with_capacity(form.len()),
        };
        let (mut pairs, mut key_end) = (Ends(Vec::with_capacity(16)), None);
        for at in memchr::memchr3_iter(b'&', b'=', b'%', form.as_bytes()) {
            match form.as_bytes()[at] {
                b'%' => reader.escape(at),
                // Another one is part of the value.
                b'=' if key_end.is_none() => key_end = Some(reader.end(at)?),
                b'=' => {}
                _ => pairs.end(key_end.take(), reader.end(at)?),
            }
        }
        pairs.end(key_end, reader.end(form.len())?);
        let ends = pairs.0;
        let text = String::from_utf8(reader.text).ok()?;
        // Two halves of a letter are one where they meet.
        let whole = |end: u32| text.is_char_boundary(end as usize);
        let all = ends.iter().all(|(key, value)| whole(*key) && whole(*value));
        all.then_some(Self { text, ends })
    }

    /// Its pairs, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().map(move |(key_end, value_end)| {
            let (key_end, value_end) = (*key_end as usize, *value_end as usize);
            let pair = (&self.text[start..key_end], &self.text[key_end..value_end]);
            start = value_end;
            pair
        })
    }
}

/// A form that is being read: what lies between two of its signs is copied at once.
struct Reader<'a> {
    form: &'a [u8],
    /// How far it is read.
    read: usize,
    text: Vec<u8>,
}

impl Reader<'_> {
    /// Takes the percent sign at this place with its digits. One without stays as it is.
    fn escape(&mut self, at: usize) {
        let Some([high, low]) = self.form.get(at + 1..at + 3) else {
            return;
        };
        if let Some((high, low)) = hex(*high).zip(hex(*low)) {
            self.copy(at);
            self.text.push(high << 4 | low);
            self.read = at + 3;
        }
    }

    /// A key or a value ends before the sign at this place; says where it does in the text.
    fn end(&mut self, at: usize) -> Option<u32> {
        self.copy(at);
        self.read = at + 1;
        u32::try_from(self.text.len()).ok()
    }

    fn copy(&mut self, until: usize) {
        let blank = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
        let span = &self.form[self.read..until];
        self.text.extend(span.iter().map(blank));
    }
}

/// Where each key and each value ends.
struct Ends(Vec<(u32, u32)>);

impl Ends {
    /// Adds a pair, unless there is nothing between its signs.
    fn end(&mut self, key_end: Option<u32>, value_end: u32) {
        let start = self.0.last().map_or(0, |(_, end)| *end);
        if key_end.is_some() || value_end > start {
            self.0.push((key_end.unwrap_or(value_end), value_end));
        }
    }
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `target` (a request target or a URL without fragment) with `pairs` after what its
/// query has already.
pub fn append_to_query<K: AsRef<str>, V: AsRef<str>>(target: &str, pairs: &[(K, V)]) -> String {
    let mut out = target.to_owned();
    let mut separator = match target.find('?') {
        None => "?",
        Some(at) if at + 1 == target.len() || target.ends_with('&') => "",
        Some(_) => "&",
    };
    for (key, value) in pairs {
        out.push_str(separator);
        push_escaped(&mut out, key.as_ref());
        out.push('=');
        push_escaped(&mut out, value.as_ref());
        separator = "&";
    }
    out
}

fn push_escaped(out: &mut String, text: &str) {
    let mut words = text.split(' ');
    if let Some(first) = words.next() {
        out.extend(utf8_percent_encode(first, NOT_IN_A_PAIR));
    }
    for word in words {
        out.push('+');
        out.extend(utf8_percent_encode(word, NOT_IN_A_PAIR));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text_pairs() -> impl Strategy<Value = Vec<(String, String)>> {
        prop::collection::vec((any::<String>(), any::<String>()), 0..6)
    }

    #[test]
    fn a_body_is_written_as_browsers_write_it() {
        let body = encode(&[("To", "+15550100002"), ("Body", "a b&c"), ("Empty", "")]);
        assert_eq!(body, "To=%2B15550100002&Body=a+b%26c&Empty=");
    }

    #[test]
    fn what_is_not_utf_8_is_not_read_back_plain() {
        assert!(Plain::read("a%C3=%A9").is_none());
        assert!(Plain::read("a=%C3&%A9=").is_none());
        assert!(Plain::read("a=%ff").is_none());
        assert!(Plain::read("%C3%A9=%C3%A9").is_some());
    }

    #[test]
    fn a_form_is_written_as_it_is_encoded() {
        let mut form = FormWriter::with_capacity(0);
        form.text("Body", "a b&c é").plain("NumMedia", 0);
        let pairs = [("Body", "a b&c é"), ("NumMedia", "0")];
        assert_eq!(form.finish(), encode(&pairs));
    }

    #[test]
    fn a_query_escapes_only_what_it_must() {
        let appended = append_to_query("/in", &[("T", "Thu, 04 Apr 2024 18:32:15 +0000")]);
        assert_eq!(appended, "/in?T=Thu,+04+Apr+2024+18:32:15+%2B0000");
        let kept = "-._~!$'()*,;:@/?";
        assert_eq!(append_to_query("/", &[("k", kept)]), format!("/?k={kept}"));
        assert_eq!(
            append_to_query("/", &[("k", "%&+#=\"<>[]\\^`{|}\u{7f}\né")]),
            "/?k=%25%26%2B%23%3D%22%3C%3E%5B%5D%5C%5E%60%7B%7C%7D%7F%0A%C3%A9"
        );
    }

    #[test]
    fn a_query_is_continued_not_replaced() {
        let pair = [("a", "1")];
        assert_eq!(append_to_query("/x", &pair), "/x?a=1");
        assert_eq!(append_to_query("/x?", &pair), "/x?a=1");
        assert_eq!(append_to_query("/x?b=2", &pair), "/x?b=2&a=1");
        assert_eq!(append_to_query("/x?b=2&", &pair), "/x?b=2&a=1");
        assert_eq!(append_to_query::<&str, &str>("/x?b", &[]), "/x?b");
    }

    proptest! {
        #[test]
        fn a_form_is_read_back_plain_as_the_url_standard_says(
            form in "([a-c]|[%+&=é]|%[0-9a-fA-F]{2}|%41){0,12}",
        ) {
            if let Some(plain) = Plain::read(&form) {
                let pairs: Vec<(&str, &str)> = plain.pairs().collect();
                let expected = decode(&form);
                let expected: Vec<(&str, &str)> =
                    expected.iter().map(|(key, value)| (&**key, &**value)).collect();
                prop_assert_eq!(pairs, expected);
            }
        }

        #[test]
        fn what_was_written_is_read_back_plain(pairs in text_pairs()) {
            let form = encode(&pairs);
            let plain = Plain::read(&form).unwrap();
            let read: Vec<(String, String)> = plain
                .pairs()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn whatever_is_read_plain_is_what_browsers_read(form in "[&=%+a3c\u{e9}]{0,40}") {
            let expected = decode(&form);
            let letters = expected.iter().all(|(key, value)| !(key.clone() + value).contains('\u{fffd}'));
            match Plain::read(&form) {
                Some(plain) => {
                    let read: Vec<(&str, &str)> = plain.pairs().collect();
                    let expected: Vec<(&str, &str)> =
                        expected.iter().map(|(key, value)| (&**key, &**value)).collect();
                    prop_assert_eq!(read, expected);
                }
                None => prop_assert!(!letters),
            }
        }

        #[test]
        fn what_is_encoded_decodes_to_the_same(pairs in text_pairs()) {
            prop_assert_eq!(decode(&encode(&pairs)), pairs);
        }

        #[test]
        fn what_is_appended_decodes_to_the_same(pairs in text_pairs()) {
            let target = append_to_query("/path?own=%20x", &pairs);
            let (_, query) = target.split_once('?').expect("the path had a query");
            let mut all = vec![("own".to_owned(), " x".to_owned())];
            all.extend(pairs);
            prop_assert_eq!(decode(query), all);
        }

        #[test]
        fn what_is_appended_is_a_query(pairs in text_pairs()) {
            let target = append_to_query("/", &pairs);
            let rfc_3986 = |byte: u8| {
                byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@/?".contains(&byte)
            };
            prop_assert!(target.bytes().all(rfc_3986));
        }
    }
}
