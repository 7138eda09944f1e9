//! Platforms: clients that tell reports of their own in streams, and tell again what was not
//! acknowledged.

use ringback_domain::change::{News, Told};
use ringback_domain::event::{EventContent, EventKey};
use ringback_domain::id::ProjectId;
use ringback_domain::message::{MessageFacts, MessageStatus};
use ringback_domain::resource::Kind;
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_engine::intake::{
    EventSeen, Name, PlatformReport, Stream, Subscribe, TakeError, Taken,
};
use ringback_testing::test_engine::order;

use super::clients::{Client, STATUSES};
use super::paths::Path;
use super::world::State;

/// A platform's report.
#[derive(Clone, Debug)]
pub(super) struct Line {
    project: ProjectId,
    external: String,
    status: MessageStatus,
    url: String,
}

impl Client {
    /// Tells reports of a platform in a stream: new ones, all that were not acknowledged, and
    /// perhaps some that were.
    pub(super) async fn offer(self) {
        let lines = self.world.with(|state| self.lines(state));
        let (stream, mut waiting) = (Stream::default(), Vec::new());
        for (event, line) in lines {
            let report = report(event, &line);
            match self.engine.offer(line.project, &stream, report).await {
                Ok(pending) => waiting.push((event, line, pending)),
                Err(_) => break,
            }
        }
        let mut failed = false;
        for (event, line, mut pending) in waiting {
            match pending.verdict().await {
                Ok(taken) => {
                    self.recorded(taken.sid, taken.seq, line.status).await;
                    self.taken(event, line, taken, failed);
                }
                Err(TakeError::Record(_) | TakeError::Behind) => failed = true,
                Err(TakeError::Unreadable) => {}
                Err(error) => self.world.with(|state| {
                    state.trace(format_args!("event {event} refused: {error}"));
                    state.known.untold.remove(&event);
                }),
            }
        }
        if failed {
            self.unacknowledged("stream");
            self.world
                .with(|state| state.paths.went(Path::StreamBroken));
        }
    }

    fn taken(&self, event: u64, line: Line, taken: Taken, failed: bool) {
        self.world.with(|state| {
            state.trace(format_args!("event {event} is {taken:?}"));
            state.paths.went(match taken.event {
                EventSeen::Before => Path::OfferedAgain,
                EventSeen::New => Path::Offered,
            });
            if failed {
                state.breaks(format!("event {event} is taken after one that was not"));
            }
            state.known.untold.remove(&event);
            let before = state.known.told.insert(event, (line, taken));
            let said = |taken: &Taken| (taken.sid, taken.verdict, taken.seq);
            if let Some((_, before)) = before
                && (said(&before) != said(&taken) || taken.event == EventSeen::New)
            {
                state.breaks(format!("event {event} was {before:?}, and is {taken:?}"));
            }
        });
    }

    fn lines(&self, state: &mut State) -> Vec<(u64, Line)> {
        for _ in 0..state.chance.count(0..9) {
            state.known.events += 1;
            let line = Line {
                project: state.chance.pick(&self.projects),
                external: format!("platform-{}", state.chance.number(0..6)),
                status: state.chance.pick(&STATUSES),
                url: self.url(&mut state.chance),
            };
            state.known.untold.insert(state.known.events, line);
        }
        let untold = &state.known.untold;
        let mut lines: Vec<_> = untold.iter().map(|(at, it)| (*at, it.clone())).collect();
        let told = state.known.told.iter();
        let told: Vec<_> = told.map(|(at, (it, _))| (*at, it.clone())).collect();
        if !told.is_empty() && state.chance.one_in(3) {
            lines.push(state.chance.pick(&told));
        }
        lines
    }

    /// Tells another report with an event id that was used.
    pub(super) async fn reuse_event(self) {
        let told = self.world.with(|state| {
            let told: Vec<_> = state.known.told.iter().collect();
            let told: Vec<_> = told
                .into_iter()
                .map(|(at, it)| (*at, it.0.clone()))
                .collect();
            (!told.is_empty()).then(|| state.chance.pick(&told))
        });
        let Some((event, line)) = told else { return };
        let mut report = report(event, &line);
        report.event = report.event.map(|(key, _)| (key, EventContent([7; 16])));
        let stream = Stream::default();
        let offered = self.engine.offer(line.project, &stream, report);
        let Ok(mut pending) = offered.await else {
            return;
        };
        match pending.verdict().await {
            Err(TakeError::EventReused) => {
                self.world.with(|state| state.paths.went(Path::EventReused));
            }
            Err(_) => self.unacknowledged("reused event"),
            Ok(taken) => self.world.with(|state| {
                state.breaks(format!(
                    "event {event} is taken with other content: {taken:?}"
                ));
            }),
        }
    }
}

fn report(event: u64, line: &Line) -> PlatformReport {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&event.to_le_bytes());
    PlatformReport {
        name: Name::External(line.external.as_str().into()),
        news: News::Message(line.status, MessageFacts::default()),
        kind: Kind::Message,
        new: Ok(order(&line.url).new),
        subscribe: Subscribe::To(Subscription {
            url: line.url.clone(),
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        }),
        event: Some((EventKey(key), EventContent(key))),
        told: Told::default(),
        depth: 0,
        warnings: Vec::new(),
    }
}
