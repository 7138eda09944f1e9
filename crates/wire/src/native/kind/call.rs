//! Reports of calls: status, and the parameters of SignalWire's voice status callback.

use std::time::Duration;

use ringback_domain::call::{
    AnsweredBy, CallDirection, CallFacts, CallRecording, CallStatus, Document, HangupSide, NewCall,
};
use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::quality::Quality;
use ringback_domain::resource::{Kind, NewResource};
use ringback_domain::sip::SipResult;

use super::{bad_field, unknown_field, unknown_status};
use crate::fields::Reading;
use crate::native::report::{Fields, Parties, ReportError};

/// How long a call may ring, where nothing else is said: SignalWire's 60 seconds. It says
/// nothing of calls that somebody else makes.
const RING_TIMEOUT: Duration = Duration::from_secs(60);

/// Most bytes of a name or number that a carrier tells.
const MAX_WORDS: usize = 255;

const ALLOWED: &str = "ParentCallSid, ForwardedFrom, CallerName, RecordingSid, RecordingUrl, \
    RecordingDuration, SipResultCode, HangupDirection, HangupBy, AnsweredBy, ErrorCode and the \
    Audio parameters; what a callback derives by itself is passed over";

/// What a callback has of itself: may be sent along, says nothing new.
const DERIVED: [&str; 16] = [
    "AccountSid",
    "ApiVersion",
    "CallDuration",
    "CallSid",
    "CallStatus",
    "CallbackSource",
    "Called",
    "Caller",
    "Direction",
    "Duration",
    "From",
    "SequenceNumber",
    "SipInviteResultPhrase",
    "SipResponseCode",
    "Timestamp",
    "To",
];

/// What is reported of a call.
pub(super) fn read(
    status: &str,
    parties: &Parties<'_>,
    fields: &Fields<'_>,
) -> Result<Reading, ReportError> {
    let all = CallStatus::ALL.into_iter().map(CallStatus::as_str);
    let status = CallStatus::parse(status).ok_or_else(|| unknown_status(Kind::Call, all))?;
    let mut new = NewCall {
        direction: direction(parties.direction)?,
        from: parties.from.to_owned(),
        to: parties.to.to_owned(),
        parent: None,
        document: Document::None,
        ring_timeout: RING_TIMEOUT,
        requested: Vec::new(),
    };
    let mut facts = CallFacts {
        recording: recording(fields)?.map(Box::new),
        ..CallFacts::default()
    };
    for (name, value) in fields.iter() {
        take(&mut new, &mut facts, parties, name, &value)?;
    }
    Ok(Reading {
        news: News::Call(status, facts),
        new: Ok(NewResource::Call(new)),
    })
}

fn take(
    new: &mut NewCall,
    facts: &mut CallFacts,
    parties: &Parties<'_>,
    name: &str,
    value: &str,
) -> Result<(), ReportError> {
    match name {
        "ParentCallSid" => {
            let parent = value
                .parse()
                .map_err(|_| bad_field(name, "the SID of a call"))?;
            new.parent = Some(parent);
        }
        "SipResultCode" => {
            let sip = value.parse().ok().and_then(SipResult::new);
            facts.sip = Some(sip.ok_or_else(|| bad_field(name, "a status of SIP, 100 to 699"))?);
        }
        "HangupDirection" => {
            facts.hangup = Some(match value {
                "inbound" => HangupSide::Caller,
                "outbound" => HangupSide::Callee,
                _ => return Err(bad_field(name, "inbound (the caller) or outbound")),
            });
        }
        "HangupBy" if value == parties.from => facts.hangup = Some(HangupSide::Caller),
        "HangupBy" if value == parties.to => facts.hangup = Some(HangupSide::Callee),
        "HangupBy" => return Err(bad_field(name, "`from` or `to` of the same report")),
        "AnsweredBy" => {
            let who = [AnsweredBy::Human, AnsweredBy::Machine];
            let who = who.into_iter().find(|who| who.as_str() == value);
            facts.answered_by = Some(who.ok_or_else(|| bad_field(name, "human or machine"))?);
        }
        "ForwardedFrom" => facts.forwarded_from = Some(words(name, value)?),
        "CallerName" => facts.caller_name = Some(words(name, value)?),
        // Read together.
        "RecordingSid" | "RecordingUrl" | "RecordingDuration" => {}
        "ErrorCode" if value.is_empty() || value.len() > 40 => {
            return Err(bad_field(name, "a code of 1 to 40 bytes"));
        }
        "ErrorCode" => facts.error = Some(ErrorCode::reported(value.to_owned())),
        _ if name.starts_with("Audio") => {
            audio(facts.quality.get_or_insert_default(), name, value)?;
        }
        _ if DERIVED.contains(&name) => {}
        _ => return Err(unknown_field(Kind::Call, name, ALLOWED)),
    }
    Ok(())
}

