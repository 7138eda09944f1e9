//! What Ringback is about: resources and their statuses, changes, subscriptions, callbacks.
//!
//! Called by every other crate. Pure: no I/O, no async, no clock; time and randomness are
//! arguments. Knows nothing of HTTP, SQL or other people's field names.

pub mod application;
pub mod attempt;
pub mod brand;
pub mod call;
pub mod callback;
pub mod campaign;
pub mod change;
pub mod errors;
pub mod event;
pub mod id;
pub mod message;
pub mod meter;
pub mod number;
pub mod number_assignment;
pub mod number_assignment_order;
pub mod opt_out;
pub mod phone;
pub mod project;
pub mod quality;
pub mod recording;
pub mod registry;
pub mod resource;
pub mod scenario;
pub mod segments;
pub mod sip;
pub mod subscription;
pub mod time;
pub mod transcription;
pub mod verdict;
pub mod webhook;
