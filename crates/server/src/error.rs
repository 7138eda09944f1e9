//! What goes wrong, as an answer: the one place where errors become codes and statuses.
//!
//! Every handler and extractor fails with an [`ApiError`]. Codes are those of the catalogue;
//! where it has none for what HTTP alone knows (405, 413, 415), it is 10000, a request that
//! is not valid.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::resource::Kind;
use ringback_engine::network::Refusal;
use ringback_engine::{CreateError, Forbidden, RecordError, SetupError, UpdateError};
use ringback_store::StoreError;
use ringback_wire::laml::error::ErrorJson;
use ringback_wire::laml::request::ParamError;
use ringback_wire::rest::FaultsJson;
use tracing::{error, warn};

use crate::laml::answer::json;
use crate::origin::Unwelcome;

/// What is asked of a client whose credentials are missing or wrong (RFC 7617).
const CHALLENGE: HeaderValue = HeaderValue::from_static(r#"Basic realm="Ringback""#);

/// An argument is not valid, or a resource's state forbids what is asked.
const INVALID: ErrorCode = error_code!("10000");
/// An error of ours without a code of its own.
const INTERNAL: ErrorCode = error_code!("20001");
/// Credentials are wrong or do not suffice.
const CREDENTIALS: ErrorCode = error_code!("20003");
/// Refused to delete what is still in progress.
const IN_PROGRESS: ErrorCode = error_code!("20009");
/// There is no such resource.
const NOT_FOUND: ErrorCode = error_code!("20404");
/// What was asked for is not there yet.
const NOT_YET: ErrorCode = error_code!("21501");
/// The request cannot be served now.
const UNAVAILABLE: ErrorCode = error_code!("20504");
/// A live action on a call that is not in progress.
const NOT_LIVE: ErrorCode = error_code!("21220");

/// A project sends too many requests.
const TOO_MANY: ErrorCode = error_code!("20429");

/// The sender has too much queued.
const QUEUE_FULL: ErrorCode = error_code!("21611");

/// How long a client is asked to wait when nobody knows how long it takes.
const RETRY_LATER: Duration = Duration::from_secs(5);

/// What an answer says is wrong, beside the answer: its links are made where the server's URL is
/// known.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// As the compatible surface says it.
    Error(ErrorJson),
    /// As the JSON APIs say it.
    Faults(FaultsJson),
}

/// What does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// The project that the path names, for whoever asks.
    Account,
    /// A resource of this kind.
    Resource(Kind),
    /// A phone number of the project.
    Number,
    /// An application of the project.
    Application,
    /// A country that numbers are offered in.
    Country,
    /// A piece of a message's media.
    Media,
    /// The audio of a recording that is not completed yet.
    AudioYet,
    /// The audio of a recording that has none here.
    Audio,
    /// The path.
    Path,
}

impl Missing {
    const fn message(self) -> &'static str {
        match self {
            Self::Account => {
                "Account not found: AccountSid must be the project that asks, or a subproject of it"
            }
            Self::Resource(Kind::Call) => "Call not found",
            Self::Resource(Kind::Message) => "Message not found",
            Self::Resource(Kind::Recording) => "Recording not found",
            Self::Resource(Kind::Transcription) => "Transcription not found",
            Self::Resource(Kind::Brand) => "Brand not found",
            Self::Resource(Kind::Campaign) => "Campaign not found",
            Self::Resource(Kind::AssignmentOrder) => "Order not found",
            Self::Resource(Kind::Assignment) => "Assignment not found",
            Self::Media => "Media not found",
            Self::AudioYet => {
                "The recording is not completed yet: fetch it when its callback says so"
            }
            Self::Audio => "There is no audio of this recording here",
            Self::Number => "Phone number not found",
            Self::Application => "Application not found",
            Self::Country => "Country not found: numbers are offered in US",
            Self::Path => "There is nothing at this path",
        }
    }
}

/// What is wrong with a request as HTTP sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// The path does not know the method.
    #[error("This path does not know this method; the header Allow says which it knows")]
    Method,
    /// A recording is wanted as what it is not.
    #[error("Recordings are WAV alone: fetch this one without a suffix or with .wav")]
    NoMp3,
    /// Its body is no form.
    #[error("Content-Type must be application/x-www-form-urlencoded")]
    NotAForm,
    /// Its body is too large.
    #[error("The body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    /// Its body did not come.
    #[error("The body did not arrive whole and in time")]
    BodyBroken,
    /// Its parameters are no text.
    #[error("The parameters are not UTF-8, percent-encoded")]
    NotUtf8,
    /// `Ringback-Depth` is no number.
    #[error("Ringback-Depth must be a whole number; leave it out")]
    BadDepth,
    /// Callbacks led to one another too often.
    #[error(
        "Ringback-Depth is over {limit}: callbacks lead to new resources, whose callbacks lead \
         to new ones, in a loop"
    )]
    TooDeep { limit: u8 },
}

