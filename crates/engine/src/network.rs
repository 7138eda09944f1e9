//! What the engine asks of a network: whatever carries resources out.
//!
//! Implemented by `ringback-networks`. A network here is a pure function of what it is given:
//! a resource with its *memo* (what the network keeps of it, recorded with it), the step that
//! is due, and the [`Scene`], in which it also keeps its meters. The recorder keeps its steps and
//! takes them, so that a crash between two of them loses nothing. What needs the world outside is
//! an [`Errand`]: the engine runs it beside the recorder and comes back with what it brought.
//! Until that is recorded its step stays in the store, so that after a crash the errand is run
//! again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use ringback_domain::application::Application;
use ringback_domain::change::{News, Status};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::meter::Reading;
use ringback_domain::number::PhoneNumber;
use ringback_domain::project::Project;
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::scenario::SetScenario;
use ringback_domain::subscription::{Method, Subscription};
use ringback_domain::time::Timestamp;
use ringback_store::{EntryChange, Step};

use crate::directory::{Directory, standing};
use crate::handle::Order;
use crate::meters::Meters;
use crate::registry::{Enrolment, Registry};

/// A step that is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// How long after the step before (or after the resource was created, or from now) it is
    /// due.
    pub after: Duration,
    /// Which one it is.
    pub number: u32,
    /// What was drawn for the resource.
    pub draw: u64,
}

/// What a resource's step is from now on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Next {
    /// It has none.
    #[default]
    Nothing,
    /// What was planned stays planned. A step that was just taken is no longer planned.
    AsPlanned,
    /// This one.
    Step(Planned),
}

impl From<Option<Planned>> for Next {
    fn from(planned: Option<Planned>) -> Self {
        planned.map_or(Self::Nothing, Self::Step)
    }
}

/// What a network did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Performed {
    /// What it reports of the resource, in this order.
    pub news: Vec<News>,
    /// What it does next.
    pub next: Next,
    /// What it keeps of the resource from now on; what it kept, if none. An empty one is
    /// nothing.
    pub memo: Option<Arc<str>>,
    /// What else it did, after that, in this order.
    pub effects: Vec<Effect>,
}

impl Performed {
    /// A step as most are: what it reports, and what is next.
    pub fn step(news: impl Into<Option<News>>, next: Option<Planned>) -> Self {
        Self {
            news: news.into().into_iter().collect(),
            next: next.into(),
            ..Self::default()
        }
    }
}

/// What a network does beside reporting of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A remark for the resource's timeline.
    Remark(String),
    /// A new resource of the same project.
    Create(Box<Offspring>),
    /// Another resource of the same project is told something; [`Network::told`] takes it.
    Tell {
        /// Which resource.
        sid: Sid,
        /// What it is told.
        word: Word,
    },
    /// Somebody wants no more messages from one of the project's numbers, or wants them again.
    Consent {
        /// The project's number.
        number: String,
        /// Who said so.
        party: String,
        /// What they want.
        wants: Wants,
    },
    /// A scenario was taken by the resource: one less is left of it.
    UseScenario(Arc<SetScenario>),
}

/// Whether somebody wants messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// Yes, again.
    Messages,
    /// None any more.
    None,
}

/// A resource that a network makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Offspring {
    /// Its SID: [`Scene::new_sid`].
    pub sid: Sid,
    /// What it is.
    pub new: NewResource,
    /// Who wants to hear of its changes.
    pub subscriptions: Vec<Subscription>,
    /// What the network keeps of it from the beginning: [`Network::accept`] finds it there.
    pub memo: Option<Arc<str>>,
}

/// What one resource tells another.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// A resource that it made, or that made it, stands there now.
    Stands {
        /// Which one.
        sid: Sid,
        /// Where it stands.
        status: Status,
    },
    /// A call is to end.
    End(Ending),
    /// A recording is to stop: its call is over, or its document says so.
    Stop,
    /// Anything else between the two, in the network's own words.
    Said(Arc<str>),
}

/// How a call is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is given up before it is answered.
    Cancel,
    /// It is hung up.
    HangUp,
}

/// What a recording holds of a pause (`PauseBehavior`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PauseBehavior {
    /// Silence, as long as the pause.
    #[default]
    Silence,
    /// Nothing: the pause is left out.
    Skip,
}

