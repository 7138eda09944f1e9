//! Callbacks of calls: the voice status callback, and that of a number that was called.

use std::time::SystemTime;

use crate::callback::ParseError;
use crate::detection::AnsweredBy;
use crate::fields::Fields;
use crate::word::words;

words! {
    /// Where a call stands.
    pub enum CallStatus {
        /// Accepted, and not dialled yet.
        Queued = "queued",
        /// It is dialled.
        Initiated = "initiated",
        /// The far end rings.
        Ringing = "ringing",
        /// It was answered. SignalWire tells of an answer twice: by this, then by
        /// [`InProgress`](Self::InProgress).
        Answered = "answered",
        /// It was answered, and lasts.
        InProgress = "in-progress",
        /// It was answered, and is over.
        Completed = "completed",
        /// The far end was busy.
        Busy = "busy",
        /// Nobody answered.
        NoAnswer = "no-answer",
        /// It could not be made; of a number that was called, also: it was never answered.
        Failed = "failed",
        /// It was given up before it was answered.
        Canceled = "canceled",
    }
}

impl CallStatus {
    /// Whether nothing comes after it. A status that is not known is taken for one on the way.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Completed | Self::Busy | Self::NoAnswer | Self::Failed | Self::Canceled => true,
            Self::Queued
            | Self::Initiated
            | Self::Ringing
            | Self::Answered
            | Self::InProgress
            | Self::Other(_) => false,
        }
    }
}

words! {
    /// Who made a call.
    pub enum CallDirection {
        /// Somebody called one of our numbers.
        Inbound = "inbound",
        /// An application called, by REST.
        OutboundApi = "outbound-api",
        /// A document's `<Dial>` called.
        OutboundDial = "outbound-dial",
    }
}

words! {
    /// Which side hung up.
    pub enum HangupDirection {
        /// The one that called.
        Inbound = "inbound",
        /// The one that was called.
        Outbound = "outbound",
    }
}

/// The voice status callback: an event of one leg of a call. Twilio also sends it for a number
/// that was called.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct VoiceCall {
    /// `CallSid`.
    pub sid: String,
    /// `AccountSid`: the project.
    pub account_sid: String,
    /// `CallStatus`.
    pub status: CallStatus,
    /// `SequenceNumber`: how many callbacks of this call came before it, for the same URL.
    pub sequence: Option<u64>,
    /// `Timestamp`: when it happened, not when it was sent; to the second.
    pub at: Option<SystemTime>,
    /// `Direction`.
    pub direction: Option<CallDirection>,
    /// `From`: a number (E.164), a SIP URI, or `client:` and a name.
    pub from: Option<String>,
    /// `To`: the same.
    pub to: Option<String>,
    /// `ParentCallSid`: the call that dialled this leg.
    pub parent_sid: Option<String>,
    /// `CallDuration`, in seconds from answer to end; with the end only.
    pub duration_s: Option<u64>,
    /// `Duration`, in minutes begun; Twilio's alone.
    pub minutes: Option<u64>,
    /// `ForwardedFrom`: whom the call was for before it was forwarded.
    pub forwarded_from: Option<String>,
    /// `CallerName`.
    pub caller_name: Option<String>,
    /// `RecordingSid`.
    pub recording_sid: Option<String>,
    /// `RecordingUrl`; of use once the recording is completed.
    pub recording_url: Option<String>,
    /// `RecordingDuration`, in seconds.
    pub recording_duration_s: Option<u64>,
    /// `SipResultCode`, or Twilio's `SipResponseCode`: the last answer to the INVITE.
    pub sip_code: Option<u64>,
    /// `SipInviteResultPhrase`.
    pub sip_phrase: Option<String>,
    /// `HangupBy`: the number that hung up.
    pub hangup_by: Option<String>,
    /// `HangupDirection`.
    pub hangup_direction: Option<HangupDirection>,
    /// `AnsweredBy`, if somebody asked for it to be found out.
    pub answered_by: Option<AnsweredBy>,
    /// `Audio…`.
    pub audio: Audio,
    /// `ApiVersion`.
    pub api_version: Option<String>,
    /// `CallbackSource`.
    pub source: Option<String>,
    /// All other parameters, in order.
    pub other: Vec<(String, String)>,
}

/// The callback of a phone number: the end of a call that came in, told once.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct InboundCall {
    /// `CallSid`.
    pub sid: String,
    /// `AccountSid`: the project.
    pub account_sid: String,
    /// `CallStatus`: SignalWire says `failed` of every call that was not answered.
    pub status: CallStatus,
    /// `Timestamp`: when the call came in, not when it was over.
    pub created_at: Option<SystemTime>,
    /// `From`: who called.
    pub from: Option<String>,
    /// `To`: the number that was called.
    pub to: Option<String>,
    /// `CallDuration`, in seconds from answer to end; 0 if it was never answered.
    pub duration_s: Option<u64>,
    /// `AudioInMos`: mean opinion score, 1 to 5. In the schema that SignalWire publishes it is
    /// always there: then 0.0 says that there was no media.
    pub mos: Option<f64>,
    /// All other parameters, in order.
    pub other: Vec<(String, String)>,
}

