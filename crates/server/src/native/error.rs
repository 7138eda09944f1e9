//! What goes wrong in the native API: a word for programs, a sentence, and what to do.

use std::error::Error;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_engine::network::Refusal;
use ringback_engine::replay::ResendError;
use ringback_engine::{CreateError, RecordError, SetScenarioError, UpdateError};
use ringback_networks::scenario::{ScenarioError, ScenarioFault};
use ringback_store::StoreError;
use ringback_wire::native::answer::ErrorJson;
use tracing::{error, warn};

use crate::error::ApiError;
use crate::laml::answer::json;

/// What is asked of a client whose credentials are missing or wrong.
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="Ringback", Bearer"#);

/// How long a client is asked to wait when nobody knows how long it takes.
const RETRY_LATER: Duration = Duration::from_secs(5);

/// Why a request is not answered as it wants.
#[derive(Debug)]
pub(crate) enum NativeError {
    /// It says nobody's name, or a wrong one.
    Credentials,
    /// There is nothing of this sort by this name for who asks.
    NotFound(&'static str),
    /// The path does not know the method.
    Method,
    /// Its body is of another type.
    MediaType(&'static str),
    /// Its body is too large, or did not come whole.
    Body(&'static str),
    /// A parameter is wrong: its name, and what it has to be.
    Parameter(String),
    /// `Ringback-Depth` says that callbacks go round in a loop, or is no number.
    Depth,
    /// The network does not take it: why.
    Refused(Refusal),
    /// The network does not drive it there: why.
    Undriven(String),
    /// It is no scenario, or one that cannot happen: why, and where.
    Scenario(ScenarioError),
    /// It was not recorded, or nobody knows whether.
    Record(RecordError),
    /// What is remembered could not be read.
    Store(StoreError),
}

impl NativeError {
    fn told(&self) -> (StatusCode, ErrorJson) {
        let told = |status, code, message: &str, hint: &str| {
            let hint = hint.to_owned();
            (status, ErrorJson::new(code, message.to_owned(), hint))
        };
        match self {
            Self::Credentials => told(
                StatusCode::UNAUTHORIZED,
                error_code!("unauthorized"),
                "the credentials are missing or wrong",
                "send HTTP Basic (project id and API token) or `Authorization: Bearer` and a token",
            ),
            Self::NotFound(what) => told(
                StatusCode::NOT_FOUND,
                error_code!("not_found"),
                &format!("there is no such {what}"),
                "ids are those of the project whose token you send; /v1/openapi.json has all paths",
            ),
            Self::Method => told(
                StatusCode::METHOD_NOT_ALLOWED,
                error_code!("method_not_allowed"),
                "this path does not know this method",
                "the header Allow says which it knows",
            ),
            Self::MediaType(allowed) => told(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                error_code!("unsupported_media_type"),
                "the body is of a type that is not taken here",
                &format!("send Content-Type: {allowed}"),
            ),
            Self::Body(what) => told(
                StatusCode::BAD_REQUEST,
                error_code!("bad_body"),
                what,
                "send the whole body, in JSON, at most 64 KiB",
            ),
            Self::Parameter(what) => told(
                StatusCode::BAD_REQUEST,
                error_code!("bad_parameter"),
                what,
                "/v1/openapi.json says which parameters there are",
            ),
            Self::Depth => told(
                StatusCode::UNPROCESSABLE_ENTITY,
                error_code!("too_deep"),
                "Ringback-Depth is no number, or over 5: callbacks lead to reports in a loop",
                "leave the header out where a report is not the consequence of a callback",
            ),
            Self::Refused(refusal) => told(
                StatusCode::UNPROCESSABLE_ENTITY,
                error_code!("refused"),
                &refusal.message,
                "calls and messages come in here on the simulated network alone; `ringback dev` \
                 has it, `serve` with network.kind = simulated",
            ),
            Self::Undriven(message) => told(
                StatusCode::CONFLICT,
                error_code!("wrong_state"),
                message,
                "docs/10dlc.md says what can follow what; the simulated network alone is driven",
            ),
            Self::Scenario(error) => {
                let (status, code) = match error.fault {
                    ScenarioFault::Unreadable => {
                        (StatusCode::BAD_REQUEST, error_code!("bad_scenario"))
                    }
                    ScenarioFault::Impossible => {
                        (StatusCode::CONFLICT, error_code!("impossible_scenario"))
                    }
                };
                let hint = match &*error.hint {
                    "" => "docs/simulation.md says what a scenario can say",
                    hint => hint,
                };
                told(status, code, &error.to_string(), hint)
            }
            Self::Record(error) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                record_code(error),
                &error.to_string(),
                "ask again after the time that Retry-After says; with event ids that is safe",
            ),
            Self::Store(_) => told(
                StatusCode::SERVICE_UNAVAILABLE,
                error_code!("unreadable"),
                "what is remembered cannot be read now",
                "ask again later; the server's log says more",
            ),
        }
    }

    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Record(RecordError::Busy { retry_after }) => Some(*retry_after),
            Self::Record(_) | Self::Store(_) => Some(RETRY_LATER),
            _ => None,
        }
    }

