//! The store of the simulation: in memory, late, failing and judged.
//!
//! One for each process, over the disk of its world. What is written is held against the laws
//! before it is; a process that has crashed writes and reads nothing more.

use std::ops::Range;
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
use ringback_store::{
    Batch, CallbackPage, CallbackQuery, Entry, ExpiredPage, Keeping, KeptOutcome, ListQuery,
    Numbered, Opening, Owing, Room, Step, StepPlace, Store, StoreError, Unreadable,
};
use ringback_testing::faulty_store::Fault;
use tokio::time::sleep;

use super::chance::Chance;
use super::laws::Written;
use super::paths::Path;
use super::world::{CrashPoint, Process, World};

/// How the store does for a while.
#[derive(Clone, Debug)]
pub(super) struct Weather {
    /// How long a commit takes, in milliseconds, before and after it is written.
    commit_ms: Range<u64>,
    /// How long a read takes, before and after it looks.
    read_ms: Range<u64>,
    /// How commits fail, and one in how many does.
    fault: Option<(Fault, u32)>,
    /// One read in so many fails; none, if 0.
    read_fails: u32,
    /// One in so many times that outcomes are to be kept goes wrong.
    keep_fails: u32,
}

/// What goes wrong when outcomes are to be kept.
#[derive(Clone, Copy, Debug)]
enum KeepFault {
    /// None is.
    Refused,
    /// They are written, and the answer is that nobody knows.
    Torn,
    /// Half of them are, for there is no room for more.
    Scarce,
}

impl KeepFault {
    const ALL: [Self; 3] = [Self::Refused, Self::Torn, Self::Scarce];
}

impl Weather {
    /// Quick, and nothing fails.
    pub(super) const fn fine() -> Self {
        Self {
            commit_ms: 0..3,
            read_ms: 0..1,
            fault: None,
            read_fails: 0,
            keep_fails: 0,
        }
    }

    /// Another one.
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let fault = chance.pick(&[
            None,
            None,
            Some(Fault::Full),
            Some(Fault::ReadOnly),
            Some(Fault::UnsureButWritten),
            Some(Fault::UnsureAndNotWritten),
        ]);
        Self {
            commit_ms: chance.pick(&[0..1, 0..3, 0..20, 0..400, 0..3_000]),
            read_ms: chance.pick(&[0..1, 0..3, 0..20, 0..1_500]),
            fault: fault.map(|fault| (fault, chance.pick(&[1, 2, 5]))),
            read_fails: chance.pick(&[0, 0, 2, 6]),
            keep_fails: chance.pick(&[0, 0, 0, 1, 2, 5]),
        }
    }
}

/// The store as one process has it.
pub(super) struct SimulatedStore {
    world: Arc<World>,
    process: Process,
}

impl SimulatedStore {
    /// For this process.
    pub(super) const fn new(world: Arc<World>, process: Process) -> Self {
        Self { world, process }
    }

    async fn dawdle(&self, range: impl FnOnce(&Weather) -> Range<u64>) {
        let delay = self.world.with(|state| {
            let range = range(&state.weather);
            state.chance.millis(range)
        });
        if !delay.is_zero() {
            sleep(delay).await;
        }
    }

    /// Comes before each read: it takes its time, and may fail.
    async fn before_reading(&self) -> Result<(), StoreError> {
        self.world.alive(self.process).await;
        self.dawdle(|weather| weather.read_ms.clone()).await;
        self.world.pass(self.process, CrashPoint::Read).await;
        let fails = self.world.with(|state| {
            let fails = state.chance.one_in(state.weather.read_fails);
            if fails {
                state.trace(format_args!("read fails"));
                state.paths.went(Path::ReadFailed);
            }
            fails
        });
        if fails {
            let source = "the seed says so".into();
            return Err(StoreError::Unreadable { source });
        }
        Ok(())
    }

    /// Comes after each read: the answer takes its time as well.
    async fn answered<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        self.dawdle(|weather| weather.read_ms.clone()).await;
        self.world.alive(self.process).await;
        answer
    }

    async fn write(&self, batch: Batch, written: Written) -> Result<(), StoreError> {
        let process = self.process;
        self.world.with(|state| {
            let told = state.laws.commit(&batch, written, state.now);
            state.take(told);
            state.trace(format_args!(
                "commit {written:?} changes={} rejected={} callbacks={} outcomes={} replays={} \
                 hurried={} erasures={} rebase={}",
                batch.changes.len(),
                batch.rejected.len(),
                batch.callbacks.len(),
                batch.outcomes.len(),
                batch.replays.len(),
                batch.hurried.len(),
                batch.erasures.len(),
                batch.rebase.is_some(),
            ));
        });
        self.world.disk.commit(batch).await?;
        self.world.pass(process, CrashPoint::AfterWrite).await;
        Ok(())
    }
}

impl SimulatedStore {
    /// Keeps outcomes; says of the room what it is told to.
    async fn put_aside(
        &self,
        outcomes: Vec<KeptOutcome>,
        room: Option<Room>,
    ) -> Result<Keeping, StoreError> {
        let mut keeping = self.world.disk.keep(outcomes.clone()).await?;
        let numbers = self.last_numbers(keeping.kept).await?;
        keeping.room = room.unwrap_or(keeping.room);
        self.world.with(|state| {
            state.torn = None;
            let found = state.laws.kept(&outcomes, &numbers, state.now);
            state.take(found);
            state.trace(format_args!("keeps {keeping:?}"));
            state.paths.went(Path::OutcomesKept);
            if keeping.room == Room::Scarce {
                state.paths.went(Path::ReserveScarce);
            }
        });
        Ok(keeping)
    }

