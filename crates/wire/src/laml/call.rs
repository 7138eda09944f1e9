//! A call as REST shows it.

use ringback_domain::call::{AnsweredBy, Call, CallDirection, CallStatus};
use ringback_domain::phone::formatted;
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use serde::Serialize;

use super::{PRICE_UNIT, account_path, dollars};
use crate::{API_VERSION, date};

/// A call (schema `Call`).
#[derive(Clone, Debug, Serialize)]
pub struct CallJson<'a> {
    sid: String,
    account_sid: String,
    parent_call_sid: Option<String>,
    to: &'a str,
    formatted_to: String,
    to_formatted: String,
    from: &'a str,
    formatted_from: String,
    from_formatted: String,
    phone_number_sid: Option<String>,
    status: &'static str,
    direction: &'static str,
    start_time: Option<String>,
    end_time: Option<String>,
    duration: u64,
    price: Option<f64>,
    price_unit: &'static str,
    answered_by: Option<&'static str>,
    api_version: &'static str,
    forwarded_from: Option<&'a str>,
    caller_name: Option<&'a str>,
    annotation: Nothing,
    group_sid: Nothing,
    audio_in_mos: Option<f64>,
    sip_result_code: Option<String>,
    audio_rtt_avg: Nothing,
    audio_rtt_min: Nothing,
    audio_rtt_max: Nothing,
    audio_out_jitter_min: Nothing,
    audio_out_jitter_max: Nothing,
    audio_out_jitter_avg: Nothing,
    audio_out_lost: Nothing,
    date_created: String,
    date_updated: String,
    uri: String,
    subresource_uris: SubresourceUris,
}

/// A field that is there and always null.
type Nothing = Option<()>;

#[derive(Clone, Debug, Serialize)]
struct SubresourceUris {
    notifications: Nothing,
    recordings: String,
}

impl<'a> CallJson<'a> {
    /// `call`, which is what `resource` holds.
    pub fn of(resource: &Resource, call: &'a Call) -> Self {
        let path = format!("{}/Calls/{}", account_path(resource.project), resource.sid);
        let (to, from) = (formatted(&call.to), formatted(&call.from));
        let mos = call.quality.map(|quality| quality.mos_hundredths);
        Self {
            sid: resource.sid.to_string(),
            account_sid: resource.project.to_string(),
            parent_call_sid: call.parent.map(|parent| parent.to_string()),
            to: &call.to,
            formatted_to: to.clone(),
            to_formatted: to,
            from: &call.from,
            formatted_from: from.clone(),
            from_formatted: from,
            phone_number_sid: resource.number.map(|number| number.to_string()),
            status: status_word(call.status),
            direction: direction_word(call.direction),
            start_time: call.started_at.map(rfc2822),
            end_time: call.ended_at.map(rfc2822),
            duration: call.duration().as_secs(),
            price: price(call),
            price_unit: PRICE_UNIT,
            answered_by: call.answered_by.map(AnsweredBy::as_str),
            api_version: API_VERSION,
            forwarded_from: call.forwarded_from.as_deref(),
            caller_name: call.caller_name.as_deref(),
            annotation: None,
            group_sid: None,
            audio_in_mos: mos.map(|hundredths| f64::from(hundredths) / 100.0),
            sip_result_code: call.sip.map(|sip| sip.code().to_string()),
            audio_rtt_avg: None,
            audio_rtt_min: None,
            audio_rtt_max: None,
            audio_out_jitter_min: None,
            audio_out_jitter_max: None,
            audio_out_jitter_avg: None,
            audio_out_lost: None,
            date_created: rfc2822(resource.created_at),
            date_updated: rfc2822(resource.updated_at),
            subresource_uris: SubresourceUris {
                notifications: None,
                recordings: format!("{path}/Recordings.json"),
            },
            uri: format!("{path}.json"),
        }
    }
}

fn rfc2822(moment: Timestamp) -> String {
    date::rfc2822(moment.as_micros())
}

/// REST does not know `initiated`.
pub(super) fn status_word(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Queued | CallStatus::Initiated => "queued",
        CallStatus::Ringing
        | CallStatus::InProgress
        | CallStatus::Completed
        | CallStatus::Busy
        | CallStatus::Failed
        | CallStatus::NoAnswer
        | CallStatus::Canceled => status.as_str(),
    }
}

