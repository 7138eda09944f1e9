//! What came back: the status, the header fields, the start of the body.
//!
//! Filled by [`super::talk`] as it comes, and never beyond [`BODY_LIMIT`]: a receiver cannot
//! fill our memory.

use super::headers::HeaderLines;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;

/// Read of a body, in bytes. SignalWire's limit ("Common webhook errors": 64 kB).
pub const BODY_LIMIT: u64 = 64 * 1024;

/// Kept of the body of a callback's answer, in bytes.
pub const EXCERPT_LIMIT: usize = 4 * 1024;

/// An answer, complete or as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// At most 8 KiB of header fields.
    pub headers: HeaderLines,
    /// The start of the body: [`EXCERPT_LIMIT`] unless more was asked for.
    pub excerpt: Vec<u8>,
    /// How much of the body is kept, in bytes.
    pub keep: usize,
    /// How many bytes of the body were read, at most [`BODY_LIMIT`].
    pub size_bytes: u64,
    /// How the body ended.
    pub end: BodyEnd,
}

/// How the reading of a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyEnd {
    /// All of it was read.
    Complete,
    /// It is longer than [`BODY_LIMIT`]: the rest was not read, the connection closed.
    Oversized,
    /// The receiver closed the connection in the middle, or broke its own framing.
    Cut,
    /// A time limit passed first.
    Unfinished,
}

impl BodyEnd {
    /// What the delivery log notes, also beside a success.
    pub fn code(self) -> Option<ErrorCode> {
        match self {
            Self::Oversized => Some(error_code!("11750")),
            Self::Complete | Self::Cut | Self::Unfinished => None,
        }
    }
}

impl Answer {
    /// The answer before any of its body was read.
    pub(super) const fn begun(status: u16, headers: HeaderLines, keep: usize) -> Self {
        Self {
            status,
            headers,
            excerpt: Vec::new(),
            keep,
            size_bytes: 0,
            end: BodyEnd::Unfinished,
        }
    }

    /// Takes a piece of the body.
    pub(super) fn take(&mut self, data: &[u8]) {
        let room = self.keep.saturating_sub(self.excerpt.len());
        self.excerpt
            .extend_from_slice(&data[..data.len().min(room)]);
        let size = self.size_bytes.saturating_add(data.len() as u64);
        self.size_bytes = size.min(BODY_LIMIT);
        if size > BODY_LIMIT {
            self.end = BodyEnd::Oversized;
        }
    }
}
