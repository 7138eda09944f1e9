//! Recorded and delivered: status changes into a server of its own, callbacks into the sink.
//!
//! The clock stops when every outcome is committed. That is checked, not believed: the server
//! is killed at once, and its store must have nothing pending.

use std::path::Path;
use std::time::Duration;

use ringback_store::Store as _;
use ringback_store::sqlite::{RESERVE, SqliteStore};
use ringback_wire::sign::SigningKey;
use tokio::time::{Instant, sleep};

use super::Size;
use super::load::Load;
use super::server::{AT_ONCE, Server};
use super::sink::Sink;
use super::tally::{Tally, judge};
use crate::complaint::Complaint;

/// All of it must be delivered in this time.
const WITHIN: Duration = Duration::from_secs(300);
/// The last outcomes, after that.
const COMMITTED_WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(2);

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Durable {
    /// Callbacks a second, from the first report to the last outcome's commit.
    pub per_s: f64,
    /// The server's time on processors, for each callback.
    pub cpu_us: Option<f64>,
    /// The most memory that the server had.
    pub rss_mib: Option<f64>,
    /// What the store takes for each callback, once its log is copied back.
    pub disk_bytes: f64,
    /// What was wrong with what arrived.
    pub tally: Tally,
}

/// How much is delivered.
pub const fn messages(size: Size) -> u32 {
    match size {
        Size::Full => 50_000,
        Size::Quick => 500,
    }
}

/// Measures in the folder `data`, which does not exist yet.
pub async fn measure(data: &Path, size: Size) -> Result<Durable, Complaint> {
    run(data, messages(size)).await
}

async fn run(data: &Path, messages: u32) -> Result<Durable, Complaint> {
    let sink = Sink::accepting()?;
    let server = Server::start(data, AT_ONCE).await?;
    let key = SigningKey::new(server.signing_key());
    let load = Load::new(0..messages, sink.url(0));
    let measured = deliver(&server, &sink, &load).await?;
    let rss_mib = server.peak_mib();
    server.kill();
    let tally = judge(&sink, load.messages.clone(), &key, &sink.url(0));
    let disk = settled(data).await?;
    let callbacks = count(load.callbacks());
    Ok(Durable {
        per_s: callbacks / measured.took.as_secs_f64(),
        cpu_us: measured.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / callbacks),
        rss_mib,
        disk_bytes: disk / callbacks,
        tally,
    })
}

/// What a delivery took.
pub struct Delivered {
    /// From the first report to the last outcome's commit.
    pub took: Duration,
    /// Meanwhile, on processors.
    pub cpu: Option<Duration>,
}

/// Reports all of `load` and waits until it is delivered and its outcomes committed.
pub async fn deliver(server: &Server, sink: &Sink, load: &Load) -> Result<Delivered, Complaint> {
    let (cpu_before, before) = (server.cpu(), sink.count());
    let committed_before = server.delivered().await?;
    let begun = Instant::now();
    load.send(server).await?;
    let wanted = before + load.callbacks();
    sink.wait_for(wanted, WITHIN)
        .await
        .map_err(|arrived| incomplete(arrived - before, load.callbacks()))?;
    committed(server, committed_before + load.callbacks()).await?;
    let took = begun.elapsed();
    let cpu = server.cpu().zip(cpu_before);
    Ok(Delivered {
        took,
        cpu: cpu.map(|(after, before)| after.saturating_sub(before)),
    })
}

/// Waits until the outcomes of so many callbacks are committed.
async fn committed(server: &Server, callbacks: usize) -> Result<(), Complaint> {
    let deadline = Instant::now() + COMMITTED_WITHIN;
    while Instant::now() < deadline {
        if server.delivered().await? >= callbacks {
            return Ok(());
        }
        sleep(POLL).await;
    }
    Err(Complaint::failure("outcomes were not committed"))
}

/// What the store in `data` takes in bytes, if nothing in it is pending.
async fn settled(data: &Path) -> Result<f64, Complaint> {
    let unreadable = |error: &dyn std::error::Error| {
        Complaint::because("the store under test cannot be read", error)
    };
    let store = SqliteStore::open(data).map_err(|error| unreadable(&error))?;
    let unsettled = store
        .unsettled()
        .await
        .map_err(|error| unreadable(&error))?;
    store.close().await;
    if unsettled > 0 {
        return Err(Complaint::failure(format!(
            "{unsettled} outcomes were not committed when the clock stopped"
        )));
    }
    let mut size = 0;
    for file in std::fs::read_dir(data).map_err(|error| unreadable(&error))? {
        let file = file.map_err(|error| unreadable(&error))?;
        if file.file_name() == RESERVE {
            // As large without a single callback.
            continue;
        }
        size += file.metadata().map_err(|error| unreadable(&error))?.len();
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 bytes")]
    Ok(size as f64)
}

fn incomplete(arrived: usize, of: usize) -> Complaint {
    Complaint::failure(format!(
        "only {arrived} of {of} callbacks arrived in {} s",
        WITHIN.as_secs()
    ))
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52 callbacks")]
pub(super) fn count(callbacks: usize) -> f64 {
    callbacks as f64
}
