//! The verbs of a call's document that have no file of their own.
//!
//! Called by the document's reader. Where SignalWire's reference names no default, Twilio's is
//! taken, and the field says so.

use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::subscription::Method;
use roxmltree::Node;

use super::PARSE_FAILURE;
use super::element::{Element, Notes};
use super::speech::{self, Repeat, Say};

const BAD_DIGITS: ErrorCode = error_code!("13222");
const NO_AUDIO: ErrorCode = error_code!("13420");

/// Longest time that a document may ask for at once, in seconds: a day.
pub(super) const MAX_SECONDS: u32 = 86_400;

/// A sound that is played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    /// What is played.
    pub sound: Sound,
    /// How often.
    pub repeat: Repeat,
}

/// What `<Play>` plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sound {
    /// The file at this URL.
    Url(String),
    /// These digits; `w` is half a second, `W` a whole one.
    Digits(String),
}

/// Nothing happens for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// How long.
    pub length: Duration,
}

/// Digits or speech are collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gather {
    /// Where what was collected is sent; none: to the URL of the document.
    pub action: Option<String>,
    /// How.
    pub method: Method,
    /// Whether it is sent even if nothing was collected.
    pub action_on_empty: bool,
    /// What is collected.
    pub input: GatherInput,
    /// The keys that end it.
    pub finish_on: Keys,
    /// How many digits end it.
    pub digits: Option<u32>,
    /// How long nothing may be heard before it ends.
    pub timeout: Duration,
    /// How long a pause in speech ends it; none: `auto`.
    pub speech_timeout: Option<Duration>,
    /// What is heard meanwhile.
    pub prompts: Vec<Prompt>,
}

/// What `<Gather>` collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatherInput {
    /// Keys.
    Digits,
    /// Words.
    Speech,
    /// Whichever comes first.
    Both,
}

impl GatherInput {
    /// Whether keys are heard.
    pub const fn hears_digits(self) -> bool {
        matches!(self, Self::Digits | Self::Both)
    }

    /// Whether words are heard.
    pub const fn hears_speech(self) -> bool {
        matches!(self, Self::Speech | Self::Both)
    }
}

/// A set of keys of a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(String);

impl Keys {
    /// All that a caller can press.
    pub(super) const ALL: &'static str = "0123456789*#";

    /// Whether `key` is one of them.
    pub fn contains(&self, key: char) -> bool {
        self.0.contains(key)
    }
}

/// What may be heard while something is collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// Text.
    Say(Say),
    /// A sound.
    Play(Play),
    /// Nothing.
    Pause(Pause),
}

/// Another document takes over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Where it is, perhaps relative to this one's.
    pub url: String,
    /// How it is fetched.
    pub method: Method,
}

/// The call is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reject {
    /// What the caller is told.
    pub reason: RejectReason,
}

/// What the caller is told whose call is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectReason {
    /// That the number is not in service; the call ends as no-answer.
    Rejected,
    /// That it is busy; the call ends so.
    Busy,
}

