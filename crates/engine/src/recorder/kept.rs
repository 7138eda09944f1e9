//! Outcomes that the store does not take: they go into its reserve, and come back from there.
//!
//! Part of the recorder. While commits fail, every outcome is put aside as it comes, so that
//! none is in memory alone for longer than it takes; when the store takes writes again, and at
//! a start, the reserve comes first. Invariant: an outcome is not recorded before those of the
//! same callback that were kept.

use ringback_domain::callback::{Callback, CallbackState};
use ringback_store::{KeptOutcome, Numbered, Outcome, Room, StoreError};
use tokio::time::Instant;

use super::group::Group;
use super::{Delivery, GROUP, RETRY, Recorded, Recorder, Reload, Tried, Waiting, chain, until};
use crate::handle::RecordError;

/// How many are recorded at first, to see whether the store takes writes again.
const PROBE: usize = 10;

/// Whether outcomes are in the reserve that the store has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reserve {
    /// None is.
    Empty,
    /// Some are.
    Holds,
}

impl Recorder {
    /// Records what an earlier process kept, before anything is sent. What is asked meanwhile
    /// is refused as long as the store takes nothing.
    pub(super) async fn catch_up(&mut self) {
        if self.reserve == Reserve::Empty {
            return;
        }
        while self.reserve == Reserve::Holds && !self.parts.stop.is_cancelled() {
            if self.doubt.is_some()
                && let Err(error) = self.resolve_doubt().await
            {
                tracing::error!(error = chain(&error), "the store cannot be read");
                self.retry_at.get_or_insert(Instant::now() + RETRY);
            }
            let waiting = self.take_kept().await;
            if waiting.kept_until.is_some() {
                self.record(waiting).await;
            }
            if let Some(retry_at) = self.retry_at {
                self.refuse_until(retry_at).await;
                self.retry_at = None;
            }
        }
        if self.reserve == Reserve::Empty {
            self.delivery = Delivery::Runs;
            self.hand_over(Recorded {
                reload: Reload::Yes,
                delivery: Some(Delivery::Runs),
                last_position: self.numbers.position,
                ..Recorded::default()
            })
            .await;
        }
    }

    /// Refuses all commands until then, and keeps outcomes.
    pub(super) async fn refuse_until(&mut self, retry_at: Instant) {
        loop {
            self.keep_backlog().await;
            let mut waiting = Waiting::default();
            let outcomes = &mut self.parts.outcomes;
            tokio::select! {
                // In a fixed order, so that a run can be repeated. Each branch leaves what it did
                // not take where it was: nothing is lost.
                biased;
                () = self.parts.stop.cancelled(), if !self.parts.commands.is_closed() =>
                    self.parts.commands.close(),
                () = until(Some(retry_at)) => return,
                count = outcomes.recv_many(&mut self.backlog, GROUP),
                    if self.backlog.len() < GROUP
                        && (!outcomes.is_closed() || !outcomes.is_empty()) =>
                    tracing::debug!(count, "outcomes"),
                count = self.parts.commands.recv_many(&mut waiting.commands, GROUP),
                    if !self.parts.commands.is_closed() || !self.parts.commands.is_empty() =>
                    tracing::debug!(count, "refused"),
            }
            let error = self.failure.clone().unwrap_or(RecordError::Stopping);
            Group::refusing(waiting, &error).answer(Some(&error));
        }
    }

    /// What is to be recorded before anything that comes: outcomes in the reserve, what may be
    /// damaged.
    pub(super) async fn own_work(&mut self) -> Waiting {
        let suspect = self.take_suspect().await;
        if suspect.is_empty() {
            self.take_kept().await
        } else {
            suspect
        }
    }

    /// Whether nothing is left to be recorded, or the store takes nothing of it.
    pub(super) async fn is_through(&mut self) -> bool {
        self.keep_backlog().await;
        if !self.backlog.is_empty() && self.retry_at.is_some() {
            tracing::error!(
                attempts = self.backlog.len(),
                "stopped while the store takes nothing; these attempts are made again"
            );
        }
        let done =
            self.backlog.is_empty() && self.reserve == Reserve::Empty && self.suspects.are_none();
        done || self.retry_at.is_some()
    }

    /// Whether outcomes go into the reserve, not into the next group.
    pub(super) fn keeps_outcomes(&self) -> bool {
        self.retry_at.is_some() || self.doubt.is_some() || self.reserve == Reserve::Holds
    }

    /// Puts outcomes that the store does not take into the reserve. If that takes no more,
    /// delivery stops: what is sent then would be sent again after a crash.
    pub(super) async fn keep_backlog(&mut self) {
        if self.backlog.is_empty() || !self.keeps_outcomes() {
            return;
        }
        let kept = self.backlog.iter().map(|tried| self.keepable(tried));
        let kept = kept.collect();
        match self.parts.store.keep(kept).await {
            Ok(keeping) => {
                if keeping.kept > 0 {
                    self.reserve = Reserve::Holds;
                }
                self.backlog.drain(..keeping.kept);
                self.parts.metrics.kept(keeping.kept);
                if keeping.room == Room::Scarce {
                    self.stop_delivery("the reserve of outcomes is nearly full")
                        .await;
                }
            }
            Err(error) => {
                tracing::debug!(error = chain(&error), "outcomes could not be kept");
                self.stop_delivery("outcomes can neither be recorded nor kept")
                    .await;
            }
        }
    }

