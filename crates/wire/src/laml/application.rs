//! An application as REST shows it.

use ringback_domain::application::Application;
use serde::Serialize;

use super::account_path;
use crate::{API_VERSION, date};

/// An application (schema `Application`).
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationJson<'a> {
    sid: String,
    account_sid: String,
    api_version: &'static str,
    friendly_name: &'a str,
    voice_url: Option<&'a str>,
    voice_method: &'static str,
    voice_fallback_url: Option<&'a str>,
    voice_fallback_method: &'static str,
    voice_caller_id_lookup: Option<()>,
    status_callback: Option<&'a str>,
    status_callback_method: &'static str,
    sms_url: Option<&'a str>,
    sms_method: &'static str,
    sms_fallback_url: Option<&'a str>,
    sms_fallback_method: &'static str,
    sms_status_callback: Option<&'a str>,
    sms_status_callback_method: &'static str,
    message_status_callback: Option<&'a str>,
    date_created: String,
    date_updated: String,
    uri: String,
}

impl<'a> ApplicationJson<'a> {
    /// `application`.
    pub fn of(application: &'a Application) -> Self {
        let account = account_path(application.project);
        let sms_status = application.sms_status_callback.url.as_deref();
        Self {
            sid: application.sid.to_string(),
            account_sid: application.project.to_string(),
            api_version: API_VERSION,
            friendly_name: &application.friendly_name,
            voice_url: application.voice.url.as_deref(),
            voice_method: application.voice.method.as_str(),
            voice_fallback_url: application.voice_fallback.url.as_deref(),
            voice_fallback_method: application.voice_fallback.method.as_str(),
            voice_caller_id_lookup: None,
            status_callback: application.status_callback.url.as_deref(),
            status_callback_method: application.status_callback.method.as_str(),
            sms_url: application.sms.url.as_deref(),
            sms_method: application.sms.method.as_str(),
            sms_fallback_url: application.sms_fallback.url.as_deref(),
            sms_fallback_method: application.sms_fallback.method.as_str(),
            sms_status_callback: sms_status,
            sms_status_callback_method: application.sms_status_callback.method.as_str(),
            message_status_callback: sms_status,
            date_created: date::rfc2822(application.created_at.as_micros()),
            date_updated: date::rfc2822(application.updated_at.as_micros()),
            uri: format!("{account}/Applications/{}.json", application.sid),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::application::ApplicationChange;
    use ringback_domain::time::Timestamp;
    use ringback_domain::webhook::WebhookChange;
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_application_is_shown_as_the_published_example_is() {
        let at = Timestamp::from_micros(1_787_220_900_000_000);
        let mut application = Application::blank(
            "a1625f77-0000-4000-8000-0000000000f1".parse().unwrap(),
            "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            at,
        );
        let url = |path: &str| WebhookChange {
            url: Some(Some(format!("https://app.example.com/{path}"))),
            method: None,
        };
        let change = ApplicationChange {
            friendly_name: Some("my app".to_owned()),
            status_callback: url("CallStatus"),
            sms_status_callback: url("smsErrorTracker"),
            ..ApplicationChange::default()
        };
        application.apply(change, at);
        let shown = serde_json::to_value(ApplicationJson::of(&application)).unwrap();
        let expected = include_str!("examples/application.json");
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(shown, expected);
    }
}
