//! The life of one seed: processes that start, work, crash and stop, and at last a calm in
//! which everything owed is settled.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ringback_engine::{
    BreakerState, Clock, Deliveries, Drained, Engine, EngineConfig, Projects, Running,
};
use ringback_store::{Batch, Store};
use ringback_testing::scripted_network::ScriptedNetwork;
use ringback_testing::test_engine::{START, project};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::chance::Chance;
use super::clients::Client;
use super::paths::{Path, Paths};
use super::plan::{Doing, Plan};
use super::receivers::{Mood, SimulatedTransport};
use super::store::{SimulatedStore, Weather};
use super::world::{CrashPoint, State, World};

/// How long everything that is owed may take once nothing fails any more: the longest wait is
/// four hours, and clocks that were set back while nothing ran put off what is stored.
const CALM: Duration = Duration::from_secs(12 * 3600);

/// What became of a seed.
pub(super) struct Lived {
    /// The law that was broken, if one was.
    pub(super) broken: Option<String>,
    /// Everything that happened, a line each.
    pub(super) trace: String,
    /// Which ways were gone.
    pub(super) paths: Paths,
    /// How many callbacks there were.
    pub(super) callbacks: usize,
}

impl Lived {
    /// It panicked; where, it has said.
    pub(super) fn panicked() -> Self {
        Self {
            broken: Some("it panicked".to_owned()),
            trace: String::new(),
            paths: Paths::default(),
            callbacks: 0,
        }
    }
}

/// Lives through a seed. In a paused runtime of its own.
pub(super) async fn live(seed: u64) -> Lived {
    let mut chance = Chance::new(seed);
    let plan = Plan::draw(&mut chance);
    let world = Arc::new(World::new(chance, plan.laws()));
    let mut life = Life::begin(seed, plan, Arc::clone(&world)).await;
    life.turbulence().await;
    if world.broken().is_none() {
        life.calm().await;
    }
    let (trace, paths) = world.told();
    Lived {
        broken: world.broken(),
        trace,
        paths,
        callbacks: world.with(|state| state.laws.callbacks()),
    }
}

struct Life {
    seed: u64,
    plan: Plan,
    world: Arc<World>,
    clock: Clock,
    engine: Engine,
    /// Its tasks; none between two processes.
    running: Option<Running>,
    clients: JoinSet<()>,
}

impl Life {
    async fn begin(seed: u64, plan: Plan, world: Arc<World>) -> Self {
        let projects = plan.projects.iter();
        let projects = projects.map(|(id, settings)| project(*id, "one", settings.clone()));
        let batch = Batch {
            projects: projects.collect(),
            ..Batch::default()
        };
        world
            .disk
            .commit(batch)
            .await
            .expect("a disk in memory takes projects");
        let clock = Clock::starting_at(START);
        let (engine, running, clock) = start(seed, &plan, &world, clock).await;
        Self {
            seed,
            plan,
            world,
            clock,
            engine,
            running: Some(running),
            clients: JoinSet::new(),
        }
    }

    /// Everything happens, and goes wrong.
    async fn turbulence(&mut self) {
        for _ in 0..self.plan.doings {
            let gap = self
                .world
                .with(|state| state.chance.millis(0..self.plan.gap_ms));
            self.wait(gap).await;
            if self.world.broken().is_some() {
                return;
            }
            let doing = self.world.with(|state| self.plan.doing(&mut state.chance));
            self.act(doing).await;
            self.act(Doing::Look).await;
        }
    }

