//! The course of a transcription: begun when its recording is there, over with a text or without
//! one.
//!
//! Used by the simulated network alone. The text is what was said by the network's own script,
//! kept in the memo from the beginning; or, where a recogniser is configured, what that makes of
//! the recording's file. Each try of a recogniser is a step, so that what waits for one waits in
//! the store, and a crash goes on with the same try. Invariant: it ends, for tries are bounded.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ringback_domain::call::{CallDirection, CallStatus};
use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::recording::{Recording, RecordingStatus, Transcribe};
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::transcription::{
    NewTranscription, TranscribedCall, Transcription, TranscriptionFacts, TranscriptionStatus,
};
use ringback_engine::Order;
use ringback_engine::network::{
    Effect, Errand, Next, Offspring, Performed, Planned, Refusal, Scene,
};
use ringback_engine::transport::BODY_LIMIT;
use ringback_wire::laml::transcription::path;
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::draw::{Draw, Purpose};
use super::heard::millis;
use super::recording::RecordingMemo;
use super::scenario::Kind;
use super::scenario::recording::{TranscriptionEnd, TranscriptionScenario};
use super::scenario::seconds::Seconds;
use crate::recogniser::{Fault, Recogniser};

/// How long a recogniser that failed is left alone before the second try, the third and so on;
/// the last one holds for all after it. Real time: the recogniser lives in no simulated world.
const WAITS: [Duration; 5] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(30 * 60),
];

/// What the recording's state forbids.
const INVALID: ErrorCode = error_code!("10000");
/// What will be there later (Twilio: "resource not available").
const NOT_YET: ErrorCode = error_code!("21501");

/// What a recording keeps of the transcription that is to be made of it, in its memo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Who is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<String>,
    /// Who called.
    pub from: String,
    /// Who was called.
    pub to: String,
    /// Which way the call went.
    pub direction: String,
}

/// A recording that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its SID.
    pub sid: Sid,
    /// Where it can be fetched.
    pub url: Option<String>,
    /// How long it is.
    pub duration: Duration,
    /// What is said in it.
    pub words: String,
}

/// What the network keeps of a transcription.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Memo {
    /// What is said in the recording.
    words: String,
    /// Where that can be fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording_url: Option<String>,
    /// How long it is.
    #[serde(rename = "recording_ms", with = "millis")]
    recording_duration: Duration,
    /// What becomes of it, if a scenario was chosen for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scenario: Option<TranscriptionScenario>,
}

/// What a recogniser made of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    /// What is said in it.
    Text(String),
    /// There is no text.
    Fault {
        /// Why.
        reason: String,
        /// Whether there may be one another time.
        may_pass: bool,
    },
}

impl Wanted {
    /// What is kept by a recording of `call`; nothing if it is not to be transcribed.
    pub fn of(call: &Resource, transcribe: &Transcribe) -> Option<Self> {
        let (Body::Call(call), Transcribe::Yes(callback)) = (&call.body, transcribe) else {
            return None;
        };
        Some(Self {
            callback: callback.clone(),
            from: call.from.clone(),
            to: call.to.clone(),
            direction: call.direction.as_str().to_owned(),
        })
    }

    /// The transcription of `recorded`, a recording of `call`, which is there now.
    pub fn begin(self, recorded: Recorded, call: Sid, scene: &mut Scene<'_>) -> Effect {
        let subscription = self.callback.map(|url| Subscription {
            url,
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        });
        let call = TranscribedCall {
            sid: call,
            from: self.from,
            to: self.to,
            // It was asked for while the call was recorded.
            status: Some(CallStatus::InProgress),
            direction: CallDirection::parse(&self.direction),
        };
        let new = NewTranscription {
            recording: recorded.sid,
            call,
        };
        begin(recorded, new, subscription.into_iter().collect(), scene)
    }
}

