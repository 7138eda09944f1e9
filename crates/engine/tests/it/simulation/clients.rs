//! The clients of the simulation: who creates, reports, erases, asks again.
//!
//! Each is a task of its own, so that several wait for one commit. What is acknowledged must be
//! on the disk by then, and what was told before must be told alike.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::callback::CallbackState;
use ringback_domain::change::News;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::MessageFacts;
use ringback_domain::message::MessageStatus::{
    self, Delivered, Failed, Queued, Sending, Sent, Undelivered,
};
use ringback_domain::project::Secret;
use ringback_domain::resource::NewResource;
use ringback_domain::subscription::{Method, Subscription};
use ringback_domain::verdict::Verdict;
use ringback_engine::intake::Taken;
use ringback_engine::replay::{Resent, Run};
use ringback_engine::{Engine, Erase, Hold, Order};
use ringback_store::{CallbackQuery, Direction, Store as _};
use ringback_testing::test_engine::order;
use tokio::time::sleep;

use super::chance::Chance;
use super::laws::HELD;
use super::paths::Path;
use super::platform::Line;
use super::world::{State, World};

pub(super) const STATUSES: [MessageStatus; 6] =
    [Queued, Sending, Sent, Delivered, Undelivered, Failed];

/// What clients remember, whatever becomes of the processes that they talk to.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Resources whose creation was acknowledged.
    sids: Vec<(ProjectId, Sid)>,
    /// Reports that were not acknowledged yet, by the number of their event.
    pub(super) untold: BTreeMap<u64, Line>,
    /// What was said of those that were.
    pub(super) told: BTreeMap<u64, (Line, Taken)>,
    /// How many events there were.
    pub(super) events: u64,
    /// Whether somebody changes a project: one at a time does, as `ringback project` sees to.
    pub(super) rotating: bool,
}

impl Known {
    /// Whether every report was acknowledged.
    pub(super) fn has_told_all(&self) -> bool {
        self.untold.is_empty()
    }
}

/// A client, with the engine that it talks to.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) world: Arc<World>,
    pub(super) engine: Engine,
    pub(super) projects: Vec<ProjectId>,
    /// How many destinations there are.
    pub(super) destinations: u64,
}

impl Client {
    /// Creates a message, perhaps with a hold.
    pub(super) async fn create(self) {
        let (project, order, hold_ms) = self.world.with(|state| {
            let mut order = order(&self.url(&mut state.chance));
            if state.chance.one_in(5) {
                let further = order.subscriptions[0].clone();
                let url = self.url(&mut state.chance);
                order.subscriptions.push(Subscription { url, ..further });
            }
            if state.chance.one_in(6) {
                order.subscriptions[0].method = Method::Get;
            }
            let held = state.chance.one_in(3);
            let held = held.then(|| state.chance.pick(&[0, 1, 50, 4_000]));
            (state.chance.pick(&self.projects), order, held)
        });
        let (hold, release) = Hold::new();
        let (order, hold) = match hold_ms {
            Some(_) => (from(order, HELD), hold),
            None => (order, Hold::none()),
        };
        let created = self.engine.create(project, order, hold).await;
        let Ok(resource) = created else {
            return self.unacknowledged("create");
        };
        let sid = resource.sid;
        let changes = self.world.disk.changes(sid).await;
        self.world.with(|state| {
            state.trace(format_args!("created {sid}"));
            state.paths.went(Path::Created);
            state.known.sids.push((project, sid));
            if changes.is_ok_and(|changes| changes.is_empty()) {
                state.breaks(format!("{sid} is acknowledged and not recorded"));
            }
        });
        let Some(millis) = hold_ms else { return };
        sleep(Duration::from_millis(millis)).await;
        self.world.with(|state| {
            state.paths.went(Path::Held);
            state.laws.released(sid);
        });
        drop(release);
    }

    /// Reports a status of a message.
    pub(super) async fn report(self) {
        let Some((project, sid)) = self.some_sid() else {
            return;
        };
        let status = self.world.with(|state| state.chance.pick(&STATUSES));
        let news = News::Message(status, MessageFacts::default());
        let Ok(reported) = self.engine.report(project, sid, news).await else {
            return self.unacknowledged("report");
        };
        self.recorded(sid, reported.seq, status).await;
        self.world.with(|state| {
            state.trace(format_args!("reported {sid} {status:?} {reported:?}"));
            state.paths.went(match reported.verdict {
                Verdict::Accepted(_) => Path::Reported,
                Verdict::Repeat => Path::Repeated,
                Verdict::Late => Path::Late,
                Verdict::Conflict | Verdict::Refused => Path::Conflicting,
            });
        });
    }

    /// Redacts or deletes a message.
    pub(super) async fn erase(self) {
        let Some((project, sid)) = self.some_sid() else {
            return;
        };
        let pick = |state: &mut State| state.chance.pick(&[Erase::Redact, Erase::Delete]);
        let how = self.world.with(pick);
        self.world.with(|state| state.laws.erases(sid));
        if self.engine.erase(project, sid, how).await.is_err() {
            return self.unacknowledged("erase");
        }
        self.world.with(|state| {
            state.trace(format_args!("erased {sid} {how:?}"));
            state.paths.went(Path::Erased);
            let found = state.laws.erased(sid, state.now);
            state.take(found);
        });
        let callbacks = self.world.disk.callbacks(sid).await.unwrap_or_default();
        if callbacks.iter().any(|it| it.body.contains("hello")) {
            self.world
                .with(|state| state.breaks(format!("{sid} is erased and has its words")));
        }
    }

