//! What is wrong with a document, and where.
//!
//! Made while a document is read; told on a call's timeline by whoever runs it. Texts never
//! repeat what a document says or sends, URLs or credentials: only names, and values of which
//! a few are allowed.

use std::fmt;

use ringback_domain::errors::ErrorCode;
use roxmltree::Error;

use super::PARSE_FAILURE;

/// How much of a name or value a message repeats, in characters.
const SHOWN_CHARS: usize = 40;

/// A place in a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u32,
    /// The character of that line, from 1.
    pub column: u32,
}

impl Place {
    /// The place of the byte `at` of `text`. Takes time by the length of the text.
    pub fn of(text: &str, at: usize) -> Self {
        let before = &text.as_bytes()[..at.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |end| end + 1);
        let lines = memchr::memchr_iter(b'\n', before).count();
        // A byte that goes on with a character counts for none.
        let is_start = |byte: &&u8| **byte & 0b1100_0000 != 0b1000_0000;
        let columns = before[line_start..].iter().filter(is_start).count();
        let counted = |count: usize| u32::try_from(count + 1).unwrap_or(u32::MAX);
        Self {
            line: counted(lines),
            column: counted(columns),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a document cannot be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{text}", Before(*place))]
pub struct Fault {
    /// 12100, or 12300 for a wrong content type.
    pub code: ErrorCode,
    /// Where, if it is of one place.
    pub place: Option<Place>,
    /// What is wrong, and what was expected.
    pub text: String,
}

impl Fault {
    pub(super) const fn new(code: ErrorCode, place: Option<Place>, text: String) -> Self {
        Self { code, place, text }
    }

    /// 12100 at the byte `at` of `document`.
    pub(super) fn at(document: &str, at: usize, text: String) -> Self {
        Self::new(PARSE_FAILURE, Some(Place::of(document, at)), text)
    }
}

/// How bad an issue is, as the error catalogue has it of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The attribute or noun is of no use.
    Error,
    /// It is odd.
    Warning,
}

/// What is odd in a document that is run all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// What SignalWire calls it.
    pub code: ErrorCode,
    /// How bad it is.
    pub level: Level,
    /// Where; none for what is said of the whole document.
    pub place: Option<Place>,
    /// What is odd, what was expected, and what is done instead.
    pub text: String,
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let before = Before(self.place);
        write!(f, "{before}{} ({level} {})", self.text, self.code)
    }
}

/// The place as it stands before what is said of it.
struct Before(Option<Place>);

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(f, "{place}: "),
            None => Ok(()),
        }
    }
}

/// That a text is no well-formed XML.
pub(super) fn malformed(error: &Error) -> Fault {
    let position = error.pos();
    let place = Place {
        line: position.row,
        column: position.col,
    };
    let text = match error {
        Error::DtdDetected => "a document type (<!DOCTYPE>) is not allowed".to_owned(),
        Error::UnclosedRootNode => "the root element is not closed".to_owned(),
        Error::NoRootNode => "there is no element: expected <Response>".to_owned(),
        Error::UnexpectedCloseTag(expected, found, _) => format!(
            "expected </{}>, found </{}>",
            shown_name(expected),
            shown_name(found)
        ),
        Error::DuplicatedAttribute(name, _) => {
            format!("the attribute `{}` is given twice", shown_name(name))
        }
        Error::UnknownEntityReference(name, _) => format!(
            "there is no entity `&{};`: XML has amp, lt, gt, quot and apos",
            shown_name(name)
        ),
        Error::MalformedEntityReference(_) => {
            "`&` begins an entity: write `&amp;` for the character".to_owned()
        }
        Error::UnknownNamespace(prefix, _) => format!(
            "the prefix `{}` is not declared: give xmlns:{} on <Response>",
            shown_name(prefix),
            shown_name(prefix)
        ),
        Error::UnexpectedDeclaration(_) => {
            "<?xml …?> may stand at the very beginning alone, with no blank before it".to_owned()
        }
        Error::InvalidAttributeValue(_) => "an attribute's value cannot hold `<`".to_owned(),
        // Its own text ends in a place, which is told already.
        other => {
            let said = other.to_string();
            let said = said.rsplit_once(" at ").map_or(&*said, |(what, _)| what);
            format!("this is no well-formed XML: {}", shown(said))
        }
    };
    Fault::new(PARSE_FAILURE, Some(place), text)
}

/// A value as a message repeats it: not all of a long one, and quoted.
pub(super) fn shown(value: &str) -> String {
    format!("{:?}", shorten(value))
}

/// A name as a message repeats it.
pub(super) fn shown_name(name: &str) -> String {
    shorten(name)
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
