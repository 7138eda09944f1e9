//! The simulated network: calls, messages and what is registered take the course that a seed
//! draws for them.
//!
//! Asked by the recorder alone. Each resource's whole course follows from one draw, which is
//! kept with its next step: whichever step is due, the same course is computed again. Every
//! delay is divided by the time scale, and nothing else is.

mod audio;
mod call;
mod campaign;
mod capacity;
mod carriers;
mod chance;
mod choice;
mod course;
mod draw;
pub mod heard;
pub mod inbound;
mod memo;
mod message;
mod model;
pub mod numbers;
mod outcome;
mod outgoing;
mod outset;
mod quality;
mod recording;
pub mod registry;
pub mod scenario;
mod script;
mod steps;
mod timing;
mod transcription;
mod weights;

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::call::CallDirection;
use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::id::Sid;
use ringback_domain::message::{Message, MessageDirection, MessageStatus, NewMessage};
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::recording::Recording;
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_domain::time::Timestamp;
use ringback_engine::network::{
    Ask, Brought, Errand, Network, Next, Performed, Planned, Refusal, Scene, Word,
};
use ringback_store::Step;

use draw::Draw;
use heard::Heard;
use memo::CallMemo;
use numbers::Usage;
use recording::files::RecordingMaker;
use recording::{Course, RecordingMemo};
use registry::Entry;
use script::Run;

pub use audio::{SpeechCommand, Voice};
pub use capacity::{Capacity, SenderRates};
pub use carriers::Carriers;
pub use chance::{Chance, Mix};
pub use model::{CampaignRule, Model, Pace};
pub use outcome::Outcome;
pub use recording::files::{RecordingConfig, RecordingLinks};
pub use timing::Timing;
pub use weights::Weights;

use crate::recogniser::Recogniser;

/// How the simulated network behaves.
#[derive(Clone, Debug)]
pub struct SimulatedConfig {
    /// What everything is drawn from: the same seed gives the same courses.
    pub seed: u64,
    /// How many times faster than life it goes. Every delay is divided by it; one that is not
    /// above zero counts as 1.
    pub time_scale: f64,
    /// What every absolute URL that it tells of begins with: scheme, host and port.
    pub base_url: String,
    /// What it is like where that can be told.
    pub model: Model,
    /// Where recordings are kept; without it each of them fails.
    pub recordings: Option<RecordingConfig>,
    /// What writes down what is said in recordings; the network itself, which let it be said,
    /// if it is none.
    pub recogniser: Option<Arc<Recogniser>>,
}

impl Default for SimulatedConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            time_scale: 1.0,
            base_url: String::new(),
            model: Model::default(),
            recordings: None,
            recogniser: None,
        }
    }
}

/// The simulated network.
#[derive(Clone, Debug)]
pub struct Simulated {
    seed: u64,
    time_scale: f64,
    base_url: Arc<str>,
    model: Model,
    recordings: Option<RecordingMaker>,
    recogniser: Option<Arc<Recogniser>>,
}

impl Simulated {
    /// A network that behaves as `config` says.
    pub fn new(config: SimulatedConfig) -> Self {
        let time_scale = if config.time_scale > 0.0 {
            config.time_scale
        } else {
            1.0
        };
        let base_url = config.base_url;
        let maker = |recordings| RecordingMaker::new(recordings, &base_url);
        Self {
            seed: config.seed,
            time_scale,
            model: config.model,
            recordings: config.recordings.map(maker),
            base_url: base_url.into(),
            recogniser: config.recogniser,
        }
    }

    fn draw(&self, resource: &Resource) -> Draw {
        Draw::new(self.seed, resource.lot.number)
    }

