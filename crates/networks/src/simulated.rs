//! The simulated network: calls and messages take the course that a seed draws for them.
//!
//! Asked by the recorder alone. Each resource's whole course follows from one draw, which is
//! kept with its next step: whichever step is due, the same course is computed again. Every
//! delay is divided by the time scale, and nothing else is.

mod call;
mod draw;
mod message;
pub mod numbers;
mod quality;

use std::time::Duration;

use ringback_domain::call::{Call, CallDirection};
use ringback_domain::change::News;
use ringback_domain::message::{Message, MessageDirection};
use ringback_domain::project::Settings;
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_domain::time::Timestamp;
use ringback_engine::network::{Ending, Network, Performed, Planned, Refusal};
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

    fn scale(&self, planned: Planned) -> Planned {
        Planned {
            after: self.elapse(planned.after),
            ..planned
        }
    }
}

impl Network for Simulated {
    fn admit(&self, new: &NewResource) -> Result<(), Refusal> {
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

    fn accept(&self, resource: &Resource) -> Option<Planned> {
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
        first.map(|planned| self.scale(planned))
    }

    fn perform(&self, resource: &Resource, step: &Step, settings: &Settings) -> Performed {
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
        Performed {
            news: performed.news,
            next: performed.next.map(|planned| self.scale(planned)),
        }
    }

    fn end(&self, resource: &Resource, ending: Ending, now: Timestamp) -> News {
        match &resource.body {
            Body::Call(call) => {
                let elapsed = call
                    .answered_at
                    .map_or(Duration::ZERO, |answered| now.since(answered));
                let simulated = self.simulate(elapsed);
                call::end(self.draw(resource), call, ending, elapsed, simulated)
            }
            // Calls alone can be ended: said again where it stands, nothing changes.
            Body::Message(_)
            | Body::Recording(_)
            | Body::Transcription(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_) => resource.status().into(),
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
