//! Orders of 10DLC that numbers be assigned to a campaign.
//!
//! An order makes an assignment for each of its numbers; these have statuses of their own, and
//! their callbacks go where the order's go.

use crate::id::Sid;
use crate::time::Timestamp;
use crate::verdict::{Gap, Verdict};

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AssignmentOrderStatus {
    /// Taken.
    Pending,
    /// Under way. Only the API's enumeration has it.
    Processing,
    /// All its assignments were made, whatever became of them.
    Processed,
    /// It could not be carried out. Only the API's enumeration has it.
    Failed,
}

impl AssignmentOrderStatus {
    /// What an order begins with.
    pub const FIRST: Self = Self::Pending;

    /// Every status, in the order of an order's life.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Processing,
        Self::Processed,
        Self::Failed,
    ];

    /// The word of the change log, and of `state` in REST and callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Processed => "processed",
            Self::Failed => "failed",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Processed | Self::Failed => true,
            Self::Pending | Self::Processing => false,
        }
    }

    /// What a report of `reported` means for an order that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use AssignmentOrderStatus::{Failed, Pending, Processed, Processing};
        match (self, reported) {
            (Pending, Pending)
            | (Processing, Processing)
            | (Processed, Processed)
            | (Failed, Failed) => Verdict::Repeat,
            (Pending, Processing | Processed) | (Processing, Processed | Failed) => {
                Verdict::Accepted(Gap::None)
            }
            (Pending, Failed) => Verdict::Accepted(Gap::Skipped),
            (Processing | Processed | Failed, Pending) | (Processed | Failed, Processing) => {
                Verdict::Late
            }
            (Processed, Failed) | (Failed, Processed) => Verdict::Conflict,
        }
    }
}

/// A number that is to be assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedNumber {
    /// The number's own SID.
    pub sid: Sid,
    /// The number, E.164.
    pub number: String,
}

/// What an application, or a platform, says of a new order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssignmentOrder {
    /// Whose campaign it is for.
    pub brand: Sid,
    /// The campaign that the numbers are for.
    pub campaign: Sid,
    /// The numbers; none if it was reported.
    pub numbers: Vec<OrderedNumber>,
}

impl NewAssignmentOrder {
    /// One that a platform reports.
    pub const fn reported(brand: Sid, campaign: Sid) -> Self {
        Self {
            brand,
            campaign,
            numbers: Vec::new(),
        }
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssignmentOrder {
    /// Whose campaign it is for.
    pub brand: Sid,
    /// The campaign that the numbers are for.
    pub campaign: Sid,
    /// The numbers; none if it was reported.
    pub numbers: Vec<OrderedNumber>,
    /// Where it stands.
    pub status: AssignmentOrderStatus,
    /// When it was processed.
    pub processed_at: Option<Timestamp>,
}

impl AssignmentOrder {
    /// Takes over an accepted report.
    pub(crate) fn accept(&mut self, status: AssignmentOrderStatus, at: Timestamp) {
        self.status = status;
        match status {
            AssignmentOrderStatus::Processed => self.processed_at = Some(at),
            AssignmentOrderStatus::Pending
            | AssignmentOrderStatus::Processing
            | AssignmentOrderStatus::Failed => {}
        }
    }
}
