//! One report of a platform: read from JSON, checked, and turned into the domain's words.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ringback_domain::change::{News, Told};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::event::{EventContent, EventKey};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Kind, NewResource};
use ringback_domain::subscription::{Method, Subscription};
use ringback_domain::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{digest, kind};
use crate::date;
use crate::fields::{Missing, Reading};
use crate::overrides::Overrides;
use crate::url::CallbackUrl;

/// Most bytes of one report.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Most bytes of an id: enough for every URN, and short enough to index.
const MAX_ID_BYTES: usize = 255;

/// Most bytes of an address: a SIP URI with parameters.
const MAX_ADDRESS_BYTES: usize = 1_024;

/// A report as it comes in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Report")]
pub struct ReportJson<'a> {
    /// What kind of resource it is of: `call`, `message`, `recording`, `transcription`, `brand`, `campaign`,
    /// `number_assignment_order` or `number_assignment`.
    #[serde(borrow)]
    kind: Cow<'a, str>,
    /// The resource: its SID, or what the platform calls one that there is.
    #[serde(borrow, default)]
    sid: Option<Text<'a>>,
    /// What the platform calls the resource; one that is new is created, with a SID of ours.
    #[serde(borrow, default)]
    external_id: Option<Text<'a>>,
    /// What it came to.
    #[serde(borrow)]
    status: Cow<'a, str>,
    /// Which way it goes, for a new one; by its status, if it is not said.
    #[serde(borrow, default)]
    direction: Option<Text<'a>>,
    /// The platform's id of this report, unique for its project and kind: told again with
    /// the same content it is a repeat.
    #[serde(borrow, default)]
    event_id: Option<Text<'a>>,
    /// When it happened (RFC 3339). Carried and shown; order is that of arrival.
    #[serde(borrow, default)]
    occurred_at: Option<Text<'a>>,
    /// From whom, for a new one.
    #[serde(borrow, default)]
    from: Option<Text<'a>>,
    /// To whom, for a new one.
    #[serde(borrow, default)]
    to: Option<Text<'a>>,
    /// Where its changes are told, from this one on; an empty text ends it.
    #[serde(borrow, default)]
    status_callback: Option<Text<'a>>,
    /// GET or POST.
    #[serde(borrow, default)]
    status_callback_method: Option<Text<'a>>,
    /// Which changes are told, where the kind lets one choose.
    #[serde(borrow, default)]
    status_callback_event: Option<Events<'a>>,
    /// Further parameters of the callback, by name.
    #[serde(borrow, default)]
    fields: Fields<'a>,
}

/// A text; borrowed, if it has no escapes.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
pub(super) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Words, in a list or in one text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Events<'a> {
    /// In a list.
    List(#[serde(borrow)] Vec<Text<'a>>),
    /// Separated by blanks.
    Words(#[serde(borrow)] Text<'a>),
}

/// Parameters of a callback, by name.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(super) struct Fields<'a>(#[serde(borrow)] BTreeMap<Text<'a>, Field<'a>>);

/// The value of a parameter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Field<'a> {
    /// A text.
    Text(#[serde(borrow)] Text<'a>),
    /// A number, written as a callback has it.
    Number(serde_json::Number),
}

impl Fields<'_> {
    /// Every parameter, by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.0.iter().map(|(name, value)| (&*name.0, value.text()))
    }
}

impl Field<'_> {
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(&text.0),
            Self::Number(number) => Cow::Owned(number.to_string()),
        }
    }
}

/// What a report calls its resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A SID of ours.
    Sid(Sid),
    /// The platform's own name of a resource that there is.
    Known(String),
    /// The platform's own name; the resource may be new.
    External(String),
}

/// What a report says of who is to hear of its resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackOrder {
    /// Nothing.
    Unchanged,
    /// This one.
    To(Subscription),
    /// Nobody.
    Nobody,
}

/// A report that was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// What kind of resource it is of.
    pub kind: Kind,
    /// Which resource.
    pub name: Name,
    /// What happened to it.
    pub news: News,
    /// What it is, should it be new; or what would have to be said for that.
    pub new: Result<NewResource, Missing>,
    /// Who is to hear of it.
    pub callback: CallbackOrder,
    /// Which event it is, and what it says.
    pub event: Option<(EventKey, EventContent)>,
    /// What the platform says of the report.
    pub told: Told,
    /// What is odd in it, for the timeline.
    pub warnings: Vec<String>,
}

/// Why a report is refused: a word for programs, a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReportError {
    /// A word that does not change.
    pub code: ErrorCode,
    /// What is wrong, and what is allowed.
    pub message: String,
}

impl ReportError {
    /// A refusal with this code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// What a new resource says of itself, whatever its kind.
pub(super) struct Parties<'a> {
    pub(super) direction: Option<&'a str>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

impl<'a> ReportJson<'a> {
    /// Reads one line: an object. (A list would do for serde, its values in the order of the
    /// fields.)
    pub fn parse(line: &'a [u8]) -> Result<Self, ReportError> {
        if line.trim_ascii_start().starts_with(b"[") {
            let message = "the line is no report in JSON: it is a list".to_owned();
            return Err(ReportError::new(error_code!("malformed"), message));
        }
        serde_json::from_slice(line).map_err(|error| {
            // Lines are counted by who sends them; serde counts within this one.
            let text = error.to_string();
            let what = text.split(" at line ").next().unwrap_or(&text);
            let message = format!(
                "the line is no report in JSON: {what} at byte {}",
                error.column()
            );
            ReportError::new(error_code!("malformed"), message)
        })
    }

