//! Calls: one leg each, their statuses and what may follow what.
//!
//! The transitions are those of SignalWire's documented states. `initiated` (dialling has
//! begun) exists in callbacks alone; REST shows such a call as `queued`.

use std::time::Duration;

use crate::errors::ErrorCode;
use crate::id::Sid;
use crate::project::Price;
use crate::quality::Quality;
use crate::sip::SipResult;
use crate::subscription::Method;
use crate::time::Timestamp;
use crate::verdict::{Gap, Verdict};

/// Where a call stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallStatus {
    /// Accepted from the application, not yet dialled.
    Queued,
    /// Being dialled. A callback's word; REST says `queued`.
    Initiated,
    /// The far end alerts.
    Ringing,
    /// Answered. A callback may say `answered` first.
    InProgress,
    /// It was answered and is over.
    Completed,
    /// The far end was busy.
    Busy,
    /// It could not be put through.
    Failed,
    /// Nobody answered in time.
    NoAnswer,
    /// Cancelled over REST before it was answered.
    Canceled,
}

impl CallStatus {
    /// Every status, in the order of a call's life.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Initiated,
        Self::Ringing,
        Self::InProgress,
        Self::Completed,
        Self::Busy,
        Self::Failed,
        Self::NoAnswer,
        Self::Canceled,
    ];

    /// The word of the change log and, `answered` aside, of callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Busy => "busy",
            Self::Failed => "failed",
            Self::NoAnswer => "no-answer",
            Self::Canceled => "canceled",
        }
    }

    /// The status of this name; `answered` and `in-progress` are one.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "answered" => Some(Self::InProgress),
            _ => Self::ALL.into_iter().find(|status| status.as_str() == name),
        }
    }

    /// Whether the call is over.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Busy | Self::Failed | Self::NoAnswer | Self::Canceled => true,
            Self::Queued | Self::Initiated | Self::Ringing | Self::InProgress => false,
        }
    }

    /// What a report of `reported` means for a call that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use CallStatus::{
            Busy, Canceled, Completed, Failed, InProgress, Initiated, NoAnswer, Queued, Ringing,
        };
        match (self, reported) {
            (Queued, Queued)
            | (Initiated, Initiated)
            | (Ringing, Ringing)
            | (InProgress, InProgress)
            | (Completed, Completed)
            | (Busy, Busy)
            | (Failed, Failed)
            | (NoAnswer, NoAnswer)
            | (Canceled, Canceled) => Verdict::Repeat,

            (Queued, Initiated | Ringing | Busy | Failed | NoAnswer | Canceled)
            | (Initiated, Ringing | InProgress | Busy | Failed | NoAnswer | Canceled)
            | (Ringing, InProgress | Busy | Failed | NoAnswer | Canceled)
            | (InProgress, Completed) => Verdict::Accepted(Gap::None),

            // Later, though something between was never reported: the call must be able to
            // end whatever was lost on the way.
            (Queued, InProgress | Completed)
            | (Initiated | Ringing, Completed)
            | (InProgress, Busy | Failed | NoAnswer | Canceled) => Verdict::Accepted(Gap::Skipped),

            (
                Initiated | Ringing | InProgress | Completed | Busy | Failed | NoAnswer | Canceled,
                Queued,
            )
            | (Ringing | InProgress | Completed | Busy | Failed | NoAnswer | Canceled, Initiated)
            | (InProgress | Completed | Busy | Failed | NoAnswer | Canceled, Ringing)
            | (Completed | Busy | Failed | NoAnswer | Canceled, InProgress) => Verdict::Late,

            (Completed, Busy | Failed | NoAnswer | Canceled)
            | (Busy, Completed | Failed | NoAnswer | Canceled)
            | (Failed, Completed | Busy | NoAnswer | Canceled)
            | (NoAnswer, Completed | Busy | Failed | Canceled)
            | (Canceled, Completed | Busy | Failed | NoAnswer) => Verdict::Conflict,
        }
    }
}

/// Which way a call goes, and what made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallDirection {
    /// From the network to one of the project's numbers.
    Inbound,
    /// Created over REST.
    OutboundApi,
    /// A leg made by another call's `<Dial>`.
    OutboundDial,
}

impl CallDirection {
    /// The word that callbacks use; REST says `outbound` for both outbound ones.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::OutboundApi => "outbound-api",
            Self::OutboundDial => "outbound-dial",
        }
    }

    /// The direction of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Inbound, Self::OutboundApi, Self::OutboundDial]
            .into_iter()
            .find(|direction| direction.as_str() == name)
    }
}

/// What says how a call is to be handled once it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// It is fetched from here.
    Url {
        /// Where.
        url: String,
        /// How.
        method: Method,
    },
    /// An application says where.
    Application(String),
    /// It came with the request.
    Inline(String),
    /// None: an inbound call before its number is looked at.
    None,
}

/// What answered a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// An answering machine.
    Machine,
}

impl AnsweredBy {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Machine => "machine",
        }
    }
}

/// Which side ended a call that had been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HangupSide {
    /// The one that called (`From`).
    Caller,
    /// The one that was called (`To`).
    Callee,
}

