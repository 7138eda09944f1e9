//! The course of a resource of the registry: what it comes to, in order, and how long each takes.
//!
//! Used by the registry alone. Invariant: one draw and one resource give one course, whenever it
//! is asked.

use std::time::Duration;

use ringback_domain::change::Status;
use ringback_domain::resource::{Kind, Resource};
use ringback_domain::time::Timestamp;
use ringback_engine::network::Planned;

use super::meanings;
use super::memo::RegistryMemo;
use super::pace::Length;
use crate::simulated::draw::{Draw, Purpose};
use crate::simulated::model::Pace;
use crate::simulated::scenario::RegistryScenario;

/// The number of the first status of a course.
const TAKE: u32 = 1;
/// The number of telling on before that.
const TELL_ON: u32 = 1_000;

/// A step of a resource of the registry. Their numbers are kept in stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It asks what it waits for.
    Ask,
    /// It comes to the status at this place of its course.
    Take(usize),
    /// It tells on where it stands; then it goes on at this place.
    TellOn(usize),
}

impl Stage {
    /// The stage of this number.
    pub(super) fn numbered(number: u32) -> Self {
        let place = |from: u32| usize::try_from(number - from).unwrap_or(usize::MAX);
        match number {
            0 => Self::Ask,
            TAKE..TELL_ON => Self::Take(place(TAKE)),
            TELL_ON.. => Self::TellOn(place(TELL_ON)),
        }
    }

    fn number(self) -> u32 {
        let number =
            |from: u32, place: usize| from.saturating_add(u32::try_from(place).unwrap_or(u32::MAX));
        match self {
            Self::Ask => 0,
            Self::Take(place) => number(TAKE, place),
            Self::TellOn(place) => number(TELL_ON, place),
        }
    }
}

/// What a resource comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Course {
    draw: Draw,
    moves: Vec<(Length, Status)>,
}

impl Course {
    /// The course that `draw` gives `resource`; none, if the registry has no such thing.
    pub(super) fn of(draw: Draw, pace: Pace, resource: &Resource) -> Option<Self> {
        let statuses = meanings::statuses(&resource.body)?;
        if let Some(scenario) = RegistryMemo::of(resource).scenario {
            return Some(Self::told(draw, &scenario, resource.kind()));
        }
        let mut stream = draw.stream(Purpose::Course);
        let mut length = || Length::drawn(pace, resource.kind(), &mut stream);
        let moves = statuses.iter().map(|status| (length(), *status)).collect();
        Some(Self { draw, moves })
    }

    /// The course that `scenario` tells of a resource of `kind`.
    pub(super) fn told(draw: Draw, scenario: &RegistryScenario, kind: Kind) -> Self {
        let steps = scenario.statuses(kind);
        let known = steps.filter_map(|(after, status)| {
            let length = Length::Plain(after.duration());
            status.map(|status| (length, status))
        });
        Self {
            draw,
            moves: known.collect(),
        }
    }

    /// The draw that it was made with.
    pub(super) const fn draw(&self) -> Draw {
        self.draw
    }

    /// The status at a place; none beyond its end.
    pub(super) fn status(&self, place: usize) -> Option<Status> {
        self.moves.get(place).map(|(_, status)| *status)
    }

    /// The place after the last time that it comes to `status`; its beginning, if it never does.
    pub(super) fn after(&self, status: Status) -> usize {
        let place = self.moves.iter().rposition(|(_, it)| *it == status);
        place.map_or(0, |place| place + 1)
    }

    /// The place beyond its last.
    pub(super) fn end(&self) -> usize {
        self.moves.len()
    }

    /// Its step to the status at `place`, if one takes it there from `now` on.
    pub(super) fn step_to(&self, place: usize, now: Timestamp) -> Option<Planned> {
        let (length, _) = self.moves.get(place)?;
        Some(self.planned(Stage::Take(place), length.from(now)))
    }

    /// A step that is taken at once.
    pub(super) fn at_once(&self, stage: Stage) -> Planned {
        self.planned(stage, Duration::ZERO)
    }

    fn planned(&self, stage: Stage, after: Duration) -> Planned {
        Planned {
            after,
            number: stage.number(),
            draw: self.draw.bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_read_from_its_number() {
        // Kept in stores: another number here breaks what is under way.
        for (stage, number) in [
            (Stage::Ask, 0),
            (Stage::Take(0), 1),
            (Stage::Take(2), 3),
            (Stage::TellOn(0), 1_000),
            (Stage::TellOn(1), 1_001),
        ] {
            assert_eq!(stage.number(), number);
            assert_eq!(Stage::numbered(number), stage);
        }
    }
}
