//! What a report says, by kind of resource: the one place where a further kind joins.

mod call;
mod message;

use ringback_domain::error_code;
use ringback_domain::resource::Kind;
use ringback_domain::subscription::{
    CallEvent, CallEvents, Interest, RecordingEvent, RecordingEvents,
};

use super::report::{Fields, Parties, ReportError};
use crate::fields::{self, FieldError, Reading};

/// The kind of this name.
pub(super) fn parse(name: &str) -> Result<Kind, ReportError> {
    Kind::parse(name).ok_or_else(|| {
        let allowed = list(Kind::ALL.into_iter().map(Kind::as_str));
        ReportError::new(
            error_code!("unknown_kind"),
            format!("`kind` has to be one of {allowed}"),
        )
    })
}

/// What is reported, and what a resource that is new would be.
pub(super) fn read(
    kind: Kind,
    status: &str,
    parties: &Parties<'_>,
    fields: &Fields<'_>,
) -> Result<Reading, ReportError> {
    let given = fields.iter();
    let read = match kind {
        Kind::Call => return call::read(status, parties, fields),
        Kind::Message => return message::read(status, parties, fields),
        Kind::Recording => fields::recording(status, given),
        Kind::Transcription => fields::transcription(status, (parties.from, parties.to), given),
        Kind::Brand => fields::brand(status, given),
        Kind::Campaign => fields::campaign(status, given),
        Kind::AssignmentOrder => fields::number_assignment_order(status, given),
        Kind::Assignment => fields::number_assignment(status, parties.to, given),
    };
    read.map_err(|error| {
        let code = match &error {
            FieldError::Status { .. } => error_code!("unknown_status"),
            FieldError::Unknown { .. } => error_code!("unknown_field"),
            FieldError::Value { .. } => error_code!("bad_field"),
        };
        ReportError::new(code, error.to_string())
    })
}

/// Which changes a subscription wants to hear of; what is usual, if none are named.
pub(super) fn interest(kind: Kind, events: Option<&[&str]>) -> Result<Interest, ReportError> {
    match (kind, events) {
        (Kind::Call, None) => Ok(Interest::Call(CallEvents::DEFAULT)),
        (Kind::Call, Some(words)) => {
            let events: Option<CallEvents> = words.iter().map(|it| CallEvent::parse(it)).collect();
            let allowed = CallEvent::ALL.into_iter().map(CallEvent::as_str);
            let events = events.map(Interest::Call);
            events.ok_or_else(|| bad_events(kind, &list(allowed)))
        }
        (Kind::Recording, None) => Ok(Interest::Recording(RecordingEvents::DEFAULT)),
        (Kind::Recording, Some(words)) => {
            let events = words.iter().map(|it| RecordingEvent::parse(it));
            let events: Option<RecordingEvents> = events.collect();
            let allowed = RecordingEvent::ALL.into_iter().map(RecordingEvent::as_str);
            let events = events.map(Interest::Recording);
            events.ok_or_else(|| bad_events(kind, &list(allowed)))
        }
        (
            Kind::Message
            | Kind::Transcription
            | Kind::Brand
            | Kind::Campaign
            | Kind::AssignmentOrder
            | Kind::Assignment,
            events,
        ) => match events {
            None => Ok(Interest::Every),
            Some(_) => Err(bad_events(kind, "none: all its changes are told")),
        },
    }
}

fn bad_events(kind: Kind, allowed: &str) -> ReportError {
    let kind = kind.as_str();
    let message = format!("`status_callback_event` of a {kind} may name {allowed}");
    ReportError::new(error_code!("bad_callback_event"), message)
}

/// A status that the kind does not have.
fn unknown_status(kind: Kind, allowed: impl Iterator<Item = &'static str>) -> ReportError {
    let message = format!(
        "`status` of a {} is one of {}",
        kind.as_str(),
        list(allowed)
    );
    ReportError::new(error_code!("unknown_status"), message)
}

/// A parameter that the kind's callback does not have.
fn unknown_field(kind: Kind, name: &str, allowed: &str) -> ReportError {
    let short: String = name.chars().take(40).collect();
    let kind = kind.as_str();
    let message = format!("`fields` of a {kind} has no {short:?}: there are {allowed}");
    ReportError::new(error_code!("unknown_field"), message)
}

/// A parameter whose value cannot be used.
fn bad_field(name: &str, expected: &str) -> ReportError {
    ReportError::new(
        error_code!("bad_field"),
        format!("`{name}` in `fields` has to be {expected}"),
    )
}

fn list(words: impl Iterator<Item = &'static str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
