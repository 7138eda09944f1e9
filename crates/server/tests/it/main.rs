//! The server as its clients see it: over loopback, with a real engine behind it.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod answers;
mod client;
mod delivery;
mod destinations;
mod harness;
mod limits;
mod lists;
mod log;
mod native;
mod recordings;
mod refusals;
mod registry;
mod rest;
mod routes;
mod secured;
mod setup;
mod stopping;
mod transcriptions;
