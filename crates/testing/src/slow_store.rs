//! A store that answers late when a test says so.
//!
//! Wraps any store. Each call does its work at once; its answer, which says how things stood
//! then, comes after the delay of its kind. What happens in between is what a test is after.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use ringback_domain::callback::Callback;
use ringback_domain::id::ProjectId;
use ringback_store::{AroundStore, Batch, Store, StoreError};
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
impl<S: Store> AroundStore for SlowStore<S> {
    fn around(&self) -> &dyn Store {
        &self.inner
    }

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let answer = self.inner.commit(batch).await;
        self.dawdle(Call::Commit).await;
        answer
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
}
