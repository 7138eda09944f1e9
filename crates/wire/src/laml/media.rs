//! A piece of a message's media as REST shows it.

use ringback_domain::message::Media;
use ringback_domain::resource::Resource;
use serde::Serialize;

use super::account_path;
use crate::date;

/// A piece of media (schema `MessageMedia`).
#[derive(Clone, Debug, Serialize)]
pub struct MediaJson {
    sid: String,
    account_sid: String,
    parent_sid: String,
    content_type: &'static str,
    date_created: String,
    date_updated: String,
    uri: String,
}

impl MediaJson {
    /// `media`, which `message` carries. It came with its message and never changes.
    pub fn of(message: &Resource, media: &Media) -> Self {
        let created = date::rfc2822(message.created_at.as_micros());
        Self {
            sid: media.sid.to_string(),
            account_sid: message.project.to_string(),
            parent_sid: message.sid.to_string(),
            content_type: media.content_type,
            date_updated: created.clone(),
            date_created: created,
            uri: format!("{}/{}.json", media_path(message), media.sid),
        }
    }
}

/// The path of a message's media, without a suffix.
pub fn media_path(message: &Resource) -> String {
    let account = account_path(message.project);
    format!("{account}/Messages/{}/Media", message.sid)
}

#[cfg(test)]
mod tests {
    use ringback_domain::message::{MessageApi, MessageDirection, MessageTransport, NewMessage};
    use ringback_domain::resource::{Body, NewResource, Origin};
    use ringback_domain::time::Timestamp;
    use serde_json::Value;

    use super::*;

    #[test]
    fn media_is_shown_as_the_published_example_is() {
        let origin = Origin {
            sid: "5d2e1b33-0000-4000-8000-0000000005a1".parse().unwrap(),
            ordinal: 1,
            project: "9b1d2c3e-0000-4000-8000-00000000ac01".parse().unwrap(),
            depth: 0,
            at: Timestamp::from_micros(1_787_220_900_000_000),
        };
        let new = NewMessage {
            direction: MessageDirection::OutboundApi,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            body: String::new(),
            media: vec!["https://app.example/a.png?size=1".to_owned()],
            messaging_service: None,
            validity: std::time::Duration::from_secs(14_400),
            max_price: None,
            transport: MessageTransport::Sms,
            api: MessageApi::Compatible,
        };
        let sid = || "b2736088-0000-4000-8000-0000000000a2".parse().unwrap();
        let (resource, _) = Resource::create(origin, NewResource::Message(new), Vec::new(), sid);
        let Body::Message(message) = &resource.body else {
            panic!("it is a message")
        };
        let expected: Value = serde_json::from_str(include_str!("examples/media.json")).unwrap();
        let shown = MediaJson::of(&resource, &message.media[0]);
        assert_eq!(serde_json::to_value(shown).unwrap(), expected);
    }
}
