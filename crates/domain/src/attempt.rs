//! One HTTP request made for a callback, and what came of it.
//!
//! Made by the transport, recorded by the recorder.

use std::time::Duration;

use crate::errors::ErrorCode;
use crate::id::CallbackId;
use crate::time::Timestamp;

/// How long each stage took. A stage that was not reached, or not needed because a
/// connection was reused, has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Name resolution.
    pub dns: Option<Duration>,
    /// TCP connection.
    pub connect: Option<Duration>,
    /// TLS handshake.
    pub tls: Option<Duration>,
    /// From the request to the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// From the attempt's start to its end.
    pub total: Duration,
}

/// What a receiver answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, one `name: value` a line.
    pub headers: String,
    /// The first 4 KiB of the body.
    pub excerpt: Vec<u8>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttemptResult {
    /// The receiver accepted the callback.
    Accepted,
    /// It did not.
    Failed {
        /// Why, as a code.
        code: ErrorCode,
        /// What happened and what to do, in a sentence.
        detail: String,
    },
}

/// One HTTP request made for a callback (with the redirects that it followed).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The callback.
    pub callback: CallbackId,
    /// Its number, from 1.
    pub number: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// How long each stage took.
    pub timings: Timings,
    /// The URL that was asked last, without credentials and, for GET, without parameters.
    pub url: String,
    /// The headers that were sent, one `name: value` a line, credentials masked.
    pub headers: String,
    /// What came back, if anything did.
    pub answer: Option<Answer>,
    /// A remark on an accepted one: 11750 for a body that was too long to be read whole.
    pub note: Option<ErrorCode>,
    /// How it ended.
    pub result: AttemptResult,
}
