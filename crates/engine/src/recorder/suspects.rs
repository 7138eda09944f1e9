//! What is damaged in the store, told apart from what is not.
//!
//! Part of the recorder. A commit that touches a damaged page fails as a whole. What it
//! covered is then recorded one by one, so that what is damaged fails alone: that is named,
//! put away and tried again now and then; everything else is recorded.

use std::collections::VecDeque;
use std::time::Duration;

use ringback_store::Step;
use tokio::time::Instant;

use super::group::Group;
use super::kept::is_recorded;
use super::{Recorded, Recorder, Reload, Tried, Waiting, chain};
use crate::handle::RecordError;

/// For how long after a damage commands are recorded one by one.
const WARY: Duration = Duration::from_secs(10);

/// How long it takes until what failed alone is tried again.
const AGAIN: Duration = Duration::from_secs(600);

/// How many outcomes that fail alone are remembered; of those beyond, the attempts are made
/// again after the next start.
const MOST: usize = 1_000;

/// What is or may be damaged.
#[derive(Debug, Default)]
pub(super) struct Suspects {
    /// To be recorded one by one.
    outcomes: VecDeque<Tried>,
    steps: VecDeque<Step>,
    /// Until when commands are.
    wary_until: Option<Instant>,
    /// The number of an outcome in the reserve that failed alone: the store is to be told that
    /// it need not be kept.
    pub(super) passed_over: Option<u64>,
    /// When the dispatcher was last asked to look for what was damaged.
    looked: Option<Instant>,
    /// What failed alone, and when it is tried again.
    damaged: VecDeque<(Instant, Tried)>,
}

impl Suspects {
    /// Whether what comes is to be recorded one by one.
    pub(super) fn make_wary(&self) -> bool {
        self.wary_until.is_some_and(|until| Instant::now() < until)
    }

    /// Whether none waits to be recorded.
    pub(super) fn are_none(&self) -> bool {
        self.outcomes.is_empty() && self.steps.is_empty()
    }

    /// What failed alone and is to be tried again now.
    fn take_again(&mut self) -> Option<Tried> {
        let (at, _) = self.damaged.front()?;
        let due = *at <= Instant::now();
        due.then(|| self.damaged.pop_front())?
            .map(|(_, tried)| tried)
    }

    /// The next one, alone; nothing if there is none.
    fn next(&mut self) -> Waiting {
        let outcome = self.outcomes.pop_front();
        let step = match outcome {
            Some(_) => None,
            None => self.steps.pop_front(),
        };
        Waiting {
            outcomes: outcome.into_iter().collect(),
            steps: step.into_iter().collect(),
            ..Waiting::default()
        }
    }
}

impl Recorder {
    /// The next of what may be damaged, alone.
    pub(super) async fn take_suspect(&mut self) -> Waiting {
        if self.retry_at.is_some() {
            return Waiting::default();
        }
        if let Some(again) = self.suspects.take_again() {
            // Once the disk was mended, a later outcome of it may have been recorded.
            let stored = self.parts.store.callback(again.outcome.callback).await;
            let stored = stored.ok().flatten();
            if !stored.is_some_and(|stored| is_recorded(&stored, &again.outcome)) {
                self.suspects.outcomes.push_back(again);
            }
        }
        self.suspects.next()
    }

    /// After a commit that touched something damaged: tells who was alone in it, and gives
    /// everyone else another chance, alone.
    pub(super) fn suspect(&mut self, group: &mut Group, error: &RecordError) {
        let now = Instant::now();
        self.suspects.wary_until = Some(now + WARY);
        let alone = group.size() <= 1;
        for (sender, _) in group.errands.drain(..) {
            self.errands.forget(sender.step.resource);
            group.performed.push(sender.step);
        }
        if let Some(number) = group.kept_until {
            if alone {
                // The reserve goes on behind it.
                self.suspects.passed_over = Some(number);
            }
            let tried = group.tried.drain(..).filter(|_| alone);
            tried.for_each(|tried| self.suspects.put_away(tried, now, error));
            return;
        }
        if alone {
            for tried in group.tried.drain(..) {
                self.suspects.put_away(tried, now, error);
            }
            let done = group.done.drain(..);
            let done = done.filter_map(|done| self.errands.awaited(&done));
            let done: Vec<Step> = done.collect();
            for step in group.performed.drain(..).chain(done) {
                tracing::error!(
                    resource = %step.resource, error = chain(error),
                    "is damaged; its next step is not taken before the next start"
                );
            }
            return;
        }
        self.suspects.outcomes.extend(group.tried.drain(..));
        self.suspects.steps.extend(group.performed.drain(..));
        self.done.append(&mut group.done);
    }
}

impl Recorder {
    /// Lets the dispatcher look now and then for what it left out: a disk may be mended.
    pub(super) async fn look_again(&mut self) {
        let now = Instant::now();
        if self.suspects.looked.is_some_and(|at| now < at + AGAIN) {
            return;
        }
        let first = self.suspects.looked.replace(now).is_none();
        if first || self.parts.store.unreadable().is_empty() {
            return;
        }
        self.hand_over(Recorded {
            last_position: self.numbers.position,
            reload: Reload::Yes,
            ..Recorded::default()
        })
        .await;
    }
}

impl Suspects {
    fn put_away(&mut self, tried: Tried, now: Instant, error: &RecordError) {
        tracing::error!(
            callback = %tried.callback.id, resource = %tried.callback.resource,
            error = chain(error), "is damaged; what became of it is not recorded"
        );
        if self.damaged.len() >= MOST {
            self.damaged.pop_front();
        }
        self.damaged.push_back((now + AGAIN, tried));
    }
}
