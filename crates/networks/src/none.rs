//! No network: calls and messages are reported by platforms, none is carried out here.
//!
//! What `ringback serve` has unless it is told otherwise. Whoever asks it for a call or a
//! message is told so.

use ringback_domain::call::{CallFacts, CallStatus};
use ringback_domain::change::News;
use ringback_domain::errors::ErrorCode;
use ringback_domain::project::Settings;
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::time::Timestamp;
use ringback_engine::network::{Ending, Network, Performed, Planned, Refusal};
use ringback_store::Step;

/// A request that cannot be carried out.
const INVALID: &str = "10000";

/// No network.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNetwork;

impl NoNetwork {
    fn refusal(what: &str) -> Refusal {
        Refusal {
            code: ErrorCode::known(INVALID),
            message: format!(
                "This server has no network that could {what}: it takes what your platform \
                 reports at /v1/changes. For simulated calls and messages set network.kind to \
                 simulated"
            ),
        }
    }
}

impl Network for NoNetwork {
    fn admit(&self, new: &NewResource) -> Result<(), Refusal> {
        Err(Self::refusal(match new {
            NewResource::Call(_) => "make a call",
            NewResource::Message(_) => "send a message",
            NewResource::Recording(_) => "record",
            NewResource::Transcription(_) => "transcribe",
            NewResource::Brand
            | NewResource::Campaign(_)
            | NewResource::AssignmentOrder(_)
            | NewResource::Assignment(_) => "register anything",
        }))
    }

    fn accept(&self, _: &Resource) -> Option<Planned> {
        None
    }

    /// A step that a simulated network left behind leads to nothing: the resource stands still.
    fn perform(&self, _: &Resource, _: &Step, _: &Settings) -> Performed {
        Performed::default()
    }

    fn admit_ending(&self) -> Result<(), Refusal> {
        Err(Self::refusal("end a call"))
    }

    fn end(&self, _: &Resource, _: Ending, _: Timestamp) -> News {
        // Not asked: `admit_ending` has refused.
        News::Call(CallStatus::Canceled, CallFacts::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_refused_with_a_way_out() {
        let refusal = NoNetwork.admit_ending().unwrap_err();
        assert!(refusal.message.contains("/v1/changes"), "{refusal}");
        assert!(refusal.message.contains("network.kind"), "{refusal}");
    }
}
