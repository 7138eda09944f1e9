//! The receiver of the kill test: it outlives the server and keeps every arrival.
//!
//! A destination for each manner. An arrival is in the ledger before it is answered. What is
//! refused, and what is answered late, depends on the seed and the callback.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::header::HeaderMap;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ringback_wire::form;
use ringback_wire::sign::{self, SigningKey};
use tokio::net::{TcpListener, TcpStream};

use super::ledger::{Answer, Ledger, Shared};
use super::traffic::{Callback, Kind, Manner};

/// Of 1,000 callbacks, so many are not wanted at first by the destination that picks, and
/// with so many more it fails at first.
const UNWANTED: u64 = 40;
const REFUSED: u64 = UNWANTED + 40;
/// So many are answered late by every destination.
const LATE: u64 = 50;
const LATE_BY: Duration = Duration::from_millis(40);

/// What destinations do beside accepting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// One picks.
    Usual,
    /// Another one fails as well.
    Outage,
    /// Everything is accepted.
    Mild,
}

/// Takes callbacks, on a port for each manner.
pub struct Receiver {
    origins: [String; Manner::ALL.len()],
    shared: Arc<Parts>,
}

struct Parts {
    seed: u64,
    key: SigningKey,
    ledger: Shared,
    mood: Mutex<Mood>,
    connections: AtomicUsize,
}

impl Receiver {
    pub async fn start(seed: u64, signing_key: &str, ledger: Shared) -> Self {
        let shared = Arc::new(Parts {
            seed,
            key: SigningKey::new(signing_key),
            ledger,
            mood: Mutex::new(Mood::Usual),
            connections: AtomicUsize::new(0),
        });
        let mut origins = Manner::ALL.map(|_| String::new());
        for (manner, origin) in Manner::ALL.into_iter().zip(&mut origins) {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            *origin = format!("http://{}", listener.local_addr().unwrap());
            let (origin, shared) = (origin.as_str().into(), Arc::clone(&shared));
            tokio::spawn(listen(listener, manner, origin, shared));
        }
        Self { origins, shared }
    }

    /// Scheme, host and port of each manner's destination.
    pub fn origins(&self) -> [String; Manner::ALL.len()] {
        self.origins.clone()
    }

    /// From now on, destinations are in this mood.
    pub fn set(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }

    /// Whether everything that a dead server had sent was read.
    pub fn is_quiet(&self) -> bool {
        self.shared.connections.load(Ordering::SeqCst) == 0
    }
}

/// Ends with the test's runtime.
async fn listen(listener: TcpListener, manner: Manner, origin: Arc<str>, parts: Arc<Parts>) {
    while let Ok((stream, _)) = listener.accept().await {
        parts.connections.fetch_add(1, Ordering::SeqCst);
        let (origin, parts) = (Arc::clone(&origin), Arc::clone(&parts));
        tokio::spawn(async move {
            serve(stream, manner, &origin, &parts).await;
            parts.connections.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

async fn serve(stream: TcpStream, manner: Manner, origin: &str, parts: &Parts) {
    stream.set_nodelay(true).ok();
    let service = service_fn(|request| answer(request, manner, origin, parts));
    // The server dies in the midst of it.
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    drop(connection.await);
}

async fn answer(
    request: Request<Incoming>,
    manner: Manner,
    origin: &str,
    parts: &Parts,
) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    // A request that was not sent whole has not arrived.
    let body = body.collect().await?.to_bytes();
    let path = head.uri.path();
    let (status, late) = match parts.take(manner, origin, path, &head.headers, &body) {
        Ok(found) => found,
        Err(complaint) => {
            parts.ledger.lock().complain(complaint);
            (StatusCode::NO_CONTENT, Duration::ZERO)
        }
    };
    if !late.is_zero() {
        tokio::time::sleep(late).await;
    }
    let mut response = Response::new(Empty::new());
    *response.status_mut() = status;
    Ok(response)
}

impl Answer {
    const fn status(self) -> StatusCode {
        match self {
            Self::Accepted => StatusCode::NO_CONTENT,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unwanted => StatusCode::NOT_FOUND,
        }
    }
}

impl Parts {
    /// Keeps an arrival; what it is answered, and when.
    fn take(
        &self,
        manner: Manner,
        origin: &str,
        path: &str,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<(StatusCode, Duration), String> {
        let broken = || format!("{path} came with {headers:?}");
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let text = str::from_utf8(body).map_err(|_| broken())?;
        let pairs = form::decode(text);
        let value = |name: &str| {
            let pair = pairs.iter().find(|(key, _)| key == name);
            pair.map(|(_, value)| value.as_str())
        };
        let resource: u32 = path.trim_start_matches('/').parse().map_err(|_| broken())?;
        let (sid, status) = match Kind::of(resource) {
            Kind::Message => (value("MessageSid"), value("MessageStatus")),
            Kind::Call => (value("CallSid"), value("CallStatus")),
        };
        let mut told = Kind::of(resource).told().iter();
        let place = told.position(|word| Some(*word) == status);
        let callback = Callback {
            resource,
            place: place.ok_or_else(broken)?,
        };
        if Kind::of(resource) == Kind::Call
            && value("SequenceNumber") != Some(&*callback.place.to_string())
        {
            return Err(format!("{callback:?} has the wrong SequenceNumber: {text}"));
        }
        let id = header("webhook-id").ok_or_else(broken)?;
        let time_s = header("webhook-timestamp").and_then(|time| time.parse().ok());
        let expected = sign::webhook_signature(&self.key, id, time_s.unwrap_or_default(), body);
        let url = format!("{origin}{path}");
        if header("webhook-signature") != Some(&*expected)
            || header(sign::SIGNALWIRE_SIGNATURE)
                != Some(&*sign::form_signature(&self.key, &url, &pairs))
        {
            return Err(format!("{callback:?} is signed wrongly: {headers:?}"));
        }
        let mut ledger = self.ledger.lock();
        let answer = self.judge(manner, callback, &ledger);
        ledger.name(resource, sid.ok_or_else(broken)?);
        ledger.arrive(callback, id, answer, header("ringback-late").is_some());
        let is_late = self.draw(callback, "late") < LATE;
        let late = if is_late { LATE_BY } else { Duration::ZERO };
        Ok((answer.status(), late))
    }

    fn judge(&self, manner: Manner, callback: Callback, ledger: &Ledger) -> Answer {
        let mood = *self.mood.lock().unwrap();
        let before = |answer| ledger.answered(callback, answer);
        match (manner, mood) {
            (Manner::Fails, Mood::Outage) => Answer::Failed,
            (Manner::Picks, Mood::Usual | Mood::Outage) => match self.draw(callback, "refused") {
                ..UNWANTED if !before(Answer::Unwanted) => Answer::Unwanted,
                UNWANTED..REFUSED if !before(Answer::Failed) => Answer::Failed,
                _ => Answer::Accepted,
            },
            (Manner::Accepts | Manner::Fails, _) | (Manner::Picks, Mood::Mild) => Answer::Accepted,
        }
    }

    /// From 0 to 999, the same each time that it is asked.
    fn draw(&self, callback: Callback, what: &str) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, callback.resource, callback.place, what).hash(&mut hasher);
        hasher.finish() % 1_000
    }
}
