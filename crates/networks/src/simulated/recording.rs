//! The course of a recording: it begins, hears, pauses, stops, and its file is made.
//!
//! Used by the simulated network alone. What it hears is told to it by its call, and kept in its
//! memo with its pauses; when it stops, an errand makes the file, and only then is it completed.
//! A crash while the file is made makes it again. All durations here are of the simulated world.
//! Invariant: one that begins ends, after [`LONGEST`] at the latest.

pub mod calls;
pub mod files;

use std::sync::Arc;
use std::time::Duration;

use ringback_domain::call::Call;
use ringback_domain::change::News;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::recording::{
    Recording, RecordingFacts, RecordingStatus, RecordingTrack, RecordingTrim,
};
use ringback_domain::resource::Resource;
use ringback_engine::network::{
    self, Ask, Effect, Errand, Next, Performed, Planned, Refusal, Scene, Word,
};
use ringback_store::Step;
use serde::{Deserialize, Serialize};

use self::files::{Made, RecordingMaker};
use super::choice::Choice;
use super::draw::Draw;
use super::heard::{Cut, Heard, Pause, PauseBehavior, Piece, Take};
use super::scenario::Kind;
use super::scenario::recording::{RecordingEnd, RecordingScenario};
use super::scenario::seconds::Seconds;
use super::transcription::{Recorded, Wanted};

/// How long a recording is at most (Twilio, "Recordings": four hours).
pub const LONGEST: Duration = Duration::from_secs(4 * 3_600);
/// What is shorter is too short to be kept: its length would be told as 0.
const SHORTEST: Duration = Duration::from_secs(1);

/// A live action on what is not live.
const NOT_LIVE: ErrorCode = error_code!("21220");
/// An error of ours: no file could be made. No page has a code for it.
const NO_FILE: ErrorCode = error_code!("20001");

/// What the network keeps of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingMemo {
    /// What it was told that it hears.
    #[serde(default)]
    heard: Heard,
    /// What the far end says of itself: what was drawn for the call, and how many milliseconds
    /// after the answer the recording begins. The words are reckoned from it: thousands of
    /// recordings at once are to be small.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    far_end: Option<(u64, u64)>,
    /// When it paused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pauses: Vec<Pause>,
    /// Since when it is paused, and what becomes of that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    paused: Option<(u64, PauseBehavior)>,
    /// How long it is, pauses and all, where that is known before it stops, and once it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    length_ms: Option<u64>,
    /// That it is to be transcribed once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transcribe: Option<Wanted>,
    /// Who talks in its call, until it is known what becomes of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parties: Option<(String, String)>,
    /// What becomes of it, if a scenario was chosen for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scenario: Option<RecordingScenario>,
}

impl RecordingMemo {
    /// Of one that hears what it is told until it is stopped; `heard` is what it is going to
    /// hear in any case.
    pub fn live(heard: Heard) -> Self {
        Self {
            heard,
            ..Self::default()
        }
    }

    /// The same, of one that hears what the far end says of itself as well, `elapsed` after it
    /// answered the call for which `draw` was drawn.
    pub fn with_far_end(self, draw: Draw, elapsed: Duration) -> Self {
        Self {
            far_end: Some((draw.bits(), whole_ms(elapsed))),
            ..self
        }
    }

    /// The same, of one that hears `pieces` as well.
    pub fn hearing(mut self, pieces: Vec<Piece>) -> Self {
        for piece in pieces {
            self.heard.hear(piece);
        }
        self
    }

    /// Of one of which all is known from the beginning; it stops by itself.
    pub fn lasting(length: Duration, heard: Heard) -> Self {
        Self {
            heard,
            length_ms: Some(whole_ms(length.min(LONGEST))),
            ..Self::default()
        }
    }

    /// The same, of one that is to be transcribed once it is there, if that is `wanted`.
    pub fn transcribed(self, wanted: Option<Wanted>) -> Self {
        Self {
            transcribe: wanted,
            ..self
        }
    }

