//! Signals: SIGTERM or Ctrl-C once to finish what is under way, twice to end at once; SIGHUP
//! for what is to be read again.

use std::io;
use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::files;

/// What shells expect of a process that was interrupted: 128 + SIGINT.
const INTERRUPTED: i32 = 130;

/// Cancels `stop` at the first signal and ends the process at the second, without waiting for
/// anything. What was acknowledged is on disk either way.
pub fn on_signals(stop: CancellationToken, ready_file: Option<PathBuf>) -> io::Result<()> {
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::info!("stopping; once more ends at once");
        stop.cancel();
        signals.next().await;
        if let Some(path) = ready_file {
            // The process ends whether or not it could be removed.
            let _ = files::remove(&path);
        }
        std::process::exit(INTERRUPTED);
    });
    Ok(())
}

/// Does something at each SIGHUP, which would end the process otherwise.
#[cfg(unix)]
pub fn on_hangup(act: impl Fn() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangups = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangups.recv().await.is_some() {
            act();
        }
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self {
            interrupt,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        // Without a console there is no Ctrl-C, and nothing to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
