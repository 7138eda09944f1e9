//! Running the document of a call: what is said, collected, dialled, and when the call ends.
//!
//! Called by the simulated network for each step of a call that a document handles. A run is
//! a pure function of the call, its memo and the step; all durations here are of the simulated
//! world, the caller scales them. Invariants: every run ends, for verbs, documents, hops and
//! time are bounded and each bound that is hit is named; what only passes time (`<Say>`,
//! `<Play>`, `<Pause>`) takes no step of its own.

mod bound;
mod dial;
mod fetch;
mod gather;
mod peer;
mod record;
mod send;
mod told;
mod walk;

use std::time::Duration;

use ringback_domain::call::{Call, CallDirection, CallFacts, CallStatus, Document, HangupSide};
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use ringback_domain::sip::SipResult;
use ringback_domain::time::Timestamp;
use ringback_engine::network::{
    Effect, Ending, Errand, Fetched, Next, Performed, Planned, Scene, Word,
};
use ringback_store::Step;

use super::Simulated;
use super::call::{self, Lasted, Stage};
use super::course::Line;
use super::draw::{Draw, Purpose};
use super::heard::Piece;
use super::memo::{CallMemo, Dialling, Doing, Fetching, Running, State};
use super::scenario::CallScenario;
use super::scenario::call::FarEnd;
use super::scenario::seconds::Seconds;
use bound::{Bound, MAX_DOCUMENTS, MAX_HOPS, MAX_TIME, MAX_VERBS};

/// A call's run, while one step of it is taken.
pub(super) struct Run<'a, 's> {
    network: &'a Simulated,
    draw: Draw,
    resource: &'a Resource,
    call: &'a Call,
    memo: CallMemo,
    scenario: CallScenario,
    scene: &'a mut Scene<'s>,
    /// When it was answered, if it was: perhaps in this step.
    answered: Option<Timestamp>,
    /// What the recordings of the whole call hear of this step.
    sounds: Vec<Piece>,
    performed: Performed,
}

impl<'a, 's> Run<'a, 's> {
    pub(super) fn new(
        network: &'a Simulated,
        draw: Draw,
        (resource, call): (&'a Resource, &'a Call),
        scene: &'a mut Scene<'s>,
    ) -> Self {
        let memo = CallMemo::of(resource);
        Self {
            network,
            draw,
            resource,
            call,
            scenario: memo.scenario(call),
            memo,
            scene,
            answered: call.answered_at,
            sounds: Vec::new(),
            performed: Performed::default(),
        }
    }

    /// The same, with `chosen` in the place of what the call was made with.
    pub(super) fn with_scenario(mut self, chosen: Option<CallScenario>) -> Self {
        if let Some(chosen) = chosen {
            self.memo.scenario = Some(chosen.clone());
            self.scenario = chosen;
        }
        self
    }

    /// Begins with a call that came in over `line`: its number's document is fetched while it
    /// rings.
    pub(super) fn comes_in(mut self, line: Line) -> Performed {
        self.memo.course.line = self.scenario.line().unwrap_or(line);
        match self.scenario.answer {
            Some(FarEnd::NoAnswer | FarEnd::Busy) => {
                let drawn = self.draw.stream(Purpose::Course).delay(3_000, 8_000);
                let gives_up = self.scenario.rings_for_s;
                self.plan(Stage::GoOn, gives_up.map_or(drawn, Seconds::duration));
            }
            Some(FarEnd::Human | FarEnd::Machine | FarEnd::Canceled | FarEnd::Unreachable)
            | None => match self.handler() {
                Some(fetching) => self.fetch(fetching, Duration::ZERO),
                None => self.plan(Stage::GoOn, Duration::ZERO),
            },
        }
        self.done()
    }

    /// Goes on with a call that somebody answered, which `performed` tells.
    pub(super) fn goes_on_answered(mut self, performed: Performed) -> Performed {
        self.performed = performed;
        self.answered = Some(self.scene.now);
        let whisper = self.memo.leg.as_mut().and_then(|leg| leg.whisper.take());
        let digits = walk::digits_time(self.requested("SendDigits").unwrap_or_default());
        match (&self.call.document, whisper) {
            (_, Some(fetching)) => self.fetch(fetching, digits),
            (Document::Inline(text), None) => {
                let text = text.clone();
                if self.requested("Record").is_some() {
                    // The recording that begins with the answer hears all of it.
                    self.keep(text, None);
                    self.plan(Stage::GoOn, digits);
                } else {
                    self.load_own(text, digits);
                }
            }
            (Document::Url { .. } | Document::Application(_), None) => match self.handler() {
                Some(fetching) => self.fetch(fetching, digits),
                None => self.no_document(),
            },
            // A leg of a `<Dial>`, or a plain call: they talk.
            (Document::None, None) => self.talk(),
        }
        self.done()
    }

