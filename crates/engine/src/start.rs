//! Starting and stopping the engine.
//!
//! Called by the command line and by tests. The recorder and the dispatcher are one task
//! each; both are tracked, and an end that nobody asked for is noticed.

use std::sync::Arc;
use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use ringback_store::{Store, StoreError};
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::directory::Directory;
use crate::dispatcher::{self, Dispatcher, Limits};
use crate::errand::{self, Runner};
use crate::feed;
use crate::handle::Engine;
use crate::intake::STREAMED;
use crate::metrics::Metrics;
use crate::network::Network;
use crate::projects::Projects;
use crate::recorder::{self, Recorder};
use crate::transport::Transport;

/// How many commands may wait. A group takes up to 1,000, so that the next two can fill
/// while one is committed.
const COMMANDS: usize = 2_048;

/// How many outcomes, and how many groups for the dispatcher, may wait.
const OUTCOMES: usize = 2_048;
const RECORDED: usize = 64;

/// How many questions to the dispatcher may wait.
const QUESTIONS: usize = 16;
const INQUIRIES: usize = 64;

/// What an engine is made of.
pub struct EngineConfig {
    /// Who may use it.
    pub projects: Projects,
    /// What remembers.
    pub store: Arc<dyn Store>,
    /// What carries resources out.
    pub network: Arc<dyn Network>,
    /// What makes attempts.
    pub transport: Arc<dyn Transport>,
    /// What time it is.
    pub clock: Clock,
    /// Where ids and jitter are drawn from.
    pub seed: u64,
    /// What the dispatcher may take.
    pub limits: Limits,
    /// How long resources are kept to which nothing happens any more; for ever, if it is not
    /// said.
    pub retain: Option<Duration>,
}

/// The tasks of an engine.
#[derive(Debug)]
pub struct Running {
    stop: CancellationToken,
    recorder: JoinHandle<()>,
    dispatcher: JoinHandle<()>,
}

/// Whether everything under way came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drained {
    /// It did.
    Whole,
    /// Some attempts were given up; their callbacks are sent again after the next start.
    Partly,
}

impl Engine {
    /// Starts an engine over what its store remembers: what is owed is delivered, what the
    /// network had begun goes on.
    pub async fn start(config: EngineConfig) -> Result<(Self, Running), StoreError> {
        let (commands, command_queue) = mpsc::channel(COMMANDS);
        let (outcomes, outcome_queue) = mpsc::channel(OUTCOMES);
        let (groups, group_queue) = mpsc::channel(RECORDED);
        let (questions, question_queue) = mpsc::channel(QUESTIONS);
        let (inquiries, inquiry_queue) = mpsc::channel(INQUIRIES);
        let (feed, _) = broadcast::channel(feed::BACKLOG);
        let metrics = Arc::<Metrics>::default();
        let stop = CancellationToken::new();
        let (done, done_queue) = mpsc::channel(errand::DONE);
        let runner = Runner::new(
            Arc::clone(&config.transport),
            config.projects.clone(),
            config.clock.clone(),
            done,
            stop.clone(),
        );
        let directory = Directory::default();
        let recorder = Recorder::open(recorder::Parts {
            projects: config.projects.clone(),
            directory: directory.clone(),
            store: Arc::clone(&config.store),
            network: config.network,
            clock: config.clock.clone(),
            seed: config.seed,
            retain: config.retain,
            commands: command_queue,
            outcomes: outcome_queue,
            runner,
            done: done_queue,
            dispatcher: groups,
            feed: feed.clone(),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        })
        .await?;
        let dispatcher = Dispatcher::new(dispatcher::Parts {
            projects: config.projects.clone(),
            store: Arc::clone(&config.store),
            transport: config.transport,
            clock: config.clock.clone(),
            limits: config.limits,
            rng: ChaCha8Rng::seed_from_u64(config.seed.wrapping_add(1)),
            last_position: recorder.last_position(),
            delivery: recorder.delivery(),
            recorded: group_queue,
            inquiries: inquiry_queue,
            outcomes,
            questions: question_queue,
            stop: stop.clone(),
        });
        let engine = Self {
            commands,
            questions,
            inquiries,
            streamed: Arc::new(Semaphore::new(STREAMED)),
            feed,
            store: config.store,
            projects: config.projects,
            directory,
            clock: config.clock,
            metrics,
        };
        let running = Running {
            stop,
            recorder: tokio::spawn(recorder.run()),
            dispatcher: tokio::spawn(dispatcher.run()),
        };
        Ok((engine, running))
    }
}

impl Running {
    /// Waits until a task ends that should not have: then the process must end too.
    pub async fn failed(&mut self) {
        tokio::select! {
            _ = &mut self.recorder => {}
            _ = &mut self.dispatcher => {}
        }
    }

    /// Stops: takes nothing new, lets attempts under way come to their end within `bound`,
    /// and commits what became of them. What is left waits in the store.
    pub async fn drain(mut self, bound: Duration) -> Drained {
        self.stop.cancel();
        match (
            end(&mut self.dispatcher, bound).await,
            end(&mut self.recorder, bound).await,
        ) {
            (Drained::Whole, Drained::Whole) => Drained::Whole,
            (Drained::Partly, _) | (_, Drained::Partly) => Drained::Partly,
        }
    }
}

/// Waits for a task's end; ends it if that takes longer than `bound`.
async fn end(task: &mut JoinHandle<()>, bound: Duration) -> Drained {
    if task.is_finished() {
        return Drained::Whole;
    }
    match timeout(bound, &mut *task).await {
        Ok(_) => Drained::Whole,
        Err(_) => {
            task.abort();
            Drained::Partly
        }
    }
}