impl Malformed {
    const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NoMp3 => StatusCode::NOT_ACCEPTABLE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyBroken | Self::NotUtf8 | Self::BadDepth => StatusCode::BAD_REQUEST,
            Self::TooDeep { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Why a request is not answered as it wants.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// Too many came before it.
    TooMany {
        /// When others are taken.
        retry_after: Duration,
    },
    /// It is not for us, or sent for a foreign page.
    Unwelcome(Unwelcome),
    /// It says nobody's name.
    NoCredentials,
    /// It says a name with a wrong token, or a wrong name.
    WrongCredentials,
    /// It came by a link that does not hold.
    BadLink,
    /// What it asks for does not exist for it.
    NotFound(Missing),
    /// HTTP alone says that it cannot be right.
    Malformed(Malformed),
    /// A parameter is missing or wrong.
    Parameter(ParamError),
    /// The network does not take it.
    Refused(Refusal),
    /// The resource's state forbids it.
    Forbidden(Forbidden),
    /// It was not recorded, or nobody knows whether.
    Record(RecordError),
    /// What is remembered could not be read.
    Store(StoreError),
    /// The file of a recording could not be read.
    Audio(io::Error),
    /// The system gives no random numbers.
    NoRandomness,
    /// A defect of ours.
    Panicked,
}

impl ApiError {
    /// Why a resource of this kind was not changed.
    pub(crate) fn changing(kind: Kind) -> impl FnOnce(UpdateError) -> Self {
        move |error| match error {
            UpdateError::NotFound => Self::NotFound(Missing::Resource(kind)),
            UpdateError::Forbidden(forbidden) => Self::Forbidden(forbidden),
            UpdateError::Refused(refusal) => Self::Refused(refusal),
            UpdateError::Record(error) => Self::Record(error),
        }
    }

    /// Why something was not set up.
    pub(crate) fn setting_up(missing: Missing) -> impl FnOnce(SetupError) -> Self {
        move |error| match error {
            SetupError::NotFound => Self::NotFound(missing),
            SetupError::Taken => Self::Parameter(ParamError::number_is_taken()),
            SetupError::UnknownApplication { sid } => {
                Self::Parameter(ParamError::unknown_application_of_number(sid))
            }
            SetupError::Unrelated { .. } => Self::Parameter(ParamError::unrelated_account()),
            SetupError::Record(error) => Self::Record(error),
        }
    }

