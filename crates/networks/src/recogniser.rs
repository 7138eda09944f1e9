//! The recogniser: writes down what is said in the audio of a recording.
//!
//! Asked by the simulated network, as an errand of a transcription's step. It is somebody else's
//! server, which speaks what OpenAI calls `POST /v1/audio/transcriptions`, as whisper.cpp,
//! faster-whisper and vLLM do: a form with the file, answered with `{"text": ".."}`. One call
//! here is one request at most; whether there is another one is decided by whoever asks, by
//! [`Fault::may_pass`]. At most as many requests are under way as the configuration says; who
//! comes after them waits. Nothing is kept but whether it answered last: what is wanted is in
//! the store, as that step.

mod answer;
mod multipart;

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use ringback_domain::project::Secret;
use ringback_engine::transport::{
    BODY_LIMIT, BodyEnd, Exchange, Failure, FailureKind, Guard, HeadersFor, HttpTransport, Limits,
    Outgoing, TlsSetupError, Transport, TransportConfig,
};
use ringback_wire::headers::USER_AGENT;
use ringback_wire::url::CallbackUrl;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use multipart::Form;

/// Largest file that is sent, in bytes: what OpenAI's own endpoint takes, 27 minutes of a
/// recording with one channel.
pub const MOST_AUDIO: usize = 25 << 20;

/// How long a connection may take; a request whose timeout is shorter has less.
const CONNECT: Duration = Duration::from_secs(10);

/// Where a recogniser is, and how it is asked.
#[derive(Clone, Debug)]
pub struct RecogniserConfig {
    /// Its endpoint, path and all. Given by an operator: it may be at any address.
    pub url: CallbackUrl,
    /// The model that it is to use.
    pub model: String,
    /// The language that is spoken (ISO 639-1); it finds out itself if none is told.
    pub language: Option<String>,
    /// The token that it wants.
    pub key: Option<Secret>,
    /// How long one request may take.
    pub timeout: Duration,
    /// How many requests are under way at a time.
    pub concurrency: usize,
    /// How often a recording is tried.
    pub attempts: u32,
}

/// A recogniser. Shows nothing of its token.
pub struct Recogniser {
    transport: Arc<dyn Transport>,
    config: RecogniserConfig,
    url: Arc<CallbackUrl>,
    permits: Semaphore,
    /// Whether the last answer was none: operators are told of changes alone.
    fails: AtomicBool,
}

/// Why there is no text. Each reads as a sentence of the transcription's timeline, and holds no
/// word of what the recogniser answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The file is not there, or cannot be read.
    #[error("the recording's file cannot be read ({0})")]
    NoAudio(io::ErrorKind),
    /// The file is larger than [`MOST_AUDIO`].
    #[error(
        "the recording is too long for a recogniser: its file has more than {} MiB",
        MOST_AUDIO >> 20
    )]
    LongAudio,
    /// It was not reached, or the connection broke.
    #[error("the recogniser was not reached: {0}")]
    Unreached(String),
    /// It did not answer in time.
    #[error("the recogniser did not answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// It answered with another status than 2xx.
    #[error("the recogniser answered {0}")]
    Status(u16),
    /// Its answer ended in the middle.
    #[error("the recogniser's answer was cut off")]
    Cut,
    /// Its answer is longer than is read.
    #[error("the recogniser's answer is larger than {} KiB", BODY_LIMIT / 1024)]
    Huge,
    /// Its answer is something else than JSON, and says so.
    #[error("the recogniser answered {0}, not JSON")]
    NotJson(String),
    /// Its answer is no JSON object.
    #[error("the recogniser answered with malformed JSON")]
    Malformed,
    /// Its answer has no `text`.
    #[error("the recogniser's answer has no text")]
    NoText,
    /// Its `text` is no string.
    #[error("the text in the recogniser's answer is no string")]
    WrongType,
    /// Its `text` is empty.
    #[error("the recogniser understood nothing: its text is empty")]
    Empty,
}

impl Fault {
    /// Whether the same request may be answered with a text another time.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Unreached(_)
            | Self::Timeout(_)
            | Self::Cut
            | Self::NotJson(_)
            | Self::Malformed
            | Self::Status(408 | 425 | 429 | 500..=599) => true,
            Self::NoAudio(_)
            | Self::LongAudio
            | Self::Status(_)
            | Self::Huge
            | Self::NoText
            | Self::WrongType
            | Self::Empty => false,
        }
    }

    /// Whether the server is at fault, and not the recording.
    const fn is_of_the_server(&self) -> bool {
        match self {
            Self::Unreached(_)
            | Self::Timeout(_)
            | Self::Status(_)
            | Self::Cut
            | Self::NotJson(_)
            | Self::Malformed
            | Self::NoText
            | Self::WrongType => true,
            Self::NoAudio(_) | Self::LongAudio | Self::Huge | Self::Empty => false,
        }
    }
}

