//! Campaigns of 10DLC: what a brand sends, as the Campaign Registry allows it.
//!
//! Only documented transitions are accepted: that an inactive campaign became active again is
//! documented nowhere.

use crate::id::Sid;
use crate::verdict::{Gap, Verdict};

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CampaignStatus {
    /// Registry and aggregator look at it.
    Pending,
    /// Approved: its numbers may send.
    Active,
    /// Deactivated: its numbers may not send any more.
    Inactive,
}

impl CampaignStatus {
    /// What a campaign begins with.
    pub const FIRST: Self = Self::Pending;

    /// Every status, in the order of a campaign's life.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Active, Self::Inactive];

    /// The word of the change log, and of `state` in REST and callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Inactive => "inactive",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Inactive => true,
            Self::Pending | Self::Active => false,
        }
    }

    /// What a report of `reported` means for a campaign that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use CampaignStatus::{Active, Inactive, Pending};
        match (self, reported) {
            (Pending, Pending) | (Active, Active) | (Inactive, Inactive) => Verdict::Repeat,
            (Pending, Active) | (Active, Inactive) => Verdict::Accepted(Gap::None),
            (Pending, Inactive) => Verdict::Accepted(Gap::Skipped),
            (Active | Inactive, Pending) | (Inactive, Active) => Verdict::Late,
        }
    }
}

/// What an application, or the network, says of a new campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCampaign {
    /// Whose campaign it is.
    pub brand: Sid,
}

/// A campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Whose campaign it is.
    pub brand: Sid,
    /// Where it stands.
    pub status: CampaignStatus,
}