/// What an application, or the network, says of a new call.
#[derive(Clone, Debug, PartialEq)]
pub struct NewCall {
    /// Which way it goes.
    pub direction: CallDirection,
    /// E.164, a SIP URI or a client id.
    pub from: String,
    /// E.164, a SIP URI or a client id.
    pub to: String,
    /// The leg that made it.
    pub parent: Option<Sid>,
    /// What handles it once it is answered.
    pub document: Document,
    /// How long it may ring.
    pub ring_timeout: Duration,
    /// Further documented parameters of the request, checked and kept by name as they came.
    pub requested: Vec<(String, String)>,
}

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Which way it goes.
    pub direction: CallDirection,
    /// E.164, a SIP URI or a client id.
    pub from: String,
    /// E.164, a SIP URI or a client id.
    pub to: String,
    /// The leg that made it.
    pub parent: Option<Sid>,
    /// What handles it once it is answered.
    pub document: Document,
    /// How long it may ring.
    pub ring_timeout: Duration,
    /// Further parameters of the request, by name.
    pub requested: Vec<(String, String)>,
    /// Where it stands.
    pub status: CallStatus,
    /// When it was first dialled or, inbound, when it came.
    pub started_at: Option<Timestamp>,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// When it ended, however it ended.
    pub ended_at: Option<Timestamp>,
    /// The last answer to its INVITE.
    pub sip: Option<SipResult>,
    /// What its media was like; known when it is over.
    pub quality: Option<Quality>,
    /// Who hung up, if it was answered.
    pub hangup: Option<HangupSide>,
    /// What answered, where detection was asked for.
    pub answered_by: Option<AnsweredBy>,
    /// Why it failed.
    pub error: Option<ErrorCode>,
    /// Whom it was for before it was forwarded here, if a carrier says so.
    pub forwarded_from: Option<String>,
    /// What the caller is called, if somebody looked it up.
    pub caller_name: Option<String>,
    /// Its recording, if it has one.
    pub recording: Option<Box<CallRecording>>,
}

/// What a network says of a call beside its status.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallFacts {
    /// The answer to its INVITE.
    pub sip: Option<SipResult>,
    /// What its media was like.
    pub quality: Option<Quality>,
    /// Who hung up.
    pub hangup: Option<HangupSide>,
    /// What answered.
    pub answered_by: Option<AnsweredBy>,
    /// Why it failed: for REST and the timeline, no parameter of the callback.
    pub error: Option<ErrorCode>,
    /// Whom it was for before it was forwarded here, if a carrier says so.
    pub forwarded_from: Option<String>,
    /// What the caller is called, if somebody looked it up.
    pub caller_name: Option<String>,
    /// Its recording, if it has one.
    pub recording: Option<Box<CallRecording>>,
}

/// The recording of a call, as far as it is known when something is told of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecording {
    /// Its SID.
    pub sid: Sid,
    /// Where its file is or will be; empty while nobody said so.
    pub url: String,
    /// How long it is; none until that is known, once it is there.
    pub duration: Option<Duration>,
}

impl Call {
    /// How long it lasted, from answer to end, in whole seconds; zero if it was never
    /// answered or is not over.
    pub fn duration(&self) -> Duration {
        match (self.answered_at, self.ended_at) {
            (Some(answered), Some(ended)) => {
                let exact = ended.since(answered);
                Duration::from_secs(exact.as_secs() + u64::from(exact.subsec_millis() >= 500))
            }
            (None | Some(_), _) => Duration::ZERO,
        }
    }

    /// What it costs: 0.01 USD for each minute begun, nothing if it was not answered or is
    /// not over.
    pub fn price(&self) -> Price {
        let minutes = match (self.answered_at, self.ended_at) {
            (Some(_), Some(_)) => self.duration().as_secs().div_ceil(60).max(1),
            (None | Some(_), _) => 0,
        };
        Price::from_micro_usd(10_000 * i64::try_from(minutes).unwrap_or(i64::MAX / 10_000))
    }

    /// Takes over an accepted report.
    pub(crate) fn accept(&mut self, status: CallStatus, facts: &CallFacts, at: Timestamp) {
        self.status = status;
        if status != CallStatus::Queued {
            self.started_at = self.started_at.or(Some(at));
        }
        if status == CallStatus::InProgress {
            self.answered_at = Some(at);
        }
        if status.is_final() {
            self.ended_at = Some(at);
        }
        self.sip = facts.sip.or(self.sip);
        self.quality = facts.quality.or(self.quality);
        self.hangup = facts.hangup.or(self.hangup);
        self.answered_by = facts.answered_by.or(self.answered_by);
        if facts.error.is_some() {
            self.error.clone_from(&facts.error);
        }
        if facts.forwarded_from.is_some() {
            self.forwarded_from.clone_from(&facts.forwarded_from);
        }
        if facts.caller_name.is_some() {
            self.caller_name.clone_from(&facts.caller_name);
        }
        if facts.recording.is_some() {
            self.recording.clone_from(&facts.recording);
        }
    }
}
