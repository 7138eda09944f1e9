//! Words spoken by a program, such as espeak-ng.
//!
//! Called where audio is made, on a thread that may block. The program is given the words on
//! its standard input, never as an argument, and writes a WAV to its standard output. Time and
//! size are bounded; whatever it started is ended with it.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use super::wav::{self, NotWav};

/// How long the program may take.
const TIME: Duration = Duration::from_secs(20);
/// Most bytes that it may write: five minutes at 48 kHz.
const MOST_BYTES: u64 = 32 << 20;
/// Most bytes of words that it is given: they fit into a pipe that nobody reads yet.
const MOST_WORDS: usize = 16 * 1024;

/// A program that speaks, with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeechCommand {
    program: String,
    arguments: Vec<String>,
}

/// Why words were not spoken.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// It cannot be started, or its output not be read.
    #[error("`{program}` cannot be used: {source}")]
    Unusable {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It took too long.
    #[error("`{program}` took longer than {} s", TIME.as_secs())]
    TimedOut {
        /// The program.
        program: String,
    },
    /// It wrote too much.
    #[error("`{program}` wrote more than {MOST_BYTES} bytes")]
    TooMuch {
        /// The program.
        program: String,
    },
    /// It wrote something else than audio.
    #[error("what `{program}` wrote cannot be used: {reason}")]
    NoAudio {
        /// The program.
        program: String,
        /// Why.
        reason: NotWav,
    },
}

impl SpeechCommand {
    /// This program, with these arguments after it; none if there is no program.
    pub fn new<T: AsRef<str>>(words: &[T]) -> Option<Self> {
        let (program, arguments) = words.split_first()?;
        let program = program.as_ref().to_owned();
        (!program.is_empty()).then(|| Self {
            program,
            arguments: arguments.iter().map(|it| it.as_ref().to_owned()).collect(),
        })
    }

    /// `words` as samples, so many a second. Blocks for 20 s at most.
    pub(super) fn speak(&self, words: &str, rate: u32) -> Result<Vec<i16>, SpeechError> {
        let program = || self.program.clone();
        let file = self.run(words).map_err(|source| match source.kind() {
            io::ErrorKind::TimedOut => SpeechError::TimedOut { program: program() },
            _ => SpeechError::Unusable {
                program: program(),
                source,
            },
        })?;
        if file.len() as u64 > MOST_BYTES {
            return Err(SpeechError::TooMuch { program: program() });
        }
        wav::read(&file, rate).map_err(|reason| SpeechError::NoAudio {
            program: program(),
            reason,
        })
    }

    /// What it writes, one byte too much at most.
    fn run(&self, words: &str) -> io::Result<Vec<u8>> {
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let output = child.stdout.take();
        let output = output.ok_or(io::ErrorKind::BrokenPipe)?;
        let read = give(&mut child, words).and_then(|()| read(output));
        end(&mut child);
        read
    }
}

/// Gives the words, and nothing after them.
fn give(child: &mut Child, words: &str) -> io::Result<()> {
    let Some(mut input) = child.stdin.take() else {
        return Ok(());
    };
    let mut end = words.len().min(MOST_WORDS);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    match input.write_all(&words.as_bytes()[..end]) {
        // It may have had enough; what it wrote tells.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// All that is written in time.
fn read(output: ChildStdout) -> io::Result<Vec<u8>> {
    let (sender, receiver) = sync_channel(1);
    // Ends when the pipe does: what holds it open is killed.
    thread::spawn(move || {
        let mut file = Vec::new();
        let read = output.take(MOST_BYTES + 1).read_to_end(&mut file);
        // Nobody listens after the time is over.
        let _ = sender.send(read.map(|_| file));
    });
    let in_time = receiver.recv_timeout(TIME);
    in_time.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Ends the program and what it started.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // It may have ended by itself; it was not waited for, so that the id is still its own.
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speak(script: &str, words: &str) -> Result<Vec<i16>, SpeechError> {
        SpeechCommand::new(&["sh", "-c", script])
            .unwrap()
            .speak(words, 8_000)
    }

    /// The head of a file of four samples, as printf takes it.
    const HEAD: &str = r"RIFF\377\377\377\377WAVEfmt \020\0\0\0\001\0\001\0\100\037\0\0\200\076\0\0\002\0\020\0data\377\377\377\177";

    #[test]
    fn the_words_come_on_standard_input_and_the_audio_on_standard_output() {
        let spoken = speak(&format!("printf '{HEAD}'; cat"), "abcdef").unwrap();
        let expected = [*b"ab", *b"cd", *b"ef"].map(i16::from_le_bytes);
        assert_eq!(spoken, expected);
    }

    #[test]
    fn words_that_look_like_options_are_words() {
        let spoken = speak(&format!("printf '{HEAD}'; cat"), "-f /etc/passwd ").unwrap();
        assert_eq!(spoken[0], i16::from_le_bytes(*b"-f"));
    }

    #[test]
    fn what_goes_wrong_is_named() {
        for (script, expected) in [
            ("cat >/dev/null; exit 3", "it is no WAV"),
            ("printf 'RIFF'", "it is no WAV"),
            ("exec 0<&-; yes", "wrote more than"),
        ] {
            let error = speak(script, "words").unwrap_err().to_string();
            assert!(error.contains(expected), "{script}: {error}");
        }
        let error = SpeechCommand::new(&["/nowhere/speaks"]).unwrap();
        let error = error.speak("words", 8_000).unwrap_err();
        assert!(matches!(error, SpeechError::Unusable { .. }), "{error}");
    }

    #[test]
    fn what_it_started_ends_with_it() {
        // The child of the shell holds the pipe open, and would for an hour.
        let error = speak("sleep 3600 >/dev/null & printf 'RIFF'", "words").unwrap_err();
        assert!(matches!(error, SpeechError::NoAudio { .. }), "{error}");
    }

    #[test]
    fn no_program_is_no_command() {
        assert_eq!(SpeechCommand::new::<&str>(&[]), None);
        assert_eq!(SpeechCommand::new(&[""]), None);
    }
}
