//! What must hold of every batch that is written.

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::project::{Dialect, Ordering};
use ringback_engine::transport::FailureKind;
use ringback_store::{Batch, Outcome, ReplayOrder};

use super::keeping::Judged;
use super::{Before, End, Fate, Findings, HELD, Laws, Tried, Written, destination, line};
use crate::simulation::paths::Path;

/// How long a durable callback is tried, in microseconds; a little less, for clocks are
/// rebased in steps.
const DURABLE_FOR: i64 = (72 * 3600 - 60) * 1_000_000;

impl Laws {
    /// A batch is about to be written.
    pub(in crate::simulation) fn commit(
        &mut self,
        batch: &Batch,
        written: Written,
        now: u64,
    ) -> Findings {
        self.changes(batch, written);
        for callback in &batch.callbacks {
            self.recorded(callback);
        }
        self.takes_kept(batch);
        for outcome in &batch.outcomes {
            self.outcome(outcome, written, now);
        }
        self.took_kept(batch);
        if written == Written::Surely {
            self.memory.scarce_since = None;
        }
        for replay in &batch.replays {
            self.replayed(replay, written);
        }
        for erasure in &batch.erasures {
            for (id, body) in &erasure.bodies {
                let Some(fate) = self.fates.get_mut(id) else {
                    self.breaks(format!("words of a callback that is not there: {id}"));
                    continue;
                };
                let body = std::mem::replace(&mut fate.callback.body, body.clone());
                fate.before.get_or_insert(Before {
                    body,
                    acknowledged_at: None,
                });
            }
        }
        if let Some(rebase) = batch.rebase {
            self.memory.rebased = true;
            self.memory.rebased_micros += rebase.micros.abs();
            self.went(Path::WallStepped);
            let unsettled = self.fates.values_mut();
            for fate in unsettled.filter(|fate| !fate.callback.state.is_settled()) {
                let recorded_at = fate.callback.recorded_at;
                fate.callback.recorded_at = recorded_at.shifted(rebase.micros);
            }
        }
        self.found()
    }

    fn changes(&mut self, batch: &Batch, written: Written) {
        for resource in &batch.resources {
            let held = resource.body.parties().0 == HELD;
            if held && written == Written::Surely && !self.next_seq.contains_key(&resource.sid) {
                self.held.insert(resource.sid, self.process);
            }
        }
        for change in &batch.changes {
            let next = self.next_seq.entry(change.resource).or_default();
            if change.seq != *next {
                let law = format!("{} has change {} after {next}", change.resource, change.seq);
                self.found.broken.push(law);
            }
            *next = change.seq + 1;
            if change.seq > 0 && batch.steps.iter().any(|(sid, _)| *sid == change.resource) {
                self.found.went.push(Path::Stepped);
            }
            // Twilio does not call back for a message's first status.
            let dialect = self.settings[&change.project].dialect;
            let untold = dialect == Dialect::Twilio && change.seq == 0;
            let mut owed = batch.callbacks.iter();
            if !untold && !owed.any(|it| (it.resource, it.seq) == (change.resource, change.seq)) {
                let law = format!("nothing is owed for {} {}", change.resource, change.seq);
                self.breaks(law);
            }
        }
        for event in &batch.events {
            if !self.events.insert(event.key) {
                self.breaks(format!("an event is recorded twice: {:?}", event.key));
            }
        }
    }

    fn recorded(&mut self, callback: &Callback) {
        if callback.position <= self.last_position {
            let (at, last) = (callback.position, self.last_position);
            self.breaks(format!("position {at} comes after {last}"));
        }
        self.last_position = self.last_position.max(callback.position);
        let fate = Fate {
            callback: callback.clone(),
            doubtful: Vec::new(),
            accepted: false,
            replay_owed: false,
            before: None,
            tried: Tried::default(),
        };
        if self.fates.insert(callback.id, fate).is_some() {
            self.breaks(format!("two callbacks are {}", callback.id));
        }
        if !callback.is_failure_notice() {
            let owed = self.owed.entry(line(callback)).or_default();
            owed.insert(callback.position, callback.id);
        }
    }

