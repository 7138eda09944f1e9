//! Errands: what a network has done outside before it can take a step.
//!
//! Handed over by the recorder, each run by a task of its own, so that a slow receiver or a
//! large file holds nobody up; what they brought comes back as one more thing that waits to be
//! recorded. Nothing is kept here: the step of an errand that is dropped is in the store.

mod fetch;

use std::sync::Arc;

use ringback_domain::id::{ProjectId, Sid};
use ringback_store::Step;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::network::{Brought, Errand};
use crate::projects::Projects;
use crate::transport::Transport;

/// How many documents are fetched at once; what comes after them waits.
const FETCHES: usize = 512;

/// How many errands that are done may wait to be recorded.
pub(crate) const DONE: usize = 1_024;

/// Whose errand it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    /// Whose the resource is.
    pub(crate) project: ProjectId,
    /// Its step, which waits for it.
    pub(crate) step: Step,
    /// How many callbacks led to one another before the resource.
    pub(crate) depth: u8,
    /// Its number among all errands.
    pub(crate) number: u64,
}

/// An errand that is done.
#[derive(Debug)]
pub(crate) struct Done {
    /// The resource.
    pub(crate) resource: Sid,
    /// Its number among all errands.
    pub(crate) number: u64,
    /// What it brought.
    pub(crate) brought: Brought,
}

/// Runs errands.
#[derive(Clone)]
pub(crate) struct Runner {
    transport: Arc<dyn Transport>,
    projects: Projects,
    clock: Clock,
    done: mpsc::Sender<Done>,
    stop: CancellationToken,
    fetches: Arc<Semaphore>,
}

impl Runner {
    /// One that tells `done` of each errand, and drops all of them at `stop`.
    pub(crate) fn new(
        transport: Arc<dyn Transport>,
        projects: Projects,
        clock: Clock,
        done: mpsc::Sender<Done>,
        stop: CancellationToken,
    ) -> Self {
        let fetches = Arc::new(Semaphore::new(FETCHES));
        Self {
            transport,
            projects,
            clock,
            done,
            stop,
            fetches,
        }
    }

    /// Runs `errand` in a task of its own.
    pub(crate) fn run(&self, sender: Sender, errand: Errand) {
        let runner = self.clone();
        tokio::spawn(async move {
            let stop = runner.stop.clone();
            // A step is taken again at the next start.
            stop.run_until_cancelled(runner.carry_out(sender, errand))
                .await;
        });
    }

    async fn carry_out(self, sender: Sender, errand: Errand) {
        let brought = match errand {
            Errand::Fetch(fetch) => {
                // Never closed.
                let _permit = self.fetches.acquire().await;
                Brought::Fetched(fetch::run(&self, sender, *fetch).await)
            }
            Errand::Work(work) => Brought::Worked(work.await),
        };
        let done = Done {
            resource: sender.step.resource,
            number: sender.number,
            brought,
        };
        // Nobody listens any more once the engine has stopped.
        self.done.send(done).await.ok();
    }
}
