//! A store in memory: what a power cut leaves of it is nothing.
//!
//! For tests on a paused clock: it answers inside the runtime, without threads. It keeps the
//! same promises as every store; the store's contract tests hold it to them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use ringback_domain::attempt::{Answer, Attempt, AttemptResult};
use ringback_domain::callback::{Callback, CallbackState, Replay};
use ringback_domain::change::{Change, News, Rejected, Warning};
use ringback_domain::event::{EventKey, KnownEvent};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use ringback_store::{
    Batch, CallbackPage, CallbackQuery, Cursor, Direction, Entry, EntryChange, Erasure, Expired,
    ExpiredPage, Keeping, KeptOutcome, ListQuery, Numbered, Opening, Outcome, Owing, OwingTo,
    ReplayOrder, Room, Step, StepPlace, Store, StoreError, Unreadable,
};
use uuid::Uuid;

/// How many resources one page of expired ones looks at.
const LOOK: usize = 50;

/// How many outcomes that are not committed have room.
pub const KEPT: usize = 400;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    resources: BTreeMap<Sid, Resource>,
    steps: BTreeMap<Sid, Step>,
    changes: HashMap<Sid, Vec<Change>>,
    rejected: HashMap<Sid, Vec<Rejected>>,
    events: HashMap<EventKey, KnownEvent>,
    externals: HashMap<(ProjectId, Arc<str>), Sid>,
    warnings: HashMap<Sid, Vec<Warning>>,
    /// By position.
    callbacks: BTreeMap<u64, Kept>,
    positions: HashMap<CallbackId, u64>,
    of_resource: HashMap<Sid, Vec<u64>>,
    pending: BTreeMap<(ProjectId, Arc<str>), BTreeSet<u64>>,
    aside: BTreeSet<(Timestamp, u64)>,
    rebased_micros: i64,
    /// The highest numbers of what was removed.
    highest: Opening,
    projects: BTreeMap<ProjectId, Project>,
    /// Numbers before applications, each by SID.
    entries: BTreeMap<Place, Entry>,
    /// Outcomes that no batch had yet, by number.
    kept: BTreeMap<u64, KeptOutcome>,
    kept_until: u64,
}

#[derive(Debug)]
struct Kept {
    callback: Callback,
    attempts: Vec<Attempt>,
    words: Words,
}

impl Kept {
    fn copy(&self) -> Callback {
        self.callback.clone()
    }
}

