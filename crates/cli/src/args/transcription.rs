//! The options of `dev` about transcriptions: those of `serve` that the configuration calls
//! `transcription`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use ringback_domain::project::Secret;
use ringback_networks::RecogniserConfig;

use crate::config::{Endpoint, Name, Patience};

/// Where a recogniser is, and how it is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Transcriptions")]
pub struct TranscriptionArgs {
    /// A recogniser that writes down what is said in recordings: any server with OpenAI's `POST
    /// /v1/audio/transcriptions`, path and all [default: what the simulated calls said].
    #[arg(long = "transcription-url", value_name = "URL")]
    url: Option<Endpoint>,

    /// The model that it is asked for.
    #[arg(
        long = "transcription-model",
        value_name = "NAME",
        default_value = "whisper-1"
    )]
    model: Name,

    /// The language that is spoken, such as en [default: it finds out].
    #[arg(long = "transcription-language", value_name = "NAME")]
    language: Option<Name>,

    /// The token that it wants.
    #[arg(
        long = "transcription-key",
        value_name = "TOKEN",
        env = "RINGBACK_TRANSCRIPTION_KEY",
        hide_env_values = true,
        value_parser = NonEmptyStringValueParser::new()
    )]
    key: Option<String>,

    /// How long one request may take.
    #[arg(
        long = "transcription-timeout",
        value_name = "TIME",
        default_value = "60s"
    )]
    timeout: Patience,

    /// Requests under way at a time.
    #[arg(long = "transcription-concurrency", value_name = "N", default_value = "2", value_parser = clap::value_parser!(u32).range(1..))]
    concurrency: u32,

    /// How often a recording is tried before its transcription fails.
    #[arg(long = "transcription-attempts", value_name = "N", default_value = "5", value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,
}

impl TranscriptionArgs {
    /// The recogniser that is asked for, if one is.
    pub fn recogniser(self) -> Option<RecogniserConfig> {
        Some(RecogniserConfig {
            url: self.url?.0,
            model: self.model.0,
            language: self.language.map(|name| name.0),
            key: self.key.map(Secret::new),
            timeout: self.timeout.0,
            concurrency: usize::try_from(self.concurrency).unwrap_or(usize::MAX),
            attempts: self.attempts,
        })
    }
}
