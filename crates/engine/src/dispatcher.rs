//! The dispatcher: delivers what is owed.
//!
//! One task that owns all lanes. Callbacks come from the recorder, in memory, or from the
//! store, where they wait when memory is full or after a restart: there is one way to load
//! what is owed. Attempts run in tasks of their own; what became of them goes back to the
//! recorder. Invariants: one attempt in flight a lane; no callback is in memory twice.

mod breaker;
mod destination;
mod entry;
mod gauge;
mod health;
mod inquiry;
mod lane;
mod limit;
mod park;
mod policy;
mod request;
mod round;
mod schedule;
mod settle;
mod turns;
mod urls;
mod wait;
mod window;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use rand_chacha::ChaCha8Rng;
use ringback_domain::attempt::Attempt;
use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::id::Sid;
use ringback_store::{Outcome, Store};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use self::breaker::Pass;
use self::destination::{Destination, DestinationKey};
use self::entry::Entry;
pub(crate) use self::gauge::Question;
pub use self::gauge::{BreakerState, Deliveries, DestinationGauge};
use self::health::Health;
pub(crate) use self::inquiry::{Haste, Inquiry};
pub use self::inquiry::{Outlook, Place};
use self::lane::LaneKey;
use self::round::Round;
use self::settle::unchanged;
use self::turns::Alarm;
use self::urls::Urls;
use self::wait::Turns;
use self::window::{Filling, Loaded, Parked};
use crate::clock::Clock;
use crate::hash::{HashMap, HashSet};
use crate::projects::Projects;
use crate::recorder::{Delivery, Recorded, Reload, Tried};
use crate::transport::{Exchange, Transport};

/// What the dispatcher may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Attempts under way to one destination, at most; fewer while its answers are slow.
    pub per_destination: usize,
    /// Attempts under way to all of them.
    pub in_flight: usize,
    /// Callbacks held in memory, shared evenly by the destinations that have any; at least
    /// one for each, and while shares shrink at most twice as many.
    pub window: usize,
    /// What these may take, in bytes, shared in the same way.
    pub window_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_destination: 64,
            in_flight: 512,
            window: 20_000,
            window_bytes: 64 * 1024 * 1024,
        }
    }
}

/// How many destinations without anything pending are remembered for how they were.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(4_096).expect("not zero");

/// What the dispatcher is made of.
pub(crate) struct Parts {
    pub(crate) projects: Projects,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) rng: ChaCha8Rng,
    /// The last callback that was recorded before it starts.
    pub(crate) last_position: u64,
    /// Whether anything may be sent from the start on.
    pub(crate) delivery: Delivery,
    pub(crate) recorded: mpsc::Receiver<Recorded>,
    pub(crate) inquiries: mpsc::Receiver<Inquiry>,
    pub(crate) outcomes: mpsc::Sender<Tried>,
    pub(crate) questions: mpsc::Receiver<Question>,
    pub(crate) stop: CancellationToken,
}

/// An attempt that was made.
struct Made {
    destination: DestinationKey,
    lane: LaneKey,
    entry: Box<Entry>,
    pass: Pass,
    exchange: Exchange,
    attempt: Attempt,
}

/// The dispatcher's task.
pub(crate) struct Dispatcher {
    parts: Parts,
    destinations: HashMap<DestinationKey, Destination>,
    /// How destinations were when nothing was pending for them any more.
    remembered: LruCache<DestinationKey, Health>,
    urls: Urls,
    /// How many destinations are parked.
    parked: usize,
    /// What all destinations hold together.
    filling: Filling,
    /// Destinations that can make an attempt, in turn.
    round: Round,
    /// What is to be looked at again when.
    alarms: BTreeMap<(Instant, u64), Alarm>,
    alarm_number: u64,
    /// When this dispatcher began.
    started: Instant,
    /// How many callbacks have failed since then.
    failed: u64,
    /// How many outcomes of callbacks that stay in memory are not durable yet: what the store
    /// says of these is out of date.
    unwritten: HashMap<u64, u32>,
    /// The positions of callbacks that are in memory, or whose outcome is not durable yet:
    /// what the store says of them is out of date.
    known: HashSet<u64>,
    /// Lanes of resources whose creation is not answered yet.
    held: HashMap<Sid, Vec<(DestinationKey, LaneKey)>>,
    releases: JoinSet<Sid>,
    attempts: JoinSet<Made>,
    loads: JoinSet<(u64, Loaded)>,
    /// How often the store is being asked which destinations are owed something.
    reloading: usize,
    /// The loads under way, by number, and the number of the next one.
    loading: BTreeSet<u64>,
    load_number: u64,
    /// Callbacks whose outcome is durable, with the number of the load from which on the
    /// store is read as it stands now: one that began before may still show them as owed.
    durable: VecDeque<(u64, u64)>,
    /// When the next callback that was set aside is due.
    aside_due: Option<Instant>,
    /// Resources that were redacted, with the number of the load from which on the store is
    /// read without their words.
    redacted: VecDeque<(u64, Sid)>,
    /// The last callback that the recorder handed over: what the store has beyond it comes
    /// with its hold.
    last_position: u64,
    /// Loads with lower numbers were read before the clock was rebased.
    valid_from_load: u64,
    /// Whether attempts are made.
    delivery: Delivery,
    /// Outcomes that wait for room in the recorder's queue.
    outcomes: VecDeque<Tried>,
    /// Whose turn it is to be looked at first.
    sources: Turns,
}