/// Whether what receivers answer is kept.
#[derive(Clone, Copy, Debug)]
enum Words {
    Kept,
    Erased,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panicked fails already; the others may go on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let mut state = self.state();
        state.check(&batch)?;
        state.write(batch);
        Ok(())
    }

    async fn keep(&self, outcomes: Vec<KeptOutcome>) -> Result<Keeping, StoreError> {
        let mut state = self.state();
        let free = KEPT.saturating_sub(state.kept.len());
        let kept = outcomes.len().min(free);
        for outcome in outcomes.into_iter().take(kept) {
            let last = state.kept.last_key_value().map(|(last, _)| *last);
            let number = last.unwrap_or(state.kept_until) + 1;
            state.kept.insert(number, outcome);
        }
        let room = if free - kept < KEPT / 8 {
            Room::Scarce
        } else {
            Room::Enough
        };
        Ok(Keeping { kept, room })
    }

    async fn kept(&self, limit: u32) -> Result<Vec<Numbered>, StoreError> {
        let state = self.state();
        let kept = state.kept.iter().take(limit as usize);
        Ok(kept.map(|(number, it)| (*number, it.clone())).collect())
    }

    async fn opening(&self) -> Result<Opening, StoreError> {
        Ok(self.state().opening())
    }

    async fn resources(&self, sids: &[Sid]) -> Result<Vec<Option<Resource>>, StoreError> {
        let state = self.state();
        let find = |sid: &Sid| state.resources.get(sid).cloned();
        Ok(sids.iter().map(find).collect())
    }

    async fn externals(
        &self,
        names: &[(ProjectId, Arc<str>)],
    ) -> Result<Vec<Option<Sid>>, StoreError> {
        let state = self.state();
        let find = |name| state.externals.get(name).copied();
        Ok(names.iter().map(find).collect())
    }

    async fn events(&self, keys: &[EventKey]) -> Result<Vec<Option<KnownEvent>>, StoreError> {
        let state = self.state();
        Ok(keys
            .iter()
            .map(|key| state.events.get(key).copied())
            .collect())
    }

    async fn list(&self, query: &ListQuery) -> Result<Vec<Resource>, StoreError> {
        let state = self.state();
        let limit = query.limit as usize;
        let matching = state.resources.values().filter(|it| query.matches(it));
        Ok(match query.cursor {
            Cursor::Start => matching.rev().take(limit).cloned().collect(),
            Cursor::OlderThan(sid) => {
                let older = matching.rev().filter(|it| it.sid < sid);
                older.take(limit).cloned().collect()
            }
            Cursor::NewerThan(sid) => {
                let newer = matching.filter(|it| it.sid > sid);
                let mut found: Vec<_> = newer.take(limit).cloned().collect();
                found.reverse();
                found
            }
        })
    }

    async fn steps(&self, after: Option<StepPlace>, limit: u32) -> Result<Vec<Step>, StoreError> {
        let place = |step: &Step| StepPlace {
            due: step.due,
            resource: step.resource,
        };
        let state = self.state();
        let mut steps: Vec<Step> = state
            .steps
            .values()
            .filter(|step| after.is_none_or(|after| place(step) > after))
            .copied()
            .collect();
        steps.sort_by_key(place);
        steps.truncate(limit as usize);
        Ok(steps)
    }

    async fn destinations_owed(&self) -> Result<Vec<(ProjectId, Arc<str>)>, StoreError> {
        Ok(self.state().pending.keys().cloned().collect())
    }

    async fn owed(
        &self,
        project: ProjectId,
        destination: &str,
        position: u64,
        limit: u32,
    ) -> Result<Vec<Callback>, StoreError> {
        let state = self.state();
        let Some(pending) = state.pending.get(&(project, destination.into())) else {
            return Ok(Vec::new());
        };
        let owed = pending.range(position..).take(limit as usize);
        Ok(owed.map(|at| state.callback(*at)).collect())
    }

    async fn aside_due(&self, until: Timestamp, each: u32) -> Result<Vec<Callback>, StoreError> {
        let state = self.state();
        let mut taken: HashMap<(ProjectId, Arc<str>), u32> = HashMap::new();
        let due = state.aside.range(..=(until, u64::MAX));
        let mut due: Vec<Callback> = due.map(|(_, at)| state.callback(*at)).collect();
        due.retain(|callback| {
            let destination = (callback.project, Arc::clone(&callback.destination));
            let count = taken.entry(destination).or_default();
            *count += 1;
            *count <= each
        });
        Ok(due)
    }

    async fn next_aside(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state().aside.first().map(|(due, _)| *due))
    }

    async fn unsettled(&self) -> Result<u64, StoreError> {
        let state = self.state();
        let pending: usize = state.pending.values().map(BTreeSet::len).sum();
        Ok((pending + state.aside.len()) as u64)
    }

    async fn changes(&self, resource: Sid) -> Result<Vec<Change>, StoreError> {
        let changes = self.state().changes.get(&resource).cloned();
        Ok(changes.unwrap_or_default())
    }

    async fn warnings(&self, resource: Sid) -> Result<Vec<Warning>, StoreError> {
        let warnings = self.state().warnings.get(&resource).cloned();
        Ok(warnings.unwrap_or_default())
    }

    async fn rejected(&self, resource: Sid) -> Result<Vec<Rejected>, StoreError> {
        let rejected = self.state().rejected.get(&resource).cloned();
        Ok(rejected.unwrap_or_default())
    }

    async fn callbacks(&self, resource: Sid) -> Result<Vec<Callback>, StoreError> {
        let state = self.state();
        let positions = state
            .of_resource
            .get(&resource)
            .map_or(&[][..], Vec::as_slice);
        Ok(positions.iter().map(|at| state.callback(*at)).collect())
    }

    async fn callback(&self, id: CallbackId) -> Result<Option<Callback>, StoreError> {
        let state = self.state();
        Ok(state.positions.get(&id).map(|at| state.callback(*at)))
    }

    async fn find_callbacks(&self, query: &CallbackQuery) -> Result<CallbackPage, StoreError> {
        let state = self.state();
        let beyond = |at: u64| match (query.direction, query.beyond) {
            (_, None) => true,
            (Direction::Backwards, Some(place)) => at < place,
            (Direction::Forwards, Some(place)) => at > place,
        };
        let kept = state.callbacks.values();
        let found = kept.filter(|kept| beyond(kept.callback.position) && asked(query, kept));
        let limit = query.limit as usize;
        let callbacks: Vec<Callback> = match query.direction {
            Direction::Backwards => found.rev().take(limit).map(Kept::copy).collect(),
            Direction::Forwards => found.take(limit).map(Kept::copy).collect(),
        };
        let last = callbacks.last().map(|callback| callback.position);
        Ok(CallbackPage {
            next: last.filter(|_| callbacks.len() >= limit),
            callbacks,
        })
    }

    async fn attempts(&self, callback: CallbackId) -> Result<Vec<Attempt>, StoreError> {
        let state = self.state();
        let kept = state
            .positions
            .get(&callback)
            .map(|at| &state.callbacks[at]);
        Ok(kept.map_or_else(Vec::new, |kept| kept.attempts.clone()))
    }

    async fn projects(&self) -> Result<Vec<Project>, StoreError> {
        let mut projects: Vec<Project> = self.state().projects.values().cloned().collect();
        projects.sort_by_key(|project| (project.created_at, project.id));
        Ok(projects)
    }

    async fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        Ok(self.state().entries.values().cloned().collect())
    }

    async fn expired(&self, before: Timestamp, after: u64) -> Result<ExpiredPage, StoreError> {
        let state = self.state();
        let resources = state.resources.values();
        let mut old: Vec<&Resource> = resources
            .filter(|it| it.ordinal > after && it.created_at < before)
            .collect();
        old.sort_by_key(|resource| resource.ordinal);
        let next = old.get(LOOK - 1).map(|last| last.ordinal);
        old.truncate(LOOK);
        let expired = old
            .into_iter()
            .filter(|it| it.updated_at < before && state.last_outcome(it.sid) < before)
            .filter(|it| !state.is_held(it.sid) && !it.body.is_registered());
        let resources = expired.map(|resource| Expired {
            sid: resource.sid,
            project: resource.project,
            external_id: resource.external_id.clone(),
        });
        Ok(ExpiredPage {
            resources: resources.collect(),
            next,
        })
    }

    async fn owing(&self) -> Result<Owing, StoreError> {
        let state = self.state();
        let owing = |((project, origin), pending): (&(ProjectId, Arc<str>), &BTreeSet<u64>)| {
            Some(OwingTo {
                project: *project,
                origin: Arc::clone(origin),
                pending: pending.len() as u64,
                oldest: state.callback(*pending.first()?).recorded_at,
            })
        };
        Ok(Owing {
            destinations: state.pending.iter().filter_map(owing).collect(),
            aside: state.aside.len() as u64,
        })
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        Vec::new()
    }
}

