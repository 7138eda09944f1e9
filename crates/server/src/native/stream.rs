//! `GET /stream`: changes and attempts as they are recorded, as server-sent events.
//!
//! A hub listens to the engine's feed while anybody watches, and keeps the last events, so
//! that who comes back with `Last-Event-ID` misses nothing that it still has. What it has not
//! is said, in an event `missed`, with the times between which to look into the store.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, header};
use ringback_domain::id::ProjectId;
use ringback_domain::time::Timestamp;
use ringback_engine::{Engine, Event};
use ringback_wire::native::callback::{AttemptJson, moment};
use ringback_wire::native::timeline::ChangeJson;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::error::NativeError;
use super::extract::Caller;
use crate::routes::App;

/// How many events are kept: some 500 bytes each.
const KEPT: usize = 10_000;

/// How long the hub listens on when nobody watches: a client that lost its connection comes
/// back within seconds.
const LINGER: Duration = Duration::from_secs(300);

/// How often something is sent, so that proxies and clients see that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How many events are sent at once, at most.
const BURST: usize = 200;

/// What was recorded, for whoever watches.
pub(crate) struct Hub {
    engine: Engine,
    state: Arc<Mutex<Kept>>,
    latest: watch::Sender<u64>,
}

/// The last events.
#[derive(Default)]
struct Kept {
    events: VecDeque<Record>,
    /// The number of the next event.
    next: u64,
    /// The events before this one were not kept by this run of the hub.
    first: u64,
    listening: bool,
}

/// One event, as it is sent.
#[derive(Clone)]
struct Record {
    number: u64,
    project: ProjectId,
    at: Timestamp,
    name: &'static str,
    data: Arc<str>,
}

/// Where a watcher is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    /// When the server started: numbers of another run mean nothing.
    run: i64,
    number: u64,
    at: Timestamp,
}

/// What a watcher cannot be told any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missed {
    /// Nothing.
    Nothing,
    /// What happened since then.
    Since(Timestamp),
    /// Something; nobody knows since when.
    Something,
}

impl Hub {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            state: Arc::default(),
            latest: watch::Sender::new(0),
        }
    }

    /// Listens from now on, unless it does.
    fn watch(&self) -> watch::Receiver<u64> {
        let watching = self.latest.subscribe();
        let mut state = lock(&self.state);
        if !state.listening {
            state.listening = true;
            state.first = state.next;
            let feed = self.engine.feed();
            let listening = listen(feed, Arc::clone(&self.state), self.latest.clone());
            tokio::spawn(listening);
        }
        watching
    }

    /// The events after `number` that a project may see, and the place after them.
    fn after(&self, project: ProjectId, number: u64) -> (Vec<Record>, u64) {
        let state = lock(&self.state);
        let skip = state.events.partition_point(|event| event.number < number);
        let mut found = Vec::new();
        let mut place = number;
        for event in state.events.range(skip..) {
            place = event.number + 1;
            if event.project == project {
                found.push(event.clone());
            }
            if found.len() == BURST {
                return (found, place);
            }
        }
        (found, place.max(state.next))
    }

    /// From where on events are kept, and the next number.
    fn reach(&self) -> (u64, u64) {
        let state = lock(&self.state);
        let oldest = state
            .events
            .front()
            .map_or(state.next, |event| event.number);
        (oldest.max(state.first), state.next)
    }
}