/// The transcription `new` of `recorded`, which is there.
pub fn begin(
    recorded: Recorded,
    new: NewTranscription,
    subscriptions: Vec<Subscription>,
    scene: &mut Scene<'_>,
) -> Effect {
    let memo = Memo {
        words: recorded.words,
        recording_url: recorded.url,
        recording_duration: recorded.duration,
        scenario: None,
    };
    Effect::Create(Box::new(Offspring {
        sid: scene.new_sid(),
        new: NewResource::Transcription(new),
        subscriptions,
        memo: Some(written(&memo)),
    }))
}

/// What an application asks of `recording`, which is `resource`: a transcription, for which it
/// has to be there.
pub fn asked(
    resource: &Resource,
    recording: &Recording,
    order: Order,
    scene: &mut Scene<'_>,
) -> Result<Performed, Refusal> {
    let NewResource::Transcription(new) = order.new else {
        let problem = "A recording can be transcribed, and nothing else can be made of it";
        return Err(refusal(INVALID, problem));
    };
    match recording.status {
        RecordingStatus::Completed => {}
        RecordingStatus::Absent | RecordingStatus::Failed => {
            let problem = "The recording has no sound, so it cannot be transcribed";
            return Err(refusal(INVALID, problem));
        }
        RecordingStatus::Queued
        | RecordingStatus::InProgress
        | RecordingStatus::Paused
        | RecordingStatus::Stopped => {
            let problem = "The recording is not completed, so it cannot be transcribed yet";
            return Err(refusal(NOT_YET, problem));
        }
    }
    let recorded = Recorded {
        sid: resource.sid,
        url: recording.url.clone(),
        duration: recording.duration.unwrap_or_default(),
        words: words(resource, recording),
    };
    let mut effects = vec![begin(recorded, new, order.subscriptions, scene)];
    effects.extend(order.warnings.into_iter().map(Effect::Remark));
    Ok(Performed {
        next: Next::AsPlanned,
        effects,
        ..Performed::default()
    })
}

/// What is said in a recording; nothing of one that was not made here.
fn words(resource: &Resource, recording: &Recording) -> String {
    let memo = RecordingMemo::of(resource);
    memo.map(|memo| memo.take(recording).words())
        .unwrap_or_default()
}

fn refusal(code: ErrorCode, problem: &str) -> Refusal {
    Refusal {
        code,
        message: problem.to_owned(),
    }
}

/// Begins with `resource`: it is listened to, which takes a person a moment; not with one that
/// somebody else makes and reports.
pub fn accept(
    draw: Draw,
    resource: &Resource,
    transcription: &Transcription,
    scene: &Scene<'_>,
) -> Performed {
    let mut performed = Performed::default();
    let Some(mut memo) = kept(resource) else {
        return performed;
    };
    let call = &transcription.call;
    let choice = Choice::media(Kind::Transcription, (&call.from, &call.to), scene);
    memo.scenario = choice.scenario.and_then(|it| it.transcription);
    performed.effects = choice.effects;
    let said = memo.scenario.as_ref().and_then(|it| it.ends_after_s);
    let drawn = draw.stream(Purpose::Course).delay(1_000, 3_000);
    if memo.scenario.is_some() {
        performed.memo = Some(written(&memo));
    }
    performed.next = Next::Step(Planned {
        after: said.map_or(drawn, Seconds::duration),
        number: 0,
        draw: draw.bits(),
    });
    performed
}

/// Whether the end of `resource` stands in its scenario: nobody is asked for it.
pub fn is_told(resource: &Resource) -> bool {
    let scenario = kept(resource).and_then(|memo| memo.scenario);
    scenario.is_some_and(|it| it.text.is_some() || it.status == Some(TranscriptionEnd::Failed))
}

/// Its end by the network's own script: what was said is the text. `base` is the server's URL.
pub fn perform(resource: &Resource, base: &str) -> Performed {
    let Some(memo) = kept(resource) else {
        return Performed::default();
    };
    let scenario = memo.scenario.as_ref();
    if scenario.and_then(|it| it.status) == Some(TranscriptionEnd::Failed) {
        return failed(resource, &memo, base, "its scenario says so");
    }
    let said = scenario.and_then(|it| it.text.as_deref());
    let words = said.unwrap_or(&memo.words).split_whitespace();
    let words = words.collect::<Vec<_>>().join(" ");
    let most = usize::try_from(BODY_LIMIT).unwrap_or(usize::MAX);
    if words.is_empty() {
        return failed(resource, &memo, base, "nothing is said in the recording");
    }
    if words.len() > most {
        let reason = format!("the text is larger than {} KiB", most / 1_024);
        return failed(resource, &memo, base, &reason);
    }
    completed(resource, &memo, base, words)
}

