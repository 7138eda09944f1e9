//! The load: messages that go through four statuses, each with a callback of 700 bytes.
//!
//! Reported by NDJSON, or as messages created over REST whose statuses the simulated network
//! reports.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::StatusCode;
use hyper::body::Bytes;
use ringback_wire::form;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::server::Server;
use crate::client::{Access, Client};
use crate::complaint::Complaint;

/// What every message goes through.
pub const STATUSES: [&str; 4] = ["queued", "sending", "sent", "delivered"];

/// How many callbacks a message makes.
pub const CALLBACKS: usize = STATUSES.len();

/// Connections over which NDJSON is sent, and lines of a request.
const STREAMS: u32 = 8;
const LINES: u32 = 500;

/// Clients that create messages over REST, one at a time each.
const CLIENTS: u32 = 64;

/// What a callback's parameters take without the message's text, so that all of them are as
/// long as is wanted.
const BESIDE_TEXT: usize = 243;
const CALLBACK_BYTES: usize = 700;

/// Messages to be reported.
#[derive(Clone, Debug)]
pub struct Load {
    /// Their numbers.
    pub messages: Range<u32>,
    /// Where their callbacks go, in turn.
    pub urls: Arc<[String]>,
}

impl Load {
    /// Messages with these numbers, whose callbacks all go to one URL.
    pub fn new(messages: Range<u32>, url: String) -> Self {
        Self {
            messages,
            urls: [url].into(),
        }
    }

    /// How many callbacks it makes.
    pub fn callbacks(&self) -> usize {
        self.messages.len() * CALLBACKS
    }

    /// Reports all of it, as fast as the server takes it.
    pub async fn send(&self, server: &Server) -> Result<(), Complaint> {
        let access = server.access()?;
        let batch = LINES / u32::try_from(CALLBACKS).unwrap_or(1);
        let client = |client, access, next| self.clone().stream(client, access, next, batch);
        together(STREAMS, &access, self.messages.start, client).await
    }

    /// Creates all of it over REST, as fast as the server takes it.
    pub async fn create(&self, access: &Access) -> Result<(), Complaint> {
        let load = self.clone();
        each(
            access,
            self.messages.clone(),
            move |number, client, access| {
                let body = creation(number, load.url(number));
                Box::pin(async move {
                    let answer = client.post(&messages_path(access), FORM, body).await?;
                    expect(answer.0 == StatusCode::CREATED, answer)
                })
            },
        )
        .await
    }

    async fn stream(
        self,
        mut client: Client,
        access: Access,
        next: Arc<AtomicU32>,
        batch: u32,
    ) -> Result<(), Complaint> {
        loop {
            let first = next.fetch_add(batch, Ordering::Relaxed);
            if first >= self.messages.end {
                return Ok(());
            }
            let last = self.messages.end.min(first + batch);
            let mut lines = String::with_capacity(1024 * LINES as usize);
            for status in STATUSES {
                for number in first..last {
                    change(&mut lines, number, status, self.url(number));
                    lines.push('\n');
                }
            }
            stream_until_taken(&mut client, &access, lines.into()).await?;
        }
    }

    fn url(&self, number: u32) -> &str {
        &self.urls[number as usize % self.urls.len()]
    }
}

/// Sends lines again as long as none of them is taken, sooner than the answer's Retry-After
/// asks for: the server is to have something to do.
async fn stream_until_taken(
    client: &mut Client,
    access: &Access,
    lines: Bytes,
) -> Result<(), Complaint> {
    for _ in 0..TRIES {
        let path = "/v1/changes";
        let answer = client
            .post(path, "application/x-ndjson", lines.clone())
            .await?;
        if answer.0 != StatusCode::SERVICE_UNAVAILABLE {
            return expect(answer.0 == StatusCode::OK, answer);
        }
        sleep(BUSY).await;
        // Whoever does not read a request to its end closes the connection.
        *client = Client::open(access).await?;
    }
    Err(Complaint::failure("the server under test stayed busy"))
}

/// How long a client waits that was told that too much waits, and how often.
const BUSY: Duration = Duration::from_millis(10);
const TRIES: u32 = 3_000;

/// The type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Reports one message's first status; answered when it is durable.
pub async fn report_one(client: &mut Client, number: u32, url: &str) -> Result<(), Complaint> {
    let mut line = String::new();
    change(&mut line, number, STATUSES[0], url);
    let answer = client.post("/v1/changes", "application/json", line).await?;
    expect(answer.0 == StatusCode::OK, answer)
}

/// The number of the message that a callback's text names.
pub fn number_of(text: &str) -> Option<u32> {
    text.split(' ').next()?.parse().ok()
}

/// The text of a message: its number, then as much as a callback is to be long.
pub fn text(number: u32) -> String {
    let mut text = format!("{number:08} ");
    let more = CALLBACK_BYTES - BESIDE_TEXT - text.len();
    text.extend(std::iter::repeat_n('x', more));
    text
}

/// Asks for each of `numbers` once, as fast as the server takes it.
pub async fn each<R>(access: &Access, numbers: Range<u32>, request: R) -> Result<(), Complaint>
where
    R: for<'a> Fn(u32, &'a mut Client, &'a Access) -> BoxFuture<'a, Result<(), Complaint>>,
    R: Clone + Send + Sync + 'static,
{
    let end = numbers.end;
    let client = |mut client: Client, access: Access, next: Arc<AtomicU32>| {
        let request = request.clone();
        async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return Ok(());
                }
                request(number, &mut client, &access).await?;
            }
        }
    };
    together(CLIENTS, access, numbers.start, client).await
}

/// Runs `count` clients at once until each is done; the first complaint ends all.
async fn together<F>(
    count: u32,
    access: &Access,
    first: u32,
    client: impl Fn(Client, Access, Arc<AtomicU32>) -> F,
) -> Result<(), Complaint>
where
    F: Future<Output = Result<(), Complaint>> + Send + 'static,
{
    let next = Arc::new(AtomicU32::new(first));
    let mut clients = JoinSet::new();
    for _ in 0..count {
        let connection = Client::open(access).await?;
        clients.spawn(client(connection, access.clone(), Arc::clone(&next)));
    }
    while let Some(ended) = clients.join_next().await {
        ended.map_err(|error| Complaint::because("a client broke", &error))??;
    }
    Ok(())
}

fn change(line: &mut String, number: u32, status: &str, url: &str) {
    let text = text(number);
    // Nothing here needs to be escaped; writing to a string does not fail.
    let _ = write!(
        line,
        r#"{{"kind":"message","external_id":"m{number}","status":"{status}","direction":"outbound-api","from":"+15550100001","to":"+15550100002","status_callback":"{url}","fields":{{"Body":"{text}"}}}}"#
    );
}

fn creation(number: u32, url: &str) -> String {
    form::encode(&[
        ("From", "+15550100001".to_owned()),
        ("To", "+15550100002".to_owned()),
        ("StatusCallback", url.to_owned()),
        ("Body", text(number)),
    ])
}

fn messages_path(access: &Access) -> String {
    format!("/api/laml/2010-04-01/Accounts/{}/Messages", access.project)
}

fn expect(met: bool, (status, body): (StatusCode, Bytes)) -> Result<(), Complaint> {
    if met {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&body);
    let start: String = body.chars().take(300).collect();
    Err(Complaint::failure(format!(
        "the server under test refused with {status}: {start}"
    )))
}
