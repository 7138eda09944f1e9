//! 10DLC: the parameters of its one callback, of which each kind has its own ids.

use ringback_domain::brand::{BrandStatus, NewBrand};
use ringback_domain::campaign::{CampaignStatus, NewCampaign};
use ringback_domain::change::News;
use ringback_domain::id::Sid;
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::number_assignment_order::{AssignmentOrderStatus, NewAssignmentOrder};
use ringback_domain::resource::{Kind, NewResource};

use super::{FieldError, Reading, missing, sid, status, unknown};

/// What a report says of a brand: nothing beside its status.
pub fn brand<N: AsRef<str>, V: AsRef<str>>(
    word: &str,
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Reading, FieldError> {
    let kind = Kind::Brand;
    let found = BrandStatus::parse(word);
    let status = status(kind, &BrandStatus::ALL, BrandStatus::as_str, found)?;
    Ids::read(kind, "brand_id", fields)?;
    Ok(Reading {
        news: News::Brand(status),
        new: Ok(NewResource::Brand(NewBrand::default())),
    })
}

/// What a report says of a campaign.
pub fn campaign<N: AsRef<str>, V: AsRef<str>>(
    word: &str,
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Reading, FieldError> {
    let kind = Kind::Campaign;
    let found = CampaignStatus::parse(word);
    let status = status(kind, &CampaignStatus::ALL, CampaignStatus::as_str, found)?;
    let ids = Ids::read(kind, "campaign_id", fields)?;
    let new = match ids.brand {
        Some(brand) => Ok(NewResource::Campaign(NewCampaign::reported(brand))),
        None => Err(missing(kind, &[("brand_id", None)])),
    };
    let news = News::Campaign(status);
    Ok(Reading { news, new })
}

/// What a report says of an order that numbers be assigned.
pub fn number_assignment_order<N: AsRef<str>, V: AsRef<str>>(
    word: &str,
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Reading, FieldError> {
    let kind = Kind::AssignmentOrder;
    let found = AssignmentOrderStatus::parse(word);
    let all = &AssignmentOrderStatus::ALL;
    let status = status(kind, all, AssignmentOrderStatus::as_str, found)?;
    let ids = Ids::read(kind, "number_assignment_order_id", fields)?;
    let new = match (ids.brand, ids.campaign) {
        (Some(brand), Some(campaign)) => {
            let order = NewAssignmentOrder::reported(brand, campaign);
            Ok(NewResource::AssignmentOrder(order))
        }
        (brand, campaign) => {
            let given = [("brand_id", brand), ("campaign_id", campaign)];
            Err(missing(kind, &given))
        }
    };
    let news = News::AssignmentOrder(status);
    Ok(Reading { news, new })
}

/// What a report says of a number's assignment. `to` is that of the report itself; the
/// parameter `phone_number` comes before it.
pub fn number_assignment<N: AsRef<str>, V: AsRef<str>>(
    word: &str,
    to: &str,
    fields: impl IntoIterator<Item = (N, V)>,
) -> Result<Reading, FieldError> {
    let kind = Kind::Assignment;
    let found = AssignmentStatus::parse(word);
    let status = status(
        kind,
        &AssignmentStatus::ALL,
        AssignmentStatus::as_str,
        found,
    )?;
    let ids = Ids::read(kind, "number_assignment_id", fields)?;
    let new = match (ids.brand, ids.campaign, ids.order, ids.number) {
        (Some(brand), Some(campaign), Some(order), Some(number)) => {
            Ok(NewResource::Assignment(NewAssignment {
                brand,
                campaign,
                order,
                number,
                phone_number: ids.phone_number.unwrap_or_else(|| to.to_owned()),
            }))
        }
        (brand, campaign, order, number) => {
            let given = [
                ("brand_id", brand),
                ("campaign_id", campaign),
                ("number_assignment_order_id", order),
                ("phone_number_id", number),
            ];
            Err(missing(kind, &given))
        }
    };
    let news = News::Assignment(status);
    Ok(Reading { news, new })
}

/// The ids that a report names.
#[derive(Default)]
struct Ids {
    brand: Option<Sid>,
    campaign: Option<Sid>,
    order: Option<Sid>,
    number: Option<Sid>,
    phone_number: Option<String>,
}

impl Ids {
    /// Reads what a `kind` has; `own` is what its callback calls the resource itself.
    fn read<N: AsRef<str>, V: AsRef<str>>(
        kind: Kind,
        own: &str,
        fields: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, FieldError> {
        let level = level(kind);
        let mut ids = Self::default();
        for (name, value) in fields {
            let (name, value) = (name.as_ref(), value.as_ref());
            match name {
                "project_id" | "event_at" | "event_category" | "event_type" | "state" => {}
                _ if name == own => {}
                "brand_id" if level > 0 => ids.brand = sid("brand_id", value)?,
                "campaign_id" if level > 1 => ids.campaign = sid("campaign_id", value)?,
                "number_assignment_order_id" if level > 2 => {
                    ids.order = sid("number_assignment_order_id", value)?;
                }
                "phone_number_id" if level > 2 => ids.number = sid("phone_number_id", value)?,
                "phone_number" if level > 2 => ids.phone_number = Some(value.to_owned()),
                _ => return Err(unknown(kind, name)),
            }
        }
        Ok(ids)
    }
}

/// How many stand above a `kind` in 10DLC.
const fn level(kind: Kind) -> u8 {
    match kind {
        Kind::Call | Kind::Message | Kind::Recording | Kind::Transcription | Kind::Brand => 0,
        Kind::Campaign => 1,
        Kind::AssignmentOrder => 2,
        Kind::Assignment => 3,
    }
}