    /// The same, of one of `call`.
    pub fn of_call(self, call: &Call) -> Self {
        Self {
            parties: Some((call.from.clone(), call.to.clone())),
            ..self
        }
    }

    /// What is kept of `resource`; none of one that is not ours.
    pub fn of(resource: &Resource) -> Option<Self> {
        serde_json::from_str(resource.memo.as_deref()?).ok()
    }

    /// As it is kept.
    pub fn written(&self) -> Arc<str> {
        let text = serde_json::to_string(self).expect("a struct with names for keys");
        Arc::from(text)
    }

    /// What is on the recording.
    pub fn take(&self, recording: &Recording) -> Take {
        let length = self.length().unwrap_or_default();
        let mut heard = self.heard.clone();
        if let Some((draw, elapsed_ms)) = self.far_end {
            let elapsed = Duration::from_millis(elapsed_ms);
            for piece in calls::far_end(Draw::recorded(draw), elapsed) {
                heard.hear(piece);
            }
        }
        heard.take(&Cut {
            track: recording.track.unwrap_or(RecordingTrack::Both),
            length,
            pauses: &self.pauses,
            trim: recording.trim,
        })
    }

    /// How it ends, if its scenario says so.
    fn end(&self) -> Option<RecordingEnd> {
        self.scenario.as_ref()?.status
    }

    /// How long after its end its file is made.
    fn ends_after(&self) -> Duration {
        let said = self.scenario.as_ref().and_then(|it| it.ends_after_s);
        said.map_or(Duration::ZERO, Seconds::duration)
    }

    fn length(&self) -> Option<Duration> {
        self.length_ms.map(Duration::from_millis)
    }

    fn pause(&mut self, at: Duration, behavior: PauseBehavior) {
        self.paused = Some((whole_ms(at), behavior));
    }

    fn resume(&mut self, at: Duration) {
        if let Some((from, behavior)) = self.paused.take() {
            self.pauses.push(Pause {
                from: Duration::from_millis(from),
                until: at,
                behavior,
            });
        }
    }

    fn stop(&mut self, at: Duration) {
        let length = self.length().unwrap_or(LONGEST).min(at);
        self.resume(length);
        self.length_ms = Some(whole_ms(length));
    }
}

/// A step of a recording. Their numbers are kept in stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Begin = 0,
    End = 1,
    Make = 2,
}

impl Stage {
    fn numbered(number: u32) -> Option<Self> {
        [Self::Begin, Self::End, Self::Make]
            .into_iter()
            .find(|stage| *stage as u32 == number)
    }

    const fn after(self, after: Duration) -> Planned {
        Planned {
            after,
            number: self as u32,
            draw: 0,
        }
    }
}

/// A recording of ours, as it stands.
pub struct Course<'a> {
    /// Its resource.
    pub resource: &'a Resource,
    /// What the resource holds.
    pub recording: &'a Recording,
    /// What is kept of it.
    pub memo: RecordingMemo,
    /// How long ago it began.
    pub elapsed: Duration,
    /// What makes files; none where nothing is kept.
    pub maker: Option<&'a RecordingMaker>,
}

/// Begins with `resource`; not with one that somebody else makes and reports.
pub fn accept(resource: &Resource, scene: &Scene<'_>) -> Performed {
    let mut performed = Performed::default();
    if resource.memo.is_none() {
        return performed;
    }
    performed.next = Next::Step(Stage::Begin.after(Duration::ZERO));
    let Some(mut memo) = RecordingMemo::of(resource) else {
        return performed;
    };
    if let Some((from, to)) = memo.parties.take() {
        let choice = Choice::media(Kind::Recording, (&from, &to), scene);
        memo.scenario = choice.scenario.and_then(|it| it.recording);
        performed.memo = Some(memo.written());
        performed.effects = choice.effects;
    }
    performed
}

