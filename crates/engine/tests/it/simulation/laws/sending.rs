//! What must hold of every attempt.

use std::time::Duration;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::id::CallbackId;
use ringback_domain::project::Ordering;
use ringback_wire::callback::without_words;

use super::{End, Fate, Findings, Lane, Laws, Sending, destination, line};
use crate::simulation::paths::Path;

/// An attempt as its receiver sees it.
#[derive(Debug)]
pub(in crate::simulation) struct Arriving<'a> {
    pub(in crate::simulation) id: CallbackId,
    pub(in crate::simulation) sending: Sending,
    /// Of a POST.
    pub(in crate::simulation) body: Option<&'a str>,
}

impl Laws {
    /// An attempt begins.
    pub(in crate::simulation) fn begins(&mut self, arriving: &Arriving<'_>, now: u64) -> Findings {
        let id = arriving.id;
        let Some(fate) = self.fates.get(&id) else {
            self.breaks(format!(
                "an attempt of a callback that is not recorded: {id}"
            ));
            return self.found();
        };
        let lane = self.lane(&fate.callback, arriving.sending);
        let laws = [
            Self::sent_needlessly(fate),
            self.sent_unkept(now),
            Self::sent_as(fate, arriving.sending),
            self.sent_too_soon(fate, now),
            self.sent_with(fate, arriving, now),
            self.sent_beside_another(&lane),
            self.sent_beyond_limits(fate),
        ];
        let at = fate.callback.position;
        let passes = self.passes(fate, arriving.sending);
        let laws = laws.into_iter().flatten();
        let laws = laws.chain(passes.as_ref().err().cloned());
        let laws: Vec<String> = laws
            .map(|law| format!("attempt of {id} at {at}: {law}"))
            .collect();
        self.found.broken.extend(laws);
        self.memory.passed.extend(passes.unwrap_or_default());
        self.note_begun(id, lane, arriving.sending);
        self.found()
    }

    /// An attempt ended; its receiver may have asked for a pause.
    pub(in crate::simulation) fn ends(
        &mut self,
        arriving: &Arriving<'_>,
        end: End,
        pause: Option<Duration>,
        now: u64,
    ) -> Findings {
        let Some(fate) = self.fates.get_mut(&arriving.id) else {
            return self.found();
        };
        let number = fate.tried.away.take().unwrap_or_default();
        fate.tried.ends.insert(number, end);
        let destination = destination(&fate.callback);
        match end {
            End::Accepted => {
                fate.accepted = true;
                fate.tried.accepted = true;
                self.memory.accepted.insert(destination.clone(), now);
            }
            End::Failed(_) => {
                // What failed before this process began is as if it had failed then.
                let since = match fate.callback.first_failed_at {
                    Some(_) => self.memory.started,
                    None => now,
                };
                fate.tried.failed_since.get_or_insert(since);
            }
        }
        let callback = &self.fates[&arriving.id].callback;
        let lane = self.lane(callback, arriving.sending);
        self.memory.away.remove(&lane);
        if let Some(count) = self.memory.under_way.get_mut(&destination) {
            *count = count.saturating_sub(1);
        }
        if let Some(pause) = pause {
            let until = now + u64::try_from(pause.as_micros()).unwrap_or(u64::MAX);
            let known = self.memory.paused.entry(destination).or_default();
            if until > known.1 {
                *known = (now, until);
            }
        }
        self.found()
    }

    fn lane(&self, callback: &Callback, sending: Sending) -> Lane {
        let track = match sending {
            Sending::Owed | Sending::Late => Sending::Owed,
            Sending::Replay => Sending::Replay,
        };
        let alone = self.ordering(callback) == Ordering::None;
        (line(callback), track, alone.then_some(callback.position))
    }

    fn note_begun(&mut self, id: CallbackId, lane: Lane, sending: Sending) {
        let Some(fate) = self.fates.get_mut(&id) else {
            return;
        };
        let last = fate.tried.ends.keys().next_back().copied();
        fate.tried.away = Some(last.unwrap_or(fate.callback.attempts) + 1);
        let again = fate.accepted && !fate.replay_owed && sending != Sending::Replay;
        let destination = destination(&fate.callback);
        let notice = fate.callback.is_failure_notice();
        if sending == Sending::Replay {
            fate.replay_owed = false;
            self.found.went.push(Path::ReplaySent);
        }
        *self.memory.under_way.entry(destination).or_default() += 1;
        self.memory.away.insert(lane, id);
        match sending {
            Sending::Late => self.went(Path::LateSent),
            Sending::Owed | Sending::Replay => {}
        }
        if again {
            self.went(Path::SentTwice);
        }
        if notice {
            self.went(Path::NoticeSent);
        }
    }