    /// Whether a call is handled by a document, or is a leg of one that is; a plain one talks
    /// for as long as was drawn.
    pub(super) fn handles(call: &Call) -> bool {
        call.document != Document::None || call.direction != CallDirection::OutboundApi
    }

    /// What has to be fetched before `step` can be taken.
    pub(super) fn errand(&self, step: &Step) -> Option<Errand> {
        if step.number != Stage::Fetch as u32 {
            return None;
        }
        match &self.memo.state {
            State::Fetching(fetching) => Some(Errand::Fetch(Box::new(self.request(fetching)))),
            State::Idle | State::Running(_) => None,
        }
    }

    /// Takes a step that has no errand.
    pub(super) fn perform(mut self, stage: Stage) -> Performed {
        match stage {
            Stage::GoOn | Stage::Fetch => self.go_on(),
            Stage::TimeUp => self.hit(Bound::Time),
            Stage::HangUp => self.end(far_side(self.call), None),
            // Those of the course until the answer.
            Stage::Dial | Stage::Alert | Stage::Settle => {}
        }
        self.done()
    }

    /// Takes a step whose errand brought a document, or none.
    pub(super) fn resume(mut self, fetched: Fetched) -> Performed {
        self.arrived(fetched);
        self.done()
    }

    /// Runs another document from now on: an application said so.
    pub(super) fn replaced(mut self) -> Performed {
        self.drop_under_way();
        self.hush();
        // A leg is no longer connected to who dialled it: it is over when its document is.
        self.memo.leg = None;
        match &self.call.document {
            Document::Inline(text) => {
                let text = text.clone();
                self.load_own(text, Duration::ZERO);
            }
            Document::Url { .. } | Document::Application(_) | Document::None => {
                match self.handler() {
                    Some(fetching) => self.fetch(fetching, Duration::ZERO),
                    None => self.no_document(),
                }
            }
        }
        self.done()
    }

    /// Ends as `ending` says: an application said so, or the call that dialled this one.
    pub(super) fn ends(mut self, ending: Ending) -> Performed {
        let line = self.memo.course.line;
        let news = call::end(self.draw, self.call, ending, self.lasted(), line);
        self.performed.news.push(news);
        self.leave();
        self.done()
    }

    /// Runs the document that came with the request.
    fn load_own(&mut self, text: String, after: Duration) {
        if let Err(fault) = self.load(text, None, after) {
            self.cannot_run(&fault);
        }
    }

    fn go_on(&mut self) {
        match &self.memo.state {
            State::Idle => self.gives_up(),
            State::Fetching(_) => self.no_document(),
            State::Running(running) => match running.doing.clone() {
                Doing::Next => self.walk(),
                Doing::Recording(taping) => self.recorded(&taping),
                Doing::Dialling(dialling) => self.star_pressed(&dialling),
            },
        }
    }

    /// The caller does not wait, or nobody says what is to be done with the call.
    fn gives_up(&mut self) {
        let (status, sip) = match self.scenario.answer {
            Some(FarEnd::NoAnswer) => (CallStatus::NoAnswer, Some(SipResult::TERMINATED)),
            Some(FarEnd::Busy) => (CallStatus::Busy, Some(SipResult::BUSY)),
            // Those that do not wait are handled; the last two are for calls that go out.
            Some(FarEnd::Human | FarEnd::Machine | FarEnd::Canceled | FarEnd::Unreachable)
            | None => return self.no_document(),
        };
        let facts = CallFacts {
            sip,
            ..CallFacts::default()
        };
        self.performed.news.push(call::news(status, facts));
        self.leave();
    }

    fn no_document(&mut self) {
        let said = match self.call.direction {
            CallDirection::Inbound => format!(
                "There is no document for {}: give the number a VoiceUrl.",
                self.call.to
            ),
            CallDirection::OutboundApi | CallDirection::OutboundDial => {
                "There is no document: its application has no VoiceUrl.".to_owned()
            }
        };
        self.remark(said);
        self.fail(fetch::NO_URL);
    }

    /// Ends because a bound is reached.
    fn hit(&mut self, bound: Bound) {
        self.remark(format!(
            "The document ends here ({}): {}.",
            bound.code(),
            bound.text()
        ));
        self.fail(bound.code());
    }

    /// Ends because nothing can be done with it: failed, if it was not answered.
    fn fail(&mut self, error: ErrorCode) {
        self.end(call::own_side(self.call), Some(error));
    }

    fn end(&mut self, side: HangupSide, error: Option<ErrorCode>) {
        let news = match self.answered {
            Some(_) => {
                let line = self.memo.course.line;
                call::completed(self.draw, side, self.lasted(), line, error)
            }
            None => {
                let facts = CallFacts {
                    error,
                    ..CallFacts::default()
                };
                call::news(CallStatus::Failed, facts)
            }
        };
        self.performed.news.push(news);
        self.leave();
    }

