//! The stored forms of what 10DLC has: little beside what columns hold.
//!
//! Each one's parent is the one above it: a campaign's brand, an order's campaign, an
//! assignment's order.

use std::borrow::Cow;

use ringback_domain::brand::{Brand, BrandStatus};
use ringback_domain::campaign::{Campaign, CampaignStatus};
use ringback_domain::number_assignment::{Assignment, AssignmentStatus};
use ringback_domain::number_assignment_order::{AssignmentOrder, AssignmentOrderStatus};
use serde::{Deserialize, Serialize};

use super::{Summary, parent, sid};
use crate::sqlite::error::ReadError;

/// A brand: nothing that columns do not hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct BrandRecord {}

impl BrandRecord {
    /// The brand.
    pub fn into_brand(self, status: BrandStatus) -> Brand {
        let Self {} = self;
        Brand { status }
    }
}

/// A campaign: nothing that columns do not hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct CampaignRecord {}

impl CampaignRecord {
    /// The campaign, with what its columns hold.
    pub fn into_campaign(
        self,
        status: CampaignStatus,
        summary: &Summary<'_>,
    ) -> Result<Campaign, ReadError> {
        let Self {} = self;
        let brand = parent(summary)?;
        Ok(Campaign { brand, status })
    }
}

/// An order without its campaign.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssignmentOrderRecord<'a> {
    #[serde(borrow)]
    brand: Cow<'a, str>,
}

impl From<&AssignmentOrder> for AssignmentOrderRecord<'_> {
    fn from(order: &AssignmentOrder) -> Self {
        Self {
            brand: order.brand.to_string().into(),
        }
    }
}

impl AssignmentOrderRecord<'_> {
    /// The order, with what its columns hold.
    pub fn into_order(
        self,
        status: AssignmentOrderStatus,
        summary: &Summary<'_>,
    ) -> Result<AssignmentOrder, ReadError> {
        Ok(AssignmentOrder {
            brand: sid(&self.brand)?,
            campaign: parent(summary)?,
            status,
        })
    }
}

/// An assignment without its order and its number, which is whom it is to.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssignmentRecord<'a> {
    #[serde(borrow)]
    brand: Cow<'a, str>,
    campaign: Cow<'a, str>,
    number: Cow<'a, str>,
}

impl From<&Assignment> for AssignmentRecord<'_> {
    fn from(assignment: &Assignment) -> Self {
        Self {
            brand: assignment.brand.to_string().into(),
            campaign: assignment.campaign.to_string().into(),
            number: assignment.number.to_string().into(),
        }
    }
}

impl AssignmentRecord<'_> {
    /// The assignment, with what its columns hold.
    pub fn into_assignment(
        self,
        status: AssignmentStatus,
        summary: Summary<'_>,
    ) -> Result<Assignment, ReadError> {
        Ok(Assignment {
            brand: sid(&self.brand)?,
            campaign: sid(&self.campaign)?,
            order: parent(&summary)?,
            number: sid(&self.number)?,
            phone_number: summary.to.into_owned(),
            status,
        })
    }
}