fn lock(state: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    // A panic while it is held leaves whole events.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps what the feed tells until nobody has watched for a while.
async fn listen(
    mut feed: broadcast::Receiver<Arc<Event>>,
    state: Arc<Mutex<Kept>>,
    latest: watch::Sender<u64>,
) {
    let mut watched = Instant::now();
    loop {
        let told = timeout(HEARTBEAT, feed.recv()).await;
        if latest.receiver_count() > 0 {
            watched = Instant::now();
        }
        let mut kept = lock(&state);
        match told {
            Ok(Ok(event)) => kept.keep(&event),
            // The feed went on without us: what is kept before the hole is of no use.
            Ok(Err(broadcast::error::RecvError::Lagged(_))) => kept.forget(),
            Ok(Err(broadcast::error::RecvError::Closed)) => return,
            Err(_elapsed) => {}
        }
        // Decided under the lock, so that nobody begins to watch in between unheard.
        if watched.elapsed() > LINGER && latest.receiver_count() == 0 {
            kept.forget();
            kept.listening = false;
            return;
        }
        latest.send_replace(kept.next);
    }
}

impl Kept {
    fn keep(&mut self, event: &Event) {
        let Some((project, at, name, data)) = shown(event) else {
            return;
        };
        let record = Record {
            number: self.next,
            project,
            at,
            name,
            data: data.to_string().into(),
        };
        self.next += 1;
        self.events.push_back(record);
        if self.events.len() > KEPT {
            self.events.pop_front();
        }
    }

    fn forget(&mut self) {
        self.events.clear();
        self.next += 1;
        self.first = self.next;
    }
}

/// What is told of an event; nothing of those that are neither change nor attempt.
fn shown(event: &Event) -> Option<(ProjectId, Timestamp, &'static str, Value)> {
    match event {
        Event::Changed {
            parties, change, ..
        } => {
            let sid = change.resource.to_string();
            let (kind, from, to) = (parties.kind.as_str(), &parties.from, &parties.to);
            let at = moment(change.at);
            let change_json = ChangeJson::of(change);
            let data = json!({
                "sid": sid, "kind": kind, "at": at, "from": from, "to": to, "change": change_json,
            });
            Some((change.project, change.at, "change", data))
        }
        Event::Attempted {
            project,
            resource,
            status,
            state,
            attempt,
            ..
        } => {
            let data = json!({
                "sid": resource.to_string(),
                "callback": attempt.callback.to_string(),
                "status": &**status,
                "state": state.as_str(),
                "at": moment(attempt.started_at),
                "attempt": AttemptJson::of(attempt),
            });
            Some((*project, attempt.started_at, "attempt", data))
        }
        Event::Rejected { .. } | Event::Warned { .. } => None,
    }
}

/// `GET /stream`
pub(super) async fn watch(
    Caller(project): Caller,
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response<Body>, NativeError> {
    let latest = app.hub.watch();
    let run = app.started_at.as_micros();
    let (oldest, next) = app.hub.reach();
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let (number, missed) = match last {
        None => (next, Missed::Nothing),
        Some(text) => resume(text, run, oldest, next),
    };
    let watcher = Watcher {
        hub: Arc::clone(&app.hub),
        stop: app.stop.clone(),
        project: project.id,
        run,
        number,
        latest,
        first: Some(opening(missed, app.engine.clock().now())),
    };
    let chunks = stream::unfold(watcher, |mut watcher| async {
        let chunk = watcher.next().await?;
        Some((Ok::<Bytes, Infallible>(chunk), watcher))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    let headers = response.headers_mut();
    let events = HeaderValue::from_static("text/event-stream");
    headers.insert(header::CONTENT_TYPE, events);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Where to go on after the event with this id, and since when events are missing.
fn resume(id: &str, run: i64, oldest: u64, next: u64) -> (u64, Missed) {
    match Place::parse(id) {
        Some(place) if place.run == run && (oldest..=next).contains(&(place.number + 1)) => {
            (place.number + 1, Missed::Nothing)
        }
        // What is kept is newer than what was seen: it is told after the hole.
        Some(place) => (oldest, Missed::Since(place.at)),
        None => (oldest, Missed::Something),
    }
}

/// What is sent first: that it works and, if something is missing, between which times.
fn opening(missed: Missed, now: Timestamp) -> Bytes {
    let since = match missed {
        Missed::Nothing => return Bytes::from_static(b": watching\n\n"),
        Missed::Since(at) => Some(at),
        Missed::Something => None,
    };
    let data = json!({
        "from": since.map(moment),
        "until": moment(now),
        "hint": "events between these times were not kept: GET /v1/callbacks with `from` and \
            `until`, and the timelines of its resources, tell what they were",
    });
    Bytes::from(format!("event: missed\ndata: {data}\n\n"))
}

/// One client that watches.
struct Watcher {
    hub: Arc<Hub>,
    stop: CancellationToken,
    project: ProjectId,
    run: i64,
    /// The number of the next event for it.
    number: u64,
    latest: watch::Receiver<u64>,
    first: Option<Bytes>,
}

impl Watcher {
    /// What is sent next; none once the server stops.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        loop {
            self.latest.borrow_and_update();
            let (oldest, _) = self.hub.reach();
            if self.number < oldest {
                // It was too slow, or the feed went on without the hub.
                self.number = oldest;
                let now = self.hub.engine.clock().now();
                return Some(opening(Missed::Something, now));
            }
            let (events, number) = self.hub.after(self.project, self.number);
            self.number = number;
            if !events.is_empty() {
                return Some(self.written(&events));
            }
            let changed = timeout(HEARTBEAT, self.latest.changed());
            tokio::select! {
                () = self.stop.cancelled() => return None,
                changed = changed => match changed {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return None,
                    Err(_elapsed) => return Some(Bytes::from_static(b": still here\n\n")),
                },
            }
        }
    }

    fn written(&self, events: &[Record]) -> Bytes {
        use std::fmt::Write as _;
        let mut text = String::new();
        for event in events {
            let place = Place {
                run: self.run,
                number: event.number,
                at: event.at,
            };
            let (id, name, data) = (place.id(), event.name, &event.data);
            write!(text, "id: {id}\nevent: {name}\ndata: {data}\n\n")
                .expect("a String takes all that is written to it");
        }
        Bytes::from(text)
    }
}

impl Place {
    fn id(self) -> String {
        format!("{}-{}-{}", self.run, self.number, self.at.as_micros())
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        Some(Self {
            run: parts.next()?.parse().ok()?,
            number: parts.next()?.parse().ok()?,
            at: Timestamp::from_micros(parts.next()?.parse().ok()?),
        })
    }
}
