//! Steps of calls and messages that are due, and what others are told of them.
//!
//! Part of the simulated network.

use ringback_domain::call::{Call, CallDirection, CallStatus};
use ringback_domain::change::Status;
use ringback_domain::message::{Message, MessageStatus, MessageTransport};
use ringback_domain::resource::Resource;
use ringback_engine::network::{Effect, Performed, Scene, Word};
use ringback_store::Step;

use super::call::{CallPlan, Stage};
use super::draw::Draw;
use super::inbound::memo::MessageMemo;
use super::memo::CallMemo;
use super::message::{self, MessagePlan};
use super::script::Run;
use super::{Simulated, inbound, recording};

impl Simulated {
    /// Takes a step of a call: of its course until it is answered, of its document after that.
    pub(super) fn perform_call(
        &self,
        (resource, call): (&Resource, &Call),
        step: &Step,
        scene: &mut Scene<'_>,
    ) -> Performed {
        let draw = Draw::recorded(step.draw);
        let handled = Run::handles(call);
        let memo = CallMemo::of(resource);
        let performed = match Stage::numbered(step.number) {
            Some(stage @ (Stage::Fetch | Stage::GoOn | Stage::TimeUp)) => {
                Run::new(self, draw, (resource, call), scene).perform(stage)
            }
            Some(stage @ Stage::HangUp)
                if handled && call.direction != CallDirection::OutboundDial =>
            {
                Run::new(self, draw, (resource, call), scene).perform(stage)
            }
            Some(stage @ (Stage::Dial | Stage::Alert | Stage::Settle))
                if memo.scenario.is_none() && scene.by_number(&call.to).is_some() =>
            {
                Run::new(self, draw, (resource, call), scene).reaches(stage)
            }
            Some(Stage::Dial | Stage::Alert | Stage::Settle | Stage::HangUp) | None => {
                let settings = &scene.project.settings;
                let plan = CallPlan::new(draw, call, &memo.settled(call));
                let plan = plan.hung_up_at(memo.scenario(call).hangs_up_after_s);
                let performed = plan.perform(call, step, settings);
                if handled && stands_at(&performed, CallStatus::InProgress) {
                    let run = Run::new(self, draw, (resource, call), scene);
                    run.goes_on_answered(performed)
                } else {
                    performed
                }
            }
        };
        self.with_others((resource, call), performed, scene)
    }

    /// What is done with a call, and with its recordings and who dialled it along with it.
    pub(super) fn with_others(
        &self,
        (resource, call): (&Resource, &Call),
        performed: Performed,
        scene: &mut Scene<'_>,
    ) -> Performed {
        let draw = self.draw(resource);
        let address = |sid| {
            let maker = self.recordings.as_ref();
            maker.map_or_else(String::new, |maker| maker.address(sid, scene))
        };
        let performed = recording::calls::named(resource, performed, address);
        let performed = recording::calls::follow(resource, call, performed, draw, scene);
        told_on(resource, call, performed)
    }

    /// Takes a step of a message that is sent. One that is with its recipient may come in there.
    pub(super) fn perform_message(
        &self,
        (resource, message): (&Resource, &Message),
        step: &Step,
        scene: &mut Scene<'_>,
    ) -> Performed {
        let course = MessageMemo::of(resource).settled();
        let plan = MessagePlan::new(Draw::recorded(step.draw), message, &course);
        if plan.departs_at(step.number)
            && let Some(code) = self.refused_by_carrier(message, scene)
        {
            return message::ended(MessageStatus::Failed, &code);
        }
        let mut performed = plan.perform(step.number);
        let arrived = match message.transport {
            MessageTransport::Sms => MessageStatus::Delivered,
            MessageTransport::Mms => MessageStatus::Sent,
        };
        let arrived = Status::Message(arrived);
        if performed.news.iter().any(|news| news.status() == arrived) {
            let passed_on = inbound::pass_on(resource, message, scene);
            performed.effects.extend(passed_on);
        }
        performed
    }
}

/// Whether a call comes to `status` by it.
fn stands_at(performed: &Performed, status: CallStatus) -> bool {
    let mut news = performed.news.iter();
    news.any(|news| news.status() == Status::Call(status))
}

/// What a call does, told on to whom it has to be: the call whose leg it is, and the other end
/// of a call within the project.
fn told_on(resource: &Resource, call: &Call, mut performed: Performed) -> Performed {
    let peer = match resource.memo {
        Some(_) => CallMemo::of(resource).peer,
        None => None,
    };
    for sid in call.parent.into_iter().chain(peer) {
        for news in &performed.news {
            let status = news.status();
            if status.is_final() || status == Status::Call(CallStatus::InProgress) {
                let word = Word::Stands {
                    sid: resource.sid,
                    status,
                };
                performed.effects.push(Effect::Tell { sid, word });
            }
        }
    }
    performed
}
