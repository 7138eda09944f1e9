//! What one commit writes.
//!
//! Filled by the recorder from all the commands that wait; taken by [`Store::commit`].
//!
//! [`Store::commit`]: crate::Store::commit

use std::sync::Arc;

use ringback_domain::application::Application;
use ringback_domain::attempt::Attempt;
use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::change::{Change, Rejected, Warning};
use ringback_domain::event::KnownEvent;
use ringback_domain::id::{CallbackId, Sid};
use ringback_domain::meter::Meter;
use ringback_domain::number::PhoneNumber;
use ringback_domain::opt_out::OptOut;
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::scenario::SetScenario;
use ringback_domain::time::Timestamp;

/// The network's next step for a resource. At most one is kept for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The resource.
    pub resource: Sid,
    /// When it is to be taken.
    pub due: Timestamp,
    /// Which one it is, counted by the network.
    pub number: u32,
    /// What the network drew for this resource: all its steps follow from it.
    pub draw: u64,
}

/// What became of a callback after an attempt, or of the decision to give it up. Told a
/// second time, as happens after a commit whose outcome was unknown, it changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The callback.
    pub callback: CallbackId,
    /// Its position, by which it is found.
    pub position: u64,
    /// How far it is now.
    pub state: CallbackState,
    /// When it is to be tried next; of no meaning once it is settled.
    pub due: Timestamp,
    /// How many attempts were made, with this one.
    pub attempts: u32,
    /// When its first attempt failed.
    pub first_failed_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// The attempt itself.
    pub attempt: Option<Attempt>,
}

/// A resource whose words are erased.
#[derive(Clone, Debug, PartialEq)]
pub struct Erasure {
    /// The resource: its own row is in the batch's `resources`, already without words.
    pub resource: Sid,
    /// The parameters of its stored callbacks, rewritten without words. What receivers
    /// answered to these callbacks (headers and excerpts) is blanked, also what they answer
    /// to an attempt that is recorded later, for it may repeat the words.
    pub bodies: Vec<(CallbackId, Arc<str>)>,
}

/// The wall clock stepped: what is pending, set aside or a step is due that much later, and
/// callbacks that are not settled were recorded that much later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebase {
    /// By this many microseconds.
    pub micros: i64,
    /// By how much in all, this time included: read back by [`Opening`], so that after a
    /// doubtful commit it is known whether this one was made.
    ///
    /// [`Opening`]: crate::Opening
    pub total_micros: i64,
}

/// A settled callback that is to be sent again: it becomes one that was set aside, so that
/// nothing waits for it. One that is not settled stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayOrder {
    /// The callback.
    pub callback: CallbackId,
    /// When it was asked for.
    pub at: Timestamp,
    /// When it is to be sent.
    pub due: Timestamp,
}

/// What a project has set up beforehand, or was told.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A phone number.
    Number(Arc<PhoneNumber>),
    /// An application.
    Application(Arc<Application>),
    /// That somebody wants no more messages from one of its numbers.
    OptOut(Arc<OptOut>),
    /// What a network counts over several of its resources.
    Meter(Arc<Meter>),
    /// What is to happen to resources that are not there yet.
    Scenario(Arc<SetScenario>),
}

/// A change of what projects have set up.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryChange {
    /// It is new, or stands like this now.
    Put(Entry),
    /// It is there no more.
    Remove(Entry),
}

/// What one commit writes, in this order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Resources as they stand now: new ones, and old ones that are replaced. Each once.
    pub resources: Vec<Resource>,
    /// For each resource named: its next step, or that it has none.
    pub steps: Vec<(Sid, Option<Step>)>,
    /// Accepted reports.
    pub changes: Vec<Change>,
    /// Reports that changed nothing.
    pub rejected: Vec<Rejected>,
    /// Remarks for timelines.
    pub warnings: Vec<Warning>,
    /// Reports that came with an id, each once.
    pub events: Vec<KnownEvent>,
    /// New callbacks, by position.
    pub callbacks: Vec<Callback>,
    /// What became of callbacks.
    pub outcomes: Vec<Outcome>,
    /// Settled callbacks that are sent again.
    pub replays: Vec<ReplayOrder>,
    /// Callbacks that were set aside and are due at another time; others stay as they are.
    pub hurried: Vec<(CallbackId, Timestamp)>,
    /// Resources whose words are erased.
    pub erasures: Vec<Erasure>,
    /// Resources that are forgotten, with all that belongs to them. One with a step or with
    /// callbacks that are not settled stays.
    pub removals: Vec<Sid>,
    /// Projects as they stand now: new ones, and old ones that are replaced.
    pub projects: Vec<Project>,
    /// Phone numbers and applications that are put or removed, in this order.
    pub entries: Vec<EntryChange>,
    /// The wall clock stepped.
    pub rebase: Option<Rebase>,
    /// The outcomes that were kept, up to the one with this number, are among its outcomes:
    /// they need not be kept any longer.
    pub kept_until: Option<u64>,
}

impl Batch {
    /// Whether there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.resources.is_empty()
            && self.steps.is_empty()
            && self.changes.is_empty()
            && self.rejected.is_empty()
            && self.warnings.is_empty()
            && self.events.is_empty()
            && self.callbacks.is_empty()
            && self.outcomes.is_empty()
            && self.replays.is_empty()
            && self.hurried.is_empty()
            && self.erasures.is_empty()
            && self.removals.is_empty()
            && self.projects.is_empty()
            && self.entries.is_empty()
            && self.rebase.is_none()
            && self.kept_until.is_none()
    }
}
