//! Destinations: one project's callbacks to one scheme, host and port.
//!
//! Owned by the dispatcher. Holds a window of what is pending, in order; what does not fit
//! stays in the store from the *horizon* on and is fetched when there is room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::id::ProjectId;
use tokio::time::Instant;

use super::breaker::Pass;
use super::entry::{Entry, Line, Place};
use super::health::{Gate, Health};
use super::lane::{Lane, LaneKey, Turn};
use super::schedule::Since;
use super::window::Parked;
use crate::hash::{HashMap, HashSet};

/// Of the attempts that a destination may have under way, one in so many is for what was set
/// aside, even while the rest has use for all of them: a receiver that hangs on what is late
/// must not keep what is new waiting, nor a busy one what is late for ever.
const ASIDE_PART: usize = 4;

/// Which destination.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct DestinationKey {
    /// Whose callbacks.
    pub(super) project: ProjectId,
    /// Scheme, host and port.
    pub(super) origin: Arc<str>,
}

/// One project's callbacks to one scheme, host and port.
#[derive(Debug)]
pub(super) struct Destination {
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes that can make an attempt, in turn.
    lines: Lines,
    /// Lanes that stay closed until the destination accepts something.
    closed: HashSet<LaneKey>,
    /// How it is.
    pub(super) health: Health,
    /// Attempts under way.
    pub(super) in_flight: usize,
    /// Those of them whose callbacks were set aside.
    aside_in_flight: usize,
    /// Callbacks in memory, those in flight included.
    pub(super) count: usize,
    /// What they take.
    pub(super) size_bytes: usize,
    /// From this position on, pending callbacks are in the store alone.
    pub(super) horizon: Option<u64>,
    /// Whether the store is being asked.
    pub(super) fetching: bool,
    /// Whether something was left to the store since it was asked.
    pub(super) left_since: bool,
    /// Whether it stands in the dispatcher's round already.
    pub(super) in_round: bool,
    /// Whether it counts among those that hold a small share of memory alone.
    pub(super) parked: Parked,
    /// When the dispatcher was last asked to look at it again.
    pub(super) wake: Option<Instant>,
    last_accepted: Option<Instant>,
}

/// Lanes that can make an attempt, in turn.
#[derive(Debug, Default)]
struct Lines {
    urgent: VecDeque<LaneKey>,
    last: VecDeque<LaneKey>,
    usual: VecDeque<LaneKey>,
    aside: VecDeque<LaneKey>,
}

/// Whether a destination can make an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    /// It can.
    Now,
    /// Not before then.
    At(Instant),
    /// Not before one that is under way has ended, or a lane has something to send.
    Idle,
}

impl Destination {
    /// A destination that is like this and has nothing to send yet.
    pub(super) fn new(health: Health) -> Self {
        Self {
            lanes: HashMap::default(),
            lines: Lines::default(),
            closed: HashSet::default(),
            health,
            in_flight: 0,
            aside_in_flight: 0,
            count: 0,
            size_bytes: 0,
            horizon: None,
            fetching: false,
            left_since: false,
            in_round: false,
            parked: Parked::No,
            wake: None,
            last_accepted: None,
        }
    }

    /// Adds a callback to its lane, which is returned.
    pub(super) fn add(&mut self, mut entry: Box<Entry>) -> LaneKey {
        self.count += 1;
        self.size_bytes += entry.size_bytes;
        let key = LaneKey::of(&entry);
        let now = Instant::now();
        let mut waits = entry.first_failed.is_some() && entry.due > now;
        if waits && entry.closes_its_lane() && self.accepted_after(entry.first_failed) {
            // It was on disk when the destination came back.
            entry.due = now;
            waits = false;
        }
        let lane = self.lanes.entry(key.clone()).or_default();
        lane.add(entry);
        if waits {
            self.closed.insert(key.clone());
        }
        key
    }

    /// Adds a callback that was set aside and is due. It takes nothing of the window: how
    /// many are in memory is bounded by how they are loaded.
    pub(super) fn add_aside(&mut self, entry: Box<Entry>) -> LaneKey {
        let key = LaneKey::of(&entry);
        self.lanes.entry(key.clone()).or_default().add_aside(entry);
        key
    }

    /// Lines a lane up if it can make an attempt; says when it is to be looked at again if
    /// it can only later. A lane with nothing in it is forgotten.
    pub(super) fn arrange(&mut self, key: &LaneKey, now: Instant) -> Option<Instant> {
        let lane = self.lanes.get_mut(key)?;
        match lane.turn(now) {
            Turn::Now(_) => {
                let own = lane.line(now);
                if lane.lined_up == Some(Line::Aside) && own != Line::Aside {
                    // It is a short line: no more than is loaded at once.
                    self.lines.aside.retain(|other| other != key);
                    lane.lined_up = None;
                }
                if lane.lined_up.is_none() {
                    lane.lined_up = Some(own);
                    self.lines.of(own).push_back(key.clone());
                }
                None
            }
            Turn::At(due) if lane.alarm.is_some_and(|alarm| alarm > now && alarm <= due) => None,
            Turn::At(due) => {
                lane.alarm = Some(due);
                Some(due)
            }
            Turn::Idle => {
                if lane.is_empty() {
                    self.lanes.remove(key);
                    self.closed.remove(key);
                }
                None
            }
        }
    }

