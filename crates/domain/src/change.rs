//! Reports, and the changes that they become.
//!
//! The change log is the truth; resources are its summary.

use std::sync::Arc;

use crate::brand::BrandStatus;
use crate::call::{CallFacts, CallStatus};
use crate::campaign::CampaignStatus;
use crate::errors::ErrorCode;
use crate::id::{ProjectId, Sid};
use crate::message::{MessageFacts, MessageStatus};
use crate::number_assignment::AssignmentStatus;
use crate::number_assignment_order::AssignmentOrderStatus;
use crate::recording::{RecordingFacts, RecordingStatus};
use crate::resource::Kind;
use crate::time::Timestamp;
use crate::transcription::{TranscriptionFacts, TranscriptionStatus};
use crate::verdict::{Gap, Verdict};

/// Where a resource stands, whatever its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// A call's.
    Call(CallStatus),
    /// A message's.
    Message(MessageStatus),
    /// A recording's.
    Recording(RecordingStatus),
    /// A transcription's.
    Transcription(TranscriptionStatus),
    /// A brand's.
    Brand(BrandStatus),
    /// A campaign's.
    Campaign(CampaignStatus),
    /// An order's that numbers be assigned.
    AssignmentOrder(AssignmentOrderStatus),
    /// A number assignment's.
    Assignment(AssignmentStatus),
}

impl Status {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call(status) => status.as_str(),
            Self::Message(status) => status.as_str(),
            Self::Recording(status) => status.as_str(),
            Self::Transcription(status) => status.as_str(),
            Self::Brand(status) => status.as_str(),
            Self::Campaign(status) => status.as_str(),
            Self::AssignmentOrder(status) => status.as_str(),
            Self::Assignment(status) => status.as_str(),
        }
    }

    /// The kind of resource that has it.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Call(_) => Kind::Call,
            Self::Message(_) => Kind::Message,
            Self::Recording(_) => Kind::Recording,
            Self::Transcription(_) => Kind::Transcription,
            Self::Brand(_) => Kind::Brand,
            Self::Campaign(_) => Kind::Campaign,
            Self::AssignmentOrder(_) => Kind::AssignmentOrder,
            Self::Assignment(_) => Kind::Assignment,
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Call(status) => status.is_final(),
            Self::Message(status) => status.is_final(),
            Self::Recording(status) => status.is_final(),
            Self::Transcription(status) => status.is_final(),
            Self::Brand(status) => status.is_final(),
            Self::Campaign(status) => status.is_final(),
            Self::AssignmentOrder(status) => status.is_final(),
            Self::Assignment(status) => status.is_final(),
        }
    }

    /// What a report of `reported` means for a resource that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        match (self, reported) {
            (Self::Call(from), Self::Call(to)) => from.judge(to),
            (Self::Message(from), Self::Message(to)) => from.judge(to),
            (Self::Recording(from), Self::Recording(to)) => from.judge(to),
            (Self::Transcription(from), Self::Transcription(to)) => from.judge(to),
            (Self::Brand(from), Self::Brand(to)) => from.judge(to),
            (Self::Campaign(from), Self::Campaign(to)) => from.judge(to),
            (Self::AssignmentOrder(from), Self::AssignmentOrder(to)) => from.judge(to),
            (Self::Assignment(from), Self::Assignment(to)) => from.judge(to),
            (
                Self::Call(_)
                | Self::Message(_)
                | Self::Recording(_)
                | Self::Transcription(_)
                | Self::Brand(_)
                | Self::Campaign(_)
                | Self::AssignmentOrder(_)
                | Self::Assignment(_),
                _,
            ) => Verdict::Refused,
        }
    }
}

/// What a network says happened to a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// To a call.
    Call(CallStatus, CallFacts),
    /// To a message.
    Message(MessageStatus, MessageFacts),
    /// To a recording.
    Recording(RecordingStatus, RecordingFacts),
    /// To a transcription.
    Transcription(TranscriptionStatus, TranscriptionFacts),
    /// To a brand.
    Brand(BrandStatus),
    /// To a campaign.
    Campaign(CampaignStatus),
    /// To an order that numbers be assigned.
    AssignmentOrder(AssignmentOrderStatus),
    /// To a number assignment.
    Assignment(AssignmentStatus),
}

