//! The engine on a paused clock: three days of retries in milliseconds.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod breaker;
mod clock;
mod damage;
mod delivery;
mod directory;
mod doubt;
mod errands;
mod fairness;
mod full;
mod isolation;
mod kinds;
mod limit;
mod metrics;
mod network;
mod notices;
mod order;
mod pauses;
mod precedence;
mod projects;
mod recording;
mod registry;
mod replay;
mod restart;
mod retention;
mod simulation;
mod sockets;
mod sqlite;
mod window;

use std::time::Duration;

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3600)
}

/// A receiver that is asked for.
const URL: &str = "https://crm.example/sms";
