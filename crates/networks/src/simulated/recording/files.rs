//! The files of recordings: made by errands, removed with their recordings, and where they are.
//!
//! Owned by the simulated network. At most [`AT_ONCE`] files are made at a time: each takes a
//! thread, and the program that speaks takes a processor.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use ringback_domain::id::Sid;
use ringback_domain::recording::RecordingChannels;
use ringback_engine::network::{Errand, Scene};
use ringback_store::RecordingFiles;
use ringback_wire::recording_link;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::super::audio::{self, Voice};
use super::super::heard::Take;

/// How many files are made at a time.
const AT_ONCE: usize = 2;

/// Where recordings are kept, how they sound, and who may fetch them.
#[derive(Clone, Debug)]
pub struct RecordingConfig {
    /// Where.
    pub files: RecordingFiles,
    /// How words sound.
    pub voice: Voice,
    /// What the `RecordingUrl` of callbacks is.
    pub links: RecordingLinks,
}

/// What the `RecordingUrl` of callbacks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordingLinks {
    /// The bare address: who fetches it is let in, or has credentials.
    Bare,
    /// Signed, and good for so long.
    Signed {
        /// How long.
        valid: Duration,
    },
}

/// Makes files.
#[derive(Clone, Debug)]
pub struct RecordingMaker {
    files: RecordingFiles,
    voice: Arc<Voice>,
    links: RecordingLinks,
    base_url: Arc<str>,
    making: Arc<Semaphore>,
}

/// What came of making a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase")]
pub enum Made {
    /// It is there, and a power cut loses nothing of it.
    Whole {
        /// What is odd about it, for the timeline.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remark: Option<String>,
    },
    /// There is none.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Made {
    /// What an errand brought.
    pub fn read(brought: &str) -> Self {
        serde_json::from_str(brought).unwrap_or_else(|_| Self::Failed {
            reason: "the file was not made".to_owned(),
        })
    }
}

impl RecordingMaker {
    /// One that keeps files as `config` says; `base_url` is what every address begins with.
    pub fn new(config: RecordingConfig, base_url: &str) -> Self {
        Self {
            files: config.files,
            voice: Arc::new(config.voice),
            links: config.links,
            base_url: base_url.into(),
            making: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The errand that makes the file of `recording`.
    pub fn errand(&self, recording: Sid, take: Take, channels: RecordingChannels) -> Errand {
        let maker = self.clone();
        let making = async move {
            let made = maker.make(recording, take, channels).await;
            let text = serde_json::to_string(&made).expect("an enum with names for keys");
            Arc::from(text)
        };
        Errand::Work(making.boxed())
    }

    /// The `RecordingUrl` of `recording`.
    pub fn address(&self, recording: Sid, scene: &Scene<'_>) -> String {
        let (base, project) = (&*self.base_url, scene.project);
        match self.links {
            RecordingLinks::Bare => recording_link::plain(base, project.id, recording),
            RecordingLinks::Signed { valid } => {
                let times = (scene.now, scene.now + valid);
                recording_link::signed(base, project.id, &project.keys, recording, times)
            }
        }
    }

    /// The file of `recording`, to be read.
    pub fn open(&self, recording: Sid) -> io::Result<File> {
        let file = self.files.open(recording)?;
        file.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Removes the files of what is gone, on a thread that may block.
    pub fn remove(&self, gone: &[Sid]) {
        let (files, gone) = (self.files.clone(), gone.to_vec());
        tokio::task::spawn_blocking(move || {
            for sid in gone {
                if let Err(error) = files.remove(sid) {
                    tracing::warn!(
                        %sid,
                        error = &error as &dyn std::error::Error,
                        "the file of a recording that is gone cannot be removed"
                    );
                }
            }
        });
    }

    async fn make(self, recording: Sid, take: Take, channels: RecordingChannels) -> Made {
        // Never closed.
        let _permit = self.making.acquire().await;
        let (files, voice) = (self.files.clone(), Arc::clone(&self.voice));
        let making = tokio::task::spawn_blocking(move || {
            files.write(recording, |file| {
                audio::write(&take, channels, &voice, file)
            })
        });
        match making.await {
            Ok(Ok(None)) => Made::Whole { remark: None },
            Ok(Ok(Some(trouble))) => Made::Whole {
                remark: Some(format!("words are tones in the recording: {trouble}")),
            },
            Ok(Err(error)) => {
                tracing::error!(
                    %recording,
                    error = &error as &dyn std::error::Error,
                    "the file of a recording cannot be written; the recording has failed"
                );
                Made::Failed {
                    reason: unwritten(&error),
                }
            }
            Err(_panicked) => Made::Failed {
                reason: "its audio could not be made".to_owned(),
            },
        }
    }
}

fn unwritten(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "there is no room on the disk".to_owned()
        }
        _ => format!("its file cannot be written: {error}"),
    }
}
