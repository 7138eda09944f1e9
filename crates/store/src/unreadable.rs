//! What is stored and cannot be read: named, so that somebody can look after it.
//!
//! Told by [`Store::unreadable`] to the server, for operators.
//!
//! [`Store::unreadable`]: crate::Store::unreadable

use std::fmt;

use ringback_domain::id::Sid;

/// Something stored that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// What it is.
    pub part: Part,
    /// Which one: its id, or its number in the store if nothing else of it can be read.
    pub key: String,
    /// The resource that is affected, if that is known.
    pub resource: Option<Sid>,
}

/// A part of what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// A callback: it is not sent.
    Callback,
    /// A resource: it is not shown, and no report on it is taken.
    Resource,
    /// A destination: what is owed to it is not sent.
    Destination,
    /// A step of the network: it is not taken.
    Step,
    /// An index, by its name: what it leads to is looked for otherwise.
    Index,
}

impl Part {
    /// What it is called.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Callback => "callback",
            Self::Resource => "resource",
            Self::Destination => "destination",
            Self::Step => "step",
            Self::Index => "index",
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.part.as_str(), self.key)?;
        match self.resource {
            Some(sid) if self.part != Part::Resource => write!(f, " of resource {sid}"),
            Some(_) | None => Ok(()),
        }
    }
}
