//! Scenarios: what happens to resources and when, where that is left neither to their numbers
//! nor to chance.
//!
//! Read by the server and the commands from TOML or JSON, kept by the engine as text, and asked
//! by the simulated network when a resource is created: the newest one that matches it decides,
//! and what it decides is kept with the resource. Invariant: one that was read can happen.

pub mod call;
pub mod message;
mod pattern;
mod read;
pub mod recording;
pub mod registry;
pub mod seconds;
pub mod shipped;

use std::fmt;

use ringback_domain::resource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use call::{CallScenario, PARAMETER};
pub use message::{InboundMessageScenario, MessageScenario};
pub use pattern::Pattern;
pub use read::{Format, ScenarioError, ScenarioFault, read};
pub use recording::{RecordingScenario, TranscriptionScenario};
pub use registry::RegistryScenario;

/// Longest name of a scenario, in characters.
const MAX_NAME: usize = 64;

/// A scenario: one of the tables `call` to `assignment`, and when it applies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// What it is called: letters, digits, `-` and `_`, at most 64. One that is set under the
    /// same name goes. If it is not given: that of the shipped one that it begins with, or its
    /// kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The shipped scenario that it begins with: what is given here goes before what that says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    /// For how many resources it is, of those that match; for all of them, if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = u32::MAX))]
    pub next: Option<u32>,
    /// Which resources it is for; all of its kind, if it is not given.
    #[serde(rename = "match", skip_serializing_if = "is_default")]
    pub matches: Matches,
    /// What comes in at once: of `inbound_call` and `inbound_message`, in the place of `match`
    /// and `next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<Begin>,
    /// A call that goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<CallScenario>,
    /// A call that comes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_call: Option<CallScenario>,
    /// A message that goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageScenario>,
    /// A message that comes in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inbound_message: Option<InboundMessageScenario>,
    /// A recording.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingScenario>,
    /// A transcription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transcription: Option<TranscriptionScenario>,
    /// A brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<RegistryScenario>,
    /// A campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<RegistryScenario>,
    /// The assignment of a number to a campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment: Option<RegistryScenario>,
}

/// Which resources a scenario is for: those of which all that is given is true.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Matches {
    /// Whom the call or the message goes to; of a recording and a transcription: their call; of
    /// an assignment: the number. `*` stands for any characters: `+1555*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Pattern>,
    /// Whom it is from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Pattern>,
    /// As what a message goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// What the brand or the campaign is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Pattern>,
}

/// As what a message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// As SMS.
    Sms,
    /// As MMS.
    Mms,
}

/// What comes in at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// Who calls or writes.
    pub from: String,
    /// A number of the project, in E.164.
    pub to: String,
    /// The text of a message, at most 1,600 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// URLs of a message's media, at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<String>,
}

/// What a scenario is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Calls that go out.
    Call,
    /// Calls that come in.
    InboundCall,
    /// Messages that go out.
    Message,
    /// Messages that come in.
    InboundMessage,
    /// Recordings.
    Recording,
    /// Transcriptions.
    Transcription,
    /// Brands.
    Brand,
    /// Campaigns.
    Campaign,
    /// Assignments of numbers to campaigns.
    Assignment,
}

/// A resource, as far as a scenario can tell it from others.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulated) struct Subject<'a> {
    /// What it is.
    pub(in crate::simulated) kind: Kind,
    /// Whom it is from.
    pub(in crate::simulated) from: &'a str,
    /// Whom it goes to.
    pub(in crate::simulated) to: &'a str,
    /// As what it goes out, of a message.
    pub(in crate::simulated) transport: Option<Transport>,
    /// What it is called, of a brand and a campaign.
    pub(in crate::simulated) name: &'a str,
}

/// What cannot happen, or is out of bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, with the tables it is in, a dot between; empty if it is all of it.
    pub path: String,
    /// What is wrong with it, going on from its name.
    pub why: String,
}

impl Kind {
    /// Every kind, in the order of the tables.
    pub const ALL: [Self; 9] = [
        Self::Call,
        Self::InboundCall,
        Self::Message,
        Self::InboundMessage,
        Self::Recording,
        Self::Transcription,
        Self::Brand,
        Self::Campaign,
        Self::Assignment,
    ];

    /// The name of its table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::InboundCall => "inbound_call",
            Self::Message => "message",
            Self::InboundMessage => "inbound_message",
            Self::Recording => "recording",
            Self::Transcription => "transcription",
            Self::Brand => "brand",
            Self::Campaign => "campaign",
            Self::Assignment => "assignment",
        }
    }
}

