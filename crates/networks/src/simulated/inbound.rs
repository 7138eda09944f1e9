//! A message that comes in: it arrives, its number's document is asked for, and what that says
//! is done.
//!
//! Used by the simulated network alone. What it keeps of a message between two steps is its
//! memo; all delays here are of the simulated world, the caller scales them. Invariant: every
//! run ends, for documents, messages and hops are counted.

pub(super) mod memo;
mod run;

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::change::News;
use ringback_domain::message::{
    Message, MessageDirection, MessageFacts, MessageStatus, NewMessage,
};
use ringback_domain::opt_out::Keyword;
use ringback_domain::resource::{NewResource, Presence, Resource};
use ringback_domain::webhook::Webhook;
use ringback_engine::network::{
    Brought, Effect, Errand, Fetch, Next, Offspring, Performed, Planned, Scene, Wants,
};
use ringback_store::Step;
use ringback_wire::messaging;

use super::choice::Choice;
use super::draw::{Draw, Purpose};
use super::outgoing;
use super::scenario::InboundMessageScenario;
use super::scenario::seconds::Seconds;
use memo::{Fetching, MessageMemo, Target};
use run::Run;

/// How many messages may lead to one another, each the answer to the one before.
const MAX_HOPS: u8 = 5;

/// A step of a message that comes in. Their numbers are kept in stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It is here.
    Arrive = 10,
    /// A document is asked for.
    Ask = 11,
}

impl Stage {
    fn numbered(number: u32) -> Option<Self> {
        [Self::Arrive, Self::Ask]
            .into_iter()
            .find(|stage| *stage as u32 == number)
    }

    fn after(self, draw: Draw, after: Duration) -> Next {
        Next::Step(Planned {
            after,
            number: self as u32,
            draw: draw.bits(),
        })
    }
}

/// What the network is to keep from the beginning of a message that comes in with `scenario`.
pub fn arriving(scenario: InboundMessageScenario) -> Option<Arc<str>> {
    let is_plain = scenario == InboundMessageScenario::default();
    (!is_plain).then(|| MessageMemo::arriving(scenario).written())
}

/// Begins with a message that is on its way in.
pub(super) fn accept(
    draw: Draw,
    resource: &Resource,
    message: &Message,
    scene: &Scene<'_>,
) -> Performed {
    let mut memo = MessageMemo::of(resource);
    let mut performed = Performed::default();
    if memo.scenario == InboundMessageScenario::default() {
        let choice = Choice::message(message, scene);
        if let Some(chosen) = choice.scenario.and_then(|it| it.inbound_message) {
            memo.scenario = chosen;
            performed.memo = Some(memo.written());
        }
        performed.effects = choice.effects;
    }
    let drawn = draw.stream(Purpose::Course).delay(50, 200);
    let arrives = memo.scenario.arrives_after_s;
    let after = arrives.map_or(drawn, Seconds::duration);
    performed.next = Stage::Arrive.after(draw, after);
    performed
}

/// What must be fetched before `step` can be taken.
pub(super) fn errand(
    resource: &Resource,
    message: &Message,
    step: &Step,
    scene: &Scene<'_>,
) -> Option<Errand> {
    match Stage::numbered(step.number)? {
        Stage::Arrive => None,
        // What it said is erased: there is nothing to ask about.
        Stage::Ask if resource.presence == Presence::Deleted => None,
        Stage::Ask => {
            let fetching = MessageMemo::of(resource).fetching?;
            let dialect = scene.project.settings.dialect;
            let mut params = messaging::parameters(resource, message, dialect);
            params.extend(fetching.params);
            Some(Errand::Fetch(Box::new(Fetch {
                url: fetching.target.url,
                method: fetching.target.method,
                params,
                fallback: fetching.fallback.map(|it| (it.url, it.method)),
            })))
        }
    }
}

/// Takes a step that needs nothing from outside.
pub(super) fn perform(
    resource: &Resource,
    message: &Message,
    step: &Step,
    scene: &Scene<'_>,
) -> Performed {
    match Stage::numbered(step.number) {
        Some(Stage::Arrive) => arrive(resource, message, step, scene),
        // It was deleted, or its memo was lost.
        Some(Stage::Ask) | None => Performed::default(),
    }
}

