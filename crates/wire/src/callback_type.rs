//! The types of callbacks: when each is sent, who can ask for it, and every parameter that one
//! can meet, as data.
//!
//! Printed by `ringback callbacks` and `GET /v1/callback-types`; docs/callbacks is made of it.
//! The tests hold it against what [`crate::callback`] renders: no parameter is sent that is not
//! here, and none is here that is never sent.

use ringback_domain::change::Change;
use ringback_domain::project::Dialect;
use ringback_domain::resource::Resource;
use ringback_domain::subscription::Interest;
use schemars::JsonSchema;
use serde::Serialize;

pub use format::Format;
pub use sample::{Header, Sample};
pub use when::When;

mod format;
mod inbound_call;
mod message;
mod message_json;
mod recording;
mod sample;
mod ten_dlc;
mod transcription;
mod voice;
mod when;

/// Every type, in the order in which they are shown.
pub static CALLBACK_TYPES: [&CallbackType; 7] = [
    &inbound_call::INBOUND_CALL,
    &voice::VOICE,
    &message::MESSAGE,
    &message_json::MESSAGE_JSON,
    &ten_dlc::TEN_DLC,
    &recording::RECORDING,
    &transcription::TRANSCRIPTION,
];

/// A type of callback. Its texts are Markdown of one line.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CallbackType {
    /// What we call it: `voice`.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What SignalWire's manuals call it, now and before.
    pub other_names: &'static [&'static str],
    /// When it is sent.
    pub sent: &'static str,
    /// In what order several of them come.
    pub order: &'static str,
    /// How it can be sent, the usual way first.
    pub methods: &'static [&'static str],
    /// How its parameters are written.
    pub encoding: &'static str,
    /// Whether one can choose among its events, and how.
    pub choice: &'static str,
    /// What it tells of.
    pub events: &'static [Event],
    /// Who can ask for it.
    pub places: &'static [Place],
    /// Its parameters, in the order in which they are sent.
    pub parameters: &'static [Parameter],
    /// What goes wrong with it.
    pub pitfalls: &'static [&'static str],
    /// What else its page says, in Markdown.
    #[serde(skip)]
    pub more: &'static str,
    /// Which changes one who asks for all of it wants to hear of.
    #[serde(skip)]
    interest: Interest,
    /// A resource with a change that is told by it.
    #[serde(skip)]
    example: fn() -> (Resource, Change),
}

/// Something that a callback tells of.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackEvent")]
pub struct Event {
    /// What one asks for; where there is no choice, what it is called.
    pub name: &'static str,
    /// When it happens.
    pub when: &'static str,
    /// The statuses that it is told by, one callback each.
    pub statuses: PerDialect<&'static [&'static str]>,
    /// Whether it is told of to who did not choose.
    pub by_default: bool,
}

/// A place where a callback can be asked for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackPlace")]
pub struct Place {
    /// The request, or the verb of a document.
    pub place: &'static str,
    /// Its parameter with the URL.
    pub url: &'static str,
    /// Its parameter with the method; without one it is POST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// Its parameter with the events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<&'static str>,
    /// What else is to be known of it.
    #[serde(skip_serializing_if = "str::is_empty")]
    #[schemars(default)]
    pub note: &'static str,
}

/// A parameter of a callback.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CallbackParameter")]
pub struct Parameter {
    /// Its name. `{N}` stands for 0, 1, ..: one for each piece of media.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// What its value looks like.
    #[serde(flatten)]
    pub format: Format,
    /// A value of it.
    pub example: &'static str,
    /// When it is there, in each dialect that has it.
    pub when: PerDialect<Option<When>>,
}

/// Something that each dialect has a value of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct PerDialect<T> {
    /// In the dialect `signalwire`.
    pub signalwire: T,
    /// In the dialect `signalwire-strict`.
    pub signalwire_strict: T,
    /// In the dialect `twilio`.
    pub twilio: T,
}

/// The type of this name.
pub fn callback_type(name: &str) -> Option<&'static CallbackType> {
    CALLBACK_TYPES.into_iter().find(|it| it.name == name)
}

impl<T> From<[T; 3]> for PerDialect<T> {
    fn from([signalwire, signalwire_strict, twilio]: [T; 3]) -> Self {
        Self {
            signalwire,
            signalwire_strict,
            twilio,
        }
    }
}

impl<T: Copy> PerDialect<T> {
    const fn all(value: T) -> Self {
        Self {
            signalwire: value,
            signalwire_strict: value,
            twilio: value,
        }
    }

    /// What comes of each.
    pub fn map<U>(self, of: impl Fn(T) -> U) -> PerDialect<U> {
        PerDialect {
            signalwire: of(self.signalwire),
            signalwire_strict: of(self.signalwire_strict),
            twilio: of(self.twilio),
        }
    }

    /// What `dialect` has.
    pub const fn of(&self, dialect: Dialect) -> T {
        match dialect {
            Dialect::SignalWire => self.signalwire,
            Dialect::SignalWireStrict => self.signalwire_strict,
            Dialect::Twilio => self.twilio,
        }
    }
}

impl Parameter {
    /// One that is always there.
    const fn new(
        name: &'static str,
        format: Format,
        example: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self {
            name,
            meaning,
            format,
            example,
            when: PerDialect::all(Some(When::Always)),
        }
    }

    const fn when(self, when: When) -> Self {
        Self {
            when: PerDialect::all(Some(when)),
            ..self
        }
    }

    const fn in_twilio(self, when: Option<When>) -> Self {
        let when = PerDialect {
            twilio: when,
            ..self.when
        };
        Self { when, ..self }
    }

    const fn in_strict(self, when: Option<When>) -> Self {
        let when = PerDialect {
            signalwire_strict: when,
            ..self.when
        };
        Self { when, ..self }
    }

    const fn twilio_only(self) -> Self {
        let when = PerDialect {
            signalwire: None,
            signalwire_strict: None,
            twilio: self.when.twilio,
        };
        Self { when, ..self }
    }
}

#[cfg(test)]
mod tests;
