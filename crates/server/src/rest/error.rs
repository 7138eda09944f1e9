//! What goes wrong in the JSON APIs, as an answer: faults with their words, or the status in
//! words where the request is refused as a whole.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ringback_domain::error_code;
use ringback_domain::resource::Kind;
use ringback_engine::network::Refusal;
use ringback_engine::{CreateError, Forbidden, SetupError, UpdateError};
use ringback_wire::rest::message::refused;
use ringback_wire::rest::number::unknown_application;
use ringback_wire::rest::registry::{RegistryFault, RegistryFaultsJson};
use ringback_wire::rest::{Fault, FaultsJson, RefusalJson};

use crate::error::{ApiError, Missing, Told};
use crate::laml::answer::json;

/// What is asked of a client whose credentials are missing or wrong (RFC 7617).
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="Ringback""#);

/// Why a request is not answered as it wants.
#[derive(Debug)]
pub(crate) enum RestError {
    /// It says nobody's name, or a wrong one.
    Credentials,
    /// There is nothing of this sort by this name for who asks.
    NotFound,
    /// The path does not know the method.
    Method,
    /// Its body is of another type.
    MediaType,
    /// Its body did not come whole and in time, is too large, or is no JSON object.
    Body,
    /// Attributes are missing or wrong.
    Faults(Vec<Fault>),
    /// The same, for the registry, which says it in another way.
    Registry(Vec<RegistryFault>),
    /// It cannot be served: as the compatible surface says.
    Other(ApiError),
}

impl RestError {
    /// Why a message was not changed.
    pub(super) fn changing(error: UpdateError) -> Self {
        match error {
            UpdateError::NotFound => Self::NotFound,
            UpdateError::Forbidden(forbidden) => Self::Faults(vec![by_state(forbidden)]),
            error @ (UpdateError::Refused(_) | UpdateError::Record(_)) => {
                Self::Other(ApiError::changing(Kind::Message)(error))
            }
        }
    }
}

impl RestError {
    /// Why a number was not set up.
    pub(super) fn setting_up(error: SetupError) -> Self {
        match error {
            SetupError::NotFound => Self::NotFound,
            SetupError::UnknownApplication { sid } => Self::Faults(vec![unknown_application(sid)]),
            error @ (SetupError::Taken | SetupError::Unrelated { .. } | SetupError::Record(_)) => {
                Self::Other(ApiError::setting_up(Missing::Number)(error))
            }
        }
    }
}

impl RestError {
    /// Why something was not registered.
    pub(super) fn registering(error: CreateError) -> Self {
        match error {
            CreateError::Refused(refusal) => Self::registry_refuses(refusal),
            error @ (CreateError::UnknownProject
            | CreateError::UnknownApplication { .. }
            | CreateError::Record(_)) => Self::Other(error.into()),
        }
    }

    /// Why something that is registered was not changed.
    pub(super) fn changing_registry(error: UpdateError) -> Self {
        match error {
            UpdateError::NotFound => Self::NotFound,
            UpdateError::Refused(refusal) => Self::registry_refuses(refusal),
            UpdateError::Forbidden(forbidden) => {
                let code = error_code!("invalid_state");
                Self::Registry(vec![RegistryFault::of_state(code, forbidden.to_string())])
            }
            UpdateError::Record(error) => Self::Other(error.into()),
        }
    }

    /// Codes of this API are words; a network that has no registry says a number.
    fn registry_refuses(refusal: Refusal) -> Self {
        let code = match refusal.code.number() {
            Some(_) => error_code!("cannot_process"),
            None => refusal.code,
        };
        Self::Registry(vec![RegistryFault::of_state(code, refusal.message)])
    }
}

/// A message's state alone forbids what is asked here.
fn by_state(forbidden: Forbidden) -> Fault {
    match forbidden {
        Forbidden::MessageNotSent => {
            let word = error_code!("cannot_redact_in_progress_message");
            Fault::new(
                "base",
                word,
                "a message that is in progress cannot be redacted",
            )
        }
        Forbidden::CallEnded
        | Forbidden::CancelInProgress
        | Forbidden::NotInProgress
        | Forbidden::CallRunning
        | Forbidden::MessageQueued
        | Forbidden::MediaNotSent
        | Forbidden::RecordingRunning
        | Forbidden::TranscriptionRunning => {
            Fault::new("base", error_code!("invalid_state"), forbidden)
        }
    }
}

impl From<CreateError> for RestError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Refused(refusal) => {
                Self::Faults(vec![refused(&refusal.code, &refusal.message)])
            }
            error @ (CreateError::UnknownProject
            | CreateError::UnknownApplication { .. }
            | CreateError::Record(_)) => Self::Other(error.into()),
        }
    }
}

impl From<Vec<Fault>> for RestError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Faults(faults)
    }
}

impl From<ApiError> for RestError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NoCredentials | ApiError::WrongCredentials => Self::Credentials,
            ApiError::NotFound(_) => Self::NotFound,
            error => Self::Other(error),
        }
    }
}

impl IntoResponse for RestError {
    fn into_response(self) -> Response {
        let refusal = |status: StatusCode, error| json(status, &RefusalJson { error });
        match self {
            Self::Credentials => {
                let mut response = refusal(StatusCode::UNAUTHORIZED, "Unauthorized");
                let headers = response.headers_mut();
                headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
                response
            }
            Self::NotFound => refusal(StatusCode::NOT_FOUND, "Not Found"),
            Self::Method => refusal(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"),
            Self::MediaType => {
                refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
            }
            Self::Body => refusal(StatusCode::BAD_REQUEST, "Bad Request"),
            Self::Faults(errors) => {
                let faults = FaultsJson { errors };
                let mut response = json(StatusCode::UNPROCESSABLE_ENTITY, &faults);
                response.extensions_mut().insert(Told::Faults(faults));
                response
            }
            Self::Registry(errors) => json(
                StatusCode::UNPROCESSABLE_ENTITY,
                &RegistryFaultsJson { errors },
            ),
            Self::Other(error) => {
                let mut response = error.into_response();
                let status = response.status();
                let error = status.canonical_reason().unwrap_or("Error");
                let body = json(status, &RefusalJson { error });
                *response.body_mut() = body.into_body();
                response.extensions_mut().remove::<Told>();
                // Its length is that of another body.
                response.headers_mut().remove(header::CONTENT_LENGTH);
                response
            }
        }
    }
}
