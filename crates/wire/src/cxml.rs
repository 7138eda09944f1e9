//! cXML: the documents that say how a call or an inbound message is handled.
//!
//! Called by the network that runs them, with what was fetched or came inline. Pure: text in,
//! typed verbs out, and what is wrong with them by line and column. What cannot be read at all
//! is a [`Fault`]; what a document can be run without is an [`Issue`], and a default stands in
//! its place. Attributes and nouns are those of SignalWire's cXML reference (2026-08).
//! Invariant: work and memory are bounded by the size of the text, which is at most
//! [`MAX_BYTES`]; entities are never expanded, for a document type is refused.

mod dial;
mod element;
mod fault;
mod message;
mod record;
mod speech;
mod voice;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use roxmltree::{Node, ParsingOptions};

pub use dial::{CallerLeg, Dial, DialRecord, Noun, NounKind, RecordFrom, StatusCallback};
pub use fault::{Fault, Issue, Level, Place};
pub use message::Message;
pub use record::{Beep, Record, RecordingCallback, Transcribe, Trim};
pub use speech::{Repeat, Say};
pub use voice::{
    Gather, GatherInput, Keys, Pause, Play, Prompt, Redirect, Reject, RejectReason, Sound,
};

use element::{Element, Notes};

/// Longest document that is read, in bytes: what SignalWire takes (11750 above it).
pub const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting that is read. The deepest that has a meaning is 3 without speech markup.
const MAX_DEPTH: usize = 32;
/// How many issues a document's reading tells at most; one more says how many were left out.
const MAX_ISSUES: usize = 20;

const PARSE_FAILURE: ErrorCode = error_code!("12100");
const CONTENT_TYPE: ErrorCode = error_code!("12300");
const NOT_SUPPORTED: ErrorCode = error_code!("13750");

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// It handles a call.
    Voice,
    /// It answers an inbound message.
    Messaging,
}

/// A document that can be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Its instructions, in order.
    pub instructions: Vec<Instruction>,
    /// What was odd in it, in order.
    pub issues: Vec<Issue>,
}

/// One instruction of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Instruction {
    /// Where it begins, in bytes of the text; [`Place::of`] makes line and column of it.
    pub at: usize,
    /// What is to be done.
    pub verb: Verb,
}

/// What an instruction asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Verb {
    /// Text is spoken.
    Say(Say),
    /// A sound or digits are played.
    Play(Play),
    /// Nothing happens for a while.
    Pause(Pause),
    /// Digits or speech are collected.
    Gather(Gather),
    /// The caller is recorded.
    Record(Record),
    /// Others are called and connected.
    Dial(Dial),
    /// Another document takes over.
    Redirect(Redirect),
    /// The call ends.
    Hangup,
    /// The call is not answered.
    Reject(Reject),
    /// A message is sent: `<Message>`, and `<Sms>` in a call.
    Message(Message),
    /// A documented verb that is not simulated.
    NotSimulated(&'static str),
}

impl Verb {
    /// Its name; `Message` for `<Sms>` too.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Say(_) => "Say",
            Self::Play(_) => "Play",
            Self::Pause(_) => "Pause",
            Self::Gather(_) => "Gather",
            Self::Record(_) => "Record",
            Self::Dial(_) => "Dial",
            Self::Redirect(_) => "Redirect",
            Self::Hangup => "Hangup",
            Self::Reject(_) => "Reject",
            Self::Message(_) => "Message",
            Self::NotSimulated(name) => name,
        }
    }
}

/// The verbs of a call's document.
const VOICE: [&str; 11] = [
    "Say", "Play", "Pause", "Gather", "Record", "Dial", "Redirect", "Hangup", "Reject", "Message",
    "Sms",
];
/// The verbs of an inbound message's document.
const MESSAGING: [&str; 2] = ["Message", "Redirect"];
/// Verbs that SignalWire or Twilio documents and that are not simulated.
const NOT_SIMULATED: [&str; 15] = [
    "AI", "Connect", "Denoise", "Echo", "Enqueue", "Leave", "Pay", "Prompt", "Queue", "Receive",
    "Refer", "Siprec", "Start", "Stop", "Stream",
];
/// Verbs that are not simulated and stand within others where they are documented.
const NOUNS_AS_VERBS: [&str; 4] = ["Conference", "Room", "Transcription", "VirtualAgent"];

/// Whether a document of this `Content-Type` is read. SignalWire asks for `application/xml`
/// or `text/xml`; its own Flask samples answer with `text/html`, so that is read too, and so
/// is what says nothing.
pub fn check_content_type(content_type: Option<&str>) -> Result<(), Fault> {
    let Some(given) = content_type else {
        return Ok(());
    };
    let essence = given.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let is_read = matches!(&*essence, "" | "application/xml" | "text/xml" | "text/html")
        || (essence.starts_with("application/") && essence.ends_with("+xml"));
    if is_read {
        return Ok(());
    }
    Err(Fault::new(
        CONTENT_TYPE,
        None,
        format!(
            "the document's content type is {}: send application/xml or text/xml",
            fault::shown(&essence)
        ),
    ))
}