impl State {
    fn opening(&self) -> Opening {
        let sid = self.resources.last_key_value();
        let sid = sid.map(|(sid, _)| *sid.as_bytes());
        let callback = self.positions.keys().max().map(|id| *id.as_bytes());
        let entry = self.entries.keys().filter_map(Place::sid).max();
        let id = sid.max(callback).max(entry);
        let id = id.map_or(Uuid::nil(), Uuid::from_bytes);
        let ordinals = self.resources.values().map(|resource| resource.ordinal);
        let position = self.callbacks.last_key_value().map(|(last, _)| *last);
        let removed = self.highest;
        Opening {
            last_ordinal: ordinals.max().unwrap_or(0).max(removed.last_ordinal),
            last_position: position.unwrap_or(0).max(removed.last_position),
            last_id: id.max(removed.last_id),
            rebased_micros: self.rebased_micros,
        }
    }

    fn callbacks_of(&self, sid: Sid) -> impl Iterator<Item = &Callback> {
        let positions = self.of_resource.get(&sid).into_iter().flatten();
        positions.map(|at| &self.callbacks[at].callback)
    }

    /// Whether a resource has a step, or callbacks that are not settled.
    fn is_held(&self, sid: Sid) -> bool {
        let mut callbacks = self.callbacks_of(sid);
        self.steps.contains_key(&sid) || callbacks.any(|callback| callback.settled_at.is_none())
    }

