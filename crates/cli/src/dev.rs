//! `ringback dev`: everything in one process, for development. Puts the parts together,
//! starts them in order, and stops them in the opposite one.
//!
//! The store comes first, for its lock keeps a second process away from the data folder;
//! the ready file last. On a signal nothing new is accepted, requests and attempts under way
//! come to their end within a bound, and what is left waits in the store.

mod plan;
mod start;

use std::time::Duration;

use ringback_engine::Drained;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::args::{DevArgs, LogFormat};
use crate::banner::Banner;
use crate::complaint::Complaint;
use crate::demo::{Demo, DemoError, Summary};
use crate::output::{Printer, print};
use crate::ready::{Addresses, DevReady, ReadyFile};
use crate::{logging, stop};
use plan::{Plan, Show};
use start::{Bound, Started};

/// For attempts under way when it is stopped: a receiver that answers at all has done so.
const DRAIN: Duration = Duration::from_secs(10);
/// For tasks that block when all else has ended: a write to the terminal, a reader.
const BLOCKED: Duration = Duration::from_secs(1);

/// Runs until a signal, or to the end of `--demo --once`.
pub fn run(args: DevArgs) -> Result<(), Complaint> {
    let format = args.log_format;
    let plan = Plan::new(args)?;
    logging::start(format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::because("no threads can be started", &error))?;
    let result = runtime.block_on(dev(plan));
    runtime.shutdown_timeout(BLOCKED);
    result
}

async fn dev(plan: Plan) -> Result<(), Complaint> {
    let stop = CancellationToken::new();
    stop::on_signals(stop.clone(), plan.ready_file.clone())
        .map_err(|error| Complaint::because("signals cannot be listened to", &error))?;
    let printer = Printer::new(plan.format);
    let bound = Bound::new(&plan).await?;
    // Not before the lock is held: the file may be that of the process that holds it.
    let ready_file = plan
        .ready_file
        .clone()
        .map(ReadyFile::reserve)
        .transpose()?;
    let mut started = Started::new(&plan, bound, &printer, &stop).await?;
    welcome(&plan, &started);
    if let Some(file) = &ready_file {
        file.write(&DevReady::new(&started.addresses, &plan.credentials))?;
    }
    let result = serve(&plan, &mut started, &printer, &stop).await;
    drop(ready_file);
    if matches!(result, Err(End::Broken)) {
        return Err(broken());
    }
    finish(started, stop).await;
    match result {
        Ok(()) => Ok(()),
        Err(End::Broken) => Err(broken()),
        Err(End::Demo(error)) => Err(Complaint::because("the demonstration failed", &error)),
    }
}

/// Why it ends without having been asked to.
enum End {
    /// A task of the engine ended that should not have.
    Broken,
    /// The demonstration found something wrong.
    Demo(DemoError),
}

/// Serves until it is stopped, or the demonstration that it was started for is over.
async fn serve(
    plan: &Plan,
    started: &mut Started,
    printer: &Printer,
    stop: &CancellationToken,
) -> Result<(), End> {
    let demonstration = demonstrate(plan, started.demo.clone(), printer.clone());
    tokio::pin!(demonstration);
    let mut over = plan.show == Show::Nothing;
    loop {
        // Each branch is polled on in the next round or ends the loop.
        tokio::select! {
            () = stop.cancelled() => return match plan.show {
                Show::Nothing | Show::Demo => Ok(()),
                Show::DemoOnce => Err(End::Demo(DemoError::Stopped)),
            },
            () = started.running.failed() => return Err(End::Broken),
            result = &mut demonstration, if !over => {
                over = true;
                match (plan.show, result) {
                    // What it met while the server stopped is the stop's doing.
                    (Show::DemoOnce, Err(_)) if stop.is_cancelled() => {
                        return Err(End::Demo(DemoError::Stopped));
                    }
                    (Show::DemoOnce, result) => return result.map(|_| ()).map_err(End::Demo),
                    (Show::Demo | Show::Nothing, Ok(_)) => {}
                    (Show::Demo | Show::Nothing, Err(error)) => {
                        let reason = crate::complaint::with_causes(&error);
                        tracing::error!(reason, "the demonstration failed");
                    }
                }
            }
        }
    }
}

async fn demonstrate(
    plan: &Plan,
    parts: start::DemoParts,
    printer: Printer,
) -> Result<Summary, DemoError> {
    let demo = Demo::start(parts.engine, printer, &plan.credentials, parts.http).await?;
    demo.watch().await
}

/// Stops in order: the door, the engine, the lines that tell of it, the store.
async fn finish(started: Started, stop: CancellationToken) {
    stop.cancel();
    let Started {
        running,
        server,
        lines,
        store,
        demo,
        ..
    } = started;
    match server.await {
        Ok(served) if served.cut_off > 0 => {
            tracing::warn!(
                connections = served.cut_off,
                "requests that took too long were cut off"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "the server did not end well"),
    }
    match running.drain(DRAIN).await {
        Drained::Whole => {}
        Drained::Partly => {
            tracing::warn!("some attempts were given up; they are made again after the next start");
        }
    }
    // The last handle to the engine: the feed ends, once all of it is printed.
    drop(demo);
    if timeout(BLOCKED, lines).await.is_err() {
        tracing::warn!("nobody reads what is printed: not every line was");
    }
    store.close().await;
    tracing::info!("stopped");
}

fn welcome(plan: &Plan, started: &Started) {
    match plan.format {
        LogFormat::Text => print(&Banner {
            addresses: &started.addresses,
            data: &plan.data,
            credentials: &plan.credentials,
        }),
        LogFormat::Json => {}
    }
    let Addresses { http, https, .. } = &started.addresses;
    tracing::debug!(http, https, "serving");
}

fn broken() -> Complaint {
    Complaint::failure("the engine ended unexpectedly; nothing that was acknowledged is lost")
        .hint("the log above says why; start it again to go on")
}
