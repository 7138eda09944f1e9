//! A project as REST shows it: an account.

use ringback_domain::project::Project;
use ringback_domain::time::Timestamp;
use serde::Serialize;

use super::account_path;
use crate::date;

/// An account (schema `Account`). Its token is never shown, its signing key when it is made.
#[derive(Clone, Debug, Serialize)]
pub struct AccountJson<'a> {
    sid: String,
    friendly_name: &'a str,
    status: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    auth_token: &'static str,
    owner_account_sid: String,
    region_preference: &'static str,
    subproject: bool,
    signing_key: Option<&'a str>,
    date_created: String,
    date_updated: String,
    uri: String,
    subresource_uris: SubresourceUris,
}

/// A field that is there and always null.
type Nothing = Option<()>;

#[derive(Clone, Debug, Serialize)]
struct SubresourceUris {
    addresses: Nothing,
    authorized_connect_apps: Nothing,
    connect_apps: Nothing,
    keys: Nothing,
    notifications: Nothing,
    outgoing_caller_ids: Nothing,
    sandbox: Nothing,
    sip: Nothing,
    short_codes: Nothing,
    usage: Nothing,
    available_phone_numbers: String,
    applications: String,
    calls: String,
    conferences: String,
    incoming_phone_numbers: String,
    queues: String,
    recordings: String,
    messages: String,
    transcriptions: String,
}

impl<'a> AccountJson<'a> {
    /// `project`, which was made at `since`.
    pub fn of(project: &'a Project, since: Timestamp) -> Self {
        let path = account_path(project.id);
        let date = date::rfc2822(since.as_micros());
        Self {
            sid: project.id.to_string(),
            friendly_name: &project.name,
            status: "active",
            kind: "Full",
            auth_token: "redacted",
            owner_account_sid: project.parent.unwrap_or(project.id).to_string(),
            region_preference: "us-east",
            subproject: project.parent.is_some(),
            signing_key: None,
            date_created: date.clone(),
            date_updated: date,
            subresource_uris: SubresourceUris::under(&path),
            uri: path,
        }
    }

    /// The same of one that was just made: its signing key is shown this once.
    #[must_use]
    pub fn with_signing_key(self, key: &'a str) -> Self {
        Self {
            signing_key: Some(key),
            ..self
        }
    }
}

impl SubresourceUris {
    fn under(path: &str) -> Self {
        let below = |name: &str| format!("{path}/{name}");
        Self {
            addresses: None,
            authorized_connect_apps: None,
            connect_apps: None,
            keys: None,
            notifications: None,
            outgoing_caller_ids: None,
            sandbox: None,
            sip: None,
            short_codes: None,
            usage: None,
            available_phone_numbers: below("AvailablePhoneNumbers"),
            applications: below("Applications"),
            calls: below("Calls"),
            conferences: below("Conferences"),
            incoming_phone_numbers: below("IncomingPhoneNumbers"),
            queues: below("Queues"),
            recordings: below("Recordings"),
            messages: below("Messages"),
            transcriptions: below("Transcriptions"),
        }
    }
}

#[cfg(test)]
mod tests {
    use ringback_domain::project::{Secret, Settings, SigningKeys};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_project_is_shown_as_the_published_example_is() {
        let project = Project {
            id: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            name: "demo".to_owned(),
            parent: None,
            created_at: Timestamp::default(),
            tokens: Vec::new(),
            keys: SigningKeys::one(Secret::new("key"), Timestamp::default()),
            settings: Settings::default(),
        };
        let since = Timestamp::from_micros(1_787_220_900_000_000);
        let shown = serde_json::to_value(AccountJson::of(&project, since)).unwrap();
        let expected: Value = serde_json::from_str(include_str!("examples/account.json")).unwrap();
        assert_eq!(shown, expected);
    }
}