/// What is known of a call's sound. SignalWire sends counters of 0 while there was no media.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Audio {
    /// `AudioInMos`: mean opinion score, 1 to 5; 0.0 if there was no media.
    pub mos: Option<f64>,
    /// `AudioInAveragePtime`: mean time between packets received, in milliseconds.
    pub in_average_ptime_ms: Option<u64>,
    /// `AudioInDtmfPacketCount`.
    pub in_dtmf_packets: Option<u64>,
    /// `AudioInFlushPacketCount`.
    pub in_flush_packets: Option<u64>,
    /// `AudioInJitterMaxVariance`, in milliseconds.
    pub in_jitter_max_ms: Option<u64>,
    /// `AudioInJitterMinVariance`, in milliseconds.
    pub in_jitter_min_ms: Option<u64>,
    /// `AudioInLargestJbSize`: largest jitter buffer, in packets.
    pub in_largest_buffer_packets: Option<u64>,
    /// `AudioInMediaPacketCount`.
    pub in_media_packets: Option<u64>,
    /// `AudioInSkipPacketCount`: packets that came too late or never.
    pub in_skip_packets: Option<u64>,
    /// `AudioOutDtmfPacketCount`.
    pub out_dtmf_packets: Option<u64>,
    /// `AudioOutMediaPacketCount`.
    pub out_media_packets: Option<u64>,
}

impl VoiceCall {
    /// Whether these are a voice callback's: a number's own has neither of the two, and nor have
    /// requests for a document.
    pub(crate) fn are(fields: &Fields) -> bool {
        fields.has("CallStatus") && (fields.has("SequenceNumber") || fields.has("CallbackSource"))
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        let from = fields.filled("From");
        let to = fields.filled("To");
        fields.same("Caller", from.as_deref());
        fields.same("Called", to.as_deref());
        let sip = fields
            .number("SipResultCode")
            .or_else(|| fields.number("SipResponseCode"));
        fields.same(
            "SipResponseCode",
            sip.map(|code| code.to_string()).as_deref(),
        );
        Ok(Self {
            sid: fields.required("CallSid")?,
            account_sid: fields.required("AccountSid")?,
            status: CallStatus::from(&*fields.required("CallStatus")?),
            sequence: fields.number("SequenceNumber"),
            at: fields.moment("Timestamp"),
            direction: fields.word("Direction"),
            from,
            to,
            parent_sid: fields.filled("ParentCallSid"),
            duration_s: fields.number("CallDuration"),
            minutes: fields.number("Duration"),
            forwarded_from: fields.filled("ForwardedFrom"),
            caller_name: fields.filled("CallerName"),
            recording_sid: fields.filled("RecordingSid"),
            recording_url: fields.filled("RecordingUrl"),
            recording_duration_s: fields.number("RecordingDuration"),
            sip_code: sip,
            sip_phrase: fields.filled("SipInviteResultPhrase"),
            hangup_by: fields.filled("HangupBy"),
            hangup_direction: fields.word("HangupDirection"),
            answered_by: fields.word("AnsweredBy"),
            audio: Audio::read(&mut fields),
            api_version: fields.filled("ApiVersion"),
            source: fields.filled("CallbackSource"),
            other: fields.left_over(),
        })
    }
}

impl InboundCall {
    /// Whether these are of a number's own callback: requests for a document have no end.
    pub(crate) fn are(fields: &Fields) -> bool {
        ["CallStatus", "Timestamp", "CallDuration"]
            .into_iter()
            .all(|name| fields.has(name))
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        Ok(Self {
            sid: fields.required("CallSid")?,
            account_sid: fields.required("AccountSid")?,
            status: CallStatus::from(&*fields.required("CallStatus")?),
            created_at: fields.moment("Timestamp"),
            from: fields.filled("From"),
            to: fields.filled("To"),
            duration_s: fields.number("CallDuration"),
            mos: fields.decimal("AudioInMos"),
            other: fields.left_over(),
        })
    }
}

impl Audio {
    fn read(fields: &mut Fields) -> Self {
        Self {
            mos: fields.decimal("AudioInMos"),
            in_average_ptime_ms: fields.number("AudioInAveragePtime"),
            in_dtmf_packets: fields.number("AudioInDtmfPacketCount"),
            in_flush_packets: fields.number("AudioInFlushPacketCount"),
            in_jitter_max_ms: fields.number("AudioInJitterMaxVariance"),
            in_jitter_min_ms: fields.number("AudioInJitterMinVariance"),
            in_largest_buffer_packets: fields.number("AudioInLargestJbSize"),
            in_media_packets: fields.number("AudioInMediaPacketCount"),
            in_skip_packets: fields.number("AudioInSkipPacketCount"),
            out_dtmf_packets: fields.number("AudioOutDtmfPacketCount"),
            out_media_packets: fields.number("AudioOutMediaPacketCount"),
        }
    }
}