impl Dispatcher {
    pub(crate) fn new(parts: Parts) -> Self {
        Self {
            destinations: HashMap::default(),
            remembered: LruCache::new(REMEMBERED),
            urls: Urls::new(),
            parked: 0,
            filling: Filling::default(),
            round: Round::default(),
            alarms: BTreeMap::new(),
            alarm_number: 0,
            started: Instant::now(),
            failed: 0,
            unwritten: HashMap::default(),
            known: HashSet::default(),
            held: HashMap::default(),
            releases: JoinSet::new(),
            attempts: JoinSet::new(),
            loads: JoinSet::new(),
            reloading: 0,
            loading: BTreeSet::new(),
            load_number: 0,
            durable: VecDeque::new(),
            aside_due: None,
            redacted: VecDeque::new(),
            last_position: parts.last_position,
            delivery: parts.delivery,
            valid_from_load: 0,
            outcomes: VecDeque::new(),
            sources: Turns::default(),
            parts,
        }
    }

    /// Delivers until it is stopped; then waits for the attempts that are under way. Whoever
    /// cannot wait that long drops it: what was not recorded is delivered again.
    pub(crate) async fn run(mut self) {
        self.reload();
        let (outcomes, stop) = (self.parts.outcomes.clone(), self.parts.stop.clone());
        while !(stop.is_cancelled() && self.attempts.is_empty()) {
            self.look_at_the_clock();
            self.launch();
            let alarm = self.alarms.keys().next().map(|(due, _)| *due);
            let aside_due = self.aside_due.filter(|_| self.has_begun());
            tokio::select! {
                // In a fixed order, so that a run can be repeated. None keeps another out: what
                // happens takes turns, and what comes after it here is also looked at before.
                biased;
                happened = self.happens() => {
                    if let Err(error) = happened.and_then(|happened| self.take_in(happened)) {
                        return broken(&error);
                    }
                }
                Ok(permit) = outcomes.reserve(), if !self.outcomes.is_empty() => {
                    if let Some(tried) = self.outcomes.pop_front() {
                        permit.send(tried);
                    }
                }
                () = until(alarm) => {}
                () = until(aside_due) => {}
                () = stop.cancelled(), if !stop.is_cancelled() => {}
            }
        }
        // From here on nothing is taken: the recorder must not wait for us while we wait for it.
        self.parts.recorded.close();
        for tried in self.outcomes.drain(..) {
            if self.parts.outcomes.send(tried).await.is_err() {
                return;
            }
        }
    }

    /// Takes the attempts that have ended, all at once: one turn for each of them would cost more
    /// than what it does for it.
    fn landed(&mut self, first: Made) -> Result<(), JoinError> {
        self.made(first);
        // Bounded by the attempts under way: none is begun in between.
        while let Some(made) = self.attempts.try_join_next() {
            self.made(made?);
        }
        Ok(())
    }

    /// Whether the store may be asked what is owed.
    fn has_begun(&self) -> bool {
        self.delivery != Delivery::NotBegun
    }

    /// Takes what was recorded.
    fn recorded(&mut self, recorded: Recorded) {
        self.last_position = self.last_position.max(recorded.last_position);
        let next_load = self.load_number;
        self.durable.extend(
            recorded
                .left
                .into_iter()
                .map(|position| (next_load, position)),
        );
        self.forget_durable();
        self.aside_due = match (self.aside_due, recorded.aside_due) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        for position in recorded.noted {
            self.noted(position);
        }
        for (sid, released) in recorded.holds {
            self.held.insert(sid, Vec::new());
            self.releases.spawn(async move {
                // An error means that whoever held it is gone: just as well.
                released.await.ok();
                sid
            });
        }
        for sid in recorded.redacted {
            self.redact(sid);
        }
        self.delivery = recorded.delivery.unwrap_or(self.delivery);
        match recorded.reload {
            Reload::No => {}
            Reload::Yes => {
                self.valid_from_load = self.load_number;
                self.reload();
            }
        }
        for callback in recorded.callbacks {
            self.arrive(callback);
        }
    }

