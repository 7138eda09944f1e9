//! The recorder: makes durable what was reported, before anyone is told.
//!
//! The only one that writes. It takes all commands that wait, from one to [`GROUP`], applies
//! them to resources, commits once for all of them, then answers each caller and hands the
//! new callbacks to the dispatcher in memory. No timer in between: a group is as large as
//! the time of the last commit made it.

mod addresses;
mod agenda;
mod doubt;
mod effects;
mod errands;
mod group;
mod inherit;
mod intake;
mod kept;
mod message;
mod notice;
mod numbers;
mod owe;
mod read;
mod registering;
mod reply;
mod resend;
mod retention;
mod rules;
mod setup;
mod suspects;

use std::collections::HashSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use lru::LruCache;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::Resource;
use ringback_store::{Step, Store, StoreError};
use tokio::sync::{broadcast, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use self::addresses::Addresses;
use self::agenda::{Agenda, PAGE, Wanting};
use self::doubt::Doubt;
use self::errands::Errands;
use self::group::Group;
use self::kept::Reserve;
pub(crate) use self::message::{Command, Delivery, Recorded, Reload, Tried};
use self::numbers::Numbers;
use self::retention::Retention;
use self::suspects::Suspects;
use crate::clock::Clock;
use crate::directory::Directory;
use crate::errand::{Done, Runner};
use crate::feed::Event;
use crate::handle::RecordError;
use crate::meters::Meters;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::projects::Projects;
use crate::registry::Registry;

/// The most commands that one commit covers.
pub(crate) const GROUP: usize = 1_000;

/// How many resources are kept in memory, so that a change need not read its resource.
const CACHED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");

/// How many of platforms' own ids are: some 150 bytes each.
const EXTERNALS: NonZeroUsize = NonZeroUsize::new(50_000).expect("not zero");

/// How long to wait before what could not be recorded is recorded again.
const RETRY: Duration = Duration::from_secs(1);

/// How often it is looked whether the system's clock has stepped.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// What the recorder is made of.
pub(crate) struct Parts {
    pub(crate) projects: Projects,
    pub(crate) directory: Directory,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) clock: Clock,
    pub(crate) seed: u64,
    pub(crate) retain: Option<Duration>,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) outcomes: mpsc::Receiver<Tried>,
    pub(crate) runner: Runner,
    pub(crate) done: mpsc::Receiver<Done>,
    pub(crate) dispatcher: mpsc::Sender<Recorded>,
    pub(crate) feed: broadcast::Sender<Arc<Event>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) stop: CancellationToken,
}

/// The recorder's task.
pub(crate) struct Recorder {
    parts: Parts,
    numbers: Numbers,
    /// What is registered, with what the group at hand does to it.
    registry: Registry,
    /// What the network counts, with what the group at hand adds.
    meters: Meters,
    addresses: Addresses,
    cache: LruCache<Sid, Resource>,
    /// What platforms call resources.
    externals: LruCache<(ProjectId, Arc<str>), Sid>,
    agenda: Agenda,
    errands: Errands,
    /// Errands that are done and could not be recorded yet.
    done: Vec<Done>,
    /// Outcomes that could not be recorded yet, nor kept in the reserve.
    backlog: Vec<Tried>,
    /// Whether others are kept there.
    reserve: Reserve,
    /// Of those, what was in a commit that failed. It is recorded again as it is: if it was
    /// written after all the reserve has it no longer, and the dispatcher is to hear of each.
    again: Option<Waiting>,
    /// What the dispatcher was last told.
    delivery: Delivery,
    /// What is damaged in the store, or may be.
    suspects: Suspects,
    /// The positions of callbacks whose failure may be recorded although its commit failed.
    doubtful: HashSet<u64>,
    /// Not before then is anything recorded again.
    retry_at: Option<Instant>,
    retention: Retention,
    /// Why nothing was recorded then.
    failure: Option<RecordError>,
    /// What is known to be in the store may be out of date.
    doubt: Option<Doubt>,
}

/// All that waits.
#[derive(Default)]
struct Waiting {
    commands: Vec<Command>,
    outcomes: Vec<Tried>,
    /// Errands that are done.
    done: Vec<Done>,
    steps: Vec<Step>,
    rebase: Option<i64>,
    /// Its outcomes are those that were kept up to this number.
    kept_until: Option<u64>,
}

impl Waiting {
    const fn is_empty(&self) -> bool {
        self.commands.is_empty()
            && self.outcomes.is_empty()
            && self.done.is_empty()
            && self.steps.is_empty()
            && self.rebase.is_none()
            && self.kept_until.is_none()
    }
}

