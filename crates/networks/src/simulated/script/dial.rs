//! `<Dial>`: legs that ring at once, the first who answers, and what is told of it in the end.
//!
//! Part of a run. A leg is a call of its own: it tells this one where it stands, and this one
//! tells it to end. The other way round, `connects` is the leg's side of a document that is run
//! for it first.

use std::time::Duration;

use ringback_domain::call::{CallDirection, CallStatus, Document, NewCall};
use ringback_domain::id::Sid;
use ringback_domain::phone;
use ringback_domain::resource::NewResource;
use ringback_domain::subscription::{Interest, Subscription};
use ringback_engine::network::{Effect, Ending, Offspring, Word};
use ringback_wire::cxml::{CallerLeg, Dial, Noun, NounKind, RecordFrom, Verb};

use super::super::call::Stage;
use super::super::memo::{CallMemo, Dialling, Doing, Fetching, Leg, LegMemo, State, Used};
use super::super::numbers::{self, Usage};
use super::Run;
use super::bound::{Bound, MAX_DOCUMENTS, MAX_HOPS, MAX_LEG_DOCUMENTS};

/// How long they talk before somebody ends it with `*`.
const BEFORE_STAR: Duration = Duration::from_secs(5);

impl Run<'_, '_> {
    /// Calls the nouns of `dial`, the instruction number `index`. False if there is nobody to
    /// be called and the document goes on.
    pub(super) fn dial(&mut self, index: usize, dial: &Dial) -> bool {
        if self.memo.hops >= MAX_HOPS {
            self.hit(Bound::Hops);
            return true;
        }
        self.memo.used.verbs += 1;
        self.stand_at(index, Doing::Next);
        let caller = self.caller_id(dial);
        let mut legs = Vec::new();
        for noun in &dial.nouns {
            if let Err(refusal) = numbers::admit(Usage::CallTo, &noun.address) {
                self.remark(format!(
                    "<Dial> leaves a number out ({}): {refusal}.",
                    refusal.code
                ));
                continue;
            }
            legs.push(self.call_out(dial, noun, &caller));
        }
        if legs.is_empty() {
            return self.dialled(dial, &outcome_of(CallStatus::Failed.as_str(), None));
        }
        let mut dialling = Dialling {
            legs,
            ..Dialling::default()
        };
        if let Some(record) = &dial.record
            && record.from == RecordFrom::Ringing
        {
            dialling.recording = Some(self.tape_dial(record));
        }
        self.stand_at(index, Doing::Dialling(dialling));
        self.wait();
        true
    }

    /// Whom the called see: who calls, or who the document says.
    fn caller_id(&mut self, dial: &Dial) -> String {
        let own = &self.call.from;
        let Some(given) = &dial.caller_id else {
            return own.clone();
        };
        let to_sip_alone = dial.nouns.iter().all(|noun| noun.kind == NounKind::Sip);
        if to_sip_alone || phone::address(given).is_some() {
            return given.clone();
        }
        self.remark("<Dial>: `callerId` is not E.164: the caller's number is shown.".to_owned());
        own.clone()
    }

    fn call_out(&mut self, dial: &Dial, noun: &Noun, caller: &str) -> Leg {
        let sid = self.scene.new_sid();
        let whisper = noun.url.as_deref().and_then(|url| {
            let url = self.resolve(url)?;
            Some(Fetching::of(url, noun.method))
        });
        let memo = CallMemo {
            leg: Some(LegMemo {
                talk_at_most_s: dial.time_limit.as_secs(),
                whisper,
            }),
            used: Used {
                documents: MAX_DOCUMENTS - MAX_LEG_DOCUMENTS,
                ..Used::default()
            },
            hops: self.memo.hops + 1,
            ..CallMemo::default()
        };
        let callback = noun.status_callback.as_ref().and_then(|callback| {
            Some(Subscription {
                url: self.resolve(&callback.url)?,
                method: callback.method,
                interest: Interest::Call(callback.events),
                next_sequence: 0,
            })
        });
        let new = NewCall {
            direction: CallDirection::OutboundDial,
            from: caller.to_owned(),
            to: noun.address.clone(),
            parent: Some(self.resource.sid),
            document: Document::None,
            ring_timeout: dial.timeout,
            requested: noun
                .send_digits
                .iter()
                .map(|digits| ("SendDigits".to_owned(), digits.clone()))
                .collect(),
        };
        self.performed
            .effects
            .push(Effect::Create(Box::new(Offspring {
                sid,
                new: NewResource::Call(new),
                subscriptions: callback.into_iter().collect(),
                memo: Some(memo.written()),
            })));
        Leg { sid, over: None }
    }

