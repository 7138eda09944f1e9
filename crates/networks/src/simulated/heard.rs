//! What a recording hears: which side sounds how, from when to when.
//!
//! Filled by what runs a call, piece by piece, and kept in the recording's memo; read when the
//! file is made and when the recording is transcribed. All times are of the simulated world and
//! count from the recording's beginning. Invariant: pieces are in the order of their beginnings,
//! and a side makes one sound at a time: a later piece ends the one before it on its side. What
//! no piece covers is silence.

use std::time::Duration;

use ringback_domain::recording::{RecordingTrack, RecordingTrim};
use serde::{Deserialize, Serialize};

/// Most pieces that a recording hears; what comes after them is silence. A document's run is
/// bounded far below, and a memo is rewritten with each piece.
const MOST_PIECES: usize = 500;

/// How long a character takes to be said, and how long a text takes beside that: slower than
/// espeak-ng speaks (175 words a minute), so that what it says is not cut off.
const CHARACTER: Duration = Duration::from_millis(85);
const BREATH: Duration = Duration::from_millis(500);
/// The same of a digit or a sign, which is a word or several, and of a letter that is spelt.
const FIGURE: Duration = Duration::from_millis(500);
const SPELT: Duration = Duration::from_millis(400);

/// A side of a call, as Twilio and SignalWire name the tracks of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// What comes in from the far end.
    Inbound,
    /// What the document says and plays to it.
    Outbound,
}

/// A sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sound {
    /// These words.
    Said(String),
    /// A beep.
    Tone,
    /// Nothing: it ends what sounds on its side, and what would have sounded later.
    Silence,
    /// The audio at this URL, which is not fetched: a tone of its own stands for it.
    Played(String),
    /// These keys: 0 to 9, `*`, `#`, A to D; any other is a pause.
    Digits(String),
}

/// A sound of one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// When it begins.
    #[serde(rename = "at_ms", with = "millis")]
    pub at: Duration,
    /// Who makes it.
    pub channel: Side,
    /// How long it lasts, unless something else sounds before.
    #[serde(rename = "length_ms", with = "millis")]
    pub length: Duration,
    /// How much of the sound is left out at its beginning.
    #[serde(
        rename = "skipped_ms",
        with = "millis",
        default,
        skip_serializing_if = "Duration::is_zero"
    )]
    pub skipped: Duration,
    /// What it is.
    pub what: Sound,
}

impl Piece {
    /// A whole sound.
    pub const fn new(at: Duration, channel: Side, length: Duration, what: Sound) -> Self {
        Self {
            at,
            channel,
            length,
            skipped: Duration::ZERO,
            what,
        }
    }

    fn end(&self) -> Duration {
        self.at.saturating_add(self.length)
    }

    /// The part of it between two moments; none if that is empty.
    fn within(&self, from: Duration, until: Duration) -> Option<Self> {
        let (begin, end) = (self.at.max(from), self.end().min(until));
        (begin < end).then(|| Self {
            at: begin,
            length: end.saturating_sub(begin),
            skipped: self.skipped + begin.saturating_sub(self.at),
            ..self.clone()
        })
    }

    /// What is left of it from a moment on, counted from then; none if it is over.
    pub fn from(&self, moment: Duration) -> Option<Self> {
        let rest = self.within(moment, Duration::MAX)?;
        Some(rest.earlier(moment))
    }

    /// The same, this much earlier.
    fn earlier(self, by: Duration) -> Self {
        Self {
            at: self.at.saturating_sub(by),
            ..self
        }
    }
}

/// What becomes of the time while a recording is paused (`PauseBehavior`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PauseBehavior {
    /// It is not part of the recording.
    Skip,
    /// It is silence.
    #[default]
    Silence,
}

/// A time in which nothing is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// From when.
    #[serde(rename = "from_ms", with = "millis")]
    pub from: Duration,
    /// Until when.
    #[serde(rename = "until_ms", with = "millis")]
    pub until: Duration,
    /// What becomes of it.
    pub behavior: PauseBehavior,
}

/// What a recording has heard, before anything is cut out of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heard(Vec<Piece>);