    /// Whether it can make an attempt.
    pub(super) fn ready(&self, now: Instant) -> Ready {
        let Lines {
            urgent,
            last,
            usual,
            aside,
        } = &self.lines;
        if !urgent.is_empty() {
            return Ready::Now;
        }
        if self.in_flight >= self.health.limit.get() {
            return Ready::Idle;
        }
        let others = !(usual.is_empty() && aside.is_empty());
        match (self.health.gate(now), !last.is_empty(), others) {
            (_, false, false) | (Gate::Probing, false, true) => Ready::Idle,
            (Gate::Paused(until), _, _) | (Gate::Refuses(until), false, true) => Ready::At(until),
            (Gate::Open | Gate::Probe, _, _) | (Gate::Refuses(_) | Gate::Probing, true, _) => {
                Ready::Now
            }
        }
    }

    /// Whether one more attempt is fair, when so many can be made by all: what one
    /// destination has under way is less than what is left to the others. So those that hold
    /// their attempts for long leave room, however many of them there are.
    pub(super) fn is_modest(&self, free: usize) -> bool {
        self.in_flight == 0 || self.in_flight < free || !self.lines.urgent.is_empty()
    }

    /// The next callback to try, with its lane.
    pub(super) fn next(&mut self, now: Instant) -> Option<(LaneKey, Box<Entry>, Pass)> {
        if let Some((key, entry)) = self.take(Line::Urgent, now) {
            return Some((key, entry, Pass::Past));
        }
        if self.in_flight >= self.health.limit.get() {
            return None;
        }
        match self.health.gate(now) {
            Gate::Open | Gate::Probe => {
                let (key, entry) = self
                    .take(Line::Last, now)
                    .or_else(|| self.take_usual_or_aside(now))?;
                Some((key, entry, self.health.breaker.pass()))
            }
            Gate::Refuses(_) | Gate::Probing => {
                let (key, entry) = self.take(Line::Last, now)?;
                Some((key, entry, Pass::Past))
            }
            Gate::Paused(_) => None,
        }
    }

    /// What was set aside may take its part of the attempts from the rest, beyond that only
    /// what the rest leaves.
    fn take_usual_or_aside(&mut self, now: Instant) -> Option<(LaneKey, Box<Entry>)> {
        let first = if self.aside_in_flight < self.health.limit.get() / ASIDE_PART {
            Line::Aside
        } else {
            Line::Usual
        };
        let second = match first {
            Line::Aside => Line::Usual,
            Line::Urgent | Line::Last | Line::Usual => Line::Aside,
        };
        self.take(first, now).or_else(|| self.take(second, now))
    }

    /// Takes the first callback of a line that can be tried.
    fn take(&mut self, from: Line, now: Instant) -> Option<(LaneKey, Box<Entry>)> {
        while let Some(key) = self.lines.of(from).pop_front() {
            let Some(lane) = self.lanes.get_mut(&key) else {
                continue;
            };
            lane.lined_up = None;
            if let Some(entry) = lane.take(now) {
                self.in_flight += 1;
                match entry.place {
                    Place::Queue => {}
                    Place::Aside => self.aside_in_flight += 1,
                }
                return Some((key, entry));
            }
        }
        None
    }

    /// An attempt has ended.
    fn landed(&mut self, entry: &Entry) {
        self.in_flight -= 1;
        match entry.place {
            Place::Queue => {}
            Place::Aside => self.aside_in_flight -= 1,
        }
    }

