//! Reports of messages: status, and the parameters of SignalWire's message status callback.

use std::time::Duration;

use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::resource::{Kind, NewResource};

use super::{bad_field, unknown_field, unknown_status};
use crate::fields::Reading;
use crate::native::report::{Fields, Parties, ReportError};

/// How long a message may wait to be sent, where nothing else is said: SignalWire's four
/// hours. It says nothing of messages that somebody else sends.
const VALIDITY: Duration = Duration::from_secs(14_400);

/// Most media of one message.
const MAX_MEDIA: usize = 10;

const ALLOWED: &str =
    "Body, ErrorCode, MediaUrl0 to MediaUrl9; what a callback derives by itself is passed over";

/// What a callback has of itself: may be sent along, says nothing new.
const DERIVED: [&str; 10] = [
    "AccountSid",
    "ApiVersion",
    "From",
    "MessageSid",
    "MessageStatus",
    "NumMedia",
    "NumSegments",
    "SmsSid",
    "SmsStatus",
    "To",
];

/// What is reported of a message.
pub(super) fn read(
    status: &str,
    parties: &Parties<'_>,
    fields: &Fields<'_>,
) -> Result<Reading, ReportError> {
    let all = MessageStatus::ALL.into_iter().map(MessageStatus::as_str);
    let status = MessageStatus::parse(status).ok_or_else(|| unknown_status(Kind::Message, all))?;
    let mut new = NewMessage {
        direction: direction(parties.direction, status)?,
        from: parties.from.to_owned(),
        to: parties.to.to_owned(),
        body: String::new(),
        media: Vec::new(),
        messaging_service: None,
        validity: VALIDITY,
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    };
    let mut facts = MessageFacts::default();
    // Sorted by name, and numbers of one digit: media come in their order.
    for (name, value) in fields.iter() {
        match name {
            "Body" => new.body = value.into_owned(),
            "ErrorCode" if value.is_empty() || value.len() > 40 => {
                return Err(bad_field(name, "a code of 1 to 40 bytes"));
            }
            "ErrorCode" => facts.error = Some(ErrorCode::reported(value.into_owned())),
            _ if is_media(name) && new.media.len() < MAX_MEDIA => {
                new.media.push(value.into_owned());
            }
            _ if DERIVED.contains(&name) || name.starts_with("MediaContentType") => {}
            _ => return Err(unknown_field(Kind::Message, name, ALLOWED)),
        }
    }
    Ok(Reading {
        news: News::Message(status, facts),
        new: Ok(NewResource::Message(new)),
    })
}

fn is_media(name: &str) -> bool {
    let number = name.strip_prefix("MediaUrl");
    number.is_some_and(|number| number.len() == 1 && number.bytes().all(|it| it.is_ascii_digit()))
}

/// As given; otherwise the one that has the status.
fn direction(given: Option<&str>, status: MessageStatus) -> Result<MessageDirection, ReportError> {
    match given {
        Some("outbound") => Ok(MessageDirection::OutboundApi),
        Some(word) => MessageDirection::parse(word).ok_or_else(|| {
            let allowed = "inbound, outbound-api, outbound-call or outbound-reply";
            let message = format!("`direction` of a message is {allowed}");
            ReportError::new(error_code!("bad_direction"), message)
        }),
        None => Ok(match status {
            MessageStatus::Receiving | MessageStatus::Received => MessageDirection::Inbound,
            MessageStatus::Queued
            | MessageStatus::Sending
            | MessageStatus::Sent
            | MessageStatus::Delivered
            | MessageStatus::Undelivered
            | MessageStatus::Failed => MessageDirection::OutboundApi,
        }),
    }
}
