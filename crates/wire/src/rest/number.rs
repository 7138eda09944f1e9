//! Phone numbers of the JSON API: set up, and how they are shown.
//!
//! SignalWire publishes no schema of them; names are those of its guides.

use super::{Fault, Given, Reader};
use crate::date;
use ringback_domain::error_code;
use ringback_domain::id::Sid;
use ringback_domain::number::{NumberChange, PhoneNumber, ReceiveMode};
use ringback_domain::phone::country;
use ringback_domain::subscription::Method;
use ringback_domain::webhook::{Webhook, WebhookChange};
use serde::Serialize;

/// Longest name, in characters.
const MAX_NAME: usize = 255;

/// Reads how a number is to be set up. What is not named stays; null and an empty text take away.
pub fn update_number(given: &Given) -> Result<NumberChange, Vec<Fault>> {
    let mut reader = Reader::new(given);
    let change = NumberChange {
        project: None,
        friendly_name: name(&mut reader),
        voice: webhook(&mut reader, "call_request_url", "call_request_method"),
        voice_fallback: webhook(&mut reader, "call_fallback_url", "call_fallback_method"),
        voice_application: application(&mut reader, "call_laml_application_id"),
        receive_mode: receive_mode(&mut reader),
        sms: webhook(&mut reader, "message_request_url", "message_request_method"),
        sms_fallback: webhook(
            &mut reader,
            "message_fallback_url",
            "message_fallback_method",
        ),
        sms_application: application(&mut reader, "message_laml_application_id"),
        status_callback: webhook(
            &mut reader,
            "call_status_callback_url",
            "call_status_callback_method",
        ),
    };
    if reader.faults.is_empty() {
        Ok(change)
    } else {
        Err(reader.faults)
    }
}

/// A number names an application that its project does not have.
pub fn unknown_application(sid: Sid) -> Fault {
    let message = format_args!("or message_laml_application_id names no application: {sid}");
    Fault::new(
        "call_laml_application_id",
        error_code!("invalid_parameter"),
        message,
    )
}

fn name(reader: &mut Reader<'_>) -> Option<String> {
    reader.value("name")?;
    let name = reader.text("name");
    if (1..=MAX_NAME).contains(&name.chars().count()) {
        return Some(name.to_owned());
    }
    let message = format!("has to be a text of 1 to {MAX_NAME} characters");
    reader.fault("name", error_code!("invalid_parameter"), &message);
    None
}

fn receive_mode(reader: &mut Reader<'_>) -> Option<ReceiveMode> {
    const NAME: &str = "call_receive_mode";
    let text = Some(reader.text(NAME)).filter(|text| !text.is_empty())?;
    let mode = ReceiveMode::parse(text);
    if mode.is_none() {
        reader.fault(
            NAME,
            error_code!("invalid_parameter"),
            "has to be voice or fax",
        );
    }
    mode
}

fn webhook(reader: &mut Reader<'_>, url: &'static str, method: &'static str) -> WebhookChange {
    let named = reader.given.attributes.contains_key(url);
    let read = reader.url(url);
    WebhookChange {
        url: named.then(|| read.map(|url| url.as_given().to_owned())),
        method: method_named(reader, method),
    }
}

fn method_named(reader: &mut Reader<'_>, name: &'static str) -> Option<Method> {
    let text = Some(reader.text(name)).filter(|text| !text.is_empty())?;
    let method = Method::parse(text);
    if method.is_none() {
        reader.fault(
            name,
            error_code!("invalid_http_method"),
            "has to be GET or POST",
        );
    }
    method
}

#[expect(
    clippy::option_option,
    reason = "left alone, taken away and named are three cases of the attribute"
)]
fn application(reader: &mut Reader<'_>, name: &'static str) -> Option<Option<Sid>> {
    let named = reader.given.attributes.contains_key(name);
    let text = reader.text(name);
    let sid = text.parse().ok();
    if sid.is_none() && !text.is_empty() {
        reader.fault(name, error_code!("invalid_parameter"), "has to be a UUID");
    }
    named.then_some(sid)
}

