//! Meters: what a network counts over several resources of a project.
//!
//! Changed by the recorder alone, in one commit with the step that it was counted at. What is
//! counted, and under which name, is the network's own affair.

use std::sync::Arc;

use crate::id::ProjectId;
use crate::time::Timestamp;

/// Something that is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    /// Whose it is.
    pub project: ProjectId,
    /// What it is of, in the network's words.
    pub name: Arc<str>,
    /// What it shows.
    pub reading: Reading,
}

/// What a meter shows. One that was never read shows the default: nothing, at no time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// A moment; it moves with the clock when that is rebased.
    pub at: Timestamp,
    /// A number.
    pub count: u64,
}
