//! Scenarios that were set: what is to happen to resources that are not there yet.
//!
//! Put and taken away by whoever may use the project, used up by the recorder as resources take
//! them; which there are is kept in the engine's directory. What a scenario says is the
//! network's business: here it is a text.

use std::sync::Arc;

use crate::id::{ProjectId, Sid};
use crate::time::Timestamp;

/// A scenario that was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetScenario {
    /// Its id; of two that match, the one with the higher was set later and goes before.
    pub sid: Sid,
    /// Whose it is.
    pub project: ProjectId,
    /// What it is called; no other of the project is.
    pub name: Arc<str>,
    /// For what kind of resources it is, in the network's words.
    pub subject: Arc<str>,
    /// What it says, in the network's words.
    pub text: Arc<str>,
    /// For how many more resources it is; without an end, if none.
    pub left: Option<u32>,
    /// When it was set.
    pub set_at: Timestamp,
}
