//! Messages of the JSON API (`/api/messaging/messages`): creating one, redacting one, and how
//! one is shown.

use std::collections::BTreeMap;
use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{
    Message, MessageApi, MessageDirection, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::phone::{Address, address};
use ringback_domain::project::Dialect;
use ringback_domain::resource::Resource;
use ringback_domain::subscription::{Interest, Method};
use serde::Serialize;
use serde_json::Value;

use super::{Fault, Given, Reader};
use crate::date;
use crate::laml::request::{MessageOrder, SubscriptionOrder, warnings_of};
use crate::url::CallbackUrl;

/// Longest text, in characters, as in the compatible API.
const MAX_BODY_CHARS: usize = 1_600;
/// Most pieces of media.
const MAX_MEDIA: usize = 8;
/// How long a message may wait to be sent: the API has no parameter for it, so that it is the
/// compatible one's when nothing is said.
const VALIDITY: Duration = Duration::from_secs(14_400);

/// The statuses by the words of this API, in its callbacks and answers alike. It has none for a
/// message that comes in.
pub fn status_word(status: MessageStatus) -> &'static str {
    match status {
        MessageStatus::Sending => "initiated",
        MessageStatus::Queued
        | MessageStatus::Sent
        | MessageStatus::Delivered
        | MessageStatus::Undelivered
        | MessageStatus::Failed
        | MessageStatus::Receiving
        | MessageStatus::Received => status.as_str(),
    }
}

/// Reads the creation of a message.
pub fn new_message(given: &Given) -> Result<MessageOrder, Vec<Fault>> {
    let mut reader = Reader::new(given);
    let to = recipient(&mut reader);
    let from = sender(&mut reader);
    let (body, media) = content(&mut reader);
    let send_as_mms = reader.flag("send_as_mms");
    let variables = variables(&mut reader);
    let callback = callback(&mut reader);
    if !reader.faults.is_empty() {
        return Err(reader.faults);
    }
    Ok(MessageOrder {
        new: NewMessage {
            direction: MessageDirection::OutboundApi,
            from: from.to_owned(),
            to: to.to_owned(),
            body: body.to_owned(),
            media,
            messaging_service: None,
            validity: VALIDITY,
            max_price: None,
            transport: if send_as_mms {
                MessageTransport::Mms
            } else {
                MessageTransport::Sms
            },
            api: MessageApi::Json { variables },
        },
        application: None,
        warnings: warnings_of(callback.as_ref().map(|it| &it.url)),
        callback,
    })
}

/// Reads the redaction of a message: its body has to be there and empty.
pub fn redact_message(given: &Given) -> Result<(), Vec<Fault>> {
    match given.attributes.get("body") {
        Some(Value::String(body)) if body.is_empty() => Ok(()),
        Some(_) => {
            let message = "has to be an empty string: a message can be redacted, not rewritten";
            Err(vec![Fault::new(
                "body",
                error_code!("body_must_be_empty"),
                message,
            )])
        }
        None => {
            let message = "is missing: send it empty to redact the message";
            Err(vec![Fault::new(
                "body",
                error_code!("missing_required_parameter"),
                message,
            )])
        }
    }
}

/// A network's refusal, which has one of the compatible API's codes, in the words of this one.
pub fn refused(code: &ErrorCode, message: &str) -> Fault {
    let (attribute, word) = match code.as_str() {
        "21212" => ("from", error_code!("invalid_from_number")),
        "21606" => ("from", error_code!("missing_messaging_capability")),
        "21611" => ("from", error_code!("max_queued_messages_exceeded")),
        "21717" => ("from", error_code!("inactive_campaign")),
        "21211" => ("to", error_code!("invalid_to_number")),
        "21612" => ("to", error_code!("not_routable")),
        "21408" => ("to", error_code!("destination_number_not_supported")),
        "21610" => ("to", error_code!("message_blocked_by_number")),
        "21614" => ("to", error_code!("invalid_destination_number")),
        _ => ("base", error_code!("cannot_process")),
    };
    Fault::new(attribute, word, message)
}

fn recipient<'a>(reader: &mut Reader<'a>) -> &'a str {
    let to = reader.required("to");
    match to.map(address) {
        None | Some(Some(Address::E164)) => {}
        Some(Some(Address::ShortCode | Address::Sip | Address::Client) | None) => {
            let message = "has to be a number in E.164, such as +15550100002";
            reader.fault("to", error_code!("invalid_to_number"), message);
        }
    }
    to.unwrap_or_default()
}

