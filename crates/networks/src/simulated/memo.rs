//! What the network keeps of a call while a document handles it: how far the document is run.
//!
//! Written into the call's memo as JSON with each step and read back at the next, so that a
//! crash in between loses nothing. Invariant: all that a step needs is here, in the resource or
//! in the step; what the document itself says is read from its text again.

use std::str::FromStr;
use std::sync::Arc;

use ringback_domain::call::Call;
use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use ringback_domain::subscription::Method;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::course::{CallCourse, is_default, kept};
use super::heard::Piece;
use super::scenario::CallScenario;
use super::scenario::seconds::Seconds;

/// What is kept of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CallMemo {
    /// What handles it now.
    pub(super) state: State,
    /// How much of its bounds is used up.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) used: Used,
    /// What it is of another call's `<Dial>`, if it is a leg of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) leg: Option<LegMemo>,
    /// How many calls that dialled one another were before it.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) hops: u8,
    /// The call's other end, where both are of this project.
    #[serde(skip_serializing_if = "Option::is_none", with = "optional_sid")]
    pub(super) peer: Option<Sid>,
    /// The recordings that hear the whole of it.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "sids")]
    pub(super) recordings: Vec<Sid>,
    /// What was settled for it when it was made.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) course: CallCourse,
    /// What its far end does, if a scenario was chosen for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) scenario: Option<CallScenario>,
    /// What the document says and plays now, for a recording that begins in the middle of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sounds: Option<Sounds>,
}

/// What a document says and plays without anything between.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Sounds {
    /// When it began.
    pub(super) from_us: i64,
    /// What sounds, counted from then.
    pub(super) pieces: Vec<Piece>,
}

/// What handles a call now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub(super) enum State {
    /// No document: not yet, or not any more.
    #[default]
    Idle,
    /// A document is fetched.
    Fetching(Fetching),
    /// A document is run.
    Running(Running),
}

/// A document that is to be fetched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Fetching {
    /// Where it is.
    pub(super) url: String,
    /// How it is asked for.
    #[serde(with = "method")]
    pub(super) method: Method,
    /// What it is asked for with, beside what is told of every call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) params: Vec<(String, String)>,
    /// Whether it is the fallback of one that could not be read.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) instead: Instead,
}

/// Whether a document is fetched in the place of another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Instead {
    /// It is not.
    #[default]
    No,
    /// Of one that could not be read: there is no other fallback.
    Fallback,
}

/// A document that is run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Running {
    /// Its text.
    pub(super) text: String,
    /// Where it came from; none if it came with the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<Source>,
    /// Which of its instructions is next, or under way.
    pub(super) at: usize,
    /// What of that is under way.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) doing: Doing,
}

/// Where a document came from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Source {
    /// The URL, after redirects.
    pub(super) url: String,
    /// How it was asked for.
    #[serde(with = "method")]
    pub(super) method: Method,
}

/// What of an instruction is under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Doing {
    /// Nothing: it is next.
    #[default]
    Next,
    /// The far end is recorded.
    Recording(Taping),
    /// Others are called, or connected.
    Dialling(Dialling),
}

/// A `<Record>` that is under way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Taping {
    /// The recording.
    #[serde(with = "sid")]
    pub(super) sid: Sid,
    /// How long it will be, in whole seconds.
    pub(super) duration_s: u64,
    /// The key that ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) key: Option<char>,
}

/// A `<Dial>` that is under way.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Dialling {
    /// Who is called.
    pub(super) legs: Vec<Leg>,
    /// Who answered first.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_sid"
    )]
    pub(super) connected: Option<Sid>,
    /// When that was, in microseconds of the store's clock.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) answered_us: i64,
    /// What records it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "optional_sid"
    )]
    pub(super) recording: Option<Sid>,
}

/// Somebody who is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Leg {
    /// The call.
    #[serde(with = "sid")]
    pub(super) sid: Sid,
    /// How it ended; none while it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) over: Option<String>,
}

