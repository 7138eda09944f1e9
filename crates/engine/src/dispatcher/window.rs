//! The window: what is in memory, and how the rest is fetched from the store.
//!
//! Part of the dispatcher. A start, an overflow and a doubtful commit all come here.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::Callback;
use ringback_domain::id::ProjectId;
use ringback_domain::time::Timestamp;
use ringback_store::StoreError;
use tokio::time::{Instant, sleep};

use super::destination::{Destination, DestinationKey};
use super::{ASK_AGAIN, ASK_AGAIN_LATEST, Dispatcher, Limits};
use crate::recorder::chain;

/// How many callbacks are fetched at once.
const PAGE: usize = 1_000;

/// How many callbacks that were set aside are fetched of one destination at once.
const ASIDE_EACH: u32 = 32;

/// How long to wait before the next of them are fetched. A replay of many goes at so much of
/// [`ASIDE_EACH`] for each destination, at most.
const MORE_ASIDE: Duration = Duration::from_millis(50);

/// Something that was loaded from the store.
pub(super) enum Loaded {
    /// The destinations for which callbacks are pending.
    Destinations(Vec<(ProjectId, Arc<str>)>),
    /// The next callbacks of one of them; fewer than `limit` if there are no more.
    Owed {
        key: DestinationKey,
        callbacks: Vec<Callback>,
        limit: usize,
    },
    /// Callbacks that were set aside and are due, and when the next one is.
    Aside {
        callbacks: Vec<Callback>,
        next: Option<Timestamp>,
    },
}

/// How many callbacks a destination that is not served holds in memory at most: enough lanes
/// that one of them is due soon, for the breaker to probe with; the rest waits on disk.
const PARKED: usize = 256;

/// All destinations that are not served hold, together, this part of the window at most: a quarter.
const PARKED_PART: usize = 4;

/// What one destination may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    count: usize,
    size_bytes: usize,
}

impl Share {
    /// The share of a destination that is served, or of one that is parked.
    pub(super) fn of(limits: &Limits, served: usize, parked: usize, state: Parked) -> Self {
        let all = (served + parked).max(1);
        let parts = all.max(PARKED_PART * parked);
        let least = Self {
            count: (limits.window / parts).clamp(1, PARKED),
            size_bytes: limits.window_bytes / parts.max(64),
        };
        match state {
            Parked::Yes => least,
            Parked::No => {
                let served = served.max(1);
                let count = limits.window.saturating_sub(parked * least.count);
                let bytes = limits
                    .window_bytes
                    .saturating_sub(parked * least.size_bytes);
                Self {
                    count: (count / served).max(1),
                    size_bytes: bytes / served,
                }
            }
        }
    }

    /// Whether a destination holds its share. One callback it may always hold.
    pub(super) fn is_full(self, destination: &Destination) -> bool {
        destination.count > 0
            && (destination.count >= self.count || destination.size_bytes >= self.size_bytes)
    }

    /// Whether it holds more than that.
    pub(super) fn is_exceeded(self, destination: &Destination) -> bool {
        destination.count > self.count.max(1)
            || (destination.count > 1 && destination.size_bytes > self.size_bytes)
    }

    /// Twice this share: what is held when shares shrink is not thrown out for a little.
    pub(super) const fn twice(self) -> Self {
        Self {
            count: self.count.saturating_mul(2),
            size_bytes: self.size_bytes.saturating_mul(2),
        }
    }

    /// How many callbacks may be fetched for it; none before it is half empty.
    fn room(self, destination: &Destination) -> usize {
        let full = destination.count > 0
            && (destination.count > self.count / 2 || destination.size_bytes > self.size_bytes / 2);
        if full {
            0
        } else {
            (self.count - destination.count.min(self.count)).clamp(1, PAGE)
        }
    }
}

/// What all destinations hold together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Filling {
    count: usize,
    size_bytes: usize,
}

impl Filling {
    /// What one of them holds was changed.
    pub(super) const fn change(&mut self, before: (usize, usize), after: (usize, usize)) {
        self.count = self.count + after.0 - before.0;
        self.size_bytes = self.size_bytes + after.1 - before.1;
    }

