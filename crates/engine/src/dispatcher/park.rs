//! Parking: a destination that is not served holds little memory; the rest waits on disk.
//!
//! Part of the dispatcher. What leaves memory is fetched again as after a restart: from the
//! destination's horizon on, in order.

use tokio::time::Instant;

use super::Dispatcher;
use super::destination::DestinationKey;
use super::entry::{Entry, Line};
use super::window::{Parked, Share};

impl Dispatcher {
    /// Counts a destination among those that are served or among those that are not, and lets
    /// what it holds beyond its share leave memory.
    pub(super) fn park_or_serve(&mut self, key: &DestinationKey) {
        let now = Instant::now();
        let all = self.destinations.len();
        let Some(destination) = self.destinations.get_mut(key) else {
            return;
        };
        let parked = if destination.health.is_served(now) {
            Parked::No
        } else {
            Parked::Yes
        };
        match (std::mem::replace(&mut destination.parked, parked), parked) {
            (Parked::No, Parked::Yes) => self.parked += 1,
            (Parked::Yes, Parked::No) => self.parked -= 1,
            (Parked::No, Parked::No) | (Parked::Yes, Parked::Yes) => {}
        }
        let share = Share::of(&self.parts.limits, all - self.parked, self.parked, parked);
        let bound = match parked {
            Parked::Yes => share,
            Parked::No if self.filling.is_full(&self.parts.limits) => share,
            Parked::No => share.twice(),
        };
        let held = &self.held;
        let unwritten = &self.unwritten;
        // While the store is asked, its answer says from where on callbacks are missing here.
        if destination.fetching || !bound.is_exceeded(destination) {
            return;
        }
        let stay = |entry: &Entry| {
            unwritten.contains_key(&entry.callback.position)
                || held.contains_key(&entry.callback.resource)
                || entry.line(now) == Line::Urgent
        };
        let before = destination.size();
        let shed = destination.shed(|destination| share.is_exceeded(destination), stay);
        self.filling.change(before, destination.size());
        for position in shed {
            self.known.remove(&position);
        }
    }

    /// An outcome of a callback that stayed in memory is durable.
    pub(super) fn noted(&mut self, position: u64) {
        if let Some(count) = self.unwritten.get_mut(&position) {
            *count -= 1;
            if *count == 0 {
                self.unwritten.remove(&position);
            }
        }
    }
}
