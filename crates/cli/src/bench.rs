//! `ringback bench`: how much this machine delivers, and what that costs.
//!
//! Servers under test are processes of this same binary; clients and the sink are here. All
//! of it shares two processors if there are more, so that figures of different machines say
//! something about one another. What it writes is removed at the end, however it ends.

mod calls;
mod durable;
mod fill;
mod folder;
mod growth;
mod isolation;
mod latency;
mod load;
mod machine;
mod raw;
mod report;
mod rest;
mod restart;
mod server;
mod sink;
mod tally;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::args::{BenchArgs, Figure, LogFormat};
use crate::complaint::Complaint;
use crate::output::print;
use crate::{logging, stop};
use durable::Durable;
use folder::Folder;
use machine::Machine;
use report::{Figures, Report};

/// How often the disk is timed, before and after.
const SYNCS: usize = 300;
const QUICK_SYNCS: usize = 10;

/// How much is measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// Enough for figures that mean something.
    Full,
    /// Enough to see that it works.
    Quick,
}

/// Where the middle and the end of many times lie.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Quantiles {
    p50: f64,
    p99: f64,
    p999: f64,
}

impl Quantiles {
    /// Those of `values`, if there are any.
    fn of(values: &mut [f64]) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let at = |thousandths: usize| values.get((values.len() - 1) * thousandths / 1000).copied();
        if values.is_empty() {
            return None;
        }
        Some(Self {
            p50: at(500)?,
            p99: at(990)?,
            p999: at(999)?,
        })
    }
}

/// The middle one; 0 of none.
fn median(values: &mut [f64]) -> f64 {
    Quantiles::of(values).map_or(0.0, |quantiles| quantiles.p50)
}

/// Measures what `args` ask for and prints it.
pub fn run(args: &BenchArgs) -> Result<(), Complaint> {
    logging::start(LogFormat::Text)?;
    let processors = machine::processors();
    // Before any thread is there: threads take over what they are started with.
    let pinned_to = machine::pin();
    let folder = Folder::new(&args.data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::because("no threads can be started", &error))?;
    let machine = Machine {
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        processor: machine::processor(),
        processors,
        pinned_to,
        filesystem: folder.filesystem(),
        fdatasync_ms: Quantiles::default(),
        load_before: machine::load(),
    };
    let report = runtime.block_on(async {
        let stop = CancellationToken::new();
        stop::on_signals(stop.clone(), None)
            .map_err(|error| Complaint::because("signals cannot be listened to", &error))?;
        // What is dropped kills its servers; the folder goes after them.
        tokio::select! {
            report = measure(args, &folder, machine) => report,
            () = stop.cancelled() => Err(Complaint::failure("it was stopped")),
        }
    })?;
    if args.json {
        let json = serde_json::to_string_pretty(&report)
            .map_err(|error| Complaint::because("the figures cannot be written", &error))?;
        print(&json);
    } else {
        print(&report);
    }
    match report.faults() {
        Some(faults) => Err(Complaint::failure(format!(
            "deliveries were not right:{faults}"
        ))),
        None => Ok(()),
    }
}

async fn measure(args: &BenchArgs, folder: &Folder, machine: Machine) -> Result<Report, Complaint> {
    let (size, syncs) = if args.quick {
        (Size::Quick, QUICK_SYNCS)
    } else {
        (Size::Full, SYNCS)
    };
    let wants = |figure| args.only.is_empty() || args.only.contains(&figure);
    let mut sync_times = folder.sync_times(syncs)?;
    let mut figures = Figures::default();
    if wants(Figure::Raw) || wants(Figure::Durable) {
        tell("raw");
        figures.raw = Some(raw::measure(size).await?);
    }
    if wants(Figure::Durable) {
        figures.durable = Some(deliver(folder, size).await?);
    }
    if wants(Figure::Latency) {
        // What a third of the load is has to be known first, if only roughly.
        let durable = match figures.durable {
            Some(durable) => durable,
            None => deliver(folder, size).await?,
        };
        tell("latency");
        let data = folder.path("latency");
        figures.latency = Some(latency::measure(&data, durable.per_s, size).await?);
        folder.clear()?;
    }
    if wants(Figure::Rest) {
        tell("rest");
        figures.rest = Some(rest::measure(&folder.path("rest"), size).await?);
        folder.clear()?;
    }
    sync_times.extend(folder.sync_times(syncs)?);
    if wants(Figure::Isolation) {
        tell("isolation");
        figures.isolation = Some(isolation::measure(folder, size).await?);
    }
    if wants(Figure::Restart) {
        tell("restart");
        figures.restart = Some(restart::measure(&folder.path("restart"), size).await?);
        folder.clear()?;
    }
    if wants(Figure::Growth) {
        tell("growth");
        figures.growth = growth::measure(folder, size, args.stored).await?;
        folder.clear()?;
    }
    if wants(Figure::Calls) {
        tell("calls");
        figures.calls = calls::measure(&folder.path("calls"), size).await?;
        folder.clear()?;
    }
    let machine = Machine {
        fdatasync_ms: folder::quantiles(&mut sync_times),
        ..machine
    };
    Ok(Report::new(&figures, args.quick, machine))
}

async fn deliver(folder: &Folder, size: Size) -> Result<Durable, Complaint> {
    tell("durable");
    let durable = durable::measure(&folder.path("durable"), size).await?;
    folder.clear()?;
    Ok(durable)
}

/// Says on stderr what is being measured.
fn tell(figure: &str) {
    tracing::info!("measuring {figure}");
}
