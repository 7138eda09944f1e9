//! A store that fails when a test says so.
//!
//! Wraps any store. Reads go through, look-ups of a callback unless told otherwise; commits are answered as told, wait while they are held
//! back, and can be watched.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::{Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use ringback_domain::callback::Callback;
use ringback_domain::id::CallbackId;
use ringback_store::{AroundStore, Batch, Keeping, KeptOutcome, Store, StoreError};
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
impl<S: Store> AroundStore for FaultyStore<S> {
    fn around(&self) -> &dyn Store {
        &self.inner
    }

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
}
