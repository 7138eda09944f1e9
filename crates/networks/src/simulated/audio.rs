//! Audio: what a recording holds, as a file that players open.
//!
//! Called where a recording's file is made. The file is a WAV of 8,000 frames a second, the
//! telephone's own rate, with 16 bits a sample. It is written second by second, so that an hour
//! takes no more memory than a minute. Invariant: it is as long as the take, to the frame.

mod pattern;
mod speech;
mod wav;

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use ringback_domain::recording::RecordingChannels;

use self::pattern::Pattern;
pub use self::speech::{SpeechCommand, SpeechError};
use super::heard::{Piece, Side, Sound, Take};

/// Frames a second.
const RATE: u32 = 8_000;
/// Frames that are made at a time.
const BLOCK: u64 = 8_000;

/// What voices words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Voice {
    /// A tone for each word, of its own pitch.
    #[default]
    Tones,
    /// A program; tones for what it cannot say.
    Command(SpeechCommand),
}

/// Writes `take` to `out`. Returns why words are tones that should have been spoken, if any
/// are.
pub fn write(
    take: &Take,
    channels: RecordingChannels,
    voice: &Voice,
    out: &mut impl Write,
) -> io::Result<Option<SpeechError>> {
    let frames = frames(take.length);
    let mut out = BufWriter::new(out);
    wav::write_header(&mut out, channels, frames)?;
    let mut trouble = None;
    let mut playing: Vec<Playing> = Vec::new();
    let mut pieces = take.pieces.iter().peekable();
    let mut begin = 0;
    while begin < frames {
        let end = frames.min(begin + BLOCK);
        while let Some(piece) = pieces.next_if(|piece| self::frames(piece.at) < end) {
            playing.push(Playing::new(piece, voice, &mut trouble));
        }
        write_block(&playing, channels, begin..end, &mut out)?;
        playing.retain(|playing| playing.end > end);
        begin = end;
    }
    out.flush()?;
    Ok(trouble)
}

/// A sound that can be heard, on the frames of the file.
struct Playing {
    side: Side,
    begin: u64,
    end: u64,
    /// How many of its frames are left out at its beginning.
    skipped: u64,
    source: Source,
}

/// Where the frames of a sound come from.
enum Source {
    Pattern(Pattern),
    Spoken(Vec<i16>),
}

impl Playing {
    fn new(piece: &Piece, voice: &Voice, trouble: &mut Option<SpeechError>) -> Self {
        let spoken = match (&piece.what, voice, &trouble) {
            (Sound::Said(words), Voice::Command(command), None) => command
                .speak(words, RATE)
                .map_err(|it| *trouble = Some(it))
                .ok(),
            // A program that failed is not asked again: each time may take as long as it may.
            (_, _, _) => None,
        };
        let pattern = || Source::Pattern(Pattern::of(&piece.what));
        Self {
            side: piece.channel,
            begin: frames(piece.at),
            end: frames(piece.at + piece.length),
            skipped: frames(piece.skipped),
            source: spoken.map_or_else(pattern, Source::Spoken),
        }
    }

    /// Its frame at this place of the file.
    fn at(&self, frame: u64) -> i16 {
        if !(self.begin..self.end).contains(&frame) {
            return 0;
        }
        let place = frame - self.begin + self.skipped;
        match &self.source {
            Source::Pattern(pattern) => pattern.at(place, RATE),
            Source::Spoken(frames) => usize::try_from(place)
                .ok()
                .and_then(|place| frames.get(place).copied())
                .unwrap_or(0),
        }
    }
}

fn write_block(
    playing: &[Playing],
    channels: RecordingChannels,
    frames: std::ops::Range<u64>,
    out: &mut impl Write,
) -> io::Result<()> {
    let side = |side: Side, frame: u64| {
        let sounds = playing.iter().filter(|playing| playing.side == side);
        sounds.fold(0_i16, |sum, playing| sum.saturating_add(playing.at(frame)))
    };
    for frame in frames {
        let (inbound, outbound) = (side(Side::Inbound, frame), side(Side::Outbound, frame));
        match channels {
            RecordingChannels::Mono => {
                out.write_all(&inbound.saturating_add(outbound).to_le_bytes())?;
            }
            RecordingChannels::Dual => {
                out.write_all(&inbound.to_le_bytes())?;
                out.write_all(&outbound.to_le_bytes())?;
            }
        }
    }
    Ok(())
}

