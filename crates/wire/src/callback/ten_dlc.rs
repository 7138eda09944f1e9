//! The 10DLC status callback, of brands, campaigns, orders and number assignments.
//!
//! Parameters and their order: SignalWire's `Webhooks_Messaging_TenDlcStatusCallbackPayload`.
//! Every dialect sends the same ones. There is no filter, and no method but POST. Statuses for
//! which no event is documented are told to nobody.

use std::borrow::Cow;

use ringback_domain::brand::BrandStatus;
use ringback_domain::callback::Encoding;
use ringback_domain::campaign::{Campaign, CampaignStatus};
use ringback_domain::number_assignment::{Assignment, AssignmentStatus};
use ringback_domain::number_assignment_order::{AssignmentOrder, AssignmentOrderStatus};
use ringback_domain::project::{Dialect, TenDlcBody};
use ringback_domain::subscription::{Interest, Subscription};
use serde::{Serialize, Serializer};

use super::{Occasion, Rendered};
use crate::date;
use crate::form::FormWriter;

/// Room for the parameters of most events, in bytes.
const USUAL_BYTES: usize = 640;

/// Name and value of each parameter, in order. All values are text.
type Parameters<'a> = Vec<(&'static str, Cow<'a, str>)>;

/// What a brand's change owes.
pub(super) fn brand(
    occasion: &Occasion,
    status: BrandStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    let event_type = match status {
        BrandStatus::Pending => return Vec::new(),
        BrandStatus::Unverified => "brand_unverified",
        BrandStatus::Completed => "brand_activated",
    };
    let event = Event {
        category: "brand",
        name: event_type,
        state: status.as_str(),
    };
    let ids = vec![("brand_id", occasion.resource.to_string().into())];
    told(occasion, event, ids, subscription)
}

/// What a campaign's change owes.
pub(super) fn campaign(
    occasion: &Occasion,
    campaign: &Campaign,
    status: CampaignStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    let event_type = match status {
        CampaignStatus::Pending => return Vec::new(),
        CampaignStatus::Active => "campaign_activated",
        CampaignStatus::Inactive => "campaign_deactivated",
    };
    let event = Event {
        category: "campaign",
        name: event_type,
        state: status.as_str(),
    };
    let ids = vec![
        ("brand_id", campaign.brand.to_string().into()),
        ("campaign_id", occasion.resource.to_string().into()),
    ];
    told(occasion, event, ids, subscription)
}

/// What an order's change owes.
pub(super) fn order(
    occasion: &Occasion,
    order: &AssignmentOrder,
    status: AssignmentOrderStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    let event_type = match status {
        AssignmentOrderStatus::Pending
        | AssignmentOrderStatus::Processing
        | AssignmentOrderStatus::Failed => return Vec::new(),
        AssignmentOrderStatus::Processed => "number_assignment_order_processed",
    };
    let event = Event {
        category: "number_assignment_order",
        name: event_type,
        state: status.as_str(),
    };
    let id = occasion.resource.to_string();
    let ids = vec![
        ("brand_id", order.brand.to_string().into()),
        ("campaign_id", order.campaign.to_string().into()),
        ("number_assignment_order_id", id.into()),
    ];
    told(occasion, event, ids, subscription)
}

/// What an assignment's change owes. `pending` is told when a failed one is tried again, and
/// not when it is new.
pub(super) fn assignment(
    occasion: &Occasion,
    assignment: &Assignment,
    status: AssignmentStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    let event_type = match status {
        AssignmentStatus::Pending if occasion.from.is_none() => return Vec::new(),
        AssignmentStatus::Removed => return Vec::new(),
        AssignmentStatus::Pending => "number_assignment_pending",
        AssignmentStatus::Completed => "number_assignment_activated",
        AssignmentStatus::Failed => "number_assignment_failed",
    };
    let event = Event {
        category: "number_assignment",
        name: event_type,
        state: status.as_str(),
    };
    let (order, id) = (assignment.order, occasion.resource.to_string());
    let ids = vec![
        ("brand_id", assignment.brand.to_string().into()),
        ("campaign_id", assignment.campaign.to_string().into()),
        ("number_assignment_order_id", order.to_string().into()),
        ("number_assignment_id", id.into()),
        ("phone_number_id", assignment.number.to_string().into()),
        ("phone_number", assignment.phone_number.as_str().into()),
    ];
    told(occasion, event, ids, subscription)
}

/// What is told.
#[derive(Clone, Copy)]
struct Event {
    category: &'static str,
    name: &'static str,
    state: &'static str,
}

fn told(
    occasion: &Occasion,
    event: Event,
    ids: Parameters<'_>,
    subscription: &Subscription,
) -> Vec<Rendered> {
    match subscription.interest {
        // Events of other kinds: nothing of 10DLC has them.
        Interest::Call(_) | Interest::Recording(_) | Interest::Number => return Vec::new(),
        Interest::Every => {}
    }
    let mut parameters: Parameters<'_> = vec![
        ("project_id", occasion.project.to_string().into()),
        ("event_at", date::iso8601(occasion.at.as_micros()).into()),
        ("event_category", event.category.into()),
        ("event_type", event.name.into()),
        ("state", event.state.into()),
    ];
    parameters.extend(ids);
    let encoding = encoding(occasion);
    vec![Rendered {
        status: event.state,
        encoding,
        body: match encoding {
            Encoding::Json => json(&parameters),
            Encoding::Form => form(&parameters),
        },
    }]
}

/// SignalWire's schemas say JSON, the sample of its older guide reads a form.
const fn encoding(occasion: &Occasion) -> Encoding {
    match (occasion.dialect, occasion.ten_dlc_body) {
        (Dialect::SignalWire, TenDlcBody::Form) => Encoding::Form,
        (Dialect::SignalWire, TenDlcBody::Json)
        | (Dialect::SignalWireStrict | Dialect::Twilio, _) => Encoding::Json,
    }
}

fn form(parameters: &Parameters<'_>) -> String {
    let mut form = FormWriter::with_capacity(USUAL_BYTES);
    for (name, value) in parameters {
        form.text(name, value);
    }
    form.finish()
}

fn json(parameters: &Parameters<'_>) -> String {
    struct Object<'a>(&'a Parameters<'a>);

    impl Serialize for Object<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
        }
    }

    serde_json::to_string(&Object(parameters)).expect("names and values are text")
}
