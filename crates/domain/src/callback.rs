//! What is owed to one subscription for one change.
//!
//! Rendered when the change is recorded, signed when an attempt is made; the dispatcher
//! moves it from state to state.

use std::sync::Arc;

use crate::id::{CallbackId, ProjectId, Sid};
use crate::subscription::Method;
use crate::time::Timestamp;

/// How far a callback is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackState {
    /// To be delivered, in its lane.
    Pending,
    /// To be delivered, on a schedule of its own while its lane goes on.
    Aside,
    /// A receiver accepted it.
    Delivered,
    /// Given up; kept, can be replayed.
    Failed,
    /// Given up by whoever owns it.
    Canceled,
}

impl CallbackState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Aside,
        Self::Delivered,
        Self::Failed,
        Self::Canceled,
    ];

    /// The word used in the store, the API and on the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Aside => "set aside",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    /// Whether nothing more will be done for it.
    pub const fn is_settled(self) -> bool {
        match self {
            Self::Delivered | Self::Failed | Self::Canceled => true,
            Self::Pending | Self::Aside => false,
        }
    }
}

/// How a callback's parameters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// As a form: what all but 10DLC's and those of the JSON message API are.
    #[default]
    Form,
    /// As a JSON object.
    Json,
}

impl Encoding {
    /// The word used in the store and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Json => "json",
        }
    }

    /// The encoding of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Form, Self::Json]
            .into_iter()
            .find(|encoding| encoding.as_str() == name)
    }
}

/// The status of a callback that tells a project of one that has failed. No resource has it.
pub const FAILURE_NOTICE: &str = "callback-failed";

/// That a settled callback is sent again, because somebody asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replay {
    /// When it was asked for: its 72 hours begin here.
    pub at: Timestamp,
    /// How many attempts had been made before.
    pub attempts_before: u32,
}

/// A callback.
#[derive(Clone, Debug, PartialEq)]
pub struct Callback {
    /// Its id, the same in every attempt and replay.
    pub id: CallbackId,
    /// Its place in the order in which all callbacks were recorded, from 1.
    pub position: u64,
    /// Whose it is.
    pub project: ProjectId,
    /// The resource that changed.
    pub resource: Sid,
    /// Which of its changes.
    pub seq: u32,
    /// The status that it tells, as the wire has it.
    pub status: Arc<str>,
    /// Where it goes, as the user gave it: with userinfo and fragment.
    pub url: Arc<str>,
    /// Scheme, host and port that it goes to.
    pub destination: Arc<str>,
    /// How it is sent.
    pub method: Method,
    /// How its parameters are written.
    pub encoding: Encoding,
    /// Its parameters.
    pub body: Arc<str>,
    /// How many callbacks led to one another before it (callbacks to ourselves).
    pub depth: u8,
    /// When its change was recorded.
    pub recorded_at: Timestamp,
    /// How far it is.
    pub state: CallbackState,
    /// When it is to be tried next.
    pub due: Timestamp,
    /// How many attempts were made.
    pub attempts: u32,
    /// When its first attempt failed.
    pub first_failed_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// Its last replay, if there was one.
    pub replay: Option<Replay>,
}

impl Callback {
    /// Whether it tells of a callback that has failed, not of a change.
    pub fn is_failure_notice(&self) -> bool {
        &*self.status == FAILURE_NOTICE
    }
}
