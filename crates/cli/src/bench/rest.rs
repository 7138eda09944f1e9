//! Over REST: 64 clients create messages, the simulated network does all four statuses at
//! once, and their callbacks are delivered.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::Size;
use super::durable::count;
use super::load::Load;
use super::server::{AT_ONCE, Server};
use super::sink::Sink;
use crate::complaint::Complaint;

const WITHIN: Duration = Duration::from_secs(120);

/// Messages a second, from the first request to the last callback's arrival. Measured in the
/// folder `data`, which does not exist yet.
pub async fn measure(data: &Path, size: Size) -> Result<f64, Complaint> {
    let messages = match size {
        Size::Full => 20_000,
        Size::Quick => 200,
    };
    let sink = Sink::accepting()?;
    let server = Server::start(data, AT_ONCE).await?;
    let load = Load::new(0..messages, sink.url(0));
    let begun = Instant::now();
    load.create(&server.access()?).await?;
    if let Err(arrived) = sink.wait_for(load.callbacks(), WITHIN).await {
        let problem = format!("only {arrived} of {} callbacks arrived", load.callbacks());
        return Err(Complaint::failure(problem));
    }
    let took = sink.last().map_or(begun.elapsed(), |last| last - begun);
    server.stop().await?;
    Ok(count(load.messages.len()) / took.as_secs_f64())
}
