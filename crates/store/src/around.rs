//! Stores around another store: what they do not do themselves is handed on.
//!
//! Implemented by [`SealedStore`](crate::SealedStore), and by the stores of tests that fail or
//! answer late: each has the few methods in which it differs, and a new method of [`Store`] is
//! handed on here alone.

use std::sync::Arc;

use async_trait::async_trait;
use ringback_domain::attempt::Attempt;
use ringback_domain::callback::Callback;
use ringback_domain::change::{Change, Rejected, Warning};
use ringback_domain::event::{EventKey, KnownEvent};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;

use crate::{
    Batch, CallbackPage, CallbackQuery, Entry, ExpiredPage, Keeping, KeptOutcome, ListQuery,
    Numbered, Opening, Owing, Step, StepPlace, Store, StoreError, Unreadable,
};

/// A store around another. Its methods are those of [`Store`], and mean the same.
#[async_trait]
#[expect(missing_docs, reason = "each is explained in `Store`")]
pub trait AroundStore: Send + Sync + 'static {
    /// The store that it is around.
    fn around(&self) -> &dyn Store;

    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.around().commit(batch).await
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        self.around().keep(outcomes).await
    }

    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        self.around().kept(limit).await
    }

    async fn opening(&self) -> Result<Opening, StoreError> {
        self.around().opening().await
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        self.around().resources(sids).await
    }

    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError> {
        self.around().externals(names).await
    }

    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError> {
        self.around().events(keys).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        self.around().list(query).await
    }

    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError> {
        self.around().steps(after, limit).await
    }

    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError> {
        self.around().destinations_owed().await
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        self.around()
            .owed(project, destination, position, limit)
            .await
    }

    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError> {
        self.around().aside_due(until, each).await
    }

    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError> {
        self.around().next_aside().await
    }

    async fn unsettled(&self) -> Result<u64, StoreError> {
        self.around().unsettled().await
    }

    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError> {
        self.around().changes(resource).await
    }

    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError> {
        self.around().rejected(resource).await
    }

    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError> {
        self.around().warnings(resource).await
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        self.around().callbacks(resource).await
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        self.around().callback(id).await
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        self.around().find_callbacks(query).await
    }

    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError> {
        self.around().attempts(callback).await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.around().projects().await
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        self.around().entries().await
    }

    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError> {
        self.around().expired(before, after).await
    }

    async fn owing(&self) -> Result<Owing, StoreError> {
        self.around().owing().await
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        self.around().unreadable()
    }
}

#[async_trait]
impl<T: AroundStore> Store for T {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        AroundStore::commit(self, batch).await
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        AroundStore::keep(self, outcomes).await
    }

    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        AroundStore::kept(self, limit).await
    }

    async fn opening(&self) -> Result<Opening, StoreError> {
        AroundStore::opening(self).await
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        AroundStore::resources(self, sids).await
    }

    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError> {
        AroundStore::externals(self, names).await
    }

    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError> {
        AroundStore::events(self, keys).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        AroundStore::list(self, query).await
    }

    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError> {
        AroundStore::steps(self, after, limit).await
    }

    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError> {
        AroundStore::destinations_owed(self).await
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        AroundStore::owed(self, project, destination, position, limit).await
    }

    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError> {
        AroundStore::aside_due(self, until, each).await
    }

    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError> {
        AroundStore::next_aside(self).await
    }

    async fn unsettled(&self) -> Result<u64, StoreError> {
        AroundStore::unsettled(self).await
    }

    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError> {
        AroundStore::changes(self, resource).await
    }

    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError> {
        AroundStore::rejected(self, resource).await
    }

    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError> {
        AroundStore::warnings(self, resource).await
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        AroundStore::callbacks(self, resource).await
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        AroundStore::callback(self, id).await
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        AroundStore::find_callbacks(self, query).await
    }

    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError> {
        AroundStore::attempts(self, callback).await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        AroundStore::projects(self).await
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        AroundStore::entries(self).await
    }

    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError> {
        AroundStore::expired(self, before, after).await
    }

    async fn owing(&self) -> Result<Owing, StoreError> {
        AroundStore::owing(self).await
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        AroundStore::unreadable(self)
    }
}
