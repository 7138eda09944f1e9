//! The WAV format: written as we write it, read as speech programs write it.
//!
//! RIFF with a `fmt ` chunk of PCM and a `data` chunk (Microsoft, "Multimedia Programming
//! Interface and Data Specifications 1.0", 1991).

use std::io::{self, Write};

use ringback_domain::recording::RecordingChannels;

use super::RATE;

/// Bytes before the samples.
const HEADER: u32 = 44;
/// Plain samples (`WAVE_FORMAT_PCM`).
const PCM: u16 = 1;
/// Bytes of a sample.
const SAMPLE: u16 = 2;

/// Writes what comes before so many frames. More than 4 GiB cannot be told.
pub fn write_header(
    out: &mut impl Write,
    channels: RecordingChannels,
    frames: u64,
) -> io::Result<()> {
    let frame = u16::from(channels.count()) * SAMPLE;
    let data = u32::try_from(frames.saturating_mul(frame.into()))
        .ok()
        .filter(|data| *data <= u32::MAX - HEADER)
        .ok_or(io::ErrorKind::FileTooLarge)?;
    out.write_all(b"RIFF")?;
    out.write_all(&(data + HEADER - 8).to_le_bytes())?;
    out.write_all(b"WAVEfmt ")?;
    out.write_all(&16_u32.to_le_bytes())?;
    out.write_all(&PCM.to_le_bytes())?;
    out.write_all(&u16::from(channels.count()).to_le_bytes())?;
    out.write_all(&RATE.to_le_bytes())?;
    out.write_all(&(RATE * u32::from(frame)).to_le_bytes())?;
    out.write_all(&frame.to_le_bytes())?;
    out.write_all(&(8 * SAMPLE).to_le_bytes())?;
    out.write_all(b"data")?;
    out.write_all(&data.to_le_bytes())
}

/// Why something is no WAV that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotWav {
    /// It does not begin as one.
    #[error("it is no WAV")]
    NoRiff,
    /// It has other samples than we read.
    #[error("its samples are not 16-bit PCM of one or two channels at 8 to 48 kHz")]
    Format,
    /// It has none.
    #[error("it has no samples")]
    Empty,
}