fn sender<'a>(reader: &mut Reader<'a>) -> &'a str {
    let from = reader.required("from");
    match from.map(address) {
        None | Some(Some(Address::E164 | Address::ShortCode)) => {}
        Some(Some(Address::Sip | Address::Client) | None) => {
            let message = "has to be a number in E.164, such as +15550100001, or a short code";
            reader.fault("from", error_code!("invalid_from_number"), message);
        }
    }
    from.unwrap_or_default()
}

/// Text and media; one of them must be there.
fn content<'a>(reader: &mut Reader<'a>) -> (&'a str, Vec<String>) {
    let faults = reader.faults.len();
    let body = reader.text("body");
    let chars = body.chars().count();
    if chars > MAX_BODY_CHARS {
        let message = format!("has {chars} characters; at most {MAX_BODY_CHARS} are taken");
        reader.fault(
            "body",
            error_code!("message_length_exceeds_limit"),
            &message,
        );
    }
    let media = media(reader);
    if body.is_empty() && media.is_empty() && reader.faults.len() == faults {
        let message = "or media is missing: send one of them";
        reader.fault("body", error_code!("body_or_media_required"), message);
    }
    (body, media)
}

fn media(reader: &mut Reader<'_>) -> Vec<String> {
    const NAME: &str = "media";
    let Some(value) = reader.value(NAME) else {
        return Vec::new();
    };
    let texts = value
        .as_array()
        .map(|items| items.iter().map(Value::as_str));
    let Some(texts) = texts.and_then(Iterator::collect::<Option<Vec<&str>>>) else {
        reader.fault(
            NAME,
            error_code!("not_an_array_of_strings"),
            "has to be a list of URLs",
        );
        return Vec::new();
    };
    if texts.len() > MAX_MEDIA {
        let message = format!("has {} URLs; at most {MAX_MEDIA} are taken", texts.len());
        reader.fault(NAME, error_code!("media_limit_exceeded"), &message);
    }
    if texts.iter().any(|text| CallbackUrl::parse(text).is_err()) {
        let message = "has to be a list of absolute http or https URLs";
        reader.fault(NAME, error_code!("invalid_media_url"), message);
    }
    texts.into_iter().map(str::to_owned).collect()
}

fn callback(reader: &mut Reader<'_>) -> Option<SubscriptionOrder> {
    // It has neither a method nor a filter.
    reader.url("status_callback").map(|url| SubscriptionOrder {
        url,
        method: Method::Post,
        interest: Interest::Every,
    })
}

fn variables(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    const NAME: &str = "custom_variables";
    let Some(value) = reader.value(NAME) else {
        return BTreeMap::new();
    };
    let text = |(name, value): (&String, &Value)| {
        let value = value.as_str()?;
        Some((name.clone(), value.to_owned()))
    };
    let read = value.as_object().map(|all| all.iter().map(text).collect());
    read.flatten().unwrap_or_else(|| {
        let message = "has to be an object whose values are text";
        reader.fault(NAME, error_code!("invalid_object"), message);
        BTreeMap::new()
    })
}

/// A message (schema `Message` of the message API).
#[derive(Clone, Debug, Serialize)]
pub struct MessageJson<'a> {
    id: String,
    from: &'a str,
    to: &'a str,
    body: &'a str,
    status: &'static str,
    direction: &'static str,
    kind: &'static str,
    media: Vec<&'a str>,
    number_of_segments: u32,
    error_code: Option<&'a str>,
    error_message: Option<&'a str>,
    created_at: String,
    project_id: String,
    status_callback_url: Option<&'a str>,
    message_uri: String,
}

