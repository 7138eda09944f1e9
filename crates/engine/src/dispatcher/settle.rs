//! What becomes of a callback after an attempt: delivered, tried again, set aside, failed.
//!
//! Part of the dispatcher. [`super::schedule`] decides, this does it and tells the recorder.

use ringback_domain::attempt::Attempt;
use ringback_domain::callback::{Callback, CallbackState};
use ringback_store::Outcome;
use ringback_wire::retry_after;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::breaker::{Pass, Shift};
use super::destination::{Closed, DestinationKey};
use super::entry::Entry;
use super::health::{Sign, asked_pause};
use super::lane::LaneKey;
use super::schedule::{Decision, Facts, Since, decide};
use super::{Dispatcher, Made};
use crate::recorder::Tried;
use crate::transport::{Exchange, FailureKind};

impl Dispatcher {
    /// Takes what became of an attempt.
    pub(super) fn made(&mut self, made: Made) {
        let Made {
            destination: key,
            lane,
            entry,
            pass,
            exchange,
            attempt,
        } = made;
        let now = Instant::now();
        self.observe(&key, pass, &exchange, now);
        match exchange.result {
            Ok(answer) => {
                let warning = looks_like_a_traceback(&answer.excerpt).then_some(TRACEBACK.into());
                let outcome = Outcome {
                    state: CallbackState::Delivered,
                    settled_at: Some(self.parts.clock.now()),
                    attempt: Some(attempt),
                    ..unchanged(&entry.callback)
                };
                let reopened = self.with(&key, |destination| {
                    destination.finish(&lane, &entry);
                    destination.accepted(now)
                });
                for other in reopened {
                    self.arrange(&key, &other);
                }
                self.tell(Tried {
                    callback: entry.callback,
                    outcome,
                    retry_at: None,
                    warning,
                });
            }
            Err(failure) => self.retry(&key, &lane, entry, failure.kind, attempt),
        }
        self.arrange(&key, &lane);
        self.park_or_serve(&key);
        self.fetch(&key);
    }

    /// Takes from an attempt's end how its destination is.
    fn observe(&mut self, key: &DestinationKey, pass: Pass, exchange: &Exchange, now: Instant) {
        let asked = exchange.result.as_ref().err().and_then(asked_pause);
        let pause = asked.and_then(|text| retry_after::parse(text, self.parts.clock.wall()));
        let shift = self.with(key, |destination| {
            let took = exchange.timings.total;
            let shift = destination.health.note(Sign::of(exchange), pass, took, now);
            if let Some(pause) = pause {
                destination.health.pause_for(pause, now);
            }
            match shift {
                Shift::Refuses => destination.let_last_tries_pass(now),
                Shift::Admits | Shift::None => {}
            }
            shift
        });
        match (shift, pass) {
            (Shift::Refuses, Pass::Turn | Pass::Past) => {
                tracing::warn!(destination = %key.origin, "does not answer; probed from now on");
            }
            (Shift::Admits, _) => tracing::info!(destination = %key.origin, "answers again"),
            (Shift::Refuses, Pass::Probe) | (Shift::None, _) => {}
        }
    }