/// One try of a recogniser, with the file that `open` opens.
pub fn errand(
    recogniser: &Arc<Recogniser>,
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
) -> Errand {
    let recogniser = Arc::clone(recogniser);
    let listening = async move { Outcome::from(recogniser.hear(open).await) };
    Errand::Work(listening.map(|outcome| written(&outcome)).boxed())
}

/// What comes of the try with this number, from 0, of `attempts`, which brought `brought`.
pub fn resume(
    resource: &Resource,
    (number, draw): (u32, u64),
    attempts: u32,
    brought: &str,
    base: &str,
) -> Performed {
    let Some(memo) = kept(resource) else {
        return Performed::default();
    };
    match read(brought) {
        Outcome::Text(text) => completed(resource, &memo, base, text),
        Outcome::Fault { reason, may_pass } => {
            let tried = number.saturating_add(1);
            if !may_pass || tried >= attempts {
                let reason = format!("given up after try {tried}: {reason}");
                return failed(resource, &memo, base, &reason);
            }
            let after = wait(number);
            let again = format!(
                "try {tried} of {attempts} failed: {reason}; tried again in {} s",
                after.as_secs()
            );
            let next = Planned {
                after,
                number: tried,
                draw,
            };
            Performed {
                effects: vec![Effect::Remark(again)],
                ..Performed::step(None, Some(next))
            }
        }
    }
}

/// How long the try with this number, which failed, is before the next one.
fn wait(number: u32) -> Duration {
    let index = usize::try_from(number).unwrap_or(usize::MAX);
    WAITS[index.min(WAITS.len() - 1)]
}

fn completed(resource: &Resource, memo: &Memo, base: &str, text: String) -> Performed {
    let facts = TranscriptionFacts {
        text: Some(text),
        ..facts(resource, memo, base)
    };
    over(TranscriptionStatus::Completed, facts)
}

fn failed(resource: &Resource, memo: &Memo, base: &str, reason: &str) -> Performed {
    Performed {
        effects: vec![Effect::Remark(format!("no transcription: {reason}"))],
        ..over(TranscriptionStatus::Failed, facts(resource, memo, base))
    }
}

/// Its end. The words are not kept beyond it: an erased text is nowhere.
fn over(status: TranscriptionStatus, facts: TranscriptionFacts) -> Performed {
    Performed {
        memo: Some(Arc::from("")),
        ..Performed::step(News::Transcription(status, facts), None)
    }
}

fn facts(resource: &Resource, memo: &Memo, base: &str) -> TranscriptionFacts {
    TranscriptionFacts {
        text: None,
        url: Some(format!("{}{}", base.trim_end_matches('/'), path(resource))),
        recording_url: memo.recording_url.clone(),
        recording_duration: Some(memo.recording_duration),
    }
}

fn kept(resource: &Resource) -> Option<Memo> {
    serde_json::from_str(resource.memo.as_deref()?).ok()
}

fn written(value: &impl Serialize) -> Arc<str> {
    let text = serde_json::to_string(value).expect("structs with names for keys");
    Arc::from(text)
}

/// What an errand brought, as [`errand`] wrote it.
fn read(brought: &str) -> Outcome {
    serde_json::from_str(brought).unwrap_or_else(|_| Outcome::Fault {
        reason: "the recogniser was not asked".to_owned(),
        may_pass: true,
    })
}

impl From<Result<String, Fault>> for Outcome {
    fn from(heard: Result<String, Fault>) -> Self {
        match heard {
            Ok(text) => Self::Text(text),
            Err(fault) => Self::Fault {
                reason: fault.to_string(),
                may_pass: fault.may_pass(),
            },
        }
    }
}

#[cfg(test)]
mod tests;