    fn log(&self) {
        match self {
            Self::Record(
                error @ (RecordError::Unsure { source }
                | RecordError::Damaged { source }
                | RecordError::Failed { source }),
            ) => error!(source = source as &dyn Error, "{error}"),
            Self::Record(error) => warn!("a request was refused: {error}"),
            Self::Store(source) => error!(source = source as &dyn Error, "a look-up failed"),
            _ => {}
        }
    }
}

/// The word for a report that was not recorded.
pub(super) const fn record_code(error: &RecordError) -> ErrorCode {
    match error {
        RecordError::Busy { .. } => error_code!("busy"),
        RecordError::Full => error_code!("disk_full"),
        RecordError::ReadOnly => error_code!("read_only"),
        RecordError::Damaged { .. } => error_code!("damaged"),
        RecordError::Unsure { .. } => error_code!("unknown_outcome"),
        RecordError::Failed { .. } => error_code!("not_recorded"),
        RecordError::Stopping => error_code!("stopping"),
    }
}

impl From<ApiError> for NativeError {
    /// What extractors that both surfaces share say.
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::NoCredentials | ApiError::WrongCredentials => Self::Credentials,
            ApiError::Malformed(_) => Self::Depth,
            ApiError::Record(error) => Self::Record(error),
            ApiError::Store(error) => Self::Store(error),
            ApiError::NotFound(_)
            | ApiError::Unwelcome(_)
            | ApiError::Parameter(_)
            | ApiError::Refused(_)
            | ApiError::Forbidden(_)
            | ApiError::BadLink
            | ApiError::TooMany { .. }
            | ApiError::Audio(_)
            | ApiError::NoRandomness
            | ApiError::Panicked => Self::NotFound("path"),
        }
    }
}

impl From<CreateError> for NativeError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Refused(refusal) => Self::Refused(refusal),
            CreateError::Record(error) => Self::Record(error),
            CreateError::UnknownProject => Self::Credentials,
            CreateError::UnknownApplication { .. } => Self::NotFound("application"),
        }
    }
}

impl From<UpdateError> for NativeError {
    /// What was asked of the network for a resource.
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Refused(refusal) => Self::Undriven(refusal.message),
            UpdateError::Record(error) => Self::Record(error),
            // Nothing that is driven is forbidden otherwise.
            UpdateError::NotFound | UpdateError::Forbidden(_) => Self::NotFound("resource"),
        }
    }
}

impl From<SetScenarioError> for NativeError {
    fn from(error: SetScenarioError) -> Self {
        match error {
            SetScenarioError::NotFound => Self::NotFound("scenario"),
            SetScenarioError::TooMany => Self::Scenario(ScenarioError {
                place: None,
                path: String::new(),
                what: error.to_string(),
                hint: String::new(),
                fault: ScenarioFault::Impossible,
            }),
            SetScenarioError::Refused(refusal) => Self::Refused(refusal),
            SetScenarioError::Record(error) => Self::Record(error),
        }
    }
}

impl From<StoreError> for NativeError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<RecordError> for NativeError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<ResendError> for NativeError {
    fn from(error: ResendError) -> Self {
        match error {
            ResendError::NotFound => Self::NotFound("callback"),
            ResendError::Store(error) => Self::Store(error),
            ResendError::Record(error) => Self::Record(error),
        }
    }
}

impl IntoResponse for NativeError {
    fn into_response(self) -> Response {
        self.log();
        let (status, mut told) = self.told();
        if let Self::Refused(refusal) = &self {
            told = told.because(&refusal.code);
        }
        let mut response = json(status, &told);
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Some(retry_after) = self.retry_after() {
            let seconds = retry_after.as_secs().max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
