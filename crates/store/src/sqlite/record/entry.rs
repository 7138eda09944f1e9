//! The stored form of a phone number and of an application: their webhooks.

use std::borrow::Cow;

use ringback_domain::application::Application;
use ringback_domain::id::Sid;
use ringback_domain::number::{PhoneNumber, ReceiveMode};
use ringback_domain::subscription::Method;
use ringback_domain::webhook::Webhook;
use serde::{Deserialize, Serialize};

use crate::sqlite::error::ReadError;

/// A phone number without what its columns hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct NumberRecord<'a> {
    #[serde(borrow)]
    friendly_name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    voice: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    voice_fallback: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voice_application: Option<Cow<'a, str>>,
    receive_mode: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    sms: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    sms_fallback: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sms_application: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    status_callback: WebhookRecord<'a>,
}

/// An application without what its columns hold.
#[derive(Debug, Serialize, Deserialize)]
pub struct ApplicationRecord<'a> {
    #[serde(default, borrow, skip_serializing_if = "WebhookRecord::is_blank")]
    voice: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    voice_fallback: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    status_callback: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    sms: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    sms_fallback: WebhookRecord<'a>,
    #[serde(default, skip_serializing_if = "WebhookRecord::is_blank")]
    sms_status_callback: WebhookRecord<'a>,
}

/// A webhook; its method is left out where it is the usual one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct WebhookRecord<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    method: Option<Cow<'a, str>>,
}

impl WebhookRecord<'_> {
    const fn is_blank(&self) -> bool {
        self.url.is_none() && self.method.is_none()
    }
}

impl<'a> From<&'a PhoneNumber> for NumberRecord<'a> {
    fn from(number: &'a PhoneNumber) -> Self {
        let written = |sid: Option<Sid>| sid.map(|sid| Cow::Owned(sid.to_string()));
        Self {
            friendly_name: Cow::Borrowed(&number.friendly_name),
            voice: (&number.voice).into(),
            voice_fallback: (&number.voice_fallback).into(),
            voice_application: written(number.voice_application),
            receive_mode: Cow::Borrowed(number.receive_mode.as_str()),
            sms: (&number.sms).into(),
            sms_fallback: (&number.sms_fallback).into(),
            sms_application: written(number.sms_application),
            status_callback: (&number.status_callback).into(),
        }
    }
}

impl NumberRecord<'_> {
    /// Puts it into `number`, which has what its columns hold.
    pub fn fill(self, number: &mut PhoneNumber) -> Result<(), ReadError> {
        number.friendly_name = self.friendly_name.into_owned();
        number.voice = self.voice.try_into()?;
        number.voice_fallback = self.voice_fallback.try_into()?;
        number.voice_application = sid(self.voice_application.as_deref())?;
        number.receive_mode = ReceiveMode::parse(&self.receive_mode)
            .ok_or_else(|| ReadError::unknown("receive mode", self.receive_mode))?;
        number.sms = self.sms.try_into()?;
        number.sms_fallback = self.sms_fallback.try_into()?;
        number.sms_application = sid(self.sms_application.as_deref())?;
        number.status_callback = self.status_callback.try_into()?;
        Ok(())
    }
}

impl<'a> From<&'a Application> for ApplicationRecord<'a> {
    fn from(application: &'a Application) -> Self {
        Self {
            voice: (&application.voice).into(),
            voice_fallback: (&application.voice_fallback).into(),
            status_callback: (&application.status_callback).into(),
            sms: (&application.sms).into(),
            sms_fallback: (&application.sms_fallback).into(),
            sms_status_callback: (&application.sms_status_callback).into(),
        }
    }
}

impl ApplicationRecord<'_> {
    /// Puts it into `application`, which has what its columns hold.
    pub fn fill(self, application: &mut Application) -> Result<(), ReadError> {
        application.voice = self.voice.try_into()?;
        application.voice_fallback = self.voice_fallback.try_into()?;
        application.status_callback = self.status_callback.try_into()?;
        application.sms = self.sms.try_into()?;
        application.sms_fallback = self.sms_fallback.try_into()?;
        application.sms_status_callback = self.sms_status_callback.try_into()?;
        Ok(())
    }
}

fn sid(text: Option<&str>) -> Result<Option<Sid>, ReadError> {
    text.map(super::sid).transpose()
}

impl<'a> From<&'a Webhook> for WebhookRecord<'a> {
    fn from(webhook: &'a Webhook) -> Self {
        let unusual = webhook.method != Method::default();
        Self {
            url: webhook.url.as_deref().map(Cow::Borrowed),
            method: unusual.then(|| Cow::Borrowed(webhook.method.as_str())),
        }
    }
}

impl TryFrom<WebhookRecord<'_>> for Webhook {
    type Error = ReadError;

    fn try_from(record: WebhookRecord<'_>) -> Result<Self, ReadError> {
        let method = record
            .method
            .map(|word| Method::parse(&word).ok_or_else(|| ReadError::unknown("method", word)));
        Ok(Self {
            url: record.url.map(Cow::into_owned),
            method: method.transpose()?.unwrap_or_default(),
        })
    }
}
