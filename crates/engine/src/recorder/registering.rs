//! What may be registered with 10DLC, as what is registered already allows it.
//!
//! Part of the group, so that of two who ask at once for one number or one reference the second
//! is refused. The words are those of SignalWire's registry API. What a platform reports is not
//! asked for here: it happened.

use ringback_domain::brand::{BrandRegistration, NewBrand};
use ringback_domain::campaign::{Campaign, CampaignStatus, NewCampaign};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::number_assignment_order::NewAssignmentOrder;
use ringback_domain::phone;
use ringback_domain::project::Project;
use ringback_domain::resource::{Body, NewResource, Resource};

use super::Recorder;
use super::group::Group;
use crate::handle::UpdateError;
use crate::hash::HashSet;
use crate::network::Refusal;
use crate::registry::Registry;

/// How many campaigns a brand may have: as many as the Campaign Registry lets most brands have
/// without asking. SignalWire names no number.
const MOST_CAMPAIGNS: usize = 50;

impl Group {
    /// Whether `new` may be registered beside what is. Of another kind, it may.
    pub(super) fn register(
        &self,
        recorder: &Recorder,
        project: &Project,
        new: &NewResource,
    ) -> Result<(), Refusal> {
        match new {
            NewResource::Brand(new) => register_brand(&recorder.registry, project, new),
            NewResource::Campaign(new) => register_campaign(&recorder.registry, project.id, new),
            NewResource::AssignmentOrder(new) => self.register_order(recorder, project.id, new),
            NewResource::Call(_)
            | NewResource::Message(_)
            | NewResource::Recording(_)
            | NewResource::Transcription(_)
            | NewResource::Assignment(_) => Ok(()),
        }
    }

    fn register_order(
        &self,
        recorder: &Recorder,
        project: ProjectId,
        new: &NewAssignmentOrder,
    ) -> Result<(), Refusal> {
        let registry = &recorder.registry;
        let campaign = registry.campaign(project, new.campaign);
        if campaign.is_some_and(|it| it.status == CampaignStatus::Inactive) {
            let message = "The campaign is inactive: no number can join it";
            return Err(refusal(
                error_code!("campaign_inactive"),
                message.to_owned(),
            ));
        }
        let mut named = HashSet::default();
        for number in &new.numbers {
            let digits = &number.number;
            let own = self.number(recorder, project, number.sid);
            if own.is_err() || !phone::is_ten_digit(digits) {
                let message = format!("{digits} is no number of this project with ten digits");
                return Err(refusal(
                    error_code!("not_available_for_assignment"),
                    message,
                ));
            }
            if registry.is_assigned(project, number.sid) || !named.insert(number.sid) {
                let message = format!("{digits} is assigned already: remove that first");
                return Err(refusal(error_code!("already_assigned"), message));
            }
        }
        let count = registry.count_numbers(project, new.campaign) + new.numbers.len();
        let is_bounded = campaign.is_some_and(|it| it.is_bounded);
        if is_bounded && count > Campaign::MOST_NUMBERS {
            let most = Campaign::MOST_NUMBERS;
            let message = format!("A campaign without number pooling has at most {most} numbers");
            return Err(refusal(
                error_code!("number_of_assignments_exceed_limit"),
                message,
            ));
        }
        Ok(())
    }

    /// Gives a campaign another name. That is no change of its status, and nobody is told.
    pub(super) fn rename(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        sid: Sid,
        name: String,
    ) -> Result<Resource, UpdateError> {
        self.with(recorder, project, sid, |group, _, _, resource| {
            if !resource.rename(name, group.now) {
                return Err(UpdateError::NotFound);
            }
            group.touch(sid);
            Ok(resource.clone())
        })
    }
}

/// A provider's reference is one brand's alone.
fn register_brand(registry: &Registry, project: &Project, new: &NewBrand) -> Result<(), Refusal> {
    match &new.registration {
        BrandRegistration::Csp { reference } if registry.is_taken(project, reference) => {
            let message = "The reference is another brand's already".to_owned();
            Err(refusal(error_code!("brand_not_unique"), message))
        }
        BrandRegistration::Csp { .. }
        | BrandRegistration::Managed(_)
        | BrandRegistration::Reported => Ok(()),
    }
}

fn register_campaign(
    registry: &Registry,
    project: ProjectId,
    new: &NewCampaign,
) -> Result<(), Refusal> {
    if registry.count_campaigns(project, new.brand) < MOST_CAMPAIGNS {
        return Ok(());
    }
    let message = format!("The brand has {MOST_CAMPAIGNS} campaigns, the most that it may have");
    Err(refusal(error_code!("campaign_limit_exceeded"), message))
}

/// Whether an assignment's state allows that its number leaves the campaign: one that the
/// carriers are at work on stays until they are done, unless its campaign waits as well.
pub(super) fn removable(resource: &Resource, registry: &Registry) -> Result<(), UpdateError> {
    let Body::Assignment(assignment) = &resource.body else {
        return Err(UpdateError::NotFound);
    };
    let campaign = registry.campaign(resource.project, assignment.campaign);
    let waits = campaign.is_some_and(|it| it.status == CampaignStatus::Pending);
    if campaign.is_some_and(|it| it.is_trial) {
        let message = "The numbers of a trial campaign stay what they are".to_owned();
        let word = error_code!("cannot_remove_assignment_from_integration_test");
        return Err(refusal(word, message).into());
    }
    match assignment.status {
        AssignmentStatus::Completed | AssignmentStatus::Failed => Ok(()),
        AssignmentStatus::Pending if waits => Ok(()),
        AssignmentStatus::Pending => {
            let message = "The carriers are at work on it: it can be removed once they are done";
            let word = error_code!("number_assignment_cannot_be_removed");
            Err(refusal(word, message.to_owned()).into())
        }
        AssignmentStatus::Removed => Err(UpdateError::NotFound),
    }
}

const fn refusal(code: ErrorCode, message: String) -> Refusal {
    Refusal { code, message }
}
