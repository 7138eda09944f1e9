//! Any sequence of batches reads back from the file as it does from a model of it.
//!
//! The model is the store in memory, which the contract holds to the same promises. A failure
//! prints what led to it, and is kept to be tried first the next time.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use ringback_domain::call::CallStatus;
use ringback_domain::callback::{CallbackState, Encoding};
use ringback_domain::change::Status;
use ringback_domain::id::{CallbackId, Sid};
use ringback_domain::message::MessageStatus;
use ringback_domain::resource::{Kind, Presence, Resource};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Erasure, Outcome, Rebase, ReplayOrder, Step, Store};
use ringback_testing::memory_store::MemoryStore;

use crate::everything::Everything;
use crate::fixture::{
    HERE, THERE, WORDS_OF_STATUSES, answered, at, call, callback, callback_id, ended, folder, news,
    project, resource, sid, told, unanswered,
};

/// One thing that a batch does. A number picks one of what there is already.
#[derive(Clone, Debug)]
pub enum Act {
    New(Kind),
    Report(usize, &'static str),
    Delete(usize),
    Step(usize, Option<(i64, u32, u64)>),
    Callback(usize, bool, CallbackState),
    Outcome(usize, CallbackState, i64, bool),
    Replay(usize, i64),
    Hurry(usize, i64),
    Erase(usize),
    ClockSteps(i64),
}

/// What happens between two readings.
#[derive(Clone, Debug)]
enum Event {
    Commit(Vec<Act>),
    Reopen,
}

/// Turns acts into batches that a recorder could have made.
#[derive(Default)]
pub struct World {
    resources: Vec<Resource>,
    /// The attempts made for each callback, the first callback being at position 1.
    attempts: Vec<u32>,
    owners: Vec<Sid>,
}

impl World {
    pub fn batch(&mut self, acts: &[Act]) -> Batch {
        let mut batch = Batch::default();
        let mut touched = BTreeMap::new();
        for act in acts {
            self.act(act, &mut batch, &mut touched);
        }
        batch.resources = touched.into_values().collect();
        batch
    }

    fn act(&mut self, act: &Act, batch: &mut Batch, touched: &mut BTreeMap<u64, Resource>) {
        let next = self.resources.len() as u64 + 1;
        let mut touch = |resource: &Resource| {
            touched.insert(resource.ordinal, resource.clone());
        };
        match act {
            Act::New(kind) => {
                let (resource, change) = match kind {
                    Kind::Call => call(next, Some(1)),
                    kind => resource(*kind, next),
                };
                touch(&resource);
                self.resources.push(resource);
                batch.changes.push(change);
            }
            Act::Report(which, word) => {
                let Some(resource) = pick(&mut self.resources, *which) else {
                    return;
                };
                // A word that its kind does not have: a report that is refused.
                let news = match resource.kind().status(word) {
                    Some(Status::Call(CallStatus::Busy)) => ended(),
                    Some(Status::Message(status)) => told(status),
                    Some(status) => news(status),
                    None if resource.kind() == Kind::Call => told(MessageStatus::Failed),
                    None => ended(),
                };
                match resource.report(news, at(40)) {
                    Ok(change) => batch.changes.push(change),
                    Err(rejected) => batch.rejected.push(*rejected),
                }
                touch(resource);
            }
            Act::Delete(which) => {
                if let Some(resource) = pick(&mut self.resources, *which) {
                    resource.presence = Presence::Deleted;
                    resource.redact(at(41));
                    touch(resource);
                }
            }
            Act::Step(which, step) => {
                if let Some(resource) = pick(&mut self.resources, *which) {
                    let step = step.map(|(due, number, draw)| Step {
                        resource: resource.sid,
                        due: at(due),
                        number,
                        draw,
                    });
                    batch.steps.push((resource.sid, step));
                }
            }
            Act::Callback(..)
            | Act::Outcome(..)
            | Act::Replay(..)
            | Act::Hurry(..)
            | Act::Erase(_) => self.owe(act, batch),
            Act::ClockSteps(by) => {
                batch.rebase = Some(Rebase {
                    micros: *by,
                    total_micros: *by,
                });
            }
        }
    }