    /// Takes back a callback after an attempt: it goes on holding its lane.
    pub(super) fn put_back(&mut self, key: &LaneKey, entry: Box<Entry>, closed: Closed) {
        self.landed(&entry);
        match closed {
            Closed::Yes => drop(self.closed.insert(key.clone())),
            Closed::No => {}
        }
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.put_back(entry);
        }
    }

    /// A callback does not come back after its attempt.
    pub(super) fn finish(&mut self, key: &LaneKey, entry: &Entry) {
        self.landed(entry);
        match entry.place {
            Place::Queue => {
                self.count -= 1;
                self.size_bytes -= entry.size_bytes;
            }
            Place::Aside => {}
        }
        self.closed.remove(key);
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.finish();
        }
    }

    /// The destination accepted something: its closed lanes are tried now, and are returned,
    /// those that have waited longest first.
    pub(super) fn accepted(&mut self, now: Instant) -> Vec<LaneKey> {
        self.last_accepted = Some(now);
        if self.closed.is_empty() {
            return Vec::new();
        }
        let mut closed: Vec<(Option<u64>, LaneKey)> = Vec::with_capacity(self.closed.len());
        for key in self.closed.drain() {
            if let Some(lane) = self.lanes.get_mut(&key) {
                lane.hurry(now);
                closed.push((lane.first(), key));
            }
        }
        closed.sort_unstable();
        closed.into_iter().map(|(_, key)| key).collect()
    }

    /// Whether it has accepted anything since `first_failed`.
    pub(super) fn since(&self, first_failed: Instant) -> Since {
        if self.accepted_after(Some(first_failed)) {
            Since::Accepting
        } else {
            Since::Silent
        }
    }

    fn accepted_after(&self, moment: Option<Instant>) -> bool {
        match (self.last_accepted, moment) {
            (Some(accepted), Some(moment)) => accepted > moment,
            (None, _) | (_, None) => false,
        }
    }

    /// It refuses: those whose time is over do not wait for it.
    pub(super) fn let_last_tries_pass(&mut self, now: Instant) {
        for line in [Line::Usual, Line::Aside] {
            for key in std::mem::take(self.lines.of(line)) {
                if let Some(lane) = self.lanes.get_mut(&key) {
                    let own = lane.line(now);
                    lane.lined_up = Some(own);
                    self.lines.of(own).push_back(key);
                }
            }
        }
    }

    /// Lets callbacks leave memory, the latest first, as long as `full`; those that `stay`
    /// and those before them in their lanes do not. Their positions are returned, and stay
    /// in the store alone from here on.
    pub(super) fn shed(
        &mut self,
        full: impl Fn(&Self) -> bool,
        stay: impl Fn(&Entry) -> bool,
    ) -> Vec<u64> {
        let mut order: Vec<(u64, LaneKey)> = Vec::with_capacity(self.count);
        for (key, lane) in &self.lanes {
            order.extend(lane.positions().map(|position| (position, key.clone())));
        }
        order.sort_unstable_by_key(|(position, _)| std::cmp::Reverse(*position));
        let mut stuck: HashSet<LaneKey> = HashSet::default();
        let mut shed = Vec::new();
        for (position, key) in order {
            if !full(self) {
                break;
            }
            let lane = self.lanes.get_mut(&key).filter(|_| !stuck.contains(&key));
            match lane.and_then(|lane| lane.shed(&stay)) {
                Some(entry) => {
                    self.count -= 1;
                    self.size_bytes -= entry.size_bytes;
                    shed.push(position);
                }
                None => drop(stuck.insert(key)),
            }
        }
        self.horizon = shed.iter().copied().chain(self.horizon).min();
        let lanes = &mut self.lanes;
        lanes.retain(|_, lane| !lane.is_empty());
        self.closed.retain(|key| lanes.contains_key(key));
        self.lines.retain(|key| lanes.contains_key(key));
        shed
    }

    /// How many callbacks it holds, and what they take.
    pub(super) const fn size(&self) -> (usize, usize) {
        (self.count, self.size_bytes)
    }

    /// Whether it can be forgotten.
    pub(super) fn is_done(&self) -> bool {
        self.lanes.is_empty() && self.horizon.is_none() && !self.fetching && self.in_flight == 0
    }

    /// Whether a lane stays closed until it accepts something.
    pub(super) fn is_closed(&self, key: &LaneKey) -> bool {
        self.closed.contains(key)
    }

    /// How long ago it last accepted something, as long as it is remembered.
    pub(super) fn last_accepted(&self, now: Instant) -> Option<Duration> {
        self.last_accepted.map(|at| now.duration_since(at))
    }

    /// The lanes of its callbacks.
    pub(super) fn lanes(&self) -> impl Iterator<Item = (&LaneKey, &Lane)> {
        self.lanes.iter()
    }

    /// The lanes of its callbacks, to change their texts.
    pub(super) fn lanes_mut(&mut self) -> impl Iterator<Item = (&LaneKey, &mut Lane)> {
        self.lanes.iter_mut()
    }
}

impl Lines {
    const fn of(&mut self, line: Line) -> &mut VecDeque<LaneKey> {
        match line {
            Line::Urgent => &mut self.urgent,
            Line::Last => &mut self.last,
            Line::Usual => &mut self.usual,
            Line::Aside => &mut self.aside,
        }
    }

    fn retain(&mut self, keep: impl Fn(&LaneKey) -> bool) {
        for line in [
            &mut self.urgent,
            &mut self.last,
            &mut self.usual,
            &mut self.aside,
        ] {
            line.retain(&keep);
        }
    }
}

/// Whether a lane stays closed until its destination accepts something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// It does.
    Yes,
    /// It waits for its next try.
    No,
}