    fn outcome(&mut self, outcome: &Outcome, written: Written, now: u64) {
        let told = (outcome.state, outcome.attempts);
        let Some(fate) = self.fates.get(&outcome.callback) else {
            self.breaks(format!("an outcome of no callback: {}", outcome.callback));
            return;
        };
        let again = fate.doubtful.contains(&told);
        if again {
            self.went(Path::OutcomeTwice);
        } else if let Some(law) = self.contradicts(fate, outcome, now) {
            let (id, at) = (outcome.callback, fate.callback.position);
            self.breaks(format!("outcome {told:?} of {id} at {at}: {law}"));
        }
        let (end, _) = self.end_of(&self.fates[&outcome.callback], outcome);
        self.went_with(outcome, end);
        let passed = (outcome.callback, outcome.attempts);
        if self.memory.passed.remove(&passed) {
            self.went(Path::Overtaken);
            if outcome.state == CallbackState::Pending {
                let id = outcome.callback;
                self.breaks(format!(
                    "{id} was overtaken, and is not set aside: {told:?}"
                ));
            }
        }
        self.write_outcome(outcome, written);
    }

    fn write_outcome(&mut self, outcome: &Outcome, written: Written) {
        let Some(fate) = self.fates.get_mut(&outcome.callback) else {
            return;
        };
        fate.callback.state = outcome.state;
        fate.callback.due = outcome.due;
        fate.callback.attempts = outcome.attempts;
        fate.callback.first_failed_at = outcome.first_failed_at;
        fate.callback.settled_at = outcome.settled_at;
        match written {
            Written::Surely => {}
            Written::Unsurely => fate.doubtful.push((outcome.state, outcome.attempts)),
        }
        let (line, position) = (line(&fate.callback), fate.callback.position);
        if let Some(owed) = self.owed.get_mut(&line)
            && outcome.state != CallbackState::Pending
        {
            owed.remove(&position);
        }
    }

    /// What an outcome contradicts, if anything.
    fn contradicts(&self, fate: &Fate, outcome: &Outcome, now: u64) -> Option<String> {
        let callback = &fate.callback;
        if callback.state.is_settled() {
            return Some(format!("it is {:?} already", callback.state));
        }
        let Some(attempt) = &outcome.attempt else {
            let untried = outcome.state == CallbackState::Failed && callback.destination.is_empty();
            return (!untried).then(|| "without an attempt".to_owned());
        };
        if attempt.number != outcome.attempts {
            return Some(format!("the attempt is number {}", attempt.number));
        }
        let doubtful = fate.doubtful.iter().map(|(_, attempts)| *attempts).max();
        let before = callback.attempts.max(doubtful.unwrap_or(0));
        if outcome.attempts != before + 1 {
            return Some(format!("{before} attempts are recorded"));
        }
        let (end, judged) = self.end_of(fate, outcome);
        match (end, outcome.state) {
            (None, _) => Some("no such attempt was made".to_owned()),
            (Some(End::Accepted), CallbackState::Delivered) => None,
            (Some(End::Accepted), _) => Some("its receiver accepted it".to_owned()),
            (Some(End::Failed(_)), CallbackState::Failed | CallbackState::Aside)
                if judged == Judged::WhenKept =>
            {
                None
            }
            (Some(End::Failed(kind)), CallbackState::Failed) => {
                self.not_to_fail(fate, kind, outcome)
            }
            (Some(End::Failed(kind)), CallbackState::Aside) => self.not_aside(fate, kind, now),
            (Some(End::Failed(_)), CallbackState::Pending) => {
                (callback.state == CallbackState::Aside).then(|| "it was set aside".to_owned())
            }
            (Some(End::Failed(kind)), _) => Some(format!("it failed: {kind:?}")),
        }
    }