impl News {
    /// The status that is reported.
    pub const fn status(&self) -> Status {
        match self {
            Self::Call(status, _) => Status::Call(*status),
            Self::Message(status, _) => Status::Message(*status),
            Self::Recording(status, _) => Status::Recording(*status),
            Self::Transcription(status, _) => Status::Transcription(*status),
            Self::Brand(status) => Status::Brand(*status),
            Self::Campaign(status) => Status::Campaign(*status),
            Self::AssignmentOrder(status) => Status::AssignmentOrder(*status),
            Self::Assignment(status) => Status::Assignment(*status),
        }
    }

    /// Why it ended badly, if the report says so.
    pub const fn error(&self) -> Option<&ErrorCode> {
        match self {
            Self::Call(_, facts) => facts.error.as_ref(),
            Self::Message(_, facts) => facts.error.as_ref(),
            Self::Recording(_, facts) => facts.error.as_ref(),
            Self::Transcription(..)
            | Self::Brand(_)
            | Self::Campaign(_)
            | Self::AssignmentOrder(_)
            | Self::Assignment(_) => None,
        }
    }

    /// Erases what the resource said, where a report tells of that.
    pub fn redact(&mut self) {
        match self {
            Self::Transcription(_, facts) => facts.text = None,
            Self::Call(..)
            | Self::Message(..)
            | Self::Recording(..)
            | Self::Brand(_)
            | Self::Campaign(_)
            | Self::AssignmentOrder(_)
            | Self::Assignment(_) => {}
        }
    }
}

/// A report of a status, with nothing told beside it.
impl From<Status> for News {
    fn from(status: Status) -> Self {
        match status {
            Status::Call(status) => Self::Call(status, CallFacts::default()),
            Status::Message(status) => Self::Message(status, MessageFacts::default()),
            Status::Recording(status) => Self::Recording(status, RecordingFacts::default()),
            Status::Transcription(status) => {
                Self::Transcription(status, TranscriptionFacts::default())
            }
            Status::Brand(status) => Self::Brand(status),
            Status::Campaign(status) => Self::Campaign(status),
            Status::AssignmentOrder(status) => Self::AssignmentOrder(status),
            Status::Assignment(status) => Self::Assignment(status),
        }
    }
}

/// What its teller says of a report itself. Carried and shown; nothing is sorted by it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The teller's own id of the report.
    pub event_id: Option<Arc<str>>,
    /// When it happened, as the teller has it.
    pub occurred_at: Option<Timestamp>,
}

impl Told {
    /// What is kept of it: nothing, if it says nothing.
    pub fn kept(self) -> Option<Box<Self>> {
        (self != Self::default()).then(|| Box::new(self))
    }
}

/// A report that was accepted. Immutable; redaction alone blanks what a resource said.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whose resource.
    pub project: ProjectId,
    /// Which resource.
    pub resource: Sid,
    /// Its number among the resource's changes, from 0: ours, not the wire's.
    pub seq: u32,
    /// The status before; none for the first change.
    pub from: Option<Status>,
    /// The status it came to, with what was told of it.
    pub news: News,
    /// Whether statuses between were skipped.
    pub gap: Gap,
    /// When it happened.
    pub at: Timestamp,
    /// What its teller says of the report, if anything.
    pub told: Option<Box<Told>>,
}

/// A remark on a resource that nobody was answered with: a fragment of its URL that was
/// read leniently, a receiver that answers with a traceback. Never holds words of a message
/// or credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Which resource.
    pub resource: Sid,
    /// What is odd, in a sentence.
    pub text: String,
    /// When it was noticed.
    pub at: Timestamp,
}

/// A report that changed nothing: kept and counted.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// Which resource.
    pub resource: Sid,
    /// What was reported.
    pub news: News,
    /// Why it changed nothing.
    pub verdict: Verdict,
    /// Where the resource stood.
    pub stood: Status,
    /// When it came.
    pub at: Timestamp,
    /// What its teller says of the report, if anything.
    pub told: Option<Box<Told>>,
}
