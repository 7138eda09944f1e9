//! The recording status callback.
//!
//! Parameters and their order: SignalWire's `RecordingStatusCallbackPayload`, and behind them
//! what its older pages and its conferences add. It has no sequence number.

use ringback_domain::errors::ErrorCode;
use ringback_domain::project::Dialect;
use ringback_domain::recording::{Recording, RecordingStatus};
use ringback_domain::subscription::{Interest, RecordingEvent, Subscription};

use super::{Occasion, Rendered};
use crate::form::FormWriter;

/// Room for the parameters of most recordings, in bytes.
const USUAL_BYTES: usize = 512;

pub(super) fn owed(
    occasion: &Occasion,
    recording: &Recording,
    status: RecordingStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    let told = RecordingEvent::of(occasion.from, status)
        .is_some_and(|event| wants(subscription.interest, event, occasion.dialect));
    if !told {
        return Vec::new();
    }
    let body = body(occasion, recording, status);
    vec![Rendered::form(status.as_str(), body)]
}

/// Whether a subscription hears of `event`. SignalWire's callback page does not list `failed`,
/// its overview and its conferences do: who wants to hear that there is no file hears of it
/// too, unless the published schema is all that counts.
fn wants(interest: Interest, event: RecordingEvent, dialect: Dialect) -> bool {
    let events = match interest {
        Interest::Call(_) | Interest::Number => return false,
        Interest::Every => RecordingEvent::ALL.into_iter().collect(),
        Interest::Recording(events) => events,
    };
    match (event, dialect) {
        (RecordingEvent::Failed, Dialect::SignalWire) => {
            events.contains(RecordingEvent::Failed) || events.contains(RecordingEvent::Absent)
        }
        (RecordingEvent::Failed, Dialect::SignalWireStrict) => false,
        (RecordingEvent::Failed, Dialect::Twilio) => true,
        (RecordingEvent::InProgress | RecordingEvent::Completed | RecordingEvent::Absent, _) => {
            events.contains(event)
        }
    }
}

fn body(occasion: &Occasion, recording: &Recording, status: RecordingStatus) -> String {
    let source = match occasion.dialect {
        Dialect::SignalWire | Dialect::SignalWireStrict => recording.source.as_str(),
        Dialect::Twilio => recording.source.twilio(),
    };
    let mut form = FormWriter::with_capacity(USUAL_BYTES);
    form.plain("AccountSid", occasion.project)
        .plain("CallSid", recording.call)
        .plain("RecordingSid", occasion.resource)
        .text("RecordingUrl", recording.url.as_deref().unwrap_or_default())
        .plain("RecordingStatus", status.as_str())
        .plain("RecordingDuration", duration_s(recording, status))
        .plain("RecordingChannels", recording.channels.count())
        .plain("RecordingSource", source);
    match occasion.dialect {
        Dialect::SignalWireStrict => {}
        Dialect::SignalWire | Dialect::Twilio => write_extensions(&mut form, recording, status),
    }
    form.finish()
}

/// 0 until it is completed, even if somebody knows more.
fn duration_s(recording: &Recording, status: RecordingStatus) -> u64 {
    match status {
        RecordingStatus::Completed => recording.duration.map_or(0, |it| it.as_secs()),
        RecordingStatus::Queued
        | RecordingStatus::InProgress
        | RecordingStatus::Paused
        | RecordingStatus::Stopped
        | RecordingStatus::Absent
        | RecordingStatus::Failed => 0,
    }
}

fn write_extensions(form: &mut FormWriter, recording: &Recording, status: RecordingStatus) {
    if let Some(track) = recording.track {
        form.plain("RecordingTrack", track.as_str());
    }
    if let Some(conference) = recording.conference {
        form.plain("ConferenceSid", conference);
    }
    let error = recording.error.as_ref().map(ErrorCode::as_str);
    if let Some(error) = error.filter(|_| status == RecordingStatus::Failed) {
        form.text("ErrorCode", error);
    }
}
