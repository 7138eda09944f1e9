//! The network and the receivers of the simulation: each destination has a mood that changes.
//!
//! Stands in the transport's place, one for each process. Every attempt is held against the
//! laws when it begins; what a process that has crashed sends reaches nobody.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use ringback_domain::id::CallbackId;
use ringback_engine::transport::{
    Answer, BodyEnd, Exchange, Failure, FailureKind, HeaderLines, Outgoing, Sent, Timings,
    Transport,
};
use tokio::time::sleep;

use super::chance::Chance;
use super::laws::{Arriving, End, Sending};
use super::paths::Path;
use super::world::{CrashPoint, Process, State, World};

/// How a destination is for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mood {
    /// Accepts everything, soon.
    Well,
    /// Accepts everything, after a second or more.
    Slow,
    /// Answers with this status.
    Answers(u16),
    /// Answers with this status, and asks for a pause of so many seconds.
    Later(u16, u64),
    /// Takes the request and never answers.
    Silent,
    /// Nobody listens.
    Refuses,
    /// No connection in time.
    Unreachable,
    /// Closes the connection before its answer is complete.
    Closes,
    /// Now this, now that.
    Moody,
}

impl Mood {
    /// Another one.
    pub(super) fn draw(chance: &mut Chance) -> Self {
        let pause = chance.pick(&[1, 7, 30, 120]);
        chance.pick(&[
            Self::Well,
            Self::Well,
            Self::Well,
            Self::Moody,
            Self::Moody,
            Self::Slow,
            Self::Answers(500),
            Self::Answers(503),
            Self::Answers(404),
            Self::Answers(410),
            Self::Answers(408),
            Self::Answers(302),
            Self::Later(503, pause),
            Self::Later(429, pause),
            Self::Silent,
            Self::Refuses,
            Self::Unreachable,
            Self::Closes,
        ])
    }

    /// What it does with one attempt, and after which time.
    fn act(self, outgoing: &Outgoing, chance: &mut Chance) -> (Duration, Reply) {
        let soon = chance.pick(&[0..1, 0..5, 0..200]);
        let soon = chance.millis(soon);
        let limits = outgoing.limits;
        match self {
            Self::Well => (soon, Reply::Status(204, None)),
            Self::Slow => (chance.millis(1_001..4_900), Reply::Status(200, None)),
            Self::Answers(status) => (soon, Reply::Status(status, None)),
            Self::Later(status, pause) => (soon, Reply::Status(status, Some(pause))),
            Self::Silent => (limits.read, Reply::Fails(FailureKind::ReadTimeout)),
            Self::Refuses => (Duration::ZERO, Reply::Fails(FailureKind::ConnectionRefused)),
            Self::Unreachable => (limits.connect, Reply::Fails(FailureKind::ConnectTimeout)),
            Self::Closes => (soon, Reply::Fails(FailureKind::ConnectionClosed)),
            Self::Moody => {
                let mood = chance.pick(&[
                    Self::Well,
                    Self::Well,
                    Self::Slow,
                    Self::Answers(500),
                    Self::Answers(404),
                    Self::Closes,
                    Self::Silent,
                ]);
                mood.act(outgoing, chance)
            }
        }
    }
}

/// What comes back.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// An answer with this status; it may ask for a pause of so many seconds.
    Status(u16, Option<u64>),
    /// None.
    Fails(FailureKind),
}

impl Reply {
    const fn end(self) -> End {
        match self {
            Self::Status(200..=299, _) => End::Accepted,
            Self::Status(status, _) => End::Failed(FailureKind::Status(status)),
            Self::Fails(kind) => End::Failed(kind),
        }
    }

    fn pause(self) -> Option<Duration> {
        match self {
            Self::Status(_, pause) => pause.map(Duration::from_secs),
            Self::Fails(_) => None,
        }
    }

