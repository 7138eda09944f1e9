//! The message status callback.
//!
//! Parameters and their order: SignalWire's `SmsStatusCallbackPayload`, and behind them the
//! media of a standard messaging request and what Twilio adds. A message that the newer
//! message API made has callbacks in [JSON](json).

use ringback_domain::callback::Encoding;
use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{Message, MessageApi, MessageStatus};
use ringback_domain::project::Dialect;
use ringback_domain::subscription::{Interest, Subscription};

use super::{Occasion, Rendered};
use crate::form::FormWriter;
use crate::{API_VERSION, rest};

pub(super) mod json;

/// Room for the parameters beside the text, in bytes.
const USUAL_BYTES: usize = 320;

pub(super) fn owed(
    occasion: &Occasion,
    message: &Message,
    status: MessageStatus,
    subscription: &Subscription,
) -> Vec<Rendered> {
    match subscription.interest {
        // Events of other kinds: no message has them.
        Interest::Call(_) | Interest::Recording(_) | Interest::Number => return Vec::new(),
        Interest::Every => {}
    }
    if let MessageApi::Json { variables } = &message.api {
        return vec![Rendered {
            status: rest::message::status_word(status),
            encoding: Encoding::Json,
            body: json::body(occasion, message, status, variables),
        }];
    }
    // SignalWire lists `queued` among the callback's statuses; Twilio does not call back for
    // a message's first one.
    if status == MessageStatus::Queued && occasion.dialect == Dialect::Twilio {
        return Vec::new();
    }
    let body = body(occasion, message, status);
    vec![Rendered::form(status.as_str(), body)]
}

fn body(occasion: &Occasion, message: &Message, status: MessageStatus) -> String {
    // Blanks and letters take a byte each, what is escaped takes three.
    let mut form = FormWriter::with_capacity(USUAL_BYTES + message.body.len() * 3 / 2);
    form.plain("MessageStatus", status.as_str());
    if let Some(error) = error_of(message, status) {
        form.text("ErrorCode", error.as_str());
    }
    form.plain("MessageSid", occasion.resource)
        .plain("AccountSid", occasion.project)
        .text("From", &message.from)
        .text("To", &message.to)
        .text("Body", &message.body)
        .plain("NumMedia", message.media.len())
        .plain("NumSegments", message.segments);
    match occasion.dialect {
        Dialect::SignalWireStrict => {}
        Dialect::SignalWire => write_media(&mut form, message),
        Dialect::Twilio => {
            write_media(&mut form, message);
            form.plain("SmsSid", occasion.resource)
                .plain("SmsStatus", status.as_str())
                .plain("ApiVersion", API_VERSION);
        }
    }
    form.finish()
}

/// The code goes with the two statuses that need one.
fn error_of(message: &Message, status: MessageStatus) -> Option<&ErrorCode> {
    match status {
        MessageStatus::Failed | MessageStatus::Undelivered => message.error.as_ref(),
        MessageStatus::Queued
        | MessageStatus::Sending
        | MessageStatus::Sent
        | MessageStatus::Delivered
        | MessageStatus::Receiving
        | MessageStatus::Received => None,
    }
}

fn write_media(form: &mut FormWriter, message: &Message) {
    for (number, media) in message.media.iter().enumerate() {
        form.text(&format!("MediaUrl{number}"), &media.url)
            .text(&format!("MediaContentType{number}"), media.content_type);
    }
}
