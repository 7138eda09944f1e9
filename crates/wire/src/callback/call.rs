//! The voice status callback of one leg.
//!
//! Parameters and their order: SignalWire's `VoiceStatusCallbackPayload`, and behind them
//! what its cXML overview and Twilio add.

use ringback_domain::call::{Call, CallStatus, HangupSide};
use ringback_domain::project::Dialect;
use ringback_domain::quality::Quality;
use ringback_domain::subscription::{CallEvent, Interest, Subscription};

use super::{Occasion, Rendered};
use crate::form::FormWriter;
use crate::{API_VERSION, date};

/// Room for the parameters of most calls, in bytes.
const USUAL_BYTES: usize = 1_024;

pub(super) fn owed(
    occasion: &Occasion,
    call: &Call,
    status: CallStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    if !wants(subscription.interest, status) {
        return Vec::new();
    }
    let sequence = subscription.next_sequence..;
    let words = words(status, occasion.dialect).iter();
    words
        .zip(sequence)
        .map(|(word, sequence)| Rendered::form(word, body(occasion, call, status, word, sequence)))
        .collect()
}

fn wants(interest: Interest, status: CallStatus) -> bool {
    match interest {
        Interest::Every => true,
        // A number's own callback looks otherwise.
        Interest::Recording(_) | Interest::Number => false,
        Interest::Call(events) => CallEvent::of(status).is_some_and(|event| events.contains(event)),
    }
}

/// The statuses that one change is told by. SignalWire tells of an answer twice, though its
/// published list has no `answered`.
fn words(status: CallStatus, dialect: Dialect) -> &'static [&'static str] {
    match status {
        CallStatus::Queued => &[],
        CallStatus::Initiated => &["initiated"],
        CallStatus::Ringing => &["ringing"],
        CallStatus::InProgress => match dialect {
            Dialect::SignalWire => &["answered", "in-progress"],
            Dialect::SignalWireStrict | Dialect::Twilio => &["in-progress"],
        },
        CallStatus::Completed => &["completed"],
        CallStatus::Busy => &["busy"],
        CallStatus::Failed => &["failed"],
        CallStatus::NoAnswer => &["no-answer"],
        CallStatus::Canceled => &["canceled"],
    }
}

fn body(occasion: &Occasion, call: &Call, status: CallStatus, word: &str, sequence: u32) -> String {
    let mut form = FormWriter::with_capacity(USUAL_BYTES);
    form.plain("AccountSid", occasion.project)
        .plain("ApiVersion", API_VERSION)
        .plain("CallSid", occasion.resource);
    if let Some(parent) = call.parent {
        form.plain("ParentCallSid", parent);
    }
    form.plain("CallStatus", word)
        .plain("Direction", call.direction.as_str())
        .text("From", &call.from)
        .text("To", &call.to)
        .plain("CallbackSource", "call-progress-events")
        .plain("SequenceNumber", sequence)
        .text("Timestamp", &date::rfc2822(occasion.at.as_micros()));
    if status.is_final() {
        form.plain("CallDuration", call.duration().as_secs());
    }
    write_circumstances(&mut form, call);
    if let Some(sip) = call.sip {
        form.plain("SipResultCode", sip.code())
            .text("SipInviteResultPhrase", sip.phrase());
    }
    write_audio(&mut form, call.quality, occasion.dialect);
    match occasion.dialect {
        Dialect::SignalWireStrict => {}
        Dialect::SignalWire => write_overview(&mut form, call, status),
        Dialect::Twilio => {
            write_overview(&mut form, call, status);
            write_twilio(&mut form, call, status);
        }
    }
    form.finish()
}

/// `AudioInMos`, the one of a call's `Audio*` parameters that a number's own callback has too.
/// Before there is media the published schema wants it all the same, SignalWire's own sample
/// reckons with a missing one, and Twilio has none.
pub(super) fn write_mos(form: &mut FormWriter, quality: Option<Quality>, dialect: Dialect) {
    match (quality, dialect) {
        (Some(quality), _) => {
            let mos = quality.mos_hundredths;
            form.plain("AudioInMos", format_args!("{}.{:02}", mos / 100, mos % 100));
        }
        (None, Dialect::SignalWireStrict) => {
            form.plain("AudioInMos", "0.0");
        }
        (None, Dialect::SignalWire | Dialect::Twilio) => {}
    }
}

/// The `Audio*` parameters. Before there is media the published schema wants them all the
/// same, SignalWire's own sample reckons with a missing MOS, and Twilio has none.
fn write_audio(form: &mut FormWriter, quality: Option<Quality>, dialect: Dialect) {
    write_mos(form, quality, dialect);
    if quality.is_none() && dialect == Dialect::Twilio {
        return;
    }
    let quality = quality.unwrap_or_default();
    form.plain("AudioInAveragePtime", quality.average_time_ms)
        .plain("AudioInDtmfPacketCount", quality.in_dtmf_packets)
        .plain("AudioInFlushPacketCount", quality.in_flush_packets)
        .plain("AudioInJitterMaxVariance", quality.jitter_max_ms)
        .plain("AudioInJitterMinVariance", quality.jitter_min_ms)
        .plain("AudioInLargestJbSize", quality.largest_buffer_packets)
        .plain("AudioInMediaPacketCount", quality.in_media_packets)
        .plain("AudioInSkipPacketCount", quality.in_skip_packets)
        .plain("AudioOutDtmfPacketCount", quality.out_dtmf_packets)
        .plain("AudioOutMediaPacketCount", quality.out_media_packets);
}

/// What SignalWire's cXML overview and answering-machine detection add.
///
/// The values of `HangupDirection` are documented nowhere: `inbound` is the side that
/// called in (`From`), `outbound` the side that was called out to (`To`).
fn write_overview(form: &mut FormWriter, call: &Call, status: CallStatus) {
    if let Some(side) = call.hangup.filter(|_| status.is_final()) {
        let (number, direction) = match side {
            HangupSide::Caller => (&call.from, "inbound"),
            HangupSide::Callee => (&call.to, "outbound"),
        };
        form.text("HangupBy", number)
            .plain("HangupDirection", direction);
    }
    if let Some(answered_by) = call.answered_by {
        form.plain("AnsweredBy", answered_by.as_str());
    }
}

/// What somebody else says of the call, and its recording.
fn write_circumstances(form: &mut FormWriter, call: &Call) {
    if let Some(number) = &call.forwarded_from {
        form.text("ForwardedFrom", number);
    }
    if let Some(name) = &call.caller_name {
        form.text("CallerName", name);
    }
    if let Some(recording) = &call.recording {
        form.plain("RecordingSid", recording.sid)
            .text("RecordingUrl", &recording.url);
        if let Some(duration) = recording.duration {
            form.plain("RecordingDuration", duration.as_secs());
        }
    }
}

/// What Twilio's voice callback has beside SignalWire's. Its `Duration` is in minutes begun.
fn write_twilio(form: &mut FormWriter, call: &Call, status: CallStatus) {
    form.text("Called", &call.to).text("Caller", &call.from);
    if !status.is_final() {
        return;
    }
    form.plain("Duration", call.duration().as_secs().div_ceil(60));
    if let Some(sip) = call.sip {
        form.plain("SipResponseCode", sip.code());
    }
}