    fn result(self) -> Result<Answer, Failure> {
        let failure = |kind, answer| Failure {
            kind,
            answer,
            detail: "The seed says so.".to_owned(),
        };
        match self {
            Self::Status(status @ 200..=299, _) => Ok(answer(status, None)),
            Self::Status(status, pause) => {
                let answer = answer(status, pause);
                Err(failure(FailureKind::Status(status), Some(answer)))
            }
            Self::Fails(kind) => Err(failure(kind, None)),
        }
    }
}

fn answer(status: u16, pause: Option<u64>) -> Answer {
    let header = pause.map(|seconds| format!("retry-after: {seconds}\n"));
    Answer {
        status,
        headers: HeaderLines::from_text(header.unwrap_or_default()),
        excerpt: Vec::new(),
        keep: 0,
        size_bytes: 0,
        end: BodyEnd::Complete,
    }
}

/// The transport as one process has it.
pub(super) struct SimulatedTransport {
    world: Arc<World>,
    process: Process,
}

impl SimulatedTransport {
    /// For this process.
    pub(super) const fn new(world: Arc<World>, process: Process) -> Self {
        Self { world, process }
    }
}

#[async_trait]
impl Transport for SimulatedTransport {
    async fn send(&self, outgoing: Outgoing) -> Exchange {
        self.world.alive(self.process).await;
        let mut headers = HeaderLines::default();
        (outgoing.headers)(&outgoing.method, &outgoing.url, &mut headers);
        let text = |name: &str| headers.get(name);
        let id: Option<CallbackId> = text("webhook-id").and_then(|id| id.parse().ok());
        let id = id.expect("every attempt of the simulation carries its callback's id");
        let sending = match (text("ringback-replay"), text("ringback-late")) {
            (Some(_), _) => Sending::Replay,
            (None, Some(_)) => Sending::Late,
            (None, None) => Sending::Owed,
        };
        let body = String::from_utf8_lossy(&outgoing.body).into_owned();
        let post = outgoing.method == Method::POST;
        let arriving = Arriving {
            id,
            sending,
            body: post.then_some(&body),
        };
        let (wait, reply) = self.world.with(|state| begin(state, &arriving, &outgoing));
        let process = self.process;
        self.world.pass(process, CrashPoint::AttemptBegun).await;
        let in_time = wait.min(outgoing.limits.total);
        sleep(in_time).await;
        self.world.alive(process).await;
        let reply = if wait > in_time {
            Reply::Fails(FailureKind::TotalTimeout)
        } else {
            reply
        };
        self.world.with(|state| {
            let now = state.now;
            let found = state.laws.ends(&arriving, reply.end(), reply.pause(), now);
            state.take(found);
            state.trace(format_args!("attempt of {id} ended {:?}", reply.end()));
        });
        self.world.pass(process, CrashPoint::AttemptEnded).await;
        Exchange {
            timings: Timings {
                total: in_time,
                ..Timings::default()
            },
            sent: Sent {
                url: outgoing.url.seen().to_owned(),
                method: outgoing.method,
                headers: HeaderLines::default(),
            },
            result: reply.result(),
            redirects: 0,
        }
    }
}

fn begin(state: &mut State, arriving: &Arriving<'_>, outgoing: &Outgoing) -> (Duration, Reply) {
    let origin = outgoing.url.origin();
    let mood = state.moods.get(origin).copied().unwrap_or(Mood::Well);
    let (wait, reply) = mood.act(outgoing, &mut state.chance);
    let (id, sending) = (arriving.id, arriving.sending);
    state.trace(format_args!("attempt of {id} to {origin} {sending:?}"));
    let now = state.now;
    let found = state.laws.begins(arriving, now);
    state.take(found);
    match reply {
        Reply::Fails(FailureKind::ConnectionRefused) => state.paths.went(Path::Refused),
        Reply::Fails(FailureKind::ReadTimeout) => state.paths.went(Path::Silent),
        Reply::Status(200..=299, _) if wait > Duration::from_secs(1) => {
            state.paths.went(Path::Slow);
        }
        Reply::Fails(_) | Reply::Status(..) => {}
    }
    (wait, reply)
}