    /// Why a callback may not be given up.
    pub(super) fn not_to_fail(
        &self,
        fate: &Fate,
        kind: FailureKind,
        outcome: &Outcome,
    ) -> Option<String> {
        let callback = &fate.callback;
        let since = callback.replay.map_or(callback.recorded_at, |it| it.at);
        let settled = outcome.settled_at.unwrap_or_default();
        let age = settled.as_micros() - since.as_micros();
        // It may have been given up before the stored times were rebased, and told after it.
        let in_time = age + self.memory.rebased_micros >= DURABLE_FOR;
        let may = kind == FailureKind::Status(410) || self.gives_up(callback) || in_time;
        (!may).then(|| format!("given up after {kind:?} at an age of {age} µs"))
    }

    /// Why a callback may not be set aside.
    pub(super) fn not_aside(&self, fate: &Fate, kind: FailureKind, now: u64) -> Option<String> {
        let callback = &fate.callback;
        if callback.state == CallbackState::Aside || self.ordering(callback) == Ordering::None {
            return None;
        }
        if self.ordering(callback) == Ordering::Strict {
            return Some("set aside in strict order".to_owned());
        }
        let for_itself = matches!(kind, FailureKind::Status(status)
            if (400..500).contains(&status) && !matches!(status, 408 | 425 | 429));
        let accepted = self.memory.accepted.get(&destination(callback)).copied();
        let since = match fate.tried.failed_since {
            _ if self.memory.rebased => self.memory.started,
            Some(since) => since,
            None => now,
        };
        let accepting = accepted.is_some_and(|at| at >= since);
        (!for_itself && !accepting).then(|| {
            format!("set aside after {kind:?}, fails since {since}, accepted at {accepted:?}")
        })
    }

    fn went_with(&mut self, outcome: &Outcome, end: Option<End>) {
        match (outcome.state, end) {
            (CallbackState::Delivered, _) => self.went(Path::Delivered),
            (CallbackState::Aside, _) => self.went(Path::SetAside),
            (CallbackState::Failed, end) => {
                self.went(Path::Failed);
                let gives_up = self.gives_up(&self.fates[&outcome.callback].callback);
                match end {
                    None => {
                        self.went(Path::FailedUntried);
                        // Nor can it be sent again.
                        if let Some(fate) = self.fates.get_mut(&outcome.callback) {
                            fate.replay_owed = false;
                        }
                    }
                    Some(End::Failed(FailureKind::Status(410))) => self.went(Path::FailedGone),
                    Some(_) if !gives_up => self.went(Path::FailedInTime),
                    Some(_) => {}
                }
            }
            (CallbackState::Pending, _) => {
                let due = outcome.due.as_micros();
                let ended = outcome.attempt.as_ref().map(|it| it.started_at.as_micros());
                // Longer than any gap between quick tries.
                if ended.is_some_and(|ended| due - ended > 17_000_000) {
                    self.went(Path::LaneClosed);
                }
            }
            (CallbackState::Canceled, _) => self.breaks("nothing cancels callbacks".to_owned()),
        }
    }

    fn replayed(&mut self, order: &ReplayOrder, written: Written) {
        let Some(fate) = self.fates.get_mut(&order.callback) else {
            let id = order.callback;
            return self.breaks(format!("a replay of no callback: {id}"));
        };
        if fate.callback.state.is_settled() {
            fate.callback.state = CallbackState::Aside;
            fate.callback.replay = Some(ringback_domain::callback::Replay {
                at: order.at,
                attempts_before: fate.callback.attempts,
            });
            fate.tried.accepted = false;
            match written {
                Written::Surely => {
                    fate.replay_owed = true;
                    fate.doubtful.clear();
                }
                // Nobody was told: the outcome that ended it may be written once more.
                Written::Unsurely => {}
            }
            self.went(Path::Replayed);
        }
    }
}