impl Course<'_> {
    /// What must be done before `step`: its file is made, unless there is nothing on it.
    pub fn errand(&self, step: &Step) -> Option<Errand> {
        let (Some(Stage::Make), Some(maker)) = (Stage::numbered(step.number), self.maker) else {
            return None;
        };
        if let Some(RecordingEnd::Absent | RecordingEnd::Failed) = self.memo.end() {
            return None;
        }
        let take = self.memo.take(self.recording);
        let kept = why_absent(&take, self.recording.trim).is_none();
        kept.then(|| maker.errand(self.resource.sid, take, self.recording.channels))
    }

    /// Takes `step`.
    pub fn perform(mut self, step: &Step, scene: &Scene<'_>) -> Performed {
        match Stage::numbered(step.number) {
            Some(Stage::Begin) => {
                let length = self.memo.length().unwrap_or(LONGEST);
                let begun = Self::news(RecordingStatus::InProgress, self.address(scene));
                Performed::step(begun, Some(Stage::End.after(length)))
            }
            // One that knows its length ends by itself, however late the step is taken.
            Some(Stage::End) => self.stop(LONGEST, scene),
            Some(Stage::Make) => match self.memo.end() {
                Some(RecordingEnd::Absent) => Self::absent("its scenario says so"),
                Some(RecordingEnd::Failed) => Self::failed("its scenario says so"),
                Some(RecordingEnd::Completed) | None => {
                    match why_absent(&self.memo.take(self.recording), self.recording.trim) {
                        Some(reason) => Self::absent(reason),
                        None => Self::failed("this server has no folder for recordings"),
                    }
                }
            },
            None => Performed::default(),
        }
    }

    /// Takes the step whose errand brought `brought`.
    pub fn resume(self, brought: &str, scene: &mut Scene<'_>) -> Performed {
        match Made::read(brought) {
            Made::Whole { remark } => self.completed(remark, scene),
            Made::Failed { reason } => Self::failed(&reason),
        }
    }

    /// Its file is there. Now it can be transcribed, if it is to be.
    fn completed(self, remark: Option<String>, scene: &mut Scene<'_>) -> Performed {
        let take = self.memo.take(self.recording);
        let (url, duration) = (self.address(scene), rounded(take.length));
        let recorded = Recorded {
            sid: self.resource.sid,
            url: url.clone(),
            duration,
            words: take.words(),
        };
        let facts = RecordingFacts {
            url,
            duration: Some(duration),
            error: None,
        };
        let wanted = self.memo.transcribe;
        let transcription = wanted.map(|it| it.begin(recorded, self.recording.call, scene));
        let remark = remark.map(Effect::Remark);
        Performed {
            effects: remark.into_iter().chain(transcription).collect(),
            ..Performed::step(News::Recording(RecordingStatus::Completed, facts), None)
        }
    }

    /// What it is told: what it hears from now on, or that it is over.
    pub fn told(mut self, word: &Word, scene: &Scene<'_>) -> Performed {
        match word {
            Word::Stop => match self.recording.status {
                RecordingStatus::Queued | RecordingStatus::InProgress | RecordingStatus::Paused => {
                    self.stop(self.elapsed, scene)
                }
                RecordingStatus::Stopped
                | RecordingStatus::Completed
                | RecordingStatus::Absent
                | RecordingStatus::Failed => unchanged(),
            },
            Word::Said(pieces) => {
                let pieces: Vec<Piece> = serde_json::from_str(pieces).unwrap_or_default();
                for piece in pieces {
                    self.memo.heard.hear(Piece {
                        at: piece.at + self.elapsed,
                        ..piece
                    });
                }
                self.kept()
            }
            Word::Stands { .. } | Word::End(_) => unchanged(),
        }
    }

    /// What an application asks of it.
    pub fn asked(mut self, ask: &Ask, scene: &Scene<'_>) -> Result<Performed, Refusal> {
        use RecordingStatus::{InProgress, Paused, Queued, Stopped};
        match (ask, self.recording.status) {
            (Ask::Pause(behavior), InProgress) => {
                self.memo.pause(self.elapsed, behavior_of(*behavior));
                let news = Self::news(Paused, None);
                Ok(self.with(news))
            }
            (Ask::Resume, Paused) => {
                self.memo.resume(self.elapsed);
                let news = Self::news(InProgress, None);
                Ok(self.with(news))
            }
            (Ask::Stop, Queued | InProgress | Paused) => Ok(self.stop(self.elapsed, scene)),
            (Ask::Pause(_), Paused) | (Ask::Resume, InProgress) | (Ask::Stop, Stopped) => {
                Ok(unchanged())
            }
            (_, status) => Err(Refusal {
                code: NOT_LIVE,
                message: format!(
                    "Status cannot be changed: the recording is {}",
                    status.as_str()
                ),
            }),
        }
    }

    /// It is over, this long after it began; next its file is made.
    fn stop(&mut self, at: Duration, scene: &Scene<'_>) -> Performed {
        self.memo.stop(at);
        let mut news = vec![Self::news(RecordingStatus::Stopped, None)];
        if self.recording.status == RecordingStatus::Queued {
            let begun = Self::news(RecordingStatus::InProgress, self.address(scene));
            news.insert(0, begun);
        }
        Performed {
            news,
            next: Next::Step(Stage::Make.after(self.memo.ends_after())),
            memo: Some(self.memo.written()),
            effects: Vec::new(),
        }
    }

    fn absent(reason: &str) -> Performed {
        Performed {
            effects: vec![Effect::Remark(format!("no recording: {reason}"))],
            ..Performed::step(Self::news(RecordingStatus::Absent, None), None)
        }
    }

    fn failed(reason: &str) -> Performed {
        let facts = RecordingFacts {
            error: Some(NO_FILE),
            ..RecordingFacts::default()
        };
        let news = News::Recording(RecordingStatus::Failed, facts);
        Performed {
            effects: vec![Effect::Remark(format!("no recording: {reason}"))],
            ..Performed::step(news, None)
        }
    }

    fn address(&self, scene: &Scene<'_>) -> Option<String> {
        let maker = self.maker?;
        Some(maker.address(self.resource.sid, scene))
    }

    fn news(status: RecordingStatus, url: Option<String>) -> News {
        let facts = RecordingFacts {
            url,
            ..RecordingFacts::default()
        };
        News::Recording(status, facts)
    }

    fn with(&self, news: News) -> Performed {
        Performed {
            news: vec![news],
            ..self.kept()
        }
    }

    fn kept(&self) -> Performed {
        Performed {
            memo: Some(self.memo.written()),
            ..unchanged()
        }
    }
}

/// Why there is no file; none if there is one.
fn why_absent(take: &Take, trim: RecordingTrim) -> Option<&'static str> {
    match (take.is_silent(), take.length < SHORTEST, trim) {
        (true, _, RecordingTrim::TrimSilence) => Some("it was trimmed to nothing"),
        (true, _, RecordingTrim::DoNotTrim) => Some("it is silent"),
        (false, true, _) => Some("it is shorter than a second"),
        (false, false, _) => None,
    }
}

fn unchanged() -> Performed {
    Performed {
        next: Next::AsPlanned,
        ..Performed::default()
    }
}

const fn behavior_of(behavior: network::PauseBehavior) -> PauseBehavior {
    match behavior {
        network::PauseBehavior::Silence => PauseBehavior::Silence,
        network::PauseBehavior::Skip => PauseBehavior::Skip,
    }
}

/// To whole seconds, as a call's duration is.
pub(super) fn rounded(length: Duration) -> Duration {
    Duration::from_secs(length.as_secs() + u64::from(length.subsec_millis() >= 500))
}

fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
