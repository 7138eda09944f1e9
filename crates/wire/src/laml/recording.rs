//! A recording as REST shows it.

use ringback_domain::errors::ErrorCode;
use ringback_domain::recording::{Recording, RecordingStatus};
use ringback_domain::resource::Resource;
use ringback_domain::time::Timestamp;
use serde::Serialize;

use super::{PRICE_UNIT, account_path};
use crate::{API_VERSION, date};

/// A recording (schemas `Recording` and `CallRecordingResponse`, which are the same).
#[derive(Clone, Debug, Serialize)]
pub struct RecordingJson<'a> {
    sid: String,
    account_sid: String,
    call_sid: String,
    conference_sid: Option<String>,
    api_version: &'static str,
    channel: String,
    channels: String,
    source: &'static str,
    status: &'static str,
    trim: &'static str,
    duration: u64,
    start_time: Option<String>,
    end_time: Option<String>,
    price: Option<String>,
    price_unit: &'static str,
    error_code: Option<&'a str>,
    /// Nothing is encrypted here; always null.
    encryption_details: Option<()>,
    date_created: String,
    date_updated: String,
    uri: String,
    subresource_uris: SubresourceUris,
}

#[derive(Clone, Debug, Serialize)]
struct SubresourceUris {
    transcriptions: String,
}

impl<'a> RecordingJson<'a> {
    /// `recording`, which is what `resource` holds.
    pub fn of(resource: &Resource, recording: &'a Recording) -> Self {
        let account = account_path(resource.project);
        let path = format!("{account}/Recordings/{}", resource.sid);
        let channels = recording.channels.count().to_string();
        Self {
            sid: resource.sid.to_string(),
            account_sid: resource.project.to_string(),
            call_sid: recording.call.to_string(),
            conference_sid: recording.conference.map(|sid| sid.to_string()),
            api_version: API_VERSION,
            channel: channels.clone(),
            channels,
            source: recording.source.as_str(),
            status: status_word(recording.status),
            trim: recording.trim.as_str(),
            duration: recording.duration.map_or(0, |it| it.as_secs()),
            start_time: recording.started_at.map(rfc2822),
            end_time: recording.ended_at.map(rfc2822),
            price: price(recording),
            price_unit: PRICE_UNIT,
            error_code: recording.error.as_ref().map(ErrorCode::as_str),
            encryption_details: None,
            date_created: rfc2822(resource.created_at),
            date_updated: rfc2822(resource.updated_at),
            uri: format!("{path}.json"),
            subresource_uris: SubresourceUris {
                transcriptions: format!("{path}/Transcriptions.json"),
            },
        }
    }
}

fn rfc2822(moment: Timestamp) -> String {
    date::rfc2822(moment.as_micros())
}

/// REST does not know `failed` (schema `RecordingStatus`): there is no file, and `error_code`
/// says that this is not for want of sound.
const fn status_word(status: RecordingStatus) -> &'static str {
    match status {
        RecordingStatus::Failed => RecordingStatus::Absent.as_str(),
        RecordingStatus::Queued
        | RecordingStatus::InProgress
        | RecordingStatus::Paused
        | RecordingStatus::Stopped
        | RecordingStatus::Completed
        | RecordingStatus::Absent => status.as_str(),
    }
}

/// What was charged, below zero and in words; unknown before there is a file.
fn price(recording: &Recording) -> Option<String> {
    /// A ten-thousandth of a dollar: prices have four decimals.
    const UNIT: i64 = 100;
    let units = recording.price().as_micro_usd() / UNIT;
    let charged = recording.status == RecordingStatus::Completed;
    charged.then(|| format!("-{}.{:04}", units / 10_000, units % 10_000))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringback_domain::change::News;
    use ringback_domain::recording::{
        NewRecording, RecordingChannels, RecordingFacts, RecordingSource, RecordingTrim, Transcribe,
    };
    use ringback_domain::resource::{Body, NewResource, Origin};
    use serde_json::{Value, json};

    use ringback_domain::error_code;

    use super::*;

    /// 20 August 2026, 10:15:00 UTC, as in the published example.
    const AUGUST: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);

    fn shown(resource: &Resource) -> Value {
        let Body::Recording(recording) = &resource.body else {
            panic!("it is a recording")
        };
        serde_json::to_value(RecordingJson::of(resource, recording)).unwrap()
    }

    fn new_recording() -> Resource {
        let origin = Origin {
            sid: "8f403d55-0000-4000-8000-0000000000e1".parse().unwrap(),
            ordinal: 1,
            project: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            depth: 0,
            at: AUGUST,
        };
        let new = NewRecording {
            call: "3c1f0a22-0000-4000-8000-00000000ca01".parse().unwrap(),
            conference: None,
            source: RecordingSource::OutboundApi,
            channels: RecordingChannels::Mono,
            track: None,
            trim: RecordingTrim::TrimSilence,
            transcribe: Transcribe::No,
        };
        let media_sid = || unreachable!("a recording has no media of a message");
        Resource::create(origin, NewResource::Recording(new), Vec::new(), media_sid).0
    }

    fn report(resource: &mut Resource, status: RecordingStatus, facts: RecordingFacts) {
        resource
            .report(News::Recording(status, facts), AUGUST)
            .unwrap();
    }

    fn lasting(seconds: u64) -> RecordingFacts {
        RecordingFacts {
            duration: Some(Duration::from_secs(seconds)),
            ..RecordingFacts::default()
        }
    }

    #[test]
    fn a_recording_is_shown_as_the_published_example_is() {
        let mut resource = new_recording();
        report(&mut resource, RecordingStatus::InProgress, lasting(0));
        report(&mut resource, RecordingStatus::Completed, lasting(17));
        let expected: Value =
            serde_json::from_str(include_str!("examples/recording.json")).unwrap();
        assert_eq!(shown(&resource), expected);
    }

    #[test]
    fn what_is_not_known_yet_is_null() {
        let queued = shown(&new_recording());
        for name in ["start_time", "end_time", "price", "error_code"] {
            assert_eq!(queued[name], Value::Null, "{name}");
        }
        assert_eq!(
            (&queued["status"], &queued["duration"]),
            (&json!("queued"), &json!(0))
        );
    }

    #[test]
    fn each_minute_begun_is_charged() {
        for (seconds, price) in [
            (0, "-0.0025"),
            (60, "-0.0025"),
            (61, "-0.0050"),
            (36_000, "-1.5000"),
        ] {
            let mut resource = new_recording();
            report(&mut resource, RecordingStatus::Completed, lasting(seconds));
            assert_eq!(shown(&resource)["price"], price, "{seconds}");
        }
    }

    #[test]
    fn one_that_failed_is_absent_with_a_code() {
        let mut resource = new_recording();
        let facts = RecordingFacts {
            error: Some(error_code!("10000")),
            ..RecordingFacts::default()
        };
        report(&mut resource, RecordingStatus::Failed, facts);
        let shown = shown(&resource);
        assert_eq!(
            (&shown["status"], &shown["error_code"]),
            (&json!("absent"), &json!("10000"))
        );
        assert_eq!(shown["price"], Value::Null);
    }
}
