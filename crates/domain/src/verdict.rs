//! What became of a report.
//!
//! Returned by each kind's `judge`, recorded by the recorder, shown on timelines.

/// Whether statuses that should have come before were skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The next status, or one that may follow directly.
    None,
    /// A later status: those between were never reported.
    Skipped,
}

/// What became of a report. Only an accepted one changes the resource and is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It moved the resource on.
    Accepted(Gap),
    /// The status that the resource has already: kept, counted, not sent.
    Repeat,
    /// A status before the one that the resource has: kept, counted, not sent.
    Late,
    /// Another end than the one that came first, or one of the other direction: kept,
    /// counted, not sent. The first end stands.
    Conflict,
    /// Not a status of this kind of resource.
    Refused,
}

impl Verdict {
    /// The word used in the store, the API and on the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Repeat => "repeat",
            Self::Late => "late",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
        }
    }
}
