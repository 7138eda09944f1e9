//! No network: calls and messages are reported by platforms, none is carried out here.
//!
//! What `ringback serve` has unless it is told otherwise. Whoever asks it for a call or a
//! message is told so.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::resource::{NewResource, Resource};
use ringback_engine::network::{Ask, Network, Next, Performed, Refusal, Scene};
use ringback_store::Step;

/// A request that cannot be carried out.
const INVALID: ErrorCode = error_code!("10000");

/// No network.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoNetwork;

impl NoNetwork {
    fn refusal(what: &str) -> Refusal {
        Refusal {
            code: INVALID,
            message: format!(
                "This server has no network that could {what}: it takes what your platform \
                 reports at /v1/changes. For simulated calls and messages set network.kind to \
                 simulated"
            ),
        }
    }
}

impl Network for NoNetwork {
    fn admit(&self, new: &NewResource, _: &mut Scene<'_>) -> Result<(), Refusal> {
        Err(Self::refusal(what(new)))
    }

    fn accept(&self, _: &Resource, _: &mut Scene<'_>) -> Performed {
        Performed::default()
    }

    /// A step that a simulated network left behind leads to nothing: the resource stands still.
    fn perform(&self, _: &Resource, _: &Step, _: &mut Scene<'_>) -> Performed {
        Performed::default()
    }

    /// A document that is replaced is kept; a platform runs it, if anyone does.
    fn asked(&self, _: &Resource, ask: Ask, _: &mut Scene<'_>) -> Result<Performed, Refusal> {
        match ask {
            Ask::End(_) => Err(Self::refusal("end a call")),
            Ask::Begin(order) => Err(Self::refusal(what(&order.new))),
            Ask::Pause(_) | Ask::Resume | Ask::Stop => Err(Self::refusal("record")),
            Ask::Remove => Err(Self::refusal("take a number out of its campaign")),
            Ask::Drive(_) => Err(Self::refusal("drive anything")),
            Ask::Document => Ok(Performed {
                next: Next::AsPlanned,
                ..Performed::default()
            }),
        }
    }
}

/// What would have to be done for a new resource.
const fn what(new: &NewResource) -> &'static str {
    match new {
        NewResource::Call(_) => "make a call",
        NewResource::Message(_) => "send a message",
        NewResource::Recording(_) => "record",
        NewResource::Transcription(_) => "transcribe",
        NewResource::Brand(_)
        | NewResource::Campaign(_)
        | NewResource::AssignmentOrder(_)
        | NewResource::Assignment(_) => "register anything",
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::brand::NewBrand;
    use ringback_domain::id::ProjectId;
    use ringback_domain::project::Settings;
    use ringback_domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_cannot_be_done_is_refused_with_a_way_out() {
        let project = ringback_testing::test_engine::project(
            ProjectId::new(Uuid::nil()),
            "test",
            Settings::default(),
        );
        let mut sids = || unreachable!("nothing is made");
        let now = Timestamp::from_micros(0);
        let mut scene = Scene::new(&project, now, &mut sids);
        let refusal = NoNetwork
            .admit(&NewResource::Brand(NewBrand::default()), &mut scene)
            .unwrap_err();
        assert!(refusal.message.contains("/v1/changes"), "{refusal}");
        assert!(refusal.message.contains("network.kind"), "{refusal}");
    }
}
