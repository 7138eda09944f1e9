//! A phone number's own callback: the end of a call that came in, told once.
//!
//! Parameters and their order: SignalWire's `InboundCallStatusCallbackPayload`. Its `Timestamp`
//! is documented as the moment at which the call was created.

use ringback_domain::call::{Call, CallStatus};
use ringback_domain::project::{Dialect, InboundDetail};

use super::call::write_mos;
use super::{Occasion, Rendered};
use crate::date;
use crate::form::FormWriter;

/// Room for the parameters, in bytes.
const USUAL_BYTES: usize = 320;

pub(super) fn owed(occasion: &Occasion, call: &Call, status: CallStatus) -> Vec<Rendered> {
    if !status.is_final() {
        return Vec::new();
    }
    let word = word(occasion, status);
    let mut form = FormWriter::with_capacity(USUAL_BYTES);
    form.plain("CallSid", occasion.resource)
        .plain("AccountSid", occasion.project)
        .text("From", &call.from)
        .text("To", &call.to)
        .text("Timestamp", &date::rfc2822(occasion.created_at.as_micros()))
        .plain("CallStatus", word)
        .plain("CallDuration", call.duration().as_secs());
    write_mos(&mut form, call.quality, occasion.dialect);
    vec![Rendered::form(word, form.finish())]
}

/// SignalWire lists `completed` and `failed` alone; Twilio tells the status as it is.
fn word(occasion: &Occasion, status: CallStatus) -> &'static str {
    let detailed = match occasion.dialect {
        Dialect::SignalWire => occasion.inbound_detail == InboundDetail::Detailed,
        Dialect::SignalWireStrict => false,
        Dialect::Twilio => true,
    };
    match status {
        CallStatus::Completed => "completed",
        CallStatus::Busy | CallStatus::NoAnswer | CallStatus::Canceled if detailed => {
            status.as_str()
        }
        CallStatus::Queued
        | CallStatus::Initiated
        | CallStatus::Ringing
        | CallStatus::InProgress
        | CallStatus::Busy
        | CallStatus::Failed
        | CallStatus::NoAnswer
        | CallStatus::Canceled => "failed",
    }
}