impl Scenario {
    /// One that was read before and kept as JSON; none, if another version wrote it.
    pub fn stored(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// As it is kept.
    pub fn written(&self) -> String {
        serde_json::to_string(self).expect("names are text and values are plain")
    }

    /// What it is for: the first of its tables.
    pub fn kind(&self) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| self.has(*kind))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        let given = self.name.as_deref().or(self.like.as_deref());
        given.or(self.kind().map(Kind::as_str)).unwrap_or_default()
    }

    /// Whether it is for `subject`.
    pub(in crate::simulated) fn is_for(&self, subject: &Subject<'_>) -> bool {
        let Matches {
            to,
            from,
            transport,
            name,
        } = &self.matches;
        self.has(subject.kind)
            && to.as_ref().is_none_or(|to| to.fits(subject.to))
            && from.as_ref().is_none_or(|from| from.fits(subject.from))
            && transport.is_none_or(|it| Some(it) == subject.transport)
            && name.as_ref().is_none_or(|name| name.fits(subject.name))
    }

    /// Whether all of it can happen.
    pub fn check(&self) -> Result<(), Problem> {
        let mut tables = Kind::ALL.into_iter().filter(|kind| self.has(*kind));
        let (Some(kind), None) = (tables.next(), tables.next()) else {
            let names = Kind::ALL.map(|kind| format!("`{}`", kind.as_str()));
            let why = format!(
                "it has one table, for what it is for: one of {}",
                names.join(", ")
            );
            return Err(Problem::new("", &why));
        };
        self.check_name()?;
        self.check_reach(kind)?;
        let checked = match kind {
            Kind::Call => self.call.as_ref().map(CallScenario::check_outbound),
            Kind::InboundCall => self.inbound_call.as_ref().map(CallScenario::check_inbound),
            Kind::Message => self.message.as_ref().map(MessageScenario::check),
            Kind::InboundMessage => {
                let it = self.inbound_message.as_ref();
                it.map(InboundMessageScenario::check)
            }
            Kind::Recording => None,
            Kind::Brand => self
                .brand
                .as_ref()
                .map(|it| it.check(resource::Kind::Brand)),
            Kind::Campaign => {
                let it = self.campaign.as_ref();
                it.map(|it| it.check(resource::Kind::Campaign))
            }
            Kind::Assignment => {
                let it = self.assignment.as_ref();
                it.map(|it| it.check(resource::Kind::Assignment))
            }
            Kind::Transcription => {
                let it = self.transcription.as_ref();
                it.map(TranscriptionScenario::check)
            }
        };
        let checked = checked.unwrap_or(Ok(()));
        checked.map_err(|problem| problem.within(kind.as_str()))
    }

    fn check_name(&self) -> Result<(), Problem> {
        let name = self.name();
        let usual = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(usual) {
            let why = "is 1 to 64 letters, digits, `-` and `_`";
            return Err(Problem::new("name", why));
        }
        if self.next == Some(0) {
            return Err(Problem::new("next", "is at least 1"));
        }
        Ok(())
    }

    /// Whether what it is for fits its kind.
    fn check_reach(&self, kind: Kind) -> Result<(), Problem> {
        if self.matches.transport.is_some() && kind != Kind::Message {
            return Err(Problem::new("match.transport", "is for `message` alone"));
        }
        let is_named = matches!(kind, Kind::Brand | Kind::Campaign);
        if self.matches.name.is_some() && !is_named {
            let why = "is for `brand` and `campaign` alone";
            return Err(Problem::new("match.name", why));
        }
        if is_named && self.matches.to.is_some() {
            let why = "is for what goes to a number: match a brand and a campaign by `name`";
            return Err(Problem::new("match.to", why));
        }
        if (is_named || kind == Kind::Assignment) && self.matches.from.is_some() {
            let why = "is for calls and messages, and what belongs to a call";
            return Err(Problem::new("match.from", why));
        }
        if self.begin.is_none() {
            return Ok(());
        }
        match kind {
            Kind::InboundCall | Kind::InboundMessage => {}
            Kind::Call
            | Kind::Message
            | Kind::Recording
            | Kind::Transcription
            | Kind::Brand
            | Kind::Campaign
            | Kind::Assignment => {
                let why = "is for `inbound_call` and `inbound_message`: what goes out is begun \
                           by an application";
                return Err(Problem::new("begin", why));
            }
        }
        if self.next.is_some() || self.matches != Matches::default() {
            let why = "is in the place of `match` and `next`: what comes in then takes this course";
            return Err(Problem::new("begin", why));
        }
        Ok(())
    }

    const fn has(&self, kind: Kind) -> bool {
        match kind {
            Kind::Call => self.call.is_some(),
            Kind::InboundCall => self.inbound_call.is_some(),
            Kind::Message => self.message.is_some(),
            Kind::InboundMessage => self.inbound_message.is_some(),
            Kind::Recording => self.recording.is_some(),
            Kind::Transcription => self.transcription.is_some(),
            Kind::Brand => self.brand.is_some(),
            Kind::Campaign => self.campaign.is_some(),
            Kind::Assignment => self.assignment.is_some(),
        }
    }
}

impl Problem {
    /// What is wrong with the field at `path`.
    pub fn new(path: &str, why: &str) -> Self {
        Self {
            path: path.to_owned(),
            why: why.to_owned(),
        }
    }

    /// The same, in a table.
    fn within(self, table: &str) -> Self {
        Self {
            path: format!("{table}.{}", self.path),
            ..self
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}` ", self.path)?;
        }
        f.write_str(&self.why)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
