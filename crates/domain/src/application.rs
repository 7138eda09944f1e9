//! Applications: sets of URLs that calls, messages and numbers share.
//!
//! Changed by the recorder alone. Whoever names an application gets what its URLs are at that
//! moment: none is copied.

use crate::id::{ProjectId, Sid};
use crate::time::Timestamp;
use crate::webhook::{Webhook, WebhookChange};

/// An application of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// Its SID.
    pub sid: Sid,
    /// Whose it is.
    pub project: ProjectId,
    /// What people call it.
    pub friendly_name: String,
    /// Where a call's document is.
    pub voice: Webhook,
    /// Where it is, if that fails.
    pub voice_fallback: Webhook,
    /// What is told of calls.
    pub status_callback: Webhook,
    /// What is asked when a message comes in.
    pub sms: Webhook,
    /// What is asked, if that fails.
    pub sms_fallback: Webhook,
    /// What is told of messages; `MessageStatusCallback` is another name of it.
    pub sms_status_callback: Webhook,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What of an application is to be different; what it does not name stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained in `Application`")]
pub struct ApplicationChange {
    pub friendly_name: Option<String>,
    pub voice: WebhookChange,
    pub voice_fallback: WebhookChange,
    pub status_callback: WebhookChange,
    pub sms: WebhookChange,
    pub sms_fallback: WebhookChange,
    pub sms_status_callback: WebhookChange,
}

impl Application {
    /// A new application without any URL.
    pub fn blank(sid: Sid, project: ProjectId, at: Timestamp) -> Self {
        Self {
            sid,
            project,
            friendly_name: String::new(),
            voice: Webhook::default(),
            voice_fallback: Webhook::default(),
            status_callback: Webhook::default(),
            sms: Webhook::default(),
            sms_fallback: Webhook::default(),
            sms_status_callback: Webhook::default(),
            created_at: at,
            updated_at: at,
        }
    }

    /// Makes it what `change` says.
    pub fn apply(&mut self, change: ApplicationChange, at: Timestamp) {
        if let Some(name) = change.friendly_name {
            self.friendly_name = name;
        }
        self.voice.apply(change.voice);
        self.voice_fallback.apply(change.voice_fallback);
        self.status_callback.apply(change.status_callback);
        self.sms.apply(change.sms);
        self.sms_fallback.apply(change.sms_fallback);
        self.sms_status_callback.apply(change.sms_status_callback);
        self.updated_at = at;
    }
}
