//! What is remembered: the [`Store`] trait and its SQLite implementation.
//!
//! The engine's recorder is the only one that writes, in batches that are durable whole or
//! not at all; the dispatcher and the server read. Knows nothing of HTTP, retries or wire
//! formats.

mod around;
mod batch;
mod error;
mod kept;
mod query;
mod recording_files;
mod seal;
mod sealed;
pub mod sqlite;
mod unreadable;

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

pub use around::AroundStore;
pub use batch::{Batch, Entry, EntryChange, Erasure, Outcome, Rebase, ReplayOrder, Step};
pub use error::StoreError;
pub use kept::{Keeping, KeptOutcome, Numbered, Room};
pub use query::{
    CallbackPage, CallbackQuery, Cursor, Direction, Expired, ExpiredPage, ListQuery, Opening,
    Owing, OwingTo, StepPlace, TimeField, TimeRange,
};
pub use recording_files::RecordingFiles;
pub use seal::{SealError, StoreKey};
pub use sealed::SealedStore;
pub use unreadable::{Part, Unreadable};

/// What is remembered.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Writes `batch` whole, or nothing of it. Once it returns `Ok`, a power cut loses
    /// nothing of it. Called by the recorder alone, one batch at a time.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;

    /// Keeps outcomes that [`Store::commit`] does not take, apart from all else: the first of
    /// them, as many as there is room for. Once it returns `Ok`, a power cut loses none of
    /// those. Called by the recorder alone.
    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError>;

    /// The first outcomes that are kept and not committed, in their order, at most `limit`. A
    /// batch with [`Batch::kept_until`] says that it has them.
    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError>;

    /// Where numbers and ids go on. After a commit that failed, what is read from here on is
    /// on the disk.
    async fn opening(&self) -> Result<Opening, StoreError>;

    /// The resources with these SIDs, in their order; `None` for one that is unknown. A
    /// deleted one is found, with its presence saying so.
    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError>;

    /// The SIDs of resources by what platforms call them, in their order; `None` for one
    /// that is unknown. A deleted one is found.
    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError>;

    /// The events with these keys, in their order; `None` for one that is unknown.
    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError>;

    /// A project's resources that are not deleted, newest first.
    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError>;

    /// The network's next steps after `after`, by due time and SID, at most `limit`.
    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError>;

    /// Every destination for which callbacks are pending (set aside ones not counted).
    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError>;

    /// The pending callbacks of one destination from `position` on, in order, at most `limit`.
    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError>;

    /// The callbacks set aside that are due by `until`, earliest first; of one destination at
    /// most `each`, so that none keeps another's out.
    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError>;

    /// When the first of the callbacks set aside is due.
    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError>;

    /// How many callbacks are pending or set aside.
    async fn unsettled(&self) -> Result<u64, StoreError>;

    /// A resource's changes, in order.
    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError>;

    /// The reports on a resource that changed nothing, in the order in which they came.
    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError>;

    /// The remarks on a resource, in the order in which they came.
    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError>;

    /// A resource's callbacks, in order.
    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError>;

    /// The callback with this id.
    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError>;

    /// Callbacks by what is asked for. Looks at a bounded number of them.
    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError>;

    /// A callback's attempts, in order.
    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError>;

    /// Every project, the oldest first.
    async fn projects(&self) -> Result<Vec<Project>, StoreError>;

    /// Every phone number and application, the oldest first of each; every opt-out and meter.
    async fn entries(&self) -> Result<Vec<Entry>, StoreError>;

    /// Resources whose last change, and the last outcome of whose callbacks, was before
    /// `before`, that have no step and owe nothing; by ordinal, after `after`. Looks at a
    /// bounded number.
    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError>;

    /// How much is owed, and since when.
    async fn owing(&self) -> Result<Owing, StoreError>;

    /// What was found to be damaged since it was opened. Lists and loads leave it out.
    fn unreadable(&self) -> Vec<Unreadable>;
}