    fn sent_needlessly(fate: &Fate) -> Option<String> {
        if fate.callback.state.is_settled() {
            return Some(format!("it is {:?}", fate.callback.state));
        }
        if fate.tried.accepted {
            return Some("this process knows that it was accepted".to_owned());
        }
        let away = fate.tried.away.is_some();
        away.then(|| "an attempt of it is under way".to_owned())
    }

    /// What its header fields say.
    fn sent_as(fate: &Fate, sending: Sending) -> Option<String> {
        let replay = fate.callback.replay.is_some();
        let should = match (replay, fate.callback.state) {
            (true, _) => Sending::Replay,
            (false, CallbackState::Aside) => Sending::Late,
            (false, _) => Sending::Owed,
        };
        (sending != should).then(|| format!("sent as {sending:?}, not as {should:?}"))
    }

    fn sent_too_soon(&self, fate: &Fate, now: u64) -> Option<String> {
        let callback = &fate.callback;
        if self.held.get(&callback.resource) == Some(&self.process) {
            return Some("the answer to its resource's creation is not written".to_owned());
        }
        let (asked, until) = self.memory.paused.get(&destination(callback)).copied()?;
        let paused = asked < now && now < until && !self.is_urgent(fate);
        paused.then(|| "its destination asked for a pause".to_owned())
    }

    fn sent_with(&self, fate: &Fate, arriving: &Arriving<'_>, now: u64) -> Option<String> {
        let (body, callback) = (arriving.body?, &fate.callback);
        let before = fate.before.as_ref().filter(|it| body == &*it.body);
        let may = body == &*callback.body
            || before.is_some_and(|it| it.acknowledged_at.is_none_or(|at| at >= now))
            || (self.memory.erasing.contains(&callback.resource)
                && body == without_words(callback.encoding, &callback.body));
        (!may).then(|| format!("with another body: {body}"))
    }

    fn sent_beside_another(&self, lane: &Lane) -> Option<String> {
        let other = self.memory.away.get(lane)?;
        Some(format!("an attempt of {other} is under way in its lane"))
    }

    fn sent_beyond_limits(&self, fate: &Fate) -> Option<String> {
        let all = self.memory.away.len();
        if all >= self.limits.in_flight {
            return Some(format!("{all} attempts are under way"));
        }
        let counts = &self.memory.under_way;
        let count = counts.get(&destination(&fate.callback)).copied();
        let beyond = count.is_some_and(|count| count >= self.limits.per_destination);
        (beyond && !self.is_urgent(fate))
            .then(|| format!("{count:?} attempts are under way to its destination"))
    }

    /// Whether neither limit nor pause may delay it: its first try has begun, and its profile
    /// promises the others at once.
    fn is_urgent(&self, fate: &Fate) -> bool {
        let begun = fate.callback.attempts > 0 || !fate.tried.ends.is_empty();
        begun && self.gives_up(&fate.callback)
    }

    /// The callbacks before this one that it goes past, with the attempts after which it may.
    fn passes(&self, fate: &Fate, sending: Sending) -> Result<Vec<(CallbackId, u32)>, String> {
        let callback = &fate.callback;
        let in_order = self.ordering(callback) != Ordering::None && sending == Sending::Owed;
        let owed = self.owed.get(&line(callback)).filter(|_| in_order);
        let mut passes = Vec::new();
        for (_, id) in owed
            .into_iter()
            .flat_map(|it| it.range(..callback.position))
        {
            let earlier = &self.fates[id];
            if earlier.tried.accepted {
                continue;
            }
            match earlier.tried.ends.last_key_value() {
                // What became of this attempt is not written yet: it will show.
                Some((number, End::Failed(_))) if *number > earlier.callback.attempts => {
                    passes.push((*id, *number));
                }
                Some(_) | None => {
                    return Err(format!(
                        "{id} at {} is owed before it",
                        earlier.callback.position
                    ));
                }
            }
        }
        Ok(passes)
    }
}