/// What a carrier says of somebody.
fn words(name: &str, value: &str) -> Result<String, ReportError> {
    if value.is_empty() || value.len() > MAX_WORDS {
        return Err(bad_field(name, "1 to 255 bytes"));
    }
    Ok(value.to_owned())
}

/// The call's recording: its SID, and what else is said of it.
fn recording(fields: &Fields<'_>) -> Result<Option<CallRecording>, ReportError> {
    let given = |wanted: &str| {
        let mut all = fields.iter();
        all.find_map(|(name, value)| (name == wanted).then_some(value))
    };
    let (url, seconds) = (given("RecordingUrl"), given("RecordingDuration"));
    let Some(sid) = given("RecordingSid") else {
        return match (url, seconds) {
            (None, None) => Ok(None),
            _ => Err(bad_field(
                "RecordingSid",
                "there, beside what is said of the recording",
            )),
        };
    };
    let seconds = seconds.as_deref().map(str::parse::<u32>).transpose();
    Ok(Some(CallRecording {
        sid: sid
            .parse()
            .map_err(|_| bad_field("RecordingSid", "the SID of a recording"))?,
        url: url.unwrap_or_default().into_owned(),
        duration: seconds
            .map_err(|_| bad_field("RecordingDuration", "whole seconds"))?
            .map(|seconds| Duration::from_secs(seconds.into())),
    }))
}

/// One of the `Audio*` parameters.
fn audio(quality: &mut Quality, name: &str, value: &str) -> Result<(), ReportError> {
    let place = match name {
        "AudioInMos" => {
            let score = hundredths(value).filter(|score| *score <= 500);
            let score = score.ok_or_else(|| bad_field(name, "a score from 0 to 5, as in 4.32"))?;
            quality.mos_hundredths = score;
            return Ok(());
        }
        "AudioInAveragePtime" => &mut quality.average_time_ms,
        "AudioInDtmfPacketCount" => &mut quality.in_dtmf_packets,
        "AudioInFlushPacketCount" => &mut quality.in_flush_packets,
        "AudioInJitterMaxVariance" => &mut quality.jitter_max_ms,
        "AudioInJitterMinVariance" => &mut quality.jitter_min_ms,
        "AudioInLargestJbSize" => &mut quality.largest_buffer_packets,
        "AudioInMediaPacketCount" => &mut quality.in_media_packets,
        "AudioInSkipPacketCount" => &mut quality.in_skip_packets,
        "AudioOutDtmfPacketCount" => &mut quality.out_dtmf_packets,
        "AudioOutMediaPacketCount" => &mut quality.out_media_packets,
        _ => return Err(unknown_field(Kind::Call, name, ALLOWED)),
    };
    *place = value
        .parse()
        .map_err(|_| bad_field(name, "a whole number"))?;
    Ok(())
}

/// `4.3` as 430; further digits are cut off.
fn hundredths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let tenths: String = fraction.chars().chain("00".chars()).take(2).collect();
    let whole: u16 = whole.parse().ok()?;
    whole.checked_mul(100)?.checked_add(tenths.parse().ok()?)
}

/// As given; outbound over an API, if nothing is said.
fn direction(given: Option<&str>) -> Result<CallDirection, ReportError> {
    match given {
        None | Some("outbound") => Ok(CallDirection::OutboundApi),
        Some(word) => CallDirection::parse(word).ok_or_else(|| {
            let allowed = "inbound, outbound-api or outbound-dial";
            let message = format!("`direction` of a call is {allowed}");
            ReportError::new(error_code!("bad_direction"), message)
        }),
    }
}
