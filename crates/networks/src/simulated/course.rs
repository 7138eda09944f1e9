//! What was settled for a call or a message when it was made, where that is not left to its
//! number and its draw.
//!
//! Kept in its memo: whatever a configuration says later, what is under way goes on as it began.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::numbers::{CallFate, MessageFate};
use super::outcome;

/// What was settled for a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CallCourse {
    /// How long it waits in the queue before it is dialled, in microseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) wait_us: u64,
    /// From then until it is dialled, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dial_us: Option<u64>,
    /// What becomes of it; by its number, if it is none.
    #[serde(skip_serializing_if = "Option::is_none", with = "outcome")]
    pub(super) fate: Option<CallFate>,
    /// From when it is dialled until the far end says something, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alert_us: Option<u64>,
    /// How long it rings until somebody answers or declines, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer_us: Option<u64>,
    /// How long they talk, where no document says it, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) talk_us: Option<u64>,
    /// What its line is like.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) line: Line,
}

/// What was settled for a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct MessageCourse {
    /// How long it waits in the queue before its sender may send it, in microseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) wait_us: u64,
    /// What becomes of it; by its number, if it is none.
    #[serde(skip_serializing_if = "Option::is_none", with = "outcome")]
    pub(super) fate: Option<MessageFate>,
    /// From when it leaves the queue until it is handed to a carrier, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sending_us: Option<u64>,
    /// From when it leaves the queue until the carrier has taken it, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sent_us: Option<u64>,
    /// From then until its receipt, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) receipt_us: Option<u64>,
}

/// What the line of a call adds to what is drawn for its media.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Line {
    /// Jitter, in milliseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub jitter_ms: u32,
    /// Packets that do not come in time, of a thousand.
    #[serde(skip_serializing_if = "is_default")]
    pub loss_thousandths: u32,
}

/// A time that was settled, or the one that is drawn.
pub(super) fn settled(settled_us: Option<u64>, drawn: Duration) -> Duration {
    settled_us.map_or(drawn, Duration::from_micros)
}

/// A time as it is kept.
pub(super) fn kept(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Whether there is nothing to be said of it.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
