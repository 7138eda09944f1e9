//! The native API's JSON: reports that come in, what is told of callbacks and resources.
//!
//! Read and written by the server. Reports are read on the hot path: a line is parsed once,
//! into texts that are borrowed from it wherever JSON lets them.

pub mod answer;
pub mod callback;
pub mod callback_type;
mod digest;
pub mod error_code;
mod kind;
pub mod report;
pub mod timeline;

pub use report::{MAX_LINE_BYTES, Report, ReportError, ReportJson};
