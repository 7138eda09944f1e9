//! The raw limit: what HTTP on this machine allows, with nothing recorded.
//!
//! The same request as a callback's, 64 in flight over kept connections, to the same sink:
//! with a bare hyper client, and with our own transport. The better one is the limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use ringback_engine::transport::{
    EXCERPT_LIMIT, Guard, HttpTransport, Limits, Outgoing, Transport as _, TransportConfig,
};
use ringback_wire::url::CallbackUrl;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::load::text;
use super::sink::Sink;
use super::{Size, median};
use crate::complaint::Complaint;

/// Requests in flight.
const IN_FLIGHT: u32 = 64;
const ROUNDS: usize = 3;
const LIMIT: Duration = Duration::from_secs(15);
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

const SHA1: &str = "E9zjz7KWpTa+5NVnM+bDaRIV2Ks=";
const SHA256: &str = "v1,fBL5VK8b/QJWdeLUuqN4aBjh3qvUYmOkdyqYK4+t+/c=";
const ID: &str = "0190a000-0000-7000-8000-000000000001";

/// Header fields as many and as long as a callback's, but always the same.
const FIELDS: [(&str, &str); 8] = [
    ("user-agent", ringback_wire::headers::USER_AGENT),
    ("x-twilio-signature", SHA1),
    ("webhook-signature", SHA256),
    ("webhook-timestamp", "1712255535"),
    ("i-twilio-idempotency-token", ID),
    ("webhook-id", ID),
    ("x-signalwire-signature", SHA1),
    ("ringback-depth", "1"),
];

/// How many requests a second are possible.
#[derive(Clone, Copy, Debug)]
pub struct Raw {
    /// With a bare hyper client.
    pub hyper_per_s: f64,
    /// With our own transport.
    pub transport_per_s: f64,
}

impl Raw {
    /// The limit.
    pub fn per_s(self) -> f64 {
        self.hyper_per_s.max(self.transport_per_s)
    }
}

/// Measures both, alternating.
pub async fn measure(size: Size) -> Result<Raw, Complaint> {
    let count = match size {
        Size::Full => 100_000,
        Size::Quick => 1_000,
    };
    let (mut bare, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(hyper(count).await?);
        ours.push(transport(count).await?);
    }
    Ok(Raw {
        hyper_per_s: median(&mut bare),
        transport_per_s: median(&mut ours),
    })
}

async fn hyper(count: u32) -> Result<f64, Complaint> {
    let sink = Sink::accepting()?;
    let url = CallbackUrl::parse(&sink.url(0)).map_err(|error| failed(&error))?;
    let (body, headers) = (body(), headers());
    let left = Arc::new(AtomicU32::new(count));
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..IN_FLIGHT {
        let (left, body, headers) = (Arc::clone(&left), body.clone(), headers.clone());
        let (address, target) = (sink.addresses[0], url.target().to_owned());
        let authority = HeaderValue::try_from(url.authority()).map_err(|e| failed(&e))?;
        tasks.spawn(async move {
            let stream = TcpStream::connect(address).await.map_err(|e| failed(&e))?;
            stream.set_nodelay(true).map_err(|e| failed(&e))?;
            let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
                .await
                .map_err(|e| failed(&e))?;
            let driver = tokio::spawn(connection);
            while take(&left) {
                let mut request = Request::new(Full::new(body.clone()));
                *request.method_mut() = Method::POST;
                *request.uri_mut() = target.parse().map_err(|e| failed(&e))?;
                *request.headers_mut() = headers.clone();
                let own = request.headers_mut();
                own.insert(http::header::HOST, authority.clone());
                own.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(FORM));
                sender.ready().await.map_err(|e| failed(&e))?;
                let response = sender.send_request(request).await.map_err(|e| failed(&e))?;
                response
                    .into_body()
                    .collect()
                    .await
                    .map_err(|e| failed(&e))?;
            }
            driver.abort();
            Ok(())
        });
    }
    finished(tasks, &sink, count, begun).await
}

async fn transport(count: u32) -> Result<f64, Complaint> {
    let sink = Sink::accepting()?;
    let config = TransportConfig::new(Guard::for_development(Vec::new()));
    let transport = Arc::new(HttpTransport::new(config).map_err(|error| failed(&error))?);
    let url = CallbackUrl::parse(&sink.url(0)).map_err(|error| failed(&error))?;
    let outgoing = Outgoing {
        method: Method::POST,
        url: Arc::new(url),
        body: body(),
        headers: Arc::new(|_, _, lines| {
            for (name, value) in FIELDS {
                lines.push(name, value);
            }
            lines.push("content-type", FORM);
        }),
        limits: Limits {
            connect: LIMIT,
            read: LIMIT,
            total: LIMIT,
        },
        keep: EXCERPT_LIMIT,
    };
    let left = Arc::new(AtomicU32::new(count));
    let mut tasks = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..IN_FLIGHT {
        let (left, transport) = (Arc::clone(&left), Arc::clone(&transport));
        let outgoing = outgoing.clone();
        tasks.spawn(async move {
            while take(&left) {
                let exchange = transport.send(outgoing.clone()).await;
                exchange
                    .result
                    .map_err(|failure| Complaint::failure(failure.detail))?;
            }
            Ok(())
        });
    }
    finished(tasks, &sink, count, begun).await
}

async fn finished(
    mut tasks: JoinSet<Result<(), Complaint>>,
    sink: &Sink,
    count: u32,
    begun: Instant,
) -> Result<f64, Complaint> {
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| failed(&error))??;
    }
    let took = begun.elapsed();
    if sink.count() != count as usize {
        return Err(Complaint::failure("the sink did not get every request"));
    }
    Ok(f64::from(count) / took.as_secs_f64())
}

fn take(left: &AtomicU32) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(1)
    })
    .is_ok()
}

/// As long as a callback's parameters.
fn body() -> Bytes {
    const SID: &str = "0190a000-0000-7000-8000-000000000001";
    let text = text(1).replace(' ', "+");
    let body = format!(
        "MessageStatus=delivered&MessageSid={SID}&AccountSid={SID}&From=%2B15550100001\
         &To=%2B15550100002&Body={text}&NumMedia=0&NumSegments=3"
    );
    body.into()
}

fn headers() -> HeaderMap {
    FIELDS
        .map(|(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        })
        .into_iter()
        .collect()
}

fn failed<E: std::error::Error + 'static>(error: &E) -> Complaint {
    Complaint::because("the raw limit cannot be measured", error)
}