/// How many frames last this long, rounded down.
fn frames(length: Duration) -> u64 {
    let frames = length.as_millis() * u128::from(RATE) / 1_000;
    u64::try_from(frames).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn piece(at: u64, channel: Side, length: u64, what: Sound) -> Piece {
        Piece::new(ms(at), channel, ms(length), what)
    }

    fn take() -> Take {
        Take {
            pieces: vec![
                piece(500, Side::Outbound, 1_000, Sound::Tone),
                piece(1_200, Side::Inbound, 1_000, Sound::Said("hello".into())),
            ],
            length: ms(2_503),
        }
    }

    /// The samples of each channel.
    fn samples(take: &Take, channels: RecordingChannels) -> Vec<Vec<i16>> {
        let mut file = Vec::new();
        let trouble = write(take, channels, &Voice::Tones, &mut file).unwrap();
        assert!(trouble.is_none());
        let size = u32::try_from(file.len()).unwrap();
        assert_eq!(file[4..8], (size - 8).to_le_bytes());
        assert_eq!(file[40..44], (size - 44).to_le_bytes());
        let count = usize::from(channels.count());
        let mut sides = vec![Vec::new(); count];
        for (index, sample) in file[44..].chunks_exact(2).enumerate() {
            sides[index % count].push(i16::from_le_bytes([sample[0], sample[1]]));
        }
        sides
    }

    /// Whether something sounds in this part, in milliseconds.
    fn sounds(side: &[i16], from: usize, until: usize) -> bool {
        side[from * 8..until * 8]
            .iter()
            .any(|sample| sample.unsigned_abs() > 1_000)
    }

    #[test]
    fn each_side_has_a_channel_of_its_own() {
        let sides = samples(&take(), RecordingChannels::Dual);
        let [inbound, outbound] = &sides[..] else {
            panic!("there are two")
        };
        assert_eq!((inbound.len(), outbound.len()), (20_024, 20_024));
        assert!(!sounds(outbound, 0, 499) && sounds(outbound, 500, 1_500));
        assert!(!sounds(outbound, 1_501, 2_503));
        assert!(!sounds(inbound, 0, 1_199) && sounds(inbound, 1_200, 2_000));
    }

    #[test]
    fn both_sides_are_mixed_into_one_channel() {
        let sides = samples(&take(), RecordingChannels::Mono);
        let dual = samples(&take(), RecordingChannels::Dual);
        assert_eq!(sides.len(), 1);
        let mixed: Vec<i16> = dual[0].iter().zip(&dual[1]).map(|(a, b)| a + b).collect();
        assert_eq!(sides[0], mixed);
    }

    #[test]
    fn a_sound_that_was_cut_goes_on_where_it_would_have_been() {
        let whole = Take {
            pieces: vec![piece(0, Side::Inbound, 1_000, Sound::Digits("12".into()))],
            length: ms(1_000),
        };
        let mut cut = whole.clone();
        cut.pieces[0].skipped = ms(250);
        let whole = samples(&whole, RecordingChannels::Mono).remove(0);
        let cut = samples(&cut, RecordingChannels::Mono).remove(0);
        assert_eq!(cut[..6_000], whole[2_000..]);
    }

    #[test]
    fn the_same_take_is_the_same_file() {
        let file = || {
            let mut file = Vec::new();
            write(&take(), RecordingChannels::Dual, &Voice::Tones, &mut file).unwrap();
            file
        };
        assert_eq!(file(), file());
    }

    #[test]
    fn words_are_what_the_command_speaks_and_silence_after_it() {
        // Four frames at 8 kHz, whatever the words are.
        let head =
            r"RIFF\0\0\0\0WAVEfmt \020\0\0\0\001\0\001\0\100\037\0\0\200\076\0\0\002\0\020\0";
        let script = format!(r"cat >/dev/null; printf '{head}data\010\0\0\0abcdefgh'");
        let command = SpeechCommand::new(&["sh", "-c", &script]).unwrap();
        let said = Take {
            pieces: vec![piece(1, Side::Inbound, 1_000, Sound::Said("hello".into()))],
            length: ms(1_001),
        };
        let mut file = Vec::new();
        let voice = Voice::Command(command);
        let trouble = write(&said, RecordingChannels::Mono, &voice, &mut file).unwrap();
        assert!(trouble.is_none(), "{trouble:?}");
        let (before, rest) = file[44..].split_at(16);
        assert_eq!((before, &rest[..8]), (&[0; 16][..], &b"abcdefgh"[..]));
        assert!(rest[8..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn where_the_command_fails_words_are_tones_and_it_is_told() {
        let voice = Voice::Command(SpeechCommand::new(&["/nowhere/speaks"]).unwrap());
        let mut file = Vec::new();
        let trouble = write(&take(), RecordingChannels::Mono, &voice, &mut file).unwrap();
        assert!(trouble.unwrap().to_string().contains("/nowhere/speaks"));
        let mut tones = Vec::new();
        write(&take(), RecordingChannels::Mono, &Voice::Tones, &mut tones).unwrap();
        assert_eq!(file, tones);
    }
}
