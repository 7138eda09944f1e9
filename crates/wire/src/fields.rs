//! Parameters read back: what a platform's report says of a recording, of a transcription or
//! of 10DLC, by the names that the callback has for it.
//!
//! Called where reports come in. Calls and messages, whose parameters are many, are read
//! there. What a callback says of itself (`AccountSid`, `event_at`) may stand in a report and
//! says nothing new.

use std::fmt;

use ringback_domain::change::News;
use ringback_domain::id::Sid;
use ringback_domain::resource::{Kind, NewResource};

mod media;
mod ten_dlc;

pub use media::{recording, transcription};
pub use ten_dlc::{brand, campaign, number_assignment, number_assignment_order};

/// What a report says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// What happened.
    pub news: News,
    /// What the resource is if it is new; a later report need not say that again.
    pub new: Result<NewResource, Missing>,
}

/// Parameters without which a new resource cannot be told of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a new {} needs {} in its fields", kind.as_str(), names.join(", "))]
pub struct Missing {
    kind: Kind,
    names: Vec<&'static str>,
}

/// Why a report cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// The kind has no such status.
    #[error("a {} has no such status: there are {}", kind.as_str(), allowed.join(", "))]
    Status {
        /// Of what.
        kind: Kind,
        /// Those that it has.
        allowed: Vec<&'static str>,
    },
    /// The kind's callback has no such parameter.
    #[error("the callback of a {} has no parameter {}", kind.as_str(), Short(name))]
    Unknown {
        /// Of what.
        kind: Kind,
        /// The parameter.
        name: String,
    },
    /// A parameter's value cannot be used.
    #[error("{name} has to be {expected}")]
    Value {
        /// The parameter.
        name: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

/// A name that somebody sent: quoted, and cut where it is long.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short: String = self.0.chars().take(40).collect();
        write!(f, "{short:?}")
    }
}

/// The status of this name, or which there are.
fn status<S: Copy>(
    kind: Kind,
    all: &[S],
    word: impl Fn(S) -> &'static str,
    found: Option<S>,
) -> Result<S, FieldError> {
    found.ok_or_else(|| FieldError::Status {
        kind,
        allowed: all.iter().map(|status| word(*status)).collect(),
    })
}

fn unknown(kind: Kind, name: &str) -> FieldError {
    let name = name.to_owned();
    FieldError::Unknown { kind, name }
}

/// The SID written so.
fn sid(name: &'static str, value: &str) -> Result<Option<Sid>, FieldError> {
    let expected = "a SID";
    match value.parse() {
        Ok(sid) => Ok(Some(sid)),
        Err(_) => Err(FieldError::Value { name, expected }),
    }
}

/// Which of these parameters were not given, if any were not.
fn missing(kind: Kind, given: &[(&'static str, Option<Sid>)]) -> Missing {
    let lacking = given.iter().filter(|(_, sid)| sid.is_none());
    Missing {
        kind,
        names: lacking.map(|(name, _)| *name).collect(),
    }
}

#[cfg(test)]
mod tests;
