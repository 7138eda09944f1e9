//! The receiver of the demonstration: what an application that takes callbacks amounts to.
//!
//! It verifies each signature from the URL that it was asked for and the parameters, as the
//! SDKs' validators do.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ringback_domain::id::Sid;
use ringback_engine::Clock;
use ringback_wire::form;
use ringback_wire::sign::{SIGNALWIRE_SIGNATURE, SigningKey, form_signature, json_signature};
use subtle::ConstantTimeEq as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Arrival, Check};

/// Sixteen callbacks are awaited; a receiver that is not heard keeps its sender waiting.
const QUEUE: usize = 64;
/// More connections wait to be accepted.
const CONNECTIONS: usize = 64;
/// Far more than a callback takes.
const BODY_LIMIT: usize = 64 * 1024;
/// What a call is to do: it is asked for once the call is answered.
const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Response><Say>Hello from Ringback.</Say></Response>
"#;

/// What becomes of a call once its voicemail is recorded.
const THANKS: &str = "<Response><Say>Thank you.</Say><Hangup/></Response>";

/// Which parameters tell of what: type of callback, its status, its resource. The first whose
/// status is there: what is told of a transcription names its recording and its call too.
const TOLD: [(&str, &str, &str); 4] = [
    ("transcription", "TranscriptionStatus", "TranscriptionSid"),
    ("recording", "RecordingStatus", "RecordingSid"),
    ("message", "MessageStatus", "MessageSid"),
    ("voice", "CallStatus", "CallSid"),
];

/// A receiver on a free port of this machine; gone when this is dropped.
pub struct Receiver {
    address: SocketAddr,
    arrivals: mpsc::Receiver<Arrival>,
    _stop: DropGuard,
}

/// What a request is answered from.
struct Desk {
    key: SigningKey,
    clock: Clock,
    arrivals: mpsc::Sender<Arrival>,
}

impl Receiver {
    /// Receives from now on, and verifies with `key`.
    pub async fn start(key: SigningKey, clock: Clock) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, arrivals) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let desk = Arc::new(Desk {
            key,
            clock,
            arrivals: sender,
        });
        tokio::spawn(
            stop.clone()
                .run_until_cancelled_owned(accept(listener, desk, stop.clone())),
        );
        Ok(Self {
            address,
            arrivals,
            _stop: stop.drop_guard(),
        })
    }

    /// A URL of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The next callback.
    pub async fn arrival(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }
}

/// Accepts until it is dropped.
async fn accept(listener: TcpListener, desk: Arc<Desk>, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(permit) = room.clone().acquire_owned().await {
        // A failed accept is a connection that is gone already, or too many files: the next
        // one tells, and the demonstration has a bound.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let desk = desk.clone();
        tokio::spawn(stop.clone().run_until_cancelled_owned(async move {
            serve(stream, desk).await;
            drop(permit);
        }));
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| {
        let desk = desk.clone();
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    // A connection that breaks is the sender's to try again.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        match (request.method(), request.uri().path()) {
            (_, "/voice") => document(DOCUMENT.to_owned()),
            (_, "/voicemail") => document(voicemail(&own(request.headers(), "/status"))),
            (_, "/thanks") => document(THANKS.to_owned()),
            (&Method::POST, "/status") => status(self.take(request).await),
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    async fn take(&self, request: Request<Incoming>) -> StatusCode {
        let at = self.clock.now();
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, BODY_LIMIT).collect().await else {
            return StatusCode::BAD_REQUEST;
        };
        let body = body.to_bytes();
        let url = seen(&parts.headers, &parts.uri);
        let (pairs, expected) = if is_json(&parts.headers) {
            (texts(&body), json_signature(&self.key, &url, &body))
        } else {
            let pairs = form::decode(&String::from_utf8_lossy(&body));
            let expected = form_signature(&self.key, &url, &pairs);
            (pairs, expected)
        };
        let Some((callback_type, resource, status)) = told(&pairs) else {
            return StatusCode::BAD_REQUEST;
        };
        let check = check(&expected, &parts.headers);
        let arrival = Arrival {
            at,
            callback_type,
            resource,
            status,
            check,
        };
        // Nobody listens once the demonstration is over.
        let _ = self.arrivals.send(arrival).await;
        match check {
            Check::Verified => StatusCode::OK,
            Check::Forged => StatusCode::FORBIDDEN,
        }
    }
}

/// The parameters of a JSON body, which are texts; none, if it is no such body.
fn texts(body: &[u8]) -> Vec<(String, String)> {
    let parameters: BTreeMap<String, String> = serde_json::from_slice(body).unwrap_or_default();
    parameters.into_iter().collect()
}

/// Type, resource and status of a callback.
fn told(pairs: &[(String, String)]) -> Option<(&'static str, Sid, String)> {
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name);
    let value = |name: &str| value(name).map(|(_, value)| value.as_str());
    if let Some(category) = value("event_category") {
        let resource = value(&format!("{category}_id"))?.parse().ok()?;
        return Some(("ten-dlc", resource, value("state")?.to_owned()));
    }
    let all = TOLD.into_iter();
    let mut known = all.filter_map(|(name, status, sid)| Some((name, value(status)?, sid)));
    let (name, status, sid) = known.next()?;
    let callback_type = match name {
        // A number's own callback has no source.
        "voice" if value("CallbackSource").is_none() => "inbound-call",
        name => name,
    };
    Some((callback_type, value(sid)?.parse().ok()?, status.to_owned()))
}

/// A URL of the receiver, by the name that it was asked under.
fn own(headers: &HeaderMap, path: &str) -> String {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    format!("http://{}{path}", host.unwrap_or_default())
}

/// Takes a message, and has it written down.
fn voicemail(status: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Response>
  <Say>Please leave a message.</Say>
  <Record maxLength="20" action="/thanks" recordingStatusCallback="{status}"
          transcribe="true" transcribeCallback="{status}"/>
</Response>
"#
    )
}

fn document(text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    let xml = header::HeaderValue::from_static("application/xml");
    response.headers_mut().insert(header::CONTENT_TYPE, xml);
    response
}

/// The URL as the sender wrote it: host and target of the request, nothing decoded.
fn seen(headers: &HeaderMap, uri: &http::Uri) -> String {
    own(
        headers,
        uri.path_and_query().map_or("/", |target| target.as_str()),
    )
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
}

/// Whether the signature of a callback is the one that is `expected`.
fn check(expected: &str, headers: &HeaderMap) -> Check {
    let given = headers
        .get(SIGNALWIRE_SIGNATURE)
        .map_or(&[][..], |given| given.as_bytes());
    if bool::from(expected.as_bytes().ct_eq(given)) {
        Check::Verified
    } else {
        Check::Forged
    }
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_holds_for_its_own_url_parameters_and_key_alone() {
        let key = SigningKey::new("PSK");
        let pairs = vec![("CallSid".to_owned(), "1".to_owned())];
        let url = "http://127.0.0.1:5000/status";
        let own = form_signature(&key, url, &pairs);
        let mut headers = HeaderMap::new();
        assert_eq!(check(&own, &headers), Check::Forged);

        headers.insert("x-signalwire-signature", own.parse().unwrap());
        assert_eq!(check(&own, &headers), Check::Verified);
        let none: [(String, String); 0] = [];
        for other in [
            form_signature(&key, "http://127.0.0.1:5000/other", &pairs),
            form_signature(&key, url, &none),
            form_signature(&SigningKey::new("other"), url, &pairs),
            json_signature(&key, url, b"CallSid=1"),
        ] {
            assert_eq!(check(&other, &headers), Check::Forged);
        }
    }
}
