#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub use call::{Audio, CallDirection, CallStatus, HangupDirection, InboundCall, VoiceCall};
pub use callback::{Callback, Order, ParseError};
pub use detection::{AnsweredBy, Detection};
pub use message::{Media, Message, MessageStatus};
pub use recording::{Recording, RecordingSource, RecordingStatus, RecordingTrack};
pub use request::{MAX_BODY_BYTES, MAX_PARAMETERS, Request};
pub use ten_dlc::{TenDlc, TenDlcCategory, TenDlcEvent, TenDlcState};
pub use transcription::{Transcription, TranscriptionStatus};
pub use verify::{KeyError, Scheme, Verified, Verifier, VerifyError};

mod call;
mod callback;
mod detection;
mod fields;
mod message;
mod recording;
mod request;
mod signed;
mod ten_dlc;
mod transcription;
mod url;
mod verify;
mod word;
