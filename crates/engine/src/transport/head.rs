//! The head of an answer: from bytes to what the transport goes by.
//!
//! Called by [`super::talk`] with all that has come so far. Pure. `httparse` reads the
//! syntax; what decides where the body ends and whether the connection may be kept is read
//! here, strictly: an answer that can be understood in two ways is none (RFC 9112 §6).

use std::mem::MaybeUninit;

use httparse::{Header, ParserConfig, Response, Status};

use super::body::Body;
use super::headers::HeaderLines;

/// Header fields of an answer; more are a protocol failure.
const MOST_FIELDS: usize = 100;

/// The head of a final answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// From 100 to 999.
    pub(super) status: u16,
    /// As they came, at most 8 KiB of them.
    pub(super) headers: HeaderLines,
    /// The first `Location`.
    pub(super) location: Option<String>,
    /// How the body is framed.
    pub(super) body: Body,
    /// Whether another request may follow on this connection.
    pub(super) keep: Keep,
}

/// Whether a connection may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// It may.
    Yes,
    /// The receiver closes it, or speaks something else on it from now on.
    No,
}

/// What the bytes that came so far are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    /// The beginning of a head.
    Partial,
    /// An interim answer (1xx), so long in bytes: another one follows.
    Interim(usize),
    /// A head, so long in bytes.
    Final(Head, usize),
}

/// What came back is no HTTP/1, or contradicts itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadError {
    /// Not the syntax of HTTP/1.
    #[error("{0}")]
    Syntax(httparse::Error),
    /// No status has such a number.
    #[error("invalid status")]
    Status,
    /// No number, or several.
    #[error("invalid Content-Length")]
    Length,
    /// HTTP/1.0 has none (RFC 9112 §6.1).
    #[error("Transfer-Encoding in HTTP/1.0")]
    Encoding,
    /// Longer than is read.
    #[error("header fields too long")]
    TooLong,
    /// More interim answers than anybody needs.
    #[error("no final answer")]
    Interim,
}

/// Reads what came first.
pub(super) fn read(bytes: &[u8]) -> Result<Opening, HeadError> {
    let mut fields = [const { MaybeUninit::uninit() }; MOST_FIELDS];
    let mut response = Response::new(&mut []);
    let parsed = ParserConfig::default()
        .parse_response_with_uninit_headers(&mut response, bytes, &mut fields)
        .map_err(HeadError::Syntax)?;
    let (Status::Complete(length), Some(status), Some(minor)) =
        (parsed, response.code, response.version)
    else {
        return Ok(Opening::Partial);
    };
    match status {
        // 101 is the last one in HTTP, whatever follows it.
        101 | 200.. => {
            let head = Head::new(status, minor, response.headers)?;
            Ok(Opening::Final(head, length))
        }
        100..200 => Ok(Opening::Interim(length)),
        0..100 => Err(HeadError::Status),
    }
}

/// Whether a head may end in `bytes`, of which those before `known` were looked at. A receiver
/// that sends its head in small pieces is not read from its beginning with each of them.
pub(super) fn may_end(bytes: &[u8], known: usize) -> bool {
    let new = &bytes[known.saturating_sub(3)..];
    let ends = |window: &[u8]| window.ends_with(b"\n\n") || window == b"\n\r\n";
    new.windows(3).any(ends)
}

impl Head {
    fn new(status: u16, minor: u8, fields: &[Header<'_>]) -> Result<Self, HeadError> {
        let mut headers = HeaderLines::default();
        for field in fields {
            headers.record(field.name, &String::from_utf8_lossy(field.value));
        }
        let keep = if status == 101 {
            Keep::No
        } else {
            keep(minor, fields)
        };
        Ok(Self {
            status,
            headers,
            location: values(fields, "location").next().map(|value| {
                let location = String::from_utf8_lossy(value);
                location.into_owned()
            }),
            body: body(status, minor, fields)?,
            keep,
        })
    }
}

/// How the body is framed, in the order of RFC 9112 §6.3.
fn body(status: u16, minor: u8, fields: &[Header<'_>]) -> Result<Body, HeadError> {
    if matches!(status, 101 | 204 | 304) {
        return Ok(Body::empty());
    }
    if let Some(last) = values(fields, "transfer-encoding").last() {
        if minor == 0 {
            return Err(HeadError::Encoding);
        }
        let chunked = tokens(last).next_back().is_some_and(|token| {
            // Whatever the encodings before it are: a body is counted, not understood.
            token.eq_ignore_ascii_case(b"chunked")
        });
        return Ok(if chunked {
            Body::chunked()
        } else {
            Body::until_close()
        });
    }
    let mut length = None;
    for token in values(fields, "content-length").flat_map(tokens) {
        let own = number(token).ok_or(HeadError::Length)?;
        if *length.get_or_insert(own) != own {
            return Err(HeadError::Length);
        }
    }
    Ok(length.map_or_else(Body::until_close, Body::of_length))
}

/// HTTP/1.1 keeps connections unless told otherwise, HTTP/1.0 closes them unless told so.
fn keep(minor: u8, fields: &[Header<'_>]) -> Keep {
    let says = |word: &str| {
        values(fields, "connection")
            .flat_map(tokens)
            .any(|token| token.eq_ignore_ascii_case(word.as_bytes()))
    };
    if says("close") || (minor == 0 && !says("keep-alive")) {
        Keep::No
    } else {
        Keep::Yes
    }
}

fn values<'a>(
    fields: &'a [Header<'_>],
    name: &'static str,
) -> impl DoubleEndedIterator<Item = &'a [u8]> {
    fields
        .iter()
        .filter(move |field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value)
}