    /// A leg of the `<Dial>` that is under way stands at `status` now.
    pub(super) fn leg_stands(&mut self, sid: Sid, status: CallStatus) {
        let Some((index, dial, mut dialling)) = self.dialling() else {
            return;
        };
        if !dialling.legs.iter().any(|leg| leg.sid == sid) {
            return;
        }
        if status == CallStatus::InProgress {
            self.leg_answered(&dial, &mut dialling, sid);
            self.stand_at(index, Doing::Dialling(dialling));
            return;
        }
        if !status.is_final() {
            return;
        }
        for leg in dialling.legs.iter_mut().filter(|leg| leg.sid == sid) {
            leg.over = Some(status.as_str().to_owned());
        }
        let all_over = dialling.legs.iter().all(|leg| leg.over.is_some());
        let connected_over = dialling.connected == Some(sid);
        self.stand_at(index, Doing::Dialling(dialling.clone()));
        if connected_over || (all_over && dialling.connected.is_none()) {
            self.dial_over(&dial, &dialling);
        }
    }

    /// The first who answers is it; the others are no longer called.
    fn leg_answered(&mut self, dial: &Dial, dialling: &mut Dialling, sid: Sid) {
        if dialling.connected.is_some() {
            return self.tell(sid, Word::End(Ending::HangUp));
        }
        dialling.connected = Some(sid);
        dialling.answered_us = self.scene.now.as_micros();
        let others = dialling.legs.iter().filter(|leg| leg.sid != sid);
        for other in others.filter(|leg| leg.over.is_none()) {
            self.performed.effects.push(Effect::Tell {
                sid: other.sid,
                word: Word::End(Ending::Cancel),
            });
        }
        if dial.caller == CallerLeg::AnsweredOnBridge && self.answered.is_none() {
            self.answer();
            self.wait();
        }
        if let Some(record) = &dial.record
            && dialling.recording.is_none()
        {
            dialling.recording = Some(self.tape_dial(record));
        }
        if dial.hangup_on_star && self.next_digits().contains('*') {
            self.plan(Stage::GoOn, BEFORE_STAR);
        }
    }

    /// The caller pressed `*`: the one who is connected is hung up, and that is told.
    pub(super) fn star_pressed(&mut self, dialling: &Dialling) {
        if let Some(sid) = dialling.connected {
            self.tell(sid, Word::End(Ending::HangUp));
        }
        self.wait();
    }

    /// Nobody is called or connected any more.
    fn dial_over(&mut self, dial: &Dial, dialling: &Dialling) {
        if let Some(recording) = dialling.recording {
            self.tell(recording, Word::Stop);
        }
        let mut params = match dialling.connected {
            Some(sid) => {
                let mut params = outcome_of(CallStatus::Completed.as_str(), Some(sid));
                let talked = self.scene.now.as_micros() - dialling.answered_us;
                let seconds = (talked.max(0) + 500_000) / 1_000_000;
                params.push(("DialCallDuration".to_owned(), seconds.to_string()));
                params
            }
            None => unanswered(dialling),
        };
        if let Some(recording) = dialling.recording {
            params.extend(self.recording_params(recording));
        }
        if !self.dialled(dial, &params) {
            self.walk();
        }
    }

    /// What a `<Dial>` came to: the action is asked, or the next instruction follows; then it
    /// says false.
    fn dialled(&mut self, dial: &Dial, params: &[(String, String)]) -> bool {
        let Some(action) = &dial.action else {
            let next = self.running().map_or(0, |running| running.at + 1);
            self.stand_at(next, Doing::Next);
            return false;
        };
        let target = (action.as_str(), dial.method);
        self.fetch_next(target, params.to_vec(), Duration::ZERO);
        true
    }

    /// The leg's own document is over: it is connected to who dialled it, and they talk.
    pub(super) fn connects(&mut self) {
        self.memo.state = State::Idle;
        self.talk();
    }

    /// The `<Dial>` that is under way: its place in the document, itself, and how far it is.
    fn dialling(&self) -> Option<(usize, Dial, Dialling)> {
        let running = self.running()?;
        match (&running.doing, self.verb_under_way()) {
            (Doing::Dialling(dialling), Some(Verb::Dial(dial))) => {
                Some((running.at, dial, dialling.clone()))
            }
            _ => None,
        }
    }
}

fn outcome_of(status: &str, sid: Option<Sid>) -> Vec<(String, String)> {
    let mut params = vec![("DialCallStatus".to_owned(), status.to_owned())];
    params.extend(sid.map(|sid| ("DialCallSid".to_owned(), sid.to_string())));
    params
}

/// What is told of several legs that nobody answered: the most hopeful of them.
fn unanswered(dialling: &Dialling) -> Vec<(String, String)> {
    let order = [
        CallStatus::NoAnswer,
        CallStatus::Busy,
        CallStatus::Canceled,
        CallStatus::Failed,
    ];
    let ended = |status: CallStatus| {
        let mut legs = dialling.legs.iter();
        legs.find(|leg| leg.over.as_deref() == Some(status.as_str()))
    };
    let told = order
        .into_iter()
        .find_map(|status| Some((status, ended(status)?)));
    match told {
        Some((status, leg)) => outcome_of(status.as_str(), Some(leg.sid)),
        None => outcome_of(CallStatus::Failed.as_str(), None),
    }
}
