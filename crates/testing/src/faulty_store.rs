//! A store that fails when a test says so.
//!
//! Wraps any store. Reads go through, look-ups of a callback unless told otherwise; commits are answered as told, wait while they are held
//! back, and can be watched.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use ringback_domain::attempt::Attempt;
use ringback_domain::callback::Callback;
use ringback_domain::change::{Change, Rejected, Warning};
use ringback_domain::event::{EventKey, KnownEvent};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use ringback_store::{
    Batch, CallbackPage, CallbackQuery, ExpiredPage, Keeping, KeptOutcome, ListQuery, Numbered,
    Opening, Owing, Step, StepPlace, Store, StoreError, Unreadable,
};
use tokio::sync::watch;

/// How a commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The disk is full: nothing is written.
    Full,
    /// The store cannot be written, nor its reserve.
    ReadOnly,
    /// The answer is [`StoreError::Unsure`], and the batch is written.
    UnsureButWritten,
    /// The answer is [`StoreError::Unsure`], and nothing is written.
    UnsureAndNotWritten,
}

/// Whether commits go through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Open,
    Shut,
}

#[derive(Debug, Default)]
struct Script {
    /// For the next commits, one each.
    next: VecDeque<Fault>,
    /// For all after those.
    then: Option<Fault>,
    /// So many further look-ups of a callback fail.
    look_ups: u32,
    /// Callbacks whose rows are damaged.
    damaged: HashSet<CallbackId>,
}

