//! The scenario of a call: what its far end does, where that is not left to its number.
//!
//! Given as JSON when a call is made to come in, and kept by the call among what was requested
//! of it, by the name of [`PARAMETER`]; or as part of a [`Scenario`](super::Scenario), and kept
//! in its memo. All times are of the simulated world. A field that is not known is refused, so
//! that a misspelt one is noticed.

use ringback_domain::call::{AnsweredBy, Call};
use ringback_domain::sip::{Alerting, SipResult};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::seconds::Seconds;
use super::{Problem, is_default};
use crate::simulated::course::Line;
use crate::simulated::numbers::CallFate;

/// The name by which a call's `requested` holds its scenario, as JSON that was checked.
pub const PARAMETER: &str = "Scenario";

/// How many things of one kind a scenario holds at most.
const MAX_ITEMS: usize = 100;
/// How long one of them is at most, in characters.
const MAX_CHARS: usize = 4_096;
/// Greatest jitter that can be named: a second, in milliseconds.
const MAX_JITTER_MS: u32 = 1_000;

/// What the far end of a call does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CallScenario {
    /// What answers, or why nobody does. Of a call that comes in: whether it waits to be
    /// answered; with `no-answer` or `busy` it does not, and the call ends so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<FarEnd>,
    /// The SIP answer by which the call is refused, 300 to 699; in the place of `answer`, for
    /// calls that go out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 300, max = 699))]
    pub sip: Option<u16>,
    /// Whether it rings before it is refused; if it is not said, 480 and 603 do, and 408.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings: Option<bool>,
    /// From its creation until it is dialled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dialled_after_s: Option<Seconds>,
    /// From then until it rings, or is refused without ringing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings_after_s: Option<Seconds>,
    /// How long it rings until it is answered, refused or canceled. Its `Timeout` ends it all
    /// the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rings_for_s: Option<Seconds>,
    /// What the far end says when it is recorded: one for each recording, in order; the last one
    /// stays. Without any it says a sentence of the network's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ITEMS), inner(length(max = MAX_CHARS)))]
    pub says: Vec<String>,
    /// The keys that it presses: one for each `<Gather>` that hears keys, and for each
    /// `<Record>`, in order. An empty one, and when they are used up: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ITEMS), inner(length(max = MAX_CHARS), regex(pattern = "^[0-9*#]*$")))]
    pub digits: Vec<String>,
    /// What it says to each `<Gather>` that hears speech, in order. An empty one, and when
    /// they are used up: nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_ITEMS), inner(length(max = MAX_CHARS)))]
    pub speech: Vec<String>,
    /// When it hangs up, in seconds after the call was answered; if not given it stays until
    /// the document is over, or as long as is drawn where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hangs_up_after_s: Option<Seconds>,
    /// What it sounds like: `poor` adds a jitter of 180 ms, and 12 % of the packets are lost.
    #[serde(skip_serializing_if = "is_default")]
    pub audio: Audio,
    /// The jitter that the line adds to what is drawn, in milliseconds, at most 1,000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = MAX_JITTER_MS))]
    pub jitter_ms: Option<u32>,
    /// How much of what is sent the line loses or brings too late, in per cent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 100))]
    pub loss_percent: Option<u8>,
}

/// What the far end is, or why it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FarEnd {
    /// A person.
    Human,
    /// A machine.
    Machine,
    /// Nobody answers; of a call that comes in: it hangs up before it is answered.
    NoAnswer,
    /// It is busy, or has become so.
    Busy,
    /// Nobody answers, and the call is given up as if the application had ended it. Of calls
    /// that go out.
    Canceled,
    /// No network answers at all: it fails without a SIP code. Of calls that go out.
    Unreachable,
}

/// What a call sounds like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audio {
    /// As was drawn for it.
    #[default]
    Drawn,
    /// Hardly to be understood.
    Poor,
}

