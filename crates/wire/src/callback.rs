//! Callbacks: the parameters that a change owes to a subscription.
//!
//! Rendered by the recorder when a change is recorded, so that every attempt and replay
//! sends the same. Which callbacks there are, and with which parameters, is the dialect's
//! choice. On the hot path: one buffer a callback.

use ringback_domain::callback::Encoding;
use ringback_domain::change::{Change, News, Status};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::{Dialect, InboundDetail, Settings, TenDlcBody};
use ringback_domain::resource::{Body, Kind, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::time::Timestamp;

mod call;
mod detection;
mod message;
mod number;
mod recording;
mod ten_dlc;
mod transcription;

/// One callback that a change owes to a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The status that it tells, as the wire has it: `answered`, `sending`.
    pub status: &'static str,
    /// How its parameters are written.
    pub encoding: Encoding,
    /// Its parameters, in the order in which they are documented.
    pub body: String,
}

impl Rendered {
    fn form(status: &'static str, body: String) -> Self {
        Self {
            status,
            encoding: Encoding::Form,
            body,
        }
    }
}

pub use detection::detection;

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
        created_at: resource.created_at,
        from: change.from,
        dialect: settings.dialect,
        inbound_detail: settings.inbound_detail,
        ten_dlc_body: settings.ten_dlc_body,
    };
    match (&resource.body, &change.news) {
        (Body::Call(call), News::Call(status, _)) if subscription.interest == Interest::Number => {
            number::owed(&occasion, call, *status)
        }
        (Body::Call(call), News::Call(status, _)) => {
            call::owed(&occasion, call, *status, subscription)
        }
        (Body::Message(message), News::Message(status, _)) => {
            message::owed(&occasion, message, *status, subscription)
        }
        (Body::Recording(recording), News::Recording(status, _)) => {
            recording::owed(&occasion, recording, *status, subscription)
        }
        (Body::Transcription(transcription), News::Transcription(status, _)) => {
            transcription::owed(&occasion, transcription, *status, subscription)
        }
        (Body::Brand(_), News::Brand(status)) => ten_dlc::brand(&occasion, *status, subscription),
        (Body::Campaign(campaign), News::Campaign(status)) => {
            ten_dlc::campaign(&occasion, campaign, *status, subscription)
        }
        (Body::AssignmentOrder(order), News::AssignmentOrder(status)) => {
            ten_dlc::order(&occasion, order, *status, subscription)
        }
        (Body::Assignment(assignment), News::Assignment(status)) => {
            ten_dlc::assignment(&occasion, assignment, *status, subscription)
        }
        (
            Body::Call(_)
            | Body::Message(_)
            | Body::Recording(_)
            | Body::Transcription(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_),
            _,
        ) => Vec::new(),
    }
}

/// How the callbacks of a `kind` are sent when `asked` is what was asked for: those of
/// transcriptions and of 10DLC know POST alone.
pub const fn method(kind: Kind, asked: Method) -> Method {
    match kind {
        Kind::Call | Kind::Message | Kind::Recording => asked,
        Kind::Transcription
        | Kind::Brand
        | Kind::Campaign
        | Kind::AssignmentOrder
        | Kind::Assignment => Method::Post,
    }
}

/// A callback's parameters without what its resource said: the text empty, no media.
///
/// For what is pending when a message or a transcription is erased. Other callbacks stay as
/// they are.
pub fn without_words(encoding: Encoding, body: &str) -> String {
    match encoding {
        Encoding::Form => {}
        // All else that is sent as JSON has no words.
        Encoding::Json => {
            return message::json::without_words(body).unwrap_or_else(|| body.to_owned());
        }
    }
    let mut kept = String::with_capacity(body.len());
    for pair in body.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if key.starts_with("MediaUrl") || key.starts_with("MediaContentType") {
            continue;
        }
        let value = match key {
            "Body" | "TranscriptionText" => "",
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
    /// Where the resource stood before.
    from: Option<Status>,
    dialect: Dialect,
    /// Which statuses a number's own callback tells, where the dialect leaves the choice.
    inbound_detail: InboundDetail,
    /// When the resource was created.
    created_at: Timestamp,
    /// Form or JSON, where the dialect leaves the choice.
    ten_dlc_body: TenDlcBody,
}

#[cfg(test)]
mod tests;