/// What is seen of a commit.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// The store within is asked for it.
    Begun(&'a Batch),
    /// The store within has answered; whoever waits does not know yet.
    Ended(&'a Result<(), StoreError>),
}

struct Watcher(Box<dyn Fn(Moment<'_>) + Send + Sync>);

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watcher")
    }
}

/// A store that fails when a test says so.
#[derive(Debug)]
pub struct FaultyStore<S> {
    inner: S,
    watcher: OnceLock<Watcher>,
    script: Mutex<Script>,
    gate: watch::Sender<Gate>,
    /// How many commits have come so far, held back or not.
    arrived: watch::Sender<u64>,
}

impl<S: Store> FaultyStore<S> {
    /// Wraps `inner`; nothing fails yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            watcher: OnceLock::new(),
            script: Mutex::default(),
            gate: watch::Sender::new(Gate::Open),
            arrived: watch::Sender::new(0),
        }
    }

    /// The store within.
    pub const fn inner(&self) -> &S {
        &self.inner
    }

    /// Shows `watcher` every commit of the store within, from now on. The first one watches.
    pub fn watch(&self, watcher: impl Fn(Moment<'_>) + Send + Sync + 'static) {
        let _ = self.watcher.set(Watcher(Box::new(watcher)));
    }

    /// The next commit fails like this; told several times, the ones after it as well.
    pub fn fail_next(&self, fault: Fault) {
        self.with_script(|script| script.next.push_back(fault));
    }

    /// Every commit fails like this until [`FaultyStore::recover`].
    pub fn fail_all(&self, fault: Fault) {
        self.with_script(|script| script.then = Some(fault));
    }

    /// The next so many look-ups of one callback fail; the one after them does not.
    pub fn fail_look_ups(&self, count: u32) {
        self.with_script(|script| script.look_ups = count);
    }

    /// Whatever concerns this callback cannot be written.
    pub fn damage(&self, callback: CallbackId) {
        self.with_script(|script| script.damaged.insert(callback));
    }

    fn is_damaged(&self, batch: &Batch) -> bool {
        let mut outcomes = batch.outcomes.iter();
        self.with_script(|script| outcomes.any(|it| script.damaged.contains(&it.callback)))
    }

    /// No commit fails any more.
    pub fn recover(&self) {
        self.with_script(|script| *script = Script::default());
    }

    /// Commits wait from here on until [`FaultyStore::release`].
    pub fn hold(&self) {
        self.gate.send_replace(Gate::Shut);
    }

    /// Commits go on, those that wait as well.
    pub fn release(&self) {
        self.gate.send_replace(Gate::Open);
    }

    /// How many commits have come so far, held back or not.
    pub fn arrived(&self) -> u64 {
        *self.arrived.borrow()
    }

    /// Waits until so many commits have come in all, held back or not.
    pub async fn wait_for_arrivals(&self, count: u64) {
        let mut arrived = self.arrived.subscribe();
        let waited = arrived.wait_for(|arrived| *arrived >= count).await;
        waited.expect("the sender lives as long as the store that waits");
    }

    async fn pass_gate(&self) {
        self.arrived.send_modify(|arrived| *arrived += 1);
        let mut gate = self.gate.subscribe();
        let waited = gate.wait_for(|gate| *gate == Gate::Open).await;
        waited.expect("the sender lives as long as the store that waits");
    }

    async fn write(&self, batch: Batch) -> Result<(), StoreError> {
        self.show(Moment::Begun(&batch));
        let ended = self.inner.commit(batch).await;
        self.show(Moment::Ended(&ended));
        ended
    }

    fn show(&self, moment: Moment<'_>) {
        if let Some(Watcher(watcher)) = self.watcher.get() {
            watcher(moment);
        }
    }

    fn with_script<T>(&self, act: impl FnOnce(&mut Script) -> T) -> T {
        // A test that panicked fails already; the others may go on.
        act(&mut self.script.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn unsure() -> StoreError {
    StoreError::Unsure {
        source: "the test says so".into(),
    }
}

#[async_trait]
impl<S: Store> Store for FaultyStore<S> {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.pass_gate().await;
        if self.is_damaged(&batch) {
            return Err(StoreError::Damaged {
                source: "the test says so".into(),
            });
        }
        match self.with_script(|script| script.next.pop_front().or(script.then)) {
            None => self.write(batch).await,
            Some(Fault::Full) => Err(StoreError::Full),
            Some(Fault::ReadOnly) => Err(StoreError::ReadOnly),
            Some(Fault::UnsureAndNotWritten) => Err(unsure()),
            Some(Fault::UnsureButWritten) => {
                self.write(batch).await?;
                Err(unsure())
            }
        }
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        match self.with_script(|script| script.then) {
            Some(Fault::ReadOnly) => Err(StoreError::ReadOnly),
            Some(Fault::Full | Fault::UnsureButWritten | Fault::UnsureAndNotWritten) | None => {
                self.inner.keep(outcomes).await
            }
        }
    }

    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        self.inner.kept(limit).await
    }

    async fn opening(&self) -> Result<Opening, StoreError> {
        self.inner.opening().await
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        self.inner.resources(sids).await
    }

    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError> {
        self.inner.externals(names).await
    }

    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError> {
        self.inner.events(keys).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        self.inner.list(query).await
    }

    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError> {
        self.inner.steps(after, limit).await
    }

    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError> {
        self.inner.destinations_owed().await
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        self.inner.owed(project, destination, position, limit).await
    }

    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError> {
        self.inner.aside_due(until, each).await
    }

    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_aside().await
    }

    async fn unsettled(&self) -> Result<u64, StoreError> {
        self.inner.unsettled().await
    }

    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError> {
        self.inner.changes(resource).await
    }

    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError> {
        self.inner.warnings(resource).await
    }

    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError> {
        self.inner.rejected(resource).await
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        self.inner.callbacks(resource).await
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        let fails = self.with_script(|script| {
            let left = script.look_ups.checked_sub(1);
            script.look_ups = left.unwrap_or(0);
            left.is_some()
        });
        if fails {
            let source = "a test says so".into();
            return Err(StoreError::Unreadable { source });
        }
        self.inner.callback(id).await
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        self.inner.find_callbacks(query).await
    }

    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError> {
        self.inner.attempts(callback).await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.inner.projects().await
    }

    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError> {
        self.inner.expired(before, after).await
    }

    async fn owing(&self) -> Result<Owing, StoreError> {
        self.inner.owing().await
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        self.inner.unreadable()
    }
}
