//! The engine's handle: what may be asked of it.
//!
//! Cloned into every request handler. Each call puts one command into the recorder's queue
//! and waits until the group that it is part of is durable.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::call::Document;
use ringback_domain::change::News;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::verdict::Verdict;
use ringback_store::{Store, StoreError};
use tokio::sync::{Semaphore, broadcast, mpsc, oneshot};

use crate::clock::Clock;
use crate::directory::Directory;
use crate::dispatcher::Inquiry;
use crate::dispatcher::{Deliveries, Question};
use crate::feed::Event;
use crate::metrics::Metrics;
use crate::network::{Ask, Ending, Refusal};
use crate::projects::Projects;
use crate::recorder::Command;

/// Keeps a new resource's callbacks back until the answer to the request that created it was
/// written, so that a receiver that looks the SID up finds that its sender knows it already.
#[derive(Debug)]
pub struct Hold(pub(crate) Option<oneshot::Receiver<()>>);

/// Lets go of a [`Hold`] when it is dropped.
#[derive(Debug)]
pub struct Release(#[expect(dead_code, reason = "its drop is the signal")] oneshot::Sender<()>);

impl Hold {
    /// Nobody waits for an answer.
    pub const fn none() -> Self {
        Self(None)
    }

    /// A hold, and what lets go of it.
    pub fn new() -> (Self, Release) {
        let (sender, receiver) = oneshot::channel();
        (Self(Some(receiver)), Release(sender))
    }
}

/// A new resource, and who wants to hear of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What is asked for.
    pub new: NewResource,
    /// Who wants to hear of its changes.
    pub subscriptions: Vec<Subscription>,
    /// The application that it is created with, which hears of them if nobody else is named.
    pub application: Option<Sid>,
    /// Which changes are told where nobody is named; those that are usual, if it is not said.
    pub interest: Option<Interest>,
    /// How many callbacks led to one another before it (the request's `Ringback-Depth`).
    pub depth: u8,
    /// What was odd in the request, for the timeline.
    pub warnings: Vec<String>,
}

/// A change of a live call that an application asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallUpdate {
    /// It is to end.
    pub ending: Option<Ending>,
    /// Another URL is to hear of the changes from now on.
    pub callback_url: Option<String>,
    /// They are to be told in another way from now on.
    pub callback_method: Option<Method>,
    /// Another document is to handle it from now on.
    pub document: Option<Document>,
    /// Further parameters of the request, by name; each replaces the call's own.
    pub requested: Vec<(String, String)>,
    /// What was odd in the request, for the timeline.
    pub warnings: Vec<String>,
}

/// What came of something that was asked of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The resource as it stands now.
    pub resource: Resource,
    /// What was made for it, as it began.
    pub made: Vec<Resource>,
}

/// How the words of a resource are erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erase {
    /// The resource stays.
    Redact,
    /// It is gone from REST as well; its callbacks are still delivered.
    Delete,
    /// One piece of a message's media is gone; callbacks that are recorded still tell of it.
    Media(Sid),
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The verdict.
    pub verdict: Verdict,
    /// The number of the change, if it was accepted.
    pub seq: Option<u32>,
}

/// Why nothing was recorded, or nobody knows whether.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordError {
    /// Too much waits to be recorded. Ask again after this long.
    #[error("too much waits to be recorded")]
    Busy {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The disk is full; nothing was recorded.
    #[error("the disk is full")]
    Full,
    /// The store's files may not be written; nothing was recorded.
    #[error("the store cannot be written")]
    ReadOnly,
    /// Something stored that this touches is damaged; nothing was recorded.
    #[error("nothing was recorded")]
    Damaged {
        /// What went wrong.
        #[source]
        source: Arc<StoreError>,
    },
    /// Perhaps recorded: read before asking again.
    #[error("it is not known whether it was recorded")]
    Unsure {
        /// What went wrong.
        #[source]
        source: Arc<StoreError>,
    },
    /// The store cannot be read; nothing was recorded.
    #[error("nothing was recorded")]
    Failed {
        /// What went wrong.
        #[source]
        source: Arc<StoreError>,
    },
    /// The engine stops; nothing was recorded.
    #[error("the engine stops")]
    Stopping,
}

impl From<StoreError> for RecordError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::ReadOnly => Self::ReadOnly,
            StoreError::Damaged { .. } => Self::Damaged {
                source: Arc::new(error),
            },
            StoreError::Unsure { .. } => Self::Unsure {
                source: Arc::new(error),
            },
            StoreError::Unreadable { .. } | StoreError::Closed => Self::Failed {
                source: Arc::new(error),
            },
        }
    }
}

/// Why a resource was not created.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CreateError {
    /// No project has this id.
    #[error("there is no such project")]
    UnknownProject,
    /// The project has no application with this SID (21218).
    #[error("there is no application {sid}")]
    UnknownApplication {
        /// The one that was named.
        sid: Sid,
    },
    /// The network does not take it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What a resource's state forbids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Any change of a call that is over (10000).
    #[error("the call is over")]
    CallEnded,
    /// Cancelling a call that was answered (10000).
    #[error("the call is in progress: it can be completed, not canceled")]
    CancelInProgress,
    /// Another document for a call that is not in progress (21220).
    #[error("the call is not in progress")]
    NotInProgress,
    /// Deleting a call that is not over (20009).
    #[error("the call is not over")]
    CallRunning,
    /// Deleting a recording that is not over (20009).
    #[error("the recording is not over")]
    RecordingRunning,
    /// Deleting a transcription that is not over (20009).
    #[error("the transcription is not over")]
    TranscriptionRunning,
    /// Redacting a message that is queued or initiated (10000).
    #[error("the message is not sent yet")]
    MessageNotSent,
    /// Deleting a message that is queued (20009).
    #[error("the message is still queued")]
    MessageQueued,
    /// Deleting media of a message that is queued or initiated (20009).
    #[error("the media is not sent yet")]
    MediaNotSent,
}

