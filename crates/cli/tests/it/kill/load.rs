//! The load: clients that report changes, and after a broken connection send all again.
//!
//! Each has resources of its own, so that the order of their changes is known. Some report in
//! streams of NDJSON, others one change at a time. What was answered is in the ledger as soon
//! as it was read.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connection::Connection;
use super::ledger::{Shared, Verdict};
use super::traffic::{Change, Kind, Manner};
use crate::support::base64;

/// Clients that send many lines in a request, and clients that send one report.
const STREAMS: usize = 4;
const SINGLES: usize = 24;

/// How many of the requests with many lines ask for an answer to each.
const EACH: f64 = 0.7;

/// How many of the reports are of resources that there are: each has four changes.
const OLD: f64 = 0.75;

/// Nothing new is offered while so much is under way: in the end all of it is to be delivered.
const MOST_UNDER_WAY: usize = 1_200;
const PAUSE: Duration = Duration::from_millis(5);

/// Whether there is a server to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// None.
    Down,
    /// It is there.
    Up(SocketAddr),
    /// It is there, and nothing new is offered any more.
    Last(SocketAddr),
}

/// All clients.
pub struct Load {
    phase: watch::Sender<Phase>,
    common: Arc<Common>,
    clients: JoinSet<()>,
}

struct Common {
    authorization: String,
    origins: [String; Manner::ALL.len()],
    ledger: Shared,
    next_resource: AtomicU32,
    /// How many clients wait for a server.
    waiting: AtomicUsize,
}

impl Load {
    pub fn start(
        seed: u64,
        credentials: &str,
        origins: [String; Manner::ALL.len()],
        ledger: Shared,
    ) -> Self {
        let common = Arc::new(Common {
            authorization: format!("Basic {}", base64(credentials)),
            origins,
            ledger,
            next_resource: AtomicU32::new(0),
            waiting: AtomicUsize::new(0),
        });
        let (phase, _) = watch::channel(Phase::Down);
        let mut clients = JoinSet::new();
        for number in 0..STREAMS + SINGLES {
            let client = Client {
                common: Arc::clone(&common),
                phase: phase.subscribe(),
                rng: ChaCha8Rng::seed_from_u64(seed.wrapping_add(number as u64)),
                size: if number < STREAMS { 40..=120 } else { 1..=1 },
                resources: VecDeque::new(),
                request: Vec::new(),
            };
            clients.spawn(client.run());
        }
        Self {
            phase,
            common,
            clients,
        }
    }

    pub fn set(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    /// Whether every client has read all that a dead server had answered.
    pub fn is_quiet(&self) -> bool {
        self.common.waiting.load(Ordering::SeqCst) == STREAMS + SINGLES
    }

    /// Waits until everything that was offered is answered.
    pub async fn end(&mut self, address: SocketAddr) {
        self.set(Phase::Last(address));
        while let Some(ended) = self.clients.join_next().await {
            ended.unwrap();
        }
    }
}

/// The connection broke, or the server asked to come again.
struct Broken;

impl<E: std::error::Error> From<E> for Broken {
    fn from(_: E) -> Self {
        Self
    }
}

struct Client {
    common: Arc<Common>,
    phase: watch::Receiver<Phase>,
    rng: ChaCha8Rng,
    /// How many reports a request has: one is sent as JSON, several as lines.
    size: std::ops::RangeInclusive<usize>,
    /// Its resources with the status that is reported next.
    resources: VecDeque<Change>,
    /// What was offered and is not answered whole.
    request: Vec<Change>,
}

impl Client {
    async fn run(mut self) {
        while let Some(address) = self.server().await {
            match self.talk(address).await {
                Ok(()) => return,
                Err(Broken) => sleep(PAUSE).await,
            }
        }
    }

    /// Waits for a server; none will come once the test has ended.
    async fn server(&mut self) -> Option<SocketAddr> {
        let waiting = &self.common.waiting;
        waiting.fetch_add(1, Ordering::SeqCst);
        // Who sets the phase cannot do so between the look at it and the count.
        let phase = self.phase.wait_for(|phase| {
            let is_up = *phase != Phase::Down;
            if is_up {
                waiting.fetch_sub(1, Ordering::SeqCst);
            }
            is_up
        });
        match *phase.await.ok()? {
            Phase::Up(address) | Phase::Last(address) => Some(address),
            Phase::Down => None,
        }
    }

    /// Reports until nothing is to be reported any more.
    async fn talk(&mut self, address: SocketAddr) -> Result<(), Broken> {
        let mut connection = Connection::open(address, &self.common.authorization).await?;
        loop {
            let results = if self.request.is_empty() {
                if !self.has_room(address).await? {
                    return Ok(());
                }
                self.request = self.fill();
                self.rng.random_bool(EACH)
            } else {
                // All of it, answered or not: what was acknowledged must be known.
                true
            };
            connection.ready().await?;
            {
                let mut ledger = self.common.ledger.lock();
                self.request.iter().for_each(|change| ledger.offer(*change));
            }
            match (self.request.len(), results) {
                (1, _) => self.tell_one(&mut connection).await?,
                (_, false) => self.tell_all(&mut connection).await?,
                (_, true) => self.tell_each(&mut connection).await?,
            }
            self.request.clear();
        }
    }