/// What an application asks of a resource over REST.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// A call is to end. What was planned for it is dropped unless the network says otherwise.
    End(Ending),
    /// A call has another document: it is to run that from now on.
    Document,
    /// Something new that belongs to it: a recording of a call, a transcription of a recording.
    /// The network makes it by [`Effect::Create`].
    Begin(Box<Order>),
    /// A recording is to pause.
    Pause(PauseBehavior),
    /// A recording is to go on.
    Resume,
    /// A recording is to stop.
    Stop,
    /// A number is to leave its campaign; its assignment's state allows it.
    Remove,
    /// Something is to come to this status now, because somebody who tries things out says so.
    Drive(Status),
}

/// Why a network does not take a resource at all, or does not do what is asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The code that the request is answered with.
    pub code: ErrorCode,
    /// What is wrong, naming the parameter.
    pub message: String,
}

/// What surrounds a resource.
pub struct Scene<'a> {
    /// Whose it is.
    pub project: &'a Project,
    /// When this happens.
    pub now: Timestamp,
    directory: Option<&'a Directory>,
    registry: Option<&'a Registry>,
    meters: Option<&'a mut Meters>,
    /// What is put and removed along with this, in its order: it is not in the directory yet.
    changes: &'a [EntryChange],
    pub(crate) sids: &'a mut dyn FnMut() -> Sid,
}

impl<'a> Scene<'a> {
    /// What surrounds a resource of `project`; `sids` makes SIDs that were never given.
    pub fn new(project: &'a Project, now: Timestamp, sids: &'a mut dyn FnMut() -> Sid) -> Self {
        Self {
            project,
            now,
            directory: None,
            registry: None,
            meters: None,
            changes: &[],
            sids,
        }
    }

    /// With these phone numbers and applications; without, there are none.
    #[must_use]
    pub const fn with_directory(mut self, directory: &'a Directory) -> Self {
        self.directory = Some(directory);
        self
    }

    /// With these campaigns and assignments; without, there are none.
    #[must_use]
    pub const fn with_registry(mut self, registry: &'a Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// How the project's number with these digits is in a campaign; none, if it is in none.
    pub fn enrolment(&self, digits: &str) -> Option<Enrolment> {
        let number = self.by_number(digits)?.sid;
        self.registry?.enrolment(self.project.id, number)
    }

    /// With these meters; without, none shows anything.
    #[must_use]
    pub const fn with_meters(mut self, meters: &'a mut Meters) -> Self {
        self.meters = Some(meters);
        self
    }

    /// What the project's meter of this name shows.
    pub fn meter(&self, name: &str) -> Reading {
        let meters = self.meters.as_deref();
        meters.map_or_else(Reading::default, |it| it.read(self.project.id, name))
    }

    /// Has the project's meter of this name show something else from now on, recorded with what
    /// happens in this scene.
    pub fn set_meter(&mut self, name: &str, reading: Reading) {
        if let Some(meters) = &mut self.meters {
            meters.set(self.project.id, name, reading);
        }
    }

    /// With these changes, which are recorded together with what happens in it.
    #[must_use]
    pub(crate) const fn with_changes(mut self, changes: &'a [EntryChange]) -> Self {
        self.changes = changes;
        self
    }

    /// The project's phone number with this SID.
    pub fn number(&self, sid: Sid) -> Option<Arc<PhoneNumber>> {
        self.directory?.number(self.project.id, sid)
    }

    /// The project's phone number with these digits.
    pub fn by_number(&self, digits: &str) -> Option<Arc<PhoneNumber>> {
        let found = self.directory?.by_number(digits)?;
        (found.project == self.project.id).then_some(found)
    }

    /// The project's application with this SID.
    pub fn application(&self, sid: Sid) -> Option<Arc<Application>> {
        self.directory?.application(self.project.id, sid)
    }

    /// Whether `party` wants no messages from the project's `number`.
    pub fn opted_out(&self, number: &str, party: &str) -> bool {
        self.directory
            .is_some_and(|it| it.opted_out(self.project.id, number, party))
    }

    /// The newest of the project's scenarios for `subject` whose text `fits`. What was set and
    /// used along with this counts.
    pub fn scenario(&self, subject: &str, fits: impl Fn(&str) -> bool) -> Option<Arc<SetScenario>> {
        let project = self.project.id;
        let known = self.directory.map(|it| it.scenarios(project));
        let standing = standing(known.unwrap_or_default(), self.changes, project);
        let own = standing.into_iter().filter(|it| &*it.subject == subject);
        own.filter(|it| fits(&it.text)).max_by_key(|it| it.sid)
    }

    /// A SID that was never given.
    pub fn new_sid(&mut self) -> Sid {
        (self.sids)()
    }
}

/// What is to be done outside before a step can be taken.
pub enum Errand {
    /// A document is fetched.
    Fetch(Box<Fetch>),
    /// The network does something itself: it writes a file, it asks a recogniser. Dropped when
    /// the engine stops.
    Work(BoxFuture<'static, Arc<str>>),
}

impl fmt::Debug for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fetch(fetch) => f.debug_tuple("Fetch").field(fetch).finish(),
            Self::Work(_) => f.write_str("Work"),
        }
    }
}

