//! What must hold of outcomes that the store does not take and keeps apart.

use ringback_domain::callback::CallbackState;
use ringback_domain::id::CallbackId;
use ringback_store::{Batch, KeptOutcome, Outcome, Room};

use super::{End, Fate, Findings, Laws};
use crate::simulation::paths::Path;
use crate::simulation::world::Process;

/// An outcome in the reserve.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    callback: CallbackId,
    state: CallbackState,
    attempts: u32,
    /// How its attempt ended; none if there was no attempt.
    end: Option<End>,
    process: Process,
}

impl Kept {
    fn is(&self, outcome: &Outcome) -> bool {
        (self.callback, self.state, self.attempts)
            == (outcome.callback, outcome.state, outcome.attempts)
    }
}

impl Laws {
    /// Outcomes are kept, as these numbers.
    pub(in crate::simulation) fn kept(
        &mut self,
        outcomes: &[KeptOutcome],
        numbers: &[u64],
        now: u64,
    ) -> Findings {
        // What was written in the same place before is written over.
        self.torn.clear();
        for (number, kept) in numbers.iter().zip(outcomes) {
            let kept = self.keep(&kept.outcome, now);
            self.kept.insert(*number, kept);
        }
        self.found()
    }

    /// The recorder is told so much of the room in the reserve.
    pub(in crate::simulation) const fn told_room(&mut self, room: Room, now: u64) {
        if matches!(room, Room::Scarce) && self.memory.scarce_since.is_none() {
            self.memory.scarce_since = Some(now);
        }
    }

    /// Outcomes are written there, and whoever wrote them is told that they are not.
    pub(in crate::simulation) fn torn(&mut self, outcomes: &[KeptOutcome], now: u64) -> Findings {
        self.torn = outcomes
            .iter()
            .map(|kept| self.keep(&kept.outcome, now))
            .collect();
        self.found()
    }

    /// A later process finds them, as these numbers.
    pub(in crate::simulation) fn found_torn(&mut self, numbers: &[u64]) -> Findings {
        let torn = std::mem::take(&mut self.torn);
        self.kept.extend(numbers.iter().copied().zip(torn));
        self.went(Path::TornFound);
        self.found()
    }

    fn keep(&mut self, outcome: &Outcome, now: u64) -> Kept {
        let end = self
            .fates
            .get(&outcome.callback)
            .and_then(|fate| fate_end(fate, outcome));
        // Later nobody knows what this process knew, and the clock may have been rebased.
        if let Some(End::Failed(kind)) = end {
            let fate = &self.fates[&outcome.callback];
            let law = match outcome.state {
                CallbackState::Aside => self.not_aside(fate, kind, now),
                CallbackState::Failed => self.not_to_fail(fate, kind, outcome),
                CallbackState::Pending | CallbackState::Delivered | CallbackState::Canceled => None,
            };
            self.found.broken.extend(law);
        }
        if outcome.attempt.is_some() && end.is_none() {
            let id = outcome.callback;
            self.breaks(format!("what was never tried is kept: {id}"));
        }
        Kept {
            callback: outcome.callback,
            state: outcome.state,
            attempts: outcome.attempts,
            end,
            process: self.process,
        }
    }

    /// A batch is about to be written: what it says to be recorded of the reserve must be, in it
    /// or before it.
    pub(super) fn takes_kept(&mut self, batch: &Batch) {
        let Some(until) = batch.kept_until else {
            return;
        };
        for (number, kept) in self.kept.range(..=until) {
            let fate = &self.fates[&kept.callback].callback;
            let before = match kept.end {
                Some(_) => fate.attempts >= kept.attempts,
                None => fate.state.is_settled() || fate.replay.is_some(),
            };
            let now = batch.outcomes.iter().any(|outcome| kept.is(outcome));
            if !before && !now {
                let law = format!("{kept:?}, number {number}, is dropped from the reserve");
                self.found.broken.push(law);
            }
            if kept.process != self.process {
                self.found.went.push(Path::KeptRecordedLater);
            }
        }
    }

    /// Once it is written they are no longer kept.
    pub(super) fn took_kept(&mut self, batch: &Batch) {
        if let Some(until) = batch.kept_until {
            self.kept = self.kept.split_off(&(until + 1));
        }
    }

    /// How the attempt of an outcome ended, and whether what follows from that was judged.
    pub(super) fn end_of(&self, fate: &Fate, outcome: &Outcome) -> (Option<End>, Judged) {
        match self.kept.values().find(|kept| kept.is(outcome)) {
            Some(kept) => (kept.end, Judged::WhenKept),
            None => (fate_end(fate, outcome), Judged::Never),
        }
    }

    /// Nothing is sent before what an earlier process kept is recorded, nor when there is no
    /// room for what would become of it.
    pub(super) fn sent_unkept(&self, now: u64) -> Option<String> {
        let mut kept = self.kept.values();
        if let Some(kept) = kept.find(|kept| kept.process != self.process) {
            return Some(format!("an earlier process kept {kept:?}"));
        }
        let since = self.memory.scarce_since.filter(|since| *since < now)?;
        Some(format!("the reserve is nearly full since {since}"))
    }
}

/// Whether it was judged that a callback was set aside or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Not yet.
    Never,
    /// When it was kept.
    WhenKept,
}

fn fate_end(fate: &Fate, outcome: &Outcome) -> Option<End> {
    let attempt = outcome.attempt.as_ref()?;
    fate.tried.ends.get(&attempt.number).copied()
}