    /// Whether the window is full: who holds more than a share that has shrunk gives it back.
    pub(super) const fn is_full(self, limits: &Limits) -> bool {
        self.count >= limits.window || self.size_bytes >= limits.window_bytes
    }

    /// Whether it is full twice over, for shares shrink faster than they are given back: then
    /// nobody gets more than one callback.
    const fn is_crowded(self, limits: &Limits) -> bool {
        self.count >= limits.window.saturating_mul(2)
            || self.size_bytes >= limits.window_bytes.saturating_mul(2)
    }
}

/// Whether a destination holds a small share alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parked {
    /// It is not served now.
    Yes,
    /// It is served.
    No,
}

impl Dispatcher {
    /// What one destination may hold now.
    pub(super) fn share(&self, key: &DestinationKey) -> Share {
        let destination = self.destinations.get(key);
        let parked = destination.map_or(Parked::No, |destination| destination.parked);
        let served = self.destinations.len() - self.parked;
        Share::of(&self.parts.limits, served, self.parked, parked)
    }

    /// Whether a destination is to leave what comes now to the store.
    pub(super) fn has_no_room(&self, key: &DestinationKey) -> bool {
        let crowded = self.filling.is_crowded(&self.parts.limits);
        let share = self.share(key);
        let destination = self.destinations.get(key);
        destination.is_some_and(|it| share.is_full(it) || (crowded && it.count > 0))
    }

    /// Looks into the store for whatever is owed.
    pub(super) fn reload(&mut self) {
        if !self.has_begun() {
            return;
        }
        self.reloading += 1;
        for destination in self.destinations.values_mut() {
            destination.horizon = Some(0);
            destination.left_since = true;
        }
        let store = Arc::clone(&self.parts.store);
        self.load(
            async move { Loaded::Destinations(insistently(|| store.destinations_owed()).await) },
        );
        self.load_aside();
    }

    /// Fetches callbacks of a destination, if some wait in the store and there is room.
    pub(super) fn fetch(&mut self, key: &DestinationKey) {
        if !self.has_begun() {
            return;
        }
        let share = self.share(key);
        let Some(destination) = self.destinations.get_mut(key) else {
            return;
        };
        let Some(horizon) = destination.horizon else {
            return;
        };
        let limit = share.room(destination);
        if destination.fetching || limit == 0 {
            return;
        }
        if destination.count > 0 && self.filling.is_crowded(&self.parts.limits) {
            return self.look_again(key);
        }
        destination.fetching = true;
        destination.left_since = false;
        let store = Arc::clone(&self.parts.store);
        let key = key.clone();
        let page = u32::try_from(limit).unwrap_or(u32::MAX);
        self.load(async move {
            let callbacks =
                insistently(|| store.owed(key.project, &key.origin, horizon, page)).await;
            Loaded::Owed {
                key,
                callbacks,
                limit,
            }
        });
    }

    /// Fetches callbacks that were set aside and are due.
    pub(super) fn load_aside(&mut self) {
        self.aside_due = None;
        let store = Arc::clone(&self.parts.store);
        let until = self.parts.clock.now();
        self.load(async move {
            let callbacks = insistently(|| store.aside_due(until, ASIDE_EACH)).await;
            let next = insistently(|| store.next_aside()).await;
            Loaded::Aside { callbacks, next }
        });
    }

    fn load(&mut self, load: impl Future<Output = Loaded> + Send + 'static) {
        let number = self.load_number;
        self.load_number += 1;
        self.loading.insert(number);
        self.loads.spawn(async move { (number, load.await) });
    }

    /// Forgets callbacks whose outcome, and redactions that, every load under way has seen.
    pub(super) fn forget_durable(&mut self) {
        let oldest = self.loading.first().copied().unwrap_or(self.load_number);
        while let Some((load, position)) = self.durable.front().copied()
            && load <= oldest
        {
            self.durable.pop_front();
            self.known.remove(&position);
        }
        while self
            .redacted
            .front()
            .is_some_and(|(load, _)| *load <= oldest)
        {
            self.redacted.pop_front();
        }
    }

