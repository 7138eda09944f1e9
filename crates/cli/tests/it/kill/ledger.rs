//! What was offered, answered and received, and in which life of the server.
//!
//! Written by the load and the receiver while the server lives and dies, read by the judge.
//! Whatever is wrong at once is kept as a complaint: a task that panics would end unnoticed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use super::traffic::{Callback, Change};

/// A life of the server, from 0: what happened until its end, and before the next began.
pub type Life = usize;

/// Enough to see what is wrong.
const COMPLAINTS: usize = 20;

/// What an offered change was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was not known.
    Accepted,
    /// It was known: an earlier life had committed it.
    Repeat,
}

/// A change that was offered.
#[derive(Debug)]
pub struct Offer {
    /// In which life first.
    pub first: Life,
    /// How often.
    pub times: u32,
    /// In which life it was answered first, and what.
    pub answered: Option<(Life, Verdict)>,
    /// How many of its callbacks the receiver has not accepted.
    undelivered: usize,
}

/// What the receiver answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 204.
    Accepted,
    /// 500: the lane is closed until the destination accepts something.
    Failed,
    /// 404: the callback is set aside.
    Unwanted,
}

/// A request that the receiver took.
#[derive(Debug)]
pub struct Arrival {
    pub life: Life,
    pub callback: Callback,
    /// `webhook-id`.
    pub id: String,
    pub answer: Answer,
    /// It says `Ringback-Late`: it was set aside.
    pub late: bool,
}

/// All that was offered, answered and received.
#[derive(Debug, Default)]
pub struct Ledger {
    life: Life,
    done: usize,
    pub offers: BTreeMap<Change, Offer>,
    /// By resource, in the order in which they came.
    pub arrivals: BTreeMap<u32, Vec<Arrival>>,
    /// By resource, the SID that answers and callbacks name.
    sids: BTreeMap<u32, String>,
    pub complaints: Vec<String>,
}

/// The ledger, for all who write in it.
#[derive(Clone, Debug, Default)]
pub struct Shared(Arc<Mutex<Ledger>>);

impl Shared {
    pub fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap()
    }
}

impl Arrival {
    pub fn is_accepted(&self) -> bool {
        self.answer == Answer::Accepted
    }
}

impl Ledger {
    pub fn begin_life(&mut self, life: Life) {
        self.life = life;
    }

    /// How many changes were offered and not yet both answered and delivered.
    pub fn under_way(&self) -> usize {
        self.offers.len() - self.done
    }

    /// This change is about to be sent.
    pub fn offer(&mut self, change: Change) {
        let life = self.life;
        let offer = self.offers.entry(change).or_insert_with(|| Offer {
            first: life,
            times: 0,
            answered: None,
            undelivered: change.owed().len(),
        });
        offer.times += 1;
    }

    /// This change was answered for.
    pub fn answer(&mut self, change: Change, verdict: Verdict) {
        let life = self.life;
        let Some(offer) = self.offers.get_mut(&change) else {
            return self.complain(format!("{change:?} was answered and never offered"));
        };
        match (offer.answered, verdict) {
            (None, Verdict::Repeat) if offer.times == 1 => {
                self.complain(format!("{change:?} was known before it was told"));
            }
            (None, _) => {
                offer.answered = Some((life, verdict));
                self.done += usize::from(offer.undelivered == 0);
            }
            (Some(_), Verdict::Repeat) => {}
            (Some((then, _)), Verdict::Accepted) => self.complain(format!(
                "{change:?} was acknowledged in life {then} and was not known in life {life}"
            )),
        }
    }

    /// A callback has come.
    pub fn arrive(&mut self, callback: Callback, id: &str, answer: Answer, late: bool) {
        let before = self.answered(callback, Answer::Accepted);
        let arrivals = self.arrivals.entry(callback.resource).or_default();
        arrivals.push(Arrival {
            life: self.life,
            callback,
            id: id.to_owned(),
            answer,
            late,
        });
        let Some(offer) = self.offers.get_mut(&callback.change()) else {
            return self.complain(format!("{callback:?} tells what was never offered"));
        };
        if answer == Answer::Accepted && !before {
            offer.undelivered -= 1;
            self.done += usize::from(offer.undelivered == 0 && offer.answered.is_some());
        }
    }

    /// Whether a callback has ever been answered so.
    pub fn answered(&self, callback: Callback, answer: Answer) -> bool {
        let arrivals = self.arrivals.get(&callback.resource);
        let mut arrivals = arrivals.into_iter().flatten();
        arrivals.any(|each| each.callback == callback && each.answer == answer)
    }

    /// The first callback of a resource that has not come. First arrivals are in order, as the
    /// judge makes sure of, so it is the one that is sent next for the first time.
    pub fn next_of(&self, resource: u32) -> Callback {
        let arrivals = self.arrivals.get(&resource).into_iter().flatten();
        let places: BTreeSet<usize> = arrivals.map(|each| each.callback.place).collect();
        Callback {
            resource,
            place: places.len(),
        }
    }

    /// The SID of a resource, as somebody says it is.
    pub fn name(&mut self, resource: u32, sid: &str) {
        let known = self.sids.entry(resource).or_insert_with(|| sid.to_owned());
        if known != sid {
            let complaint = format!("resource {resource} is {known} and {sid}");
            self.complain(complaint);
        }
    }

    pub fn complain(&mut self, complaint: String) {
        if self.complaints.len() < COMPLAINTS {
            self.complaints.push(complaint);
        }
    }
}
