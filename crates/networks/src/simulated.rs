//! The simulated network: calls and messages take the course that a seed draws for them.
//!
//! Asked by the recorder alone. Each resource's whole course follows from one draw, which is
//! kept with its next step: whichever step is due, the same course is computed again. Every
//! delay is divided by the time scale, and nothing else is.

mod call;
mod draw;
pub mod heard;
mod message;
pub mod numbers;
mod quality;
pub mod scenario;

use std::time::Duration;

use ringback_domain::call::{Call, CallDirection};
use ringback_domain::message::{Message, MessageDirection};
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_engine::network::{Ask, Network, Next, Performed, Planned, Refusal, Scene};
use ringback_store::Step;

use call::CallPlan;
use draw::Draw;
use message::MessagePlan;
use numbers::Usage;

/// How the simulated network behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SimulatedConfig {
    /// What everything is drawn from: the same seed gives the same courses.
    pub seed: u64,
    /// How many times faster than life it goes. Every delay is divided by it; one that is not
    /// above zero counts as 1.
    pub time_scale: f64,
}

impl Default for SimulatedConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            time_scale: 1.0,
        }
    }
}

/// The simulated network.
#[derive(Clone, Copy, Debug)]
pub struct Simulated {
    seed: u64,
    time_scale: f64,
}

impl Simulated {
    /// A network that behaves as `config` says.
    pub fn new(config: SimulatedConfig) -> Self {
        let time_scale = if config.time_scale > 0.0 {
            config.time_scale
        } else {
            1.0
        };
        Self {
            seed: config.seed,
            time_scale,
        }
    }

    fn draw(&self, resource: &Resource) -> Draw {
        Draw::new(self.seed, resource.ordinal)
    }

    /// How long `simulated` takes in the world outside. A delay that cannot be told is the
    /// longest there is.
    fn elapse(&self, simulated: Duration) -> Duration {
        Duration::try_from_secs_f64(simulated.as_secs_f64() / self.time_scale)
            .unwrap_or(Duration::MAX)
    }

    /// How long `elapsed` is in the simulated world.
    fn simulate(&self, elapsed: Duration) -> Duration {
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.time_scale)
            .unwrap_or(Duration::MAX)
    }

    fn scale(&self, performed: Performed) -> Performed {
        let next = match performed.next {
            Next::Step(planned) => Next::Step(Planned {
                after: self.elapse(planned.after),
                ..planned
            }),
            other @ (Next::Nothing | Next::AsPlanned) => other,
        };
        Performed { next, ..performed }
    }
}

impl Network for Simulated {
    fn admit(&self, new: &NewResource, _: &mut Scene<'_>) -> Result<(), Refusal> {
        match new {
            NewResource::Call(call) => match call.direction {
                CallDirection::OutboundApi | CallDirection::OutboundDial => {
                    numbers::admit(Usage::CallFrom, &call.from)?;
                    numbers::admit(Usage::CallTo, &call.to)
                }
                CallDirection::Inbound => Ok(()),
            },
            NewResource::Message(message) => match message.direction {
                MessageDirection::OutboundApi
                | MessageDirection::OutboundCall
                | MessageDirection::OutboundReply => {
                    numbers::admit(Usage::MessageFrom, &message.from)?;
                    numbers::admit(Usage::MessageTo, &message.to)
                }
                MessageDirection::Inbound => Ok(()),
            },
            // Nothing of these is simulated yet: they are reported.
            NewResource::Recording(_)
            | NewResource::Transcription(_)
            | NewResource::Brand
            | NewResource::Campaign(_)
            | NewResource::AssignmentOrder(_)
            | NewResource::Assignment(_) => Ok(()),
        }
    }

    fn accept(&self, resource: &Resource, _: &mut Scene<'_>) -> Performed {
        let draw = self.draw(resource);
        let first = match &resource.body {
            Body::Call(call) => first_of_call(draw, call),
            Body::Message(message) => first_of_message(draw, message),
            Body::Recording(_)
            | Body::Transcription(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_) => None,
        };
        self.scale(Performed::step(None, first))
    }

    fn perform(&self, resource: &Resource, step: &Step, scene: &mut Scene<'_>) -> Performed {
        let settings = &scene.project.settings;
        // A report from elsewhere may have ended it in between: there is nothing to add.
        if resource.status().is_final() {
            return Performed::default();
        }
        let draw = Draw::recorded(step.draw);
        let performed = match &resource.body {
            Body::Call(call) => CallPlan::new(draw, call).perform(call, step, settings),
            Body::Message(message) => MessagePlan::new(draw, message).perform(step.number),
            Body::Recording(_)
            | Body::Transcription(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_) => Performed::default(),
        };
        self.scale(performed)
    }

    fn asked(
        &self,
        resource: &Resource,
        ask: Ask,
        scene: &mut Scene<'_>,
    ) -> Result<Performed, Refusal> {
        match (&resource.body, ask) {
            (Body::Call(call), Ask::End(ending)) => {
                let elapsed = call
                    .answered_at
                    .map_or(Duration::ZERO, |answered| scene.now.since(answered));
                let simulated = self.simulate(elapsed);
                let news = call::end(self.draw(resource), call, ending, elapsed, simulated);
                Ok(Performed::step(news, None))
            }
            (_, _) => Ok(Performed {
                next: Next::AsPlanned,
                ..Performed::default()
            }),
        }
    }
}

/// What is done first with a call. What comes in was made by somebody else, who reports it.
fn first_of_call(draw: Draw, call: &Call) -> Option<Planned> {
    match call.direction {
        CallDirection::OutboundApi | CallDirection::OutboundDial => {
            Some(CallPlan::new(draw, call).first())
        }
        CallDirection::Inbound => None,
    }
}

/// What is done first with a message; nothing with one that comes in.
fn first_of_message(draw: Draw, message: &Message) -> Option<Planned> {
    match message.direction {
        MessageDirection::OutboundApi
        | MessageDirection::OutboundCall
        | MessageDirection::OutboundReply => Some(MessagePlan::new(draw, message).first()),
        MessageDirection::Inbound => None,
    }
}

#[cfg(test)]
mod tests;
