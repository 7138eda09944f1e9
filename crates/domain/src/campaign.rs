//! Campaigns of 10DLC: what a brand sends, as the Campaign Registry allows it.
//!
//! Only documented transitions are accepted: that an inactive campaign became active again is
//! documented nowhere.

use crate::id::Sid;
use crate::registry::{SubUseCase, UseCase};
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

/// What is told of a campaign when it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the registry asks five questions; each answer stands by itself"
)]
pub struct CampaignDetails {
    /// What it sends messages for.
    pub use_case: UseCase,
    /// The several things that a mixed one sends messages for.
    pub sub_use_cases: Vec<SubUseCase>,
    /// What proves who a political campaign is.
    pub verify_token: Option<String>,
    /// What it is about.
    pub description: String,
    /// Two messages as it sends them.
    pub samples: [String; 2],
    /// Up to three more, each at its place.
    pub further_samples: [Option<String>; 3],
    /// Messages with parts that change.
    pub dynamic_templates: Option<String>,
    /// How people come to be sent messages.
    pub message_flow: String,
    /// What who joins is told.
    pub opt_in_message: Option<String>,
    /// What who leaves is told.
    pub opt_out_message: String,
    /// What who asks for help is told.
    pub help_message: String,
    /// The words by which people join, with commas between.
    pub opt_in_keywords: String,
    /// The words by which people leave, with commas between.
    pub opt_out_keywords: String,
    /// The words by which people ask for help, with commas between.
    pub help_keywords: String,
    /// Why it needs many numbers, if it does.
    pub pooling: Option<String>,
    /// Whether it is about lending money directly.
    pub direct_lending: bool,
    /// Whether its messages have links in them.
    pub embedded_link: bool,
    /// Whether its messages have phone numbers in them.
    pub embedded_phone: bool,
    /// Whether what it sends is for people of an age.
    pub age_gated_content: bool,
    /// Whether it gathers people for others to sell to.
    pub lead_generation: bool,
}

/// How a campaign came to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CampaignRegistration {
    /// A platform reported it; nothing is known of what it sends.
    #[default]
    Reported,
    /// It is registered here (a managed campaign).
    Managed(Box<CampaignDetails>),
    /// A campaign service provider registered it and shares it (a partner campaign).
    Partner {
        /// What the registry calls it.
        reference: String,
    },
}

impl CampaignRegistration {
    /// Whether it may have no more numbers than [`Campaign::MOST_NUMBERS`]. Of one that was
    /// reported, whoever reports it knows.
    pub fn is_bounded(&self) -> bool {
        match self {
            Self::Managed(details) => details.pooling.is_none(),
            Self::Partner { .. } => true,
            Self::Reported => false,
        }
    }

    /// Whether it is one to try things out with, whose numbers stay what they are.
    pub fn is_trial(&self) -> bool {
        match self {
            Self::Managed(details) => details.use_case == UseCase::TRIAL,
            Self::Reported | Self::Partner { .. } => false,
        }
    }
}

/// What an application, or a platform, says of a new campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCampaign {
    /// Whose campaign it is.
    pub brand: Sid,
    /// What it is called; empty if it was reported.
    pub name: String,
    /// How it came to be known.
    pub registration: CampaignRegistration,
}

impl NewCampaign {
    /// One that a platform reports.
    pub fn reported(brand: Sid) -> Self {
        Self {
            brand,
            name: String::new(),
            registration: CampaignRegistration::Reported,
        }
    }
}

/// A campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// Whose campaign it is.
    pub brand: Sid,
    /// What it is called; empty if it was reported.
    pub name: String,
    /// How it came to be known.
    pub registration: CampaignRegistration,
    /// Where it stands.
    pub status: CampaignStatus,
}

impl Campaign {
    /// How many numbers one may have that does not pool them (SignalWire, "Campaign Registry":
    /// from 50 on a campaign needs number pooling).
    pub const MOST_NUMBERS: usize = 49;
}
