//! Reports, and the changes that they become.
//!
//! The change log is the truth; resources are its summary.

use crate::call::{CallFacts, CallStatus};
use crate::id::{ProjectId, Sid};
use crate::message::{MessageFacts, MessageStatus};
use crate::time::Timestamp;
use crate::verdict::{Gap, Verdict};

/// Where a resource stands, whatever its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// A call's.
    Call(CallStatus),
    /// A message's.
    Message(MessageStatus),
}

impl Status {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call(status) => status.as_str(),
            Self::Message(status) => status.as_str(),
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Call(status) => status.is_final(),
            Self::Message(status) => status.is_final(),
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
}

impl News {
    /// The status that is reported.
    pub const fn status(&self) -> Status {
        match self {
            Self::Call(status, _) => Status::Call(*status),
            Self::Message(status, _) => Status::Message(*status),
        }
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
}
