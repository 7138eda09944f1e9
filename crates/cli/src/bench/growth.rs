//! What a large store costs: the processor's time for each callback, beside millions that
//! were settled before, against an empty store.

use super::Size;
use super::durable::{count, deliver};
use super::fill::{Fill, Past, fill};
use super::folder::Folder;
use super::load::Load;
use super::median;
use super::server::{AT_ONCE, Server};
use super::sink::Sink;
use crate::complaint::Complaint;
use crate::credentials::Credentials;
use ringback_engine::Clock;

/// Alternating, so that a machine that slows down slows both.
const PAIRS: u32 = 3;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// How many settled callbacks were stored.
    pub stored: u32,
    /// Time on processors for each callback, beside an empty store.
    pub empty_cpu_us: f64,
    /// With all that stored.
    pub stored_cpu_us: f64,
}

impl Growth {
    /// How many times as much it costs.
    pub fn ratio(self) -> f64 {
        self.stored_cpu_us / self.empty_cpu_us
    }
}

/// Measures in folders below `root`; none where processes cannot be looked at.
pub async fn measure(root: &Folder, size: Size, stored: u32) -> Result<Option<Growth>, Complaint> {
    let (stored, messages) = match size {
        Size::Full => (stored, 12_500),
        Size::Quick => (2_000, 250),
    };
    let large = root.path("growth-stored");
    let what = Fill {
        project: Credentials::for_development(None).project,
        url: "http://127.0.0.1:9/status".to_owned(),
        messages: stored / 4,
        past: Past::Delivered,
        now: Clock::system().now(),
    };
    fill(&large, &what).await?;
    let (mut empty_us, mut stored_us) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let empty = root.path(&format!("growth-empty-{pair}"));
        for (data, times) in [(&empty, &mut empty_us), (&large, &mut stored_us)] {
            let numbers = pair * messages..(pair + 1) * messages;
            let sink = Sink::accepting()?;
            let server = Server::start(data, AT_ONCE).await?;
            let load = Load::new(numbers, sink.url(0));
            let delivered = deliver(&server, &sink, &load).await?;
            server.stop().await?;
            let Some(cpu) = delivered.cpu else {
                return Ok(None);
            };
            times.push(cpu.as_secs_f64() * 1e6 / count(load.callbacks()));
        }
    }
    Ok(Some(Growth {
        stored,
        empty_cpu_us: median(&mut empty_us),
        stored_cpu_us: median(&mut stored_us),
    }))
}
