//! Recordings of calls and conferences: their statuses and what may follow what.
//!
//! The transitions are those of SignalWire's documented states. A recording can be paused and
//! taken up again as often as one likes; `resumed`, which REST lists, is `in-progress` again.

use std::time::Duration;

use crate::errors::ErrorCode;
use crate::id::Sid;
use crate::project::Price;
use crate::time::Timestamp;
use crate::verdict::{Gap, Verdict};

/// Where a recording stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RecordingStatus {
    /// Asked for, not yet begun.
    Queued,
    /// It records, for the first time or again after a pause.
    InProgress,
    /// It waits; the call goes on.
    Paused,
    /// It is over; the file is being made.
    Stopped,
    /// The file is there.
    Completed,
    /// There is no file: too short, silent, or trimmed to nothing.
    Absent,
    /// It could not be stored or encoded.
    Failed,
}

impl RecordingStatus {
    /// What a recording begins with.
    pub const FIRST: Self = Self::Queued;

    /// Every status, in the order of a recording's life.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::InProgress,
        Self::Paused,
        Self::Stopped,
        Self::Completed,
        Self::Absent,
        Self::Failed,
    ];

    /// The word of the change log, of REST and of callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InProgress => "in-progress",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Completed => "completed",
            Self::Absent => "absent",
            Self::Failed => "failed",
        }
    }

    /// The status of this name; `resumed` and `in-progress` are one, and so are `processing`
    /// and `stopped`.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "resumed" => Some(Self::InProgress),
            "processing" => Some(Self::Stopped),
            _ => Self::ALL.into_iter().find(|status| status.as_str() == name),
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Absent | Self::Failed => true,
            Self::Queued | Self::InProgress | Self::Paused | Self::Stopped => false,
        }
    }

    /// What a report of `reported` means for a recording that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use RecordingStatus::{Absent, Completed, Failed, InProgress, Paused, Queued, Stopped};
        match (self, reported) {
            (Queued, Queued)
            | (InProgress, InProgress)
            | (Paused, Paused)
            | (Stopped, Stopped)
            | (Completed, Completed)
            | (Absent, Absent)
            | (Failed, Failed) => Verdict::Repeat,

            (Queued, InProgress | Failed)
            | (InProgress, Paused | Stopped | Failed)
            | (Paused, InProgress | Stopped | Failed)
            | (Stopped, Completed | Absent | Failed) => Verdict::Accepted(Gap::None),

            (Queued, Paused | Stopped | Completed | Absent)
            | (InProgress | Paused, Completed | Absent) => Verdict::Accepted(Gap::Skipped),

            (InProgress | Paused | Stopped | Completed | Absent | Failed, Queued)
            | (Stopped | Completed | Absent | Failed, InProgress | Paused)
            | (Completed | Absent | Failed, Stopped) => Verdict::Late,

            (Completed, Absent | Failed)
            | (Absent, Completed | Failed)
            | (Failed, Completed | Absent) => Verdict::Conflict,
        }
    }
}

/// What had a recording made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingSource {
    /// A document's `<Dial record>`.
    DialVerb,
    /// A document's `<Conference record>`.
    Conference,
    /// `Record=true` when the call was created over REST.
    OutboundApi,
    /// A trunk's own setting.
    Trunking,
    /// A document's `<Record>`.
    RecordVerb,
    /// A recording created over REST while the call was live.
    StartCallRecordingApi,
    /// A recording created over REST while the conference was live.
    StartConferenceRecording,
}

impl RecordingSource {
    /// Every source.
    pub const ALL: [Self; 7] = [
        Self::DialVerb,
        Self::Conference,
        Self::OutboundApi,
        Self::Trunking,
        Self::RecordVerb,
        Self::StartCallRecordingApi,
        Self::StartConferenceRecording,
    ];

    /// SignalWire's word for it, as its published schemas spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DialVerb => "DialVerb",
            Self::Conference => "Conference",
            Self::OutboundApi => "OutBoundApi",
            Self::Trunking => "Trunking",
            Self::RecordVerb => "RecordVerb",
            Self::StartCallRecordingApi => "StartCallRecordingApi",
            Self::StartConferenceRecording => "StartConferenceRecording",
        }
    }

    /// Twilio's word for it.
    pub const fn twilio(self) -> &'static str {
        match self {
            Self::OutboundApi => "OutboundAPI",
            Self::StartCallRecordingApi => "StartCallRecordingAPI",
            Self::StartConferenceRecording => "StartConferenceRecordingAPI",
            Self::DialVerb | Self::Conference | Self::Trunking | Self::RecordVerb => self.as_str(),
        }
    }

    /// The source of this name, in either spelling, in capitals or not: SignalWire's own
    /// pages differ.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| {
            source.as_str().eq_ignore_ascii_case(name) || source.twilio().eq_ignore_ascii_case(name)
        })
    }
}

