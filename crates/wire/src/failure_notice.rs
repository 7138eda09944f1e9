//! Failure notices: what a project is told of a callback that was given up.
//!
//! Rendered once, when the failure is recorded. Ringback's own: a JSON object in the shape that
//! Standard Webhooks recommends ("Payload structure": `type`, `timestamp`, `data`). Holds no
//! words of the resource and no credentials of the URL.

use ringback_domain::callback::Callback;
use ringback_domain::errors;
use ringback_domain::time::Timestamp;
use serde::Serialize;

use crate::date::iso8601;
use crate::native::error_code::ExplainedJson;
use crate::url::CallbackUrl;

/// The notice's type.
const TYPE: &str = "callback.failed";

/// Why a callback was given up.
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// The code of its last attempt; none if none was made.
    pub code: Option<&'a str>,
    /// What happened and what to do.
    pub detail: &'a str,
}

#[derive(Serialize)]
struct Notice<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    callback_id: String,
    account_sid: String,
    resource_sid: String,
    status: &'a str,
    sequence: u32,
    method: &'static str,
    url: Option<String>,
    attempts: u32,
    recorded_at: String,
    first_failed_at: Option<String>,
    code: Option<&'a str>,
    reason: &'a str,
    #[serde(flatten)]
    explained: Option<ExplainedJson>,
}

/// The body that tells of `failed`, given up at `at`.
pub fn render(failed: &Callback, reason: Reason<'_>, at: Timestamp) -> String {
    let date = |at: Timestamp| iso8601(at.as_micros());
    let notice = Notice {
        r#type: TYPE,
        timestamp: date(at),
        data: Data {
            callback_id: failed.id.to_string(),
            account_sid: failed.project.to_string(),
            resource_sid: failed.resource.to_string(),
            status: &failed.status,
            sequence: failed.seq,
            method: failed.method.as_str(),
            url: CallbackUrl::parse(&failed.url)
                .ok()
                .map(|url| url.seen().to_owned()),
            attempts: failed.attempts,
            recorded_at: date(failed.recorded_at),
            first_failed_at: failed.first_failed_at.map(date),
            code: reason.code,
            reason: reason.detail,
            explained: reason.code.and_then(errors::entry).map(ExplainedJson::of),
        },
    };
    serde_json::to_string(&notice).expect("text and numbers are JSON")
}

#[cfg(test)]
mod tests {
    use ringback_domain::callback::{CallbackState, Encoding};
    use ringback_domain::id::{CallbackId, ProjectId, Sid};
    use ringback_domain::subscription::Method;

    use super::*;

    #[test]
    fn a_notice_names_what_failed_and_hides_credentials() {
        let at = Timestamp::from_micros(1_719_515_485_123_456);
        let failed = Callback {
            id: CallbackId::from_bytes([1; 16]),
            position: 7,
            project: ProjectId::from_bytes([2; 16]),
            resource: Sid::from_bytes([3; 16]),
            seq: 4,
            status: "delivered".into(),
            url: "https://me:secret@crm.example/sms?team=a#rt=100".into(),
            destination: "https://crm.example".into(),
            method: Method::Post,
            encoding: Encoding::Form,
            body: "Body=hello".into(),
            depth: 0,
            recorded_at: at,
            state: CallbackState::Failed,
            due: at,
            attempts: 3,
            first_failed_at: Some(at),
            settled_at: None,
            replay: None,
        };
        let reason = Reason {
            code: Some("11200"),
            detail: "Nobody listens.",
        };
        let text = render(&failed, reason, at);
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["type"], "callback.failed");
        assert_eq!(json["timestamp"], "2024-06-27T19:11:25Z");
        assert_eq!(json["data"]["callback_id"], failed.id.to_string());
        assert_eq!(json["data"]["resource_sid"], failed.resource.to_string());
        assert_eq!(json["data"]["url"], "https://crm.example/sms?team=a");
        assert_eq!(json["data"]["code"], "11200");
        assert_eq!(json["data"]["fault"], "application");
        assert_eq!(json["data"]["retry"], "later");
        assert_eq!(json["data"]["attempts"], 3);
        assert!(
            !text.contains("secret") && !text.contains("hello"),
            "{text}"
        );
    }
}
