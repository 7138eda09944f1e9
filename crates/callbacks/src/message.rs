//! The message status callback, of SMS and MMS: as a form, and as the JSON that SignalWire's newer
//! message API sends.

use std::time::SystemTime;

use crate::callback::ParseError;
use crate::fields::Fields;
use crate::word::words;

words! {
    /// Where a message stands.
    pub enum MessageStatus {
        /// Twilio: a message of a messaging service, before it is queued.
        Accepted = "accepted",
        /// Twilio: it is to be sent later.
        Scheduled = "scheduled",
        /// It is to be sent.
        Queued = "queued",
        /// It is being sent, in the words of the JSON.
        Initiated = "initiated",
        /// It is being sent.
        Sending = "sending",
        /// The carrier has it. An MMS ends with this: there are no receipts for it.
        Sent = "sent",
        /// The carrier says that it arrived.
        Delivered = "delivered",
        /// The carrier says that it did not arrive.
        Undelivered = "undelivered",
        /// It could not be sent.
        Failed = "failed",
        /// Twilio: it was given up before it was sent.
        Canceled = "canceled",
        /// It was read.
        Read = "read",
        /// It is coming in.
        Receiving = "receiving",
        /// It came in.
        Received = "received",
    }
}

impl MessageStatus {
    /// Whether nothing comes after it, but that somebody reads it. A status that is not known is
    /// taken for one on the way, and so is [`Sent`](Self::Sent), after which a receipt may come.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Canceled
            | Self::Read
            | Self::Received => true,
            Self::Accepted
            | Self::Scheduled
            | Self::Queued
            | Self::Initiated
            | Self::Sending
            | Self::Sent
            | Self::Receiving
            | Self::Other(_) => false,
        }
    }

    /// How far it is. There is no sequence number: SignalWire's order is by status.
    pub(crate) fn rank(&self) -> Option<u64> {
        match self {
            Self::Accepted | Self::Scheduled => Some(0),
            Self::Queued | Self::Receiving => Some(1),
            Self::Initiated | Self::Sending => Some(2),
            Self::Sent | Self::Received => Some(3),
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Canceled => Some(4),
            Self::Read => Some(5),
            Self::Other(_) => None,
        }
    }
}

/// The message status callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// `MessageSid`, `id`.
    pub sid: String,
    /// `AccountSid`, `project_id`: the project.
    pub account_sid: String,
    /// `MessageStatus`, `status`.
    pub status: MessageStatus,
    /// `ErrorCode`, `error_code`: why it failed or was not delivered. Digits.
    pub error_code: Option<String>,
    /// `ErrorMessage`, `error_message`.
    pub error_message: Option<String>,
    /// `From`, `from`: a number (E.164), a short code, or a name.
    pub from: Option<String>,
    /// `To`, `to`.
    pub to: Option<String>,
    /// `Body`, `body`. Empty once it was redacted. Twilio does not send it.
    pub body: Option<String>,
    /// `NumSegments`, `number_of_segments`.
    pub segments: Option<u64>,
    /// `NumMedia`.
    pub media_count: Option<u64>,
    /// `MediaUrl0`, `MediaContentType0` and so on.
    pub media: Vec<Media>,
    /// `MessagingServiceSid`.
    pub messaging_service_sid: Option<String>,
    /// `timestamp`: when it happened, to the second. The form has none.
    pub at: Option<SystemTime>,
    /// `custom_variables`, by name; empty where none were given.
    pub variables: Vec<(String, String)>,
    /// `ApiVersion`.
    pub api_version: Option<String>,
    /// All other parameters, in order.
    pub other: Vec<(String, String)>,
}

/// A piece of media of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Media {
    /// `MediaUrl{N}`.
    pub url: String,
    /// `MediaContentType{N}`.
    pub content_type: Option<String>,
}

impl Message {
    /// Whether these are of the form. A request for a document has `SmsStatus` alone.
    pub(crate) fn are(fields: &Fields) -> bool {
        fields.has("MessageStatus")
    }

    /// Whether these are of the JSON.
    pub(crate) fn are_json(fields: &Fields) -> bool {
        ["id", "status", "number_of_segments"]
            .into_iter()
            .all(|name| fields.has(name))
    }

    pub(crate) fn read(mut fields: Fields) -> Result<Self, ParseError> {
        let sid = fields.required("MessageSid")?;
        let status = fields.required("MessageStatus")?;
        fields.same("SmsSid", Some(&sid));
        fields.same("SmsStatus", Some(&status));
        Ok(Self {
            sid,
            account_sid: fields.required("AccountSid")?,
            status: MessageStatus::from(&*status),
            error_code: fields.filled("ErrorCode"),
            error_message: fields.filled("ErrorMessage"),
            from: fields.filled("From"),
            to: fields.filled("To"),
            body: fields.text("Body"),
            segments: fields.number("NumSegments"),
            media_count: fields.number("NumMedia"),
            media: media(&mut fields),
            messaging_service_sid: fields.filled("MessagingServiceSid"),
            at: None,
            variables: Vec::new(),
            api_version: fields.filled("ApiVersion"),
            other: fields.left_over(),
        })
    }

    pub(crate) fn read_json(mut fields: Fields) -> Result<Self, ParseError> {
        Ok(Self {
            sid: fields.required("id")?,
            account_sid: fields.required("project_id")?,
            status: MessageStatus::from(&*fields.required("status")?),
            error_code: fields.filled("error_code"),
            error_message: fields.filled("error_message"),
            from: fields.filled("from"),
            to: fields.filled("to"),
            body: fields.text("body"),
            segments: fields.number("number_of_segments"),
            media_count: None,
            media: Vec::new(),
            messaging_service_sid: None,
            at: fields.moment("timestamp"),
            variables: fields.object("custom_variables"),
            api_version: None,
            other: fields.left_over(),
        })
    }
}

/// Ends at the first number that is not there, so at most as many as there are parameters.
fn media(fields: &mut Fields) -> Vec<Media> {
    let all = (0_u32..).map_while(|number| {
        let url = fields.filled(&format!("MediaUrl{number}"))?;
        let content_type = fields.filled(&format!("MediaContentType{number}"));
        Some(Media { url, content_type })
    });
    all.collect()
}