    /// The report that it is for `project`; or why it is none.
    pub fn check(&self, project: ProjectId) -> Result<Report, ReportError> {
        let kind = kind::parse(&self.kind)?;
        let name = self.name()?;
        let parties = Parties {
            direction: text(self.direction.as_ref()),
            from: address("from", self.from.as_ref())?,
            to: address("to", self.to.as_ref())?,
        };
        let Reading { news, new } = kind::read(kind, &self.status, &parties, &self.fields)?;
        let (callback, warnings) = self.callback(kind)?;
        let event_id = text(self.event_id.as_ref());
        let event = event_id.map(|id| {
            let id = id_of("event_id", id)?;
            Ok((digest::key(project, kind, id), self.content()))
        });
        Ok(Report {
            kind,
            name,
            news,
            new,
            callback,
            event: event.transpose()?,
            told: Told {
                event_id: event_id.map(Into::into),
                occurred_at: self.occurred_at()?,
            },
            warnings,
        })
    }

    fn name(&self) -> Result<Name, ReportError> {
        match (text(self.sid.as_ref()), text(self.external_id.as_ref())) {
            (Some(sid), None) => Ok(match sid.parse() {
                Ok(sid) => Name::Sid(sid),
                Err(_) => Name::Known(id_of("sid", sid)?.to_owned()),
            }),
            (None, Some(name)) => Ok(Name::External(id_of("external_id", name)?.to_owned())),
            (None, None) => Err(ReportError::new(
                error_code!("no_name"),
                "the report names no resource: give `external_id`, or the `sid` of one that there is",
            )),
            (Some(_), Some(_)) => Err(ReportError::new(
                error_code!("two_names"),
                "the report names its resource twice: give `sid` or `external_id`",
            )),
        }
    }

    fn occurred_at(&self) -> Result<Option<Timestamp>, ReportError> {
        let Some(given) = text(self.occurred_at.as_ref()) else {
            return Ok(None);
        };
        match date::parse_moment(given) {
            Some(micros) => Ok(Some(Timestamp::from_micros(micros))),
            None => Err(ReportError::new(
                error_code!("bad_time"),
                "`occurred_at` has to be a moment such as 2026-08-20T10:15:00.123Z (RFC 3339)",
            )),
        }
    }

    fn callback(&self, kind: Kind) -> Result<(CallbackOrder, Vec<String>), ReportError> {
        let Some(given) = text(self.status_callback.as_ref()) else {
            if self.status_callback_method.is_some() || self.status_callback_event.is_some() {
                return Err(ReportError::new(
                    error_code!("no_callback"),
                    "`status_callback_method` and `status_callback_event` need `status_callback`",
                ));
            }
            return Ok((CallbackOrder::Unchanged, Vec::new()));
        };
        if given.is_empty() {
            return Ok((CallbackOrder::Nobody, Vec::new()));
        }
        let url = CallbackUrl::parse(given).map_err(|error| {
            ReportError::new(
                error_code!("bad_url"),
                format!("`status_callback` cannot be sent to: {error}"),
            )
        })?;
        let method = match text(self.status_callback_method.as_ref()) {
            None => Method::default(),
            Some(word) => Method::parse(word).ok_or_else(|| {
                ReportError::new(
                    error_code!("bad_method"),
                    "`status_callback_method` has to be GET or POST",
                )
            })?,
        };
        let subscription = Subscription {
            url: given.to_owned(),
            method,
            interest: kind::interest(kind, self.events().as_deref())?,
            next_sequence: 0,
        };
        let warnings = url.fragment().map(|text| Overrides::lenient(text).1);
        let warnings = warnings.iter().flatten().map(ToString::to_string);
        Ok((CallbackOrder::To(subscription), warnings.collect()))
    }

    fn events(&self) -> Option<Vec<&str>> {
        match self.status_callback_event.as_ref()? {
            Events::List(words) => Some(words.iter().map(|word| &*word.0).collect()),
            Events::Words(words) => Some(words.0.split_ascii_whitespace().collect()),
        }
    }

    /// What the report says, apart from its event id.
    fn content(&self) -> EventContent {
        let texts = [
            self.sid.as_ref(),
            self.external_id.as_ref(),
            self.direction.as_ref(),
            self.occurred_at.as_ref(),
            self.from.as_ref(),
            self.to.as_ref(),
            self.status_callback.as_ref(),
            self.status_callback_method.as_ref(),
        ];
        let events = self.events().map(|words| words.join(" "));
        let fields: Vec<(&str, Cow<'_, str>)> = self.fields.iter().collect();
        let pairs = fields
            .iter()
            .flat_map(|(name, value)| [Some(*name), Some(&**value)]);
        digest::content(
            [Some(&*self.status), events.as_deref()]
                .into_iter()
                .chain(texts.map(text))
                .chain(pairs),
        )
    }
}

fn text<'t>(text: Option<&'t Text<'_>>) -> Option<&'t str> {
    text.map(|text| &*text.0)
}

fn id_of<'t>(key: &str, id: &'t str) -> Result<&'t str, ReportError> {
    if (1..=MAX_ID_BYTES).contains(&id.len()) {
        Ok(id)
    } else {
        let message = format!("`{key}` has to have 1 to {MAX_ID_BYTES} bytes");
        Err(ReportError::new(error_code!("bad_id"), message))
    }
}

fn address<'t>(key: &str, given: Option<&'t Text<'_>>) -> Result<&'t str, ReportError> {
    match text(given) {
        Some(long) if long.len() > MAX_ADDRESS_BYTES => {
            let message = format!("`{key}` is longer than {MAX_ADDRESS_BYTES} bytes");
            Err(ReportError::new(error_code!("bad_address"), message))
        }
        given => Ok(given.unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