/// What a leg of a `<Dial>` has to know of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LegMemo {
    /// How long they talk at most, in seconds.
    pub(super) talk_at_most_s: u64,
    /// The document that is run for it before it is connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) whisper: Option<Fetching>,
}

/// How much of a call's bounds is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Used {
    /// Instructions that were run.
    pub(super) verbs: u32,
    /// Documents that were fetched.
    pub(super) documents: u32,
    /// Sentences of the scenario that were said.
    pub(super) says: usize,
    /// Keys of the scenario that were pressed.
    pub(super) digits: usize,
    /// Answers of the scenario that were spoken.
    pub(super) speech: usize,
}

impl CallMemo {
    /// What is kept of `resource`. One that cannot be read was written by another version: it
    /// is taken for nothing, and the call ends with its next step.
    pub(super) fn of(resource: &Resource) -> Self {
        let kept = resource.memo.as_deref();
        kept.and_then(|json| serde_json::from_str(json).ok())
            .unwrap_or_default()
    }

    /// What its far end does: what was chosen for it, or what `call` was made with.
    pub(super) fn scenario(&self, call: &Call) -> CallScenario {
        let chosen = self.scenario.clone();
        chosen.unwrap_or_else(|| CallScenario::of(call))
    }

    /// What was settled for it: by its scenario, which goes first, and by chance.
    pub(super) fn settled(&self, call: &Call) -> CallCourse {
        let scenario = self.scenario(call);
        let course = &self.course;
        let or = |said: Option<Seconds>, settled| said.map(|it| kept(it.duration())).or(settled);
        CallCourse {
            wait_us: course.wait_us,
            dial_us: or(scenario.dialled_after_s, course.dial_us),
            fate: scenario.fate().or(course.fate),
            alert_us: or(scenario.rings_after_s, course.alert_us),
            answer_us: or(scenario.rings_for_s, course.answer_us),
            talk_us: or(scenario.hangs_up_after_s, course.talk_us),
            line: course.line,
        }
    }

    /// As it is kept; nothing at all of a call that nothing is to be known of.
    pub(super) fn written(&self) -> Arc<str> {
        if *self == Self::default() {
            return Arc::from("");
        }
        serde_json::to_string(self)
            .expect("the memo has words for keys, and memory takes all that is written")
            .into()
    }
}

/// A method by its word.
mod method {
    use super::{Deserialize, Deserializer, Method, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde asks for a reference"
    )]
    pub(super) fn serialize<S: Serializer>(method: &Method, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(method.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Method, D::Error> {
        let word = String::deserialize(from)?;
        Ok(Method::parse(&word).unwrap_or_default())
    }
}

/// A SID as text.
mod sid {
    use super::{Deserialize, Deserializer, FromStr, Serializer, Sid};

    pub(super) fn serialize<S: Serializer>(sid: &Sid, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(sid)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Sid, D::Error> {
        let text = String::deserialize(from)?;
        Sid::from_str(&text).map_err(|_| serde::de::Error::custom("no SID"))
    }
}

/// A SID as text, if there is one.
mod optional_sid {
    use super::{Deserialize, Deserializer, Serializer, Sid, sid};

    #[expect(clippy::ref_option, reason = "serde asks for a reference to the field")]
    pub(super) fn serialize<S: Serializer>(value: &Option<Sid>, to: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => sid::serialize(value, to),
            None => to.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Sid>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let read = |text: String| text.parse().map_err(|_| serde::de::Error::custom("no SID"));
        text.map(read).transpose()
    }
}

/// SIDs as texts.
pub(super) mod sids {
    use super::{Deserialize, Deserializer, Serializer, Sid};

    pub(in crate::simulated) fn serialize<S: Serializer>(
        sids: &[Sid],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(sids.iter().map(Sid::to_string))
    }

    pub(in crate::simulated) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Sid>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        let read = |text: &String| text.parse().map_err(|_| serde::de::Error::custom("no SID"));
        texts.iter().map(read).collect()
    }
}
