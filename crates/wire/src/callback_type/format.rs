//! What a parameter's value looks like.

use schemars::JsonSchema;
use serde::Serialize;

use super::PerDialect;

/// What a value looks like. On a form everything is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "ParameterFormat")]
pub enum Format {
    /// A UUID, in lower case.
    Uuid,
    /// A number (E.164), a short code, a SIP URI or `client:` and a name.
    Party,
    /// A number, E.164.
    Number,
    /// A whole number.
    Integer {
        /// The least that it can be.
        min: u32,
    },
    /// A number with a point.
    Decimal,
    /// A code of digits.
    Code,
    /// A moment as mails have it (RFC 2822), in UTC.
    Rfc2822,
    /// A moment as ISO 8601 has it, in UTC, to the second.
    Iso8601,
    /// An absolute URL.
    Url,
    /// An absolute URL; empty while nobody said where.
    UrlOrEmpty,
    /// A type of media.
    MediaType,
    /// Any text, also none.
    Text,
    /// A code of digits as text, or null.
    CodeOrNull,
    /// Any text, or null.
    TextOrNull,
    /// An object of texts.
    Object,
    /// One of these words.
    Word {
        /// The words, in each dialect.
        words: PerDialect<&'static [&'static str]>,
    },
}

impl Format {
    pub(super) const fn word(words: &'static [&'static str]) -> Self {
        Self::Word {
            words: PerDialect::all(words),
        }
    }

    /// What it is, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uuid => "UUID",
            Self::Party => "number, SIP URI or client",
            Self::Number => "number",
            Self::Integer { .. } => "integer",
            Self::Decimal => "decimal",
            Self::Code => "digits",
            Self::Rfc2822 => "RFC 2822",
            Self::Iso8601 => "ISO 8601",
            Self::Url => "URL",
            Self::UrlOrEmpty => "URL or empty",
            Self::MediaType => "media type",
            Self::Text => "text",
            Self::CodeOrNull => "digits or null",
            Self::TextOrNull => "text or null",
            Self::Object => "object of texts",
            Self::Word { .. } => "word",
        }
    }
}
