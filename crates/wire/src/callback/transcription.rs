//! The transcription status callback: one, when it is over.
//!
//! Parameters and their order: SignalWire's `TranscriptionStatusCallbackPayload`, and behind
//! them what its sample applications read and its pages call standard. There is no filter, and
//! no method but POST.

use ringback_domain::project::Dialect;
use ringback_domain::subscription::{Interest, Subscription};
use ringback_domain::transcription::{Transcription, TranscriptionStatus};

use super::{Occasion, Rendered};
use crate::API_VERSION;
use crate::form::FormWriter;

/// Room for the parameters beside the text, in bytes.
const USUAL_BYTES: usize = 640;

pub(super) fn owed(
    occasion: &Occasion,
    transcription: &Transcription,
    status: TranscriptionStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    match subscription.interest {
        // Events of other kinds: no transcription has them.
        Interest::Call(_) | Interest::Recording(_) | Interest::Number => return Vec::new(),
        Interest::Every => {}
    }
    match status {
        TranscriptionStatus::InProgress => Vec::new(),
        TranscriptionStatus::Completed => {
            let body = body(occasion, transcription, status, &transcription.text);
            vec![Rendered::form(status.as_str(), body)]
        }
        TranscriptionStatus::Failed => {
            let body = body(occasion, transcription, status, "");
            vec![Rendered::form(status.as_str(), body)]
        }
    }
}

fn body(
    occasion: &Occasion,
    transcription: &Transcription,
    status: TranscriptionStatus,
    text: &str,
) -> String {
    // Blanks and letters take a byte each, what is escaped takes three.
    let mut form = FormWriter::with_capacity(USUAL_BYTES + text.len() * 3 / 2);
    form.plain("TranscriptionSid", occasion.resource)
        .text("TranscriptionText", text)
        .plain("TranscriptionStatus", status.as_str())
        .text(
            "TranscriptionUrl",
            transcription.url.as_deref().unwrap_or_default(),
        )
        .plain("RecordingSid", transcription.recording)
        .text(
            "RecordingUrl",
            transcription.recording_url.as_deref().unwrap_or_default(),
        );
    match occasion.dialect {
        Dialect::SignalWireStrict => {}
        Dialect::SignalWire | Dialect::Twilio => write_call(&mut form, occasion, transcription),
    }
    form.finish()
}

/// What the published schema does not have and SignalWire's sample applications read: without
/// `CallSid` and `From` they fail.
fn write_call(form: &mut FormWriter, occasion: &Occasion, transcription: &Transcription) {
    let call = &transcription.call;
    form.plain("CallSid", call.sid)
        .text("From", &call.from)
        .text("To", &call.to)
        .plain("AccountSid", occasion.project)
        .plain("ApiVersion", API_VERSION);
    if let Some(status) = call.status {
        form.plain("CallStatus", status.as_str());
    }
    if let Some(direction) = call.direction {
        form.plain("Direction", direction.as_str());
    }
    if let Some(duration) = transcription.recording_duration {
        form.plain("RecordingDuration", duration.as_secs());
    }
}
