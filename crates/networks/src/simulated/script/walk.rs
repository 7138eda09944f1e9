//! Walking through a document: from one instruction to the next, until something has to wait
//! or be fetched.
//!
//! Part of a run. What only passes time is added up; the first instruction that does anything
//! that others can see waits for a step of its own, unless it is due at once.

use std::time::Duration;

use ringback_domain::call::{CallFacts, CallStatus};
use ringback_domain::sip::SipResult;
use ringback_wire::cxml::{
    self, CallerLeg, Channel, Dial, Document, Instruction, Place, Play, Prompt, RejectReason,
    Repeat, Say, Sound, Verb,
};

use super::super::call::{self, Stage};
use super::super::heard::{self, speaking_time};
use super::super::memo::{Doing, State};
use super::{Bound, MAX_VERBS, Run};

/// How long the audio of a URL is taken to be: it is not fetched.
const PLAYED: Duration = Duration::from_secs(5);
/// How long a key sounds.
const KEY: Duration = Duration::from_millis(250);
/// How long a `w` waits; a `W` waits twice as long.
const WAIT: Duration = Duration::from_millis(500);
/// A decline, as `<Reject>` sends it.
const DECLINED: Option<SipResult> = SipResult::new(603);

/// What an instruction leads to.
enum Walked {
    /// The next one, this much later.
    Passes(Duration),
    /// It is done at once, and the next one follows.
    Done,
    /// It has to be due: others can see what it does.
    Waits,
    /// Something is under way, or the call is over.
    Stops,
}

impl Run<'_, '_> {
    /// Goes on with the running document.
    pub(super) fn walk(&mut self) {
        let Some(running) = self.running() else {
            return;
        };
        match cxml::parse(&running.text, Channel::Voice) {
            Ok(document) => self.walk_through(&document, Duration::ZERO),
            Err(fault) => self.cannot_run(&fault),
        }
    }

    /// Goes on with the running document, which is `document`, `elapsed` from now.
    pub(super) fn walk_through(&mut self, document: &Document, mut elapsed: Duration) {
        let first = self.running().map_or(0, |running| running.at);
        for (index, instruction) in document.instructions.iter().enumerate().skip(first) {
            if self.memo.used.verbs >= MAX_VERBS {
                return self.hit(Bound::Verbs);
            }
            match self.run(index, instruction, elapsed) {
                Walked::Passes(length) => elapsed = elapsed.saturating_add(length),
                Walked::Done => {}
                Walked::Waits => {
                    self.stand_at(index, Doing::Next);
                    return self.plan(Stage::GoOn, elapsed);
                }
                Walked::Stops => return,
            }
            self.memo.used.verbs += 1;
        }
        self.over(document.instructions.len(), elapsed);
    }

    /// The document is at its end: so is the call, or it is connected to who dialled it.
    fn over(&mut self, length: usize, elapsed: Duration) {
        if !elapsed.is_zero() {
            self.stand_at(length, Doing::Next);
            return self.plan(Stage::GoOn, elapsed);
        }
        if self.memo.leg.is_some() {
            return self.connects();
        }
        self.answer();
        self.end(call::own_side(self.call), None);
    }

    /// Runs one instruction, which is due `elapsed` from now.
    fn run(&mut self, index: usize, instruction: &Instruction, elapsed: Duration) -> Walked {
        let verb = &instruction.verb;
        let answers = self.answered.is_none() && needs_answer(verb);
        if !elapsed.is_zero() && (answers || is_seen(verb)) {
            return Walked::Waits;
        }
        if answers {
            self.answer();
        }
        match verb {
            Verb::Say(say) => Walked::Passes(self.says(say, elapsed)),
            Verb::Play(play) => Walked::Passes(self.plays(play, elapsed)),
            Verb::Pause(pause) => Walked::Passes(pause.length),
            Verb::Gather(gather) => match self.gather(gather, elapsed) {
                Some(waited) => Walked::Passes(waited),
                None => Walked::Stops,
            },
            Verb::Redirect(redirect) => {
                let target = (redirect.url.as_str(), redirect.method);
                self.fetch_next(target, Vec::new(), elapsed);
                Walked::Stops
            }
            Verb::Record(record) => {
                self.record(index, record);
                Walked::Stops
            }
            Verb::Dial(dial) => self.dials(index, dial),
            Verb::Message(message) => {
                if self.send(message) {
                    Walked::Stops
                } else {
                    Walked::Done
                }
            }
            Verb::Hangup => {
                self.end(call::own_side(self.call), None);
                Walked::Stops
            }
            Verb::Reject(reject) => self.rejects(reject.reason),
            Verb::NotSimulated(name) => {
                self.skips(name, instruction.at);
                Walked::Done
            }
        }
    }

    fn dials(&mut self, index: usize, dial: &Dial) -> Walked {
        if self.dial(index, dial) {
            Walked::Stops
        } else {
            Walked::Done
        }
    }