    /// Sends one callback again, whatever its state.
    pub(super) async fn retry(self) {
        let Some((project, id)) = self
            .world
            .with(|state| state.laws.any_callback(&mut state.chance))
        else {
            return;
        };
        let Ok(callback) = self.engine.callback(project, id).await else {
            return self.unacknowledged("retry");
        };
        match self.engine.retry(callback).await {
            Ok(Resent::Hurried) => self.world.with(|state| {
                state.trace(format_args!("hurried {id}"));
                state.paths.went(Path::Hurried);
            }),
            Ok(Resent::Replayed) => {
                self.world
                    .with(|state| state.trace(format_args!("replayed {id}")));
            }
            Err(_) => self.unacknowledged("retry"),
        }
    }

    /// Sends settled callbacks of a project again.
    pub(super) async fn replay(self) {
        let (project, state, rate) = self.world.with(|state| {
            let settled = [
                None,
                Some(CallbackState::Failed),
                Some(CallbackState::Delivered),
            ];
            let chance = &mut state.chance;
            (
                chance.pick(&self.projects),
                chance.pick(&settled),
                chance.pick(&[1, 10, 1_000]),
            )
        });
        let query = CallbackQuery {
            project,
            resource: None,
            destination: None,
            state,
            error: None,
            from: None,
            until: None,
            direction: Direction::Forwards,
            beyond: None,
            limit: 0,
        };
        match self.engine.replay(query, rate, Run::Real).await {
            Ok(replayed) => {
                let count = replayed.count;
                self.world
                    .with(|state| state.trace(format_args!("replays {count}")));
            }
            Err(_) => self.unacknowledged("replay"),
        }
    }

    /// Gives a project another signing key.
    pub(super) async fn rotate(self) {
        let id = self.world.with(|state| {
            let alone = !std::mem::replace(&mut state.known.rotating, true);
            alone.then(|| state.chance.pick(&self.projects))
        });
        let Some(id) = id else { return };
        self.rotate_alone(id).await;
        self.world.with(|state| state.known.rotating = false);
    }

    async fn rotate_alone(&self, id: ProjectId) {
        let Some(project) = self.engine.projects().get(id) else {
            return;
        };
        let mut project = (*project).clone();
        let wall = self.engine.clock().wall();
        let keep = Duration::from_secs(60);
        project.keys.rotate(Secret::new("another"), wall, keep);
        if self.engine.put_project(project.clone()).await.is_err() {
            return self.unacknowledged("rotate");
        }
        let stored = self.world.disk.projects().await.unwrap_or_default();
        self.world.with(|state| {
            state.paths.went(Path::Rotated);
            let newest = project.keys.newest();
            let mut keys = stored.iter().flat_map(|it| it.keys.iter());
            if !keys.any(|key| key == newest) {
                state.breaks("a key is acknowledged and not recorded".to_owned());
            }
        });
    }

    /// Looks at what the dispatcher has in hand.
    pub(super) async fn look(self) {
        if let Some(deliveries) = self.engine.deliveries().await {
            self.world.with(|state| state.look(&deliveries));
        }
    }

    /// What is acknowledged is on the disk.
    pub(super) async fn recorded(&self, sid: Sid, seq: Option<u32>, status: MessageStatus) {
        let Some(seq) = seq else { return };
        let changes = self.world.disk.changes(sid).await.unwrap_or_default();
        let change = changes.iter().find(|change| change.seq == seq);
        let told = change.map(|change| change.news.status().as_str());
        if told != Some(status.as_str()) {
            let law = format!("{sid} {seq} is acknowledged as {status:?}, recorded as {told:?}");
            self.world.with(|state| state.breaks(law));
        }
    }

    fn some_sid(&self) -> Option<(ProjectId, Sid)> {
        self.world.with(|state| {
            let sids = &state.known.sids;
            (!sids.is_empty()).then(|| state.chance.pick(sids))
        })
    }

    pub(super) fn unacknowledged(&self, what: &str) {
        self.world.with(|state| {
            state.trace(format_args!("{what} is not acknowledged"));
            state.paths.went(Path::Unacknowledged);
        });
    }

    pub(super) fn url(&self, chance: &mut Chance) -> String {
        if chance.one_in(60) {
            return "ftp://nowhere.example/".to_owned();
        }
        let host = chance.number(0..self.destinations);
        let path = chance.pick(&["a", "b"]);
        let fragment = chance.pick(&[
            "",
            "",
            "",
            "",
            "",
            "#rc=0",
            "#rt=300",
            "#tt=2000",
            "#profile=signalwire",
        ]);
        format!("https://host{host}.example/{path}{fragment}")
    }
}

fn from(mut order: Order, from: &str) -> Order {
    if let NewResource::Message(message) = &mut order.new {
        from.clone_into(&mut message.from);
    }
    order
}