    /// When a resource's last callback was settled; long ago, if none was.
    fn last_outcome(&self, sid: Sid) -> Timestamp {
        let settled = self.callbacks_of(sid).filter_map(|it| it.settled_at);
        settled.max().unwrap_or(Timestamp::from_micros(i64::MIN))
    }

    fn remove(&mut self, sid: Sid) {
        if self.is_held(sid) {
            return;
        }
        self.highest = self.opening();
        for position in self.of_resource.remove(&sid).unwrap_or_default() {
            if let Some(kept) = self.callbacks.remove(&position) {
                self.positions.remove(&kept.callback.id);
            }
        }
        self.changes.remove(&sid);
        self.rejected.remove(&sid);
        self.warnings.remove(&sid);
        self.events.retain(|_, event| event.resource != sid);
        self.externals.retain(|_, named| *named != sid);
        self.resources.remove(&sid);
    }

    /// Refuses a batch that names a resource which nobody has heard of, as a whole.
    fn check(&self, batch: &Batch) -> Result<(), StoreError> {
        let new: HashSet<Sid> = batch.resources.iter().map(|new| new.sid).collect();
        let changes = batch.changes.iter().map(|change| change.resource);
        let rejected = batch.rejected.iter().map(|report| report.resource);
        let callbacks = batch.callbacks.iter().map(|callback| callback.resource);
        let mut named = changes.chain(rejected).chain(callbacks);
        match named.find(|sid| !new.contains(sid) && !self.resources.contains_key(sid)) {
            None => Ok(()),
            Some(sid) => Err(StoreError::Unreadable {
                source: format!("resource {sid} is unknown").into(),
            }),
        }
    }

    fn write(&mut self, batch: Batch) {
        for resource in batch.resources {
            if let Some(name) = &resource.external_id {
                let name = (resource.project, Arc::clone(name));
                self.externals.insert(name, resource.sid);
            }
            self.resources.insert(resource.sid, resource);
        }
        for (sid, step) in batch.steps {
            match step {
                Some(step) => self.steps.insert(sid, step),
                None => self.steps.remove(&sid),
            };
        }
        for change in batch.changes {
            let changes = self.changes.entry(change.resource).or_default();
            changes.push(change);
            changes.sort_by_key(|change| change.seq);
        }
        for rejected in batch.rejected {
            let others = self.rejected.entry(rejected.resource).or_default();
            others.push(rejected);
        }
        for warning in batch.warnings {
            let others = self.warnings.entry(warning.resource).or_default();
            others.push(warning);
        }
        for event in batch.events {
            self.events.insert(event.key, event);
        }
        for callback in batch.callbacks {
            self.add(callback);
        }
        for outcome in batch.outcomes {
            self.settle(outcome);
        }
        for replay in batch.replays {
            self.replay(&replay);
        }
        for (callback, due) in batch.hurried {
            self.hurry(callback, due);
        }
        for erasure in batch.erasures {
            self.erase(erasure);
        }
        for removal in batch.removals {
            self.remove(removal);
        }
        for project in batch.projects {
            self.projects.insert(project.id, project);
        }
        for change in batch.entries {
            match change {
                EntryChange::Put(Entry::OptOut(it)) => {
                    let entry = Entry::OptOut(it);
                    self.entries.entry(Place::of(&entry)).or_insert(entry);
                }
                EntryChange::Put(entry) => drop(self.entries.insert(Place::of(&entry), entry)),
                EntryChange::Remove(entry) => drop(self.entries.remove(&Place::of(&entry))),
            }
        }
        if let Some(rebase) = batch.rebase {
            self.rebase(rebase.micros);
            self.rebased_micros = rebase.total_micros;
        }
        if let Some(number) = batch.kept_until {
            self.kept_until = number;
            self.kept = self.kept.split_off(&(number + 1));
        }
    }