/// The samples of `file`, its channels mixed, at `rate` a second. The length of the last chunk
/// is not believed: programs that write to a pipe do not know it.
pub fn read(file: &[u8], rate: u32) -> Result<Vec<i16>, NotWav> {
    let chunks = file
        .strip_prefix(b"RIFF")
        .and_then(|rest| rest.get(4..)?.strip_prefix(b"WAVE"))
        .ok_or(NotWav::NoRiff)?;
    let mut format = None;
    let mut rest = chunks;
    while let Some((head, body)) = rest.split_at_checked(8) {
        let length = usize::try_from(number(&head[4..])).unwrap_or(usize::MAX);
        let body_length = length.min(body.len());
        match &head[..4] {
            b"fmt " => format = Some(Format::read(&body[..body_length])?),
            b"data" => {
                let format = format.ok_or(NotWav::Format)?;
                let samples = format.mixed(&body[..body_length]);
                return match resampled(&samples, format.rate, rate) {
                    samples if samples.is_empty() => Err(NotWav::Empty),
                    samples => Ok(samples),
                };
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        let next = body_length + body_length % 2;
        rest = body.get(next..).unwrap_or_default();
    }
    Err(NotWav::Empty)
}

#[derive(Clone, Copy)]
struct Format {
    channels: usize,
    rate: u32,
}

impl Format {
    fn read(chunk: &[u8]) -> Result<Self, NotWav> {
        let chunk: &[u8; 16] = chunk.first_chunk().ok_or(NotWav::Format)?;
        let short = |at: usize| u16::from_le_bytes([chunk[at], chunk[at + 1]]);
        let format = Self {
            channels: short(2).into(),
            rate: number(&chunk[4..8]),
        };
        let right = short(0) == PCM
            && short(14) == 8 * SAMPLE
            && (1..=2).contains(&format.channels)
            && (8_000..=48_000).contains(&format.rate);
        right.then_some(format).ok_or(NotWav::Format)
    }

    /// One sample for each frame.
    fn mixed(self, data: &[u8]) -> Vec<i16> {
        let frames = data.chunks_exact(self.channels * usize::from(SAMPLE));
        let mixed = frames.map(|frame| {
            let samples = frame
                .chunks_exact(2)
                .map(|it| i16::from_le_bytes([it[0], it[1]]));
            let shares = samples.map(|sample| sample / if self.channels == 2 { 2 } else { 1 });
            shares.fold(0, i16::saturating_add)
        });
        mixed.collect()
    }
}

/// The same at another rate, which is not above `from`: each sample is the mean of those that
/// it stands for, which keeps most of what the lower rate cannot hold from coming back as noise.
fn resampled(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    let (from, to) = (u64::from(from), u64::from(to));
    let place = |index: u64| usize::try_from(index * from / to).unwrap_or(usize::MAX);
    let count = samples.len() as u64 * to / from;
    let means = (0..count).map(|index| {
        let begin = place(index);
        let end = place(index + 1).clamp(begin + 1, samples.len());
        let window = samples[begin..end].iter();
        let (sum, count) = window.fold((0_i64, 0_i64), |(sum, count), sample| {
            (sum + i64::from(*sample), count + 1)
        });
        i16::try_from(sum / count).unwrap_or(0)
    });
    means.collect()
}

/// The number in the first four bytes.
fn number(bytes: &[u8]) -> u32 {
    bytes
        .first_chunk()
        .map_or(0, |bytes: &[u8; 4]| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(channels: RecordingChannels, samples: &[i16]) -> Vec<u8> {
        let mut file = Vec::new();
        let frames = samples.len() as u64 / u64::from(channels.count());
        write_header(&mut file, channels, frames).unwrap();
        file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mono = file(RecordingChannels::Mono, &[1, -2, 300]);
        assert_eq!(mono.len(), 44 + 6);
        assert_eq!(read(&mono, RATE), Ok(vec![1, -2, 300]));
        let dual = file(RecordingChannels::Dual, &[100, 300, -8, 8]);
        assert_eq!(read(&dual, RATE), Ok(vec![200, 0]));
    }

    #[test]
    fn another_rate_is_brought_to_ours() {
        let mut wide = file(RecordingChannels::Mono, &[10, 20, 30, 50]);
        wide[24..28].copy_from_slice(&16_000_u32.to_le_bytes());
        assert_eq!(read(&wide, RATE), Ok(vec![15, 40]));
    }

    #[test]
    fn a_length_that_was_not_known_is_not_believed() {
        let mut piped = file(RecordingChannels::Mono, &[1, 2, 3]);
        piped[40..44].copy_from_slice(&0x7fff_f000_u32.to_le_bytes());
        assert_eq!(read(&piped, RATE), Ok(vec![1, 2, 3]));
    }

    #[test]
    fn whatever_comes_is_read_or_refused() {
        let whole = file(RecordingChannels::Dual, &[1, 2, 3, 4]);
        for length in 0..whole.len() {
            let _ = read(&whole[..length], RATE);
        }
        assert_eq!(read(b"RIFX", RATE), Err(NotWav::NoRiff));
        assert_eq!(read(&whole[..44], RATE), Err(NotWav::Empty));
        let mut wide = whole.clone();
        wide[34] = 8;
        assert_eq!(read(&wide, RATE), Err(NotWav::Format));
    }

    #[test]
    fn what_is_too_long_for_the_format_is_refused() {
        let write = |frames| write_header(&mut Vec::new(), RecordingChannels::Mono, frames);
        assert!(write(u64::from(u32::MAX / 2 - 22)).is_ok());
        assert!(write(u64::from(u32::MAX / 2)).is_err());
        assert!(write(u64::MAX).is_err());
    }
}