/// How many channels a recording has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingChannels {
    /// Both sides in one.
    Mono,
    /// A side each.
    Dual,
}

impl RecordingChannels {
    /// How many they are: 1 or 2.
    pub const fn count(self) -> u8 {
        match self {
            Self::Mono => 1,
            Self::Dual => 2,
        }
    }

    /// The channels of this count.
    pub const fn of_count(count: u8) -> Option<Self> {
        match count {
            1 => Some(Self::Mono),
            2 => Some(Self::Dual),
            _ => None,
        }
    }
}

/// Which side of a call is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingTrack {
    /// What comes in.
    Inbound,
    /// What goes out.
    Outbound,
    /// All of it.
    Both,
}

impl RecordingTrack {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Both => "both",
        }
    }

    /// The track of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Inbound, Self::Outbound, Self::Both]
            .into_iter()
            .find(|track| track.as_str() == name)
    }
}

/// What becomes of silence at a recording's beginning and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RecordingTrim {
    /// It is cut off.
    TrimSilence,
    /// It stays.
    #[default]
    DoNotTrim,
}

impl RecordingTrim {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TrimSilence => "trim-silence",
            Self::DoNotTrim => "do-not-trim",
        }
    }

    /// The trim of this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::TrimSilence, Self::DoNotTrim]
            .into_iter()
            .find(|trim| trim.as_str() == name)
    }
}

/// Whether a recording is to be transcribed once it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Transcribe {
    /// It is not.
    #[default]
    No,
    /// It is; whoever wants to hear of that is told at this URL.
    Yes(Option<String>),
}

/// What an application, or the network, says of a new recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRecording {
    /// The call that is recorded.
    pub call: Sid,
    /// The conference that is recorded.
    pub conference: Option<Sid>,
    /// What had it made.
    pub source: RecordingSource,
    /// How many channels it has.
    pub channels: RecordingChannels,
    /// Which side of the call it is of, where that was asked for.
    pub track: Option<RecordingTrack>,
    /// What becomes of silence at its beginning and end.
    pub trim: RecordingTrim,
    /// Whether it is to be transcribed once it is there.
    pub transcribe: Transcribe,
}

/// A recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recording {
    /// The call that is recorded.
    pub call: Sid,
    /// The conference that is recorded.
    pub conference: Option<Sid>,
    /// What had it made.
    pub source: RecordingSource,
    /// How many channels it has.
    pub channels: RecordingChannels,
    /// Which side of the call it is of.
    pub track: Option<RecordingTrack>,
    /// What becomes of silence at its beginning and end.
    pub trim: RecordingTrim,
    /// Where it stands.
    pub status: RecordingStatus,
    /// Where it can be fetched once it is completed; none until somebody says so.
    pub url: Option<String>,
    /// How long it is, in whole seconds.
    pub duration: Option<Duration>,
    /// Why it failed.
    pub error: Option<ErrorCode>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was stopped, or ended without that.
    pub ended_at: Option<Timestamp>,
}

/// What a network says of a recording beside its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordingFacts {
    /// Where it can be fetched.
    pub url: Option<String>,
    /// How long it is.
    pub duration: Option<Duration>,
    /// Why it failed.
    pub error: Option<ErrorCode>,
}

impl Recording {
    /// What it costs: 0.0025 USD for each minute begun; nothing where there is no file.
    pub fn price(&self) -> Price {
        let minutes = match (self.status, self.duration) {
            (RecordingStatus::Completed, Some(duration)) => duration.as_secs().div_ceil(60).max(1),
            (_, _) => 0,
        };
        Price::from_micro_usd(2_500 * i64::try_from(minutes).unwrap_or(i64::MAX / 2_500))
    }

    /// A new one, of which nothing is told yet.
    pub(crate) fn begun(new: &NewRecording) -> Self {
        Self {
            call: new.call,
            conference: new.conference,
            source: new.source,
            channels: new.channels,
            track: new.track,
            trim: new.trim,
            status: RecordingStatus::FIRST,
            url: None,
            duration: None,
            error: None,
            started_at: None,
            ended_at: None,
        }
    }

    /// Takes over an accepted report.
    pub(crate) fn accept(
        &mut self,
        status: RecordingStatus,
        facts: &RecordingFacts,
        at: Timestamp,
    ) {
        self.status = status;
        match status {
            RecordingStatus::Queued | RecordingStatus::Paused => {}
            RecordingStatus::InProgress => self.started_at = self.started_at.or(Some(at)),
            RecordingStatus::Stopped
            | RecordingStatus::Completed
            | RecordingStatus::Absent
            | RecordingStatus::Failed => self.ended_at = self.ended_at.or(Some(at)),
        }
        self.duration = facts.duration.or(self.duration);
        if facts.url.is_some() {
            self.url.clone_from(&facts.url);
        }
        if facts.error.is_some() {
            self.error.clone_from(&facts.error);
        }
    }
}