/// Whether more will come.
enum Source {
    Open,
    Dry,
}

impl Recorder {
    /// Reads where numbers go on, and what is kept in memory whole.
    pub(crate) async fn open(parts: Parts) -> Result<Self, StoreError> {
        let numbers = Numbers::new(&parts.store.opening().await?, parts.seed);
        let entries = parts.store.entries().await?;
        let meters = Meters::stored(&entries);
        parts.directory.load(entries);
        let (reserve, delivery) = if parts.store.kept(1).await?.is_empty() {
            (Reserve::Empty, Delivery::Runs)
        } else {
            (Reserve::Holds, Delivery::NotBegun)
        };
        let registry = Registry::load(&*parts.store, &parts.projects).await?;
        Ok(Self {
            registry,
            meters,
            addresses: Addresses::new(),
            cache: LruCache::new(CACHED),
            externals: LruCache::new(EXTERNALS),
            agenda: Agenda::new(),
            errands: Errands::default(),
            done: Vec::new(),
            backlog: Vec::new(),
            reserve,
            again: None,
            delivery,
            suspects: Suspects::default(),
            failure: None,
            doubtful: HashSet::new(),
            retry_at: None,
            retention: Retention::new(parts.retain, numbers.rebased_micros),
            numbers,
            doubt: None,
            parts,
        })
    }

    /// The last callback that is recorded.
    pub(crate) const fn last_position(&self) -> u64 {
        self.numbers.position
    }

    /// Whether anything may be sent at the start.
    pub(crate) const fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// Records until it is stopped and the dispatcher has told its last outcome.
    pub(crate) async fn run(mut self) {
        self.catch_up().await;
        let mut housekeeping = interval(HOUSEKEEPING);
        housekeeping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut source = Source::Open;
        loop {
            self.keep_backlog().await;
            if let Err(error) = self.look_ahead().await {
                tracing::error!(
                    error = chain(&error),
                    "the store cannot be read; trying again"
                );
                self.failure = Some(error.into());
                self.refuse_until(Instant::now() + RETRY).await;
                continue;
            }
            let own = self.own_work().await;
            if !own.is_empty() {
                self.record(own).await;
                continue;
            }
            self.resume_delivery().await;
            let mut waiting = Waiting::default();
            let (next_step, retry_at) = (self.next_step(), self.retry_at);
            let removal_at = self.next_removal();
            let most = if self.suspects.make_wary() { 1 } else { GROUP };
            tokio::select! {
                // In a fixed order, so that a run can be repeated. None keeps another out: what
                // comes rarely is looked at first, and what else waits is gathered below. Each
                // branch leaves what it did not take where it was: nothing is lost.
                biased;
                () = self.parts.stop.cancelled(), if !self.parts.commands.is_closed() =>
                    self.parts.commands.close(),
                _ = housekeeping.tick() => {
                    waiting.rebase = self.parts.clock.stepped();
                    self.look_again().await;
                }
                () = until(retry_at) => self.retry_at = None,
                count = self.parts.outcomes.recv_many(&mut waiting.outcomes, most),
                    if self.backlog.len() < GROUP && matches!(source, Source::Open) =>
                    if count == 0 { source = Source::Dry },
                count = self.parts.commands.recv_many(&mut waiting.commands, most),
                    if !self.parts.commands.is_closed() || !self.parts.commands.is_empty() =>
                    tracing::trace!(count, "commands"),
                Some(done) = self.parts.done.recv() => self.done.push(done),
                () = until(next_step) => {}
                () = until(removal_at) => {}
            }
            self.gather(&mut waiting, most);
            self.record(waiting).await;
            self.remove_expired().await;
            if matches!(source, Source::Dry) && self.is_through().await {
                return;
            }
        }
    }

    /// Adds to a group what else waits, without waiting: up to so many.
    fn gather(&mut self, waiting: &mut Waiting, most: usize) {
        if self.keeps_outcomes() {
            self.backlog.append(&mut waiting.outcomes);
        } else {
            waiting.outcomes.splice(0..0, self.backlog.drain(..));
            while waiting.outcomes.len() < most
                && let Ok(tried) = self.parts.outcomes.try_recv()
            {
                waiting.outcomes.push(tried);
            }
        }
        while waiting.outcomes.len() + waiting.commands.len() < most
            && let Ok(command) = self.parts.commands.try_recv()
        {
            waiting.commands.push(command);
        }
        if self.retry_at.is_none() && !self.parts.stop.is_cancelled() {
            let room = most.saturating_sub(waiting.outcomes.len() + waiting.commands.len());
            while self.done.len() < room
                && let Ok(done) = self.parts.done.try_recv()
            {
                self.done.push(done);
            }
            let count = room.min(self.done.len());
            waiting.done.extend(self.done.drain(..count));
            let room = room - count;
            let room = if most == GROUP { room.max(1) } else { room };
            waiting.steps = self.agenda.take_due(self.parts.clock.now(), room);
        }
    }