impl<'a> MessageJson<'a> {
    /// `message`, which is what `resource` holds, as a project of this dialect is shown it.
    pub fn of(resource: &'a Resource, message: &'a Message, dialect: Dialect) -> Self {
        let entry = message.error.as_ref().and_then(ErrorCode::entry);
        let callback = resource.subscriptions.first();
        Self {
            id: resource.sid.to_string(),
            from: &message.from,
            to: &message.to,
            body: &message.body,
            status: status_word(message.status),
            direction: match message.direction {
                MessageDirection::Inbound => "inbound",
                MessageDirection::OutboundApi
                | MessageDirection::OutboundCall
                | MessageDirection::OutboundReply => "outbound",
            },
            kind: match message.transport {
                MessageTransport::Sms => "sms",
                MessageTransport::Mms => "mms",
            },
            media: message.media.iter().map(|it| it.url.as_str()).collect(),
            number_of_segments: message.segments,
            error_code: message.error.as_ref().map(ErrorCode::as_str),
            error_message: entry.map(|entry| entry.meaning_in(dialect)),
            created_at: date::iso8601(resource.created_at.as_micros()),
            project_id: resource.project.to_string(),
            status_callback_url: callback.map(|it| it.url.as_str()),
            message_uri: format!("/api/messaging/logs/{}", resource.sid),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::errors;
    use serde_json::json;

    use super::*;

    fn read(given: &Value) -> Result<MessageOrder, Vec<Fault>> {
        new_message(&Given::anywhere(given))
    }

    #[test]
    fn a_message_is_read_with_all_that_it_asks_for() {
        let order = read(&json!({
            "to": "+15550100002", "from": "12345", "body": "hi", "media": ["http://a/b.png"],
            "send_as_mms": true, "status_callback": "https://x/y#rt=1", "color": "red",
            "custom_variables": {"order": "12345", "case": ""},
        }));
        let order = order.expect("it is right");
        assert_eq!(order.new.media, ["http://a/b.png"]);
        assert_eq!(order.new.transport, MessageTransport::Mms);
        let callback = order.callback.expect("a URL was given");
        assert_eq!(callback.url.as_given(), "https://x/y#rt=1");
        assert_eq!(order.warnings.len(), 1, "rt is out of range");
        let variables = [("order", "12345"), ("case", "")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = MessageApi::Json {
            variables: variables.into(),
        };
        assert_eq!(order.new.api, expected);
    }

    #[test]
    fn every_rule_has_its_word() {
        let long = "é".repeat(1_601);
        for (name, value, word) in [
            ("to", Value::Null, "missing_required_parameter"),
            ("to", json!(15_550_100_002_u64), "not_a_string"),
            ("to", json!("15550100002"), "invalid_to_number"),
            ("to", json!("12345"), "invalid_to_number"),
            ("from", json!(""), "missing_required_parameter"),
            ("from", json!("The Shop"), "invalid_from_number"),
            ("body", json!(long), "message_length_exceeds_limit"),
            ("body", json!(""), "body_or_media_required"),
            ("body", json!([]), "not_a_string"),
            ("media", json!("http://a/"), "not_an_array_of_strings"),
            ("media", json!([1]), "not_an_array_of_strings"),
            ("media", json!(["a"]), "invalid_media_url"),
            ("media", json!(vec!["http://a/"; 9]), "media_limit_exceeded"),
            ("send_as_mms", json!("true"), "not_a_boolean"),
            ("status_callback", json!("x"), "not_an_http_url"),
            ("custom_variables", json!({"a": 1}), "invalid_object"),
        ] {
            let mut given = json!({"to": "+15550100002", "from": "+15550100001", "body": "x"});
            given[name] = value;
            let faults = read(&given).expect_err(word);
            let [fault] = faults.as_slice() else {
                panic!("{faults:?}")
            };
            assert_eq!((fault.code(), fault.attribute()), (word, name), "{given}");
            assert!(errors::entry(word).is_some(), "{word}");
        }
        let faults = read(&json!({"send_as_mms": 1})).expect_err("nothing is right");
        let names: Vec<_> = faults.iter().map(Fault::attribute).collect();
        assert_eq!(names, ["to", "from", "body", "send_as_mms"]);
    }

    #[test]
    fn what_a_network_refuses_has_a_word_that_is_documented() {
        for code in [
            "21212", "21606", "21611", "21211", "21612", "21408", "21610", "21614", "21717",
            "10000",
        ] {
            let fault = refused(&ErrorCode::reported(code.to_owned()), "no");
            assert!(errors::entry(fault.code()).is_some(), "{fault:?}");
        }
    }

    #[test]
    fn a_message_can_be_redacted_and_not_rewritten() {
        let word = |given: Value| {
            let faults = redact_message(&Given::anywhere(&given));
            faults.map_err(|faults| faults[0].code().to_owned())
        };
        assert_eq!(word(json!({"body": ""})), Ok(()));
        assert_eq!(
            word(json!({"body": "x"})),
            Err("body_must_be_empty".to_owned())
        );
        assert_eq!(
            word(json!({"body": null})),
            Err("body_must_be_empty".to_owned())
        );
        assert_eq!(
            word(json!({})),
            Err("missing_required_parameter".to_owned())
        );
    }
}
