//! What every store promises, and what the one in SQLite promises beside that.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod backup;
mod broken_disk;
mod check;
mod contract;
mod damage;
mod everything;
mod fixture;
mod opening;
mod power_cut;
mod property;
mod registry;
mod reserve;
mod sealing;
mod sqlite;
mod stored;
