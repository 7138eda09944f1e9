//! Phone numbers of projects: what is to be done with the calls and messages that come in.
//!
//! Changed by the recorder alone. A number belongs to one project at a time; which numbers
//! there are is kept in the engine's directory.

use std::sync::Arc;

use crate::id::{ProjectId, Sid};
use crate::time::Timestamp;
use crate::webhook::{Webhook, WebhookChange};

/// What a number takes calls for (`VoiceReceiveMode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReceiveMode {
    /// Speech.
    #[default]
    Voice,
    /// Fax.
    Fax,
}

impl ReceiveMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Voice, Self::Fax];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Voice => "voice",
            Self::Fax => "fax",
        }
    }

    /// The mode of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

/// A phone number of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneNumber {
    /// Its SID.
    pub sid: Sid,
    /// Whose it is.
    pub project: ProjectId,
    /// In E.164.
    pub number: Arc<str>,
    /// What people call it.
    pub friendly_name: String,
    /// Where the document of a call that comes in is.
    pub voice: Webhook,
    /// Where it is, if that fails.
    pub voice_fallback: Webhook,
    /// The application whose URLs go before those of voice and status here.
    pub voice_application: Option<Sid>,
    /// What it takes calls for.
    pub receive_mode: ReceiveMode,
    /// What is asked when a message comes in.
    pub sms: Webhook,
    /// What is asked, if that fails.
    pub sms_fallback: Webhook,
    /// The application whose URLs go before those of messages here.
    pub sms_application: Option<Sid>,
    /// What is told of the end of each call that comes in.
    pub status_callback: Webhook,
    /// When it was taken.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What of a number is to be different; what it does not name stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained in `PhoneNumber`")]
pub struct NumberChange {
    pub project: Option<ProjectId>,
    pub friendly_name: Option<String>,
    pub voice: WebhookChange,
    pub voice_fallback: WebhookChange,
    pub voice_application: Option<Option<Sid>>,
    pub receive_mode: Option<ReceiveMode>,
    pub sms: WebhookChange,
    pub sms_fallback: WebhookChange,
    pub sms_application: Option<Option<Sid>>,
    pub status_callback: WebhookChange,
}

impl PhoneNumber {
    /// A number that a project takes, set up for nothing yet.
    pub fn taken(sid: Sid, project: ProjectId, number: Arc<str>, at: Timestamp) -> Self {
        Self {
            sid,
            project,
            friendly_name: crate::phone::formatted(&number),
            number,
            voice: Webhook::default(),
            voice_fallback: Webhook::default(),
            voice_application: None,
            receive_mode: ReceiveMode::default(),
            sms: Webhook::default(),
            sms_fallback: Webhook::default(),
            sms_application: None,
            status_callback: Webhook::default(),
            created_at: at,
            updated_at: at,
        }
    }

    /// Makes it what `change` says. The applications of the project that it leaves stay there.
    pub fn apply(&mut self, change: NumberChange, at: Timestamp) {
        let owner = change.project.unwrap_or(self.project);
        if owner != self.project {
            self.project = owner;
            self.voice_application = None;
            self.sms_application = None;
        }
        if let Some(name) = change.friendly_name {
            self.friendly_name = name;
        }
        self.voice.apply(change.voice);
        self.voice_fallback.apply(change.voice_fallback);
        self.voice_application = change.voice_application.unwrap_or(self.voice_application);
        self.receive_mode = change.receive_mode.unwrap_or(self.receive_mode);
        self.sms.apply(change.sms);
        self.sms_fallback.apply(change.sms_fallback);
        self.sms_application = change.sms_application.unwrap_or(self.sms_application);
        self.status_callback.apply(change.status_callback);
        self.updated_at = at;
    }
}
