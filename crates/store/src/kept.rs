//! Outcomes that a store does not take for now, kept apart until it does.
//!
//! Put aside and read back by the engine's recorder, through [`Store::keep`] and
//! [`Store::kept`].
//!
//! [`Store::keep`]: crate::Store::keep
//! [`Store::kept`]: crate::Store::kept

use crate::batch::Outcome;

/// An outcome that could not be committed.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptOutcome {
    /// The outcome.
    pub outcome: Outcome,
    /// A remark for the timeline of its resource.
    pub remark: Option<String>,
    /// By how many microseconds stored times had been rebased in all when it was kept: its
    /// `due` is of that scale.
    pub rebased_micros: i64,
}

/// What became of outcomes that were to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// So many of them are kept, the first ones.
    pub kept: usize,
    /// Whether there is room for more.
    pub room: Room,
}

/// Whether there is room for further outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// There is.
    Enough,
    /// For those of the attempts that are under way, perhaps: none is to be begun.
    Scarce,
}

/// An outcome that is kept, and its number: higher than that of each one kept before it.
pub type Numbered = (u64, KeptOutcome);
