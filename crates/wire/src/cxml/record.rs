//! `<Record>`, and what all that records has in common.
//!
//! Called by the document's reader, and by that of `<Dial>`.

use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::subscription::{Method, RecordingEvent, RecordingEvents};
use roxmltree::Node;

use super::element::{Element, Notes};
use super::fault;
use super::voice::{self, Keys, MAX_SECONDS};

const BAD_EVENT: ErrorCode = error_code!("13621");
const BAD_TRIM: ErrorCode = error_code!("13699");

/// The caller is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where the recording is told and the next document fetched; none: the URL of the
    /// document.
    pub action: Option<String>,
    /// How.
    pub method: Method,
    /// The keys that end it; all of them by default, as Twilio has it.
    pub finish_on: Keys,
    /// How long it is at most; an hour by default.
    pub max_length: Duration,
    /// How long a silence ends it; 5 s by default, as Twilio has it.
    pub timeout: Duration,
    /// Whether a tone is heard before.
    pub beep: Beep,
    /// Whether silence at its ends is cut off.
    pub trim: Trim,
    /// Whether its words are written down, and who hears of that.
    pub transcribe: Transcribe,
    /// Who hears of its statuses.
    pub callback: Option<RecordingCallback>,
}

/// Whether a tone is heard before a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beep {
    /// It is.
    Played,
    /// It is not.
    Silent,
}

/// Whether silence at the ends of a recording is cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trim {
    /// It is: `trim-silence`.
    Silence,
    /// It is not: `do-not-trim`.
    Nothing,
}

/// Whether a recording's words are written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transcribe {
    /// They are not.
    No,
    /// They are, and this URL hears of it, by POST.
    Yes(Option<String>),
}

/// Who hears of a recording's statuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingCallback {
    /// The URL, perhaps relative to the document's.
    pub url: String,
    /// How it is asked.
    pub method: Method,
    /// Of which.
    pub events: RecordingEvents,
}

pub(super) fn record(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Record {
    let mut element = Element::new(node);
    let action = element.owned("action");
    let method = element.method("method", notes);
    let finish_on = voice::keys(&mut element, Keys::ALL, notes);
    let max_length = match element.whole("maxLength", 0..=MAX_SECONDS, 3_600, notes) {
        0 => Duration::from_secs(3_600),
        seconds => Duration::from_secs(seconds.into()),
    };
    let timeout = element.seconds("timeout", 0..=MAX_SECONDS, 5, notes);
    let beep = if element.flag("playBeep", true, notes) {
        Beep::Played
    } else {
        Beep::Silent
    };
    let trim = trim(&mut element, Trim::Silence, notes);
    let transcribe_callback = element.owned("transcribeCallback");
    // Twilio: a callback asks for the transcription by itself.
    let asked = element.flag("transcribe", transcribe_callback.is_some(), notes);
    let transcribe = if asked {
        Transcribe::Yes(transcribe_callback)
    } else {
        Transcribe::No
    };
    let callback = recording_callback(&mut element, notes);
    element.not_simulated(&["storageUrl", "storageUrlMethod"], notes);
    element.finish_alone(notes);
    Record {
        action,
        method,
        finish_on,
        max_length,
        timeout,
        beep,
        trim,
        transcribe,
        callback,
    }
}

/// `trim`, of all that records.
pub(super) fn trim(element: &mut Element<'_, '_>, default: Trim, notes: &mut Notes<'_>) -> Trim {
    let silence = ("trim-silence", Trim::Silence);
    let nothing = ("do-not-trim", Trim::Nothing);
    let allowed = match default {
        Trim::Silence => [silence, nothing],
        Trim::Nothing => [nothing, silence],
    };
    element.word("trim", &allowed, BAD_TRIM, notes)
}

/// Who hears of a recording, of all that records.
pub(super) fn recording_callback(
    element: &mut Element<'_, '_>,
    notes: &mut Notes<'_>,
) -> Option<RecordingCallback> {
    let method = element.method("recordingStatusCallbackMethod", notes);
    let mut events = Vec::new();
    let named = element.text("recordingStatusCallbackEvent");
    for word in named.unwrap_or_default().split_whitespace() {
        match RecordingEvent::parse(word) {
            // That it failed is told to who asked for it (decisions.md, 13).
            Some(event) => events.push(event),
            None => {
                let name = "recordingStatusCallbackEvent";
                let expected = "in-progress, completed or absent";
                let says = format!(
                    "`{name}` has to be {expected}, not {}: it is left out",
                    fault::shown(word)
                );
                notes.error(BAD_EVENT, element.place_of(name), says);
            }
        }
    }
    let url = element.owned("recordingStatusCallback")?;
    let events = if events.is_empty() {
        RecordingEvents::DEFAULT
    } else {
        events.into_iter().collect()
    };
    Some(RecordingCallback {
        url,
        method,
        events,
    })
}