    /// Code, message and status.
    fn told(&self) -> ErrorJson {
        let told = |code: ErrorCode, message: &str, status: StatusCode| {
            ErrorJson::new(&code, message, status.as_u16())
        };
        match self {
            Self::TooMany { .. } => told(
                TOO_MANY,
                "Too many requests that change something; ask again later",
                StatusCode::TOO_MANY_REQUESTS,
            ),
            Self::Unwelcome(unwelcome) => refused_origin(*unwelcome),
            Self::NoCredentials => told(
                CREDENTIALS,
                "Authentication is required: HTTP Basic, user the project id, password an API token",
                StatusCode::UNAUTHORIZED,
            ),
            Self::WrongCredentials => told(
                CREDENTIALS,
                "Authentication failed: there is no such project, or the API token is not its own",
                StatusCode::UNAUTHORIZED,
            ),
            Self::BadLink => told(
                CREDENTIALS,
                "The link has expired, or was not signed for this recording",
                StatusCode::FORBIDDEN,
            ),
            Self::NotFound(missing @ Missing::AudioYet) => {
                told(NOT_YET, missing.message(), StatusCode::NOT_FOUND)
            }
            Self::NotFound(missing) => told(NOT_FOUND, missing.message(), StatusCode::NOT_FOUND),
            Self::Malformed(malformed) => told(INVALID, &malformed.to_string(), malformed.status()),
            Self::Parameter(error) => ErrorJson::from(error),
            Self::Refused(refusal) => refused_by_network(refusal),
            Self::Forbidden(forbidden) => forbidden_by_state(*forbidden),
            Self::Record(error) => told(
                UNAVAILABLE,
                unrecorded(error),
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::Store(_) => told(
                UNAVAILABLE,
                "What is remembered cannot be read now; ask again later",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::Audio(_) => told(
                UNAVAILABLE,
                "The audio cannot be read now; ask again later",
                StatusCode::SERVICE_UNAVAILABLE,
            ),
            Self::NoRandomness => told(
                INTERNAL,
                "The system gives no random numbers; nothing was recorded",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
            Self::Panicked => told(
                INTERNAL,
                "An error of the server's own; nobody knows how far the request came",
                StatusCode::INTERNAL_SERVER_ERROR,
            ),
        }
    }

    /// When to ask again, where that helps.
    const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Record(RecordError::Busy { retry_after }) | Self::TooMany { retry_after } => {
                Some(*retry_after)
            }
            Self::Record(_) | Self::Store(_) | Self::Audio(_) => Some(RETRY_LATER),
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
            Self::Store(source) => {
                error!(source = source as &dyn Error, "a list or a look-up failed");
            }
            Self::Audio(source) => {
                error!(
                    source = source as &dyn Error,
                    "the file of a recording cannot be read"
                );
            }
            _ => {}
        }
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl From<ParamError> for ApiError {
    fn from(error: ParamError) -> Self {
        Self::Parameter(error)
    }
}

impl From<RecordError> for ApiError {
    fn from(error: RecordError) -> Self {
        Self::Record(error)
    }
}

impl From<CreateError> for ApiError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::UnknownProject => Self::NotFound(Missing::Account),
            CreateError::UnknownApplication { .. } => {
                Self::Parameter(ParamError::unknown_application())
            }
            CreateError::Refused(refusal) => Self::Refused(refusal),
            CreateError::Record(error) => Self::Record(error),
        }
    }
}

fn refused_origin(unwelcome: Unwelcome) -> ErrorJson {
    let (code, status) = match unwelcome {
        Unwelcome::HostHeader => (INVALID, StatusCode::BAD_REQUEST),
        Unwelcome::Host | Unwelcome::CrossSite => (CREDENTIALS, StatusCode::FORBIDDEN),
    };
    ErrorJson::new(&code, unwelcome.to_string(), status.as_u16())
}

/// Statuses as the catalogue of codes suggests them: a sender with too much queued is asked
/// to slow down, all else is an argument that cannot be used.
fn refused_by_network(refusal: &Refusal) -> ErrorJson {
    let status = if refusal.code == QUEUE_FULL {
        StatusCode::TOO_MANY_REQUESTS
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    ErrorJson::new(&refusal.code, &refusal.message, status.as_u16())
}

/// 422 for all of them: the operations have no 409 among their documented answers.
fn forbidden_by_state(forbidden: Forbidden) -> ErrorJson {
    let (code, message) = match forbidden {
        Forbidden::CallEnded => (
            INVALID,
            "The call is over: Status and the other parameters cannot be changed any more",
        ),
        Forbidden::CancelInProgress => (
            INVALID,
            "Status cannot be canceled, for the call was answered; completed ends it",
        ),
        Forbidden::NotInProgress => (
            NOT_LIVE,
            "Url cannot be changed, for the call is not in progress",
        ),
        Forbidden::CallRunning => (
            IN_PROGRESS,
            "The call is not over, so it cannot be deleted yet; end it first",
        ),
        Forbidden::RecordingRunning => (
            IN_PROGRESS,
            "The recording is not over, so it cannot be deleted yet; stop it first",
        ),
        Forbidden::TranscriptionRunning => (
            IN_PROGRESS,
            "The transcription is in progress, so it cannot be deleted yet",
        ),
        Forbidden::MessageNotSent => (
            INVALID,
            "The message is not sent, so it cannot be redacted yet",
        ),
        Forbidden::MessageQueued => (
            IN_PROGRESS,
            "The message is queued, so it cannot be deleted yet",
        ),
        Forbidden::MediaNotSent => (
            IN_PROGRESS,
            "The message is not sent, so its media cannot be deleted yet",
        ),
    };
    ErrorJson::new(&code, message, StatusCode::UNPROCESSABLE_ENTITY.as_u16())
}

const fn unrecorded(error: &RecordError) -> &'static str {
    match error {
        RecordError::Busy { .. } => "Too much waits to be recorded; nothing was, ask again later",
        RecordError::Full => "The disk is full; nothing was recorded",
        RecordError::ReadOnly => "The store cannot be written; nothing was recorded",
        RecordError::Damaged { .. } => {
            "Something stored that this needs is damaged; nothing was recorded"
        }
        RecordError::Failed { .. } => "The store cannot be read; nothing was recorded",
        RecordError::Unsure { .. } => {
            "It is not known whether this was recorded; look before you ask again"
        }
        RecordError::Stopping => "The server stops; nothing was recorded, ask again later",
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let told = self.told();
        let status = StatusCode::from_u16(told.status());
        let mut response = json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &told);
        response.extensions_mut().insert(Told::Error(told));
        let headers = response.headers_mut();
        if matches!(self, Self::NoCredentials | Self::WrongCredentials) {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Some(retry_after) = self.retry_after() {
            let seconds = retry_after.as_secs().max(1);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
