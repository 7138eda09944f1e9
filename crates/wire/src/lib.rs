//! How callbacks and answers look outside: parameters, signatures, URLs, JSON.
//!
//! Pure functions: no I/O, no clock. The engine renders and signs with them, the server
//! reads requests and answers with them; where something goes, and when, is not known here.

pub mod callback;
pub mod callback_type;
mod code;
pub mod cxml;
pub mod date;
pub mod destinations;
pub mod failure_notice;
pub mod fields;
pub mod form;
pub mod headers;
pub mod keyring;
pub mod laml;
pub mod messaging;
pub mod native;
pub mod overrides;
pub mod recording_link;
pub mod rest;
pub mod retry_after;
pub mod sign;
pub mod token;
pub mod url;

/// The version of the compatible API, as callbacks and answers name it.
pub const API_VERSION: &str = "2010-04-01";
