//! The judge of the kill test: whether anything was lost, told twice, or out of order, and
//! whether each kill at a named point caught what it was to catch there.

use std::collections::BTreeSet;

use super::ledger::{Answer, Arrival, Ledger, Life};
use super::process::Words;
use super::states::{Caught, by_callback};
use super::traffic::{Callback, Kind, Manner};
use super::{Kill, Moment};

/// How many changes each state is to be caught in (the last one: callbacks).
const CAUGHT: usize = 20;

/// How many complaints are shown.
const SHOWN: usize = 20;

/// Nothing was lost, all came in order, and the kills caught what they were to catch.
pub fn judge(ledger: &Ledger, kills: &[(Kill, Caught)]) {
    let complaints = complaints(ledger);
    let some = &complaints[..complaints.len().min(SHOWN)];
    assert!(complaints.is_empty(), "{} of: {some:#?}", complaints.len());
    let mut all = Caught::default();
    for (kill, caught) in kills {
        assert!(is_caught(ledger, kill, caught), "{kill:?}: {caught:?}");
        all += *caught;
    }
    let least = [all.reported, all.committed, all.answered, all.sent];
    assert!(least.iter().all(|caught| *caught >= CAUGHT), "{all:?}");
    let mut arrivals = ledger.arrivals.values().flatten();
    assert!(arrivals.any(|each| each.late), "nothing was set aside");
}

/// Whether a kill at a named point caught what is in the state there. Of a commit all that
/// was in it: nothing of it can have been answered.
fn is_caught(ledger: &Ledger, kill: &Kill, caught: &Caught) -> bool {
    match (kill.moment, &kill.words) {
        (Moment::BeforeCommit, Some(Words::Commit { changes })) => {
            caught.reported + caught.either >= *changes
        }
        (Moment::AfterCommit, Some(Words::Commit { changes })) => {
            caught.committed + caught.either >= *changes
        }
        (Moment::BeforeSend, Some(Words::Send { .. })) => caught.answered > 0,
        (Moment::AfterSend, Some(Words::Send { id, .. })) => came_again(ledger, id, kill.life),
        (Moment::Random, None) => true,
        (_, _) => false,
    }
}

/// Whether the callback with this id was accepted in `life`, and came again in a later one.
fn came_again(ledger: &Ledger, id: &str, life: Life) -> bool {
    let arrivals = || ledger.arrivals.values().flatten();
    let mut same = arrivals().filter(|each| each.id == id);
    same.any(|each| each.life == life && each.is_accepted()) && same.any(|each| each.life > life)
}

/// All that is wrong.
fn complaints(ledger: &Ledger) -> Vec<String> {
    let mut complaints = ledger.complaints.clone();
    for (change, offer) in &ledger.offers {
        if offer.answered.is_none() {
            complaints.push(format!("{change:?} was never answered"));
        }
        for place in change.owed() {
            let resource = change.resource;
            let callback = Callback { resource, place };
            if !ledger.answered(callback, Answer::Accepted) {
                complaints.push(format!("{callback:?} was lost"));
            }
        }
    }
    let mut ids = BTreeSet::new();
    for (resource, arrivals) in &ledger.arrivals {
        complaints.extend(out_of_order(*resource, arrivals));
        for (callback, each) in by_callback(arrivals) {
            if each.iter().any(|other| other.id != each[0].id) || !ids.insert(&each[0].id) {
                complaints.push(format!("{callback:?} has no id of its own: {each:?}"));
            }
            let mut pairs = each.windows(2);
            if pairs.any(|pair| pair[0].is_accepted() && pair[0].life == pair[1].life) {
                complaints.push(format!("{callback:?} was sent twice in a life: {each:?}"));
            }
        }
    }
    complaints
}

/// The order of a lane, as docs/delivery.md has it: first arrivals come in sequence, and so
/// do the first that were accepted, those apart that were set aside.
fn out_of_order(resource: u32, arrivals: &[Arrival]) -> Option<String> {
    let aside = |callback: Callback| {
        let mut same = arrivals.iter().filter(|each| each.callback == callback);
        // One that is not wanted is set aside at once, but the process may have died before
        // that was recorded: then it comes once more without saying that it is late.
        same.any(|each| each.late || each.answer == Answer::Unwanted)
    };
    let all = first_places(arrivals.iter());
    let kept = arrivals.iter().filter(|each| !aside(each.callback));
    let accepted = first_places(kept.filter(|each| each.is_accepted()));
    let late = Manner::of(resource) == Manner::Accepts && arrivals.iter().any(|each| each.late);
    let whole = all.iter().copied().eq(0..all.len());
    (late || !whole || !accepted.is_sorted()).then(|| {
        let kind = Kind::of(resource);
        format!("the lane of {kind:?} {resource} is out of order: {arrivals:?}")
    })
}

/// The places of callbacks, without what had come before.
fn first_places<'a>(arrivals: impl Iterator<Item = &'a Arrival>) -> Vec<usize> {
    let mut places = Vec::new();
    for each in arrivals {
        if !places.contains(&each.callback.place) {
            places.push(each.callback.place);
        }
    }
    places
}