pub(super) fn play(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Option<Play> {
    let mut element = Element::new(node);
    let repeat = speech::repeat(&mut element, notes);
    let digits = send_digits(&mut element, "digits", notes);
    let url = element.content();
    element.no_elements(notes);
    let at = element.at();
    element.finish(notes);
    let sound = match (digits, url.is_empty()) {
        (Some(digits), _) => Sound::Digits(digits),
        (None, false) => Sound::Url(url),
        (None, true) => {
            let says = "<Play> has neither a URL nor `digits`: it is left out".to_owned();
            notes.warn(NO_AUDIO, at, says);
            return None;
        }
    };
    Some(Play { sound, repeat })
}

pub(super) fn pause(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Pause {
    let mut element = Element::new(node);
    let length = element.seconds("length", 0..=MAX_SECONDS, 1, notes);
    element.finish_alone(notes);
    Pause { length }
}

pub(super) fn gather(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Gather {
    let mut element = Element::new(node);
    let action = element.owned("action");
    let method = element.method("method", notes);
    let action_on_empty = element.flag("actionOnEmptyResult", false, notes);
    let input = gather_input(&mut element, notes);
    let finish_on = keys(&mut element, "#", notes);
    let digits = match element.whole("numDigits", 0..=1_000, 0, notes) {
        0 => None,
        digits => Some(digits),
    };
    let timeout = element.seconds("timeout", 0..=MAX_SECONDS, 5, notes);
    let speech_timeout = match element.text("speechTimeout") {
        None | Some("auto") => None,
        Some(_) => Some(element.seconds("speechTimeout", 0..=MAX_SECONDS, 5, notes)),
    };
    element.without_effect(&[
        "enhanced",
        "hints",
        "language",
        "profanityFilter",
        "speechModel",
        // Documented by Twilio, and sent by the SDKs that are made for both.
        "bargeIn",
        "debug",
    ]);
    element.not_simulated(
        &["partialResultCallback", "partialResultCallbackMethod"],
        notes,
    );
    let prompts = prompts(&element, notes);
    element.finish(notes);
    Gather {
        action,
        method,
        action_on_empty,
        input,
        finish_on,
        digits,
        timeout,
        speech_timeout,
        prompts,
    }
}

fn gather_input(element: &mut Element<'_, '_>, notes: &mut Notes<'_>) -> GatherInput {
    let Some(text) = element.text("input") else {
        return GatherInput::Digits;
    };
    let has = |wanted: &str| text.split_whitespace().any(|word| word == wanted);
    if let Some(other) = text
        .split_whitespace()
        .find(|word| !matches!(*word, "dtmf" | "speech"))
    {
        let used = if has("speech") { "speech" } else { "dtmf" };
        element.unusable(
            "input",
            "dtmf, speech or both",
            other,
            used,
            PARSE_FAILURE,
            notes,
        );
    }
    match (has("dtmf"), has("speech")) {
        (true, true) => GatherInput::Both,
        (false, true) => GatherInput::Speech,
        (true | false, false) => GatherInput::Digits,
    }
}

fn prompts(element: &Element<'_, '_>, notes: &mut Notes<'_>) -> Vec<Prompt> {
    let mut prompts = Vec::new();
    for child in element.node.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "Say" => prompts.push(Prompt::Say(speech::say(child, notes))),
            "Play" => prompts.extend(play(child, notes).map(Prompt::Play)),
            "Pause" => prompts.push(Prompt::Pause(pause(child, notes))),
            _ => element.unexpected(child, "Say, Play or Pause", notes),
        }
    }
    prompts
}

pub(super) fn redirect(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Option<Redirect> {
    let mut element = Element::new(node);
    let method = element.method("method", notes);
    let url = element.content();
    element.no_elements(notes);
    let at = element.at();
    element.finish(notes);
    if url.is_empty() {
        let says = "<Redirect> has no URL: it is left out".to_owned();
        notes.warn(PARSE_FAILURE, at, says);
        return None;
    }
    Some(Redirect { url, method })
}

pub(super) fn reject(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Reject {
    let mut element = Element::new(node);
    let reasons = [
        ("rejected", RejectReason::Rejected),
        ("busy", RejectReason::Busy),
    ];
    let reason = element.word("reason", &reasons, PARSE_FAILURE, notes);
    element.finish_alone(notes);
    Reject { reason }
}

/// Digits that are sent, with pauses.
pub(super) fn send_digits(
    element: &mut Element<'_, '_>,
    name: &'static str,
    notes: &mut Notes<'_>,
) -> Option<String> {
    let text = element.text(name)?;
    let is_digit = |c: char| matches!(c, '0'..='9' | 'A'..='D' | '*' | '#' | 'w' | 'W');
    if text.chars().all(is_digit) {
        return Some(text.to_owned());
    }
    let says = format!("`{name}` may hold 0-9, A-D, *, #, w and W alone: all else is left out");
    notes.error(BAD_DIGITS, element.place_of(name), says);
    Some(text.chars().filter(|c| is_digit(*c)).collect())
}

/// `finishOnKey`; an empty one is no key.
pub(super) fn keys(element: &mut Element<'_, '_>, default: &str, notes: &mut Notes<'_>) -> Keys {
    let Some(text) = element.raw("finishOnKey") else {
        return Keys(default.to_owned());
    };
    let keys: String = text
        .chars()
        .filter(|key| Keys::ALL.contains(*key))
        .collect();
    if keys.len() != text.trim().len() {
        let says = "`finishOnKey` may hold 0-9, * and # alone: all else is left out".to_owned();
        notes.warn(PARSE_FAILURE, element.place_of("finishOnKey"), says);
    }
    Keys(keys)
}
