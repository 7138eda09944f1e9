//! A call from one number of the project to another: two calls, each the other's far end.
//!
//! Part of a run. The one that is made rings; the one that comes in is made then, and decides
//! what becomes of both. Each tells the other where it stands.

use std::time::Duration;

use ringback_domain::call::{CallDirection, CallFacts, CallStatus, Document, NewCall};
use ringback_domain::resource::NewResource;
use ringback_domain::sip::SipResult;
use ringback_engine::network::{Effect, Ending, Offspring, Performed, Word};

use super::super::call::{self, Stage};
use super::super::memo::CallMemo;
use super::{Bound, MAX_HOPS, Run, far_side};

/// How long a number of the project takes to be found.
const FOUND: Duration = Duration::from_millis(300);

impl Run<'_, '_> {
    /// Takes a step of the way to the answer.
    pub(in super::super) fn reaches(mut self, stage: Stage) -> Performed {
        match stage {
            Stage::Dial => {
                self.stands(CallStatus::Initiated, None);
                self.plan(Stage::Alert, FOUND);
            }
            Stage::Alert if self.memo.hops >= MAX_HOPS => self.hit(Bound::Hops),
            Stage::Alert => self.alerts(),
            Stage::Settle => self.rang_out(),
            Stage::HangUp | Stage::Fetch | Stage::GoOn | Stage::TimeUp => {}
        }
        self.done()
    }

    /// It rings: the call that comes in is made.
    fn alerts(&mut self) {
        self.stands(CallStatus::Ringing, Some(SipResult::RINGING));
        let sid = self.scene.new_sid();
        let memo = CallMemo {
            peer: Some(self.resource.sid),
            hops: self.memo.hops + 1,
            ..CallMemo::default()
        };
        let new = NewCall {
            direction: CallDirection::Inbound,
            from: self
                .requested("CallerId")
                .unwrap_or(&self.call.from)
                .to_owned(),
            to: self.call.to.clone(),
            parent: None,
            document: Document::None,
            ring_timeout: self.call.ring_timeout,
            requested: Vec::new(),
        };
        self.performed
            .effects
            .push(Effect::Create(Box::new(Offspring {
                sid,
                new: NewResource::Call(new),
                subscriptions: Vec::new(),
                memo: Some(memo.written()),
            })));
        self.memo.peer = Some(sid);
        self.plan(Stage::Settle, self.call.ring_timeout);
    }

    /// Nobody answered in time.
    fn rang_out(&mut self) {
        if let Some(peer) = self.memo.peer {
            self.tell(peer, Word::End(Ending::Cancel));
        }
        self.stands(CallStatus::NoAnswer, Some(SipResult::TERMINATED));
        self.leave();
    }

    /// The other end stands at `status` now.
    pub(super) fn peer_stands(mut self, status: CallStatus) -> Performed {
        match (status, self.answered) {
            (CallStatus::InProgress, None) if self.call.direction != CallDirection::Inbound => {
                self.stands(CallStatus::InProgress, Some(SipResult::OK));
                let performed = std::mem::take(&mut self.performed);
                return self.goes_on_answered(performed);
            }
            (
                CallStatus::Queued
                | CallStatus::Initiated
                | CallStatus::Ringing
                | CallStatus::InProgress,
                _,
            ) => {}
            (_, Some(_)) => self.end(far_side(self.call), None),
            (CallStatus::Busy, None) => self.unanswered(CallStatus::Busy, SipResult::BUSY),
            (CallStatus::Failed, None) => {
                self.stands(CallStatus::Failed, None);
                self.leave();
            }
            (CallStatus::NoAnswer, None) => {
                self.unanswered(CallStatus::NoAnswer, SipResult::UNAVAILABLE);
            }
            // Who called gave up; or the other end was ended over REST.
            (CallStatus::Canceled | CallStatus::Completed, None) => {
                self.unanswered(CallStatus::Canceled, SipResult::TERMINATED);
            }
        }
        self.done()
    }

    fn unanswered(&mut self, status: CallStatus, sip: SipResult) {
        self.stands(status, Some(sip));
        self.leave();
    }

    fn stands(&mut self, status: CallStatus, sip: Option<SipResult>) {
        let facts = CallFacts {
            sip,
            ..CallFacts::default()
        };
        self.performed.news.push(call::news(status, facts));
    }
}
