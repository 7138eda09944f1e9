//! Callbacks: the parameters that a change owes to a subscription.
//!
//! Rendered by the recorder when a change is recorded, so that every attempt and replay
//! sends the same. Which callbacks there are, and with which parameters, is the dialect's
//! choice. On the hot path: one buffer a callback.

use ringback_domain::change::{Change, News};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::{Dialect, Settings};
use ringback_domain::resource::{Body, Resource};
use ringback_domain::subscription::Subscription;
use ringback_domain::time::Timestamp;

mod call;
mod message;

/// One callback that a change owes to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The status that it tells, as the wire has it: `answered`, `sending`.
    pub status: &'static str,
    /// Its parameters, form-encoded, in the order in which they are documented.
    pub body: String,
}

/// What `change` owes to `subscription`, in order; nothing if it does not want to hear of it.
///
/// `resource` is as the change left it. The subscription is not advanced: its next
/// `SequenceNumber` moves on by the number of callbacks owed.
pub fn owed(
    resource: &Resource,
    change: &Change,
    subscription: &Subscription,
    settings: &Settings,
) -> Vec<Rendered> {
    let occasion = Occasion {
        project: change.project,
        resource: change.resource,
        at: change.at,
        dialect: settings.dialect,
    };
    match (&resource.body, &change.news) {
        (Body::Call(call), News::Call(status, _)) => {
            call::owed(&occasion, call, *status, subscription)
        }
        (Body::Message(message), News::Message(status, _)) => {
            message::owed(&occasion, message, *status, subscription)
        }
        (Body::Call(_), News::Message(..)) | (Body::Message(_), News::Call(..)) => Vec::new(),
    }
}

/// A callback's parameters without what its message said: the body empty, no media.
///
/// For what is pending when a message is redacted. Other callbacks stay as they are.
pub fn without_words(body: &str) -> String {
    let mut kept = String::with_capacity(body.len());
    for pair in body.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key.starts_with("MediaUrl") || key.starts_with("MediaContentType") {
            continue;
        }
        let value = match key {
            "Body" => "",
            "NumMedia" => "0",
            _ => value,
        };
        let separator = if kept.is_empty() { "" } else { "&" };
        kept.extend([separator, key, "=", value]);
    }
    kept
}

/// What every callback of a change has in common.
struct Occasion {
    project: ProjectId,
    resource: Sid,
    at: Timestamp,
    dialect: Dialect,
}

#[cfg(test)]
mod tests;
