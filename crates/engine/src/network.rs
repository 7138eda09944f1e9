//! What the engine asks of a network: whatever carries resources out.
//!
//! Implemented by `ringback-networks`. A network here is a pure function of what it drew for
//! a resource and of the step that is due; the recorder keeps its steps and takes them, so
//! that a crash between two of them loses nothing.

use std::time::Duration;

use ringback_domain::change::News;
use ringback_domain::errors::ErrorCode;
use ringback_domain::project::Settings;
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::time::Timestamp;
use ringback_store::Step;

/// A step that is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// How long after the step before (or after the resource was created) it is due.
    pub after: Duration,
    /// Which one it is.
    pub number: u32,
    /// What was drawn for the resource.
    pub draw: u64,
}

/// What a step that was taken led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Performed {
    /// What it reports.
    pub news: Option<News>,
    /// What it does next.
    pub next: Option<Planned>,
}

/// How a call is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is given up before it is answered.
    Cancel,
    /// It is hung up.
    HangUp,
}

/// Why a network does not take a resource at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The code that the request is answered with.
    pub code: ErrorCode,
    /// What is wrong, naming the parameter.
    pub message: String,
}

/// Whatever carries resources out and knows what becomes of them.
pub trait Network: Send + Sync + 'static {
    /// Whether it takes `new` at all. Asked before anything is recorded.
    fn admit(&self, new: &NewResource) -> Result<(), Refusal>;

    /// What it does first with `resource`, which is being created.
    fn accept(&self, resource: &Resource) -> Option<Planned>;

    /// Takes `step`, which is due, for `resource` as it stands now.
    fn perform(&self, resource: &Resource, step: &Step, settings: &Settings) -> Performed;

    /// Whether it can end a call that an application asks it to. Asked before anything is
    /// recorded.
    fn admit_ending(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// Ends a call as an application asked; the steps that were planned for it are dropped.
    fn end(&self, resource: &Resource, ending: Ending, now: Timestamp) -> News;
}
