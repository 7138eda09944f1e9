//! What three bad destinations of a hundred cost the others.
//!
//! One accepts and never answers, one answers after ten seconds, one never ends its body; for
//! each 10,000 callbacks are pending before the others begin.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::durable::count;
use super::folder::Folder;
use super::load::{CALLBACKS, Load};
use super::server::{AT_ONCE, Server};
use super::sink::{Manner, Sink};
use super::{Size, median};
use crate::complaint::Complaint;

const DESTINATIONS: usize = 100;
const BAD: [Manner; 3] = [Manner::Silent, Manner::Slow, Manner::Endless];
const WITHIN: Duration = Duration::from_secs(120);

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Isolation {
    /// Callbacks a second to the good ones, with nothing pending for the bad ones.
    pub alone_per_s: f64,
    /// With the bad ones.
    pub beside_bad_per_s: f64,
    /// The median of the pairs' ratios.
    pub ratio: f64,
}

/// How much there is.
#[derive(Clone, Copy)]
struct Amount {
    pairs: u32,
    /// Messages for each bad destination, and for each good one.
    bad: u32,
    good: u32,
}

/// Measures in folders below `root`.
pub async fn measure(root: &Folder, size: Size) -> Result<Isolation, Complaint> {
    let amount = match size {
        Size::Full => Amount {
            pairs: 5,
            bad: 10_000 / u32::try_from(CALLBACKS).unwrap_or(1),
            good: 100,
        },
        Size::Quick => Amount {
            pairs: 1,
            bad: 25,
            good: 2,
        },
    };
    let (mut alone, mut beside, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for pair in 0..amount.pairs {
        let without = Amount { bad: 0, ..amount };
        let name = |what| root.path(&format!("isolation-{pair}-{what}"));
        let quiet = run(&name("alone"), without).await?;
        let loud = run(&name("beside"), amount).await?;
        root.clear()?;
        alone.push(quiet);
        beside.push(loud);
        ratios.push(loud / quiet);
    }
    Ok(Isolation {
        alone_per_s: median(&mut alone),
        beside_bad_per_s: median(&mut beside),
        ratio: median(&mut ratios),
    })
}

async fn run(data: &Path, amount: Amount) -> Result<f64, Complaint> {
    let good_ones = DESTINATIONS - BAD.len();
    let manners: Vec<Manner> = BAD
        .into_iter()
        .chain(std::iter::repeat_n(Manner::Accepts, good_ones))
        .collect();
    let sink = Sink::start(&manners)?;
    let server = Server::start(data, AT_ONCE).await?;
    let urls: Vec<String> = (0..manners.len()).map(|number| sink.url(number)).collect();
    let (bad, good) = urls.split_at(BAD.len());
    let bad_messages = amount.bad * u32::try_from(BAD.len()).unwrap_or(0);
    let first = Load {
        messages: 0..bad_messages,
        urls: bad.into(),
    };
    first.send(&server).await?;
    let good_messages = amount.good * u32::try_from(good_ones).unwrap_or(0);
    let load = Load {
        messages: bad_messages..bad_messages + good_messages,
        urls: good.into(),
    };
    let begun = Instant::now();
    load.send(&server).await?;
    if let Err(arrived) = sink.wait_for(load.callbacks(), WITHIN).await {
        let problem = format!(
            "only {arrived} of {} callbacks arrived at the good destinations",
            load.callbacks()
        );
        return Err(Complaint::failure(problem));
    }
    let took = sink.last().map_or(begun.elapsed(), |last| last - begun);
    server.kill();
    Ok(count(load.callbacks()) / took.as_secs_f64())
}
