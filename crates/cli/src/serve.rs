//! `ringback serve`: the operator's command. Starts the parts in order and stops them in the
//! opposite one.
//!
//! The store comes first, for its lock keeps a second process away; the ready file last. On
//! a signal nothing new is accepted and `/readyz` says so, what is under way comes to its end
//! within a bound, and what is left waits in the store.

mod start;

use std::path::PathBuf;
use std::time::Duration;

use ringback_engine::Drained;
use ringback_server::Served;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use self::start::{Bound, Started};
use crate::args::ServeArgs;
use crate::complaint::Complaint;
use crate::config::Config;
use crate::ready::ReadyFile;
use crate::{logging, stop};

/// For attempts under way when it is stopped: a receiver that answers at all has done so.
const DRAIN: Duration = Duration::from_secs(10);
/// For tasks that block when all else has ended.
const BLOCKED: Duration = Duration::from_secs(1);

/// Runs until a signal.
pub fn run(args: &ServeArgs) -> Result<(), Complaint> {
    let config = Config::read(&args.sources())?;
    logging::start(config.log.format)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::because("no threads can be started", &error))?;
    let result = runtime.block_on(serve(config, args.ready_file.clone()));
    runtime.shutdown_timeout(BLOCKED);
    result
}

async fn serve(config: Config, ready_file: Option<PathBuf>) -> Result<(), Complaint> {
    let stop = CancellationToken::new();
    stop::on_signals(stop.clone(), ready_file.clone())
        .map_err(|error| Complaint::because("signals cannot be listened to", &error))?;
    let bound = Bound::new(&config).await?;
    // Not before the lock is held: the file may be that of the process that holds it.
    let ready_file = ready_file.map(ReadyFile::reserve).transpose()?;
    let mut started = Started::new(&config, bound, &stop).await?;
    if let Some(file) = &ready_file {
        file.write(&started.ready)?;
    }
    let ready = &started.ready;
    tracing::info!(
        http = ready.http,
        https = ready.https,
        admin = ready.admin,
        "serving"
    );
    // Each branch ends the wait; neither loses anything by being dropped.
    let broken = tokio::select! {
        () = stop.cancelled() => false,
        () = started.running.failed() => true,
    };
    drop(ready_file);
    if broken {
        return Err(Complaint::failure(
            "the engine ended unexpectedly; nothing that was acknowledged is lost",
        )
        .hint("the log above says why; start it again to go on"));
    }
    finish(started, stop).await;
    Ok(())
}

/// Stops in order: the doors, the engine, what tells operators, the store.
async fn finish(started: Started, stop: CancellationToken) {
    stop.cancel();
    let Started {
        running,
        server,
        control,
        admin,
        admin_stop,
        store,
        ..
    } = started;
    ended(server).await;
    if let Err(error) = control.await {
        tracing::error!(%error, "the control socket did not end well");
    }
    match running.drain(DRAIN).await {
        Drained::Whole => {}
        Drained::Partly => {
            tracing::warn!("some attempts were given up; they are made again after the next start");
        }
    }
    admin_stop.cancel();
    ended(admin).await;
    store.inner().close().await;
    tracing::info!("stopped");
}

async fn ended(server: JoinHandle<Served>) {
    match server.await {
        Ok(Served { cut_off }) if cut_off > 0 => {
            tracing::warn!(
                connections = cut_off,
                "requests that took too long were cut off"
            );
        }
        Ok(_) => {}
        Err(error) => tracing::error!(%error, "a server did not end well"),
    }
}
