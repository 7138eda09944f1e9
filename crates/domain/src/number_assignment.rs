//! Assignments of 10DLC: one number, to be provisioned by the carriers for one campaign.
//!
//! A failed one is tried again: `pending` follows `failed`, as often as it takes. That makes a
//! late `pending` and a retry look alike; it is taken for a retry, the documented one of both.

use crate::id::Sid;
use crate::verdict::{Gap, Verdict};

/// Where an assignment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignmentStatus {
    /// The carriers provision it.
    Pending,
    /// They did: the number may send.
    Completed,
    /// They did not; it may be tried again.
    Failed,
    /// The number was taken out of the campaign.
    Removed,
}

impl AssignmentStatus {
    /// What an assignment begins with.
    pub const FIRST: Self = Self::Pending;

    /// Every status, in the order of an assignment's life.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Completed, Self::Failed, Self::Removed];

    /// The word of the change log, and of `state` in REST and callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Removed => "removed",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Removed => true,
            Self::Pending | Self::Completed | Self::Failed => false,
        }
    }

    /// What a report of `reported` means for an assignment that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use AssignmentStatus::{Completed, Failed, Pending, Removed};
        match (self, reported) {
            (Pending, Pending) | (Completed, Completed) | (Failed, Failed) | (Removed, Removed) => {
                Verdict::Repeat
            }
            (Pending, Completed | Failed)
            | (Failed, Pending)
            | (Pending | Completed | Failed, Removed) => Verdict::Accepted(Gap::None),
            // It was tried again, and that was never reported.
            (Failed, Completed) => Verdict::Accepted(Gap::Skipped),
            (Completed | Removed, Pending) | (Removed, Completed | Failed) => Verdict::Late,
            (Completed, Failed) => Verdict::Conflict,
        }
    }
}

/// What an application, or the network, says of a new assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssignment {
    /// Whose campaign it is for.
    pub brand: Sid,
    /// The campaign that the number is for.
    pub campaign: Sid,
    /// The order that it is part of.
    pub order: Sid,
    /// The number's own SID.
    pub number: Sid,
    /// The number, E.164.
    pub phone_number: String,
}

/// An assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Whose campaign it is for.
    pub brand: Sid,
    /// The campaign that the number is for.
    pub campaign: Sid,
    /// The order that it is part of.
    pub order: Sid,
    /// The number's own SID.
    pub number: Sid,
    /// The number, E.164.
    pub phone_number: String,
    /// Where it stands.
    pub status: AssignmentStatus,
}
