//! Whether a message may be sent from a number, as its campaign stands.
//!
//! Asked when a message is created and when it is handed over, for a campaign may be deactivated
//! in between.

use ringback_domain::campaign::CampaignStatus;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::phone;
use ringback_engine::network::{Refusal, Scene};

use super::model::CampaignRule;

/// From a number outside any active campaign.
pub const OUTSIDE: ErrorCode = error_code!("21717");

/// Whether a message may be sent from this number. Numbers that 10DLC is not about, and those of
/// others, are in no campaign.
pub fn check(from: &str, rule: CampaignRule, scene: &Scene<'_>) -> Result<(), Refusal> {
    let standing = scene.enrolment(from).map(|it| it.campaign_status);
    let message = match (standing, rule) {
        (Some(CampaignStatus::Active), _) | (None, CampaignRule::Optional) => return Ok(()),
        (None, CampaignRule::Required) if !phone::is_ten_digit(from) => return Ok(()),
        (None, CampaignRule::Required) => format!("From {from} is in no campaign"),
        (Some(status @ (CampaignStatus::Pending | CampaignStatus::Inactive)), _) => {
            format!("From {from} is in a campaign that is {}", status.as_str())
        }
    };
    Err(Refusal {
        code: OUTSIDE,
        message,
    })
}