    fn skips(&mut self, name: &str, at: usize) {
        let text = self.running().map_or("", |running| &running.text);
        let place = Place::of(text, at);
        self.remark(format!(
            "<{name}> is not simulated ({place}): the document goes on."
        ));
    }

    /// A call that was answered cannot be rejected any more: it is hung up.
    fn rejects(&mut self, reason: RejectReason) -> Walked {
        if self.answered.is_some() {
            self.end(call::own_side(self.call), None);
            return Walked::Stops;
        }
        let (status, sip) = match reason {
            RejectReason::Busy => (CallStatus::Busy, Some(SipResult::BUSY)),
            // SignalWire's reference: "the call is terminated with the status no answer".
            RejectReason::Rejected => (CallStatus::NoAnswer, DECLINED),
        };
        let facts = CallFacts {
            sip,
            ..CallFacts::default()
        };
        self.performed.news.push(call::news(status, facts));
        self.leave();
        Walked::Stops
    }

    /// Speaks a text, `after` from now. Says how long that takes.
    fn says(&mut self, say: &Say, after: Duration) -> Duration {
        let length = speaks(say);
        self.sounds(after, length, heard::Sound::Said(say.text.clone()));
        length
    }

    /// Plays a sound, `after` from now. Says how long that takes.
    fn plays(&mut self, play: &Play, after: Duration) -> Duration {
        let length = plays(play);
        let sound = match &play.sound {
            Sound::Url(url) => heard::Sound::Played(url.clone()),
            Sound::Digits(digits) => heard::Sound::Digits(digits.clone()),
        };
        self.sounds(after, length, sound);
        length
    }

    /// Lets prompts be heard, `after` from now. Says how long that takes.
    pub(super) fn prompts(&mut self, prompts: &[Prompt], after: Duration) -> Duration {
        let mut length = Duration::ZERO;
        for prompt in prompts {
            let begins = after.saturating_add(length);
            let lasts = match prompt {
                Prompt::Say(say) => self.says(say, begins),
                Prompt::Play(play) => self.plays(play, begins),
                Prompt::Pause(pause) => pause.length,
            };
            length = length.saturating_add(lasts);
        }
        length
    }

    /// The instruction that is under way, or next.
    pub(super) fn verb_under_way(&self) -> Option<Verb> {
        let running = self.running()?;
        let document = cxml::parse(&running.text, Channel::Voice).ok()?;
        let mut instructions = document.instructions.into_iter();
        instructions.nth(running.at).map(|it| it.verb)
    }

    /// The document is at this instruction, and this of it is under way.
    pub(super) fn stand_at(&mut self, index: usize, under_way: Doing) {
        if let State::Running(running) = &mut self.memo.state {
            running.at = index;
            running.doing = under_way;
        }
    }
}

/// Whether a call has to be answered for it. A pause before anything else is a call that rings
/// longer, as SignalWire's reference has it.
fn needs_answer(verb: &Verb) -> bool {
    match verb {
        Verb::Pause(_) | Verb::Redirect(_) | Verb::Reject(_) | Verb::NotSimulated(_) => false,
        Verb::Dial(dial) => dial.caller == CallerLeg::AnsweredFirst,
        Verb::Say(_)
        | Verb::Play(_)
        | Verb::Gather(_)
        | Verb::Record(_)
        | Verb::Hangup
        | Verb::Message(_) => true,
    }
}

/// Whether others can see when it is run.
const fn is_seen(verb: &Verb) -> bool {
    match verb {
        // The last two end in a request that is sent when it is due.
        Verb::Say(_) | Verb::Play(_) | Verb::Pause(_) | Verb::Gather(_) | Verb::Redirect(_) => {
            false
        }
        Verb::Record(_)
        | Verb::Dial(_)
        | Verb::Hangup
        | Verb::Reject(_)
        | Verb::Message(_)
        | Verb::NotSimulated(_) => true,
    }
}

/// How long a text is spoken.
fn speaks(say: &Say) -> Duration {
    repeated(
        speaking_time(&say.text).saturating_add(say.breaks),
        say.repeat,
    )
}

/// How long a sound is played.
fn plays(play: &Play) -> Duration {
    let once = match &play.sound {
        Sound::Url(_) => PLAYED,
        Sound::Digits(digits) => digits_time(digits),
    };
    repeated(once, play.repeat)
}

/// How long digits take to be dialled.
pub(super) fn digits_time(digits: &str) -> Duration {
    let each = digits.chars().map(|digit| match digit {
        'w' => WAIT,
        'W' => WAIT * 2,
        _ => KEY,
    });
    each.fold(Duration::ZERO, Duration::saturating_add)
}

fn repeated(once: Duration, repeat: Repeat) -> Duration {
    match repeat {
        Repeat::Times(times) => once.saturating_mul(times.get()),
        Repeat::Endless => Duration::MAX,
    }
}
