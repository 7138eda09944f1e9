//! From a report to its callback: single reports at an even pace, 30 % of what is possible.
//!
//! The clock starts when the request is handed to the socket and stops when the sink has the
//! callback's last byte: between them lie one commit with its sync, and the delivery. Reports
//! are sent at their time whatever became of those before, over as many connections as that
//! takes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback_wire::form;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::load::{STATUSES, number_of, report_one};
use super::server::{AT_ONCE, Server};
use super::sink::Sink;
use super::{Quantiles, Size};
use crate::client::Client;
use crate::complaint::Complaint;

/// Of the callbacks a second that are possible.
const SHARE: f64 = 0.3;
/// More than are ever in use, unless the server stalls.
const CONNECTIONS: usize = 256;
const WITHIN: Duration = Duration::from_secs(60);

type Sent = Arc<Mutex<HashMap<u32, Instant>>>;

/// Measures in the folder `data`, which does not exist yet, below a load of `durable_per_s`.
pub async fn measure(data: &Path, durable_per_s: f64, size: Size) -> Result<Quantiles, Complaint> {
    let sink = Sink::accepting()?;
    let server = Server::start(data, AT_ONCE).await?;
    let per_s = durable_per_s * SHARE;
    let lasts = match size {
        Size::Full => 20.0,
        Size::Quick => 1.0,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some ten thousand"
    )]
    let count = (per_s * lasts).max(1.0) as u32;
    let sent = send(&server, &sink, per_s, count).await?;
    let wanted = count as usize;
    if let Err(arrived) = sink.wait_for(wanted, WITHIN).await {
        let problem = format!("only {arrived} of {wanted} callbacks arrived");
        return Err(Complaint::failure(problem));
    }
    server.stop().await?;
    let sent = sent.lock().unwrap_or_else(PoisonError::into_inner);
    Quantiles::of(&mut delays(&sink, &sent))
        .ok_or_else(|| Complaint::failure("no callback could be told by its text"))
}

/// Sends `count` reports at an even pace; when each was sent.
async fn send(server: &Server, sink: &Sink, per_s: f64, count: u32) -> Result<Sent, Complaint> {
    let (access, url) = (server.access()?, sink.url(0));
    // It must not grow while the clock runs: that would be a delay of its own.
    let sent = Sent::new(Mutex::new(HashMap::with_capacity(count as usize)));
    // Connections take turns, so that each is ready when its turn comes.
    let (back, mut idle) = mpsc::channel(CONNECTIONS);
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut reports = JoinSet::new();
    let begun = Instant::now();
    for number in 0..count {
        sleep_until(begun + Duration::from_secs_f64(f64::from(number) / per_s)).await;
        let permit = Arc::clone(&permits).acquire_owned().await;
        let mut client = match idle.try_recv() {
            Ok(client) => client,
            Err(_) => Client::open(&access).await?,
        };
        let (url, sent, back) = (url.clone(), sent.clone(), back.clone());
        reports.spawn(async move {
            let now = Instant::now();
            sent.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(number, now);
            let reported = report_one(&mut client, number, &url).await;
            back.try_send(client).ok();
            drop(permit);
            reported
        });
        while let Some(ended) = reports.try_join_next() {
            ended.map_err(|error| Complaint::because("a client broke", &error))??;
        }
    }
    while let Some(ended) = reports.join_next().await {
        ended.map_err(|error| Complaint::because("a client broke", &error))??;
    }
    Ok(sent)
}

/// In milliseconds, for each report, until its first callback.
fn delays(sink: &Sink, sent: &HashMap<u32, Instant>) -> Vec<f64> {
    let mut delays = Vec::with_capacity(sent.len());
    sink.each(|arrival| {
        let pairs = form::decode(str::from_utf8(arrival.body).unwrap_or_default());
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value)
        };
        if value("MessageStatus") == STATUSES[0]
            && let Some(sent) = number_of(value("Body")).and_then(|number| sent.get(&number))
        {
            delays.push((arrival.at - *sent).as_secs_f64() * 1e3);
        }
    });
    delays
}