/// Takes a step whose document was fetched.
pub(super) fn resume(
    (resource, message): (&Resource, &Message),
    step: &Step,
    brought: Brought,
    scene: &mut Scene<'_>,
) -> Performed {
    let is_here = resource.presence == Presence::Here;
    match (Stage::numbered(step.number), brought) {
        (Some(Stage::Ask), Brought::Fetched(fetched)) if is_here => {
            let mut run = Run::new(resource, message, scene);
            let next = run.go_on(fetched);
            let mut performed = run.done();
            if next {
                let draw = Draw::recorded(step.draw);
                performed.next = Stage::Ask.after(draw, Duration::ZERO);
            }
            performed
        }
        (_, _) => Performed::default(),
    }
}

/// It is here: what it says of further messages is heeded, and its number's document asked for.
fn arrive(resource: &Resource, message: &Message, step: &Step, scene: &Scene<'_>) -> Performed {
    let mut performed = Performed {
        news: vec![News::Message(
            MessageStatus::Received,
            MessageFacts::default(),
        )],
        effects: heed(message, scene),
        ..Performed::default()
    };
    match handler(&message.to, scene) {
        Ok(fetching) => {
            let mut memo = MessageMemo::of(resource);
            memo.documents = 1;
            memo.fetching = Some(fetching);
            performed.memo = Some(memo.written());
            performed.next = Stage::Ask.after(Draw::recorded(step.draw), Duration::ZERO);
        }
        Err(why) => performed.effects.push(Effect::Remark(why)),
    }
    performed
}

/// What follows from a message that is STOP or one of its kin. It goes to the application all
/// the same, as every other does.
fn heed(message: &Message, scene: &Scene<'_>) -> Vec<Effect> {
    let (number, party) = (&message.to, &message.from);
    let is_out = scene.opted_out(number, party);
    let (wants, remark) = match (Keyword::of(&message.body), is_out) {
        (None | Some(Keyword::Help), _) => return Vec::new(),
        (Some(Keyword::Stop), true) | (Some(Keyword::Start), false) => return Vec::new(),
        (Some(Keyword::Stop), false) => (
            Wants::None,
            format!("{party} opted out: messages to it from {number} are refused with 21610"),
        ),
        (Some(Keyword::Start), true) => (
            Wants::Messages,
            format!("{party} opted in again: messages to it from {number} are sent"),
        ),
    };
    let consent = Effect::Consent {
        number: number.clone(),
        party: party.clone(),
        wants,
    };
    vec![consent, Effect::Remark(remark)]
}

/// Where the document is that handles messages to `to`, or why there is none. The URLs of the
/// number's application go before its own.
fn handler(to: &str, scene: &Scene<'_>) -> Result<Fetching, String> {
    let Some(number) = scene.by_number(to) else {
        return Err(format!(
            "{to} is no number of the project: nobody is asked what to do with the message"
        ));
    };
    let application = number
        .sms_application
        .and_then(|sid| scene.application(sid));
    let of_application = application.as_ref().and_then(|it| {
        let fallback = usable(&it.sms_fallback);
        usable(&it.sms).map(|first| (first, fallback))
    });
    let own = || usable(&number.sms).map(|first| (first, usable(&number.sms_fallback)));
    let Some((target, fallback)) = of_application.or_else(own) else {
        return Err(format!(
            "{to} has no SmsUrl: nobody is asked what to do with the message"
        ));
    };
    Ok(Fetching {
        target,
        fallback,
        params: Vec::new(),
    })
}

fn usable(webhook: &Webhook) -> Option<Target> {
    let (url, method) = webhook.target()?;
    let url = url.to_owned();
    Some(Target { url, method })
}

/// What follows when an outbound message is with its recipient: if both are numbers of the
/// project, it comes in there.
pub(super) fn pass_on(
    resource: &Resource,
    message: &Message,
    scene: &mut Scene<'_>,
) -> Option<Effect> {
    let is_own = |number: &str| scene.by_number(number).is_some();
    if !is_own(&message.to) || !is_own(&message.from) {
        return None;
    }
    let hops = MessageMemo::of(resource).hops;
    if hops >= MAX_HOPS {
        return Some(Effect::Remark(format!(
            "not passed on to {}: {MAX_HOPS} messages led to one another already (14107)",
            message.to
        )));
    }
    let memo = MessageMemo {
        hops: hops + 1,
        ..MessageMemo::default()
    };
    let parties = (message.from.as_str(), message.to.as_str());
    let new = NewMessage {
        media: message.media.iter().map(|it| it.url.clone()).collect(),
        ..outgoing::plain(MessageDirection::Inbound, parties, &message.body)
    };
    Some(Effect::Create(Box::new(Offspring {
        sid: scene.new_sid(),
        new: NewResource::Message(new),
        subscriptions: Vec::new(),
        memo: Some(memo.written()),
    })))
}

#[cfg(test)]
mod tests;
