//! Lanes: the callbacks of one resource to one URL, sent one at a time, in sequence.
//!
//! Called by the dispatcher alone. Invariant: at most one attempt in flight.

use std::collections::VecDeque;
use std::sync::Arc;

use ringback_domain::id::{CallbackId, Sid};
use ringback_domain::project::Ordering;
use tokio::time::Instant;

use super::entry::{Entry, Line, Place};

/// Which lane.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LaneKey {
    /// The resource.
    pub(super) resource: Sid,
    /// The URL, without its fragment: that is not part of where a callback goes.
    url: Arc<str>,
    /// The position of a callback that has a lane of its own.
    alone: Option<u64>,
    /// Whether it is that of replays, for which what is new does not wait.
    track: Track,
}

/// Which of two lanes to the same URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Track {
    /// That of what is new.
    Live,
    /// That of what is sent again because somebody asked for it.
    Replay,
}

impl LaneKey {
    /// The lane of a callback: its own, where a project wants no order.
    pub(super) fn of(entry: &Entry) -> Self {
        Self {
            resource: entry.callback.resource,
            url: match entry.url.fragment() {
                None => Arc::clone(&entry.callback.url),
                Some(_) => entry.url.without_fragment().into(),
            },
            alone: match entry.ordering() {
                Ordering::Aside | Ordering::Strict => None,
                Ordering::None => Some(entry.callback.position),
            },
            track: match entry.callback.replay {
                None => Track::Live,
                Some(_) => Track::Replay,
            },
        }
    }
}

/// What a lane can do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// An attempt.
    Now(Place),
    /// Nothing before then.
    At(Instant),
    /// Nothing: an attempt is in flight, or it is empty.
    Idle,
}

/// Whether a callback of a lane is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Flight {
    /// None is.
    #[default]
    None,
    /// One is.
    Away,
    /// One is whose resource was redacted meanwhile: it comes back without words.
    AwayRedacted,
}

/// The callbacks of one resource to one URL.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// In order; the first is tried until it is settled or set aside.
    queue: VecDeque<Box<Entry>>,
    /// Those set aside that are due, in order.
    aside: VecDeque<Box<Entry>>,
    flight: Flight,
    /// In which of its destination's lines it stands, if in one.
    pub(super) lined_up: Option<Line>,
    /// When it was last arranged to be looked at.
    pub(super) alarm: Option<Instant>,
}

impl Lane {
    /// Adds a callback in its place.
    pub(super) fn add(&mut self, entry: Box<Entry>) {
        let position = entry.callback.position;
        // Nearly always at the end: the search looks there first.
        let index = self
            .queue
            .iter()
            .rposition(|other| other.callback.position < position);
        self.queue.insert(index.map_or(0, |index| index + 1), entry);
    }

    /// Adds a callback that was set aside and is due.
    pub(super) fn add_aside(&mut self, entry: Box<Entry>) {
        self.aside.push_back(entry);
    }

    /// What it can do now. Those set aside come when nothing else is due.
    pub(super) fn turn(&self, now: Instant) -> Turn {
        if self.flight != Flight::None {
            return Turn::Idle;
        }
        match (self.queue.front(), self.aside.front()) {
            (Some(first), _) if first.due <= now => Turn::Now(Place::Queue),
            (_, Some(_)) => Turn::Now(Place::Aside),
            (Some(first), None) => Turn::At(first.due),
            (None, None) => Turn::Idle,
        }
    }

    /// Takes out the callback whose turn it is. It comes back by [`Lane::put_back`], or
    /// [`Lane::finish`] says that it does not.
    pub(super) fn take(&mut self, now: Instant) -> Option<Box<Entry>> {
        let Turn::Now(place) = self.turn(now) else {
            return None;
        };
        self.flight = Flight::Away;
        match place {
            Place::Queue => self.queue.pop_front(),
            Place::Aside => self.aside.pop_front(),
        }
    }

    /// Takes back the callback that was taken: it goes on holding the lane.
    pub(super) fn put_back(&mut self, mut entry: Box<Entry>) {
        if self.flight == Flight::AwayRedacted {
            entry.redact();
        }
        self.flight = Flight::None;
        self.queue.push_front(entry);
    }

    /// The callback that was taken does not come back.
    pub(super) fn finish(&mut self) {
        self.flight = Flight::None;
    }

    /// Lets the first callback be tried now.
    pub(super) fn hurry(&mut self, now: Instant) {
        if let Some(first) = self.queue.front_mut() {
            first.due = first.due.min(now);
        }
    }

    /// In which line the callback stands whose turn it is.
    pub(super) fn line(&self, now: Instant) -> Line {
        let first = self.queue.front().filter(|first| first.due <= now);
        let next = first.or_else(|| self.aside.front());
        next.map_or(Line::Usual, |entry| entry.line(now))
    }

    /// The position of its first callback.
    pub(super) fn first(&self) -> Option<u64> {
        self.queue.front().map(|entry| entry.callback.position)
    }

    /// The positions of its callbacks, in order, those set aside or in flight left out.
    pub(super) fn positions(&self) -> impl Iterator<Item = u64> {
        self.queue.iter().map(|entry| entry.callback.position)
    }

    /// Takes out its last callback, unless that is to `stay`.
    pub(super) fn shed(&mut self, stay: impl Fn(&Entry) -> bool) -> Option<Box<Entry>> {
        if self.queue.back().is_some_and(|last| stay(last)) {
            return None;
        }
        self.queue.pop_back()
    }

    /// Lets the callback at this position be tried as soon as its turn comes.
    pub(super) fn hurry_one(&mut self, position: u64, now: Instant) {
        let all = self.queue.iter_mut().chain(&mut self.aside);
        for entry in all.filter(|entry| entry.callback.position == position) {
            entry.due = entry.due.min(now);
        }
    }

    /// The callbacks before the one at this position and when that is due; `None` if it is
    /// not in it, as when it is under way.
    pub(super) fn place(&self, position: u64) -> Option<(Vec<CallbackId>, Instant)> {
        for line in [&self.queue, &self.aside] {
            let found = line.iter().position(|it| it.callback.position == position);
            if let Some(index) = found {
                let before = line.iter().take(index).map(|entry| entry.callback.id);
                return Some((before.collect(), line[index].due));
            }
        }
        None
    }

    /// Whether an attempt for it is under way.
    pub(super) fn is_away(&self) -> bool {
        self.flight != Flight::None
    }

    /// Whether nothing is in it or in flight for it.
    pub(super) fn is_empty(&self) -> bool {
        self.flight == Flight::None && self.queue.is_empty() && self.aside.is_empty()
    }

    /// Takes the words of its resource out of its callbacks.
    pub(super) fn redact(&mut self) {
        for entry in self.queue.iter_mut().chain(&mut self.aside) {
            entry.redact();
        }
        if self.flight == Flight::Away {
            self.flight = Flight::AwayRedacted;
        }
    }
}
