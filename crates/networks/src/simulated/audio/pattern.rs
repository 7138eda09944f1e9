//! Sounds that are reckoned: tones that stand for what was said, played or pressed.
//!
//! Pure functions of the sound and of the place in it, so that a part of a sound is what it
//! would have been in the whole.

use std::f64::consts::TAU;

use super::super::heard::Sound;

/// How loud a tone is: a quarter of full scale, so that two sides together do not clip.
const LOUDNESS: f64 = 8_000.0;

/// A beep. No source says how high; 1 kHz is what answering machines have.
const BEEP_HZ: u32 = 1_000;

/// A key sounds for so long, and is silent for as long.
const KEY_MS: u64 = 100;
/// A word lasts so long for each of its characters; between two of them is a gap.
const CHARACTER_MS: u64 = 65;
const GAP_MS: u64 = 85;

/// The frequencies of a keypad's rows and columns (ITU-T Q.23).
const ROWS_HZ: [u32; 4] = [697, 770, 852, 941];
const COLUMNS_HZ: [u32; 4] = [1_209, 1_336, 1_477, 1_633];
/// The keys, row by row.
const KEYS: &[u8; 16] = b"123A456B789C*0#D";

/// A sound that is reckoned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Note>);

/// One or two tones together, for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Note {
    begin_ms: u64,
    end_ms: u64,
    tones_hz: [u32; 2],
}

impl Pattern {
    /// The pattern that stands for `sound`.
    pub fn of(sound: &Sound) -> Self {
        Self(match sound {
            Sound::Said(words) => spoken(words),
            Sound::Tone => vec![Note::lasting([BEEP_HZ; 2])],
            Sound::Silence => Vec::new(),
            Sound::Played(url) => {
                let pitch = 300 + hash(url.as_bytes()) % 300;
                vec![Note::lasting([pitch, pitch * 3 / 2])]
            }
            Sound::Digits(keys) => pressed(keys),
        })
    }

    /// The sample at this place, of so many a second.
    pub fn at(&self, frame: u64, rate: u32) -> i16 {
        let at_ms = frame.saturating_mul(1_000) / u64::from(rate);
        let next = self.0.partition_point(|note| note.begin_ms <= at_ms);
        let note = next.checked_sub(1).and_then(|index| self.0.get(index));
        note.filter(|note| at_ms < note.end_ms)
            .map_or(0, |note| note.at(frame, rate))
    }
}

impl Note {
    const fn lasting(tones_hz: [u32; 2]) -> Self {
        Self {
            begin_ms: 0,
            end_ms: u64::MAX,
            tones_hz,
        }
    }

    fn at(self, frame: u64, rate: u32) -> i16 {
        let rate = u64::from(rate);
        let waves = self.tones_hz.map(|hz| {
            // Every tone has a whole number of periods in a second.
            let turn = (frame % rate) * u64::from(hz) % rate;
            #[expect(clippy::cast_precision_loss, reason = "both are below 2^32")]
            let angle = TAU * turn as f64 / rate as f64;
            angle.sin()
        });
        #[expect(clippy::cast_possible_truncation, reason = "at most the loudness")]
        let sample = (LOUDNESS * (waves[0] + waves[1]) / 2.0) as i16;
        sample
    }
}

/// A tone for each word; the same word always has the same.
fn spoken(words: &str) -> Vec<Note> {
    let mut at_ms = 0;
    let notes = words.split_whitespace().map(|word| {
        let pitch = 150 + hash(word.to_lowercase().as_bytes()) % 250;
        let begin_ms = at_ms;
        let end_ms = begin_ms + CHARACTER_MS * word.chars().count() as u64;
        at_ms = end_ms + GAP_MS;
        Note {
            begin_ms,
            end_ms,
            tones_hz: [pitch, pitch * 2],
        }
    });
    notes.collect()
}

/// The two tones of each key; a pause for what is none.
fn pressed(keys: &str) -> Vec<Note> {
    let numbered = (0_u64..).zip(keys.bytes());
    let notes = numbered.filter_map(|(number, key)| {
        let key = key.to_ascii_uppercase();
        let place = KEYS.iter().position(|known| *known == key)?;
        let begin_ms = number * 2 * KEY_MS;
        Some(Note {
            begin_ms,
            end_ms: begin_ms + KEY_MS,
            tones_hz: [ROWS_HZ[place / 4], COLUMNS_HZ[place % 4]],
        })
    });
    notes.collect()
}

/// FNV-1a (Fowler, Noll, Vo), 32 bits: never to be changed, or the same words sound otherwise.
fn hash(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 8_000;

    /// How strong a frequency is in a part, as a share of the part's power (Goertzel).
    fn share(pattern: &Pattern, hz: u32, from: u64, until: u64) -> f64 {
        let samples: Vec<f64> = (from..until)
            .map(|at| pattern.at(at, RATE).into())
            .collect();
        let angle = TAU * f64::from(hz) / f64::from(RATE);
        let (mut re, mut im, mut phase) = (0.0, 0.0, 0.0_f64);
        for sample in &samples {
            re += sample * phase.cos();
            im += sample * phase.sin();
            phase += angle;
        }
        let power: f64 = samples.iter().map(|it| it * it).sum();
        let count = f64::from(u32::try_from(samples.len()).unwrap());
        2.0 * (re * re + im * im) / (count * power)
    }

    #[test]
    fn a_key_has_the_two_tones_of_its_row_and_column() {
        let pattern = Pattern::of(&Sound::Digits("5w#".to_owned()));
        let (row, column) = (share(&pattern, 770, 0, 800), share(&pattern, 1_336, 0, 800));
        assert!(
            (0.4..0.6).contains(&row) && (0.4..0.6).contains(&column),
            "{row} {column}"
        );
        assert!(
            (800..3_200).all(|at| pattern.at(at, RATE) == 0),
            "w is a pause"
        );
        assert!(share(&pattern, 941, 3_200, 4_000) > 0.4);
        assert!(share(&pattern, 1_477, 3_200, 4_000) > 0.4);
    }

    #[test]
    fn a_beep_is_one_kilohertz_for_as_long_as_it_lasts() {
        let pattern = Pattern::of(&Sound::Tone);
        assert!(share(&pattern, 1_000, 80_000, 88_000) > 0.99);
    }

    #[test]
    fn each_word_has_a_tone_and_there_are_gaps_between_them() {
        let Pattern(notes) = Pattern::of(&Sound::Said("One two  one".to_owned()));
        assert_eq!(notes.len(), 3);
        assert_eq!(notes[0].tones_hz, notes[2].tones_hz);
        assert_ne!(notes[0].tones_hz, notes[1].tones_hz);
        assert!(notes[0].end_ms < notes[1].begin_ms);
    }

    #[test]
    fn words_end_before_they_should_have_been_said() {
        let words = "the quick brown fox jumps over the lazy dog";
        let Pattern(notes) = Pattern::of(&Sound::Said(words.to_owned()));
        let length = super::super::super::heard::speaking_time(words);
        assert!(u128::from(notes.last().unwrap().end_ms) <= length.as_millis());
    }
}
