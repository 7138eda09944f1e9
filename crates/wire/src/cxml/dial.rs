//! `<Dial>` and its nouns: who else is called.
//!
//! Called by the document's reader. A noun that cannot be called is left out and told of.

use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::phone::{self, Address};
use ringback_domain::recording::{RecordingChannels, RecordingTrack};
use ringback_domain::subscription::{CallEvent, CallEvents, Method};
use roxmltree::Node;

use super::element::{Element, Notes};
use super::record::{self, RecordingCallback, Trim};
use super::voice::{self, MAX_SECONDS};
use super::{NOT_SUPPORTED, PARSE_FAILURE, fault};

const MIXED_CONFERENCE: ErrorCode = error_code!("13000");
const BAD_NOUN: ErrorCode = error_code!("13215");
const BAD_NUMBER: ErrorCode = error_code!("13223");
const BAD_SIP: ErrorCode = error_code!("13243");
const NO_SIP: ErrorCode = error_code!("13254");

/// How many are called at once at most: SignalWire's limit.
const MAX_NOUNS: usize = 10;

/// Others are called and the first who answers is connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dial {
    /// Where its end is told and the next document fetched; none: this one goes on.
    pub action: Option<String>,
    /// How.
    pub method: Method,
    /// Whom the call is shown as from, if not as from the caller.
    pub caller_id: Option<String>,
    /// Whether the caller ends it with `*`.
    pub hangup_on_star: bool,
    /// When the caller is answered.
    pub caller: CallerLeg,
    /// How long it rings at most.
    pub timeout: Duration,
    /// How long they talk at most.
    pub time_limit: Duration,
    /// What is recorded.
    pub record: Option<DialRecord>,
    /// Who is called, all at once.
    pub nouns: Vec<Noun>,
}

/// When the caller's own leg is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerLeg {
    /// Before anybody else is called.
    AnsweredFirst,
    /// Once somebody else answered: `answerOnBridge`.
    AnsweredOnBridge,
}

/// What of a dialled call is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialRecord {
    /// From when on.
    pub from: RecordFrom,
    /// A side each, or both in one.
    pub channels: RecordingChannels,
    /// Which side.
    pub track: RecordingTrack,
    /// Whether silence at its ends is cut off.
    pub trim: Trim,
    /// Who hears of its statuses.
    pub callback: Option<RecordingCallback>,
}

/// From when on a dialled call is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordFrom {
    /// From the answer.
    Answer,
    /// From the first ring.
    Ringing,
}

/// Somebody who is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noun {
    /// What it is.
    pub kind: NounKind,
    /// E.164, a SIP URI, or `client:` and a name.
    pub address: String,
    /// What is dialled once it is answered.
    pub send_digits: Option<String>,
    /// The document that is run for it before it is connected, perhaps relative to this one.
    pub url: Option<String>,
    /// How that is fetched.
    pub method: Method,
    /// Who hears of its statuses.
    pub status_callback: Option<StatusCallback>,
}

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NounKind {
    /// A phone number.
    Number,
    /// A SIP URI.
    Sip,
    /// A client of the provider's own.
    Client,
}

/// Who hears of a leg's statuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCallback {
    /// The URL, perhaps relative to the document's.
    pub url: String,
    /// How it is asked.
    pub method: Method,
    /// Of which; `completed` by default.
    pub events: CallEvents,
}

pub(super) fn dial(node: Node<'_, '_>, notes: &mut Notes<'_>) -> Dial {
    let mut element = Element::new(node);
    let action = element.owned("action");
    let method = element.method("method", notes);
    let caller_id = element.owned("callerId");
    let hangup_on_star = element.flag("hangupOnStar", false, notes);
    let caller = if element.flag("answerOnBridge", false, notes) {
        CallerLeg::AnsweredOnBridge
    } else {
        CallerLeg::AnsweredFirst
    };
    let timeout = element.seconds("timeout", 5..=600, 30, notes);
    let time_limit = element.seconds("timeLimit", 1..=MAX_SECONDS, 4 * 3_600, notes);
    let record = recorded(&mut element, notes);
    element.without_effect(&["callerName", "ringTone", "sequential"]);
    element.not_simulated(&["recordingStorageUrl", "recordingStorageUrlMethod"], notes);
    let nouns = nouns(&element, notes);
    element.finish(notes);
    Dial {
        action,
        method,
        caller_id,
        hangup_on_star,
        caller,
        timeout,
        time_limit,
        record,
        nouns,
    }
}

