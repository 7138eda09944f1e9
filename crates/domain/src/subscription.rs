//! Who wants to hear of a resource's changes.
//!
//! A subscription is given with a resource; the recorder asks it which callbacks are owed.

use crate::call::CallStatus;
use crate::change::Status;
use crate::recording::RecordingStatus;

/// How a callback is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Method {
    /// Parameters appended to the URL's query.
    Get,
    /// Parameters as a form in the body.
    #[default]
    Post,
}

impl Method {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }

    /// The method of this name, in capitals or not.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Get, Self::Post]
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(name))
    }
}

/// An event of a call that can be subscribed to (`StatusCallbackEvent`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallEvent {
    /// Dialling has begun.
    Initiated,
    /// The far end alerts.
    Ringing,
    /// It was answered.
    Answered,
    /// It is over, however it ended.
    Completed,
    /// Documented by name alone; sent as ringing with `ForwardedFrom`.
    RingingForwarded,
    /// Documented by name alone; sent as ringing while queued.
    RingingQueued,
}

impl CallEvent {
    /// Every event.
    pub const ALL: [Self; 6] = [
        Self::Initiated,
        Self::Ringing,
        Self::Answered,
        Self::Completed,
        Self::RingingForwarded,
        Self::RingingQueued,
    ];

    /// The word of `StatusCallbackEvent`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
            Self::Completed => "completed",
            Self::RingingForwarded => "ringing_forwarded",
            Self::RingingQueued => "ringing_queued",
        }
    }

    /// The event of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }

    /// The event that a call fires when it comes to `status`; none while it is queued.
    pub const fn of(status: CallStatus) -> Option<Self> {
        match status {
            CallStatus::Queued => None,
            CallStatus::Initiated => Some(Self::Initiated),
            CallStatus::Ringing => Some(Self::Ringing),
            CallStatus::InProgress => Some(Self::Answered),
            CallStatus::Completed
            | CallStatus::Busy
            | CallStatus::Failed
            | CallStatus::NoAnswer
            | CallStatus::Canceled => Some(Self::Completed),
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of call events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEvents(u8);

impl CallEvents {
    /// No event.
    pub const NONE: Self = Self(0);
    /// What is sent when nothing was asked for: `completed`.
    pub const DEFAULT: Self = Self(CallEvent::Completed.bit());

    /// This set and `event`.
    #[must_use]
    pub const fn with(self, event: CallEvent) -> Self {
        Self(self.0 | event.bit())
    }

    /// Whether `event` is in it.
    pub const fn contains(self, event: CallEvent) -> bool {
        self.0 & event.bit() != 0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The events, in the order of a call's life.
    pub fn iter(self) -> impl Iterator<Item = CallEvent> {
        CallEvent::ALL
            .into_iter()
            .filter(move |event| self.contains(*event))
    }
}

impl FromIterator<CallEvent> for CallEvents {
    fn from_iter<I: IntoIterator<Item = CallEvent>>(events: I) -> Self {
        events.into_iter().fold(Self::NONE, Self::with)
    }
}

/// An event of a recording that can be subscribed to (`RecordingStatusCallbackEvent`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingEvent {
    /// It records, for the first time.
    InProgress,
    /// The file is there.
    Completed,
    /// There is no file.
    Absent,
    /// It could not be made.
    Failed,
}

impl RecordingEvent {
    /// Every event.
    pub const ALL: [Self; 4] = [
        Self::InProgress,
        Self::Completed,
        Self::Absent,
        Self::Failed,
    ];

    /// The word of `RecordingStatusCallbackEvent`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }

    /// The event of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == name)
    }

    /// The event that a recording fires when it comes from one status to another; none when
    /// it is taken up again after a pause.
    pub fn of(from: Option<Status>, to: RecordingStatus) -> Option<Self> {
        match to {
            RecordingStatus::Queued | RecordingStatus::Paused | RecordingStatus::Stopped => None,
            RecordingStatus::InProgress => {
                let resumed = from == Some(Status::Recording(RecordingStatus::Paused));
                (!resumed).then_some(Self::InProgress)
            }
            RecordingStatus::Completed => Some(Self::Completed),
            RecordingStatus::Absent => Some(Self::Absent),
            RecordingStatus::Failed => Some(Self::Failed),
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of recording events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordingEvents(u8);

impl RecordingEvents {
    /// No event.
    pub const NONE: Self = Self(0);
    /// What is sent when nothing was asked for: `completed`.
    pub const DEFAULT: Self = Self(RecordingEvent::Completed.bit());
    /// The same for a conference: `completed` and `failed`.
    pub const CONFERENCE_DEFAULT: Self = Self::DEFAULT.with(RecordingEvent::Failed);

    /// This set and `event`.
    #[must_use]
    pub const fn with(self, event: RecordingEvent) -> Self {
        Self(self.0 | event.bit())
    }

    /// Whether `event` is in it.
    pub const fn contains(self, event: RecordingEvent) -> bool {
        self.0 & event.bit() != 0
    }

    /// The events, in the order of a recording's life.
    pub fn iter(self) -> impl Iterator<Item = RecordingEvent> {
        RecordingEvent::ALL
            .into_iter()
            .filter(move |event| self.contains(*event))
    }
}

impl FromIterator<RecordingEvent> for RecordingEvents {
    fn from_iter<I: IntoIterator<Item = RecordingEvent>>(events: I) -> Self {
        events.into_iter().fold(Self::NONE, Self::with)
    }
}

/// Which changes a subscription wants to hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Every one (calls and recordings alone have a filter).
    Every,
    /// A call's, by event.
    Call(CallEvents),
    /// A recording's, by event.
    Recording(RecordingEvents),
    /// The end of a call, as a phone number's own callback tells it: once, whatever was before.
    Number,
}

/// A URL that wants to hear of a resource's changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// As the user gave it, with userinfo and fragment.
    pub url: String,
    /// How callbacks are sent.
    pub method: Method,
    /// Which changes.
    pub interest: Interest,
    /// The wire's next `SequenceNumber`: counts the callbacks generated for it, from 0.
    pub next_sequence: u32,
}

/// What a resource has its application, number or project hear, beside or in the place of
/// subscriptions of its own. Whom that is and where is looked up when each change is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inherited {
    /// Which changes.
    pub interest: Interest,
    /// The wire's next `SequenceNumber`: counts on wherever they go.
    pub next_sequence: u32,
}

impl Inherited {
    /// Nothing of it was told yet.
    pub const fn new(interest: Interest) -> Self {
        Self {
            interest,
            next_sequence: 0,
        }
    }
}
