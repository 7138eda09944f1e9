//! What an application is asked with when a message came in: the parameters of the request for
//! a document, and what follows them where an action is asked.
//!
//! Called by the network that runs the document. Names are those of SignalWire's messaging
//! overview; the dialects differ in what they add.

use ringback_domain::id::ProjectId;
use ringback_domain::message::Message;
use ringback_domain::project::Dialect;
use ringback_domain::resource::Resource;

use crate::API_VERSION;

/// The parameters of a request about `message`, which is what `resource` holds, in order.
pub fn parameters(
    resource: &Resource,
    message: &Message,
    dialect: Dialect,
) -> Vec<(String, String)> {
    let sid = resource.sid.to_string();
    let mut pairs = Pairs(Vec::new());
    pairs.add("MessageSid", &sid);
    pairs.add("AccountSid", &account(resource.project));
    pairs.add("From", &message.from);
    pairs.add("To", &message.to);
    pairs.add("Body", &message.body);
    pairs.add("NumMedia", &message.media.len().to_string());
    for (number, media) in message.media.iter().enumerate() {
        pairs.add(&format!("MediaUrl{number}"), &media.url);
        pairs.add(&format!("MediaContentType{number}"), media.content_type);
    }
    match dialect {
        Dialect::SignalWireStrict => {}
        Dialect::SignalWire => pairs.add_older(&sid, message),
        Dialect::Twilio => {
            pairs.add_older(&sid, message);
            pairs.add("SmsMessageSid", &sid);
            pairs.add("SmsStatus", "received");
        }
    }
    pairs.0
}

struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn add(&mut self, name: &str, value: &str) {
        self.0.push((name.to_owned(), value.to_owned()));
    }

    /// What older pages and samples read.
    fn add_older(&mut self, sid: &str, message: &Message) {
        self.add("NumSegments", &message.segments.to_string());
        self.add("SmsSid", sid);
        self.add("ApiVersion", API_VERSION);
    }
}

fn account(project: ProjectId) -> String {
    project.to_string()
}