fn recorded(element: &mut Element<'_, '_>, notes: &mut Notes<'_>) -> Option<DialRecord> {
    use RecordFrom::{Answer, Ringing};
    use RecordingChannels::{Dual, Mono};
    let kinds = [
        ("do-not-record", None),
        ("record-from-answer", Some((Answer, Mono))),
        ("record-from-ringing", Some((Ringing, Mono))),
        ("record-from-answer-dual", Some((Answer, Dual))),
        ("record-from-ringing-dual", Some((Ringing, Dual))),
        // Twilio's older words.
        ("true", Some((Answer, Mono))),
        ("false", None),
    ];
    let kind = element.word("record", &kinds, PARSE_FAILURE, notes);
    let tracks = [
        ("both", RecordingTrack::Both),
        ("inbound", RecordingTrack::Inbound),
        ("outbound", RecordingTrack::Outbound),
    ];
    let track = element.word("recordingTrack", &tracks, PARSE_FAILURE, notes);
    let trim = record::trim(element, Trim::Nothing, notes);
    let callback = record::recording_callback(element, notes);
    let (from, channels) = kind?;
    Some(DialRecord {
        from,
        channels,
        track,
        trim,
        callback,
    })
}

/// Who is called: the nouns, or the number that stands there as text.
fn nouns(dial: &Element<'_, '_>, notes: &mut Notes<'_>) -> Vec<Noun> {
    let mut nouns = Vec::new();
    for child in dial.node.children().filter(Node::is_element) {
        match child.tag_name().name() {
            "Number" => nouns.extend(noun(child, NounKind::Number, notes)),
            "Sip" => nouns.extend(noun(child, NounKind::Sip, notes)),
            "Client" => nouns.extend(noun(child, NounKind::Client, notes)),
            name @ ("Conference" | "Queue" | "Verto" | "Room" | "Sim" | "Application") => {
                let says = format!("<Dial> of a <{name}> is not simulated: it is left out");
                notes.warn(NOT_SUPPORTED, child.range().start, says);
            }
            _ => dial.unexpected(child, "a number, Number, Sip or Client", notes),
        }
    }
    let own_text = dial.node.children().filter(Node::is_text);
    let text: String = own_text.filter_map(|node| node.text()).collect();
    if !text.trim().is_empty() {
        let number = called(text.trim(), NounKind::Number, dial.at(), notes);
        nouns.extend(number.map(|address| Noun {
            kind: NounKind::Number,
            address,
            send_digits: None,
            url: None,
            method: Method::Post,
            status_callback: None,
        }));
    }
    check_company(dial, &nouns, notes);
    nouns.truncate(MAX_NOUNS);
    nouns
}

/// Tells of nouns that may not stand together.
fn check_company(dial: &Element<'_, '_>, nouns: &[Noun], notes: &mut Notes<'_>) {
    let elements = || dial.node.children().filter(Node::is_element);
    let conferences = elements()
        .filter(|it| it.has_tag_name("Conference"))
        .count();
    if conferences > 0 && (conferences > 1 || elements().count() > conferences) {
        let says = "a <Conference> stands in a <Dial> alone".to_owned();
        notes.warn(MIXED_CONFERENCE, dial.at(), says);
    }
    if nouns.len() > MAX_NOUNS {
        let says = format!("<Dial> calls at most {MAX_NOUNS}: the rest is left out");
        notes.warn(BAD_NOUN, dial.at(), says);
    }
    let sips = nouns
        .iter()
        .filter(|noun| noun.kind == NounKind::Sip)
        .count();
    if sips > 0 && sips < nouns.len() {
        let says = "a <Dial> with a <Sip> holds no other nouns: all are called".to_owned();
        notes.warn(BAD_NOUN, dial.at(), says);
    }
}

