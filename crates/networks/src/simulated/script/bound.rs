//! What a run may use up at most.
//!
//! Part of a run. The bound that ends one is named on the call's timeline and is what the call
//! ends with; the codes are ours, for neither SignalWire nor Twilio documents any.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use std::time::Duration;

/// How many instructions a call runs at most.
pub(super) const MAX_VERBS: u32 = 1_000;
/// How many documents a call fetches at most: `Url`, `<Redirect>`s and actions.
pub(super) const MAX_DOCUMENTS: u32 = 100;
/// How many of these a leg fetches before it is connected: legs are many.
pub(super) const MAX_LEG_DOCUMENTS: u32 = 10;
/// How many calls may have dialled one another before a call that dials.
pub(super) const MAX_HOPS: u8 = 5;
/// How long a call lasts at most: four hours, as Twilio has it and `timeLimit` by default.
pub(super) const MAX_TIME: Duration = Duration::from_secs(4 * 3_600);

/// A bound that ends a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bound {
    /// Of instructions.
    Verbs,
    /// Of documents.
    Documents,
    /// Of calls that dial one another.
    Hops,
    /// Of time.
    Time,
}

impl Bound {
    /// The code that the call ends with.
    pub(super) const fn code(self) -> ErrorCode {
        match self {
            Self::Verbs => error_code!("document_verbs_exceeded"),
            Self::Documents => error_code!("document_redirects_exceeded"),
            Self::Hops => error_code!("document_depth_exceeded"),
            Self::Time => error_code!("document_time_exceeded"),
        }
    }

    /// What it says.
    pub(super) fn text(self) -> String {
        match self {
            Self::Verbs => format!("a call runs at most {MAX_VERBS} instructions"),
            Self::Documents => format!(
                "a call fetches at most {MAX_DOCUMENTS} documents, a leg {MAX_LEG_DOCUMENTS}"
            ),
            Self::Hops => format!("calls may dial one another at most {MAX_HOPS} deep"),
            Self::Time => format!("a call lasts at most {} s", MAX_TIME.as_secs()),
        }
    }
}
