//! Phone numbers, applications and scenarios: taken, made, set, changed and given up.
//!
//! Called by the server. Each is one command to the recorder and durable, and in force for the
//! next change that is recorded, when this returns. A change names what is to be different, so
//! that two who ask at once do not undo each other.

use std::sync::Arc;

use ringback_domain::application::{Application, ApplicationChange};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number::{NumberChange, PhoneNumber};
use ringback_domain::scenario::SetScenario;

use crate::directory::Directory;
use crate::handle::{Engine, RecordError};
use crate::network::Refusal;
use crate::recorder::Command;

/// What is to become of a phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberOrder {
    /// The project takes it.
    Take {
        /// In E.164.
        number: Arc<str>,
        /// How it is set up.
        change: Box<NumberChange>,
    },
    /// It is set up in another way.
    Change {
        /// Which one.
        sid: Sid,
        /// What is different.
        change: Box<NumberChange>,
    },
    /// It is given up.
    GiveUp {
        /// Which one.
        sid: Sid,
    },
}

/// What is to become of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplicationOrder {
    /// It is new.
    Make {
        /// How it is set up.
        change: Box<ApplicationChange>,
    },
    /// It is set up in another way.
    Change {
        /// Which one.
        sid: Sid,
        /// What is different.
        change: Box<ApplicationChange>,
    },
    /// It is removed. Who names it goes on as if it had no URL.
    Remove {
        /// Which one.
        sid: Sid,
    },
}

/// What is to become of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScenarioOrder {
    /// It is set; one of the same name goes.
    Set {
        /// What it is called.
        name: Arc<str>,
        /// For what kind of resources it is, in the network's words.
        subject: Arc<str>,
        /// What it says, in the network's words.
        text: Arc<str>,
        /// For how many resources it is; without an end, if none.
        left: Option<u32>,
    },
    /// It is taken away. Resources that took it go on as it said.
    Remove {
        /// What it is called.
        name: Arc<str>,
    },
}

/// Why something was not set up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SetupError {
    /// The project has none with this SID.
    #[error("there is no such entry")]
    NotFound,
    /// The number belongs to a project already (21422).
    #[error("the number belongs to a project already")]
    Taken,
    /// The project has no application with this SID (21420).
    #[error("there is no application {sid}")]
    UnknownApplication {
        /// The one that was named.
        sid: Sid,
    },
    /// A number cannot go to this project: it is no relative.
    #[error("the project {project} is neither this one's parent nor a subproject of it")]
    Unrelated {
        /// The one that was named.
        project: ProjectId,
    },
    /// It could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Why a scenario was not set, or not taken away.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SetScenarioError {
    /// The project has none of this name.
    #[error("there is no such scenario")]
    NotFound,
    /// The project has as many as one may.
    #[error("there are {MOST_SCENARIOS} scenarios already: take one away first")]
    TooMany,
    /// The network follows none.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It could not be recorded.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// How many scenarios a project has at most: each is looked at for each new resource.
pub const MOST_SCENARIOS: usize = 200;

impl Engine {
    /// Takes a phone number, changes it or gives it up; says how it stands, or stood.
    pub async fn put_number(
        &self,
        project: ProjectId,
        order: NumberOrder,
    ) -> Result<Arc<PhoneNumber>, SetupError> {
        self.ask(|answer| Command::PutNumber {
            project,
            order,
            answer,
        })
        .await?
    }

    /// Makes an application, changes or removes it; says how it stands, or stood.
    pub async fn put_application(
        &self,
        project: ProjectId,
        order: ApplicationOrder,
    ) -> Result<Arc<Application>, SetupError> {
        self.ask(|answer| Command::PutApplication {
            project,
            order,
            answer,
        })
        .await?
    }

    /// Sets a scenario or takes it away; says how it stands, or stood.
    pub async fn put_scenario(
        &self,
        project: ProjectId,
        order: ScenarioOrder,
    ) -> Result<Arc<SetScenario>, SetScenarioError> {
        self.ask(|answer| Command::PutScenario {
            project,
            order,
            answer,
        })
        .await?
    }

    /// The phone numbers, applications and scenarios.
    pub const fn directory(&self) -> &Directory {
        &self.directory
    }
}