fn noun(node: Node<'_, '_>, kind: NounKind, notes: &mut Notes<'_>) -> Option<Noun> {
    let mut element = Element::new(node);
    let send_digits = match kind {
        NounKind::Number => voice::send_digits(&mut element, "sendDigits", notes),
        NounKind::Sip => {
            // How the far end is spoken to: nothing that is simulated.
            element.without_effect(&["codecs", "username", "password", "sessionTimeout"]);
            None
        }
        NounKind::Client => None,
    };
    let url = element.owned("url");
    let method = element.method("method", notes);
    let status_callback = status_callback(&mut element, notes);
    element.without_effect(&["byoc", "machineDetection"]);
    element.no_elements(notes);
    let text = element.content();
    let at = element.at();
    element.finish(notes);
    let address = called(&text, kind, at, notes)?;
    Some(Noun {
        kind,
        address,
        send_digits,
        url,
        method,
        status_callback,
    })
}

fn status_callback(element: &mut Element<'_, '_>, notes: &mut Notes<'_>) -> Option<StatusCallback> {
    let method = element.method("statusCallbackMethod", notes);
    let name = "statusCallbackEvent";
    let mut events = CallEvents::NONE;
    for word in element.text(name).unwrap_or_default().split_whitespace() {
        match CallEvent::parse(word) {
            Some(event) => events = events.with(event),
            None => {
                let says = format!(
                    "`{name}` has to be initiated, ringing, answered or completed, not {}: \
                     it is left out",
                    fault::shown(word)
                );
                notes.warn(PARSE_FAILURE, element.place_of(name), says);
            }
        }
    }
    let url = element.owned("statusCallback")?;
    let events = if events.is_empty() {
        CallEvents::DEFAULT
    } else {
        events
    };
    Some(StatusCallback {
        url,
        method,
        events,
    })
}

/// The address to call. A North American number is taken without its `+1`, as SignalWire's own
/// samples have it.
fn called(text: &str, kind: NounKind, at: usize, notes: &mut Notes<'_>) -> Option<String> {
    match kind {
        NounKind::Number => number(text, at, notes),
        NounKind::Sip if text.is_empty() => {
            notes.warn(NO_SIP, at, "<Sip> has no URI: it is left out".to_owned());
            None
        }
        NounKind::Sip => {
            let uri = match text.split_once(':') {
                Some(_) => text.to_owned(),
                None => format!("sip:{text}"),
            };
            if phone::address(&uri) == Some(Address::Sip) {
                return Some(uri);
            }
            let says = "<Sip> has to hold a SIP URI, as sip:alice@example.com: it is left out";
            notes.warn(BAD_SIP, at, says.to_owned());
            None
        }
        NounKind::Client if text.is_empty() || text.contains(char::is_whitespace) => {
            let says = "<Client> has to hold a name without blanks: it is left out".to_owned();
            notes.warn(BAD_NOUN, at, says);
            None
        }
        NounKind::Client => Some(format!("client:{}", text.trim_start_matches("client:"))),
    }
}

fn number(text: &str, at: usize, notes: &mut Notes<'_>) -> Option<String> {
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '(' | ')'))
        .collect();
    let number = match plain.len() {
        _ if plain.starts_with('+') => plain,
        10 => format!("+1{plain}"),
        11 if plain.starts_with('1') => format!("+{plain}"),
        _ => plain,
    };
    if phone::address(&number) != Some(Address::E164) {
        let says = "the number to dial is missing or not E.164, as +15550100001: it is left out";
        notes.warn(BAD_NUMBER, at, says.to_owned());
        return None;
    }
    if number != text {
        let says = format!("the number to dial is not E.164: {number} is dialled");
        notes.warn(BAD_NUMBER, at, says);
    }
    Some(number)
}
