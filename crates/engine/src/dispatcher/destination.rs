//! Destinations: one project's callbacks to one scheme, host and port.
//!
//! Owned by the dispatcher. Holds a window of what is pending, in order; what does not fit
//! stays in the store from the *horizon* on and is fetched when there is room.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use ringback_domain::id::ProjectId;
use tokio::time::Instant;

use super::entry::{Entry, Place};
use super::lane::{Lane, LaneKey, Turn};
use super::schedule::Since;

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
#[derive(Debug, Default)]
pub(super) struct Destination {
    lanes: HashMap<LaneKey, Lane>,
    /// Lanes that can make an attempt, in turn.
    line: VecDeque<LaneKey>,
    /// Lanes that can only try what was set aside, in turn.
    aside_line: VecDeque<LaneKey>,
    /// Lanes that stay closed until the destination accepts something.
    closed: HashSet<LaneKey>,
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
    last_accepted: Option<Instant>,
}

impl Destination {
    /// Adds a callback to its lane, which is returned.
    pub(super) fn add(&mut self, entry: Entry) -> LaneKey {
        self.count += 1;
        self.size_bytes += entry.size_bytes;
        let key = LaneKey::of(&entry);
        let waits = entry.first_failed.is_some() && entry.due > Instant::now();
        let lane = self.lanes.entry(key.clone()).or_default();
        lane.add(entry);
        if waits {
            self.closed.insert(key.clone());
        }
        key
    }

    /// Adds a callback that was set aside and is due. It takes nothing of the window: how
    /// many are in memory is bounded by how they are loaded.
    pub(super) fn add_aside(&mut self, entry: Entry) -> LaneKey {
        let key = LaneKey::of(&entry);
        self.lanes.entry(key.clone()).or_default().add_aside(entry);
        key
    }

    /// Lines a lane up if it can make an attempt; says when it is to be looked at again if
    /// it can only later. A lane with nothing in it is forgotten.
    pub(super) fn arrange(&mut self, key: &LaneKey, now: Instant) -> Option<Instant> {
        let lane = self.lanes.get_mut(key)?;
        match lane.turn(now) {
            Turn::Now(place) => {
                if lane.lined_up == Some(Place::Aside) && place == Place::Queue {
                    // It is a short line: no more than is loaded at once.
                    self.aside_line.retain(|other| other != key);
                    lane.lined_up = None;
                }
                if lane.lined_up.is_none() {
                    lane.lined_up = Some(place);
                    match place {
                        Place::Queue => self.line.push_back(key.clone()),
                        Place::Aside => self.aside_line.push_back(key.clone()),
                    }
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

    /// The next callback to try, with its lane; `most` attempts may be under way.
    pub(super) fn next(&mut self, now: Instant, most: usize) -> Option<(LaneKey, Entry)> {
        while let Some(key) = self.next_lane(most / ASIDE_PART) {
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

    /// The lane whose turn it is. What was set aside may take `aside_most` attempts from the
    /// rest, beyond that only what the rest leaves.
    fn next_lane(&mut self, aside_most: usize) -> Option<LaneKey> {
        if self.line.is_empty() || self.aside_in_flight < aside_most {
            self.aside_line
                .pop_front()
                .or_else(|| self.line.pop_front())
        } else {
            self.line.pop_front()
        }
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
    pub(super) fn put_back(&mut self, key: &LaneKey, entry: Entry, closed: Closed) {
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

    /// The destination accepted something: its closed lanes are tried now, and are returned.
    pub(super) fn accepted(&mut self, now: Instant) -> Vec<LaneKey> {
        self.last_accepted = Some(now);
        let closed: Vec<LaneKey> = self.closed.drain().collect();
        for key in &closed {
            if let Some(lane) = self.lanes.get_mut(key) {
                lane.hurry(now);
            }
        }
        closed
    }

    /// Whether it has accepted anything since `first_failed`.
    pub(super) fn since(&self, first_failed: Instant) -> Since {
        match self.last_accepted {
            Some(accepted) if accepted > first_failed => Since::Accepting,
            Some(_) | None => Since::Silent,
        }
    }

    /// Whether a lane can make an attempt.
    pub(super) fn is_ready(&self) -> bool {
        !(self.line.is_empty() && self.aside_line.is_empty())
    }

    /// Whether it can be forgotten.
    pub(super) fn is_done(&self) -> bool {
        self.lanes.is_empty() && self.horizon.is_none() && !self.fetching && self.in_flight == 0
    }

    /// The lanes of its callbacks, to change their texts.
    pub(super) fn lanes_mut(&mut self) -> impl Iterator<Item = (&LaneKey, &mut Lane)> {
        self.lanes.iter_mut()
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