    /// Waits until something new may be offered; whether that will be.
    async fn has_room(&self, address: SocketAddr) -> Result<bool, Broken> {
        loop {
            match *self.phase.borrow() {
                Phase::Last(_) => return Ok(false),
                Phase::Up(up) if up == address => {}
                Phase::Up(_) | Phase::Down => return Err(Broken),
            }
            if self.common.ledger.lock().under_way() < MOST_UNDER_WAY {
                return Ok(true);
            }
            sleep(PAUSE).await;
        }
    }

    /// The next changes of its resources, and of new ones.
    fn fill(&mut self) -> Vec<Change> {
        let size = self.rng.random_range(self.size.clone());
        let mut request = Vec::with_capacity(size);
        while request.len() < size {
            let is_old = self.rng.random_bool(OLD);
            let old = is_old.then(|| self.resources.pop_front()).flatten();
            let mut change = old.unwrap_or_else(|| Change {
                resource: self.common.next_resource.fetch_add(1, Ordering::Relaxed),
                step: 0,
            });
            request.push(change);
            change.step += 1;
            if change.step < Kind::of(change.resource).statuses().len() {
                self.resources.push_back(change);
            }
        }
        request
    }

    fn body(&self) -> String {
        let line = |change: &Change| {
            let manner = Manner::of(change.resource);
            change.line(&self.common.origins[manner as usize])
        };
        let lines: Vec<String> = self.request.iter().map(line).collect();
        lines.join("\n")
    }

    /// One report, and one answer.
    async fn tell_one(&self, connection: &mut Connection) -> Result<(), Broken> {
        let response = connection.post("/v1/changes", JSON, self.body()).await?;
        let summary = self.summary(response).await?;
        let verdict = match (summary.taken, summary.repeated) {
            (1, 0) => Verdict::Accepted,
            (0, 1) => Verdict::Repeat,
            _ => return self.unexpected(&summary),
        };
        self.common.ledger.lock().answer(self.request[0], verdict);
        Ok(())
    }

    /// Many new reports, and one answer.
    async fn tell_all(&self, connection: &mut Connection) -> Result<(), Broken> {
        let response = connection.post("/v1/changes", NDJSON, self.body()).await?;
        let summary = self.summary(response).await?;
        if summary.taken != self.request.len() || summary.repeated != 0 {
            return self.unexpected(&summary);
        }
        let mut ledger = self.common.ledger.lock();
        for change in &self.request {
            ledger.answer(*change, Verdict::Accepted);
        }
        Ok(())
    }

    /// Many reports, and an answer for each as it comes.
    async fn tell_each(&self, connection: &mut Connection) -> Result<(), Broken> {
        let path = "/v1/changes?results=all";
        let response = connection.post(path, NDJSON, self.body()).await?;
        let mut body = self.expect_ok(response)?;
        let (mut text, mut answered) = (Vec::new(), 0);
        while let Some(frame) = body.frame().await {
            text.extend_from_slice(&frame?.into_data().unwrap_or_default());
            while let Some(end) = text.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = text.drain(..=end).collect();
                if answered < self.request.len() {
                    self.result(answered, &line)?;
                    answered += 1;
                } else {
                    let summary: Summary = serde_json::from_slice(&line)?;
                    return if summary.taken + summary.repeated == answered {
                        Ok(())
                    } else {
                        self.unexpected(&summary)
                    };
                }
            }
        }
        Err(Broken)
    }

    /// What became of one line.
    fn result(&self, place: usize, line: &[u8]) -> Result<(), Broken> {
        let result: LineResult = serde_json::from_slice(line)?;
        let verdict = match result.verdict.as_str() {
            "accepted" => Verdict::Accepted,
            "repeat" => Verdict::Repeat,
            _ => return self.unexpected(&result),
        };
        let change = self.request[place];
        let mut ledger = self.common.ledger.lock();
        ledger.answer(change, verdict);
        ledger.name(change.resource, result.sid.as_deref().unwrap_or_default());
        if result.line != place + 1 || result.seq != Some(change.step) {
            ledger.complain(format!("{change:?} was answered as {result:?}"));
        }
        Ok(())
    }

    async fn summary(&self, response: Response<Incoming>) -> Result<Summary, Broken> {
        let body = self.expect_ok(response)?.collect().await?;
        Ok(serde_json::from_slice(&body.to_bytes())?)
    }

    fn expect_ok(&self, response: Response<Incoming>) -> Result<Incoming, Broken> {
        match response.status() {
            StatusCode::OK => Ok(response.into_body()),
            StatusCode::SERVICE_UNAVAILABLE => Err(Broken),
            status => self.unexpected(&status),
        }
    }

    fn unexpected<T>(&self, what: &dyn std::fmt::Debug) -> Result<T, Broken> {
        let complaint = format!("{} reports were answered with {what:?}", self.request.len());
        self.common.ledger.lock().complain(complaint);
        Err(Broken)
    }
}

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// What became of all reports of a request.
#[derive(Debug, Deserialize)]
struct Summary {
    taken: usize,
    repeated: usize,
    #[expect(dead_code, reason = "shown when it was not expected")]
    errors: Vec<serde_json::Value>,
}

/// What became of one.
#[derive(Debug, Deserialize)]
struct LineResult {
    line: usize,
    verdict: String,
    sid: Option<String>,
    seq: Option<usize>,
}
