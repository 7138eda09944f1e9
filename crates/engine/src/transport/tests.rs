//! Promises of the transport as a whole, against receivers that follow a script.
//!
//! What depends on time runs on a paused clock over pipes inside the runtime; what depends
//! on sockets runs over loopback.

mod answers;
mod delays;
mod destinations;
mod framing;
mod redirects;
mod reuse;
mod secured;
mod support;