    fn keepable(&self, tried: &Tried) -> KeptOutcome {
        let mut outcome = tried.outcome.clone();
        if let Some(at) = tried.retry_at {
            outcome.due = self.parts.clock.at(at);
        }
        KeptOutcome {
            outcome,
            remark: tried.warning.as_deref().map(str::to_owned),
            rebased_micros: self.numbers.rebased_micros,
        }
    }

    async fn stop_delivery(&mut self, reason: &'static str) {
        if self.delivery == Delivery::Runs {
            tracing::error!("{reason}: nothing is sent until the store takes writes again");
            self.tell_delivery(Delivery::Stopped).await;
        }
    }

    /// Lets delivery go on, if it stopped and nothing hinders it any longer.
    pub(super) async fn resume_delivery(&mut self) {
        if self.delivery == Delivery::Stopped
            && !self.keeps_outcomes()
            && self.backlog.is_empty()
            && self.parts.metrics.is_writable()
        {
            tracing::warn!("the store takes writes again: delivery goes on");
            self.tell_delivery(Delivery::Runs).await;
        }
    }

    async fn tell_delivery(&mut self, delivery: Delivery) {
        self.delivery = delivery;
        self.parts.metrics.delivers(delivery);
        self.hand_over(Recorded {
            delivery: Some(delivery),
            ..Recorded::default()
        })
        .await;
    }

    /// The next outcomes in the reserve, if it is time to record them.
    pub(super) async fn take_kept(&mut self) -> Waiting {
        if self.reserve == Reserve::Empty || self.retry_at.is_some() {
            return Waiting::default();
        }
        if let Some(again) = self.again.take() {
            return again;
        }
        if let Some(number) = self.suspects.passed_over.take() {
            return Waiting {
                kept_until: Some(number),
                ..Waiting::default()
            };
        }
        let limit = if self.suspects.make_wary() {
            1
        } else if self.parts.metrics.is_writable() {
            GROUP
        } else {
            PROBE
        };
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let kept = match self.parts.store.kept(limit).await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::error!(error = chain(&error), "the reserve cannot be read");
                self.retry_at.get_or_insert(Instant::now() + RETRY);
                return Waiting::default();
            }
        };
        if kept.is_empty() {
            self.reserve = Reserve::Empty;
            self.parts.metrics.nothing_kept();
            return Waiting::default();
        }
        self.rebuild(kept).await
    }

    /// Outcomes as the dispatcher told them, up to the first that cannot be told now. One whose
    /// callback is gone, or damaged, has nothing to be recorded with.
    async fn rebuild(&mut self, kept: Vec<Numbered>) -> Waiting {
        let mut rebuilt = Waiting::default();
        for (number, kept) in kept {
            let id = kept.outcome.callback;
            match self.parts.store.callback(id).await {
                Ok(Some(callback)) if self.was_recorded(&callback, &kept.outcome) => {
                    tracing::debug!(callback = %id, "its outcome is recorded already");
                }
                Ok(Some(callback)) => rebuilt.outcomes.push(self.tried(callback, kept)),
                Ok(None) => tracing::warn!(callback = %id, "is gone; its outcome is dropped"),
                Err(error @ StoreError::Damaged { .. }) => {
                    tracing::error!(
                        callback = %id, error = chain(&error),
                        "is damaged; its outcome is dropped"
                    );
                }
                Err(error) => {
                    if rebuilt.kept_until.is_none() {
                        tracing::error!(
                            error = chain(&error),
                            "what was kept cannot be recorded now; trying again"
                        );
                        self.failure = Some(error.into());
                        self.retry_at.get_or_insert(Instant::now() + RETRY);
                    }
                    return rebuilt;
                }
            }
            rebuilt.kept_until = Some(number);
        }
        rebuilt
    }

    /// Whether an earlier process has recorded an outcome that it kept as well: what it wrote
    /// into the reserve may be found there although it was told that it failed. The callback may
    /// have gone on since. (What this process kept it records, for its dispatcher is to hear of
    /// that.)
    fn was_recorded(&self, callback: &Callback, outcome: &Outcome) -> bool {
        self.delivery == Delivery::NotBegun && is_recorded(callback, outcome)
    }

    fn tried(&mut self, mut callback: Callback, kept: KeptOutcome) -> Tried {
        let mut outcome = kept.outcome;
        // A clock that was rebased meanwhile took the stored times along, not this one.
        let since = self.numbers.rebased_micros - kept.rebased_micros;
        outcome.due = outcome.due.shifted(since);
        if outcome.state == CallbackState::Failed {
            // It may be recorded already, with its notice.
            self.doubtful.insert(callback.position);
        }
        callback.state = outcome.state;
        callback.due = outcome.due;
        callback.attempts = outcome.attempts;
        callback.first_failed_at = outcome.first_failed_at;
        let waits = !outcome.state.is_settled();
        Tried {
            callback,
            retry_at: waits.then(|| self.parts.clock.instant(outcome.due)),
            outcome,
            warning: kept.remark.map(Into::into),
        }
    }
}

/// Whether a stored callback has that outcome behind it. (One that was replayed since may be told
/// of a failure without an attempt: left out, it fails so once more.)
pub(super) const fn is_recorded(stored: &Callback, outcome: &Outcome) -> bool {
    match outcome.attempt {
        Some(_) => stored.attempts >= outcome.attempts,
        None => stored.state.is_settled() || stored.replay.is_some(),
    }
}