/// A document that is to be fetched: one try, then one of the fallback (SignalWire, "Common
/// webhook errors": document webhooks are tried once).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// Where it is, as the user gave it.
    pub url: String,
    /// How it is asked for.
    pub method: Method,
    /// The parameters, in order; signed.
    pub params: Vec<(String, String)>,
    /// Where another one is, if there is none; it is told `ErrorCode` and `ErrorUrl` as well.
    pub fallback: Option<(String, Method)>,
}

/// What an errand brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// A document, or why there is none.
    Fetched(Fetched),
    /// What the network's own work brought, in its own words.
    Worked(Arc<str>),
}

/// What became of a [`Fetch`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// Each try, for the timeline.
    pub tries: Vec<FetchTry>,
    /// The document of the last one; none if no try brought one.
    pub page: Option<Page>,
}

/// One request for a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchTry {
    /// How it was asked for.
    pub method: Method,
    /// Where it was asked for in the end: without userinfo, fragment and our parameters.
    pub url: String,
    /// The answer's HTTP status, if one came.
    pub status: Option<u16>,
    /// How long it took, redirects included.
    pub took: Duration,
    /// Why there is no document: the code (112xx, 11750) and what happened.
    pub failure: Option<(ErrorCode, String)>,
}

/// A document that was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The URL it came from, after redirects, with userinfo: what is relative in the document
    /// refers to it.
    pub url: String,
    /// Its media type, in lower case, without parameters; empty if none was told.
    pub content_type: String,
    /// Its text, at most 64 KiB. What is no UTF-8 is replaced.
    pub text: String,
}

/// Whatever carries resources out and knows what becomes of them.
pub trait Network: Send + Sync + 'static {
    /// Whether it takes `new` at all. Asked before anything is recorded.
    fn admit(&self, new: &NewResource, scene: &mut Scene<'_>) -> Result<(), Refusal>;

    /// What it does first with `resource`, which is being created. It reports nothing of it
    /// here: a first step does, which may be due at once.
    fn accept(&self, resource: &Resource, scene: &mut Scene<'_>) -> Performed;

    /// What must be done outside before `step`, which is due, can be taken; none if it can be
    /// taken at once.
    fn errand(&self, _resource: &Resource, _step: &Step, _scene: &mut Scene<'_>) -> Option<Errand> {
        None
    }

    /// Takes `step`, which is due, for `resource` as it stands now.
    fn perform(&self, resource: &Resource, step: &Step, scene: &mut Scene<'_>) -> Performed;

    /// Takes `step`, whose errand brought `brought`.
    fn resume(
        &self,
        resource: &Resource,
        step: &Step,
        _brought: Brought,
        scene: &mut Scene<'_>,
    ) -> Performed {
        self.perform(resource, step, scene)
    }

    /// Another resource told `resource` something. What is said of one that is over is not
    /// passed on to it.
    fn told(&self, _resource: &Resource, _word: Word, _scene: &mut Scene<'_>) -> Performed {
        Performed {
            next: Next::AsPlanned,
            ..Performed::default()
        }
    }

    /// What an application asks of `resource`, as it stands.
    fn asked(
        &self,
        resource: &Resource,
        ask: Ask,
        scene: &mut Scene<'_>,
    ) -> Result<Performed, Refusal>;

    /// Whether it knows what a scenario is. Asked before one is set.
    fn follows_scenarios(&self) -> Result<(), Refusal> {
        Err(Refusal {
            code: error_code!("10000"),
            message: "This server has no network that follows scenarios. For a simulated one set \
                      network.kind to simulated"
                .to_owned(),
        })
    }

    /// These are gone for good: deleted, or removed by retention; this is recorded. What
    /// belongs to them elsewhere can go. Must not block.
    fn gone(&self, _sids: &[Sid]) {}
}
