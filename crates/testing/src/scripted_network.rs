//! A network that does only what a test says.

use std::time::Duration;

use ringback_domain::brand::BrandStatus;
use ringback_domain::call::{CallFacts, CallStatus};
use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::{News, Status};
use ringback_domain::error_code;
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::number_assignment_order::{AssignmentOrderStatus, OrderedNumber};
use ringback_domain::recording::RecordingStatus;
use ringback_domain::resource::{Body, Kind, NewResource, Resource};
use ringback_domain::transcription::TranscriptionStatus;
use ringback_engine::Order;
use ringback_engine::network::{
    Ask, Effect, Ending, Network, Next, Offspring, Performed, Planned, Refusal, Scene,
};
use ringback_store::Step;

/// Takes each resource through the statuses of its kind, one every `pace`; does nothing on
/// its own without a pace, but that an order makes its assignments.
#[derive(Clone, Copy, Debug, Default)]
pub struct ScriptedNetwork {
    /// How long each status takes.
    pub pace: Option<Duration>,
}

impl ScriptedNetwork {
    fn planned(self, number: u32) -> Option<Planned> {
        self.pace.map(|after| Planned {
            after,
            number,
            draw: u64::MAX,
        })
    }
}

impl Network for ScriptedNetwork {
    fn admit(&self, _: &NewResource, _: &mut Scene<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn follows_scenarios(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn accept(&self, resource: &Resource, scene: &mut Scene<'_>) -> Performed {
        Performed {
            effects: assignments(resource, scene),
            ..Performed::step(None, self.planned(0))
        }
    }

    fn perform(&self, resource: &Resource, step: &Step, _: &mut Scene<'_>) -> Performed {
        let call = [
            CallStatus::Initiated,
            CallStatus::Ringing,
            CallStatus::InProgress,
            CallStatus::Completed,
        ];
        let message = [
            MessageStatus::Sending,
            MessageStatus::Sent,
            MessageStatus::Delivered,
        ];
        let recording = [RecordingStatus::InProgress, RecordingStatus::Completed];
        let index = step.number as usize;
        let (news, last) = match resource.kind() {
            Kind::Call => (
                News::Call(call[index], CallFacts::default()),
                call.len() - 1,
            ),
            Kind::Message => (
                News::Message(message[index], MessageFacts::default()),
                message.len() - 1,
            ),
            Kind::Recording => (
                Status::Recording(recording[index]).into(),
                recording.len() - 1,
            ),
            // One step each, to where most of them end.
            Kind::Transcription => (
                Status::Transcription(TranscriptionStatus::Completed).into(),
                0,
            ),
            Kind::Brand => (News::Brand(BrandStatus::Completed), 0),
            Kind::Campaign => (News::Campaign(CampaignStatus::Active), 0),
            Kind::AssignmentOrder => (News::AssignmentOrder(AssignmentOrderStatus::Processed), 0),
            Kind::Assignment => (News::Assignment(AssignmentStatus::Completed), 0),
        };
        let next = if index < last {
            self.planned(step.number + 1)
        } else {
            None
        };
        Performed::step(news, next)
    }

    fn asked(
        &self,
        resource: &Resource,
        ask: Ask,
        scene: &mut Scene<'_>,
    ) -> Result<Performed, Refusal> {
        let call = |status| News::Call(status, CallFacts::default());
        let recording = |status| Status::Recording(status).into();
        let news = match ask {
            Ask::End(Ending::Cancel) => call(CallStatus::Canceled),
            Ask::End(Ending::HangUp) => call(CallStatus::Completed),
            Ask::Pause(_) => recording(RecordingStatus::Paused),
            Ask::Resume => recording(RecordingStatus::InProgress),
            Ask::Stop => recording(RecordingStatus::Stopped),
            Ask::Remove => News::Assignment(AssignmentStatus::Removed),
            Ask::Drive(status) => status.into(),
            Ask::Begin(order) => return begin(resource, *order, scene),
            Ask::Document => {
                return Ok(Performed {
                    next: Next::AsPlanned,
                    ..Performed::default()
                });
            }
        };
        if resource.status().is_final() {
            return Err(not_live());
        }
        Ok(Performed::step(news, None))
    }
}

/// An assignment for each number of an order.
fn assignments(resource: &Resource, scene: &mut Scene<'_>) -> Vec<Effect> {
    let Body::AssignmentOrder(order) = &resource.body else {
        return Vec::new();
    };
    let mut assign = |number: &OrderedNumber| {
        let new = NewResource::Assignment(NewAssignment {
            brand: order.brand,
            campaign: order.campaign,
            order: resource.sid,
            number: number.sid,
            phone_number: number.number.clone(),
        });
        Effect::Create(Box::new(Offspring {
            sid: scene.new_sid(),
            new,
            subscriptions: resource.subscriptions.clone(),
            memo: None,
        }))
    };
    order.numbers.iter().map(&mut assign).collect()
}

/// What is asked for, of a resource that is in progress.
fn begin(resource: &Resource, order: Order, scene: &mut Scene<'_>) -> Result<Performed, Refusal> {
    if resource.status() == Status::Call(CallStatus::Queued) {
        return Err(not_live());
    }
    let offspring = Offspring {
        sid: scene.new_sid(),
        new: order.new,
        subscriptions: order.subscriptions,
        memo: None,
    };
    Ok(Performed {
        next: Next::AsPlanned,
        effects: vec![Effect::Create(Box::new(offspring))],
        ..Performed::default()
    })
}

fn not_live() -> Refusal {
    Refusal {
        code: error_code!("21220"),
        message: "it is not live".to_owned(),
    }
}
