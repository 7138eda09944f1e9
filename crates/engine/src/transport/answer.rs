//! What came back: the status, the header fields, the start of the body.
//!
//! Read frame by frame under the read limit, and never beyond [`BODY_LIMIT`]: a receiver
//! cannot fill our memory or hold an attempt for longer than its deadline.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::Response;
use hyper::body::{Body as _, Incoming};

use super::headers::HeaderLines;
use super::watch::{Ear, Silence};

/// Read of a body, in bytes. SignalWire's limit ("Common webhook errors": 64 kB).
pub const BODY_LIMIT: u64 = 64 * 1024;

/// Kept of a body, in bytes.
pub const EXCERPT_LIMIT: usize = 4 * 1024;

/// An answer, complete or as far as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// At most 8 KiB of header fields.
    pub headers: HeaderLines,
    /// The first 4 KiB of the body.
    pub excerpt: Vec<u8>,
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
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Oversized => Some("11750"),
            Self::Complete | Self::Cut | Self::Unfinished => None,
        }
    }
}

impl Answer {
    /// The answer before any of its body was read.
    pub(super) fn begun(response: &Response<Incoming>) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: HeaderLines::record(response.headers()),
            excerpt: Vec::new(),
            size_bytes: 0,
            end: BodyEnd::Unfinished,
        }
    }

    /// Reads the body. What was read stays when the future is dropped.
    pub(super) async fn read(
        &mut self,
        mut body: Incoming,
        limit: Duration,
        ear: &Ear,
    ) -> Result<(), Silence> {
        // Each turn reads a frame; the limit on size or the caller's deadline ends it.
        while !body.is_end_stream() {
            let Some(frame) = ear.within(limit, body.frame()).await? else {
                break;
            };
            let Ok(frame) = frame else {
                self.end = BodyEnd::Cut;
                return Ok(());
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if self.take(&data) == BodyEnd::Oversized {
                self.end = BodyEnd::Oversized;
                return Ok(());
            }
        }
        self.end = BodyEnd::Complete;
        Ok(())
    }

    fn take(&mut self, data: &[u8]) -> BodyEnd {
        let room = EXCERPT_LIMIT - self.excerpt.len();
        self.excerpt
            .extend_from_slice(&data[..data.len().min(room)]);
        let size = self.size_bytes.saturating_add(data.len() as u64);
        self.size_bytes = size.min(BODY_LIMIT);
        if size > BODY_LIMIT {
            BodyEnd::Oversized
        } else {
            BodyEnd::Unfinished
        }
    }
}
