//! Turns: which attempt is begun next, and what is looked at again when.
//!
//! Part of the dispatcher. A lane that can send stands in its destination's line, a
//! destination that may send in the [`Round`](super::round::Round).

use std::sync::Arc;

use ringback_domain::id::Sid;
use tokio::time::Instant;

use super::breaker::Pass;
use super::destination::{DestinationKey, Ready};
use super::entry::Entry;
use super::lane::LaneKey;
use super::{ASK_AGAIN, Dispatcher, Made, request};
use crate::recorder::Delivery;

/// How many outcomes may wait for the recorder before no further attempt is made.
const OUTCOMES_WAITING: usize = 1_000;

/// How many destinations that are not modest may be passed over in one turn: it bounds the
/// work where all attempts that can be made are under way; the next turn goes on behind them.
const PASSED_OVER: usize = 16;

/// What is to be looked at again at a certain time.
pub(super) enum Alarm {
    /// A lane whose first callback is due then.
    Lane(DestinationKey, LaneKey),
    /// A destination that was paused, or refused, until then.
    Destination(DestinationKey),
}

impl Dispatcher {
    /// Looks at a lane: lines it up, sets an alarm, or forgets it.
    pub(super) fn arrange(&mut self, key: &DestinationKey, lane: &LaneKey) {
        if let Some(held) = self.held.get_mut(&lane.resource) {
            held.push((key.clone(), lane.clone()));
            return;
        }
        let now = Instant::now();
        let Some(destination) = self.destinations.get_mut(key) else {
            return;
        };
        if let Some(due) = destination.arrange(lane, now) {
            self.alarm(due, Alarm::Lane(key.clone(), lane.clone()));
        }
        self.line_up(key, now);
        self.tidy(key);
    }

    /// Puts a destination into the round if it can make an attempt, or sets an alarm if it
    /// can only later.
    pub(super) fn line_up(&mut self, key: &DestinationKey, now: Instant) {
        let Some(destination) = self.destinations.get_mut(key) else {
            return;
        };
        match destination.ready(now) {
            Ready::Now if !destination.in_round => {
                destination.in_round = true;
                self.round.push(key.clone());
            }
            Ready::Now | Ready::Idle => {}
            Ready::At(at)
                if destination
                    .wake
                    .is_some_and(|wake| wake > now && wake <= at) => {}
            Ready::At(at) => {
                destination.wake = Some(at);
                self.alarm(at, Alarm::Destination(key.clone()));
            }
        }
    }

    /// Looks at a destination again in a while.
    pub(super) fn look_again(&mut self, key: &DestinationKey) {
        let now = Instant::now();
        let at = now + ASK_AGAIN;
        if let Some(destination) = self.destinations.get_mut(key)
            && destination.wake.is_none_or(|wake| wake <= now || wake > at)
        {
            destination.wake = Some(at);
            self.alarm(at, Alarm::Destination(key.clone()));
        }
    }

    fn alarm(&mut self, at: Instant, alarm: Alarm) {
        self.alarm_number += 1;
        self.alarms.insert((at, self.alarm_number), alarm);
    }

    pub(super) fn release(&mut self, sid: Sid) {
        for (key, lane) in self.held.remove(&sid).into_iter().flatten() {
            self.arrange(&key, &lane);
        }
    }

    pub(super) fn ring(&mut self) {
        let now = Instant::now();
        while let Some(first) = self.alarms.first_entry()
            && first.key().0 <= now
        {
            match first.remove() {
                Alarm::Lane(key, lane) => self.arrange(&key, &lane),
                Alarm::Destination(key) => {
                    self.park_or_serve(&key);
                    self.line_up(&key, now);
                    self.fetch(&key);
                }
            }
        }
    }

    /// Begins as many attempts as the limits allow: projects take turns, and within each its
    /// destinations do.
    pub(super) fn launch(&mut self) {
        let now = Instant::now();
        let mut passed_over = 0;
        while self.delivery == Delivery::Runs
            && !self.parts.stop.is_cancelled()
            && self.attempts.len() < self.parts.limits.in_flight
            && self.outcomes.len() < OUTCOMES_WAITING
            && passed_over < PASSED_OVER
            && let Some(key) = self.round.pop()
        {
            let free = self.parts.limits.in_flight - self.attempts.len();
            let Some(destination) = self.destinations.get_mut(&key) else {
                continue;
            };
            if !destination.is_modest(free) {
                passed_over += 1;
                self.round.push(key);
                continue;
            }
            destination.in_round = false;
            // One that is at its limit comes back to the round when an attempt of it ends.
            let next = destination.next(now);
            self.line_up(&key, now);
            if let Some((lane, entry, pass)) = next {
                self.begin(key, lane, entry, pass, now);
            }
        }
    }

    fn begin(
        &mut self,
        destination: DestinationKey,
        lane: LaneKey,
        mut entry: Box<Entry>,
        pass: Pass,
        now: Instant,
    ) {
        entry.begin(now);
        let transport = Arc::clone(&self.parts.transport);
        let clock = self.parts.clock.clone();
        // Asked for now: they may have rotated since the callback came into memory. A project
        // is replaced, never removed, so whose callback was admitted has keys.
        let keys = self.parts.projects.keys(entry.project.id);
        self.attempts.spawn(async move {
            let started_at = clock.now();
            let keys = keys.expect("a project that is known stays so");
            let outgoing = request::outgoing(&entry, &keys, clock.wall(), now);
            let mut exchange = transport.send(outgoing).await;
            let attempt = request::attempt(&entry, started_at, &mut exchange);
            Made {
                destination,
                lane,
                entry,
                pass,
                exchange,
                attempt,
            }
        });
    }
}
