//! In which states a kill of the kill test caught changes.
//!
//! Asked when all is over, and told from outside alone: an event that a later life accepts
//! had not been committed, one that it repeats had been; a callback that comes again had not
//! been recorded as delivered.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::ledger::{Arrival, Ledger, Life, Offer, Verdict};
use super::traffic::{Callback, Change};

/// How many changes a kill caught in which state. One may be caught by several kills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Caught {
    /// Reported, not committed.
    pub reported: usize,
    /// Committed, not answered.
    pub committed: usize,
    /// One of the two above: the next life ended as well before it was answered, and nobody
    /// can tell which of both had committed it.
    pub either: usize,
    /// Answered, and one of its callbacks at least had never been sent.
    pub answered: usize,
    /// Sent, not recorded; counted in callbacks.
    pub sent: usize,
}

/// How far a change had come when a life ended.
enum State {
    Reported,
    Committed,
    Either,
    Answered,
    /// Not offered yet, or each of its callbacks had been sent.
    Other,
}

impl AddAssign for Caught {
    fn add_assign(&mut self, other: Self) {
        self.reported += other.reported;
        self.committed += other.committed;
        self.either += other.either;
        self.answered += other.answered;
        self.sent += other.sent;
    }
}

impl Caught {
    /// What the kill that ended `life` caught.
    pub fn by(ledger: &Ledger, life: Life) -> Self {
        let mut caught = Self::default();
        for (change, offer) in &ledger.offers {
            match state(&first_arrivals(ledger, *change), offer, life) {
                State::Reported => caught.reported += 1,
                State::Committed => caught.committed += 1,
                State::Either => caught.either += 1,
                State::Answered => caught.answered += 1,
                State::Other => {}
            }
        }
        for arrivals in ledger.arrivals.values() {
            let callbacks = by_callback(arrivals);
            let again = callbacks.values().filter(|each| is_again(each, life));
            caught.sent += again.count();
        }
        caught
    }
}

fn state(first_arrivals: &[Option<Life>], offer: &Offer, life: Life) -> State {
    let had_come = |first: &Option<Life>| first.is_some_and(|first| first <= life);
    match offer.answered {
        _ if offer.first > life => State::Other,
        Some((answered, Verdict::Accepted)) if answered > life => State::Reported,
        Some((answered, Verdict::Repeat)) if answered > life => {
            if answered == life + 1 || first_arrivals.iter().any(had_come) {
                State::Committed
            } else {
                State::Either
            }
        }
        Some(_) if first_arrivals.iter().all(had_come) => State::Other,
        Some(_) => State::Answered,
        None => State::Either,
    }
}

/// In which life each of a change's callbacks first arrived.
fn first_arrivals(ledger: &Ledger, change: Change) -> Vec<Option<Life>> {
    let arrivals = ledger.arrivals.get(&change.resource);
    let first = |place| {
        let mut arrivals = arrivals.into_iter().flatten();
        let first = arrivals.find(|each| each.callback.place == place);
        first.map(|each| each.life)
    };
    change.owed().map(first).collect()
}

/// The arrivals of each callback, in the order in which they came.
pub fn by_callback(arrivals: &[Arrival]) -> BTreeMap<Callback, Vec<&Arrival>> {
    let mut found: BTreeMap<Callback, Vec<&Arrival>> = BTreeMap::new();
    for each in arrivals {
        found.entry(each.callback).or_default().push(each);
    }
    found
}

/// Whether a callback was accepted in `life` and arrived again in a later one.
fn is_again(arrivals: &[&Arrival], life: Life) -> bool {
    arrivals.windows(2).any(|pair| {
        let [before, after] = pair else { return false };
        before.is_accepted() && before.life == life && after.life > life
    })
}