    fn add(&mut self, callback: Callback) {
        let position = callback.position;
        self.positions.insert(callback.id, position);
        let of_resource = self.of_resource.entry(callback.resource).or_default();
        of_resource.push(position);
        of_resource.sort_unstable();
        self.index(&callback);
        let kept = Kept {
            callback,
            attempts: Vec::new(),
            words: Words::Kept,
        };
        self.callbacks.insert(position, kept);
    }

    fn settle(&mut self, outcome: Outcome) {
        let Some(position) = self.positions.get(&outcome.callback).copied() else {
            return;
        };
        self.change(position, |callback| {
            callback.state = outcome.state;
            callback.due = outcome.due;
            callback.attempts = outcome.attempts;
            callback.first_failed_at = outcome.first_failed_at;
            callback.settled_at = outcome.settled_at;
        });
        let (Some(mut attempt), Some(kept)) = (outcome.attempt, self.callbacks.get_mut(&position))
        else {
            return;
        };
        if let (Words::Erased, Some(answer)) = (kept.words, &mut attempt.answer) {
            blank(answer);
        }
        if kept
            .attempts
            .iter()
            .all(|other| other.number != attempt.number)
        {
            kept.attempts.push(attempt);
            kept.attempts.sort_by_key(|attempt| attempt.number);
        }
    }

    fn replay(&mut self, replay: &ReplayOrder) {
        let Some(position) = self.positions.get(&replay.callback).copied() else {
            return;
        };
        self.change(position, |callback| {
            if callback.settled_at.take().is_some() {
                callback.state = CallbackState::Aside;
                callback.due = replay.due;
                callback.first_failed_at = None;
                callback.replay = Some(Replay {
                    at: replay.at,
                    attempts_before: callback.attempts,
                });
            }
        });
    }

    fn hurry(&mut self, callback: CallbackId, due: Timestamp) {
        if let Some(position) = self.positions.get(&callback).copied() {
            self.change(position, |callback| match callback.state {
                CallbackState::Aside => callback.due = due,
                CallbackState::Pending
                | CallbackState::Delivered
                | CallbackState::Failed
                | CallbackState::Canceled => {}
            });
        }
    }

    fn erase(&mut self, erasure: Erasure) {
        let changes = self.changes.get_mut(&erasure.resource);
        let changes = changes.into_iter().flatten().map(|it| &mut it.news);
        let rejected = self.rejected.get_mut(&erasure.resource);
        let rejected = rejected.into_iter().flatten().map(|it| &mut it.news);
        changes.chain(rejected).for_each(News::redact);
        for (id, body) in erasure.bodies {
            let position = self.positions.get(&id);
            let Some(kept) = position.and_then(|at| self.callbacks.get_mut(at)) else {
                continue;
            };
            kept.callback.body = body;
            kept.words = Words::Erased;
            let answers = kept.attempts.iter_mut();
            answers.filter_map(|it| it.answer.as_mut()).for_each(blank);
        }
    }