    async fn act(&mut self, doing: Doing) {
        let client = Client {
            world: Arc::clone(&self.world),
            engine: self.engine.clone(),
            projects: self.plan.projects.keys().copied().collect(),
            destinations: self.plan.destinations,
        };
        let clients = &mut self.clients;
        match doing {
            Doing::Create => drop(clients.spawn(client.create())),
            Doing::Report => drop(clients.spawn(client.report())),
            Doing::Offer => drop(clients.spawn(client.offer())),
            Doing::ReuseEvent => drop(clients.spawn(client.reuse_event())),
            Doing::Erase => drop(clients.spawn(client.erase())),
            Doing::Retry => drop(clients.spawn(client.retry())),
            Doing::Replay => drop(clients.spawn(client.replay())),
            Doing::Rotate => drop(clients.spawn(client.rotate())),
            Doing::Mood => self.world.with(|state| {
                let host = state.chance.number(0..self.plan.destinations);
                let mood = Mood::draw(&mut state.chance);
                state.trace(format_args!("host{host} is {mood:?}"));
                state
                    .moods
                    .insert(format!("https://host{host}.example"), mood);
            }),
            Doing::Weather => self.world.with(|state| {
                state.weather = Weather::draw(&mut state.chance);
                let weather = state.weather.clone();
                state.trace(format_args!("{weather:?}"));
            }),
            Doing::ArmCrash => self.world.with(|state| {
                let point = state.chance.pick(&CrashPoint::ALL);
                let times = state.chance.pick(&[0, 0, 1, 3]);
                state.crash_at = Some((point, times));
            }),
            Doing::Crash => {
                self.world.with(|state| {
                    state.paths.went(Path::CrashAnywhere);
                    state.crash("anywhere");
                });
                self.restart().await;
            }
            Doing::Stop => self.stop().await,
            Doing::StepWall => self.world.with(|state| {
                let seconds = state.chance.pick(&[-3_600, -60, -4, 4, 60, 3_600, 7_200]);
                state.trace(format_args!("the wall clock steps by {seconds} s"));
                self.clock.step_wall(seconds * 1_000_000);
            }),
            Doing::Look => drop(clients.spawn(client.look())),
        }
    }

    /// Waits; a process that crashes meanwhile is followed by another.
    async fn wait(&mut self, time: Duration) {
        tokio::select! {
            biased;
            () = self.world.crashed.notified() => self.restart().await,
            () = sleep(time) => {}
        }
    }

    /// Stops the process in good order, within some time.
    async fn stop(&mut self) {
        let pick = |chance: &mut Chance| chance.pick(&[0, 1, 500, 20_000]);
        let bound = Duration::from_millis(self.world.with(|state| pick(&mut state.chance)));
        let process = self.world.with(|state| state.process);
        let drained = self.end(bound).await;
        self.world.with(|state| {
            if state.process == process {
                state.trace(format_args!("stopped: {drained:?}"));
                state.paths.went(match drained {
                    Drained::Whole => Path::DrainedWhole,
                    Drained::Partly => Path::DrainedPartly,
                });
                state.end_process();
            }
        });
        self.restart().await;
    }

    /// Lets the tasks of the process end.
    async fn end(&mut self, bound: Duration) -> Drained {
        let Some(mut running) = self.running.take() else {
            return Drained::Whole;
        };
        if running.failed().now_or_never().is_some() {
            let law = "a task of the engine ended by itself".to_owned();
            self.world.with(|state| state.breaks(law));
            return Drained::Partly;
        }
        running.drain(bound).await
    }

    /// The process has ended, or crashed: after a while there is another.
    async fn restart(&mut self) {
        // Of a process that has crashed nothing has any effect any more: it only has to go.
        self.end(Duration::ZERO).await;
        self.clients.abort_all();
        while self.clients.join_next().await.is_some() {}
        let down = self.world.with(|state| {
            let seconds = if state.chance.one_in(12) {
                state.paths.went(Path::DownForDays);
                state.chance.number(70 * 3_600..75 * 3_600)
            } else {
                state.chance.pick(&[0, 0, 1, 30])
            };
            Duration::from_secs(seconds)
        });
        sleep(down).await;
        // While nothing ran its clock went on, with all that was set.
        let clock = Clock::starting_at(self.clock.wall());
        let (engine, running, clock) = start(self.seed, &self.plan, &self.world, clock).await;
        (self.engine, self.running, self.clock) = (engine, Some(running), clock);
    }