impl CallScenario {
    /// The scenario of `call`; an empty one if it has none.
    pub fn of(call: &Call) -> Self {
        let given = call.requested.iter().find(|(name, _)| name == PARAMETER);
        given
            .and_then(|(_, json)| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// What becomes of a call that goes out; none, if that is not said.
    pub(in crate::simulated) fn fate(&self) -> Option<CallFate> {
        if let Some(sip) = self.sip.and_then(SipResult::new) {
            return Some(CallFate::Refused {
                sip,
                alerting: self.alerting(sip),
            });
        }
        self.answer.map(|answer| match answer {
            FarEnd::Human => CallFate::Answered(AnsweredBy::Human),
            FarEnd::Machine => CallFate::Answered(AnsweredBy::Machine),
            FarEnd::NoAnswer => CallFate::RingsOut,
            FarEnd::Busy => CallFate::Refused {
                sip: SipResult::BUSY,
                alerting: self.alerting(SipResult::BUSY),
            },
            FarEnd::Canceled => CallFate::Canceled,
            FarEnd::Unreachable => CallFate::Unreachable,
        })
    }

    /// What the line is like; none, if that is not said.
    pub(in crate::simulated) fn line(&self) -> Option<Line> {
        match (self.audio, self.jitter_ms, self.loss_percent) {
            (Audio::Drawn, None, None) => None,
            (Audio::Drawn, jitter_ms, loss_percent) => Some(Line {
                jitter_ms: jitter_ms.unwrap_or(0),
                loss_thousandths: u32::from(loss_percent.unwrap_or(0)) * 10,
            }),
            // As bad as a line that is still held: by the opinion score below 2.5.
            (Audio::Poor, _, _) => Some(Line {
                jitter_ms: 180,
                loss_thousandths: 120,
            }),
        }
    }

    /// Whether all of it fits a call that comes in: for one that was read as part of something
    /// else.
    pub fn check_inbound(&self) -> Result<(), Problem> {
        let going_out = [
            ("sip", self.sip.is_some()),
            ("rings", self.rings.is_some()),
            ("dialled_after_s", self.dialled_after_s.is_some()),
            ("rings_after_s", self.rings_after_s.is_some()),
        ];
        if let Some((name, _)) = going_out.into_iter().find(|(_, given)| *given) {
            return Err(Problem::new(name, "is for calls that go out"));
        }
        match self.answer {
            Some(FarEnd::Canceled | FarEnd::Unreachable) => Err(Problem::new(
                "answer",
                "is one of `human`, `machine`, `no-answer` and `busy` for a call that comes in",
            )),
            Some(FarEnd::NoAnswer | FarEnd::Busy) => self.check_unanswered().and(self.check_all()),
            Some(FarEnd::Human | FarEnd::Machine) | None if self.rings_for_s.is_some() => {
                let why = "is how long it waits with `answer` `no-answer` or `busy`; otherwise its \
                           document says when it is answered";
                Err(Problem::new("rings_for_s", why))
            }
            Some(FarEnd::Human | FarEnd::Machine) | None => self.check_all(),
        }
    }

    /// Whether all of it fits a call that goes out.
    pub fn check_outbound(&self) -> Result<(), Problem> {
        if let (Some(_), Some(_)) = (self.answer, self.sip) {
            return Err(Problem::new(
                "sip",
                "is in the place of `answer`: one of both",
            ));
        }
        if self.sip.is_some_and(|sip| !(300..=699).contains(&sip)) {
            return Err(Problem::new("sip", "is a final answer, 300 to 699"));
        }
        let happens = match self.fate() {
            None | Some(CallFate::Answered(_)) if self.rings.is_some() => Err(Problem::new(
                "rings",
                "is for a call that is refused: with `sip`, or `answer = \"busy\"`",
            )),
            None | Some(CallFate::Answered(_)) => Ok(()),
            Some(CallFate::RingsOut) if self.rings_for_s.is_some() => Err(Problem::new(
                "rings_for_s",
                "cannot be said with `answer = \"no-answer\"`: it rings until its Timeout",
            )),
            Some(CallFate::RingsOut | CallFate::Canceled) if self.rings.is_some() => {
                Err(Problem::new(
                    "rings",
                    "is for a call that is refused, not for this answer",
                ))
            }
            Some(
                CallFate::Refused {
                    alerting: Alerting::Silent,
                    ..
                }
                | CallFate::Unreachable,
            ) if self.rings_for_s.is_some() => Err(Problem::new(
                "rings_for_s",
                "cannot be said of a call that does not ring (`rings = true` lets it)",
            )),
            Some(_) => self.check_unanswered(),
        };
        happens.and(self.check_all())
    }

    /// Nothing is said of what comes after an answer.
    fn check_unanswered(&self) -> Result<(), Problem> {
        let answered = [
            ("says", !self.says.is_empty()),
            ("digits", !self.digits.is_empty()),
            ("speech", !self.speech.is_empty()),
            ("hangs_up_after_s", self.hangs_up_after_s.is_some()),
            ("audio", self.audio != Audio::Drawn),
            ("jitter_ms", self.jitter_ms.is_some()),
            ("loss_percent", self.loss_percent.is_some()),
        ];
        match answered.into_iter().find(|(_, given)| *given) {
            Some((name, _)) => Err(Problem::new(name, "is for a call that is answered")),
            None => Ok(()),
        }
    }

    /// Whether all of it is within bounds.
    fn check_all(&self) -> Result<(), Problem> {
        for (name, items) in [
            ("says", &self.says),
            ("digits", &self.digits),
            ("speech", &self.speech),
        ] {
            if items.len() > MAX_ITEMS {
                return Err(Problem::new(name, &format!("holds at most {MAX_ITEMS}")));
            }
            if items.iter().any(|item| item.chars().count() > MAX_CHARS) {
                let most = format!("each of it has at most {MAX_CHARS} characters");
                return Err(Problem::new(name, &most));
            }
        }
        let is_key = |key: char| matches!(key, '0'..='9' | '*' | '#');
        if !self.digits.iter().all(|digits| digits.chars().all(is_key)) {
            return Err(Problem::new("digits", "may hold 0-9, * and # alone"));
        }
        if self.audio == Audio::Poor && (self.jitter_ms.is_some() || self.loss_percent.is_some()) {
            let why = "says it all: leave out `jitter_ms` and `loss_percent`, or it";
            return Err(Problem::new("audio", why));
        }
        if self.jitter_ms.is_some_and(|jitter| jitter > MAX_JITTER_MS) {
            return Err(Problem::new("jitter_ms", "is at most 1000"));
        }
        if self.loss_percent.is_some_and(|loss| loss > 100) {
            return Err(Problem::new("loss_percent", "is at most 100"));
        }
        Ok(())
    }

    /// Whether a call that is refused so rings before. RFC 3398 maps "no answer from the user",
    /// who was alerted, to 480; who declines (603) has heard it; 408 is told after ringing.
    const fn alerting(&self, sip: SipResult) -> Alerting {
        match (self.rings, sip.code()) {
            (Some(true), _) | (None, 408 | 480 | 603) => Alerting::Rang,
            (Some(false) | None, _) => Alerting::Silent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inbound(json: &str) -> Result<CallScenario, String> {
        let read: CallScenario = serde_json::from_str(json).map_err(|error| error.to_string())?;
        read.check_inbound()
            .map_err(|problem| problem.to_string())?;
        Ok(read)
    }

    fn outbound(json: &str) -> Result<CallScenario, String> {
        let read: CallScenario = serde_json::from_str(json).map_err(|error| error.to_string())?;
        read.check_outbound()
            .map_err(|problem| problem.to_string())?;
        Ok(read)
    }

    #[test]
    fn a_scenario_is_read_and_written_alike() {
        let json = r#"{"answer":"human","says":["hi"],"digits":["1234#",""],"hangs_up_after_s":9}"#;
        let scenario = inbound(json).unwrap();
        assert_eq!(scenario.answer, Some(FarEnd::Human));
        assert_eq!(serde_json::to_string(&scenario).unwrap(), json);
        assert_eq!(inbound("{}").unwrap(), CallScenario::default());
    }

    #[test]
    fn what_is_wrong_is_named() {
        check(inbound(r#"{"digit":["1"]}"#), "unknown field `digit`");
        check(inbound(r#"{"answer":"robot"}"#), "unknown variant `robot`");
        check(inbound(r#"{"digits":["12a"]}"#), "0-9, * and # alone");
        check(inbound(r#"{"hangs_up_after_s":86401}"#), "at most 86400");
        let many = format!(r#"{{"says":[{}"x"]}}"#, r#""x","#.repeat(MAX_ITEMS));
        check(inbound(&many), "`says` holds at most 100");
        let long = format!(r#"{{"speech":["{}"]}}"#, "x".repeat(MAX_CHARS + 1));
        check(
            inbound(&long),
            "`speech` each of it has at most 4096 characters",
        );
        let both = r#"{"audio":"poor","loss_percent":3}"#;
        check(outbound(both), "`audio` says it all");
        check(outbound(r#"{"loss_percent":101}"#), "at most 100");
        check(outbound(r#"{"jitter_ms":1001}"#), "at most 1000");
    }

    #[test]
    fn what_cannot_happen_is_refused() {
        check(outbound(r#"{"sip":200}"#), "300 to 699");
        check(outbound(r#"{"sip":486,"answer":"busy"}"#), "one of both");
        check(
            outbound(r#"{"sip":486,"says":["x"]}"#),
            "a call that is answered",
        );
        check(outbound(r#"{"sip":404,"rings_for_s":3}"#), "does not ring");
        check(
            outbound(r#"{"answer":"no-answer","rings_for_s":3}"#),
            "until its Timeout",
        );
        check(
            outbound(r#"{"answer":"unreachable","rings_for_s":3}"#),
            "does not ring",
        );
        check(
            outbound(r#"{"answer":"human","rings":true}"#),
            "`rings` is for a call",
        );
        check(inbound(r#"{"sip":486}"#), "for calls that go out");
        check(
            inbound(r#"{"answer":"unreachable"}"#),
            "for a call that comes in",
        );
        check(
            inbound(r#"{"answer":"human","rings_for_s":3}"#),
            "its document says",
        );
        check(
            inbound(r#"{"answer":"busy","audio":"poor"}"#),
            "a call that is answered",
        );
        for possible in [
            r#"{"sip":404,"rings":true,"rings_for_s":3}"#,
            r#"{"sip":603,"rings_for_s":3}"#,
            r#"{"answer":"canceled","rings_for_s":3}"#,
            r#"{"answer":"machine","hangs_up_after_s":0.5,"audio":"poor"}"#,
        ] {
            outbound(possible).unwrap();
        }
        inbound(r#"{"answer":"busy","rings_for_s":3}"#).unwrap();
    }

    #[track_caller]
    fn check(read: Result<CallScenario, String>, expected: &str) {
        let error = read.unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}
