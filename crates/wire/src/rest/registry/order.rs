//! Orders of the registry and the number assignments that they make.

use ringback_domain::error_code;
use ringback_domain::number_assignment::Assignment;
use ringback_domain::number_assignment_order::AssignmentOrder;
use ringback_domain::phone::{Address, address};
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use serde::Serialize;

use super::{Attributes, MISSING, RegistryFault, callback_url};
use crate::date;
use crate::laml::request::{SubscriptionOrder, warnings_of};
use crate::rest::Given;

/// An order as it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct NumbersOrder {
    /// The numbers, E.164, at least one.
    pub numbers: Vec<String>,
    /// Who wants to hear of the order and of its assignments.
    pub callback: Option<SubscriptionOrder>,
    /// What was odd in the request.
    pub warnings: Vec<String>,
}

/// Reads an order that numbers be assigned.
pub fn new_order(given: &Given) -> Result<NumbersOrder, Vec<RegistryFault>> {
    const NAME: &str = "phone_numbers";
    let mut attributes = Attributes::new(given);
    let faults = attributes.faults.len();
    let numbers = attributes.texts(NAME);
    if numbers.is_empty() && attributes.faults.len() == faults {
        attributes.fault(NAME, MISSING, "can't be blank");
    }
    for number in &numbers {
        if address(number) != Some(Address::E164) {
            let message = "has to be numbers in E.164, such as +15550100123";
            attributes.fault(NAME, error_code!("not_e164"), message);
        }
    }
    let callback = attributes.callback();
    attributes.done(NumbersOrder {
        numbers: numbers.into_iter().map(str::to_owned).collect(),
        warnings: warnings_of(callback.as_ref().map(|it| &it.url)),
        callback,
    })
}

/// An order as the registry shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderJson<'a> {
    id: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    processed_at: Option<String>,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_callback_url: Option<&'a str>,
}

impl<'a> OrderJson<'a> {
    /// The order that `resource` is.
    pub fn of(resource: &'a Resource, order: &AssignmentOrder) -> Self {
        let written = |at: Timestamp| date::iso8601(at.as_micros());
        Self {
            id: resource.sid.to_string(),
            state: order.status.as_str(),
            processed_at: order.processed_at.map(written),
            created_at: written(resource.created_at),
            updated_at: written(resource.updated_at),
            status_callback_url: callback_url(resource),
        }
    }
}

/// A number assignment as the registry shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AssignmentJson<'a> {
    id: String,
    state: &'static str,
    campaign_id: String,
    phone_number: AssignedNumberJson<'a>,
    created_at: String,
    updated_at: String,
}

/// Its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct AssignedNumberJson<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    number: &'a str,
}

impl<'a> AssignmentJson<'a> {
    /// The assignment that `resource` is, of a number that its project calls `name`.
    pub fn of(resource: &Resource, assignment: &'a Assignment, name: Option<String>) -> Self {
        Self {
            id: resource.sid.to_string(),
            state: assignment.status.as_str(),
            campaign_id: assignment.campaign.to_string(),
            phone_number: AssignedNumberJson {
                id: assignment.number.to_string(),
                name,
                number: &assignment.phone_number,
            },
            created_at: date::iso8601(resource.created_at.as_micros()),
            updated_at: date::iso8601(resource.updated_at.as_micros()),
        }
    }
}
