//! Retention: resources to which nothing happens any more are removed, a few at a time.
//!
//! Part of the recorder, so that nothing else is written meanwhile: what it reads is still so
//! when it is removed, and a report comes either before, and the resource stays, or after, and
//! finds none. A step is one commit of its own and is bounded by the store; between two steps
//! it leaves the recorder to others.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::id::Sid;
use ringback_store::{Batch, Expired, ExpiredPage};
use tokio::time::Instant;

use super::group::Group;
use super::{Recorder, chain};
use crate::handle::RecordError;

/// How often it is looked for what has expired; oftener where less than ten minutes are kept.
const SWEEP: Duration = Duration::from_secs(60);

/// At most so often.
const LEAST_SWEEP: Duration = Duration::from_secs(1);

/// After a step it rests for so many times as long as the step took: a fifth of the recorder's
/// time at most is spent on what is old.
const REST: u32 = 4;

/// It rests at least for this.
const LEAST_REST: Duration = Duration::from_millis(5);

/// How long it rests when a step has failed: the store has other troubles.
const TROUBLED: Duration = Duration::from_secs(600);

/// What is known of what has expired.
#[derive(Debug)]
pub(super) struct Retention {
    /// How long is kept what nothing happens to; for ever, if it is not said.
    keep: Option<Duration>,
    /// By how much stored times had been rebased in all when it began. What was stored before
    /// a step of the clock must not expire by it.
    rebased_micros: i64,
    /// When the next step is taken.
    next: Instant,
    /// Up to which ordinal was looked in this sweep.
    after: u64,
    /// How many were removed in this sweep.
    removed: usize,
}

impl Retention {
    /// Begins to look at once.
    pub(super) fn new(keep: Option<Duration>, rebased_micros: i64) -> Self {
        Self {
            keep,
            rebased_micros,
            next: Instant::now(),
            after: 0,
            removed: 0,
        }
    }

    /// A step looked at a page, in this time.
    fn went_on(&mut self, page: &ExpiredPage, took: Duration) {
        self.removed += page.resources.len();
        match page.next {
            Some(next) => {
                self.after = next;
                self.next = Instant::now() + (took * REST).max(LEAST_REST);
            }
            None => {
                if self.removed > 0 {
                    tracing::info!(
                        resources = self.removed,
                        "retention has removed what was old"
                    );
                }
                self.after = 0;
                self.removed = 0;
                let tenth = self.keep.unwrap_or(SWEEP) / 10;
                self.next = Instant::now() + tenth.clamp(LEAST_SWEEP, SWEEP);
            }
        }
    }

    /// A step failed; the next one looks beyond what it could not remove.
    fn failed(&mut self, next: Option<u64>) {
        self.after = next.unwrap_or(0);
        self.next = Instant::now() + TROUBLED;
    }
}

impl Recorder {
    /// When the next step of retention is to be taken; none while there is more important
    /// trouble.
    pub(super) fn next_removal(&self) -> Option<Instant> {
        let busy = self.retry_at.is_some() || self.doubt.is_some() || !self.backlog.is_empty();
        let free = self.retention.keep.is_some() && !busy && !self.parts.stop.is_cancelled();
        free.then_some(self.retention.next)
    }

    /// Takes a step of retention, if one is due.
    pub(super) async fn remove_expired(&mut self) {
        let begun = Instant::now();
        let due = self.next_removal().is_some_and(|next| next <= begun);
        let Some(keep) = self.retention.keep.filter(|_| due) else {
            return;
        };
        let keep_us = i64::try_from(keep.as_micros()).unwrap_or(i64::MAX);
        // A clock that stepped backwards makes everything younger: that needs no care.
        let stepped_us = (self.numbers.rebased_micros - self.retention.rebased_micros).max(0);
        let now = self.parts.clock.now().shifted(-stepped_us);
        let before = now.shifted(-keep_us);
        let after = self.retention.after;
        let page = match self.parts.store.expired(before, after).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(error = chain(&error), "retention cannot read what is old");
                return self.retention.failed(None);
            }
        };
        if !page.resources.is_empty() && !self.remove(&page.resources).await {
            return self.retention.failed(page.next);
        }
        self.retention.went_on(&page, begun.elapsed());
    }

    /// Removes resources, in one commit; whether it went through.
    async fn remove(&mut self, expired: &[Expired]) -> bool {
        let batch = Batch {
            removals: expired.iter().map(|it| it.sid).collect(),
            ..Batch::default()
        };
        let removed = self.parts.store.commit(batch).await;
        // Whatever became of it: what is known of them may be wrong.
        for one in expired {
            self.cache.pop(&one.sid);
            if let Some(name) = &one.external_id {
                self.externals.pop(&(one.project, Arc::clone(name)));
            }
        }
        match removed {
            Ok(()) => {
                self.parts.metrics.removed_more(expired.len());
                let gone: Vec<Sid> = expired.iter().map(|it| it.sid).collect();
                self.parts.network.gone(&gone);
                true
            }
            Err(error) => {
                let error = RecordError::from(error);
                self.parts.metrics.commit_failed(&error);
                let nothing = Group::at(self.parts.clock.now());
                self.failed(nothing, &error);
                false
            }
        }
    }
}