/// What is to be on a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Take {
    /// The sounds: in order, none beyond the end, on one side one at a time, none of them
    /// [`Sound::Silence`].
    pub pieces: Vec<Piece>,
    /// How long it is.
    pub length: Duration,
}

/// How a recording is made of what was heard.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// Which sides are on it.
    pub track: RecordingTrack,
    /// How long it was heard, pauses and all.
    pub length: Duration,
    /// When nothing was recorded: in order, none reaching into the next.
    pub pauses: &'a [Pause],
    /// What becomes of silence at both ends.
    pub trim: RecordingTrim,
}

impl Heard {
    /// Hears `piece`.
    pub fn hear(&mut self, piece: Piece) {
        if piece.what == Sound::Silence {
            self.hush(piece.channel, piece.at);
        } else if self.0.len() < MOST_PIECES {
            let after = self.0.partition_point(|other| other.at <= piece.at);
            self.0.insert(after, piece);
        }
    }

    /// Forgets what sounds on `side` from this moment on.
    fn hush(&mut self, side: Side, at: Duration) {
        let pieces = std::mem::take(&mut self.0).into_iter();
        let left = pieces.filter_map(|piece| {
            if piece.channel == side {
                piece.within(Duration::ZERO, at)
            } else {
                Some(piece)
            }
        });
        self.0 = left.collect();
    }

    /// What is on the recording: the sides of its track, without pauses, trimmed.
    pub fn take(&self, cut: &Cut<'_>) -> Take {
        let mut take = Take {
            pieces: self.sounding(cut.track, cut.length),
            length: cut.length,
        };
        // From the last to the first, so that no pause moves one that is still to be cut.
        for pause in cut.pauses.iter().rev() {
            take.cut_out(*pause);
        }
        match cut.trim {
            RecordingTrim::TrimSilence => take.trimmed(),
            RecordingTrim::DoNotTrim => take,
        }
    }

    /// The sounds of a track up to `end`, each ended by the next of its side.
    fn sounding(&self, track: RecordingTrack, end: Duration) -> Vec<Piece> {
        let sounds = self.0.iter().enumerate().filter_map(|(index, piece)| {
            let later = self.0[index + 1..].iter();
            let next = later
                .map(|other| (other.channel, other.at))
                .find(|(channel, _)| *channel == piece.channel);
            let until = next.map_or(end, |(_, at)| at.min(end));
            let sounds = is_of(piece.channel, track);
            sounds.then(|| piece.within(piece.at, until)).flatten()
        });
        sounds.collect()
    }
}

impl Take {
    /// Whether nothing sounds.
    pub fn is_silent(&self) -> bool {
        self.pieces.is_empty()
    }

    /// What is said, in the order in which it begins; words that were interrupted are said
    /// once.
    pub fn words(&self) -> String {
        let said = self.pieces.iter().filter_map(|piece| match &piece.what {
            Sound::Said(text) if piece.skipped.is_zero() => Some(text.as_str()),
            Sound::Said(_) | Sound::Tone | Sound::Silence | Sound::Played(_) | Sound::Digits(_) => {
                None
            }
        });
        said.collect::<Vec<_>>().join(" ")
    }

    fn cut_out(&mut self, pause: Pause) {
        let from = pause.from.min(self.length);
        let until = pause.until.clamp(from, self.length);
        let gone = match pause.behavior {
            PauseBehavior::Skip => until.saturating_sub(from),
            PauseBehavior::Silence => Duration::ZERO,
        };
        let pieces = std::mem::take(&mut self.pieces).into_iter();
        self.pieces = pieces
            .flat_map(|piece| {
                let after = piece.within(until, Duration::MAX);
                let before = piece.within(Duration::ZERO, from);
                [before, after.map(|after| after.earlier(gone))]
            })
            .flatten()
            .collect();
        self.pieces.sort_by_key(|piece| piece.at);
        self.length -= gone;
    }

