//! What makes a resource of its kind, and how each kind begins.
//!
//! Part of resources.

use crate::brand::{Brand, BrandStatus, NewBrand};
use crate::call::{Call, CallDirection, CallFacts, CallStatus, NewCall};
use crate::campaign::{Campaign, CampaignStatus, NewCampaign};
use crate::change::{News, Status};
use crate::id::Sid;
use crate::message::{
    Media, Message, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
    media_type,
};
use crate::number_assignment::{Assignment, AssignmentStatus, NewAssignment};
use crate::number_assignment_order::{AssignmentOrder, AssignmentOrderStatus, NewAssignmentOrder};
use crate::recording::{NewRecording, Recording};
use crate::segments::segments;
use crate::time::Timestamp;
use crate::transcription::{NewTranscription, Transcription};

/// What makes a resource of its kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A call.
    Call(Call),
    /// A message.
    Message(Message),
    /// A recording.
    Recording(Recording),
    /// A transcription.
    Transcription(Transcription),
    /// A brand.
    Brand(Brand),
    /// A campaign.
    Campaign(Campaign),
    /// An order that numbers be assigned.
    AssignmentOrder(AssignmentOrder),
    /// A number assignment.
    Assignment(Assignment),
}

impl Body {
    /// Where it stands.
    pub const fn status(&self) -> Status {
        match self {
            Self::Call(call) => Status::Call(call.status),
            Self::Message(message) => Status::Message(message.status),
            Self::Recording(recording) => Status::Recording(recording.status),
            Self::Transcription(transcription) => Status::Transcription(transcription.status),
            Self::Brand(brand) => Status::Brand(brand.status),
            Self::Campaign(campaign) => Status::Campaign(campaign.status),
            Self::AssignmentOrder(order) => Status::AssignmentOrder(order.status),
            Self::Assignment(assignment) => Status::Assignment(assignment.status),
        }
    }

    /// Who it is from and to; empty where it connects nobody.
    pub fn parties(&self) -> (&str, &str) {
        match self {
            Self::Call(call) => (&call.from, &call.to),
            Self::Message(message) => (&message.from, &message.to),
            Self::Transcription(transcription) => {
                (&transcription.call.from, &transcription.call.to)
            }
            Self::Assignment(assignment) => ("", &assignment.phone_number),
            Self::Recording(_) | Self::Brand(_) | Self::Campaign(_) | Self::AssignmentOrder(_) => {
                ("", "")
            }
        }
    }

    /// The resource that it belongs to: a leg's call, a recording's call, a transcription's
    /// recording, a campaign's brand, an order's campaign, an assignment's order.
    pub const fn parent(&self) -> Option<Sid> {
        match self {
            Self::Call(call) => call.parent,
            Self::Message(_) | Self::Brand(_) => None,
            Self::Recording(recording) => Some(recording.call),
            Self::Transcription(transcription) => Some(transcription.recording),
            Self::Campaign(campaign) => Some(campaign.brand),
            Self::AssignmentOrder(order) => Some(order.campaign),
            Self::Assignment(assignment) => Some(assignment.order),
        }
    }

    /// The conference that it is of.
    pub const fn conference(&self) -> Option<Sid> {
        match self {
            Self::Recording(recording) => recording.conference,
            Self::Call(_)
            | Self::Message(_)
            | Self::Transcription(_)
            | Self::Brand(_)
            | Self::Campaign(_)
            | Self::AssignmentOrder(_)
            | Self::Assignment(_) => None,
        }
    }

    /// What people call it; empty, if nothing.
    pub fn name(&self) -> &str {
        match self {
            Self::Brand(brand) => &brand.name,
            Self::Campaign(campaign) => &campaign.name,
            Self::Call(_)
            | Self::Message(_)
            | Self::Recording(_)
            | Self::Transcription(_)
            | Self::AssignmentOrder(_)
            | Self::Assignment(_) => "",
        }
    }

    /// The campaign that a number is assigned to. That of an order is its parent.
    pub const fn campaign(&self) -> Option<Sid> {
        match self {
            Self::Assignment(assignment) => Some(assignment.campaign),
            Self::Call(_)
            | Self::Message(_)
            | Self::Recording(_)
            | Self::Transcription(_)
            | Self::Brand(_)
            | Self::Campaign(_)
            | Self::AssignmentOrder(_) => None,
        }
    }

