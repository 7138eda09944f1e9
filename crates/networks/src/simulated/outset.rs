//! The outset: what is settled for a call or a message when it is made.
//!
//! Part of the simulated network. A scenario goes before a number with a meaning, that before
//! chance. What is settled is kept in the memo, and what the network does without being told is
//! not: then there is none.

use std::time::Duration;

use ringback_domain::call::{Call, CallDirection};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::Message;
use ringback_domain::resource::Resource;
use ringback_engine::network::{Effect, Performed, Scene};

use super::Simulated;
use super::call::CallPlan;
use super::choice::Choice;
use super::course::{CallCourse, Line, kept};
use super::draw::Draw;
use super::inbound::memo::MessageMemo;
use super::memo::CallMemo;
use super::message::MessagePlan;
use super::numbers::MessageFate;
use super::scenario::CallScenario;
use super::script::Run;

/// More waits for its sender than may (Twilio's meaning of the code).
const QUEUE_OVERFLOW: ErrorCode = error_code!("30001");

impl Simulated {
    /// Begins with a call.
    pub(super) fn begin_call(
        &self,
        (resource, call): (&Resource, &Call),
        scene: &mut Scene<'_>,
    ) -> Performed {
        let draw = self.draw(resource);
        let before = CallMemo::of(resource);
        // One that comes in may have been made with its own, or be the end of another call.
        let is_told = before.peer.is_some() || CallScenario::of(call) != CallScenario::default();
        let choice = if is_told {
            Choice::default()
        } else {
            Choice::call(call, scene)
        };
        let mut performed = match call.direction {
            CallDirection::Inbound => {
                let line = self.line(&call.from);
                let chosen = choice.scenario.and_then(|it| it.inbound_call);
                let run = Run::new(self, draw, (resource, call), scene);
                run.with_scenario(chosen).comes_in(line)
            }
            CallDirection::OutboundApi | CallDirection::OutboundDial => {
                let mut memo = before.clone();
                memo.scenario = choice.scenario.and_then(|it| it.call);
                memo.course = self.call_course(draw, call, scene);
                if let Some(line) = memo.scenario.as_ref().and_then(CallScenario::line) {
                    memo.course.line = line;
                }
                let first = CallPlan::new(draw, call, &memo.settled(call)).first();
                let mut performed = Performed::step(None, Some(first));
                performed.memo = (memo != before).then(|| memo.written());
                performed
            }
        };
        performed.effects.extend(choice.effects);
        performed.effects.extend(self.carried(far_end(call), scene));
        performed
    }

    /// Begins with a message that is sent. One to a number of the project is not left to chance.
    pub(super) fn begin_message(
        &self,
        (resource, message): (&Resource, &Message),
        scene: &mut Scene<'_>,
    ) -> Performed {
        let draw = self.draw(resource);
        let before = MessageMemo::of(resource);
        let mut memo = before.clone();
        // An answer may have been told what becomes of it.
        let choice = match &memo.outcome {
            Some(_) => Choice::default(),
            None => Choice::message(message, scene),
        };
        let chosen = choice.scenario.and_then(|it| it.message);
        memo.outcome = memo.outcome.or(chosen);
        if scene.by_number(&message.to).is_none() {
            memo.course = self.model.chance.message(draw, message);
        }
        let wait = if self.is_queue_full(message, scene) {
            // A document sends it: over REST it would have been refused.
            memo.course.fate = Some(MessageFate::Failed(QUEUE_OVERFLOW));
            Duration::ZERO
        } else {
            self.message_wait(message, scene)
        };
        memo.course.wait_us = kept(wait);
        let written = (memo != before).then(|| memo.written());
        let plan = MessagePlan::new(draw, message, &memo.settled());
        if plan.is_carried() {
            self.queue_message(message, wait, scene);
        }
        let mut performed = Performed::step(None, Some(plan.first()));
        performed.memo = written;
        performed.effects.extend(choice.effects);
        performed.effects.extend(self.carried(&message.to, scene));
        performed
    }

    /// What is settled for a call that goes out. It waits for its turn if it was asked for over
    /// REST: legs of a document are not counted. One within the project is not left to chance:
    /// who is called says what becomes of it.
    fn call_course(&self, draw: Draw, call: &Call, scene: &mut Scene<'_>) -> CallCourse {
        let mut course = match scene.by_number(&call.to) {
            Some(_) => CallCourse::default(),
            None => self.model.chance.call(draw, call),
        };
        if call.direction == CallDirection::OutboundApi {
            course.wait_us = kept(self.queue_call(scene));
        }
        course
    }

    /// What the line to `number` is like.
    fn line(&self, number: &str) -> Line {
        let carrier = self.model.chance.carrier(number);
        carrier.map(|it| it.line).unwrap_or_default()
    }

    /// Whom a number is with, for the timeline.
    fn carried(&self, number: &str, scene: &Scene<'_>) -> Option<Effect> {
        if scene.by_number(number).is_some() {
            return None;
        }
        let carrier = self.model.chance.carrier(number)?;
        Some(Effect::Remark(format!(
            "{number} is with {}.",
            carrier.name
        )))
    }
}

/// The end of `call` that is not the application's.
fn far_end(call: &Call) -> &str {
    match call.direction {
        CallDirection::Inbound => &call.from,
        CallDirection::OutboundApi | CallDirection::OutboundDial => &call.to,
    }
}
