//! `<Record>` and `<Dial record>`: what is recorded, and what is told of it.
//!
//! Part of a run. A recording is a resource of its own, with its own statuses and its file; what
//! it hears is known when it begins. What a document says and plays while the whole call is
//! recorded is told to those recordings.

use std::time::Duration;

use ringback_domain::id::Sid;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingSource, RecordingTrack, RecordingTrim, Transcribe,
};
use ringback_domain::resource::NewResource;
use ringback_domain::subscription::{Interest, Subscription};
use ringback_engine::network::{Effect, Offspring, Word};
use ringback_wire::cxml::{self, Beep, DialRecord, Record, RecordingCallback, Trim, Verb};

use super::super::call::Stage;
use super::super::heard::{Cut, Heard, Piece, Side, Sound, speaking_time};
use super::super::memo::{Doing, Sounds, Taping};
use super::super::recording::{self, RecordingMemo, calls};
use super::super::transcription::Wanted;
use super::Run;

/// How long the tone before a recording is.
const BEEP: Duration = Duration::from_millis(500);
/// How long the far end takes to begin.
const BREATH: Duration = Duration::from_millis(500);
/// What the far end says where no scenario says otherwise.
const SAYS: &str = "Hello. Please call me back. Thank you.";
/// What the two sides of a `<Dial>` say, in turns, for as long as they are recorded.
const TALK: [(Side, &str); 4] = [
    (Side::Outbound, "Hello, who is calling?"),
    (Side::Inbound, "Hello, it is me."),
    (Side::Outbound, "Good to hear you."),
    (Side::Inbound, "I only wanted to say hello."),
];
/// How many turns they take: some ten minutes.
const TURNS: usize = 160;

/// What a `<Record>` hears, and how it ends.
struct Take {
    heard: Heard,
    length: Duration,
    key: Option<char>,
}

impl Run<'_, '_> {
    /// Records the far end: the instruction number `index`.
    pub(super) fn record(&mut self, index: usize, record: &Record) {
        self.memo.used.verbs += 1;
        let beep = match record.beep {
            Beep::Played => BEEP,
            Beep::Silent => Duration::ZERO,
        };
        let take = self.take(record);
        let trim = trim_of(record.trim);
        let kept = take.heard.take(&Cut {
            track: RecordingTrack::Inbound,
            length: take.length,
            pauses: &[],
            trim,
        });
        // A silent one is absent, whether it is trimmed or not.
        let duration = if kept.is_silent() {
            Duration::ZERO
        } else {
            recording::rounded(kept.length)
        };
        let new = NewRecording {
            call: self.resource.sid,
            conference: None,
            source: RecordingSource::RecordVerb,
            channels: RecordingChannels::Mono,
            track: None,
            trim,
            transcribe: self.transcribe(&record.transcribe),
        };
        let memo = RecordingMemo::lasting(take.length, take.heard);
        let sid = self.tape(new, record.callback.as_ref(), memo);
        self.stand_at(
            index,
            Doing::Recording(Taping {
                sid,
                duration_s: duration.as_secs(),
                key: take.key,
            }),
        );
        self.plan(Stage::GoOn, take.length.saturating_add(beep));
    }

    /// What the far end says, until it presses a key, falls silent, or the time is up.
    fn take(&mut self, record: &Record) -> Take {
        let says = &self.scenario.says;
        let next = says.get(self.memo.used.says).or(says.last());
        let said = next.map_or(SAYS, String::as_str).to_owned();
        self.memo.used.says += 1;
        let pressed = self.next_digits();
        let key = pressed.chars().find(|key| record.finish_on.contains(*key));

        let mut heard = Heard::default();
        let mut length = BREATH;
        if !said.is_empty() {
            let spoken = speaking_time(&said);
            let piece = Piece::new(length, Side::Inbound, spoken, Sound::Said(said));
            heard.hear(piece);
            length += spoken;
        }
        if key.is_none() {
            length = length.saturating_add(record.timeout);
        }
        let key = key.filter(|_| length <= record.max_length);
        Take {
            heard,
            length: length.min(record.max_length),
            key,
        }
    }

