//! What asynchronous answering-machine detection tells: who answered, once.
//!
//! Ours where SignalWire's documents are silent: they name `AsyncAmdStatusCallback` and say
//! nothing of what it is told. The parameters are Twilio's.

use ringback_domain::call::{AnsweredBy, Call, CallStatus};
use ringback_domain::change::{Change, News};
use ringback_domain::resource::{Body, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};

use super::Rendered;
use crate::form::FormWriter;

/// How long detection takes that hears a person: `MachineDetectionSpeechEndThreshold` unless
/// the request says otherwise, in milliseconds.
const PERSON_MS: &str = "1200";
/// How long it takes that hears a machine: `MachineDetectionSpeechThreshold`.
const MACHINE_MS: &str = "2400";

/// Who is to be told by `AsyncAmdStatusCallback`, and what, if `change` is the answer of a call
/// that asked for that.
pub fn detection(resource: &Resource, change: &Change) -> Option<(Subscription, Rendered)> {
    let (Body::Call(call), News::Call(CallStatus::InProgress, facts)) =
        (&resource.body, &change.news)
    else {
        return None;
    };
    let answered_by = facts.answered_by?;
    let asked = requested(call, "AsyncAmd")?;
    if !(asked.eq_ignore_ascii_case("true") || asked == "1") {
        return None;
    }
    let method = requested(call, "AsyncAmdStatusCallbackMethod").and_then(Method::parse);
    let subscription = Subscription {
        url: requested(call, "AsyncAmdStatusCallback")?.to_owned(),
        method: method.unwrap_or_default(),
        interest: Interest::Every,
        next_sequence: 0,
    };
    let (threshold, default) = match answered_by {
        AnsweredBy::Human => ("MachineDetectionSpeechEndThreshold", PERSON_MS),
        AnsweredBy::Machine => ("MachineDetectionSpeechThreshold", MACHINE_MS),
    };
    let mut form = FormWriter::with_capacity(160);
    form.plain("AccountSid", change.project)
        .plain("CallSid", change.resource)
        .plain("AnsweredBy", answered_by.as_str())
        .text(
            "MachineDetectionDuration",
            requested(call, threshold).unwrap_or(default),
        );
    let rendered = Rendered::form(answered_by.as_str(), form.finish());
    Some((subscription, rendered))
}

fn requested<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    let mut requested = call.requested.iter();
    let found = requested.find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str())
}