    /// Nothing fails any more: what is owed is settled, what was not told is told.
    async fn calm(&mut self) {
        self.world.with(|state| {
            state.trace(format_args!("calm"));
            state.moods.clear();
            state.weather = Weather::fine();
            state.crash_at = None;
        });
        self.wait(Duration::from_secs(60)).await;
        let mut waited = Duration::ZERO;
        let mut step = Duration::from_millis(100);
        while !self.is_settled().await {
            if waited > CALM {
                return self.world.with(|state| {
                    let owed = state.laws.unsettled();
                    state.breaks(format!("what is owed is not settled in time: {owed:?}"));
                });
            }
            if !self.world.with(|state| state.known.has_told_all()) && self.clients.is_empty() {
                self.act(Doing::Offer).await;
            }
            self.wait(step).await;
            while self.clients.try_join_next().is_some() {}
            waited += step;
            step = (2 * step).min(Duration::from_secs(60));
        }
        let deliveries = self.engine.deliveries().await.unwrap_or_default();
        self.world.with(|state| {
            state.look(&deliveries);
            if (deliveries.held, deliveries.in_flight) != (0, 0) {
                state.breaks(format!("nothing is owed, and there is {deliveries:?}"));
            }
        });
        let drained = self.end(Duration::from_secs(60)).await;
        self.world.with(|state| {
            if drained == Drained::Partly {
                state.breaks("it does not stop, and nothing is under way".to_owned());
            }
            let found = state.laws.ended(&self.world.disk);
            state.take(found);
        });
    }

    async fn is_settled(&self) -> bool {
        let told = self.world.with(|state| state.known.has_told_all());
        told && self
            .world
            .disk
            .unsettled()
            .await
            .is_ok_and(|count| count == 0)
    }
}

impl State {
    /// Holds what the dispatcher has in hand against what it may have.
    pub(super) fn look(&mut self, deliveries: &Deliveries) {
        let all = deliveries.destinations.len();
        if deliveries.in_flight > deliveries.in_flight_most {
            self.breaks(format!("more is under way than may be: {deliveries:?}"));
        }
        // Each may hold one callback, of some two thousand bytes at most.
        let (held, held_bytes) = (deliveries.held, deliveries.held_bytes);
        let bytes = 2 * deliveries.window_bytes + (all + 1) * 2_048;
        if held > 2 * deliveries.window + all || held_bytes > bytes {
            self.breaks(format!("more is held than may be: {deliveries:?}"));
        }
        if held >= deliveries.window {
            self.paths.went(Path::FullWindow);
        }
        for gauge in &deliveries.destinations {
            let refuses = gauge.breaker != BreakerState::Admits;
            let paused = gauge.paused_for.is_some();
            let looks = [
                (gauge.more_on_disk, Path::OnDisk),
                (gauge.more_on_disk && (refuses || paused), Path::Parked),
                (refuses, Path::BreakerRefuses),
                (gauge.breaker == BreakerState::Probes, Path::BreakerProbes),
                (paused, Path::Paused),
                (gauge.limit < 8 && gauge.limit > 0, Path::LimitFell),
            ];
            for (_, path) in looks.into_iter().filter(|(is, _)| *is) {
                self.paths.went(path);
            }
        }
    }
}

/// Starts a process; one that crashes while it starts is followed by another.
async fn start(
    seed: u64,
    plan: &Plan,
    world: &Arc<World>,
    clock: Clock,
) -> (Engine, Running, Clock) {
    loop {
        let process = world.with(|state| {
            state.laws.process_began(state.now);
            state.trace(format_args!("start"));
            state.process
        });
        let clock = Clock::starting_at(clock.wall());
        let projects = world.disk.projects().await;
        let config = EngineConfig {
            projects: Projects::new(projects.expect("a disk in memory can be read")),
            store: Arc::new(SimulatedStore::new(Arc::clone(world), process)),
            network: Arc::new(ScriptedNetwork { pace: plan.pace }),
            transport: Arc::new(SimulatedTransport::new(Arc::clone(world), process)),
            clock: clock.clone(),
            seed: seed.wrapping_mul(1_000).wrapping_add(process.into()),
            limits: plan.limits,
            retain: None,
        };
        tokio::select! {
            biased;
            () = world.crashed.notified() => {}
            started = Engine::start(config) => match started {
                Ok((engine, running)) => return (engine, running, clock),
                // Whoever looks after processes tries again.
                Err(_) => sleep(Duration::from_secs(1)).await,
            },
        }
    }
}
