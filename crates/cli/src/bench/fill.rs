//! Stores with a past: written directly, for a server would take too long to make them.
//!
//! What is written is what the recorder writes for the same load.

use std::path::Path;
use std::time::Duration;

use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::change::{Change, News};
use ringback_domain::id::{CallbackId, IdSequence, ProjectId, Sid};
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::project::Settings;
use ringback_domain::resource::{NewResource, Origin, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::time::Timestamp;
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Outcome, Store as _};
use ringback_wire::callback::owed;
use ringback_wire::url::CallbackUrl;
use uuid::Uuid;

use super::load::text;
use super::server::project;
use crate::complaint::Complaint;

/// Messages of one commit.
const GROUP: u32 = 500;

const FOLLOWING: [MessageStatus; 3] = [
    MessageStatus::Sending,
    MessageStatus::Sent,
    MessageStatus::Delivered,
];

/// What became of the callbacks that are written.
#[derive(Clone, Copy, Debug)]
pub enum Past {
    /// They were delivered.
    Delivered,
    /// They failed and wait, each for its time.
    Waiting {
        /// When the callbacks of the message with this number are due.
        due: fn(u32, Timestamp) -> Timestamp,
    },
}

/// What is to be written.
#[derive(Clone, Debug)]
pub struct Fill {
    /// Whose it is.
    pub project: ProjectId,
    /// Where callbacks went.
    pub url: String,
    /// How many messages, of four callbacks each.
    pub messages: u32,
    /// What became of them.
    pub past: Past,
    /// When it is written.
    pub now: Timestamp,
}

/// Writes a store into the folder `data`, which does not exist yet.
pub async fn fill(data: &Path, what: &Fill) -> Result<(), Complaint> {
    let failed = |error: &dyn std::error::Error| {
        Complaint::because("the store under test cannot be written", error)
    };
    let store = SqliteStore::open(data).map_err(|error| failed(&error))?;
    store
        .commit(project())
        .await
        .map_err(|error| failed(&error))?;
    let mut writer = Writer::new(what);
    let mut number = 0;
    while number < what.messages {
        let last = what.messages.min(number + GROUP);
        let batch = writer.batch(number..last);
        store.commit(batch).await.map_err(|error| failed(&error))?;
        number = last;
    }
    store.close().await;
    Ok(())
}

struct Writer<'a> {
    what: &'a Fill,
    ids: IdSequence,
    position: u64,
    destination: String,
}

impl<'a> Writer<'a> {
    fn new(what: &'a Fill) -> Self {
        let url = CallbackUrl::parse(&what.url);
        Self {
            what,
            ids: IdSequence::after(Uuid::nil()),
            position: 0,
            destination: url.map_or_else(|_| String::new(), |url| url.origin().to_owned()),
        }
    }

    fn batch(&mut self, numbers: std::ops::Range<u32>) -> Batch {
        let mut batch = Batch::default();
        for number in numbers {
            self.message(&mut batch, number);
        }
        batch
    }

    fn message(&mut self, batch: &mut Batch, number: u32) {
        let origin = Origin {
            sid: Sid::new(self.id()),
            ordinal: u64::from(number) + 1,
            project: self.what.project,
            depth: 0,
            at: self.what.now,
        };
        let subscription = Subscription {
            url: self.what.url.clone(),
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        };
        let no_media = || Sid::from_bytes([0; 16]);
        let (mut resource, change) =
            Resource::create(origin, new_message(number), vec![subscription], no_media);
        self.callback(batch, &resource, &change, number);
        batch.changes.push(change);
        for status in FOLLOWING {
            let news = News::Message(status, MessageFacts::default());
            // Each status may follow the one before.
            if let Ok(change) = resource.report(news, self.what.now) {
                self.callback(batch, &resource, &change, number);
                batch.changes.push(change);
            }
        }
        batch.resources.push(resource);
    }

    fn callback(&mut self, batch: &mut Batch, resource: &Resource, change: &Change, number: u32) {
        let settings = Settings::default();
        for rendered in owed(resource, change, &resource.subscriptions[0], &settings) {
            self.position += 1;
            let callback = Callback {
                id: CallbackId::new(self.id()),
                position: self.position,
                project: self.what.project,
                resource: resource.sid,
                seq: change.seq,
                status: rendered.status.into(),
                url: self.what.url.as_str().into(),
                destination: self.destination.as_str().into(),
                method: Method::Post,
                encoding: rendered.encoding,
                body: rendered.body.into(),
                depth: 0,
                recorded_at: self.what.now,
                state: CallbackState::Pending,
                due: self.what.now,
                attempts: 0,
                first_failed_at: None,
                settled_at: None,
                replay: None,
            };
            match self.what.past {
                Past::Delivered => {
                    batch.outcomes.push(delivered(&callback));
                    batch.callbacks.push(callback);
                }
                Past::Waiting { due } => batch.callbacks.push(Callback {
                    due: due(number, self.what.now),
                    attempts: WAITING_ATTEMPTS,
                    first_failed_at: Some(self.what.now),
                    ..callback
                }),
            }
        }
    }

    fn id(&mut self) -> Uuid {
        // Two ids of a store never meet: the low bits are counted up.
        self.ids.next(self.what.now, 0)
    }
}

/// The quick tries of one that waits are over.
pub const WAITING_ATTEMPTS: u32 = 5;

fn new_message(number: u32) -> NewResource {
    NewResource::Message(NewMessage {
        direction: MessageDirection::OutboundApi,
        from: "+15550100001".to_owned(),
        to: "+15550100002".to_owned(),
        body: text(number),
        media: Vec::new(),
        messaging_service: None,
        validity: Duration::from_secs(4 * 3600),
        max_price: None,
        transport: MessageTransport::Sms,
        api: MessageApi::Compatible,
    })
}

/// The outcome of an attempt as the sink answers it.
fn delivered(callback: &Callback) -> Outcome {
    let millisecond = Duration::from_millis(1);
    let attempt = Attempt {
        callback: callback.id,
        number: 1,
        started_at: callback.due,
        timings: Timings {
            first_byte: Some(millisecond),
            total: millisecond,
            ..Timings::default()
        },
        url: callback.url.to_string(),
        headers: headers(callback.id),
        answer: Some(Answer {
            status: 204,
            headers: "date: Mon, 01 Jan 2024 00:00:00 GMT\n".to_owned(),
            excerpt: Vec::new(),
        }),
        note: None,
        result: AttemptResult::Accepted,
    };
    Outcome {
        callback: callback.id,
        position: callback.position,
        state: CallbackState::Delivered,
        due: callback.due,
        attempts: 1,
        first_failed_at: None,
        settled_at: Some(callback.due),
        attempt: Some(attempt),
    }
}

fn headers(id: CallbackId) -> String {
    format!(
        "Host: 127.0.0.1:40000\n\
         User-Agent: Ringback/0.1.0\n\
         X-Twilio-Signature: E9zjz7KWpTa+5NVnM+bDaRIV2Ks=\n\
         Webhook-Signature: v1,fBL5VK8b/QJWdeLUuqN4aBjh3qvUYmOkdyqYK4+t+/c=\n\
         Webhook-Timestamp: 1712255535\n\
         I-Twilio-Idempotency-Token: {id}\n\
         Webhook-Id: {id}\n\
         X-Signalwire-Signature: E9zjz7KWpTa+5NVnM+bDaRIV2Ks=\n\
         Ringback-Depth: 1\n\
         Content-Type: application/x-www-form-urlencoded; charset=UTF-8\n\
         Content-Length: 700\n"
    )
}
