//! Answers that wait for the commit of their group.

use std::sync::Arc;

use ringback_domain::application::Application;
use ringback_domain::number::PhoneNumber;
use ringback_domain::resource::Resource;
use ringback_domain::scenario::SetScenario;
use tokio::sync::oneshot;

use crate::handle::{Asked, CreateError, RecordError, Reported, UpdateError};
use crate::intake::{Stream, TakeError, Taken};
use crate::setup::{SetScenarioError, SetupError};

/// An answer, and where it goes.
#[derive(Debug)]
pub(super) enum Reply {
    /// To who asked for a new resource.
    Created(
        oneshot::Sender<Result<Resource, CreateError>>,
        Result<Resource, CreateError>,
    ),
    /// To who reported.
    Reported(
        oneshot::Sender<Result<Reported, UpdateError>>,
        Result<Reported, UpdateError>,
    ),
    /// To who asked for a change.
    Updated(
        oneshot::Sender<Result<Resource, UpdateError>>,
        Result<Resource, UpdateError>,
    ),
    /// To who asked the network for something.
    Asked(
        oneshot::Sender<Result<Asked, UpdateError>>,
        Result<Asked, UpdateError>,
    ),
    /// To who changed a project.
    Put(
        oneshot::Sender<Result<(), RecordError>>,
        Result<(), RecordError>,
    ),
    /// To who set up a phone number.
    Number(
        oneshot::Sender<Result<Arc<PhoneNumber>, SetupError>>,
        Result<Arc<PhoneNumber>, SetupError>,
    ),
    /// To who set up an application.
    Application(
        oneshot::Sender<Result<Arc<Application>, SetupError>>,
        Result<Arc<Application>, SetupError>,
    ),
    /// To who set a scenario.
    Scenario(
        oneshot::Sender<Result<Arc<SetScenario>, SetScenarioError>>,
        Result<Arc<SetScenario>, SetScenarioError>,
    ),
    /// To who sent a platform's report, and the stream that it is part of.
    Taken(
        oneshot::Sender<Result<Taken, TakeError>>,
        Stream,
        Result<Taken, TakeError>,
    ),
    /// To who wants callbacks sent again.
    Resent(
        oneshot::Sender<Result<(), RecordError>>,
        Result<(), RecordError>,
    ),
}

impl Reply {
    /// Answers: as it is, or that it was not recorded. A refusal stays what it is.
    pub(super) fn send(self, failure: Option<&RecordError>) {
        match self {
            Self::Created(to, result) => send(to, result, failure.cloned()),
            Self::Reported(to, result) => send(to, result, failure.cloned()),
            Self::Updated(to, result) => send(to, result, failure.cloned()),
            Self::Asked(to, result) => send(to, result, failure.cloned()),
            Self::Put(to, result) => send(to, result, failure.cloned()),
            Self::Number(to, result) => send(to, result, failure.cloned()),
            Self::Application(to, result) => send(to, result, failure.cloned()),
            Self::Scenario(to, result) => send(to, result, failure.cloned()),
            Self::Taken(to, stream, result) => {
                if failure.is_some() || matches!(result, Err(TakeError::Record(_))) {
                    stream.breaks();
                }
                send(to, result, failure.cloned());
            }
            Self::Resent(to, result) => send(to, result, failure.cloned()),
        }
    }
}

fn send<T, E: From<RecordError>>(
    to: oneshot::Sender<Result<T, E>>,
    result: Result<T, E>,
    failure: Option<RecordError>,
) {
    let answer = match failure {
        Some(failure) => result.and(Err(failure.into())),
        None => result,
    };
    // Who asked may have gone: what was recorded stays recorded.
    to.send(answer).ok();
}