    /// Takes what a load brought, unless it was read before the clock was rebased: then its
    /// times are wrong, and a load that began later brings it again.
    pub(super) fn finish_load(&mut self, number: u64, loaded: Loaded) {
        if number >= self.valid_from_load {
            self.loaded(loaded);
        } else {
            self.discard(loaded);
        }
        self.loading.remove(&number);
        self.forget_durable();
    }

    fn discard(&mut self, loaded: Loaded) {
        match loaded {
            Loaded::Destinations(_) => self.reloading -= 1,
            Loaded::Owed { key, .. } => {
                if let Some(destination) = self.destinations.get_mut(&key) {
                    destination.fetching = false;
                }
                self.fetch(&key);
                self.tidy(&key);
            }
            Loaded::Aside { .. } => {}
        }
    }

    /// Takes what was loaded.
    fn loaded(&mut self, loaded: Loaded) {
        match loaded {
            Loaded::Destinations(owed) => {
                self.reloading -= 1;
                let key = |(project, origin)| DestinationKey { project, origin };
                let keys: Vec<DestinationKey> = owed.into_iter().map(key).collect();
                for key in &keys {
                    let destination = self.know(key);
                    // What is known already is skipped when it is fetched.
                    destination.horizon = Some(0);
                    destination.left_since = true;
                }
                // Once all are known: the window is shared by all of them.
                for key in &keys {
                    self.fetch(key);
                }
            }
            Loaded::Owed {
                key,
                callbacks,
                limit,
            } => self.owed(&key, callbacks, limit),
            Loaded::Aside { callbacks, next } => self.aside(callbacks, next),
        }
    }

    fn owed(&mut self, key: &DestinationKey, mut callbacks: Vec<Callback>, limit: usize) {
        let read = callbacks.len();
        // What the recorder has not handed over yet comes with its hold, if it has one.
        callbacks.retain(|callback| callback.position <= self.last_position);
        let early = callbacks.len() < read;
        let more = read >= limit || early;
        let last = callbacks.last().map(|callback| callback.position);
        let destination = self.know(key);
        destination.fetching = false;
        destination.horizon = match (last, destination.horizon) {
            _ if !more && !destination.left_since => None,
            (Some(last), _) => Some(last + 1),
            (None, horizon) => horizon,
        };
        for callback in callbacks {
            let crowded = self.filling.is_crowded(&self.parts.limits);
            let destination = self.know(key);
            if crowded && destination.count > 0 {
                destination.horizon = Some(callback.position);
                break;
            }
            self.admit(key, callback);
        }
        if !early {
            // Else its arrival will ask again.
            self.fetch(key);
        }
        self.tidy(key);
    }

    fn aside(&mut self, callbacks: Vec<Callback>, next: Option<Timestamp>) {
        let known = self.known.len();
        for callback in callbacks {
            let origin = Arc::clone(&callback.destination);
            let key = DestinationKey {
                project: callback.project,
                origin,
            };
            self.admit(&key, callback);
        }
        // One that is under way, or whose outcome is not durable yet, still stands in the store
        // as it was: hence a pause before the next look, a short one if this look was worth it.
        let pause = if self.known.len() > known {
            MORE_ASIDE
        } else {
            ASK_AGAIN
        };
        let earliest = Instant::now() + pause;
        let next = next.map(|next| self.parts.clock.instant(next).max(earliest));
        self.aside_due = match (self.aside_due, next) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Asks the store until it answers, less and less often: what is damaged it goes around, so
/// that an error means that nothing of it can be read now.
async fn insistently<T, F>(ask: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut pause = ASK_AGAIN;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(error) => {
                tracing::error!(
                    error = chain(&error),
                    "what is owed cannot be read; trying again"
                );
                sleep(pause).await;
                pause = (pause * 2).min(ASK_AGAIN_LATEST);
            }
        }
    }
}
