//! Questions to the dispatcher: where a callback stands, and that it is to be tried now.
//!
//! Part of the dispatcher, asked through its queue; it answers between two of its doings, so
//! that what it tells is true at one moment.

use std::time::Duration;

use ringback_domain::callback::Callback;
use ringback_domain::id::CallbackId;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Dispatcher;
use super::destination::{Destination, DestinationKey};
use super::gauge::{BreakerState, gauge};
use super::lane::{Lane, LaneKey};

/// A question, and where the answer goes.
#[derive(Debug)]
pub(crate) struct Inquiry {
    /// Which callback.
    pub(crate) callback: Box<Callback>,
    /// Whether it is to be tried as soon as its turn comes.
    pub(crate) haste: Haste,
    pub(crate) answer: oneshot::Sender<Outlook>,
}

/// Whether a callback is to be tried as soon as its turn comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Haste {
    /// It is left as it is.
    None,
    /// It is due now.
    Now,
}

/// What the dispatcher knows of a callback's delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Where the callback is.
    pub place: Place,
    /// Attempts under way to its destination.
    pub in_flight: usize,
    /// How many there may be.
    pub limit: usize,
    /// What the breaker of its destination does.
    pub breaker: BreakerState,
    /// For how long its destination asked to be left alone.
    pub paused_for: Option<Duration>,
    /// Callbacks for its destination in memory.
    pub held: usize,
    /// How long ago its destination last accepted something; none if it is not known to.
    pub last_accepted: Option<Duration>,
    /// From which place in the order of all callbacks on its destination's wait on disk.
    pub on_disk_from: Option<u64>,
}

/// Where a callback is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An attempt is under way.
    Away,
    /// In its lane.
    Lane {
        /// Those before it.
        before: Vec<CallbackId>,
        /// How long until it is due; zero if it is.
        due_in: Duration,
        /// Whether the lane waits for its destination to accept anything at all.
        closed: bool,
        /// Whether an attempt for another one of the lane is under way.
        busy: bool,
        /// Whether the answer to the request that created its resource is not written yet.
        held: bool,
    },
    /// Not in memory: on disk, until there is room or it is due.
    Disk,
}

impl Dispatcher {
    /// Answers a question.
    pub(super) fn inquired(&mut self, inquiry: Inquiry) {
        let Inquiry {
            callback,
            haste,
            answer,
        } = inquiry;
        let key = DestinationKey {
            project: callback.project,
            origin: callback.destination.clone(),
        };
        if haste == Haste::Now {
            self.hurry(&key, &callback);
        }
        // Who asked may have gone.
        answer.send(self.outlook(&key, &callback)).ok();
    }

    fn hurry(&mut self, key: &DestinationKey, callback: &Callback) {
        let Some(destination) = self.destinations.get_mut(key) else {
            return;
        };
        let now = Instant::now();
        let mut lanes = Vec::new();
        for (lane, callbacks) in destination.lanes_mut() {
            if lane.resource == callback.resource {
                callbacks.hurry_one(callback.position, now);
                lanes.push(lane.clone());
            }
        }
        // They are kept in no order: without this one a run could not be repeated.
        lanes.sort_unstable();
        for lane in lanes {
            self.arrange(key, &lane);
        }
    }

    fn outlook(&self, key: &DestinationKey, callback: &Callback) -> Outlook {
        let now = Instant::now();
        let Some(destination) = self.destinations.get(key) else {
            return Outlook {
                place: Place::Disk,
                in_flight: 0,
                limit: self.parts.limits.per_destination,
                breaker: BreakerState::Admits,
                paused_for: None,
                held: 0,
                last_accepted: None,
                on_disk_from: None,
            };
        };
        let gauge = gauge(key, destination, now);
        Outlook {
            place: self.place(destination, callback, now),
            in_flight: gauge.in_flight,
            limit: gauge.limit,
            breaker: gauge.breaker,
            paused_for: gauge.paused_for,
            held: gauge.held,
            last_accepted: destination.last_accepted(now),
            on_disk_from: destination.horizon,
        }
    }

    fn place(&self, destination: &Destination, callback: &Callback, now: Instant) -> Place {
        let own = |(key, _): &(&LaneKey, &Lane)| key.resource == callback.resource;
        for (key, lane) in destination.lanes().filter(own) {
            if let Some((before, due)) = lane.place(callback.position) {
                return Place::Lane {
                    before,
                    due_in: due.saturating_duration_since(now),
                    closed: destination.is_closed(key),
                    busy: lane.is_away(),
                    held: self.held.contains_key(&callback.resource),
                };
            }
        }
        // In memory and in no lane: under way, or its outcome is being recorded.
        if self.known.contains(&callback.position) {
            Place::Away
        } else {
            Place::Disk
        }
    }
}