/// Why a resource was not changed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpdateError {
    /// There is none with this SID in this project, or it was deleted.
    #[error("there is no such resource")]
    NotFound,
    /// Its state forbids it.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The network cannot do it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// What may be asked of the engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) questions: mpsc::Sender<Question>,
    pub(crate) inquiries: mpsc::Sender<Inquiry>,
    /// The places of streams in the recorder's queue.
    pub(crate) streamed: Arc<Semaphore>,
    pub(crate) feed: broadcast::Sender<Arc<Event>>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) projects: Projects,
    pub(crate) directory: Directory,
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
}

/// How long a client is asked to wait when the queue is full: a group takes a few
/// milliseconds, so that a second later there is room.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Too much waits.
pub(crate) const BUSY: RecordError = RecordError::Busy {
    retry_after: RETRY_AFTER,
};

impl Engine {
    /// Creates a resource. Durable, with its first callbacks, when this returns.
    pub async fn create(
        &self,
        project: ProjectId,
        order: Order,
        hold: Hold,
    ) -> Result<Resource, CreateError> {
        self.create_with_memo(project, order, None, hold).await
    }

    /// The same, of a resource of which the network is to keep `memo` from the beginning: how
    /// what is simulated is to go.
    pub async fn create_with_memo(
        &self,
        project: ProjectId,
        order: Order,
        memo: Option<Arc<str>>,
        hold: Hold,
    ) -> Result<Resource, CreateError> {
        self.ask(|answer| Command::Create {
            project,
            order,
            memo,
            hold,
            answer,
        })
        .await?
    }

    /// Takes a network's report. Durable when this returns.
    pub async fn report(
        &self,
        project: ProjectId,
        sid: Sid,
        news: News,
    ) -> Result<Reported, UpdateError> {
        self.ask(|answer| Command::Report {
            project,
            sid,
            news,
            answer,
        })
        .await?
    }

    /// Changes a live call as an application asks.
    pub async fn update_call(
        &self,
        project: ProjectId,
        sid: Sid,
        update: CallUpdate,
    ) -> Result<Resource, UpdateError> {
        self.ask(|answer| Command::UpdateCall {
            project,
            sid,
            update,
            answer,
        })
        .await?
    }

    /// Gives a campaign another name.
    pub async fn rename_campaign(
        &self,
        project: ProjectId,
        sid: Sid,
        name: String,
    ) -> Result<Resource, UpdateError> {
        self.ask(|answer| Command::Rename {
            project,
            sid,
            name,
            answer,
        })
        .await?
    }

    /// Asks the network for something that a resource is to do. What it makes of it is durable
    /// when this returns.
    pub async fn ask_network(
        &self,
        project: ProjectId,
        sid: Sid,
        ask: Ask,
    ) -> Result<Asked, UpdateError> {
        self.ask(|answer| Command::Ask {
            project,
            sid,
            ask,
            hold: Hold::none(),
            answer,
        })
        .await?
    }

    /// Asks the network to make something new that belongs to a resource. The callbacks of what
    /// it makes first wait for `hold`. Durable when this returns.
    pub async fn begin(
        &self,
        project: ProjectId,
        sid: Sid,
        order: Order,
        hold: Hold,
    ) -> Result<Asked, UpdateError> {
        self.ask(|answer| Command::Ask {
            project,
            sid,
            ask: Ask::Begin(Box::new(order)),
            hold,
            answer,
        })
        .await?
    }

    /// Erases what a resource said, from its changes, callbacks and attempts as well.
    pub async fn erase(
        &self,
        project: ProjectId,
        sid: Sid,
        how: Erase,
    ) -> Result<Resource, UpdateError> {
        self.ask(|answer| Command::Erase {
            project,
            sid,
            how,
            answer,
        })
        .await?
    }

    /// What the dispatcher has in hand; none once it has stopped.
    pub async fn deliveries(&self) -> Option<Deliveries> {
        let (answer, answered) = oneshot::channel();
        self.questions
            .send(Question::Deliveries(answer))
            .await
            .ok()?;
        answered.await.ok()
    }

    /// Adds a project, or replaces it as a whole. Durable when this returns, and in force: the
    /// next request is let in by its tokens alone, the next attempt signed with its keys.
    pub async fn put_project(&self, project: Project) -> Result<(), RecordError> {
        let project = Box::new(project);
        self.ask(|answer| Command::PutProject { project, answer })
            .await?
    }

    /// What was recorded from now on.
    pub fn feed(&self) -> broadcast::Receiver<Arc<Event>> {
        self.feed.subscribe()
    }

    /// What is remembered, to read from.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Who may use the engine.
    pub const fn projects(&self) -> &Projects {
        &self.projects
    }

    /// What was counted since the start.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What time it is.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, RecordError> {
        let (answer, answered) = oneshot::channel();
        self.commands
            .try_send(command(answer))
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => BUSY,
                mpsc::error::TrySendError::Closed(_) => RecordError::Stopping,
            })?;
        // A dropped answer means that the recorder ended before it took the command.
        answered.await.map_err(|_| RecordError::Stopping)
    }
}
