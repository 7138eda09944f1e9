//! The course of a call: dialled, ringing, answered, over; or what its number says instead.
//!
//! Used by the simulated network alone. All durations here are of the simulated world; the
//! caller scales them. Invariant: one draw and one call give one plan, whenever it is asked.

use std::time::Duration;

use ringback_domain::call::{AnsweredBy, Call, CallDirection, CallFacts, CallStatus, HangupSide};
use ringback_domain::change::News;
use ringback_domain::errors::ErrorCode;
use ringback_domain::project::Settings;
use ringback_domain::sip::{Alerting, SipResult};
use ringback_engine::network::{Ending, Performed, Planned};
use ringback_store::Step;

use super::course::{CallCourse, Line, settled};
use super::draw::{Draw, Purpose, Stream};
use super::numbers::{self, CallFate};
use super::quality;
use super::scenario::seconds::Seconds;

/// What happens to a call, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallPlan {
    draw: Draw,
    /// From its creation until it is dialled.
    dial: Duration,
    /// From then until the far end says something: that it rings, or why it does not.
    respond: Duration,
    /// Whether the far end rings before the outcome is known.
    alerting: Alerting,
    /// How long it rings.
    ring: Duration,
    outcome: Outcome,
    line: Line,
}

/// What the far end says in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It answers.
    Answered {
        by: AnsweredBy,
        talk: Duration,
        hangup: HangupSide,
    },
    /// It says why not, or is no longer asked.
    Unanswered(SipResult),
    /// It is given up as if the application had ended it.
    Canceled,
    /// No network answers.
    Unreachable,
}

/// A step of a call. Their numbers are kept in stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// It is dialled.
    Dial = 0,
    /// It rings.
    Alert = 1,
    /// The far end says something.
    Settle = 2,
    /// The far end hangs up, or either does where no document handles the call.
    HangUp = 3,
    /// Its document is fetched.
    Fetch = 4,
    /// Its document goes on.
    GoOn = 5,
    /// It has lasted as long as a call may.
    TimeUp = 6,
}

impl Stage {
    /// The one with this number.
    pub(super) fn numbered(number: u32) -> Option<Self> {
        let stages = [
            Self::Dial,
            Self::Alert,
            Self::Settle,
            Self::HangUp,
            Self::Fetch,
            Self::GoOn,
            Self::TimeUp,
        ];
        stages.into_iter().find(|stage| *stage as u32 == number)
    }
}

impl CallPlan {
    /// The plan that `draw` makes for `call`, as far as `course` does not settle it.
    pub(super) fn new(draw: Draw, call: &Call, course: &CallCourse) -> Self {
        // Drawn in one order whatever the fate, so that a number's meaning moves nothing else.
        let mut stream = draw.stream(Purpose::Course);
        let wait = Duration::from_micros(course.wait_us);
        let dial = wait.saturating_add(settled(course.dial_us, stream.delay(100, 500)));
        let respond = settled(course.alert_us, stream.delay(300, 1_000));
        let ring = settled(course.answer_us, stream.delay(3_000, 8_000));
        let talk = settled(course.talk_us, drawn_talk(&mut stream));
        let hangup = match stream.below(2) {
            0 => HangupSide::Caller,
            _ => HangupSide::Callee,
        };

        let fate = course.fate.unwrap_or_else(|| numbers::call_fate(&call.to));
        let (alerting, ring, outcome) = match fate {
            CallFate::Answered(by) => {
                (Alerting::Rang, ring, Outcome::Answered { by, talk, hangup })
            }
            CallFate::Refused { sip, alerting } => (alerting, ring, Outcome::Unanswered(sip)),
            CallFate::RingsOut => (
                Alerting::Rang,
                Duration::MAX,
                Outcome::Unanswered(SipResult::TERMINATED),
            ),
            CallFate::Canceled => (Alerting::Rang, ring, Outcome::Canceled),
            CallFate::Unreachable => (Alerting::Silent, ring, Outcome::Unreachable),
        };
        let (ring, outcome) = if ring > call.ring_timeout {
            (
                call.ring_timeout,
                Outcome::Unanswered(SipResult::TERMINATED),
            )
        } else {
            (ring, outcome)
        };
        Self {
            draw,
            dial,
            respond,
            alerting,
            ring,
            outcome,
            line: course.line,
        }
    }

    /// The same, of a call whose far end hangs up this long after it answered, if that is said.
    pub(super) const fn hung_up_at(mut self, said: Option<Seconds>) -> Self {
        if let (Outcome::Answered { talk, hangup, .. }, Some(said)) = (&mut self.outcome, said) {
            *talk = said.duration();
            *hangup = HangupSide::Callee;
        }
        self
    }

    /// What is done first.
    pub fn first(&self) -> Planned {
        self.planned(Stage::Dial, self.dial)
    }

