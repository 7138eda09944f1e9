//! Messages (SMS and MMS): their statuses and what may follow what.
//!
//! The transitions are those of SignalWire's documented states: queued, initiated (a callback
//! says `sending`), sent, then delivered, undelivered or failed; receiving, received inbound.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::errors::ErrorCode;
use crate::id::Sid;
use crate::project::Price;
use crate::time::Timestamp;
use crate::verdict::{Gap, Verdict};

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageStatus {
    /// Accepted from the application, not yet handed to a carrier.
    Queued,
    /// Handed to the first carrier hop. REST says `initiated`, callbacks say `sending`.
    Sending,
    /// The upstream carrier accepted it. The end for MMS, which has no receipts.
    Sent,
    /// A delivery receipt (DLR) says that the handset has it.
    Delivered,
    /// A receipt says that it will never arrive.
    Undelivered,
    /// It was never accepted by a carrier.
    Failed,
    /// Inbound, on its way in.
    Receiving,
    /// Inbound, here.
    Received,
}

impl MessageStatus {
    /// Every status, in the order of a message's life.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Sending,
        Self::Sent,
        Self::Delivered,
        Self::Undelivered,
        Self::Failed,
        Self::Receiving,
        Self::Received,
    ];

    /// The word of the change log. Callbacks say the same; REST says `initiated` for `sending`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Undelivered => "undelivered",
            Self::Failed => "failed",
            Self::Receiving => "receiving",
            Self::Received => "received",
        }
    }

    /// The status of this name; `initiated` and `sending` are one.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "initiated" => Some(Self::Sending),
            _ => Self::ALL.into_iter().find(|status| status.as_str() == name),
        }
    }

    /// Whether nothing can follow. `sent` is not: a receipt may come hours later.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Received => true,
            Self::Queued | Self::Sending | Self::Sent | Self::Receiving => false,
        }
    }

    /// What a report of `reported` means for a message that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use MessageStatus::{
            Delivered, Failed, Queued, Received, Receiving, Sending, Sent, Undelivered,
        };
        match (self, reported) {
            (Queued, Queued)
            | (Sending, Sending)
            | (Sent, Sent)
            | (Delivered, Delivered)
            | (Undelivered, Undelivered)
            | (Failed, Failed)
            | (Receiving, Receiving)
            | (Received, Received) => Verdict::Repeat,

            (Queued, Sending | Failed)
            | (Sending, Sent | Failed | Undelivered)
            | (Sent, Delivered | Undelivered)
            | (Receiving, Received) => Verdict::Accepted(Gap::None),

            (Queued, Sent | Delivered | Undelivered) | (Sending, Delivered) | (Sent, Failed) => {
                Verdict::Accepted(Gap::Skipped)
            }

            (Sending | Sent | Delivered | Undelivered | Failed, Queued)
            | (Sent | Delivered | Undelivered | Failed, Sending)
            | (Delivered | Undelivered | Failed, Sent)
            | (Received, Receiving) => Verdict::Late,

            // A second, different end; or a status of the other direction.
            (Delivered, Undelivered | Failed)
            | (Undelivered, Delivered | Failed)
            | (Failed, Delivered | Undelivered)
            | (Queued | Sending | Sent | Delivered | Undelivered | Failed, Receiving | Received)
            | (Receiving | Received, Queued | Sending | Sent | Delivered | Undelivered | Failed) => {
                Verdict::Conflict
            }
        }
    }
}

/// Which way a message goes, and what made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageDirection {
    /// From the network to one of the project's numbers.
    Inbound,
    /// Created over REST.
    OutboundApi,
    /// Created by a call's document.
    OutboundCall,
    /// Created by the answer to an inbound message.
    OutboundReply,
}

impl MessageDirection {
    /// The word that REST uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundCall => "outbound-call",
            Self::OutboundReply => "outbound-reply",
        }
    }

    /// The direction of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            Self::Inbound,
            Self::OutboundApi,
            Self::OutboundCall,
            Self::OutboundReply,
        ]
        .into_iter()
        .find(|direction| direction.as_str() == name)
    }
}

/// One piece of media that a message carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its own SID.
    pub sid: Sid,
    /// Where the application says that it is. It is not fetched.
    pub url: String,
    /// By the URL's extension; `application/octet-stream` if that says nothing.
    pub content_type: &'static str,
}

