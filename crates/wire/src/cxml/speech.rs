//! `<Say>`: what is spoken, with the marks of SSML that change how long it takes.
//!
//! Called by the document's reader. Of SSML, breaks and substitutions are read; all else
//! changes how a voice sounds.

use std::num::NonZeroU32;
use std::time::Duration;

use roxmltree::Node;

use super::PARSE_FAILURE;
use super::element::{Element, Notes};

/// Longest text that is spoken, in characters.
const MAX_CHARS: usize = 4_096;
/// Longest pause that a `<break>` makes.
const MAX_BREAK: Duration = Duration::from_secs(10);
/// What a `<break>` without a time is taken for.
const BREAK: Duration = Duration::from_millis(500);
/// The marks that SignalWire documents.
const MARKS: [&str; 10] = [
    "break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "speak", "sub",
];

/// Text that is spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    /// The text, its words parted by single blanks.
    pub text: String,
    /// How long its `<break>`s are, in all.
    pub breaks: Duration,
    /// How often it is spoken.
    pub repeat: Repeat,
}

/// How often something is spoken or played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// This often.
    Times(NonZeroU32),
    /// Until the call ends: `loop="0"`.
    Endless,
}

pub(super) fn say(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Say {
    let mut element = Element::new(node);
    let repeat = repeat(&mut element, notes);
    element.without_effect(&["voice", "language"]);
    let mut spoken = Spoken::default();
    spoken.take(&element, node, notes);
    if spoken.text.chars().count() > MAX_CHARS {
        let says = format!("<Say> speaks at most {MAX_CHARS} characters: the rest is left out");
        notes.warn(PARSE_FAILURE, element.at(), says);
        spoken.text = spoken.text.chars().take(MAX_CHARS).collect();
    }
    element.finish(notes);
    Say {
        text: spoken.text,
        breaks: spoken.breaks,
        repeat,
    }
}

/// `loop`, of `<Say>` and `<Play>`.
pub(super) fn repeat(element: &mut Element<'_, '_>, notes: &mut Notes<'_>) -> Repeat {
    let times = element.whole("loop", 0..=1_000, 1, notes);
    NonZeroU32::new(times).map_or(Repeat::Endless, Repeat::Times)
}

#[derive(Default)]
struct Spoken {
    text: String,
    breaks: Duration,
}

impl Spoken {
    /// Takes what stands within `node`. Calls itself as deep as a document may be nested.
    fn take(&mut self, say: &Element<'_, '_>, node: Node<'_, '_>, notes: &mut Notes<'_>) {
        for child in node.children() {
            if let Some(text) = child.text().filter(|_| child.is_text()) {
                self.words(text);
            } else if child.is_element() {
                self.mark(say, child, notes);
            }
        }
    }

    fn mark(&mut self, say: &Element<'_, '_>, node: Node<'_, '_>, notes: &mut Notes<'_>) {
        let name = node.tag_name().name();
        // One with a prefix is of a voice's own, such as Polly's.
        if !MARKS.contains(&name) && node.tag_name().namespace().is_none() {
            let expected = format!("text, or one of {}", MARKS.join(", "));
            return say.unexpected(node, &expected, notes);
        }
        match (name, node.attribute("alias")) {
            ("break", _) => self.breaks += length(node),
            ("sub", Some(alias)) => self.words(alias),
            _ => self.take(say, node, notes),
        }
    }

    fn words(&mut self, text: &str) {
        for word in text.split_whitespace() {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
    }
}

/// How long a `<break>` is: its `time` in `s` or `ms`, or by its `strength`.
fn length(node: Node<'_, '_>) -> Duration {
    let Some(time) = node.attribute("time") else {
        return match node.attribute("strength") {
            Some("none" | "x-weak") => Duration::ZERO,
            _ => BREAK,
        };
    };
    let (number, unit_ms) = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1_000.0),
        (None, None) => return BREAK,
    };
    let millis = number.trim().parse::<f64>().unwrap_or_default() * unit_ms;
    Duration::try_from_secs_f64(millis / 1_000.0).map_or(BREAK, |length| length.min(MAX_BREAK))
}
