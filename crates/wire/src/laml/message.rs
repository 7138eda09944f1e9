//! A message as REST shows it.

use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{Message, MessageStatus};
use ringback_domain::project::Dialect;
use ringback_domain::resource::Resource;
use serde::Serialize;

use super::{PRICE_UNIT, account_path, dollars};
use crate::{API_VERSION, date};

/// A message (schema `Message`).
#[derive(Clone, Debug, Serialize)]
pub struct MessageJson<'a> {
    sid: String,
    account_sid: String,
    api_version: &'static str,
    messaging_service_sid: Option<&'a str>,
    from: &'a str,
    to: &'a str,
    body: &'a str,
    num_segments: u32,
    num_media: usize,
    direction: &'static str,
    status: &'static str,
    error_code: Option<&'a str>,
    error_message: Option<&'a str>,
    price: Option<f64>,
    price_unit: &'static str,
    date_created: String,
    date_sent: Option<String>,
    date_updated: String,
    uri: String,
    subresource_uris: SubresourceUris,
}

#[derive(Clone, Debug, Serialize)]
struct SubresourceUris {
    media: String,
}

impl<'a> MessageJson<'a> {
    /// `message`, which is what `resource` holds, as a project of this dialect is shown it.
    pub fn of(resource: &Resource, message: &'a Message, dialect: Dialect) -> Self {
        let path = format!(
            "{}/Messages/{}",
            account_path(resource.project),
            resource.sid
        );
        let entry = message.error.as_ref().and_then(ErrorCode::entry);
        let sent_at = message.sent_at;
        Self {
            sid: resource.sid.to_string(),
            account_sid: resource.project.to_string(),
            api_version: API_VERSION,
            messaging_service_sid: message.messaging_service.as_deref(),
            from: &message.from,
            to: &message.to,
            body: &message.body,
            num_segments: message.segments,
            num_media: message.media.len(),
            direction: message.direction.as_str(),
            status: status_word(message.status),
            error_code: message.error.as_ref().map(ErrorCode::as_str),
            error_message: entry.map(|entry| entry.meaning_in(dialect)),
            price: price(message),
            price_unit: PRICE_UNIT,
            date_created: date::rfc2822(resource.created_at.as_micros()),
            date_sent: sent_at.map(|moment| date::rfc2822(moment.as_micros())),
            date_updated: date::rfc2822(resource.updated_at.as_micros()),
            subresource_uris: SubresourceUris {
                media: format!("{path}/Media.json"),
            },
            uri: format!("{path}.json"),
        }
    }
}

/// REST says `initiated` where callbacks say `sending`, and knows no `receiving`.
pub(super) fn status_word(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Sending => "initiated",
        MessageStatus::Receiving => "received",
        MessageStatus::Queued
        | MessageStatus::Sent
        | MessageStatus::Delivered
        | MessageStatus::Undelivered
        | MessageStatus::Failed
        | MessageStatus::Received => status.as_str(),
    }
}

/// What was charged: unknown until a carrier has taken or refused it.
fn price(message: &Message) -> Option<f64> {
    match message.status {
        MessageStatus::Queued | MessageStatus::Sending | MessageStatus::Receiving => None,
        MessageStatus::Sent
        | MessageStatus::Delivered
        | MessageStatus::Undelivered
        | MessageStatus::Failed
        | MessageStatus::Received => Some(dollars(message.price().as_micro_usd())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ringback_domain::change::News;
    use ringback_domain::errors;
    use ringback_domain::message::{
        MessageApi, MessageDirection, MessageFacts, MessageTransport, NewMessage,
    };
    use ringback_domain::resource::{Body, NewResource, Origin};
    use ringback_domain::time::Timestamp;
    use serde_json::{Value, json};

    use ringback_domain::error_code;

    use super::*;

    /// 20 August 2026, 10:15:00 UTC, as in the published example.
    const AUGUST: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);

    fn shown(resource: &Resource) -> Value {
        let Body::Message(message) = &resource.body else {
            panic!("it is a message")
        };
        serde_json::to_value(MessageJson::of(resource, message, Dialect::SignalWire)).unwrap()
    }

    fn new_message() -> Resource {
        let origin = Origin {
            sid: "5d2e1b33-0000-4000-8000-0000000005a1".parse().unwrap(),
            ordinal: 1,
            project: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            depth: 0,
            at: AUGUST,
        };
        let new = NewMessage {
            direction: MessageDirection::OutboundApi,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            body: "hello".to_owned(),
            media: Vec::new(),
            messaging_service: None,
            validity: Duration::from_secs(14_400),
            max_price: None,
            transport: MessageTransport::Sms,
            api: MessageApi::Compatible,
        };
        let media_sid = || unreachable!("it has no media");
        Resource::create(origin, NewResource::Message(new), Vec::new(), media_sid).0
    }

    fn report(resource: &mut Resource, status: MessageStatus, error: Option<ErrorCode>) {
        let news = News::Message(status, MessageFacts { error });
        resource.report(news, AUGUST).unwrap();
    }

    #[test]
    fn a_message_is_shown_as_the_published_example_is() {
        let mut resource = new_message();
        let unreachable = Some(error_code!("30003"));
        report(&mut resource, MessageStatus::Undelivered, unreachable);
        let text = include_str!("examples/message.json");
        let mut expected: Value = serde_json::from_str(text).unwrap();
        // Meanings are in our own words.
        expected["error_message"] = json!(errors::entry("30003").unwrap().meaning);
        assert_eq!(shown(&resource), expected);
    }

    #[test]
    fn price_and_date_come_with_sending() {
        let mut resource = new_message();
        assert_eq!(shown(&resource)["price"], Value::Null);
        report(&mut resource, MessageStatus::Sending, None);
        let message = shown(&resource);
        assert_eq!(message["status"], "initiated");
        assert_eq!(message["price"], Value::Null);
        assert_eq!(message["date_sent"], Value::Null);
        report(&mut resource, MessageStatus::Sent, None);
        assert_eq!(shown(&resource)["price"], json!(0.005));
    }

    #[test]
    fn a_failed_message_is_never_charged() {
        let mut resource = new_message();
        let code = Some(error_code!("30001"));
        report(&mut resource, MessageStatus::Failed, code);
        let message = shown(&resource);
        assert_eq!(message["price"], json!(0.0));
        assert_eq!(message["error_code"], "30001");
        assert_eq!(message["date_sent"], Value::Null);
    }

    #[test]
    fn a_redacted_message_has_an_empty_body() {
        let mut resource = new_message();
        resource.redact(AUGUST);
        assert_eq!(shown(&resource)["body"], "");
        assert_eq!(shown(&resource)["num_segments"], 1);
    }
}