/// Reads the document `text`.
pub fn parse(text: &str, channel: Channel) -> Result<Document, Fault> {
    if text.trim().is_empty() {
        let advice = "the document is empty: send at least <Response/>".to_owned();
        return Err(Fault::new(PARSE_FAILURE, None, advice));
    }
    if text.len() > MAX_BYTES {
        let size = format!("the document has more than {} kB", MAX_BYTES / 1024);
        return Err(Fault::new(PARSE_FAILURE, None, size));
    }
    let options = ParsingOptions {
        allow_dtd: false,
        ..ParsingOptions::default()
    };
    let tree = roxmltree::Document::parse_with_options(text, options)
        .map_err(|error| fault::malformed(&error))?;
    let root = tree.root_element();
    check_root(text, root)?;
    check_depth(text, root)?;
    let mut notes = Notes::new(text);
    Element::new(root).finish(&mut notes);
    let mut instructions = Vec::new();
    for node in root.children() {
        if let Some(verb) = instruction(node, channel, &mut notes)? {
            let at = node.range().start;
            instructions.push(Instruction { at, verb });
        }
    }
    Ok(Document {
        instructions,
        issues: notes.finish(),
    })
}

fn check_root(text: &str, root: Node<'_, '_>) -> Result<(), Fault> {
    let name = root.tag_name().name();
    if name == "Response" {
        return Ok(());
    }
    Err(Fault::at(
        text,
        root.range().start,
        format!("expected <Response>, found <{}>", fault::shown_name(name)),
    ))
}

/// Refuses what is nested too deep, so that whatever walks the tree may call itself.
fn check_depth(text: &str, root: Node<'_, '_>) -> Result<(), Fault> {
    let mut depth = 0_usize;
    let mut node = root;
    loop {
        if depth > MAX_DEPTH {
            let says = format!("elements are nested more than {MAX_DEPTH} deep");
            return Err(Fault::at(text, node.range().start, says));
        }
        if let Some(child) = node.first_element_child() {
            depth += 1;
            node = child;
            continue;
        }
        loop {
            if depth == 0 {
                return Ok(());
            }
            if let Some(sibling) = node.next_sibling_element() {
                node = sibling;
                break;
            }
            depth -= 1;
            match node.parent_element() {
                Some(parent) => node = parent,
                None => return Ok(()),
            }
        }
    }
}

/// The instruction that `node` is; none if it is none, or cannot be one.
fn instruction(
    node: Node<'_, '_>,
    channel: Channel,
    notes: &mut Notes<'_>,
) -> Result<Option<Verb>, Fault> {
    if node.is_text() && node.text().is_some_and(|text| !text.trim().is_empty()) {
        notes.warn(
            PARSE_FAILURE,
            node.range().start,
            "text that is within no verb is left out".to_owned(),
        );
    }
    if !node.is_element() {
        return Ok(None);
    }
    let name = node.tag_name().name();
    let of_calls_alone = VOICE.contains(&name) && !MESSAGING.contains(&name);
    if channel == Channel::Messaging && of_calls_alone {
        let says = format!("<{name}> is a verb of calls: in a message's document it is left out");
        notes.warn(NOT_SUPPORTED, node.range().start, says);
        return Ok(None);
    }
    let verb = match name {
        "Say" => Verb::Say(speech::say(node, notes)),
        "Play" => match voice::play(node, notes) {
            Some(play) => Verb::Play(play),
            None => return Ok(None),
        },
        "Pause" => Verb::Pause(voice::pause(node, notes)),
        "Gather" => Verb::Gather(voice::gather(node, notes)),
        "Record" => Verb::Record(record::record(node, notes)),
        "Dial" => Verb::Dial(dial::dial(node, notes)),
        "Redirect" => match voice::redirect(node, notes) {
            Some(redirect) => Verb::Redirect(redirect),
            None => return Ok(None),
        },
        "Hangup" => {
            Element::new(node).finish_alone(notes);
            Verb::Hangup
        }
        "Reject" => Verb::Reject(voice::reject(node, notes)),
        "Message" | "Sms" => Verb::Message(message::message(node, notes)),
        _ => match not_simulated(name) {
            Some(known) => Verb::NotSimulated(known),
            None => return Err(unknown_verb(node, channel, notes)),
        },
    };
    Ok(Some(verb))
}

fn not_simulated(name: &str) -> Option<&'static str> {
    NOT_SIMULATED
        .into_iter()
        .chain(NOUNS_AS_VERBS)
        .find(|known| *known == name)
}

/// A verb that does not exist is an error, as SignalWire's reference says of one in the wrong
/// case: the document is not run.
fn unknown_verb(node: Node<'_, '_>, channel: Channel, notes: &Notes<'_>) -> Fault {
    let name = node.tag_name().name();
    let known: &[&str] = match channel {
        Channel::Voice => &VOICE,
        Channel::Messaging => &MESSAGING,
    };
    let meant = known.iter().find(|known| known.eq_ignore_ascii_case(name));
    let expected = match meant {
        Some(meant) => format!("<{meant}> (names are case-sensitive)"),
        None => format!("one of {}", known.join(", ")),
    };
    let found = fault::shown_name(name);
    Fault::at(
        notes.text(),
        node.range().start,
        format!("there is no verb <{found}>: expected {expected}"),
    )
}

#[cfg(test)]
mod tests;