fn tokens(value: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

/// Digits alone: no sign, no blank.
fn number(digits: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(digits).ok()?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> Result<Head, HeadError> {
        match read(text.as_bytes())? {
            Opening::Final(head, length) => {
                assert_eq!(length, text.len());
                Ok(head)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_body_is_framed_as_rfc_9112_says() {
        check(
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
            Body::of_length(3),
        );
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 3, 3\r\ncontent-length:3\r\n\r\n",
            Body::of_length(3),
        );
        check("HTTP/1.1 200 OK\r\n\r\n", Body::until_close());
        check(
            "HTTP/1.1 204 No\r\ncontent-length: 3\r\n\r\n",
            Body::empty(),
        );
        check(
            "HTTP/1.1 304 No\r\ntransfer-encoding: chunked\r\n\r\n",
            Body::empty(),
        );
        check(
            "HTTP/1.1 101 Up\r\ncontent-length: 3\r\n\r\n",
            Body::empty(),
        );
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: gzip, Chunked\r\n\r\n",
            Body::chunked(),
        );
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: gzip\r\n\r\n",
            Body::until_close(),
        );
        check("HTTP/1.1 200 OK\ncontent-length: 3\n\n", Body::of_length(3));

        #[track_caller]
        fn check(text: &str, body: Body) {
            assert_eq!(head(text).unwrap().body, body, "{text:?}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_no_answer() {
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 3, 4\r\n\r\n",
            HeadError::Length,
        );
        check(
            "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\n",
            HeadError::Length,
        );
        for length in ["-1", "+1", "1 2", "", "0x3", "18446744073709551616"] {
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
            check(&text, HeadError::Length);
        }
        check(
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            HeadError::Encoding,
        );
        check("HTTP/1.1 099 OK\r\n\r\n", HeadError::Status);
        let many = "a: b\r\n".repeat(MOST_FIELDS + 1);
        check(
            &format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
            HeadError::Syntax(httparse::Error::TooManyHeaders),
        );
        check(
            "HTTP/1.1 200 OK\r\na : b\r\n\r\n",
            HeadError::Syntax(httparse::Error::HeaderName),
        );

        #[track_caller]
        fn check(text: &str, error: HeadError) {
            assert_eq!(read(text.as_bytes()), Err(error), "{text:?}");
        }
    }

    #[test]
    fn a_connection_is_kept_as_version_and_receiver_say() {
        check("HTTP/1.1 200 OK\r\n\r\n", Keep::Yes);
        check("HTTP/1.1 200 OK\r\nconnection: x, Close\r\n\r\n", Keep::No);
        check(
            "HTTP/1.1 200 OK\r\nconnection: close\r\nconnection: keep-alive\r\n\r\n",
            Keep::No,
        );
        check("HTTP/1.0 200 OK\r\n\r\n", Keep::No);
        check(
            "HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\n\r\n",
            Keep::Yes,
        );
        check("HTTP/1.1 101 Up\r\n\r\n", Keep::No);

        #[track_caller]
        fn check(text: &str, keep: Keep) {
            assert_eq!(head(text).unwrap().keep, keep, "{text:?}");
        }
    }

    #[test]
    fn an_interim_answer_is_told_with_its_length() {
        let text = b"HTTP/1.1 103 Early\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\n";
        assert_eq!(read(text), Ok(Opening::Interim(31)));
        assert_eq!(read(&text[31..]), Ok(Opening::Partial));
    }

    #[test]
    fn fields_are_recorded_as_they_came() {
        let head =
            head("HTTP/1.1 302 x\r\nlOcation: /a\r\nX:  y z \r\nlocation: /b\r\n\r\n").unwrap();
        assert_eq!(
            head.headers.as_str(),
            "lOcation: /a\nX: y z\nlocation: /b\n"
        );
        assert_eq!(head.location.as_deref(), Some("/a"));
    }

    #[test]
    fn its_end_is_noticed_wherever_it_was_cut() {
        for text in ["HTTP/1.1 200 OK\r\na: b\r\n\r\n", "HTTP/1.1 200 OK\n\n"] {
            for known in 0..text.len() {
                assert!(may_end(text.as_bytes(), known), "{text:?} {known}");
                assert!(!may_end(&text.as_bytes()[..known], 0), "{text:?} {known}");
            }
        }
        assert!(may_end(b"a\r\n\r\nmore", 2));
        assert!(may_end(b"a\n\nmore", 2));
    }
}
