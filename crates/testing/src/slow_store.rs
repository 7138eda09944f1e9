//! A store that answers late when a test says so.
//!
//! Wraps any store. Each call does its work at once; its answer, which says how things stood
//! then, comes after the delay of its kind. What happens in between is what a test is after.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
use tokio::time::sleep;

/// The kinds of calls that can be made slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// [`Store::commit`]: durable at once, acknowledged late.
    Commit,
    /// [`Store::destinations_owed`].
    DestinationsOwed,
    /// [`Store::owed`].
    Owed,
}

/// A store that answers late when a test says so.
#[derive(Debug, Default)]
pub struct SlowStore<S> {
    inner: S,
    delays: Mutex<HashMap<Call, Duration>>,
}

impl<S: Store> SlowStore<S> {
    /// Wraps `inner`; nothing is slow yet.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            delays: Mutex::default(),
        }
    }

    /// From here on, answers to such calls come so much later.
    pub fn delay(&self, call: Call, by: Duration) {
        self.delays().insert(call, by);
    }

    async fn dawdle(&self, call: Call) {
        let delay = self.delays().get(&call).copied();
        if let Some(delay) = delay {
            sleep(delay).await;
        }
    }

    fn delays(&self) -> std::sync::MutexGuard<'_, HashMap<Call, Duration>> {
        // A test that panicked fails already; the others may go on.
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<S: Store> Store for SlowStore<S> {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let answer = self.inner.commit(batch).await;
        self.dawdle(Call::Commit).await;
        answer
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        self.inner.keep(outcomes).await
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
        let answer = self.inner.destinations_owed().await;
        self.dawdle(Call::DestinationsOwed).await;
        answer
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        let answer = self.inner.owed(project, destination, position, limit).await;
        self.dawdle(Call::Owed).await;
        answer
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