/// A phone number.
#[derive(Clone, Debug, Serialize)]
pub struct NumberJson<'a> {
    id: String,
    number: &'a str,
    name: &'a str,
    country_code: &'static str,
    capabilities: [&'static str; 4],
    call_handler: &'static str,
    call_receive_mode: &'static str,
    call_request_url: Option<&'a str>,
    call_request_method: &'static str,
    call_fallback_url: Option<&'a str>,
    call_fallback_method: &'static str,
    call_status_callback_url: Option<&'a str>,
    call_status_callback_method: &'static str,
    call_laml_application_id: Option<String>,
    message_handler: &'static str,
    message_request_url: Option<&'a str>,
    message_request_method: &'static str,
    message_fallback_url: Option<&'a str>,
    message_fallback_method: &'static str,
    message_laml_application_id: Option<String>,
    created_at: String,
    updated_at: String,
}

impl<'a> NumberJson<'a> {
    /// `number`.
    pub fn of(number: &'a PhoneNumber) -> Self {
        let url = |webhook: &'a Webhook| webhook.url.as_deref();
        Self {
            id: number.sid.to_string(),
            number: &number.number,
            name: &number.friendly_name,
            country_code: country(&number.number),
            capabilities: ["voice", "sms", "mms", "fax"],
            call_handler: handler(number.voice_application),
            call_receive_mode: number.receive_mode.as_str(),
            call_request_url: url(&number.voice),
            call_request_method: number.voice.method.as_str(),
            call_fallback_url: url(&number.voice_fallback),
            call_fallback_method: number.voice_fallback.method.as_str(),
            call_status_callback_url: url(&number.status_callback),
            call_status_callback_method: number.status_callback.method.as_str(),
            call_laml_application_id: number.voice_application.as_ref().map(Sid::to_string),
            message_handler: handler(number.sms_application),
            message_request_url: url(&number.sms),
            message_request_method: number.sms.method.as_str(),
            message_fallback_url: url(&number.sms_fallback),
            message_fallback_method: number.sms_fallback.method.as_str(),
            message_laml_application_id: number.sms_application.as_ref().map(Sid::to_string),
            created_at: date::iso8601(number.created_at.as_micros()),
            updated_at: date::iso8601(number.updated_at.as_micros()),
        }
    }
}

/// What handles a number: an application, or URLs of its own.
const fn handler(application: Option<Sid>) -> &'static str {
    match application {
        Some(_) => "laml_application",
        None => "laml_webhooks",
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::errors;
    use serde_json::{Value, json};

    use super::*;

    fn read(given: &Value) -> Result<NumberChange, Vec<Fault>> {
        update_number(&Given::anywhere(given))
    }

    #[test]
    fn what_is_named_changes_and_null_takes_away() {
        let sid = "3c1f0a22-0000-4000-8000-00000000ca01";
        let change = read(&json!({
            "name": "desk", "call_status_callback_url": "https://x/y",
            "call_status_callback_method": "get", "call_request_url": null,
            "message_request_url": "", "message_laml_application_id": sid,
            "call_laml_application_id": null, "call_receive_mode": "fax", "color": "red",
        }));
        let url = |url: Option<&str>, method| WebhookChange {
            url: Some(url.map(str::to_owned)),
            method,
        };
        let expected = NumberChange {
            friendly_name: Some("desk".to_owned()),
            status_callback: url(Some("https://x/y"), Some(Method::Get)),
            voice: url(None, None),
            sms: url(None, None),
            sms_application: Some(sid.parse().ok()),
            voice_application: Some(None),
            receive_mode: Some(ReceiveMode::Fax),
            ..NumberChange::default()
        };
        assert_eq!(change, Ok(expected));
        assert_eq!(read(&json!({})), Ok(NumberChange::default()));
    }

    #[test]
    fn every_rule_has_its_word() {
        for (name, value, word) in [
            ("name", json!(""), "invalid_parameter"),
            ("call_request_url", json!("x"), "not_an_http_url"),
            ("call_request_url", json!(1), "not_a_string"),
            (
                "call_status_callback_method",
                json!("PUT"),
                "invalid_http_method",
            ),
            ("call_laml_application_id", json!("x"), "invalid_parameter"),
            ("call_receive_mode", json!("video"), "invalid_parameter"),
        ] {
            let mut given = json!({});
            given[name] = value;
            let faults = read(&given).expect_err(word);
            let [fault] = faults.as_slice() else {
                panic!("{faults:?}")
            };
            assert_eq!((fault.code(), fault.attribute()), (word, name), "{given}");
            assert!(errors::entry(word).is_some(), "{word}");
        }
    }
}