    /// Decides what follows a failure, and does it.
    fn retry(
        &mut self,
        key: &DestinationKey,
        lane: &LaneKey,
        mut entry: Box<Entry>,
        failure: FailureKind,
        attempt: Attempt,
    ) {
        let now = Instant::now();
        let first_failed = *entry.first_failed.get_or_insert(now);
        let (since, admits) = self.with(key, |destination| {
            let admits = destination.health.breaker.admits();
            (destination.since(first_failed), admits)
        });
        let remaining = entry.expires.saturating_duration_since(now);
        // Where nothing gets through, the last try is one.
        let quick = entry.quick.filter(|_| admits || !remaining.is_zero());
        let facts = Facts {
            failure,
            policy: &entry.policy,
            ordering: entry.ordering(),
            state: entry.callback.state,
            quick: quick.map(|quick| (quick.made, now.duration_since(quick.since))),
            slow_tries: entry.policy.slow_tries(entry.tries()),
            remaining,
            destination: since,
        };
        let decision = decide(&facts, &mut self.parts.rng);
        let (state, wait) = match decision {
            Decision::Quick(wait) | Decision::Close(wait) => (CallbackState::Pending, Some(wait)),
            Decision::SetAside(wait) => (CallbackState::Aside, Some(wait)),
            Decision::GiveUp => (CallbackState::Failed, None),
        };
        entry.due = now + wait.unwrap_or_default();
        entry.callback.state = state;
        entry.callback.due = self.parts.clock.at(entry.due);
        entry
            .callback
            .first_failed_at
            .get_or_insert(self.parts.clock.at(first_failed));
        let outcome = Outcome {
            settled_at: wait.is_none().then(|| self.parts.clock.now()),
            attempt: Some(attempt),
            ..unchanged(&entry.callback)
        };
        let tried = Tried {
            callback: entry.callback.clone(),
            outcome,
            retry_at: wait.map(|_| entry.due),
            warning: None,
        };
        match decision {
            Decision::Quick(_) => {
                self.with(key, |destination| {
                    destination.put_back(lane, entry, Closed::No);
                });
            }
            Decision::Close(_) => {
                entry.quick = None;
                // Where others get through, what fails is this callback: their success is no
                // reason to try it before its time.
                let closed = match since {
                    Since::Silent => Closed::Yes,
                    Since::Accepting => Closed::No,
                };
                self.with(key, |destination| destination.put_back(lane, entry, closed));
            }
            Decision::SetAside(_) => {
                let due = entry.due;
                self.with(key, |destination| destination.finish(lane, &entry));
                self.aside_due = Some(self.aside_due.map_or(due, |other| other.min(due)));
            }
            Decision::GiveUp => {
                tracing::warn!(callback = %entry.callback.id, "failed; it is kept");
                self.failed += 1;
                self.with(key, |destination| destination.finish(lane, &entry));
            }
        }
        self.tell(tried);
    }

    /// Tells the recorder what became of a callback.
    pub(super) fn tell(&mut self, tried: Tried) {
        if tried.outcome.state == CallbackState::Pending {
            *self.unwritten.entry(tried.callback.position).or_default() += 1;
        }
        self.outcomes.push_back(tried);
        self.pass_on_outcomes();
    }

    /// Hands outcomes to the recorder as long as it has room.
    pub(super) fn pass_on_outcomes(&mut self) {
        while let Some(tried) = self.outcomes.pop_front() {
            match self.parts.outcomes.try_send(tried) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(tried)) => {
                    return self.outcomes.push_front(tried);
                }
                // The recorder has ended: what it did not record is delivered again.
                Err(mpsc::error::TrySendError::Closed(_)) => return self.outcomes.clear(),
            }
        }
    }
}

/// The outcome that leaves a callback as it is.
pub(super) fn unchanged(callback: &Callback) -> Outcome {
    Outcome {
        callback: callback.id,
        position: callback.position,
        state: callback.state,
        due: callback.due,
        attempts: callback.attempts,
        first_failed_at: callback.first_failed_at,
        settled_at: callback.settled_at,
        attempt: None,
    }
}

const TRACEBACK: &str =
    "a callback was accepted, but the answer looks like the traceback of an application";

/// Whether an application answered 2xx with the page of its own failure: frameworks in
/// debug mode do, and who sees only "delivered" looks for the fault elsewhere.
fn looks_like_a_traceback(excerpt: &[u8]) -> bool {
    const SIGNS: [&[u8]; 4] = [
        b"Traceback (most recent call last)",
        b"Werkzeug Debugger",
        b"<title>Whoops",
        b"Unhandled Exception",
    ];
    SIGNS
        .iter()
        .any(|sign| excerpt.windows(sign.len()).any(|window| window == *sign))
}