    fn owe(&mut self, act: &Act, batch: &mut Batch) {
        let position = self.attempts.len() as u64 + 1;
        match act {
            Act::Callback(which, here, state) => {
                if let Some(resource) = pick(&mut self.resources, *which) {
                    let to = if *here { HERE } else { THERE };
                    let mut callback = callback(position, resource.ordinal, to);
                    callback.state = *state;
                    if position.is_multiple_of(3) {
                        callback.encoding = Encoding::Json;
                    }
                    callback.project = project(1 + position % 2);
                    batch.callbacks.push(callback);
                    self.attempts.push(0);
                    self.owners.push(resource.sid);
                }
            }
            Act::Outcome(which, state, due, accepted) => {
                let Some(number) = pick(&mut self.attempts, *which) else {
                    return;
                };
                *number += 1;
                let number = *number;
                let n = position_of(*which, self.attempts.len());
                let attempt = match accepted {
                    true => answered(n, number),
                    false => unanswered(n, number),
                };
                batch.outcomes.push(Outcome {
                    callback: callback_id(n),
                    position: n,
                    state: *state,
                    due: at(*due),
                    attempts: number,
                    first_failed_at: (!accepted).then(|| at(50)),
                    settled_at: state.is_settled().then(|| at(51)),
                    attempt: Some(attempt),
                });
            }
            Act::Replay(which, due) if position > 1 => batch.replays.push(ReplayOrder {
                callback: callback_id(position_of(*which, self.attempts.len())),
                at: at(52),
                due: at(*due),
            }),
            Act::Hurry(which, due) if position > 1 => {
                let n = position_of(*which, self.attempts.len());
                batch.hurried.push((callback_id(n), at(*due)));
            }
            Act::Erase(which) => {
                if let Some(owner) = pick(&mut self.owners, *which).copied() {
                    let n = position_of(*which, self.owners.len());
                    batch.erasures.push(Erasure {
                        resource: owner,
                        bodies: vec![(callback_id(n), Arc::from("Body="))],
                    });
                }
            }
            _ => {}
        }
    }

    pub async fn read(&self, store: &dyn Store) -> Everything {
        let sids: Vec<Sid> = (0..=self.resources.len() as u64).map(sid).collect();
        let positions = 0..=self.attempts.len() as u64;
        let callbacks: Vec<CallbackId> = positions.map(callback_id).collect();
        Everything::read(store, &sids, &callbacks).await
    }
}

fn pick<T>(from: &mut [T], which: usize) -> Option<&mut T> {
    let len = from.len().max(1);
    from.get_mut(which % len)
}

fn position_of(which: usize, count: usize) -> u64 {
    (which % count) as u64 + 1
}

pub fn acts() -> impl Strategy<Value = Act> {
    let which = || 0..64_usize;
    let state = || select(CallbackState::ALL.to_vec());
    let new = prop_oneof![
        2 => Just(Kind::Message),
        1 => Just(Kind::Call),
        2 => select(Kind::ALL.to_vec()),
    ];
    let step = prop::option::of((0..100_i64, any::<u32>(), any::<u64>()));
    prop_oneof![
        3 => new.prop_map(Act::New),
        4 => (which(), select(WORDS_OF_STATUSES.to_vec())).prop_map(|(which, word)| Act::Report(which, word)),
        1 => which().prop_map(Act::Delete),
        3 => (which(), step).prop_map(|(which, step)| Act::Step(which, step)),
        4 => (which(), any::<bool>(), state())
            .prop_map(|(which, here, state)| Act::Callback(which, here, state)),
        4 => (which(), state(), 0..100_i64, any::<bool>())
            .prop_map(|(which, state, due, accepted)| Act::Outcome(which, state, due, accepted)),
        1 => (which(), 0..100_i64).prop_map(|(which, due)| Act::Replay(which, due)),
        1 => (which(), 0..100_i64).prop_map(|(which, due)| Act::Hurry(which, due)),
        1 => which().prop_map(Act::Erase),
        1 => (-1_000_000_i64..1_000_000).prop_map(Act::ClockSteps),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        6 => vec(acts(), 0..24).prop_map(Event::Commit),
        1 => Just(Event::Reopen),
    ];
    vec(event, 1..10)
}

async fn check(events: &[Event]) {
    let dir = folder();
    let model = MemoryStore::new();
    let mut store = SqliteStore::open(dir.path()).unwrap();
    let mut world = World::default();
    for event in events {
        match event {
            Event::Commit(acts) => {
                let batch = world.batch(acts);
                model.commit(batch.clone()).await.unwrap();
                store.commit(batch).await.unwrap();
            }
            Event::Reopen => {
                store.close().await;
                store = SqliteStore::open(dir.path()).unwrap();
            }
        }
        let expected = world.read(&model).await;
        assert_eq!(world.read(&store).await, expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_sequence_of_batches_reads_back_as_from_a_model(events in events()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(&events));
    }
}
