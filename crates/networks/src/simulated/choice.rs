//! Which scenario a new resource takes.
//!
//! Used by the simulated network when a resource is created, and never again: what was chosen
//! is kept with the resource. Of the scenarios that were set the newest that matches goes before
//! the one that the number stands for; where there is neither, chance decides.

use ringback_domain::call::{Call, CallDirection};
use ringback_domain::message::{Message, MessageDirection, MessageTransport};
use ringback_domain::resource::Body;
use ringback_engine::network::{Effect, Scene};

use super::numbers;
use super::scenario::{Kind, Scenario, Subject, Transport};

/// What was chosen for a resource.
#[derive(Clone, Debug, Default)]
pub(super) struct Choice {
    /// The scenario; none if chance decides.
    pub(super) scenario: Option<Scenario>,
    /// What choosing it does: it is counted, and the timeline says so.
    pub(super) effects: Vec<Effect>,
}

impl Choice {
    /// For a call.
    pub(super) fn call(call: &Call, scene: &Scene<'_>) -> Self {
        let kind = match call.direction {
            CallDirection::Inbound => Kind::InboundCall,
            CallDirection::OutboundApi | CallDirection::OutboundDial => Kind::Call,
        };
        Self::of(&subject(kind, (&call.from, &call.to)), scene)
    }

    /// For a message.
    pub(super) fn message(message: &Message, scene: &Scene<'_>) -> Self {
        let (kind, transport) = match message.direction {
            MessageDirection::Inbound => (Kind::InboundMessage, None),
            MessageDirection::OutboundApi
            | MessageDirection::OutboundCall
            | MessageDirection::OutboundReply => (
                Kind::Message,
                Some(match message.transport {
                    MessageTransport::Sms => Transport::Sms,
                    MessageTransport::Mms => Transport::Mms,
                }),
            ),
        };
        let parties = (&*message.from, &*message.to);
        let subject = Subject {
            transport,
            ..subject(kind, parties)
        };
        Self::of(&subject, scene)
    }

    /// For a recording or a transcription of a call between `parties`.
    pub(super) fn media(kind: Kind, parties: (&str, &str), scene: &Scene<'_>) -> Self {
        Self::of(&subject(kind, parties), scene)
    }

    /// For a brand, a campaign or an assignment; nothing for anything else.
    pub(super) fn registered(body: &Body, scene: &Scene<'_>) -> Self {
        let (kind, to, name): (_, &str, &str) = match body {
            Body::Brand(brand) => (Kind::Brand, "", &brand.name),
            Body::Campaign(campaign) => (Kind::Campaign, "", &campaign.name),
            Body::Assignment(assignment) => (Kind::Assignment, &assignment.phone_number, ""),
            Body::Call(_)
            | Body::Message(_)
            | Body::Recording(_)
            | Body::Transcription(_)
            | Body::AssignmentOrder(_) => return Self::default(),
        };
        let subject = Subject {
            name,
            ..subject(kind, ("", to))
        };
        Self::of(&subject, scene)
    }

    fn of(subject: &Subject<'_>, scene: &Scene<'_>) -> Self {
        let fits = |text: &str| Scenario::stored(text).is_some_and(|it| it.is_for(subject));
        if let Some(set) = scene.scenario(subject.kind.as_str(), fits) {
            let told = format!("it takes the course of the scenario `{}`", set.name);
            return Self {
                scenario: Scenario::stored(&set.text),
                effects: vec![Effect::Remark(told), Effect::UseScenario(set)],
            };
        }
        // A call to a number of the project comes in there, and its document decides.
        if subject.kind == Kind::Call && scene.by_number(subject.to).is_some() {
            return Self::default();
        }
        let shipped = numbers::scenario(subject.to).map(|shipped| &shipped.scenario);
        Self {
            scenario: shipped.filter(|it| it.is_for(subject)).cloned(),
            effects: Vec::new(),
        }
    }
}

const fn subject<'a>(kind: Kind, (from, to): (&'a str, &'a str)) -> Subject<'a> {
    Subject {
        kind,
        from,
        to,
        transport: None,
        name: "",
    }
}