/// What an application, or the network, says of a new message.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// Which way it goes.
    pub direction: MessageDirection,
    /// E.164, a short code, or empty when a number group was named instead.
    pub from: String,
    /// E.164.
    pub to: String,
    /// The text; may be empty if there is media.
    pub body: String,
    /// URLs of media, at most 8.
    pub media: Vec<String>,
    /// The number group that it is sent from, a UUID.
    pub messaging_service: Option<String>,
    /// How long it may wait to be sent; then it fails with 30001.
    pub validity: Duration,
    /// What it may cost; above that it fails with 30010.
    pub max_price: Option<Price>,
    /// Whether it goes as MMS even without media.
    pub transport: MessageTransport,
    /// Which API made it.
    pub api: MessageApi,
}

/// Which API made a message: its callbacks look as that API has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum MessageApi {
    /// The compatible one, or none at all: forms.
    #[default]
    Compatible,
    /// The newer message API: JSON, with the variables that the application gave along
    /// (`custom_variables`), by name; none if it gave none.
    Json {
        /// The variables.
        variables: BTreeMap<String, String>,
    },
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageTransport {
    /// As segments of text; carriers give receipts.
    Sms,
    /// With media; `sent` is its last status, for there are no receipts.
    Mms,
}

/// A message.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Which way it goes.
    pub direction: MessageDirection,
    /// E.164, a short code, or empty.
    pub from: String,
    /// E.164.
    pub to: String,
    /// The text; empty once redacted.
    pub body: String,
    /// Its media; none once redacted.
    pub media: Vec<Media>,
    /// How many segments the body took when it was created.
    pub segments: u32,
    /// The number group that it is sent from.
    pub messaging_service: Option<String>,
    /// How long it may wait to be sent.
    pub validity: Duration,
    /// What it may cost.
    pub max_price: Option<Price>,
    /// How it travels.
    pub transport: MessageTransport,
    /// Which API made it.
    pub api: MessageApi,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why it failed or was not delivered.
    pub error: Option<ErrorCode>,
    /// When it was sent.
    pub sent_at: Option<Timestamp>,
}

/// What a network says of a message beside its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageFacts {
    /// Why it failed or was not delivered.
    pub error: Option<ErrorCode>,
}

impl Message {
    /// What it costs: 0.005 USD a segment, and nothing if it failed (a failed message is
    /// never charged).
    pub fn price(&self) -> Price {
        match self.status {
            MessageStatus::Failed => Price::ZERO,
            MessageStatus::Queued
            | MessageStatus::Sending
            | MessageStatus::Sent
            | MessageStatus::Delivered
            | MessageStatus::Undelivered
            | MessageStatus::Receiving
            | MessageStatus::Received => self.full_price(),
        }
    }

    /// What it would cost if it is sent: 0.005 USD a segment.
    pub fn full_price(&self) -> Price {
        Price::from_micro_usd(5_000 * i64::from(self.segments))
    }

    /// Takes over an accepted report. When it was sent is known from the first status that
    /// implies it.
    pub(crate) fn accept(&mut self, status: MessageStatus, facts: &MessageFacts, at: Timestamp) {
        self.status = status;
        if facts.error.is_some() {
            self.error.clone_from(&facts.error);
        }
        match status {
            MessageStatus::Sent
            | MessageStatus::Delivered
            | MessageStatus::Undelivered
            | MessageStatus::Received => self.sent_at = self.sent_at.or(Some(at)),
            MessageStatus::Queued
            | MessageStatus::Sending
            | MessageStatus::Failed
            | MessageStatus::Receiving => {}
        }
    }

    /// Takes a piece of its media away; whether it had that. How it travelled and what it cost
    /// stay as they were.
    pub(crate) fn remove_media(&mut self, sid: Sid) -> bool {
        let before = self.media.len();
        self.media.retain(|media| media.sid != sid);
        self.media.len() < before
    }

    /// Erases what it said.
    pub(crate) fn redact(&mut self) {
        self.body.clear();
        self.media.clear();
    }
}

/// The media type that a URL's extension stands for: media is not fetched.
pub fn media_type(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name
        .rsplit_once('.')
        .map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("bmp") => "image/bmp",
        Some("tif" | "tiff") => "image/tiff",
        Some("heic") => "image/heic",
        Some("mp4") => "video/mp4",
        Some("mov") => "video/quicktime",
        Some("webm") => "video/webm",
        Some("3gp") => "video/3gpp",
        Some("mp3") => "audio/mpeg",
        Some("wav") => "audio/wav",
        Some("ogg" | "oga") => "audio/ogg",
        Some("amr") => "audio/amr",
        Some("m4a") => "audio/mp4",
        Some("pdf") => "application/pdf",
        Some("vcf") => "text/vcard",
        Some("ics") => "text/calendar",
        Some("txt") => "text/plain",
        Some("csv") => "text/csv",
        _ => "application/octet-stream",
    }
}
