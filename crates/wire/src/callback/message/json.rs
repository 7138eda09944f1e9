//! The message status callback of the newer message API, as JSON.
//!
//! Fields and their order: SignalWire's `MessageStatusCallbackPayload`, and behind them the
//! `custom_variables` that an application gave along. The same in every dialect, but for the words of
//! a code that providers mean different things by.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{Message, MessageStatus};
use serde::{Deserialize, Serialize};

use crate::callback::Occasion;
use crate::{date, rest};

/// What a callback tells. Read again when the message's words are erased.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload<'a> {
    id: Cow<'a, str>,
    project_id: Cow<'a, str>,
    status: Cow<'a, str>,
    to: Cow<'a, str>,
    from: Cow<'a, str>,
    body: Cow<'a, str>,
    number_of_segments: u32,
    timestamp: Cow<'a, str>,
    error_code: Option<Cow<'a, str>>,
    error_message: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    custom_variables: Option<Cow<'a, BTreeMap<String, String>>>,
}

/// The body of the callback that tells of `status`.
pub(super) fn body(
    occasion: &Occasion,
    message: &Message,
    status: MessageStatus,
    variables: &BTreeMap<String, String>,
) -> String {
    let error = super::error_of(message, status);
    let entry = error.and_then(ErrorCode::entry);
    write(&Payload {
        id: occasion.resource.to_string().into(),
        project_id: occasion.project.to_string().into(),
        status: rest::message::status_word(status).into(),
        to: Cow::Borrowed(&message.to),
        from: Cow::Borrowed(&message.from),
        body: Cow::Borrowed(&message.body),
        number_of_segments: message.segments,
        timestamp: date::iso8601(occasion.at.as_micros()).into(),
        error_code: error.map(|code| code.as_str().into()),
        error_message: entry.map(|entry| Cow::Borrowed(entry.meaning_in(occasion.dialect))),
        custom_variables: (!variables.is_empty()).then_some(Cow::Borrowed(variables)),
    })
}

/// `text` with an empty body, if it is such a callback's.
pub(in crate::callback) fn without_words(text: &str) -> Option<String> {
    let mut payload: Payload<'_> = serde_json::from_str(text).ok()?;
    payload.body = Cow::Borrowed("");
    Some(write(&payload))
}

fn write(payload: &Payload<'_>) -> String {
    serde_json::to_string(payload).expect("names are text and values are plain")
}
