//! The stored form of a message, and of what is told of one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use ringback_domain::errors::ErrorCode;
use ringback_domain::message::{
    Media, Message, MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport,
    media_type,
};
use ringback_domain::project::Price;
use serde::{Deserialize, Serialize};

use super::Summary;
use crate::sqlite::error::ReadError;

/// A message without what its columns hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct MessageRecord<'a> {
    #[serde(borrow)]
    direction: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    body: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    media: Vec<MediaRecord<'a>>,
    segments: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    messaging_service: Option<Cow<'a, str>>,
    validity_us: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_price_micro_usd: Option<i64>,
    transport: TransportRecord,
    /// Of a message that the JSON API made, its variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json_variables: Option<Cow<'a, BTreeMap<String, String>>>,
    #[serde(default)]
    facts: MessageFactsRecord<'a>,
}

/// Its type is not stored: the URL tells it.
#[derive(Debug, Serialize, Deserialize)]
struct MediaRecord<'a> {
    sid: Cow<'a, str>,
    url: Cow<'a, str>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TransportRecord {
    Sms,
    Mms,
}

/// What is told of a message beside its status.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct MessageFactsRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<Cow<'a, str>>,
}

impl<'a> From<&'a Message> for MessageRecord<'a> {
    fn from(message: &'a Message) -> Self {
        Self {
            direction: Cow::Borrowed(message.direction.as_str()),
            body: Cow::Borrowed(&message.body),
            media: message.media.iter().map(Into::into).collect(),
            segments: message.segments,
            messaging_service: message.messaging_service.as_deref().map(Cow::Borrowed),
            validity_us: u64::try_from(message.validity.as_micros()).unwrap_or(u64::MAX),
            max_price_micro_usd: message.max_price.map(Price::as_micro_usd),
            transport: message.transport.into(),
            json_variables: match &message.api {
                MessageApi::Compatible => None,
                MessageApi::Json { variables } => Some(Cow::Borrowed(variables)),
            },
            facts: MessageFactsRecord {
                error: message.error.as_ref().map(|code| code.as_str().into()),
            },
        }
    }
}

impl MessageRecord<'_> {
    /// The message, with what its columns hold.
    pub fn into_message(
        self,
        status: MessageStatus,
        summary: Summary<'_>,
    ) -> Result<Message, ReadError> {
        let media: Result<_, _> = self.media.into_iter().map(TryInto::try_into).collect();
        Ok(Message {
            direction: MessageDirection::parse(&self.direction)
                .ok_or_else(|| ReadError::unknown("direction", self.direction))?,
            from: summary.from.into_owned(),
            to: summary.to.into_owned(),
            body: self.body.into_owned(),
            media: media?,
            segments: self.segments,
            messaging_service: self.messaging_service.map(Cow::into_owned),
            validity: Duration::from_micros(self.validity_us),
            max_price: self.max_price_micro_usd.map(Price::from_micro_usd),
            transport: self.transport.into(),
            api: match self.json_variables.map(Cow::into_owned) {
                None => MessageApi::Compatible,
                Some(variables) => MessageApi::Json { variables },
            },
            status,
            error: MessageFacts::from(self.facts).error,
            sent_at: summary.started,
        })
    }
}

impl<'a> From<&'a Media> for MediaRecord<'a> {
    fn from(media: &'a Media) -> Self {
        Self {
            sid: Cow::Owned(media.sid.to_string()),
            url: Cow::Borrowed(&media.url),
        }
    }
}

impl TryFrom<MediaRecord<'_>> for Media {
    type Error = ReadError;

    fn try_from(record: MediaRecord<'_>) -> Result<Self, ReadError> {
        Ok(Self {
            sid: record
                .sid
                .parse()
                .map_err(|_| ReadError::unknown("SID", record.sid))?,
            content_type: media_type(&record.url),
            url: record.url.into_owned(),
        })
    }
}

impl<'a> From<&'a MessageFacts> for MessageFactsRecord<'a> {
    fn from(facts: &'a MessageFacts) -> Self {
        Self {
            error: facts.error.as_ref().map(|code| code.as_str().into()),
        }
    }
}

impl From<MessageFactsRecord<'_>> for MessageFacts {
    fn from(record: MessageFactsRecord<'_>) -> Self {
        Self {
            error: record
                .error
                .map(|code| ErrorCode::reported(code.into_owned())),
        }
    }
}

impl From<MessageTransport> for TransportRecord {
    fn from(transport: MessageTransport) -> Self {
        match transport {
            MessageTransport::Sms => Self::Sms,
            MessageTransport::Mms => Self::Mms,
        }
    }
}

impl From<TransportRecord> for MessageTransport {
    fn from(record: TransportRecord) -> Self {
        match record {
            TransportRecord::Sms => Self::Sms,
            TransportRecord::Mms => Self::Mms,
        }
    }
}
