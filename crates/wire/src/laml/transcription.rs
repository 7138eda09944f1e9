//! A transcription as REST shows it.

use ringback_domain::resource::Resource;
use ringback_domain::transcription::{Transcription, TranscriptionStatus};
use serde::Serialize;

use super::{PRICE_UNIT, account_path, dollars};
use crate::{API_VERSION, date};

/// A transcription (schema `Transcription`).
#[derive(Clone, Debug, Serialize)]
pub struct TranscriptionJson<'a> {
    sid: String,
    account_sid: String,
    recording_sid: String,
    api_version: &'static str,
    status: &'static str,
    /// Empty in every published example.
    r#type: &'static str,
    duration: u64,
    transcription_text: Option<&'a str>,
    price: Option<String>,
    price_unit: &'static str,
    date_created: String,
    date_updated: String,
    uri: String,
}

impl<'a> TranscriptionJson<'a> {
    /// `transcription`, which is what `resource` holds.
    pub fn of(resource: &Resource, transcription: &'a Transcription) -> Self {
        let duration = transcription.recording_duration.unwrap_or_default();
        Self {
            sid: resource.sid.to_string(),
            account_sid: resource.project.to_string(),
            recording_sid: transcription.recording.to_string(),
            api_version: API_VERSION,
            status: transcription.status.as_str(),
            r#type: "",
            duration: duration.as_secs(),
            transcription_text: text(transcription),
            price: price(transcription),
            price_unit: PRICE_UNIT,
            date_created: date::rfc2822(resource.created_at.as_micros()),
            date_updated: date::rfc2822(resource.updated_at.as_micros()),
            uri: format!("{}.json", path(resource)),
        }
    }
}

/// Where REST shows it, without a host and a suffix.
pub fn path(resource: &Resource) -> String {
    let account = account_path(resource.project);
    format!("{account}/Transcriptions/{}", resource.sid)
}

/// What was said, once that is known; empty where it was erased.
fn text(transcription: &Transcription) -> Option<&str> {
    match transcription.status {
        TranscriptionStatus::Completed => Some(&transcription.text),
        TranscriptionStatus::InProgress | TranscriptionStatus::Failed => None,
    }
}

/// What was charged, below zero as SignalWire has it, as a text; unknown before the end.
fn price(transcription: &Transcription) -> Option<String> {
    let micro_usd = transcription.price().as_micro_usd();
    let is_over = transcription.status.is_final();
    is_over.then(|| dollars(-micro_usd).to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringback_domain::change::News;
    use ringback_domain::resource::{Body, NewResource, Origin};
    use ringback_domain::time::Timestamp;
    use ringback_domain::transcription::{NewTranscription, TranscribedCall, TranscriptionFacts};
    use serde_json::{Value, json};

    use super::*;

    /// 20 August 2026, 10:15:00 UTC, as in the published example.
    const AUGUST: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);

    fn shown(resource: &Resource) -> Value {
        let Body::Transcription(transcription) = &resource.body else {
            panic!("it is a transcription")
        };
        serde_json::to_value(TranscriptionJson::of(resource, transcription)).unwrap()
    }

    fn new_transcription() -> Resource {
        let origin = Origin {
            sid: "90514e66-0000-4000-8000-0000000000d1".parse().unwrap(),
            ordinal: 1,
            project: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            depth: 0,
            at: AUGUST,
        };
        let new = NewTranscription {
            recording: "8f403d55-0000-4000-8000-0000000000e1".parse().unwrap(),
            call: TranscribedCall {
                sid: "3c1f0a22-0000-4000-8000-00000000ca01".parse().unwrap(),
                from: "+15550100001".to_owned(),
                to: "+15550100002".to_owned(),
                status: None,
                direction: None,
            },
        };
        let media_sid = || unreachable!("it has no media");
        Resource::create(
            origin,
            NewResource::Transcription(new),
            Vec::new(),
            media_sid,
        )
        .0
    }

    fn ended(status: TranscriptionStatus, seconds: u64) -> Resource {
        let mut resource = new_transcription();
        let facts = TranscriptionFacts {
            text: Some("please call me back".to_owned()),
            recording_duration: Some(Duration::from_secs(seconds)),
            ..TranscriptionFacts::default()
        };
        resource
            .report(News::Transcription(status, facts), AUGUST)
            .unwrap();
        resource
    }

    #[test]
    fn a_transcription_is_shown_as_the_published_example_is() {
        let text = include_str!("examples/transcription.json");
        let expected: Value = serde_json::from_str(text).unwrap();
        assert_eq!(shown(&ended(TranscriptionStatus::Completed, 17)), expected);
    }

    #[test]
    fn there_is_no_text_and_no_price_before_the_end() {
        let begun = shown(&new_transcription());
        assert_eq!(begun["status"], "in-progress");
        assert_eq!(begun["transcription_text"], Value::Null);
        assert_eq!(begun["price"], Value::Null);
        assert_eq!(begun["duration"], 0);
    }

    #[test]
    fn a_failed_one_has_no_text_and_costs_nothing() {
        let failed = shown(&ended(TranscriptionStatus::Failed, 17));
        assert_eq!(failed["transcription_text"], Value::Null);
        assert_eq!(failed["price"], "0");
    }

    #[test]
    fn each_minute_begun_is_charged() {
        let price =
            |seconds| shown(&ended(TranscriptionStatus::Completed, seconds))["price"].clone();
        assert_eq!(price(0), json!("-0.00025"));
        assert_eq!(price(60), json!("-0.00025"));
        assert_eq!(price(61), json!("-0.0005"));
    }

    #[test]
    fn an_erased_text_is_empty() {
        let mut resource = ended(TranscriptionStatus::Completed, 17);
        resource.redact(AUGUST);
        assert_eq!(shown(&resource)["transcription_text"], "");
    }
}
