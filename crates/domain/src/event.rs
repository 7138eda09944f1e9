//! Reports that came with an id of their teller's, so that telling them twice does no harm.
//!
//! The id is unique for a project and a kind. What is kept of it is a digest, made in wire,
//! and what became of the report; the id itself stands with the change.

use crate::id::Sid;
use crate::verdict::Verdict;

/// Which event: a digest of the project, the kind and the teller's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventKey(pub [u8; 16]);

/// What was told: a digest of all that the report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventContent(pub [u8; 16]);

/// An event that was recorded, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownEvent {
    /// Which event.
    pub key: EventKey,
    /// What was told.
    pub content: EventContent,
    /// The resource that it was told of.
    pub resource: Sid,
    /// What became of the report.
    pub verdict: Verdict,
    /// The number of the change, if it was accepted.
    pub seq: Option<u32>,
}
