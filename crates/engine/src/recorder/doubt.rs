//! What follows a commit that failed: who asked is told, what must not be lost is kept, and
//! what is recorded is read before the next write if nobody knows.
//!
//! Part of the recorder. Meters are undone, and nothing else is to be: a group is applied to copies.

use ringback_domain::id::Sid;
use ringback_domain::project::Project;
use ringback_store::StoreError;
use tokio::time::Instant;

use super::agenda::Agenda;
use super::group::Group;
use super::{Numbers, RETRY, Recorded, Recorder, Reload, chain, notice};
use crate::handle::RecordError;
use crate::meters::Meters;
use crate::registry::Registry;

/// A commit failed with its outcome unknown: read before the next write.
#[derive(Default)]
pub(super) struct Doubt {
    /// Resources whose redaction may have been recorded. Memory forgets their words in any
    /// case, for nobody knows.
    redacted: Vec<Sid>,
}

impl Recorder {
    /// Answers the callers and keeps what must not be lost for the next group. But for
    /// meters nothing else is to be undone: the group was applied to copies.
    pub(super) fn failed(&mut self, mut group: Group, error: &RecordError) {
        self.registry.undo();
        self.meters.undo();
        if matches!(error, RecordError::Damaged { .. }) {
            tracing::error!(error = chain(error), "something stored is damaged");
            self.suspect(&mut group, error);
            return group.answer(Some(error));
        }
        tracing::error!(error = chain(error), "a group was not recorded");
        self.failure = Some(error.clone());
        match group.take_kept() {
            Some(kept) => self.again = Some(kept),
            None => self.backlog.append(&mut group.tried),
        }
        // Not later than it was: requests that fail in between put nothing off.
        self.retry_at.get_or_insert(Instant::now() + RETRY);
        match error {
            RecordError::Full
            | RecordError::ReadOnly
            | RecordError::Damaged { .. }
            | RecordError::Busy { .. }
            | RecordError::Stopping => {}
            RecordError::Unsure { .. } | RecordError::Failed { .. } => {
                self.doubt
                    .get_or_insert_default()
                    .redacted
                    .append(&mut group.recorded.redacted);
                self.doubtful.extend(notice::failures(&self.backlog));
            }
        }
        self.take_back(&mut group);
        group.answer(Some(error));
    }

    /// Steps that were taken, and errands that were to be run or are done, are so again.
    pub(super) fn take_back(&mut self, group: &mut Group) {
        for (sender, _) in group.errands.drain(..) {
            self.errands.forget(sender.step.resource);
            group.performed.push(sender.step);
        }
        for step in group.performed.drain(..) {
            self.agenda.set(step.resource, Some(step));
        }
        self.done.append(&mut group.done);
    }

    /// Reads what is recorded, and lets the dispatcher look for what it was never handed.
    pub(super) async fn resolve_doubt(&mut self) -> Result<(), StoreError> {
        let opening = self.parts.store.opening().await?;
        let entries = self.parts.store.entries().await?;
        self.meters = Meters::stored(&entries);
        self.parts.directory.load(entries);
        self.registry = Registry::load(&*self.parts.store, &self.parts.projects).await?;
        let seed = self.numbers.next_seed();
        let rebased = opening.rebased_micros - self.numbers.rebased_micros;
        if rebased != 0 {
            self.parts.clock.rebase(rebased);
        }
        self.numbers = Numbers::new(&opening, seed);
        self.cache.clear();
        self.externals.clear();
        self.agenda = Agenda::new();
        self.errands.forget_all();
        let redacted = self.doubt.take().unwrap_or_default().redacted;
        let last_position = self.numbers.position;
        let reload = Reload::Yes;
        self.hand_over(Recorded {
            redacted,
            last_position,
            reload,
            ..Recorded::default()
        })
        .await;
        Ok(())
    }

    /// After a commit that failed, something harmless to write: the projects, once more. Without
    /// it nobody would notice that the store takes writes again while nobody asks, and nobody
    /// asks a server that is not ready.
    pub(super) async fn probe(&self) -> Vec<Project> {
        if self.parts.metrics.is_writable() {
            return Vec::new();
        }
        // What the store has, not what is known here: `ringback dev` keeps its project out of it.
        self.parts.store.projects().await.unwrap_or_default()
    }
}
