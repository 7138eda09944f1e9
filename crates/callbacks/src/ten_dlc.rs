//! The 10DLC status callback, of brands, campaigns, orders and number assignments: as JSON, or as
//! the form that SignalWire's older sample reads.

use std::time::SystemTime;

use crate::callback::ParseError;
use crate::fields::Fields;
use crate::word::words;

words! {
    /// What a 10DLC callback is about.
    pub enum TenDlcCategory {
        /// A brand.
        Brand = "brand",
        /// A campaign.
        Campaign = "campaign",
        /// An order of number assignments.
        Order = "number_assignment_order",
        /// The assignment of one number to a campaign.
        Assignment = "number_assignment",
    }
}

words! {
    /// What happened.
    pub enum TenDlcEvent {
        /// A brand is registered.
        BrandActivated = "brand_activated",
        /// A brand could not be verified.
        BrandUnverified = "brand_unverified",
        /// A campaign may be used.
        CampaignActivated = "campaign_activated",
        /// A campaign may no longer be used.
        CampaignDeactivated = "campaign_deactivated",
        /// An order was split into assignments.
        OrderProcessed = "number_assignment_order_processed",
        /// A number may be used for its campaign.
        AssignmentActivated = "number_assignment_activated",
        /// A number could not be assigned.
        AssignmentFailed = "number_assignment_failed",
        /// An assignment that failed is tried again.
        AssignmentPending = "number_assignment_pending",
    }
}

words! {
    /// Where it stands after that.
    pub enum TenDlcState {
        /// A brand or an assignment: not decided.
        Pending = "pending",
        /// A brand or an assignment: done.
        Completed = "completed",
        /// A brand: not verified.
        Unverified = "unverified",
        /// A campaign: in use.
        Active = "active",
        /// A campaign: no longer.
        Inactive = "inactive",
        /// An order: done.
        Processed = "processed",
        /// An assignment: not done.
        Failed = "failed",
    }
}

impl TenDlcEvent {
    /// Which of two events in one second comes first: the order of the life that each belongs to.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::BrandUnverified
            | Self::CampaignActivated
            | Self::OrderProcessed
            | Self::AssignmentFailed => 0,
            Self::AssignmentPending => 1,
            Self::BrandActivated | Self::CampaignDeactivated | Self::AssignmentActivated => 2,
            Self::Other(_) => 0,
        }
    }
}

/// The 10DLC status callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TenDlc {
    /// `project_id`.
    pub project_id: String,
    /// `event_at`: when it happened, to the second.
    pub at: Option<SystemTime>,
    /// `event_category`.
    pub category: TenDlcCategory,
    /// `event_type`.
    pub event: TenDlcEvent,
    /// `state`.
    pub state: TenDlcState,
    /// `brand_id`.
    pub brand_id: Option<String>,
    /// `campaign_id`; of all but brands.
    pub campaign_id: Option<String>,
    /// `number_assignment_order_id`; of orders and assignments.
    pub order_id: Option<String>,
    /// `number_assignment_id`; of assignments.
    pub assignment_id: Option<String>,
    /// `phone_number_id`; of assignments.
    pub phone_number_id: Option<String>,
    /// `phone_number` (E.164); of assignments.
    pub phone_number: Option<String>,
    /// All other parameters.
    pub other: Vec<(String, String)>,
}

impl TenDlc {
    pub(crate) fn are(fields: &Fields) -> bool {
        fields.has("event_category") && fields.has("event_type")
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        Ok(Self {
            project_id: fields.required("project_id")?,
            at: fields.moment("event_at"),
            category: TenDlcCategory::from(&*fields.required("event_category")?),
            event: TenDlcEvent::from(&*fields.required("event_type")?),
            state: TenDlcState::from(&*fields.required("state")?),
            brand_id: fields.filled("brand_id"),
            campaign_id: fields.filled("campaign_id"),
            order_id: fields.filled("number_assignment_order_id"),
            assignment_id: fields.filled("number_assignment_id"),
            phone_number_id: fields.filled("phone_number_id"),
            phone_number: fields.filled("phone_number"),
            other: fields.left_over(),
        })
    }

    /// The id of what the callback is about, if it is there.
    pub fn id(&self) -> Option<&str> {
        let id = match self.category {
            TenDlcCategory::Brand => &self.brand_id,
            TenDlcCategory::Campaign => &self.campaign_id,
            TenDlcCategory::Order => &self.order_id,
            TenDlcCategory::Assignment => &self.assignment_id,
            TenDlcCategory::Other(_) => &None,
        };
        id.as_deref()
    }
}
