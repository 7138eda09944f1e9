//! Brands of 10DLC: who sends, as the Campaign Registry knows them.
//!
//! Only documented transitions are accepted. One that was sent in again after it could not be
//! verified stays `unverified` until the registry says otherwise.

use crate::verdict::{Gap, Verdict};

/// Where a brand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BrandStatus {
    /// The registry looks at it.
    Pending,
    /// The check failed, or more is asked for.
    Unverified,
    /// Verified.
    Completed,
}

impl BrandStatus {
    /// What a brand begins with.
    pub const FIRST: Self = Self::Pending;

    /// Every status, in the order of a brand's life.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Unverified, Self::Completed];

    /// The word of the change log, and of `state` in REST and callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Unverified => "unverified",
            Self::Completed => "completed",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed => true,
            Self::Pending | Self::Unverified => false,
        }
    }

    /// What a report of `reported` means for a brand that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use BrandStatus::{Completed, Pending, Unverified};
        match (self, reported) {
            (Pending, Pending) | (Unverified, Unverified) | (Completed, Completed) => {
                Verdict::Repeat
            }
            (Pending, Unverified | Completed) | (Unverified, Completed) => {
                Verdict::Accepted(Gap::None)
            }
            (Unverified | Completed, Pending) | (Completed, Unverified) => Verdict::Late,
        }
    }
}

/// A brand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Brand {
    /// Where it stands.
    pub status: BrandStatus,
}
