//! The stored forms of orders and number assignments of 10DLC.
//!
//! Each one's parent is the one above it: an order's campaign, an assignment's order.

use std::borrow::Cow;

use ringback_domain::number_assignment::{Assignment, AssignmentStatus};
use ringback_domain::number_assignment_order::{
    AssignmentOrder, AssignmentOrderStatus, OrderedNumber,
};
use ringback_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Summary, parent, sid};
use crate::sqlite::error::ReadError;

/// An order without its campaign.
#[derive(Debug, Serialize, Deserialize)]
pub struct AssignmentOrderRecord<'a> {
    #[serde(borrow)]
    brand: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<OrderedNumberRecord<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    processed_us: Option<i64>,
}

/// A number that is to be assigned.
#[derive(Debug, Serialize, Deserialize)]
struct OrderedNumberRecord<'a> {
    #[serde(borrow)]
    sid: Cow<'a, str>,
    number: Cow<'a, str>,
}

impl<'a> From<&'a AssignmentOrder> for AssignmentOrderRecord<'a> {
    fn from(order: &'a AssignmentOrder) -> Self {
        let number = |it: &'a OrderedNumber| OrderedNumberRecord {
            sid: it.sid.to_string().into(),
            number: Cow::Borrowed(&it.number),
        };
        Self {
            brand: order.brand.to_string().into(),
            numbers: order.numbers.iter().map(number).collect(),
            processed_us: order.processed_at.map(Timestamp::as_micros),
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
        let number = |it: OrderedNumberRecord<'_>| {
            Ok(OrderedNumber {
                sid: sid(&it.sid)?,
                number: it.number.into_owned(),
            })
        };
        let numbers = self.numbers.into_iter().map(number);
        Ok(AssignmentOrder {
            brand: sid(&self.brand)?,
            campaign: parent(summary)?,
            numbers: numbers.collect::<Result<_, ReadError>>()?,
            status,
            processed_at: self.processed_us.map(Timestamp::from_micros),
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
