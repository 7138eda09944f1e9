//! The compatible REST surface: what its requests mean and what its answers look like.
//!
//! Called by the server's handlers. The structs here are the wire's own; field names and
//! types are those of SignalWire's published schemas, all fields always present.

use ringback_domain::id::ProjectId;

pub mod account;
pub mod application;
pub mod call;
pub mod error;
pub mod media;
pub mod message;
pub mod number;
pub mod page;
pub mod recording;
pub mod request;
pub mod transcription;

/// What every path of the documented surface begins with.
const ACCOUNTS: &str = "/api/laml/2010-04-01/Accounts";

/// The currency of every price.
const PRICE_UNIT: &str = "USD";

/// The path of all projects.
pub const fn accounts_path() -> &'static str {
    ACCOUNTS
}

/// The path of a project, without a suffix.
pub fn account_path(project: ProjectId) -> String {
    format!("{ACCOUNTS}/{project}")
}

/// Millionths of a dollar as dollars.
fn dollars(micro_usd: i64) -> f64 {
    // Prices are far below 2^53 millionths, up to where this is exact.
    #[expect(clippy::cast_precision_loss, reason = "prices are small")]
    let micro_usd = micro_usd as f64;
    micro_usd / 1_000_000.0
}
