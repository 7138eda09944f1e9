//! The feed: what was recorded, in order, for whoever watches.
//!
//! The recorder publishes, after the commit; the command line, and later the page and the
//! stream, subscribe. Who is too slow loses events and is told how many: the store has all.

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::attempt::Attempt;
use ringback_domain::callback::CallbackState;
use ringback_domain::change::{Change, Rejected, Warning};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::Kind;

/// How many events a slow subscriber may be behind.
pub(crate) const BACKLOG: usize = 4096;

/// Whom a resource connects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// What kind of resource it is.
    pub kind: Kind,
    /// Who it is from.
    pub from: String,
    /// Who it is to.
    pub to: String,
}

/// Something that was recorded.
#[derive(Clone, Debug)]
pub enum Event {
    /// A resource changed.
    Changed {
        /// Whom it connects.
        parties: Parties,
        /// How many callbacks are owed for it.
        callbacks: usize,
        /// The change.
        change: Change,
    },
    /// A report changed nothing.
    Rejected {
        /// Whose resource.
        project: ProjectId,
        /// Whom it connects.
        parties: Parties,
        /// The report.
        rejected: Rejected,
    },
    /// Something is odd.
    Warned {
        /// Whose resource.
        project: ProjectId,
        /// The remark.
        warning: Warning,
    },
    /// An attempt was made.
    Attempted {
        /// Whose callback.
        project: ProjectId,
        /// The resource that changed.
        resource: Sid,
        /// The status that the callback tells.
        status: Arc<str>,
        /// How far the callback is now.
        state: CallbackState,
        /// How long until it is tried again, unless it is settled.
        retry_in: Option<Duration>,
        /// The attempt.
        attempt: Attempt,
    },
}