    /// Has all that belongs to the call end with it.
    fn leave(&mut self) {
        self.drop_under_way();
        self.pass_sounds_on();
        // Those of the whole call are stopped, and named in what is told of its end, by who made
        // them.
        self.memo = CallMemo {
            recordings: std::mem::take(&mut self.memo.recordings),
            ..CallMemo::default()
        };
        self.performed.next = Next::Nothing;
    }

    /// Ends what the instruction that is under way has begun.
    fn drop_under_way(&mut self) {
        let State::Running(running) = &mut self.memo.state else {
            return;
        };
        match std::mem::take(&mut running.doing) {
            Doing::Next => {}
            Doing::Recording(taping) => self.tell(taping.sid, Word::Stop),
            Doing::Dialling(dialling) => self.drop_legs(&dialling),
        }
    }

    fn drop_legs(&mut self, dialling: &Dialling) {
        for leg in dialling.legs.iter().filter(|leg| leg.over.is_none()) {
            self.tell(leg.sid, Word::End(Ending::HangUp));
        }
        if let Some(recording) = dialling.recording {
            self.tell(recording, Word::Stop);
        }
    }

    /// Answers a call that came in, if that was not done before.
    fn answer(&mut self) {
        if self.answered.is_none() {
            let facts = CallFacts {
                sip: Some(SipResult::OK),
                ..CallFacts::default()
            };
            let news = call::news(CallStatus::InProgress, facts);
            self.performed.news.push(news);
            self.answered = Some(self.scene.now);
        }
    }

    /// They talk, as long as was drawn for the call, or until the far end hangs up.
    fn talk(&mut self) {
        let most = match &self.memo.leg {
            Some(leg) => Duration::from_secs(leg.talk_at_most_s),
            None => Duration::MAX,
        };
        let talk = call::talk(self.draw, &self.memo.settled(self.call));
        self.plan(Stage::HangUp, talk.min(most));
    }

    /// The next step is `stage`, `after` from now: or the end of the call, if that is sooner.
    fn plan(&mut self, stage: Stage, after: Duration) {
        let bound = MAX_TIME.saturating_sub(self.elapsed());
        let hangs_up = match (self.answered, self.scenario.hangs_up_after_s) {
            (Some(answered), Some(after)) => {
                let talked = self.network.simulate(self.scene.now.since(answered));
                after.duration().saturating_sub(talked)
            }
            (None | Some(_), _) => Duration::MAX,
        };
        let (stage, after) = if hangs_up <= after && hangs_up <= bound {
            (Stage::HangUp, hangs_up)
        } else if bound < after {
            (Stage::TimeUp, bound)
        } else {
            (stage, after)
        };
        self.performed.next = Next::Step(Planned {
            after,
            number: stage as u32,
            draw: self.draw.bits(),
        });
    }

    /// Nothing happens until somebody says so, or the call ends.
    fn wait(&mut self) {
        self.plan(Stage::TimeUp, Duration::MAX);
    }

    fn remark(&mut self, text: String) {
        self.performed.effects.push(Effect::Remark(text));
    }

    fn tell(&mut self, sid: Sid, word: Word) {
        self.performed.effects.push(Effect::Tell { sid, word });
    }

    /// A further parameter of the request that made the call.
    fn requested(&self, name: &str) -> Option<&'a str> {
        let mut requested = self.call.requested.iter();
        let found = requested.find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// How long the call goes on, since it was answered or, before that, made.
    fn elapsed(&self) -> Duration {
        let began = self.answered.unwrap_or(self.resource.created_at);
        self.network.simulate(self.scene.now.since(began))
    }

    /// How long it was connected.
    fn lasted(&self) -> Lasted {
        let since = |answered| self.scene.now.since(answered);
        let elapsed = self.answered.map_or(Duration::ZERO, since);
        Lasted {
            elapsed,
            simulated: self.network.simulate(elapsed),
        }
    }

    fn running(&self) -> Option<&Running> {
        match &self.memo.state {
            State::Running(running) => Some(running),
            State::Idle | State::Fetching(_) => None,
        }
    }

    fn fetch(&mut self, fetching: Fetching, after: Duration) {
        if self.memo.used.documents >= MAX_DOCUMENTS {
            return self.hit(Bound::Documents);
        }
        self.memo.used.documents += 1;
        self.memo.state = State::Fetching(fetching);
        self.plan(Stage::Fetch, after);
    }

    /// What came of the step, with what is kept of the call.
    fn done(mut self) -> Performed {
        self.pass_sounds_on();
        let memo = self.memo.written();
        let kept = self.resource.memo.as_deref().unwrap_or_default();
        self.performed.memo = (*memo != *kept).then_some(memo);
        self.performed
    }
}

/// The side of `call` that the application is not on.
const fn far_side(call: &Call) -> HangupSide {
    match call::own_side(call) {
        HangupSide::Caller => HangupSide::Callee,
        HangupSide::Callee => HangupSide::Caller,
    }
}