    /// Takes `step` for `call`. A step that a call does not have leads to nothing.
    pub fn perform(&self, call: &Call, step: &Step, settings: &Settings) -> Performed {
        match Stage::numbered(step.number) {
            Some(Stage::Dial) => Performed::step(
                news(CallStatus::Initiated, CallFacts::default()),
                Some(match self.alerting {
                    Alerting::Rang => self.planned(Stage::Alert, self.respond),
                    Alerting::Silent => self.planned(Stage::Settle, self.respond),
                }),
            ),
            Some(Stage::Alert) => Performed::step(
                news(CallStatus::Ringing, sip(SipResult::RINGING)),
                Some(self.planned(Stage::Settle, self.ring)),
            ),
            Some(Stage::Settle) => self.settle(call, settings),
            Some(Stage::HangUp) => self.hang_up(call, step),
            // A document's.
            Some(Stage::Fetch | Stage::GoOn | Stage::TimeUp) | None => Performed::default(),
        }
    }

    fn settle(&self, call: &Call, settings: &Settings) -> Performed {
        match self.outcome {
            Outcome::Answered { by, talk, .. } => Performed::step(
                news(
                    CallStatus::InProgress,
                    CallFacts {
                        answered_by: detects_machines(call).then_some(by),
                        ..sip(SipResult::OK)
                    },
                ),
                Some(self.planned(Stage::HangUp, talk)),
            ),
            Outcome::Unanswered(result) => Performed::step(
                news(result.end_status(self.alerting, &settings.sip), sip(result)),
                None,
            ),
            Outcome::Canceled => {
                Performed::step(news(CallStatus::Canceled, sip(SipResult::TERMINATED)), None)
            }
            Outcome::Unreachable => {
                Performed::step(news(CallStatus::Failed, CallFacts::default()), None)
            }
        }
    }

    fn hang_up(&self, call: &Call, step: &Step) -> Performed {
        let Outcome::Answered { talk, hangup, .. } = self.outcome else {
            return Performed::default();
        };
        let elapsed = call
            .answered_at
            .map_or(Duration::ZERO, |answered| step.due.since(answered));
        let lasted = Lasted {
            elapsed,
            simulated: talk,
        };
        Performed::step(completed(self.draw, hangup, lasted, self.line, None), None)
    }

    fn planned(&self, stage: Stage, after: Duration) -> Planned {
        Planned {
            after,
            number: stage as u32,
            draw: self.draw.bits(),
        }
    }
}

/// How long those talk who are connected.
pub(super) fn talk(draw: Draw, course: &CallCourse) -> Duration {
    let drawn = drawn_talk(&mut draw.stream(Purpose::Course));
    settled(course.talk_us, drawn)
}

const fn drawn_talk(stream: &mut Stream) -> Duration {
    stream.delay(10_000, 40_000)
}

/// How long a call was connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lasted {
    /// In the world outside.
    pub elapsed: Duration,
    /// In the simulated one.
    pub simulated: Duration,
}

/// How `call` ends when an application ends it. One that was not answered yet is canceled,
/// whichever end was asked for, as Twilio does with `Status=completed`.
pub(super) fn end(draw: Draw, call: &Call, ending: Ending, lasted: Lasted, line: Line) -> News {
    match (ending, call.answered_at) {
        (Ending::HangUp, Some(_)) => completed(draw, own_side(call), lasted, line, None),
        (Ending::HangUp, None) | (Ending::Cancel, _) => {
            // Before it is dialled there was no INVITE that could be answered.
            let facts = match call.started_at {
                Some(_) => sip(SipResult::TERMINATED),
                None => CallFacts::default(),
            };
            news(CallStatus::Canceled, facts)
        }
    }
}

/// The side of `call` that the application is on.
pub(super) const fn own_side(call: &Call) -> HangupSide {
    match call.direction {
        CallDirection::Inbound => HangupSide::Callee,
        CallDirection::OutboundApi | CallDirection::OutboundDial => HangupSide::Caller,
    }
}

/// That it was answered and is over: why, if it could not go on.
pub(super) fn completed(
    draw: Draw,
    hangup: HangupSide,
    lasted: Lasted,
    line: Line,
    error: Option<ErrorCode>,
) -> News {
    let facts = CallFacts {
        quality: Some(quality::draw(draw, lasted, line)),
        hangup: Some(hangup),
        error,
        ..sip(SipResult::OK)
    };
    news(CallStatus::Completed, facts)
}

/// That it stands at `status`.
pub(super) fn news(status: CallStatus, facts: CallFacts) -> News {
    News::Call(status, facts)
}

fn sip(result: SipResult) -> CallFacts {
    CallFacts {
        sip: Some(result),
        ..CallFacts::default()
    }
}

/// Whether the request asked what answers: `MachineDetection` with `Enable` or
/// `DetectMessageEnd`; `none` is its default.
fn detects_machines(call: &Call) -> bool {
    call.requested
        .iter()
        .any(|(name, value)| name == "MachineDetection" && !value.eq_ignore_ascii_case("none"))
}