    /// Without the silence at both ends; of silence alone, nothing.
    fn trimmed(self) -> Self {
        let begin = self.pieces.first().map_or(self.length, |first| first.at);
        let ends = self.pieces.iter().map(Piece::end);
        let end = ends.max().unwrap_or(begin);
        let pieces = self.pieces.into_iter();
        Self {
            pieces: pieces.map(|piece| piece.earlier(begin)).collect(),
            length: end.saturating_sub(begin),
        }
    }
}

/// How long `text` takes to be said.
pub fn speaking_time(text: &str) -> Duration {
    let words = text.split_whitespace().map(|word| {
        let letter = if is_spelt(word) { SPELT } else { CHARACTER };
        let characters = word.chars().map(|it| match it {
            '0'..='9' | '$' | '%' | '&' | '@' | '#' | '*' | '+' | '=' | '/' => FIGURE,
            _ => letter,
        });
        characters.fold(CHARACTER, Duration::saturating_add)
    });
    words.fold(BREATH, Duration::saturating_add)
}

/// Whether a word is said letter by letter: without a vowel nobody can say it, and all capitals
/// are an abbreviation.
fn is_spelt(word: &str) -> bool {
    let mut letters = word.chars().filter(|it| it.is_alphabetic());
    let is_vowel = |letter: char| !letter.is_ascii() || "aeiouyAEIOUY".contains(letter);
    !word.chars().any(is_vowel) || letters.all(char::is_uppercase)
}

const fn is_of(side: Side, track: RecordingTrack) -> bool {
    match (side, track) {
        (_, RecordingTrack::Both)
        | (Side::Inbound, RecordingTrack::Inbound)
        | (Side::Outbound, RecordingTrack::Outbound) => true,
        (Side::Inbound, RecordingTrack::Outbound) | (Side::Outbound, RecordingTrack::Inbound) => {
            false
        }
    }
}

