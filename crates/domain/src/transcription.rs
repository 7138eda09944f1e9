//! Transcriptions of recordings: one end, told once.

use std::time::Duration;

use crate::call::{CallDirection, CallStatus};
use crate::id::Sid;
use crate::project::Price;
use crate::verdict::{Gap, Verdict};

/// Where a transcription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TranscriptionStatus {
    /// Somebody listens.
    InProgress,
    /// The text is there.
    Completed,
    /// There is no text.
    Failed,
}

impl TranscriptionStatus {
    /// What a transcription begins with.
    pub const FIRST: Self = Self::InProgress;

    /// Every status, in the order of a transcription's life.
    pub const ALL: [Self; 3] = [Self::InProgress, Self::Completed, Self::Failed];

    /// The word of the change log, of REST and of callbacks.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in-progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::Failed => true,
            Self::InProgress => false,
        }
    }

    /// What a report of `reported` means for a transcription that stands at `self`.
    pub const fn judge(self, reported: Self) -> Verdict {
        use TranscriptionStatus::{Completed, Failed, InProgress};
        match (self, reported) {
            (InProgress, InProgress) | (Completed, Completed) | (Failed, Failed) => Verdict::Repeat,
            (InProgress, Completed | Failed) => Verdict::Accepted(Gap::None),
            (Completed | Failed, InProgress) => Verdict::Late,
            (Completed, Failed) | (Failed, Completed) => Verdict::Conflict,
        }
    }
}

/// The call whose recording is written down, as the callback tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscribedCall {
    /// Its SID.
    pub sid: Sid,
    /// Who called.
    pub from: String,
    /// Who was called.
    pub to: String,
    /// Where it stood when the transcription was asked for, if that is known.
    pub status: Option<CallStatus>,
    /// Which way it went, if that is known.
    pub direction: Option<CallDirection>,
}

/// What an application, or the network, says of a new transcription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTranscription {
    /// The recording that is written down.
    pub recording: Sid,
    /// The call that was recorded.
    pub call: TranscribedCall,
}

/// A transcription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcription {
    /// The recording that is written down.
    pub recording: Sid,
    /// Where that can be fetched; none until somebody says so.
    pub recording_url: Option<String>,
    /// How long that is, if it is known.
    pub recording_duration: Option<Duration>,
    /// The call that was recorded.
    pub call: TranscribedCall,
    /// Where it stands.
    pub status: TranscriptionStatus,
    /// What was said; empty until it is known, and once it was erased.
    pub text: String,
    /// Where REST shows it; none until somebody says so.
    pub url: Option<String>,
}

/// What a network says of a transcription beside its status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TranscriptionFacts {
    /// What was said.
    pub text: Option<String>,
    /// Where REST shows it.
    pub url: Option<String>,
    /// Where the recording can be fetched.
    pub recording_url: Option<String>,
    /// How long the recording is.
    pub recording_duration: Option<Duration>,
}

impl Transcription {
    /// A new one, of which nothing is told yet.
    pub(crate) fn begun(new: NewTranscription) -> Self {
        Self {
            recording: new.recording,
            recording_url: None,
            recording_duration: None,
            call: new.call,
            status: TranscriptionStatus::FIRST,
            text: String::new(),
            url: None,
        }
    }

    /// What it costs: 0.00025 USD for each minute of the recording begun, nothing without a
    /// text.
    pub fn price(&self) -> Price {
        let seconds = self.recording_duration.unwrap_or_default().as_secs();
        let minutes = match self.status {
            TranscriptionStatus::Completed => seconds.div_ceil(60).max(1),
            TranscriptionStatus::InProgress | TranscriptionStatus::Failed => 0,
        };
        Price::from_micro_usd(250 * i64::try_from(minutes).unwrap_or(i64::MAX / 250))
    }

    /// Takes over an accepted report.
    pub(crate) fn accept(&mut self, status: TranscriptionStatus, facts: &TranscriptionFacts) {
        self.status = status;
        if let Some(text) = &facts.text {
            self.text.clone_from(text);
        }
        if facts.url.is_some() {
            self.url.clone_from(&facts.url);
        }
        if facts.recording_url.is_some() {
            self.recording_url.clone_from(&facts.recording_url);
        }
        self.recording_duration = facts.recording_duration.or(self.recording_duration);
    }

    /// Erases what it said.
    pub(crate) fn redact(&mut self) {
        self.text.clear();
    }
}