    /// Takes a new callback, or leaves it to the store.
    fn arrive(&mut self, callback: Callback) {
        let key = DestinationKey {
            project: callback.project,
            origin: Arc::clone(&callback.destination),
        };
        self.know(&key);
        let full = self.has_no_room(&key);
        let reloading = self.reloading > 0;
        let destination = self.know(&key);
        if reloading {
            // Something before it may wait in the store.
            destination.horizon.get_or_insert(0);
        }
        if destination.horizon.is_some() || full {
            destination.horizon.get_or_insert(callback.position);
            destination.left_since = true;
            self.fetch(&key);
            return;
        }
        self.admit(&key, callback);
        self.tidy(&key);
    }

    /// Takes a callback into memory, unless it is there.
    fn admit(&mut self, key: &DestinationKey, callback: Callback) {
        let Some(project) = self.parts.projects.get(callback.project) else {
            tracing::warn!(project = %callback.project, "not configured; its callbacks wait");
            return;
        };
        if !self.known.insert(callback.position) {
            return;
        }
        let state = callback.state;
        match self.urls.read(&callback.url) {
            Ok(url) => {
                let clock = &self.parts.clock;
                let mut entry = Box::new(Entry::new(callback, url, project, clock, self.started));
                if self
                    .redacted
                    .iter()
                    .any(|(_, sid)| *sid == entry.callback.resource)
                {
                    entry.redact();
                }
                let lane = self.with(key, |destination| match state {
                    CallbackState::Aside => destination.add_aside(entry),
                    CallbackState::Pending
                    | CallbackState::Delivered
                    | CallbackState::Failed
                    | CallbackState::Canceled => destination.add(entry),
                });
                self.arrange(key, &lane);
            }
            Err(error) => {
                tracing::error!(callback = %callback.id, %error, "its URL cannot be sent to");
                let outcome = Outcome {
                    state: CallbackState::Failed,
                    settled_at: Some(self.parts.clock.now()),
                    ..unchanged(&callback)
                };
                self.failed += 1;
                self.tell(Tried {
                    callback,
                    outcome,
                    retry_at: None,
                    warning: None,
                });
            }
        }
    }

    /// The destination, which is remembered or new if nothing was pending for it.
    fn know(&mut self, key: &DestinationKey) -> &mut Destination {
        // Asked twice, since an entry would clone the key each time.
        if !self.destinations.contains_key(key) {
            let health = self
                .remembered
                .pop(key)
                .unwrap_or_else(|| Health::new(self.parts.limits.per_destination));
            self.destinations
                .insert(key.clone(), Destination::new(health));
            self.park_or_serve(key);
        }
        self.destinations
            .entry(key.clone())
            .or_insert_with(|| Destination::new(Health::new(self.parts.limits.per_destination)))
    }

    /// Does something with a destination, and counts what it holds then.
    fn with<T>(&mut self, key: &DestinationKey, action: impl FnOnce(&mut Destination) -> T) -> T {
        let destination = self.know(key);
        let before = destination.size();
        let result = action(destination);
        let after = destination.size();
        self.filling.change(before, after);
        result
    }

    /// Forgets a destination that has nothing to do; how it is stays known if that tells.
    fn tidy(&mut self, key: &DestinationKey) {
        if !self.destinations.get(key).is_some_and(Destination::is_done) {
            return;
        }
        let Some(destination) = self.destinations.remove(key) else {
            return;
        };
        self.parked -= usize::from(destination.parked == Parked::Yes);
        if destination.health.is_telling(Instant::now()) {
            self.remembered.put(key.clone(), destination.health);
        }
    }

    /// Takes the words of a resource out of its callbacks in memory, and out of those that
    /// are being loaded.
    fn redact(&mut self, sid: Sid) {
        let lanes = self
            .destinations
            .values_mut()
            .flat_map(Destination::lanes_mut);
        for (_, lane) in lanes.filter(|(key, _)| key.resource == sid) {
            lane.redact();
        }
        self.redacted.push_back((self.load_number, sid));
        self.forget_durable();
    }
}

/// A task of ours panicked: what it held is lost to this process, not to the store. The
/// dispatcher ends, and with it the process, whose next start loads all that is owed.
fn broken(error: &JoinError) {
    tracing::error!(%error, "a task of the dispatcher broke; it ends");
}

/// Waits until `instant`; for ever, if there is none.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending::<()>().await,
    }
}

/// How long to wait before the store is asked again after it could not be read, and at
/// least between two looks at what was set aside.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The longest pause before it is asked again.
const ASK_AGAIN_LATEST: Duration = Duration::from_secs(30);
