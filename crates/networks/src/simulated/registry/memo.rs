//! What the network keeps of a resource of the registry: who waits for it, and its scenario.
//!
//! Written as JSON with each question and each answer, so that who waits is told after a crash
//! as well.

use std::sync::Arc;

use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use serde::{Deserialize, Serialize};

use crate::simulated::memo::sids;
use crate::simulated::scenario::RegistryScenario;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct RegistryMemo {
    /// Who waits until it can be used, in the order in which they asked.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "sids")]
    pub(super) waiting: Vec<Sid>,
    /// What becomes of it, if a scenario was chosen for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scenario: Option<RegistryScenario>,
}

impl RegistryMemo {
    /// What is kept of `resource`; nothing, if it has none or it cannot be read.
    pub(super) fn of(resource: &Resource) -> Self {
        let kept = resource.memo.as_deref();
        kept.and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// As it is kept; nothing at all where nobody waits and no scenario was chosen.
    pub(super) fn written(&self) -> Arc<str> {
        if *self == Self::default() {
            return Arc::from("");
        }
        let json = serde_json::to_string(self).expect("names are text and values are plain");
        json.into()
    }
}