fn direction_word(direction: CallDirection) -> &'static str {
    match direction {
        CallDirection::Inbound => "inbound",
        CallDirection::OutboundApi | CallDirection::OutboundDial => "outbound",
    }
}

/// What was charged, below zero as SignalWire has it for calls; unknown before the end.
fn price(call: &Call) -> Option<f64> {
    let micro_usd = call.price().as_micro_usd();
    call.status.is_final().then(|| dollars(-micro_usd))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringback_domain::call::{CallFacts, Document, NewCall};
    use ringback_domain::change::News;
    use ringback_domain::quality::Quality;
    use ringback_domain::resource::{Body, NewResource, Origin};
    use ringback_domain::sip::SipResult;
    use serde_json::{Value, json};

    use super::*;

    /// 20 August 2026, 10:15:00 UTC, as in the published example.
    const AUGUST: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);

    fn shown(resource: &Resource) -> Value {
        let Body::Call(call) = &resource.body else {
            panic!("it is a call")
        };
        serde_json::to_value(CallJson::of(resource, call)).unwrap()
    }

    fn new_call() -> Resource {
        let origin = Origin {
            sid: "3c1f0a22-0000-4000-8000-00000000ca01".parse().unwrap(),
            ordinal: 1,
            project: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            depth: 0,
            at: AUGUST,
        };
        let new = NewCall {
            direction: CallDirection::OutboundApi,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            parent: None,
            document: Document::None,
            ring_timeout: Duration::from_secs(60),
            requested: Vec::new(),
        };
        let media_sid = || unreachable!("a call has no media");
        Resource::create(origin, NewResource::Call(new), Vec::new(), media_sid).0
    }

    #[test]
    fn a_call_is_shown_as_the_published_example_is() {
        let mut resource = new_call();
        let answered = CallFacts {
            sip: Some(SipResult::OK),
            ..CallFacts::default()
        };
        let quality = Quality {
            mos_hundredths: 440,
            ..Quality::default()
        };
        let ended = CallFacts {
            quality: Some(quality),
            ..CallFacts::default()
        };
        for (status, facts, seconds) in [
            (CallStatus::InProgress, answered, 0),
            (CallStatus::Completed, ended, 42),
        ] {
            let at = AUGUST + Duration::from_secs(seconds);
            resource.report(News::Call(status, facts), at).unwrap();
        }
        let text = include_str!("examples/call.json");
        let mut expected: Value = serde_json::from_str(text).unwrap();
        // The example's moments are all the same, and its number has an SID.
        expected["end_time"] = json!("Thu, 20 Aug 2026 10:15:42 +0000");
        expected["date_updated"] = json!("Thu, 20 Aug 2026 10:15:42 +0000");
        expected["phone_number_sid"] = Value::Null;
        assert_eq!(shown(&resource), expected);
    }

    #[test]
    fn what_is_not_known_yet_is_null() {
        let mut resource = new_call();
        let facts = CallFacts::default();
        let queued = shown(&resource);
        resource
            .report(News::Call(CallStatus::Initiated, facts), AUGUST)
            .unwrap();
        let initiated = shown(&resource);
        for call in [&queued, &initiated] {
            assert_eq!(call["status"], "queued");
            assert_eq!(call["price"], Value::Null);
            assert_eq!(call["end_time"], Value::Null);
            assert_eq!(call["audio_in_mos"], Value::Null);
            assert_eq!(call["duration"], 0);
        }
        assert_eq!(queued["start_time"], Value::Null);
        assert_eq!(initiated["start_time"], "Thu, 20 Aug 2026 10:15:00 +0000");
    }

    #[test]
    fn a_call_that_was_never_answered_costs_nothing() {
        let mut resource = new_call();
        let busy = News::Call(CallStatus::Busy, CallFacts::default());
        resource.report(busy, AUGUST).unwrap();
        assert_eq!(shown(&resource)["price"], json!(0.0));
        assert_eq!(shown(&resource)["price"].to_string(), "0.0");
    }
}
