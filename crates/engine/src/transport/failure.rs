//! How an attempt fails, and what each way is called on the wire and to people.
//!
//! The dispatcher asks for [`FailureKind::class`] to decide on a retry; the timeline shows
//! code and detail. Codes are SignalWire's: its pages "Compatibility API error codes"
//! and "Common webhook errors".

use super::answer::Answer;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;

/// Why an attempt was no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What to branch on.
    pub kind: FailureKind,
    /// What came back, as far as anything did: always for [`FailureKind::Status`], and for
    /// a 2xx whose body did not end in time.
    pub answer: Option<Answer>,
    /// One sentence or two for people: what happened and what to do. Names the
    /// destination; never credentials, path or query.
    pub detail: String,
}

/// The ways to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The name has no address, or none was found within the connect limit.
    Dns,
    /// The guard refuses every address of the host.
    AddressRefused(Host),
    /// No connection within the connect limit.
    ConnectTimeout,
    /// Nobody listens there.
    ConnectionRefused,
    /// The connection could not be made, or broke, for another reason.
    ConnectionFailed,
    /// The TLS handshake failed.
    Tls(TlsFault),
    /// The receiver was silent for longer than the read limit.
    ReadTimeout,
    /// The attempt's own deadline passed.
    TotalTimeout,
    /// The receiver closed or reset the connection before its answer was complete.
    ConnectionClosed,
    /// What came back is not HTTP, or only looks like it.
    Protocol,
    /// What came back is an HTTP that is not 1.0 or 1.1.
    HttpVersion,
    /// A fourth redirect.
    TooManyRedirects,
    /// A redirect that does not say where to.
    RedirectWithoutLocation,
    /// A redirect from https to http: followed, it would show the callback to the network.
    DowngradeRefused,
    /// Any answer but 2xx.
    Status(u16),
    /// The URL, or one that a redirect led to, cannot be sent to.
    Url,
}

/// How the URL names its host. A refused literal stays refused; a name may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// An address written into the URL.
    Literal,
    /// A name, resolved for each connection.
    Name,
}

/// What was wrong in a TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsFault {
    /// The certificate is for other names.
    Name,
    /// The certificate has expired, or is not valid yet.
    Expired,
    /// The chain leads to no trusted root.
    UnknownIssuer,
    /// Anything else: versions, ciphers, alerts.
    Other,
}

/// What a retry policy (`rp` of a URL's fragment) tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// `ct`: no connection was made, nothing was sent.
    Connect,
    /// `rt`: a request was sent, no complete answer came.
    Read,
    /// `4xx`.
    ClientError,
    /// `5xx`.
    ServerError,
    /// Everything else: retried under `all` alone.
    Other,
}

impl FailureKind {
    /// The code of the delivery log.
    pub const fn code(self) -> ErrorCode {
        match self {
            Self::Dns => error_code!("11210"),
            Self::AddressRefused(_) => error_code!("url_is_unsafe"),
            Self::ConnectTimeout
            | Self::ConnectionRefused
            | Self::ConnectionFailed
            | Self::ReadTimeout
            | Self::TotalTimeout
            | Self::ConnectionClosed
            | Self::Url => error_code!("11200"),
            Self::Tls(_) => error_code!("11220"),
            Self::Protocol => error_code!("11251"),
            Self::HttpVersion => error_code!("11300"),
            Self::TooManyRedirects => error_code!("11215"),
            Self::RedirectWithoutLocation | Self::DowngradeRefused | Self::Status(_) => {
                error_code!("11217")
            }
        }
    }

    /// Which of a retry policy's words this falls under.
    pub fn class(self) -> FailureClass {
        match self {
            Self::Dns
            | Self::AddressRefused(_)
            | Self::ConnectTimeout
            | Self::ConnectionRefused
            | Self::ConnectionFailed
            | Self::Tls(_) => FailureClass::Connect,
            Self::ReadTimeout | Self::TotalTimeout | Self::ConnectionClosed => FailureClass::Read,
            Self::Status(400..=499) => FailureClass::ClientError,
            Self::Status(500..=599) => FailureClass::ServerError,
            Self::Status(_)
            | Self::Protocol
            | Self::HttpVersion
            | Self::TooManyRedirects
            | Self::RedirectWithoutLocation
            | Self::DowngradeRefused
            | Self::Url => FailureClass::Other,
        }
    }
}

/// A failure on its way up, before the answer that belongs to it is joined.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: FailureKind,
    pub(super) detail: String,
}

impl Trouble {
    pub(super) fn new(kind: FailureKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    pub(super) fn with(self, answer: Option<Answer>) -> Failure {
        Failure {
            kind: self.kind,
            answer,
            detail: self.detail,
        }
    }
}
