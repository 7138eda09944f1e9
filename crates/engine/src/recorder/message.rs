//! What the recorder is told, by handlers and by the dispatcher, and what it hands over.

use std::borrow::Cow;
use std::sync::Arc;

use ringback_domain::application::Application;
use ringback_domain::callback::Callback;
use ringback_domain::change::News;
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::number::PhoneNumber;
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::scenario::SetScenario;
use ringback_domain::time::Timestamp;
use ringback_store::{Outcome, ReplayOrder};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::handle::{
    Asked, CallUpdate, CreateError, Erase, Hold, Order, RecordError, Reported, UpdateError,
};
use crate::intake::{Name, Offer};
use crate::network::Ask;
use crate::setup::{ApplicationOrder, NumberOrder, ScenarioOrder, SetScenarioError, SetupError};

/// What the recorder is asked to do, and where it answers.
#[derive(Debug)]
pub(crate) enum Command {
    /// Create a resource.
    Create {
        project: ProjectId,
        order: Order,
        memo: Option<Arc<str>>,
        hold: Hold,
        answer: oneshot::Sender<Result<Resource, CreateError>>,
    },
    /// Take a report.
    Report {
        project: ProjectId,
        sid: Sid,
        news: News,
        answer: oneshot::Sender<Result<Reported, UpdateError>>,
    },
    /// Change a live call.
    UpdateCall {
        project: ProjectId,
        sid: Sid,
        update: CallUpdate,
        answer: oneshot::Sender<Result<Resource, UpdateError>>,
    },
    /// Give a campaign another name.
    Rename {
        project: ProjectId,
        sid: Sid,
        name: String,
        answer: oneshot::Sender<Result<Resource, UpdateError>>,
    },
    /// Ask the network for something.
    Ask {
        project: ProjectId,
        sid: Sid,
        ask: Ask,
        /// Holds back the callbacks of what is made first.
        hold: Hold,
        answer: oneshot::Sender<Result<Asked, UpdateError>>,
    },
    /// Erase what a resource said.
    Erase {
        project: ProjectId,
        sid: Sid,
        how: Erase,
        answer: oneshot::Sender<Result<Resource, UpdateError>>,
    },
    /// Add a project, or replace it.
    PutProject {
        project: Box<Project>,
        answer: oneshot::Sender<Result<(), RecordError>>,
    },
    /// Take a phone number, change it or give it up.
    PutNumber {
        project: ProjectId,
        order: NumberOrder,
        answer: oneshot::Sender<Result<Arc<PhoneNumber>, SetupError>>,
    },
    /// Make an application, change or remove it.
    PutApplication {
        project: ProjectId,
        order: ApplicationOrder,
        answer: oneshot::Sender<Result<Arc<Application>, SetupError>>,
    },
    /// Set a scenario or take it away.
    PutScenario {
        project: ProjectId,
        order: ScenarioOrder,
        answer: oneshot::Sender<Result<Arc<SetScenario>, SetScenarioError>>,
    },
    /// Take a platform's report.
    Take(Box<Offer>),
    /// Send callbacks again, or those that were set aside at another time.
    Resend {
        replays: Vec<ReplayOrder>,
        hurried: Vec<(CallbackId, Timestamp)>,
        answer: oneshot::Sender<Result<(), RecordError>>,
    },
}

impl Command {
    /// The resource that must be at hand to carry it out, if its SID is known.
    pub(super) const fn resource(&self) -> Option<Sid> {
        match self {
            Self::Create { .. }
            | Self::PutProject { .. }
            | Self::PutNumber { .. }
            | Self::PutApplication { .. }
            | Self::PutScenario { .. }
            | Self::Resend { .. } => None,
            Self::Take(offer) => match offer.report.name {
                Name::Sid(sid) => Some(sid),
                Name::External(_) | Name::Known(_) => None,
            },
            Self::Report { sid, .. }
            | Self::UpdateCall { sid, .. }
            | Self::Rename { sid, .. }
            | Self::Ask { sid, .. }
            | Self::Erase { sid, .. } => Some(*sid),
        }
    }
}

/// What became of a callback, told by the dispatcher.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    /// The callback as it stood before.
    pub(crate) callback: Callback,
    /// What became of it.
    pub(crate) outcome: Outcome,
    /// When it is tried again: the outcome's `due` follows from it when it is recorded, so
    /// that a clock that is rebased meanwhile does no harm.
    pub(crate) retry_at: Option<Instant>,
    /// What is odd about it, for the timeline.
    pub(crate) warning: Option<Cow<'static, str>>,
}

/// What was recorded, handed to the dispatcher.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    /// New callbacks, by position.
    pub(crate) callbacks: Vec<Callback>,
    /// Resources whose callbacks are kept back until an answer was written.
    pub(crate) holds: Vec<(Sid, oneshot::Receiver<()>)>,
    /// The positions of callbacks that have left the dispatcher's memory, now durably.
    pub(crate) left: Vec<u64>,
    /// When the first of those now set aside is due.
    pub(crate) aside_due: Option<Instant>,
    /// The positions of callbacks that stay there and of which an outcome is durable now, one
    /// for each outcome.
    pub(crate) noted: Vec<u64>,
    /// Resources whose words were erased.
    pub(crate) redacted: Vec<Sid>,
    /// The position of the last callback that was ever handed over, these included.
    pub(crate) last_position: u64,
    /// Whether the store may hold callbacks that were never handed over.
    pub(crate) reload: Reload,
    /// Whether attempts are to be made from here on; none if that is as it was.
    pub(crate) delivery: Option<Delivery>,
}

/// Whether attempts are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Nothing was read from the store yet: what an earlier process kept of its attempts is not
    /// recorded.
    NotBegun,
    /// They are.
    Runs,
    /// What becomes of them could not be kept.
    Stopped,
}

/// Whether the dispatcher is to look into the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reload {
    /// It was handed everything.
    #[default]
    No,
    /// Something may be owed that it does not know.
    Yes,
}