impl Recogniser {
    /// One that is asked over HTTP. Connects to nothing yet.
    pub fn new(config: RecogniserConfig) -> Result<Self, TlsSetupError> {
        let everywhere = vec![IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())];
        let guard = Guard::new(everywhere);
        let transport = HttpTransport::new(TransportConfig::new(guard))?;
        Ok(Self::over(Arc::new(transport), config))
    }

    /// One that is asked over `transport`.
    pub fn over(transport: Arc<dyn Transport>, config: RecogniserConfig) -> Self {
        Self {
            transport,
            url: Arc::new(config.url.clone()),
            permits: Semaphore::new(config.concurrency.max(1)),
            fails: AtomicBool::new(false),
            config,
        }
    }

    /// How often a recording is tried.
    pub const fn attempts(&self) -> u32 {
        self.config.attempts
    }

    /// Writes down what is said in the WAV file that `open` opens, once it is this one's turn.
    pub async fn hear(
        &self,
        open: impl FnOnce() -> io::Result<File> + Send + 'static,
    ) -> Result<String, Fault> {
        // Never closed; without a permit nothing is read into memory.
        let _permit = self.permits.acquire().await;
        let audio = tokio::task::spawn_blocking(move || read(open))
            .await
            .unwrap_or(Err(Fault::NoAudio(io::ErrorKind::Other)))?;
        let outgoing = self.outgoing(&audio);
        drop(audio);
        let exchange = self.transport.send(outgoing).await;
        let heard = understood(exchange, self.config.timeout);
        self.note(&heard);
        heard
    }

    /// Tells an operator once that it fails, and once that it answers again.
    fn note(&self, heard: &Result<String, Fault>) {
        let url = self.url.seen();
        match heard {
            Err(fault) if fault.is_of_the_server() => {
                if !self.fails.swap(true, Ordering::Relaxed) {
                    warn!(url, reason = %fault, "the recogniser fails; transcriptions wait for it");
                }
            }
            Ok(_) | Err(_) => {
                if self.fails.swap(false, Ordering::Relaxed) {
                    info!(url, "the recogniser answers again");
                }
            }
        }
    }

    fn outgoing(&self, audio: &[u8]) -> Outgoing {
        let mut form = Form::around(audio);
        form.text("model", &self.config.model);
        form.text("response_format", "json");
        if let Some(language) = &self.config.language {
            form.text("language", language);
        }
        form.file("file", "recording.wav", "audio/wav", audio);
        let timeout = self.config.timeout;
        Outgoing {
            method: Method::POST,
            url: Arc::clone(&self.url),
            headers: self.headers(form.content_type()),
            body: Bytes::from(form.finish()),
            limits: Limits {
                connect: timeout.min(CONNECT),
                read: timeout,
                total: timeout,
            },
            keep: usize::try_from(BODY_LIMIT).unwrap_or(usize::MAX),
        }
    }

    /// The token is for the origin that the operator named, whatever a redirect says.
    fn headers(&self, content_type: String) -> HeadersFor {
        let key = self.config.key.clone();
        let own = Arc::clone(&self.url);
        Arc::new(move |method, url, lines| {
            lines.push("User-Agent", USER_AGENT);
            lines.push("Accept", "application/json");
            if *method == Method::POST {
                lines.push("Content-Type", &content_type);
            }
            if let Some(key) = key.as_ref().filter(|_| url.origin() == own.origin()) {
                lines.push("Authorization", &format!("Bearer {}", key.reveal()));
            }
        })
    }
}

impl fmt::Debug for Recogniser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recogniser").field(&self.url.seen()).finish()
    }
}

/// What the recogniser made of it.
fn understood(exchange: Exchange, timeout: Duration) -> Result<String, Fault> {
    let answer = exchange
        .result
        .map_err(|failure| unanswered(&failure, timeout))?;
    match answer.end {
        BodyEnd::Complete => answer::text(&answer),
        BodyEnd::Oversized => Err(Fault::Huge),
        BodyEnd::Cut => Err(Fault::Cut),
        BodyEnd::Unfinished => Err(Fault::Timeout(timeout)),
    }
}

fn unanswered(failure: &Failure, timeout: Duration) -> Fault {
    match failure.kind {
        FailureKind::Status(status) => Fault::Status(status),
        FailureKind::ReadTimeout | FailureKind::TotalTimeout => Fault::Timeout(timeout),
        FailureKind::Dns
        | FailureKind::AddressRefused(_)
        | FailureKind::ConnectTimeout
        | FailureKind::ConnectionRefused
        | FailureKind::ConnectionFailed
        | FailureKind::Tls(_)
        | FailureKind::ConnectionClosed
        | FailureKind::Protocol
        | FailureKind::HttpVersion
        | FailureKind::TooManyRedirects
        | FailureKind::RedirectWithoutLocation
        | FailureKind::DowngradeRefused
        | FailureKind::Url => Fault::Unreached(failure.detail.clone()),
    }
}

/// The file, of which no more is read than may be sent.
fn read(open: impl FnOnce() -> io::Result<File>) -> Result<Vec<u8>, Fault> {
    let unreadable = |error: io::Error| Fault::NoAudio(error.kind());
    let most = u64::try_from(MOST_AUDIO).unwrap_or(u64::MAX);
    let mut audio = Vec::new();
    let file = open().map_err(unreadable)?;
    let mut file = file.take(most.saturating_add(1));
    file.read_to_end(&mut audio).map_err(unreadable)?;
    if audio.len() > MOST_AUDIO {
        return Err(Fault::LongAudio);
    }
    Ok(audio)
}

#[cfg(test)]
mod tests;
