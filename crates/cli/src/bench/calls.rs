//! Calls with a document: the processor's time for each beside its HTTP, and the memory of
//! many at once.
//!
//! The document comes with the request, so that each call is one HTTP exchange; requests that
//! are refused tell what such an exchange costs alone. Nobody subscribes to the calls' changes.

use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use ringback_wire::form;
use tokio::time::{Instant, sleep};

use super::Size;
use super::durable::count;
use super::load::{FORM, each};
use super::server::{AT_ONCE, Server};
use crate::client::{Access, Client};
use crate::complaint::Complaint;

/// Five verbs, of those that need nothing from outside.
const DOCUMENT: &str = "<Response><Say>Welcome to the line.</Say><Play>https://a.example/b.wav\
    </Play><Pause length=\"1\"/><Say>Goodbye.</Say><Hangup/></Response>";

/// One that goes on for as long as anyone looks.
const WAITING: &str = "<Response><Say>One moment, please.</Say><Pause length=\"600\"/>\
    <Pause length=\"600\"/><Say>Goodbye.</Say><Hangup/></Response>";

/// Queued, initiated, ringing, in progress, completed.
const CHANGES: usize = 5;

const WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Calls {
    /// Time on processors for each call with a document of five verbs, its HTTP included.
    pub cpu_us: f64,
    /// Of it, what the HTTP exchange takes.
    pub http_cpu_us: f64,
    /// How many calls were in progress at once.
    pub parallel: u32,
    /// The most memory that the server had then, in MiB.
    pub rss_mib: f64,
}

impl Calls {
    /// What a call costs beside its HTTP.
    pub fn beside_http_us(self) -> f64 {
        self.cpu_us - self.http_cpu_us
    }
}

/// Measures in folders that begin with `data`; none where processes cannot be looked at.
pub async fn measure(data: &Path, size: Size) -> Result<Option<Calls>, Complaint> {
    let (calls, parallel) = match size {
        Size::Full => (20_000, 10_000),
        Size::Quick => (100, 50),
    };
    let Some((cpu_us, http_cpu_us)) = run(&data.join("run"), calls).await? else {
        return Ok(None);
    };
    let rss = hold(&data.join("hold"), parallel).await?;
    Ok(rss.map(|rss_mib| Calls {
        cpu_us,
        http_cpu_us,
        parallel,
        rss_mib,
    }))
}

/// Runs so many calls to their end: the microseconds that each takes, and those of an exchange
/// that is refused.
async fn run(data: &Path, calls: u32) -> Result<Option<(f64, f64)>, Complaint> {
    let server = Server::start(data, AT_ONCE).await?;
    let access = server.access()?;
    let before = server.cpu();
    each(&access, 0..calls, |_, client, access| {
        Box::pin(create(client, access, None, StatusCode::BAD_REQUEST))
    })
    .await?;
    let refused = server.cpu();
    each(&access, 0..calls, |_, client, access| {
        Box::pin(create(client, access, Some(DOCUMENT), StatusCode::OK))
    })
    .await?;
    until_accepted(&server, calls as usize * CHANGES).await?;
    let ended = server.cpu();
    server.stop().await?;
    let (Some(before), Some(refused), Some(ended)) = (before, refused, ended) else {
        return Ok(None);
    };
    let micros = |from: Duration, to: Duration| {
        (to.saturating_sub(from)).as_secs_f64() * 1e6 / count(calls as usize)
    };
    Ok(Some((micros(refused, ended), micros(before, refused))))
}

/// Lets so many calls be in progress at once; the most memory that the server had.
async fn hold(data: &Path, calls: u32) -> Result<Option<f64>, Complaint> {
    let server = Server::start(data, 1).await?;
    let access = server.access()?;
    each(&access, 0..calls, |_, client, access| {
        Box::pin(create(client, access, Some(WAITING), StatusCode::OK))
    })
    .await?;
    until_accepted(&server, calls as usize * (CHANGES - 1)).await?;
    let peak = server.peak_mib();
    server.kill();
    Ok(peak)
}

/// Creates a call with `document`; without one the request is refused.
async fn create(
    client: &mut Client,
    access: &Access,
    document: Option<&str>,
    expected: StatusCode,
) -> Result<(), Complaint> {
    let mut fields = vec![("From", "+15550100001"), ("To", "+15550100002")];
    fields.extend(document.map(|document| ("Twiml", document)));
    let path = format!("/api/laml/2010-04-01/Accounts/{}/Calls", access.project);
    let (status, body) = client.post(&path, FORM, form::encode(&fields)).await?;
    if status == expected {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&body);
    let problem = format!("a call was answered with {status}, not {expected}: {body}");
    Err(Complaint::failure(problem))
}

async fn until_accepted(server: &Server, changes: usize) -> Result<(), Complaint> {
    let deadline = Instant::now() + WITHIN;
    loop {
        let accepted = server.accepted().await?;
        if accepted >= changes {
            return Ok(());
        }
        if Instant::now() > deadline {
            let problem = format!("only {accepted} of {changes} changes of calls were recorded");
            return Err(Complaint::failure(problem));
        }
        sleep(POLL).await;
    }
}
