//! Logs: `tracing` to stderr, for whoever operates it. What happened to calls and messages is
//! data and goes to stdout, see `output`.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::args::LogFormat;
use crate::complaint::{Complaint, with_causes};

/// Logs from now on, as `RUST_LOG` asks; from `info` on if it does not.
pub fn start(format: LogFormat) -> Result<(), Complaint> {
    let filter = EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .from_env()
        .map_err(|error| {
            Complaint::usage(format!("RUST_LOG cannot be read: {}", with_causes(&error)))
                .hint("it is written like `info` or `info,ringback_engine=debug`")
        })?;
    let registry = tracing_subscriber::registry().with(filter);
    match format {
        LogFormat::Text => {
            let colored = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            let layer = fmt::layer().with_writer(io::stderr).with_ansi(colored);
            registry.with(layer.with_filter(ours())).init();
        }
        LogFormat::Json => {
            let layer = fmt::layer().json().with_writer(io::stderr);
            registry.with(layer.with_filter(ours())).init();
        }
    }
    Ok(())
}

/// What libraries say below `info` may hold what was sent: header values, bodies. It is never
/// logged, whatever is asked for.
fn ours() -> FilterFn<impl Fn(&Metadata<'_>) -> bool> {
    filter_fn(|metadata| {
        metadata.target().starts_with("ringback") || *metadata.level() <= Level::INFO
    })
}