    /// What is written, and told not to be: the next ones are written in the same place, unless
    /// another process looks before that.
    fn tear(&self, outcomes: Vec<KeptOutcome>) {
        self.world.with(|state| {
            let found = state.laws.torn(&outcomes, state.now);
            state.take(found);
            state.torn = Some((self.process, outcomes));
        });
        self.trace_keep("keep fails, and is written", Path::KeepTorn);
    }

    async fn find_torn(&self) -> Result<(), StoreError> {
        let torn = self.world.with(|state| {
            let earlier = |(process, _): &mut (Process, _)| *process != self.process;
            state.torn.take_if(earlier)
        });
        let Some((_, torn)) = torn else { return Ok(()) };
        let keeping = self.world.disk.keep(torn).await?;
        let numbers = self.last_numbers(keeping.kept).await?;
        self.world.with(|state| {
            let found = state.laws.found_torn(&numbers);
            state.take(found);
            state.trace(format_args!("finds {} outcomes", numbers.len()));
        });
        Ok(())
    }

    async fn last_numbers(&self, count: usize) -> Result<Vec<u64>, StoreError> {
        let all = self.world.disk.kept(u32::MAX).await?;
        let skipped = all.len().saturating_sub(count);
        Ok(all
            .iter()
            .skip(skipped)
            .map(|(number, _)| *number)
            .collect())
    }

    fn trace_keep(&self, what: &str, path: Path) {
        self.world.with(|state| {
            state.trace(format_args!("{what}"));
            state.paths.went(path);
        });
    }
}

fn unsure() -> StoreError {
    let source = "the seed says so".into();
    StoreError::Unsure { source }
}

#[async_trait]
impl Store for SimulatedStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.world.alive(self.process).await;
        self.dawdle(|weather| weather.commit_ms.clone()).await;
        self.world.pass(self.process, CrashPoint::BeforeWrite).await;
        let fault = self.world.with(|state| match state.weather.fault {
            Some((fault, one_in)) if state.chance.one_in(one_in) => Some(fault),
            Some(_) | None => None,
        });
        let answer = match fault {
            None => self.write(batch, Written::Surely).await,
            Some(Fault::UnsureButWritten) => {
                self.write(batch, Written::Unsurely).await?;
                Err(unsure())
            }
            Some(Fault::UnsureAndNotWritten) => Err(unsure()),
            Some(Fault::Full) => Err(StoreError::Full),
            Some(Fault::ReadOnly) => Err(StoreError::ReadOnly),
        };
        if let Some(fault) = fault {
            self.world.with(|state| {
                state.trace(format_args!("commit fails: {fault:?}"));
                state.paths.went(match fault {
                    Fault::Full => Path::CommitFull,
                    Fault::ReadOnly => Path::CommitReadOnly,
                    Fault::UnsureButWritten => Path::CommitUnsureWritten,
                    Fault::UnsureAndNotWritten => Path::CommitUnsureLost,
                });
            });
        }
        self.dawdle(|weather| weather.commit_ms.clone()).await;
        self.world.alive(self.process).await;
        answer
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        self.world.alive(self.process).await;
        self.dawdle(|weather| weather.commit_ms.clone()).await;
        self.world.pass(self.process, CrashPoint::BeforeKeep).await;
        let fault = self.world.with(|state| {
            let fails = state.chance.one_in(state.weather.keep_fails);
            fails.then(|| state.chance.pick(&KeepFault::ALL))
        });
        let kept = match fault {
            Some(KeepFault::Refused) => {
                self.trace_keep("keep fails", Path::KeepFailed);
                Err(StoreError::ReadOnly)
            }
            Some(KeepFault::Torn) => {
                self.tear(outcomes);
                Err(unsure())
            }
            Some(KeepFault::Scarce) => {
                let half = outcomes.len().div_ceil(2);
                self.put_aside(
                    outcomes.into_iter().take(half).collect(),
                    Some(Room::Scarce),
                )
                .await
            }
            None => self.put_aside(outcomes, None).await,
        };
        self.world.pass(self.process, CrashPoint::AfterKeep).await;
        self.dawdle(|weather| weather.commit_ms.clone()).await;
        self.world.alive(self.process).await;
        if let Ok(Keeping { room, .. }) = &kept {
            self.world
                .with(|state| state.laws.told_room(*room, state.now));
        }
        kept
    }

    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        self.before_reading().await?;
        self.find_torn().await?;
        self.answered(self.world.disk.kept(limit).await).await
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        self.world.disk.unreadable()
    }

    async fn opening(&self) -> Result<Opening, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.opening().await).await
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.resources(sids).await).await
    }

    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.externals(names).await).await
    }

    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.events(keys).await).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.list(query).await).await
    }

    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.steps(after, limit).await)
            .await
    }

    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.destinations_owed().await)
            .await
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        self.before_reading().await?;
        let owed = self.world.disk.owed(project, destination, position, limit);
        self.answered(owed.await).await
    }

    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.aside_due(until, each).await)
            .await
    }

    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.next_aside().await).await
    }

    async fn unsettled(&self) -> Result<u64, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.unsettled().await).await
    }

    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.changes(resource).await).await
    }

    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.warnings(resource).await)
            .await
    }

    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.rejected(resource).await)
            .await
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.callbacks(resource).await)
            .await
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.callback(id).await).await
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.find_callbacks(query).await)
            .await
    }

    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.attempts(callback).await)
            .await
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.projects().await).await
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.entries().await).await
    }

    async fn owing(&self) -> Result<Owing, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.owing().await).await
    }

    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError> {
        self.before_reading().await?;
        self.answered(self.world.disk.expired(before, after).await)
            .await
    }
}