/// Durations as whole milliseconds.
pub mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes one.
    pub fn serialize<S: Serializer>(value: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    /// Reads one.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        u64::deserialize(from).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn said(at: u64, channel: Side, length: u64, text: &str) -> Piece {
        Piece::new(s(at), channel, s(length), Sound::Said(text.to_owned()))
    }

    /// The document speaks from 2 to 6, the far end from 8 to 10.
    fn heard() -> Heard {
        let mut heard = Heard::default();
        heard.hear(said(8, Side::Inbound, 2, "yes"));
        heard.hear(said(2, Side::Outbound, 4, "are you there"));
        heard
    }

    fn cut(pauses: &[Pause], trim: RecordingTrim) -> Cut<'_> {
        Cut {
            track: RecordingTrack::Both,
            length: s(12),
            pauses,
            trim,
        }
    }

    /// Each piece as begin, end and how much of it is skipped, in seconds; the length behind.
    fn shape(take: &Take) -> (Vec<(u64, u64, u64)>, u64) {
        let pieces = take.pieces.iter().map(|piece| {
            let (at, end) = (piece.at.as_secs(), piece.end().as_secs());
            (at, end, piece.skipped.as_secs())
        });
        (pieces.collect(), take.length.as_secs())
    }

    #[test]
    fn what_is_heard_stays_where_it_is_unless_something_is_cut() {
        let take = heard().take(&cut(&[], RecordingTrim::DoNotTrim));
        assert_eq!(shape(&take), (vec![(2, 6, 0), (8, 10, 0)], 12));
        assert_eq!(take.words(), "are you there yes");
    }

    #[test]
    fn silence_at_both_ends_is_trimmed_and_that_between_stays() {
        let take = heard().take(&cut(&[], RecordingTrim::TrimSilence));
        assert_eq!(shape(&take), (vec![(0, 4, 0), (6, 8, 0)], 8));
    }

    #[test]
    fn silence_alone_is_trimmed_to_nothing() {
        let take = Heard::default().take(&cut(&[], RecordingTrim::TrimSilence));
        assert_eq!(take, Take::default());
    }

    #[test]
    fn a_track_hears_one_side() {
        let inbound = Cut {
            track: RecordingTrack::Inbound,
            ..cut(&[], RecordingTrim::TrimSilence)
        };
        let take = heard().take(&inbound);
        assert_eq!(
            (shape(&take), take.words()),
            ((vec![(0, 2, 0)], 2), "yes".into())
        );
    }

    #[test]
    fn a_pause_is_silence_or_not_there() {
        let pause = |behavior| Pause {
            from: s(3),
            until: s(5),
            behavior,
        };
        let pauses = [pause(PauseBehavior::Silence)];
        let take = heard().take(&cut(&pauses, RecordingTrim::DoNotTrim));
        assert_eq!(shape(&take), (vec![(2, 3, 0), (5, 6, 3), (8, 10, 0)], 12));
        assert_eq!(take.words(), "are you there yes");
        let pauses = [pause(PauseBehavior::Skip)];
        let take = heard().take(&cut(&pauses, RecordingTrim::DoNotTrim));
        assert_eq!(shape(&take), (vec![(2, 3, 0), (3, 4, 3), (6, 8, 0)], 10));
    }

    #[test]
    fn several_pauses_do_not_move_one_another() {
        let pause = |from, until| Pause {
            from: s(from),
            until: s(until),
            behavior: PauseBehavior::Skip,
        };
        let pauses = [pause(0, 2), pause(6, 8), pause(11, 40)];
        let take = heard().take(&cut(&pauses, RecordingTrim::DoNotTrim));
        assert_eq!(shape(&take), (vec![(0, 4, 0), (4, 6, 0)], 7));
    }

    #[test]
    fn a_later_sound_of_the_same_side_ends_the_one_before() {
        let mut heard = heard();
        heard.hear(Piece::new(s(4), Side::Outbound, s(0), Sound::Silence));
        heard.hear(Piece::new(s(9), Side::Outbound, s(90), Sound::Tone));
        let take = heard.take(&cut(&[], RecordingTrim::DoNotTrim));
        assert_eq!(shape(&take), (vec![(2, 4, 0), (8, 10, 0), (9, 12, 0)], 12));
    }

    #[test]
    fn silence_ends_what_would_have_sounded_later_on_its_side() {
        let mut heard = heard();
        heard.hear(Piece::new(s(9), Side::Outbound, s(9), Sound::Tone));
        heard.hear(Piece::new(s(4), Side::Outbound, s(0), Sound::Silence));
        let take = heard.take(&cut(&[], RecordingTrim::DoNotTrim));
        assert_eq!(shape(&take), (vec![(2, 4, 0), (8, 10, 0)], 12));
    }

    #[test]
    fn it_is_kept_as_it_is_documented() {
        let mut heard = heard();
        heard.hear(Piece::new(s(11), Side::Inbound, s(1), Sound::Tone));
        let text = serde_json::to_string(&heard).unwrap();
        let expected = concat!(
            r#"[{"at_ms":2000,"channel":"outbound","length_ms":4000,"what":{"said":"are you there"}},"#,
            r#"{"at_ms":8000,"channel":"inbound","length_ms":2000,"what":{"said":"yes"}},"#,
            r#"{"at_ms":11000,"channel":"inbound","length_ms":1000,"what":"tone"}]"#,
        );
        assert_eq!(text, expected);
        assert_eq!(serde_json::from_str::<Heard>(&text).unwrap(), heard);
    }

    #[test]
    fn there_is_time_for_what_espeak_ng_says() {
        // As measured with espeak-ng, voice `en`, 175 words a minute.
        for (text, spoken_ms) in [
            ("hello", 420),
            ("one two three", 740),
            ("the line is not very good", 1_310),
            ("Press the star key when you are finished.", 1_710),
            ("1", 340),
            ("7 8 9 10 11 1234567", 5_410),
            ("$1,000,000 on 2026-11-23", 3_950),
            ("www", 1_250),
            ("A B C D E F G", 1_150),
        ] {
            let time = speaking_time(text);
            assert!(time >= Duration::from_millis(spoken_ms), "{text}: {time:?}");
        }
        assert_eq!(speaking_time(""), BREATH);
    }

    #[test]
    fn what_is_heard_is_bounded() {
        let mut heard = Heard::default();
        for at in 0..1_000 {
            heard.hear(said(at, Side::Inbound, 1, "word"));
        }
        assert_eq!(heard.0.len(), MOST_PIECES);
    }
}