    fn rebase(&mut self, by: i64) {
        for step in self.steps.values_mut() {
            step.due = step.due.shifted(by);
        }
        for entry in self.entries.values_mut() {
            if let Entry::Meter(meter) = entry {
                let reading = &mut Arc::make_mut(meter).reading;
                reading.at = reading.at.shifted(by);
            }
        }
        let pending = self.pending.values().flatten().copied();
        let aside = self.aside.iter().map(|(_, at)| *at);
        let unsettled: Vec<u64> = pending.chain(aside).collect();
        for position in unsettled {
            self.change(position, |callback| {
                callback.due = callback.due.shifted(by);
                callback.recorded_at = callback.recorded_at.shifted(by);
            });
        }
    }

    /// Changes a callback and its places in what is owed.
    fn change(&mut self, position: u64, change: impl FnOnce(&mut Callback)) {
        let Some(kept) = self.callbacks.get_mut(&position) else {
            return;
        };
        let before = kept.callback.clone();
        change(&mut kept.callback);
        let after = kept.callback.clone();
        self.unindex(&before);
        self.index(&after);
    }

    fn index(&mut self, callback: &Callback) {
        match callback.state {
            CallbackState::Pending => {
                let owed = (callback.project, Arc::clone(&callback.destination));
                let pending = self.pending.entry(owed).or_default();
                pending.insert(callback.position);
            }
            CallbackState::Aside => {
                self.aside.insert((callback.due, callback.position));
            }
            CallbackState::Delivered | CallbackState::Failed | CallbackState::Canceled => {}
        }
    }

    fn unindex(&mut self, callback: &Callback) {
        match callback.state {
            CallbackState::Pending => {
                let owed = (callback.project, Arc::clone(&callback.destination));
                if let Some(pending) = self.pending.get_mut(&owed) {
                    pending.remove(&callback.position);
                    if pending.is_empty() {
                        self.pending.remove(&owed);
                    }
                }
            }
            CallbackState::Aside => {
                self.aside.remove(&(callback.due, callback.position));
            }
            CallbackState::Delivered | CallbackState::Failed | CallbackState::Canceled => {}
        }
    }

    fn callback(&self, position: u64) -> Callback {
        self.callbacks[&position].callback.clone()
    }
}

fn blank(answer: &mut Answer) {
    answer.headers.clear();
    answer.excerpt.clear();
}

/// Whether a callback is one of those asked for, wherever it stands.
fn asked(query: &CallbackQuery, kept: &Kept) -> bool {
    let it = &kept.callback;
    let code = |attempt: &Attempt| match &attempt.result {
        AttemptResult::Accepted => None,
        AttemptResult::Failed { code, .. } => Some(code.as_str().to_owned()),
    };
    let destination = query.destination.as_deref();
    it.project == query.project
        && query.resource.is_none_or(|sid| sid == it.resource)
        && destination.is_none_or(|wanted| wanted == &*it.destination)
        && query.state.is_none_or(|state| state == it.state)
        && query.from.is_none_or(|from| it.recorded_at >= from)
        && query.until.is_none_or(|until| it.recorded_at < until)
        && (query.error.is_none() || kept.attempts.iter().any(|one| code(one) == query.error))
}

/// Where an entry stands among the others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Number(Sid),
    Application(Sid),
    OptOut(ProjectId, Arc<str>, Arc<str>),
    Meter(ProjectId, Arc<str>),
    Scenario(Sid),
}

impl Place {
    fn of(entry: &Entry) -> Self {
        match entry {
            Entry::Number(number) => Self::Number(number.sid),
            Entry::Application(application) => Self::Application(application.sid),
            Entry::OptOut(it) => {
                Self::OptOut(it.project, Arc::clone(&it.number), Arc::clone(&it.party))
            }
            Entry::Meter(it) => Self::Meter(it.project, Arc::clone(&it.name)),
            Entry::Scenario(it) => Self::Scenario(it.sid),
        }
    }

    fn sid(&self) -> Option<[u8; 16]> {
        match self {
            Self::Number(sid) | Self::Application(sid) | Self::Scenario(sid) => {
                Some(*sid.as_bytes())
            }
            Self::OptOut(..) | Self::Meter(..) => None,
        }
    }
}