    /// Whether it is part of what is registered with 10DLC, which stays as it is until somebody
    /// changes it, however long ago it came to be.
    pub const fn is_registered(&self) -> bool {
        match self {
            Self::Brand(_) | Self::Campaign(_) => true,
            Self::Assignment(assignment) => !assignment.status.is_final(),
            Self::Call(_)
            | Self::Message(_)
            | Self::Recording(_)
            | Self::Transcription(_)
            | Self::AssignmentOrder(_) => false,
        }
    }

    /// When a call or recording began, or a message was sent.
    pub const fn started_at(&self) -> Option<Timestamp> {
        match self {
            Self::Call(call) => call.started_at,
            Self::Message(message) => message.sent_at,
            Self::Recording(recording) => recording.started_at,
            Self::Transcription(_)
            | Self::Brand(_)
            | Self::Campaign(_)
            | Self::AssignmentOrder(_)
            | Self::Assignment(_) => None,
        }
    }

    /// When a call or recording ended.
    pub const fn ended_at(&self) -> Option<Timestamp> {
        match self {
            Self::Call(call) => call.ended_at,
            Self::Recording(recording) => recording.ended_at,
            Self::Message(_)
            | Self::Transcription(_)
            | Self::Brand(_)
            | Self::Campaign(_)
            | Self::AssignmentOrder(_)
            | Self::Assignment(_) => None,
        }
    }
}

/// What an application or a network asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum NewResource {
    /// A call.
    Call(NewCall),
    /// A message.
    Message(NewMessage),
    /// A recording.
    Recording(NewRecording),
    /// A transcription.
    Transcription(NewTranscription),
    /// A brand.
    Brand(NewBrand),
    /// A campaign.
    Campaign(NewCampaign),
    /// An order that numbers be assigned.
    AssignmentOrder(NewAssignmentOrder),
    /// A number assignment.
    Assignment(NewAssignment),
}

impl NewResource {
    /// What it is when it is new, and what its first change is if nothing else is known.
    pub(super) fn begins(self, media_sid: impl FnMut() -> Sid) -> (Body, News) {
        match self {
            Self::Call(new) => create_call(new),
            Self::Message(new) => create_message(new, media_sid),
            Self::Recording(new) => create(Body::Recording(Recording::begun(&new))),
            Self::Transcription(new) => create(Body::Transcription(Transcription::begun(new))),
            Self::Brand(new) => create(Body::Brand(Brand {
                name: new.name,
                registration: new.registration,
                status: BrandStatus::FIRST,
            })),
            Self::Campaign(new) => create_campaign(new),
            Self::AssignmentOrder(new) => create_order(new),
            Self::Assignment(new) => create_assignment(new),
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
        forwarded_from: None,
        caller_name: None,
        recording: None,
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
        api: new.api,
        status,
        error: None,
        sent_at: None,
    };
    (
        Body::Message(message),
        News::Message(status, MessageFacts::default()),
    )
}

fn create_campaign(new: NewCampaign) -> (Body, News) {
    create(Body::Campaign(Campaign {
        brand: new.brand,
        name: new.name,
        registration: new.registration,
        status: CampaignStatus::FIRST,
    }))
}

fn create_order(new: NewAssignmentOrder) -> (Body, News) {
    create(Body::AssignmentOrder(AssignmentOrder {
        brand: new.brand,
        campaign: new.campaign,
        numbers: new.numbers,
        status: AssignmentOrderStatus::FIRST,
        processed_at: None,
    }))
}

fn create_assignment(new: NewAssignment) -> (Body, News) {
    create(Body::Assignment(Assignment {
        brand: new.brand,
        campaign: new.campaign,
        order: new.order,
        number: new.number,
        phone_number: new.phone_number,
        status: AssignmentStatus::FIRST,
    }))
}

/// A new resource, and that it is new.
fn create(body: Body) -> (Body, News) {
    let news = body.status().into();
    (body, news)
}
