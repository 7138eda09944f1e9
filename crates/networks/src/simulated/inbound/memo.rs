//! What the network keeps of a message beside what everybody sees: of one that came in how far
//! its document is run, of an answer what becomes of it.
//!
//! Written as JSON with each step and read back at the next, so that a crash in between loses
//! nothing.

use std::sync::Arc;

use ringback_domain::resource::Resource;
use ringback_domain::subscription::Method;
use serde::{Deserialize, Serialize};

use crate::simulated::course::{MessageCourse, is_default, kept};
use crate::simulated::scenario::seconds::Seconds;
use crate::simulated::scenario::{InboundMessageScenario, MessageScenario};

/// What is kept of a message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::simulated) struct MessageMemo {
    /// How it comes in.
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::simulated) scenario: InboundMessageScenario,
    /// How many messages led to it, each the answer to the one before.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) hops: u8,
    /// Of one that goes out: what becomes of it, if a scenario was chosen for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::simulated) outcome: Option<MessageScenario>,
    /// Of one that is sent: what was settled for it when it was made.
    #[serde(skip_serializing_if = "is_default")]
    pub(in crate::simulated) course: MessageCourse,
    /// The document that is fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fetching: Option<Fetching>,
    /// How many documents were asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) documents: u32,
    /// How many messages were answered with.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) messages: u32,
}

/// A document that is to be fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fetching {
    /// Where it is.
    pub(super) target: Target,
    /// Where another one is, if it cannot be had or read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fallback: Option<Target>,
    /// What it is asked for with, beside what is told of every message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) params: Vec<(String, String)>,
}

/// Where a document is, and how it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "TargetRecord", from = "TargetRecord")]
pub(super) struct Target {
    /// Its URL.
    pub(super) url: String,
    /// By GET or POST.
    pub(super) method: Method,
}

#[derive(Serialize, Deserialize)]
struct TargetRecord {
    url: String,
    #[serde(default, skip_serializing_if = "is_default")]
    by_get: bool,
}

impl From<Target> for TargetRecord {
    fn from(target: Target) -> Self {
        Self {
            url: target.url,
            by_get: target.method == Method::Get,
        }
    }
}

impl From<TargetRecord> for Target {
    fn from(record: TargetRecord) -> Self {
        let method = if record.by_get {
            Method::Get
        } else {
            Method::Post
        };
        Self {
            url: record.url,
            method,
        }
    }
}

impl MessageMemo {
    /// What is kept of `resource`; nothing, if it has none or it cannot be read.
    pub(in crate::simulated) fn of(resource: &Resource) -> Self {
        let kept = resource.memo.as_deref();
        kept.and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// What is kept at first of a message that comes in with `scenario`.
    pub(in crate::simulated) fn arriving(scenario: InboundMessageScenario) -> Self {
        Self {
            scenario,
            ..Self::default()
        }
    }

    /// As it is kept.
    pub(in crate::simulated) fn written(&self) -> Arc<str> {
        let json = serde_json::to_string(self).expect("names are text and values are plain");
        json.into()
    }

    /// What was settled for it: by its scenario, which goes first, and by chance.
    pub(in crate::simulated) fn settled(self) -> MessageCourse {
        let course = self.course;
        let Some(scenario) = self.outcome else {
            return course;
        };
        let or = |said: Option<Seconds>, settled| said.map(|it| kept(it.duration())).or(settled);
        let sent_us = or(scenario.sent_after_s, course.sent_us);
        // Where it is only said when it is sent, it is handed over before.
        let before = scenario.sending_after_s.or(scenario.sent_after_s);
        MessageCourse {
            wait_us: course.wait_us,
            fate: Some(scenario.fate()),
            sending_us: or(before, course.sending_us),
            sent_us,
            receipt_us: or(scenario.receipt_after_s, course.receipt_us),
        }
    }
}
