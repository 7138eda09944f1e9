//! Brands of 10DLC: who sends, as the Campaign Registry knows them.
//!
//! Only documented transitions are accepted. One that was sent in again after it could not be
//! verified stays `unverified` until the registry says otherwise.

use crate::registry::{LegalEntity, Vertical};
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

/// What is told of a company when its brand is registered for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// Its name before the law.
    pub name: String,
    /// Where it is written to.
    pub contact_email: String,
    /// Where it is called.
    pub contact_phone: String,
    /// The country that gave it its EIN, as it was told.
    pub ein_issuing_country: String,
    /// What it is before the law.
    pub legal_entity: LegalEntity,
    /// The number that its country knows it by.
    pub ein: String,
    /// Its address.
    pub address: String,
    /// The trade that it is in.
    pub vertical: Option<Vertical>,
    /// Its website.
    pub website: String,
}

/// How a brand came to be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BrandRegistration {
    /// A platform reported it; nothing is known of its company.
    #[default]
    Reported,
    /// It is registered for its company (a managed brand).
    Managed(Box<Company>),
    /// Its company registered it by itself, as a campaign service provider.
    Csp {
        /// What the registry calls it; no other brand of the projects that belong together has
        /// the same.
        reference: String,
    },
}

/// What an application, or a platform, says of a new brand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewBrand {
    /// What it is called; empty if it was reported.
    pub name: String,
    /// How it came to be known.
    pub registration: BrandRegistration,
}

/// A brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What it is called; empty if it was reported.
    pub name: String,
    /// How it came to be known.
    pub registration: BrandRegistration,
    /// Where it stands.
    pub status: BrandStatus,
}
