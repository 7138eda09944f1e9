//! What the store spends on a callback: processor time of commits as the recorder makes them.
//!
//! `cargo run --release -p ringback-store --example commit -- FOLDER [CALLBACKS]`. Each commit
//! has 500 changes, each owing one callback, of messages that change four times, and 500
//! outcomes of callbacks of the commit before: what a busy server writes. The folder is made,
//! and left for a look at it.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ringback_domain::attempt::{Answer, Attempt, AttemptResult, Timings};
use ringback_domain::callback::{Callback, CallbackState, Encoding};
use ringback_domain::change::{Change, News};
use ringback_domain::id::{CallbackId, IdSequence, ProjectId, Sid};
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::resource::{NewResource, Origin, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::time::Timestamp;
use ringback_store::sqlite::SqliteStore;
use ringback_store::{Batch, Outcome, Store as _};
use rustix::time::{ClockId, clock_gettime};
use uuid::Uuid;

/// Changes, and outcomes, of one commit.
const GROUP: usize = 500;

const URL: &str = "http://127.0.0.1:40000/callbacks/status";
const STATUSES: [MessageStatus; 3] = [
    MessageStatus::Sending,
    MessageStatus::Sent,
    MessageStatus::Delivered,
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().expect("the folder is the first argument"));
    let count = args
        .next()
        .map_or(200_000, |n| n.parse().expect("a number"));
    let store = SqliteStore::open(&folder).expect("the folder can be made");
    let mut load = Load::default();
    let mut cpu = Duration::ZERO;
    let mut took = Vec::new();
    for _ in 0..count / GROUP {
        let batch = load.batch();
        let (cpu_before, before) = (now(ClockId::ProcessCPUTime), now(ClockId::Monotonic));
        store.commit(batch).await.expect("the disk has room");
        cpu += now(ClockId::ProcessCPUTime).saturating_sub(cpu_before);
        took.push(now(ClockId::Monotonic).saturating_sub(before));
    }
    store.close().await;
    took.sort_unstable();
    let file = folder.join("ringback.db");
    let bytes = fs::metadata(file).expect("the store is there").len();
    report(count, cpu, &took, bytes);
}

#[expect(clippy::print_stdout, reason = "this is what it is for")]
fn report(count: usize, cpu: Duration, took: &[Duration], bytes: u64) {
    let (Some(longest), Ok(callbacks)) = (took.last(), u32::try_from(count)) else {
        return println!("nothing was written");
    };
    let (median, late) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    println!("processor  {:?} a callback", cpu / callbacks);
    println!(
        "size       {} bytes a callback",
        bytes / u64::from(callbacks)
    );
    println!("commits    p50 {median:?}, p99 {late:?}, longest {longest:?}");
}

/// A clock of this process or of the machine.
fn now(clock: ClockId) -> Duration {
    let now = clock_gettime(clock);
    let nanos = u32::try_from(now.tv_nsec).expect("less than a second");
    Duration::new(now.tv_sec.unsigned_abs(), nanos)
}

#[derive(Default)]
struct Load {
    ids: IdSequence,
    seed: u64,
    clock: i64,
    ordinal: u64,
    position: u64,
    /// Messages that change again, and how often they have.
    under_way: VecDeque<(Resource, usize)>,
    in_flight: Vec<Callback>,
}

impl Load {
    fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        self.clock += 20_000;
        for callback in std::mem::take(&mut self.in_flight) {
            batch.outcomes.push(self.delivered(&callback));
        }
        // Attempts end out of order, by as much as there are at once.
        for window in batch.outcomes.chunks_mut(64) {
            window.sort_by_key(|outcome| outcome.attempt.as_ref().map(|it| it.timings.total));
        }
        for n in 0..GROUP {
            let (resource, change, told) = if n % 4 == 0 {
                self.new_message()
            } else {
                self.next_status()
            };
            let callback = self.callback(&resource, &change);
            batch.callbacks.push(callback.clone());
            self.in_flight.push(callback);
            batch.changes.push(change);
            batch.resources.push(resource.clone());
            if told < STATUSES.len() {
                self.under_way.push_back((resource, told));
            }
        }
        // The recorder collects them from a set.
        batch
            .resources
            .sort_by_key(|it| it.ordinal.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        batch.resources.dedup_by_key(|it| it.ordinal);
        batch
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_760_000_000_000_000 + self.clock)
    }

    fn random(&mut self) -> u64 {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.seed ^ (self.seed >> 29)
    }

    fn id(&mut self) -> Uuid {
        let random = self.random();
        self.ids.next(self.now(), random)
    }

    fn new_message(&mut self) -> (Resource, Change, usize) {
        self.ordinal += 1;
        let origin = Origin {
            sid: Sid::new(self.id()),
            ordinal: self.ordinal,
            project: ProjectId::new(Uuid::from_u128(7)),
            depth: 0,
            at: self.now(),
        };
        let subscription = Subscription {
            url: URL.to_owned(),
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        };
        let message = NewMessage {
            direction: MessageDirection::OutboundApi,
            from: "+15550100001".to_owned(),
            to: format!("+1555{:07}", self.ordinal),
            body: format!(
                "Your order {} has left our house and will be with you tomorrow.",
                self.ordinal
            ),
            media: Vec::new(),
            messaging_service: None,
            validity: Duration::from_secs(4 * 3600),
            max_price: None,
            transport: MessageTransport::Sms,
            api: MessageApi::Compatible,
        };
        let no_media = || Sid::from_bytes([0; 16]);
        let (resource, change) = Resource::create(
            origin,
            NewResource::Message(message),
            vec![subscription],
            no_media,
        );
        (resource, change, 0)
    }

    fn next_status(&mut self) -> (Resource, Change, usize) {
        let Some((mut resource, told)) = self.under_way.pop_front() else {
            return self.new_message();
        };
        let news = News::Message(STATUSES[told], MessageFacts::default());
        let change = resource
            .report(news, self.now())
            .expect("one follows another");
        (resource, change, told + 1)
    }

    fn callback(&mut self, resource: &Resource, change: &Change) -> Callback {
        self.position += 1;
        let sid = resource.sid;
        Callback {
            id: CallbackId::new(self.id()),
            position: self.position,
            project: resource.project,
            resource: sid,
            seq: change.seq,
            status: change.news.status().as_str().into(),
            url: URL.into(),
            destination: "http://127.0.0.1:40000".into(),
            method: Method::Post,
            encoding: Encoding::Form,
            body: format!("MessageSid={sid}&SmsSid={sid}&{}", "Body=".repeat(120)).into(),
            depth: 0,
            recorded_at: self.now(),
            state: CallbackState::Pending,
            due: self.now(),
            attempts: 0,
            first_failed_at: None,
            settled_at: None,
            replay: None,
        }
    }

    fn delivered(&mut self, callback: &Callback) -> Outcome {
        let took = Duration::from_micros(500 + self.random() % 3_000);
        let attempt = Attempt {
            callback: callback.id,
            number: 1,
            started_at: callback.due,
            timings: Timings {
                first_byte: Some(took),
                total: took,
                ..Timings::default()
            },
            url: URL.to_owned(),
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
            settled_at: Some(self.now()),
            attempt: Some(attempt),
        }
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
