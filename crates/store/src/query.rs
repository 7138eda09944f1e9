//! What can be asked of a store.

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::change::Status;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::{Kind, Presence, Resource};
use ringback_domain::time::Timestamp;
use std::sync::Arc;
use uuid::Uuid;

/// Where numbers and ids go on after the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    /// The highest ordinal of a resource; 0 if there is none.
    pub last_ordinal: u64,
    /// The highest position of a callback; 0 if there is none.
    pub last_position: u64,
    /// The highest id of a resource or callback; nil if there is none.
    pub last_id: Uuid,
    /// By how many microseconds stored times were rebased in all.
    pub rebased_micros: i64,
}

/// A place in the order of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepPlace {
    /// When the step is due.
    pub due: Timestamp,
    /// Whose it is.
    pub resource: Sid,
}

/// Which part of a list is asked for. Lists are newest first and sorted by SID, so that a
/// page stays where it is while rows are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// From the newest on.
    Start,
    /// Those older than this one.
    OlderThan(Sid),
    /// Those newer than this one; the ones next to it, still newest first.
    NewerThan(Sid),
}

/// A moment of a resource that a list can be filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// When it was created.
    Created,
    /// A call: when it was first dialled. A message: when it was sent.
    Started,
    /// A call: when it ended.
    Ended,
}

/// From a moment on, and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// Which moment of the resource.
    pub field: TimeField,
    /// At or after this.
    pub from: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
}

/// Which resources are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// Whose.
    pub project: ProjectId,
    /// Of what kind.
    pub kind: Kind,
    /// In one of these statuses; in any, if none is named.
    pub statuses: Vec<Status>,
    /// From this address.
    pub from: Option<String>,
    /// To this address.
    pub to: Option<String>,
    /// Made by this call.
    pub parent: Option<Sid>,
    /// Of this conference.
    pub conference: Option<Sid>,
    /// With this in its name, in small letters or large ones.
    pub name: Option<String>,
    /// For this campaign, of number assignments.
    pub campaign: Option<Sid>,
    /// At these times.
    pub times: Vec<TimeRange>,
    /// Which part.
    pub cursor: Cursor,
    /// At most so many.
    pub limit: u32,
}

impl ListQuery {
    /// All of a `kind` that a project has: the newest, at most `limit`.
    pub const fn all(project: ProjectId, kind: Kind, limit: u32) -> Self {
        Self {
            project,
            kind,
            statuses: Vec::new(),
            from: None,
            to: None,
            parent: None,
            conference: None,
            name: None,
            campaign: None,
            times: Vec::new(),
            cursor: Cursor::Start,
            limit,
        }
    }

    /// Whether `resource` is one of those asked for, wherever in the list it stands.
    pub fn matches(&self, resource: &Resource) -> bool {
        let (from, to) = resource.body.parties();
        let parent = resource.body.parent();
        let conference = resource.body.conference();
        let campaign = resource.body.campaign();
        let named = |wanted: &String| {
            let name = resource.body.name().to_ascii_lowercase();
            name.contains(&wanted.to_ascii_lowercase())
        };
        let moment = |field| match field {
            TimeField::Created => Some(resource.created_at),
            TimeField::Started => resource.body.started_at(),
            TimeField::Ended => resource.body.ended_at(),
        };
        let in_time = self.times.iter().all(|range| {
            let at = moment(range.field);
            range
                .from
                .is_none_or(|from| at.is_some_and(|at| at >= from))
                && range
                    .until
                    .is_none_or(|until| at.is_some_and(|at| at < until))
        });
        resource.presence == Presence::Here
            && resource.project == self.project
            && resource.kind() == self.kind
            && (self.statuses.is_empty() || self.statuses.contains(&resource.status()))
            && self.from.as_ref().is_none_or(|wanted| wanted == from)
            && self.to.as_ref().is_none_or(|wanted| wanted == to)
            && self.parent.is_none_or(|wanted| parent == Some(wanted))
            && self
                .conference
                .is_none_or(|wanted| conference == Some(wanted))
            && self.name.as_ref().is_none_or(named)
            && self.campaign.is_none_or(|wanted| campaign == Some(wanted))
            && in_time
    }
}

/// A resource to which nothing happens any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The resource.
    pub sid: Sid,
    /// Whose it is.
    pub project: ProjectId,
    /// What a platform calls it.
    pub external_id: Option<Arc<str>>,
}

/// Some resources to which nothing happens any more, and where to look for others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpiredPage {
    /// Those found, as many as are forgotten in one commit.
    pub resources: Vec<Expired>,
    /// The ordinal to go on after; none once every resource was looked at that is old enough.
    pub next: Option<u64>,
}

/// What is owed to one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwingTo {
    /// Whose.
    pub project: ProjectId,
    /// The destination.
    pub origin: Arc<str>,
    /// How many callbacks are pending, those set aside not counted.
    pub pending: u64,
    /// When the oldest of them was recorded.
    pub oldest: Timestamp,
}

/// How much is owed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owing {
    /// To each destination for which callbacks are pending.
    pub destinations: Vec<OwingTo>,
    /// How many callbacks are set aside.
    pub aside: u64,
}

/// In which order callbacks are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The newest first.
    Backwards,
    /// In the order in which they were recorded.
    Forwards,
}

/// Which callbacks are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackQuery {
    /// Whose.
    pub project: ProjectId,
    /// Of this resource.
    pub resource: Option<Sid>,
    /// To this destination: scheme, host and port.
    pub destination: Option<String>,
    /// In this state.
    pub state: Option<CallbackState>,
    /// With an attempt that failed with this code.
    pub error: Option<String>,
    /// Recorded at or after this.
    pub from: Option<Timestamp>,
    /// Recorded before this.
    pub until: Option<Timestamp>,
    /// In which order.
    pub direction: Direction,
    /// Beyond this position, in that order.
    pub beyond: Option<u64>,
    /// At most so many.
    pub limit: u32,
}

/// Some callbacks, and where the next ones are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallbackPage {
    /// Those found; there may be more even where they are fewer than asked for.
    pub callbacks: Vec<Callback>,
    /// The position to go on beyond; none once everything was looked at.
    pub next: Option<u64>,
}