    /// The recording is over: its action takes over.
    pub(super) fn recorded(&mut self, taping: &Taping) {
        self.tell(taping.sid, Word::Stop);
        let Some(Verb::Record(record)) = self.verb_under_way() else {
            return self.walk();
        };
        let mut params = self.recording_params(taping.sid);
        params.push((
            "RecordingDuration".to_owned(),
            taping.duration_s.to_string(),
        ));
        params.extend(taping.key.map(|key| ("Digits".to_owned(), key.to_string())));
        self.fetch_action(
            record.action.as_deref(),
            record.method,
            params,
            Duration::ZERO,
        );
    }

    /// Records what the dialled and the caller say, until it is stopped.
    pub(super) fn tape_dial(&mut self, record: &DialRecord) -> Sid {
        let mut heard = Heard::default();
        let mut at = BREATH;
        for (side, text) in TALK.iter().cycle().take(TURNS) {
            let said = Sound::Said((*text).to_owned());
            let piece = Piece::new(at, *side, speaking_time(text), said);
            at += piece.length + BREATH;
            heard.hear(piece);
        }
        let new = NewRecording {
            call: self.resource.sid,
            conference: None,
            source: RecordingSource::DialVerb,
            channels: record.channels,
            track: Some(record.track),
            trim: trim_of(record.trim),
            transcribe: Transcribe::No,
        };
        self.tape(new, record.callback.as_ref(), RecordingMemo::live(heard))
    }

    /// Whether a `<Record>` is to be transcribed, and who hears of that.
    fn transcribe(&self, asked: &cxml::Transcribe) -> Transcribe {
        match asked {
            cxml::Transcribe::No => Transcribe::No,
            cxml::Transcribe::Yes(callback) => {
                Transcribe::Yes(callback.as_deref().and_then(|url| self.resolve(url)))
            }
        }
    }

    fn tape(
        &mut self,
        new: NewRecording,
        callback: Option<&RecordingCallback>,
        memo: RecordingMemo,
    ) -> Sid {
        let sid = self.scene.new_sid();
        let memo = memo.transcribed(Wanted::of(self.resource, &new.transcribe));
        let memo = memo.of_call(self.call);
        let subscription = callback.and_then(|callback| {
            Some(Subscription {
                url: self.resolve(&callback.url)?,
                method: callback.method,
                interest: Interest::Recording(callback.events),
                next_sequence: 0,
            })
        });
        self.performed
            .effects
            .push(Effect::Create(Box::new(Offspring {
                sid,
                new: NewResource::Recording(new),
                subscriptions: subscription.into_iter().collect(),
                memo: Some(memo.written()),
            })));
        sid
    }

    /// What is told of a recording: its SID, and its URL where files are kept.
    pub(super) fn recording_params(&self, recording: Sid) -> Vec<(String, String)> {
        let maker = self.network.recordings.as_ref();
        let url = maker.map(|maker| maker.address(recording, self.scene));
        let mut params = Vec::new();
        params.extend(url.map(|url| ("RecordingUrl".to_owned(), url)));
        params.push(("RecordingSid".to_owned(), recording.to_string()));
        params
    }

    /// Lets the recordings of the whole call hear what the document says or plays, `after` from
    /// now.
    pub(super) fn sounds(&mut self, after: Duration, length: Duration, what: Sound) {
        let piece = Piece::new(after, Side::Outbound, length, what);
        self.sounds.push(piece);
    }

    /// Ends what the document says and plays: another one takes over.
    pub(super) fn hush(&mut self) {
        self.sounds(Duration::ZERO, Duration::ZERO, Sound::Silence);
    }

    /// Tells the recordings of the whole call all that they hear of this step at once: what a
    /// recording keeps is written anew with each word that it is told.
    pub(super) fn pass_sounds_on(&mut self) {
        if self.sounds.is_empty() {
            return;
        }
        for recording in &self.memo.recordings {
            let told = calls::tell(*recording, &self.sounds);
            self.performed.effects.push(told);
        }
        self.memo.sounds = Some(Sounds {
            from_us: self.scene.now.as_micros(),
            pieces: std::mem::take(&mut self.sounds),
        });
    }
}

const fn trim_of(trim: Trim) -> RecordingTrim {
    match trim {
        Trim::Silence => RecordingTrim::TrimSilence,
        Trim::Nothing => RecordingTrim::DoNotTrim,
    }
}
