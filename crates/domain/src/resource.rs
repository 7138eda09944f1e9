//! Resources: what a network carries out and reports on.
//!
//! Built and moved on by the recorder alone, inside the group that is being committed.

use crate::call::{Call, CallStatus, NewCall};
use crate::call::{CallDirection, CallFacts};
use crate::change::{Change, News, Rejected, Status};
use crate::id::{ProjectId, Sid};
use crate::message::{
    Media, Message, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
    media_type,
};
use crate::segments::segments;
use crate::subscription::Subscription;
use crate::time::Timestamp;
use crate::verdict::{Gap, Verdict};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A call, one leg.
    Call,
    /// An SMS or MMS.
    Message,
}

impl Kind {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Message => "message",
        }
    }
}

/// What makes a resource of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A call.
    Call(Call),
    /// A message.
    Message(Message),
}

/// What an application or a network asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum NewResource {
    /// A call.
    Call(NewCall),
    /// A message.
    Message(NewMessage),
}

/// Whether a resource can still be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It can.
    Here,
    /// It was deleted: gone from REST, its callbacks are still delivered.
    Deleted,
}

/// A resource: the summary of its changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its SID.
    pub sid: Sid,
    /// Its number among all resources of the store, from 1: the simulated network draws by it.
    pub ordinal: u64,
    /// Whose it is.
    pub project: ProjectId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The number of its next change.
    pub next_seq: u32,
    /// Who wants to hear of its changes.
    pub subscriptions: Vec<Subscription>,
    /// How many callbacks led to one another before it was created.
    pub depth: u8,
    /// Whether it can still be seen.
    pub presence: Presence,
    /// What makes it of its kind.
    pub body: Body,
}

/// Where a new resource comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its SID.
    pub sid: Sid,
    /// Its number among all resources.
    pub ordinal: u64,
    /// Whose it is.
    pub project: ProjectId,
    /// How many callbacks led to one another before it.
    pub depth: u8,
    /// When it is created.
    pub at: Timestamp,
}

impl Resource {
    /// A new resource with its first change. `media_sids` gives each piece of media its SID.
    pub fn create(
        origin: Origin,
        new: NewResource,
        subscriptions: Vec<Subscription>,
        media_sid: impl FnMut() -> Sid,
    ) -> (Self, Change) {
        let (body, news) = match new {
            NewResource::Call(new) => create_call(new),
            NewResource::Message(new) => create_message(new, media_sid),
        };
        let mut resource = Self {
            sid: origin.sid,
            ordinal: origin.ordinal,
            project: origin.project,
            created_at: origin.at,
            updated_at: origin.at,
            next_seq: 0,
            subscriptions,
            depth: origin.depth,
            presence: Presence::Here,
            body,
        };
        let change = resource.append(None, news, Gap::None, origin.at);
        (resource, change)
    }

    /// Its kind.
    pub const fn kind(&self) -> Kind {
        match self.body {
            Body::Call(_) => Kind::Call,
            Body::Message(_) => Kind::Message,
        }
    }

    /// Where it stands.
    pub const fn status(&self) -> Status {
        match &self.body {
            Body::Call(call) => Status::Call(call.status),
            Body::Message(message) => Status::Message(message.status),
        }
    }

    /// Takes a report: moves on and returns the change, or says why it changes nothing.
    pub fn report(&mut self, news: News, at: Timestamp) -> Result<Change, Rejected> {
        let stood = self.status();
        let verdict = match (stood, news.status()) {
            (Status::Call(from), Status::Call(to)) => from.judge(to),
            (Status::Message(from), Status::Message(to)) => from.judge(to),
            (Status::Call(_), Status::Message(_)) | (Status::Message(_), Status::Call(_)) => {
                Verdict::Refused
            }
        };
        match verdict {
            Verdict::Accepted(gap) => Ok(self.append(Some(stood), news, gap, at)),
            Verdict::Repeat | Verdict::Late | Verdict::Conflict | Verdict::Refused => {
                Err(Rejected {
                    resource: self.sid,
                    news,
                    verdict,
                    stood,
                    at,
                })
            }
        }
    }

    /// Erases what it said.
    pub fn redact(&mut self, at: Timestamp) {
        self.updated_at = at;
        match &mut self.body {
            Body::Message(message) => message.redact(),
            Body::Call(_) => {}
        }
    }

    fn append(&mut self, from: Option<Status>, news: News, gap: Gap, at: Timestamp) -> Change {
        match (&mut self.body, &news) {
            (Body::Call(call), News::Call(status, facts)) => call.accept(*status, facts, at),
            (Body::Message(message), News::Message(status, facts)) => {
                message.accept(*status, facts, at);
            }
            (Body::Call(_), News::Message(..)) | (Body::Message(_), News::Call(..)) => {
                debug_assert!(
                    false,
                    "a report of another kind is refused before it comes here"
                );
            }
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        self.updated_at = at;
        Change {
            project: self.project,
            resource: self.sid,
            seq,
            from,
            news,
            gap,
            at,
        }
    }
}

fn create_call(new: NewCall) -> (Body, News) {
    let status = match new.direction {
        CallDirection::Inbound => CallStatus::Ringing,
        CallDirection::OutboundApi | CallDirection::OutboundDial => CallStatus::Queued,
    };
    let call = Call {
        direction: new.direction,
        from: new.from,
        to: new.to,
        parent: new.parent,
        document: new.document,
        ring_timeout: new.ring_timeout,
        requested: new.requested,
        status,
        started_at: None,
        answered_at: None,
        ended_at: None,
        sip: None,
        quality: None,
        hangup: None,
        answered_by: None,
        error: None,
    };
    (Body::Call(call), News::Call(status, CallFacts::default()))
}

fn create_message(new: NewMessage, mut media_sid: impl FnMut() -> Sid) -> (Body, News) {
    let status = match new.direction {
        MessageDirection::Inbound => MessageStatus::Receiving,
        MessageDirection::OutboundApi
        | MessageDirection::OutboundCall
        | MessageDirection::OutboundReply => MessageStatus::Queued,
    };
    let media: Vec<Media> = new
        .media
        .into_iter()
        .map(|url| Media {
            sid: media_sid(),
            content_type: media_type(&url),
            url,
        })
        .collect();
    let message = Message {
        direction: new.direction,
        from: new.from,
        to: new.to,
        segments: segments(&new.body),
        transport: if media.is_empty() {
            new.transport
        } else {
            MessageTransport::Mms
        },
        body: new.body,
        media,
        messaging_service: new.messaging_service,
        validity: new.validity,
        max_price: new.max_price,
        status,
        error: None,
        sent_at: None,
    };
    (
        Body::Message(message),
        News::Message(status, MessageFacts::default()),
    )
}
