//! A callback in the dispatcher's memory, with what its schedule needs.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::project::{Ordering, Profile, Project};
use ringback_wire::callback::without_words;
use ringback_wire::overrides::Overrides;
use ringback_wire::url::CallbackUrl;
use tokio::time::Instant;

use super::policy::{Afterwards, DURABLE_FOR, Policy};
use crate::clock::Clock;

/// What an entry takes in memory beside its texts, in bytes: a guess on the safe side.
const OVERHEAD: usize = 512;

/// Where a callback stands in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In its lane's queue, which counts into the window.
    Queue,
    /// Beside it: it was set aside before it was loaded.
    Aside,
}

/// A callback in memory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) callback: Callback,
    pub(super) url: Arc<CallbackUrl>,
    pub(super) policy: Policy,
    pub(super) project: Arc<Project>,
    pub(super) place: Place,
    /// What it took in memory when it came, in bytes; redaction makes it smaller.
    pub(super) size_bytes: usize,
    /// When it is to be tried.
    pub(super) due: Instant,
    /// Until when it is tried.
    pub(super) expires: Instant,
    /// When it first failed; the start of this process if that was before it.
    pub(super) first_failed: Option<Instant>,
    /// How many quick tries were made and when the first began; `None` once they are over.
    pub(super) quick: Option<Quick>,
}

/// Quick tries, under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quick {
    pub(super) made: u32,
    pub(super) since: Instant,
    begun: Begun,
}

/// Whether this process has made a quick try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Yes,
    No,
}

/// In which of its destination's lines a callback that is due stands, by what may delay it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing that its destination does delays it: its first try has begun, and its profile
    /// promises the others within 15 seconds.
    Urgent,
    /// Its time is over: this is its last try, which the breaker does not put off.
    Last,
    /// Breaker, limit and pauses delay it.
    Usual,
    /// It was set aside: what is new delays it as well.
    Aside,
}

impl Entry {
    /// Takes a callback into memory. Its quick tries go on if they were interrupted; what
    /// happened before `started` is as if it had happened then.
    pub(super) fn new(
        callback: Callback,
        url: Arc<CallbackUrl>,
        project: Arc<Project>,
        clock: &Clock,
        started: Instant,
    ) -> Self {
        // What is odd in a fragment was said when the URL was given.
        let overrides = url.fragment().map(|text| Overrides::lenient(text).0);
        // What has failed is told of durably, however hard it was tried itself.
        let profile = if callback.is_failure_notice() {
            Profile::Durable
        } else {
            project.settings.profile
        };
        let policy = Policy::new(profile, &overrides.unwrap_or_default());
        let now = Instant::now();
        let since = callback
            .replay
            .map_or(callback.recorded_at, |replay| replay.at);
        let interrupted = policy.in_quick_tries(callback.attempts);
        Self {
            place: match callback.state {
                CallbackState::Aside => Place::Aside,
                CallbackState::Pending
                | CallbackState::Delivered
                | CallbackState::Failed
                | CallbackState::Canceled => Place::Queue,
            },
            size_bytes: OVERHEAD + callback.body.len() + 2 * callback.url.len(),
            due: clock.instant(callback.due),
            expires: clock.instant(since + DURABLE_FOR),
            first_failed: callback.first_failed_at.map(|failed| {
                let ago = clock.at(now).since(failed);
                now.checked_sub(ago).map_or(started, |at| at.max(started))
            }),
            quick: (callback.state == CallbackState::Pending && interrupted).then_some(Quick {
                made: callback.attempts,
                since: now,
                begun: Begun::No,
            }),
            callback,
            url,
            policy,
            project,
        }
    }

    /// How many attempts were made since it was recorded or, if it was, replayed.
    pub(super) fn tries(&self) -> u32 {
        let before = self
            .callback
            .replay
            .map_or(0, |replay| replay.attempts_before);
        self.callback.attempts.saturating_sub(before)
    }

    /// The time since the first quick try, while there are such.
    pub(super) fn quick_elapsed(&self, now: Instant) -> Option<Duration> {
        self.quick.map(|quick| now.duration_since(quick.since))
    }

    /// Takes the words of its resource out of it.
    pub(super) fn redact(&mut self) {
        let callback = &mut self.callback;
        callback.body = without_words(callback.encoding, &callback.body).into();
    }

    /// In which line it stands.
    pub(super) fn line(&self, now: Instant) -> Line {
        let begun = self.quick.is_some_and(|quick| quick.made > 0);
        match (self.policy.afterwards, self.place) {
            (Afterwards::GiveUp, _) if begun => Line::Urgent,
            _ if self.expires <= now => Line::Last,
            (Afterwards::GiveUp | Afterwards::Backoff, Place::Queue) => Line::Usual,
            (Afterwards::GiveUp | Afterwards::Backoff, Place::Aside) => Line::Aside,
        }
    }

    /// What it does to those behind it: a notice of a failure, nothing.
    pub(super) fn ordering(&self) -> Ordering {
        if self.callback.is_failure_notice() {
            Ordering::None
        } else {
            self.project.settings.ordering
        }
    }

    /// Whether, being pending after a failure, it keeps its lane closed until its destination
    /// accepts something: in strict order it may be waiting for its own time.
    pub(super) fn closes_its_lane(&self) -> bool {
        match self.ordering() {
            Ordering::Aside => self.callback.state == CallbackState::Pending,
            Ordering::Strict | Ordering::None => false,
        }
    }

    /// Notes that an attempt begins. The time of its quick tries runs from the first one
    /// that this process makes, and stands still while a try that is due waits for its turn
    /// behind others: the receiver has no part in that.
    pub(super) fn begin(&mut self, now: Instant) {
        self.callback.attempts += 1;
        let Some(quick) = &mut self.quick else { return };
        if quick.begun == Begun::No {
            quick.begun = Begun::Yes;
            quick.since = now;
        } else {
            quick.since += now.saturating_duration_since(self.due);
        }
        quick.made += 1;
    }
}
