//! A restart with much pending: a million callbacks for a dead destination, 1 % of them due.
//!
//! A server is killed in the midst of its recovery, the destination comes back, and another
//! server starts on the same store.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::time::Duration;

use ringback_domain::id::ProjectId;
use ringback_domain::time::Timestamp;
use ringback_engine::Clock;
use ringback_store::Store as _;
use ringback_store::sqlite::SqliteStore;
use tokio::time::{Instant, sleep};

use super::Size;
use super::fill::{Fill, Past, WAITING_ATTEMPTS, fill};
use super::load::CALLBACKS;
use super::server::{AT_ONCE, Server};
use super::sink::{Manner, Sink};
use crate::complaint::Complaint;
use crate::credentials::Credentials;

const DELIVERS_WITHIN: Duration = Duration::from_secs(60);
/// For how long it goes on delivering, so that its memory is that of a server at work.
const GOES_ON: Duration = Duration::from_secs(5);
/// Of so many messages, one is due.
const DUE_OF: u32 = 100;
const PAGE: u32 = 10_000;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Restart {
    /// From exec to the arrival of the first callback.
    pub first_delivery_s: f64,
    /// The most memory that the server had.
    pub rss_mib: Option<f64>,
    /// Callbacks that are due at another time than before, though they were not tried.
    pub rescheduled: usize,
    /// How many were pending.
    pub pending: u32,
}

/// Measures in the folder `data`, which does not exist yet.
pub async fn measure(data: &Path, size: Size) -> Result<Restart, Complaint> {
    let callbacks = u32::try_from(CALLBACKS).unwrap_or(1);
    let messages = match size {
        Size::Full => 1_000_000 / callbacks,
        Size::Quick => 500,
    };
    let address = closed_port()?;
    let what = Fill {
        project: Credentials::for_development(None).project,
        url: format!("http://{address}/status"),
        messages,
        past: Past::Waiting { due },
        now: Clock::system().now(),
    };
    fill(data, &what).await?;
    Server::spawn(data, AT_ONCE).await?.kill();
    let sink = Sink::at([(address, Manner::Accepts)])?;
    let begun = Instant::now();
    let server = Server::spawn(data, AT_ONCE).await?;
    if sink.wait_for(1, DELIVERS_WITHIN).await.is_err() {
        return Err(Complaint::failure(
            "nothing was delivered after the restart",
        ));
    }
    let first = sink.first().unwrap_or(begun) - begun;
    sleep(GOES_ON).await;
    let rss_mib = server.peak_mib();
    server.kill();
    Ok(Restart {
        first_delivery_s: first.as_secs_f64(),
        rss_mib,
        rescheduled: rescheduled(data, &what, address).await?,
        pending: messages * callbacks,
    })
}

/// One in a hundred is due; the others are in an hour to a day, no two minutes alike.
fn due(number: u32, now: Timestamp) -> Timestamp {
    if number % DUE_OF == DUE_OF / 2 {
        return now;
    }
    now + Duration::from_secs(3600) + Duration::from_secs(u64::from(number % 1440) * 60)
}

/// A port that nothing listens on.
fn closed_port() -> Result<SocketAddr, Complaint> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let address = listener.and_then(|listener| listener.local_addr());
    address.map_err(|error| Complaint::because("no port is free", &error))
}

/// How many callbacks that were not tried are due at another time than they were.
async fn rescheduled(data: &Path, what: &Fill, address: SocketAddr) -> Result<usize, Complaint> {
    let unreadable = |error: &dyn std::error::Error| {
        Complaint::because("the store under test cannot be read", error)
    };
    let store = SqliteStore::open(data).map_err(|error| unreadable(&error))?;
    let origin = format!("http://{address}");
    let (mut position, mut changed) = (0, 0);
    loop {
        let page = owed(&store, what.project, &origin, position).await?;
        let Some(last) = page.last() else { break };
        position = last.position + 1;
        let untried = page.iter().filter(|one| one.attempts == WAITING_ATTEMPTS);
        let moved = untried.filter(|one| {
            let number = (one.position - 1) / CALLBACKS as u64;
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            one.due != due(number, what.now)
        });
        changed += moved.count();
    }
    store.close().await;
    Ok(changed)
}

async fn owed(
    store: &SqliteStore,
    project: ProjectId,
    origin: &str,
    position: u64,
) -> Result<Vec<ringback_domain::callback::Callback>, Complaint> {
    let page = store.owed(project, origin, position, PAGE).await;
    page.map_err(|error| Complaint::because("the store under test cannot be read", &error))
}
