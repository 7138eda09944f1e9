//! What happened, line by line on stdout: each status change, each attempt to tell of it.
//!
//! Fed from the engine's feed, so after what it tells of is durable. Bodies, credentials and
//! header values are in none of it.

mod json;
#[cfg(test)]
mod samples;
mod text;

use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use jiff::tz::TimeZone;
use ringback_engine::Event;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::args::LogFormat;
use crate::demo::{Arrival, Summary};

pub use text::Heading;

/// Something to be told.
#[derive(Debug)]
pub enum Line<'a> {
    /// The engine recorded something.
    Recorded(&'a Event),
    /// So many lines were left out, because they came faster than they could be printed.
    Skipped(u64),
    /// The demonstration's receiver got a callback.
    Arrived(&'a Arrival),
    /// The demonstration is over.
    Demonstrated(&'a Summary),
}

/// Writes lines, in the format that was asked for.
#[derive(Clone, Debug)]
pub struct Printer {
    format: LogFormat,
    zone: TimeZone,
}

impl Printer {
    /// Writes times as they are where the user is, or in UTC for programs.
    pub fn new(format: LogFormat) -> Self {
        Self {
            format,
            zone: TimeZone::system(),
        }
    }

    /// Writes one line.
    pub fn line(&self, line: &Line<'_>) {
        match self.format {
            LogFormat::Text => print(&text::line(line, &self.zone)),
            LogFormat::Json => print(&json::line(line)),
        }
    }

    /// Prints the feed until the engine is gone. On a thread that may block: whoever does not
    /// read what is printed holds up nothing else.
    pub fn follow(&self, mut feed: Receiver<Arc<Event>>) {
        loop {
            match feed.blocking_recv() {
                Ok(event) => self.line(&Line::Recorded(&event)),
                Err(RecvError::Lagged(skipped)) => self.line(&Line::Skipped(skipped)),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// Writes `text` and a line's end to stdout. Who closed it wants no more of it; what is
/// recorded and sent does not depend on it.
pub fn print(text: &dyn fmt::Display) {
    let mut stdout = anstream::stdout().lock();
    let _ = writeln!(stdout, "{text}");
    let _ = stdout.flush();
}
