//! What a seed is made of, and what is done in its life.

use std::collections::BTreeMap;
use std::time::Duration;

use ringback_domain::id::ProjectId;
use ringback_domain::project::{Dialect, Ordering, Profile, Settings};
use ringback_engine::Limits;

use super::chance::Chance;
use super::laws::Laws;

/// What a seed is made of.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// With their settings.
    pub(super) projects: BTreeMap<ProjectId, Settings>,
    /// What the dispatcher may take.
    pub(super) limits: Limits,
    /// How many destinations there are.
    pub(super) destinations: u64,
    /// How many things are done before the calm.
    pub(super) doings: u64,
    /// How far apart, in milliseconds at most.
    pub(super) gap_ms: u64,
    /// How fast the network goes on by itself, if it does.
    pub(super) pace: Option<Duration>,
    /// How often something goes wrong, among the things that are done.
    trouble: u32,
}

impl Plan {
    /// Draws one.
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let projects = (1..=chance.number(1..4)).map(|number| {
            let mut id = [0; 16];
            id[15] = u8::try_from(number).unwrap_or(0);
            (ProjectId::from_bytes(id), settings(chance))
        });
        Self {
            projects: projects.collect(),
            limits: Limits {
                per_destination: chance.count(1..9),
                in_flight: chance.count(2..25),
                window: chance.count(4..40),
                window_bytes: chance.pick(&[4_000, 20_000, 1_000_000]),
            },
            destinations: chance.number(1..6),
            doings: chance.number(5..90),
            gap_ms: chance.pick(&[2, 50, 500, 4_000, 20_000]),
            pace: chance.one_in(3).then(|| chance.millis(1..9_000)),
            trouble: chance.pick(&[2, 3, 6, 0]),
        }
    }

    /// The laws of its world.
    pub(super) fn laws(&self) -> Laws {
        Laws::new(self.limits, self.projects.clone())
    }

    /// What is done next.
    pub(super) fn doing(&self, chance: &mut Chance) -> Doing {
        if chance.one_in(self.trouble) {
            chance.pick(&TROUBLE)
        } else {
            chance.pick(&WORK)
        }
    }
}

fn settings(chance: &mut Chance) -> Settings {
    let [aside, strict, none] = [Ordering::Aside, Ordering::Strict, Ordering::None];
    let [durable, signalwire] = [Profile::Durable, Profile::SignalWire];
    let notices = Some("https://host0.example/failed".to_owned());
    Settings {
        dialect: chance.pick(&[Dialect::SignalWire, Dialect::Twilio]),
        profile: chance.pick(&[durable, durable, durable, signalwire, Profile::Twilio]),
        ordering: chance.pick(&[aside, aside, aside, strict, none]),
        failure_url: chance.pick(&[None, notices]),
        ..Settings::default()
    }
}

/// Something that is done.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing {
    Create,
    Report,
    Offer,
    ReuseEvent,
    Erase,
    Retry,
    Replay,
    Rotate,
    Mood,
    Weather,
    ArmCrash,
    Crash,
    Stop,
    StepWall,
    Look,
}

const WORK: [Doing; 16] = [
    Doing::Create,
    Doing::Create,
    Doing::Create,
    Doing::Create,
    Doing::Report,
    Doing::Report,
    Doing::Report,
    Doing::Report,
    Doing::Report,
    Doing::Offer,
    Doing::Offer,
    Doing::ReuseEvent,
    Doing::Erase,
    Doing::Retry,
    Doing::Replay,
    Doing::Rotate,
];

const TROUBLE: [Doing; 16] = [
    Doing::Mood,
    Doing::Mood,
    Doing::Mood,
    Doing::Mood,
    Doing::Mood,
    Doing::Mood,
    Doing::Weather,
    Doing::Weather,
    Doing::Weather,
    Doing::ArmCrash,
    Doing::ArmCrash,
    Doing::Crash,
    Doing::Stop,
    Doing::StepWall,
    Doing::Mood,
    Doing::Weather,
];