    /// Makes sure that the next steps are known, and that after a doubtful commit what is
    /// recorded is known.
    async fn look_ahead(&mut self) -> Result<(), StoreError> {
        if self.doubt.is_some() {
            self.resolve_doubt().await?;
        }
        loop {
            let after = match self.agenda.wanting() {
                Wanting::Nothing => return Ok(()),
                Wanting::First => None,
                Wanting::After(place) => Some(place),
            };
            let steps = self.parts.store.steps(after, PAGE).await?;
            self.agenda.load(&steps);
        }
    }

    fn next_step(&self) -> Option<Instant> {
        if self.parts.stop.is_cancelled() || self.retry_at.is_some() {
            return None;
        }
        self.agenda
            .next_due()
            .map(|due| self.parts.clock.instant(due))
    }

    /// Carries out all that waits, in one commit.
    async fn record(&mut self, waiting: Waiting) {
        let mut group = match Group::prepare(self, &waiting).await {
            Ok(group) => group,
            Err(error) => {
                let error = RecordError::from(error);
                return self.failed(Group::refusing(waiting, &error), &error);
            }
        };
        if let Err(error) = group.apply(self, waiting).await {
            let error = RecordError::from(error);
            return self.failed(group, &error);
        }
        if group.batch.is_empty() && self.retry_at.is_none() {
            group.batch.projects = self.probe().await;
        }
        if group.batch.is_empty() {
            self.run_errands(&mut group);
            return group.answer(None);
        }
        let tally = group.tally();
        let batch = std::mem::take(&mut group.batch);
        let begun = Instant::now();
        match self.parts.store.commit(batch).await {
            Ok(()) => {
                let metrics = &self.parts.metrics;
                metrics.committed(&tally, &group.tried, begun.elapsed());
                self.recorded(group).await;
            }
            Err(error) => {
                let error = RecordError::from(error);
                self.parts.metrics.commit_failed(&error);
                self.failed(group, &error);
            }
        }
    }

    async fn recorded(&mut self, mut group: Group) {
        self.registry.keep();
        self.meters.keep();
        if let Some(micros) = group.rebase {
            tracing::warn!(
                micros,
                "the system's clock stepped; stored times were rebased"
            );
            self.parts.clock.rebase(micros);
            self.numbers.rebased_micros += micros;
            self.meters.rebase(micros);
            // What was read before carries times of the old scale: it is read again.
            self.agenda = Agenda::new();
            group.recorded.reload = Reload::Yes;
        } else {
            for (resource, step) in group.steps.drain() {
                self.errands.forget(resource);
                self.agenda.set(resource, step);
            }
        }
        self.run_errands(&mut group);
        if !group.gone.is_empty() {
            self.parts.network.gone(&group.gone);
        }
        for (sid, resource) in group.resources.drain() {
            self.cache.put(sid, resource);
        }
        for position in notice::failures(&group.tried) {
            self.doubtful.remove(&position);
        }
        for project in group.projects.drain(..) {
            // Before anyone is answered: the next request is judged by what is in force then.
            self.parts.projects.put(project);
        }
        if !group.entries.is_empty() {
            self.parts.directory.apply(group.entries.drain(..));
        }
        for (name, sid) in group.externals.drain() {
            self.externals.put(name, sid);
        }
        let mut recorded = std::mem::take(&mut group.recorded);
        recorded.last_position = self.numbers.position;
        for event in group.events.drain(..) {
            // Nobody watching is no error.
            self.parts.feed.send(Arc::new(event)).ok();
        }
        // The dispatcher first: it must know of a hold before the answer can let go of it.
        self.hand_over(recorded).await;
        group.answer(None);
    }

    /// Has the errands of a group run, of steps that still stand.
    fn run_errands(&self, group: &mut Group) {
        for (sender, errand) in group.errands.drain(..) {
            if self.errands.is_awaited(&sender) {
                self.parts.runner.run(sender, errand);
            }
        }
    }

    async fn hand_over(&self, recorded: Recorded) {
        if self.parts.dispatcher.send(recorded).await.is_err() {
            tracing::debug!("the dispatcher has ended; what is owed waits in the store");
        }
    }
}

/// Waits until `instant`; for ever, if there is none.
async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// An error with its sources, for a log line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