    /// `resource` as the registry has it; none, if it is nothing of 10DLC.
    fn entry<'a>(&self, draw: Draw, resource: &'a Resource) -> Option<Entry<'a>> {
        Entry::of(draw, self.model.pace, resource)
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

    /// A recording of ours as it stands; none if somebody else makes it.
    fn course<'a>(
        &'a self,
        resource: &'a Resource,
        recording: &'a Recording,
        now: Timestamp,
    ) -> Option<Course<'a>> {
        let started = recording.started_at;
        let elapsed = started.map_or(Duration::ZERO, |started| now.since(started));
        Some(Course {
            resource,
            recording,
            memo: RecordingMemo::of(resource)?,
            elapsed: self.simulate(elapsed),
            maker: self.recordings.as_ref(),
        })
    }

    /// What the document of the call `resource` still says and plays, counted from `now`.
    fn sounding(&self, resource: &Resource, now: Timestamp) -> Heard {
        let mut heard = Heard::default();
        if let Some(sounds) = CallMemo::of(resource).sounds {
            let began = Timestamp::from_micros(sounds.from_us);
            let elapsed = self.simulate(now.since(began));
            let left = sounds.pieces.iter().filter_map(|piece| piece.from(elapsed));
            left.for_each(|piece| heard.hear(piece));
        }
        heard
    }

    /// Whether a message that waits to be handed over may not be any more.
    fn is_barred(&self, message: &Message, scene: &Scene<'_>) -> bool {
        message.status == MessageStatus::Queued
            && campaign::check(&message.from, self.model.campaigns, scene).is_err()
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
    fn admit(&self, new: &NewResource, scene: &mut Scene<'_>) -> Result<(), Refusal> {
        match new {
            NewResource::Call(call) => match call.direction {
                CallDirection::OutboundApi | CallDirection::OutboundDial => {
                    numbers::admit(Usage::CallFrom, &call.from)?;
                    numbers::admit(Usage::CallTo, &call.to)?;
                    self.admit_to_calls(scene)
                }
                CallDirection::Inbound => Ok(()),
            },
            NewResource::Message(message) => match message.direction {
                MessageDirection::OutboundApi
                | MessageDirection::OutboundCall
                | MessageDirection::OutboundReply => {
                    campaign::check(&message.from, self.model.campaigns, scene)?;
                    admit_message(message, scene)?;
                    self.admit_to_messages(message, scene)
                }
                MessageDirection::Inbound => Ok(()),
            },
            NewResource::Recording(_)
            | NewResource::Transcription(_)
            | NewResource::Brand(_)
            | NewResource::Campaign(_)
            | NewResource::AssignmentOrder(_)
            | NewResource::Assignment(_) => Ok(()),
        }
    }

    fn follows_scenarios(&self) -> Result<(), Refusal> {
        Ok(())
    }

    fn accept(&self, resource: &Resource, scene: &mut Scene<'_>) -> Performed {
        let draw = self.draw(resource);
        let performed = match &resource.body {
            Body::Call(call) => self.begin_call((resource, call), scene),
            Body::Message(message) if message.direction == MessageDirection::Inbound => {
                inbound::accept(draw, resource, message, scene)
            }
            Body::Message(message) => self.begin_message((resource, message), scene),
            Body::Recording(_) => recording::accept(resource, scene),
            Body::Transcription(transcription) => {
                transcription::accept(draw, resource, transcription, scene)
            }
            Body::Brand(_) | Body::Campaign(_) | Body::AssignmentOrder(_) | Body::Assignment(_) => {
                let entry = self.entry(draw, resource);
                entry.map_or_else(Performed::default, |it| it.accept(scene))
            }
        };
        self.scale(performed)
    }

    fn errand(&self, resource: &Resource, step: &Step, scene: &mut Scene<'_>) -> Option<Errand> {
        if let Some(message) = inbound_message(resource) {
            return inbound::errand(resource, message, step, scene);
        }
        if resource.status().is_final() {
            return None;
        }
        match &resource.body {
            Body::Call(call) => {
                let draw = Draw::recorded(step.draw);
                Run::new(self, draw, (resource, call), scene).errand(step)
            }
            Body::Recording(recording) => self.course(resource, recording, scene.now)?.errand(step),
            Body::Transcription(_) if transcription::is_told(resource) => None,
            Body::Transcription(transcription) => {
                let files = self.recordings.clone()?;
                let (recogniser, recording) = (self.recogniser.as_ref()?, transcription.recording);
                Some(transcription::errand(recogniser, move || {
                    files.open(recording)
                }))
            }
            Body::Message(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_) => None,
        }
    }

    fn perform(&self, resource: &Resource, step: &Step, scene: &mut Scene<'_>) -> Performed {
        if let Some(message) = inbound_message(resource) {
            return self.scale(inbound::perform(resource, message, step, scene));
        }
        if let Some(entry) = self.entry(Draw::recorded(step.draw), resource) {
            return self.scale(entry.perform(step, scene));
        }
        // A report from elsewhere may have ended it in between: there is nothing to add.
        if resource.status().is_final() {
            return Performed::default();
        }
        let performed = match &resource.body {
            Body::Call(call) => self.perform_call((resource, call), step, scene),
            Body::Message(message) if self.is_barred(message, scene) => {
                message::ended(MessageStatus::Failed, &campaign::OUTSIDE)
            }
            Body::Message(message) => self.perform_message((resource, message), step, scene),
            Body::Recording(recording) => self
                .course(resource, recording, scene.now)
                .map_or_else(Performed::default, |course| course.perform(step, scene)),
            Body::Transcription(_) => transcription::perform(resource, &self.base_url),
            Body::Brand(_) | Body::Campaign(_) | Body::AssignmentOrder(_) | Body::Assignment(_) => {
                Performed::default()
            }
        };
        self.scale(performed)
    }

    fn resume(
        &self,
        resource: &Resource,
        step: &Step,
        brought: Brought,
        scene: &mut Scene<'_>,
    ) -> Performed {
        if let Some(message) = inbound_message(resource) {
            let performed = inbound::resume((resource, message), step, brought, scene);
            return self.scale(performed);
        }
        // A report from elsewhere may have ended it in between.
        if resource.status().is_final() {
            return Performed::default();
        }
        match (&resource.body, brought, &self.recogniser) {
            (Body::Call(call), Brought::Fetched(fetched), _) => {
                let draw = Draw::recorded(step.draw);
                let performed = Run::new(self, draw, (resource, call), scene).resume(fetched);
                let performed = self.with_others((resource, call), performed, scene);
                self.scale(performed)
            }
            (Body::Recording(recording), Brought::Worked(made), _) => {
                let course = self.course(resource, recording, scene.now);
                course.map_or_else(Performed::default, |course| course.resume(&made, scene))
            }
            (Body::Transcription(_), Brought::Worked(heard), Some(recogniser)) => {
                let (tried, attempts) = ((step.number, step.draw), recogniser.attempts());
                transcription::resume(resource, tried, attempts, &heard, &self.base_url)
            }
            (_, _, _) => Performed::default(),
        }
    }

    fn told(&self, resource: &Resource, word: Word, scene: &mut Scene<'_>) -> Performed {
        let unchanged = || Performed {
            next: Next::AsPlanned,
            ..Performed::default()
        };
        let performed = match &resource.body {
            Body::Call(call) if !call.status.is_final() => {
                let run = Run::new(self, self.draw(resource), (resource, call), scene);
                let performed = run.told(&word);
                self.with_others((resource, call), performed, scene)
            }
            Body::Recording(recording) => {
                let course = self.course(resource, recording, scene.now);
                course.map_or_else(unchanged, |course| course.told(&word, scene))
            }
            Body::Brand(_) | Body::Campaign(_) | Body::AssignmentOrder(_) | Body::Assignment(_) => {
                let entry = self.entry(self.draw(resource), resource);
                entry.map_or_else(unchanged, |entry| entry.told(&word, scene))
            }
            Body::Call(_) | Body::Message(_) | Body::Transcription(_) => unchanged(),
        };
        self.scale(performed)
    }

    fn asked(
        &self,
        resource: &Resource,
        ask: Ask,
        scene: &mut Scene<'_>,
    ) -> Result<Performed, Refusal> {
        let performed = match (&resource.body, ask) {
            (_, Ask::Drive(status)) => {
                let entry = self.entry(self.draw(resource), resource);
                let entry = entry.ok_or_else(registry::not_of_it)?;
                entry.driven(status, scene)?
            }
            (Body::Call(call), Ask::Begin(order)) => {
                let answered = call.answered_at.unwrap_or(scene.now);
                let elapsed = self.simulate(scene.now.since(answered));
                let heard = RecordingMemo::live(self.sounding(resource, scene.now));
                let (draw, of) = (self.draw(resource), (resource, call));
                let memo = recording::calls::with_far_end(heard, of, draw, elapsed);
                recording::calls::asked(resource, call, *order, memo, scene)?
            }
            (Body::Call(call), ask @ (Ask::End(_) | Ask::Document)) => {
                let run = Run::new(self, self.draw(resource), (resource, call), scene);
                let performed = match ask {
                    Ask::End(ending) => run.ends(ending),
                    _ => run.replaced(),
                };
                self.with_others((resource, call), performed, scene)
            }
            (Body::Recording(recording), Ask::Begin(order)) => {
                transcription::asked(resource, recording, *order, scene)?
            }
            (Body::Recording(recording), ask) => {
                let course = self.course(resource, recording, scene.now);
                course.map_or_else(|| Err(not_ours()), |it| it.asked(&ask, scene))?
            }
            (Body::Assignment(_), Ask::Remove) => {
                Performed::step(News::Assignment(AssignmentStatus::Removed), None)
            }
            (_, _) => Performed {
                next: Next::AsPlanned,
                ..Performed::default()
            },
        };
        Ok(self.scale(performed))
    }

    fn gone(&self, sids: &[Sid]) {
        if let Some(recordings) = &self.recordings {
            recordings.remove(sids);
        }
    }
}

/// Somebody else makes it.
fn not_ours() -> Refusal {
    Refusal {
        code: error_code!("10000"),
        message: "Status cannot be changed: the recording is not made by this server".to_owned(),
    }
}

/// Whether a message is sent: neither of its numbers is a test number that says otherwise, and
/// who it goes to wants messages from there.
fn admit_message(message: &NewMessage, scene: &Scene<'_>) -> Result<(), Refusal> {
    numbers::admit(Usage::MessageFrom, &message.from)?;
    numbers::admit(Usage::MessageTo, &message.to)?;
    if scene.opted_out(&message.from, &message.to) {
        return Err(Refusal {
            code: error_code!("21610"),
            message: format!(
                "To {} wants no messages from {}: it answered STOP, and has to answer START first",
                message.to, message.from
            ),
        });
    }
    Ok(())
}

/// The message that came in and is what `resource` holds; none, if it is anything else.
fn inbound_message(resource: &Resource) -> Option<&Message> {
    match &resource.body {
        Body::Message(message) if message.direction == MessageDirection::Inbound => Some(message),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
