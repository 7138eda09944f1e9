//! What speaks the words of recordings: how it is told, and what is there.
//!
//! Used by `serve` and `dev`, which tell the simulated network.

use std::env;
use std::fmt;
use std::str::FromStr;

use ringback_networks::{SpeechCommand, Voice};

/// The program that is looked for, and how it reads words and writes a WAV.
const USUAL: [&str; 3] = ["espeak-ng", "--stdin", "--stdout"];

/// What speaks the words of recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speech {
    /// espeak-ng, where it is installed.
    Auto,
    /// Nothing: words are tones.
    Off,
    /// This program with its arguments.
    Command(String),
}

impl Speech {
    /// What it can be, in words.
    pub const ALLOWED: &'static str = "`auto` (espeak-ng where it is installed), `off` (tones), or \
         a program with its arguments, which reads words from its standard input and writes a WAV \
         to its standard output";

    /// The voice that it is on this machine.
    pub fn voice(&self) -> Voice {
        let command = match self {
            Self::Auto if is_installed(USUAL[0]) => SpeechCommand::new(&USUAL),
            Self::Auto | Self::Off => None,
            Self::Command(command) => {
                let words: Vec<&str> = command.split_whitespace().collect();
                SpeechCommand::new(&words)
            }
        };
        command.map_or(Voice::Tones, Voice::Command)
    }
}

impl FromStr for Speech {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "" => Err(format!("it is {}", Self::ALLOWED)),
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            command => Ok(Self::Command(command.to_owned())),
        }
    }
}

impl fmt::Display for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Off => "off",
            Self::Command(command) => command,
        })
    }
}

/// Whether a program is in one of the folders in which programs are looked for.
fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_split_at_blanks() {
        let speech: Speech = " say  --wav - ".parse().unwrap();
        assert_eq!(speech.to_string(), "say  --wav -");
        let command = SpeechCommand::new(&["say", "--wav", "-"]).unwrap();
        assert_eq!(speech.voice(), Voice::Command(command));
        assert_eq!("off".parse::<Speech>().unwrap().voice(), Voice::Tones);
        assert!("  ".parse::<Speech>().is_err());
    }
}
