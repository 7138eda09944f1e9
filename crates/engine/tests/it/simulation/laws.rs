//! The laws of the simulation: what must hold at each commit and at each attempt.
//!
//! Told by the store of every batch before it is written, by the transport of every attempt
//! when it begins and when it ends, by the clients of every acknowledgement. Knows nothing of
//! the engine but its words: what it is told must be explained by docs/delivery.md.

mod committing;
mod ending;
mod keeping;
mod sending;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::event::EventKey;
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::project::{Ordering, Profile, Settings};
use ringback_engine::Limits;
use ringback_engine::transport::FailureKind;

use self::keeping::Kept;
pub(super) use self::sending::Arriving;
use super::chance::Chance;
use super::paths::Path;
use super::world::{Process, State};

/// Whom messages are from whose creation has a hold.
pub(super) const HELD: &str = "+19990100001";

/// What a look at the laws came to.
#[derive(Debug, Default)]
pub(super) struct Findings {
    broken: Vec<String>,
    went: Vec<Path>,
}

impl State {
    /// Takes over what was found.
    pub(super) fn take(&mut self, found: Findings) {
        for path in found.went {
            self.paths.went(path);
        }
        for law in found.broken {
            self.breaks(law);
        }
    }
}

/// Whether the recorder is told that a batch is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// It is.
    Surely,
    /// It is told that nobody knows.
    Unsurely,
}

/// Scheme, host and port, and whose callbacks.
type Destination = (ProjectId, Arc<str>);

/// A resource and a URL without its fragment.
type Line = (Sid, String);

/// What sends one callback at a time: a line, whether of replays, and the callback's position
/// where a project wants no order.
type Lane = (Line, Sending, Option<u64>);

/// Why a callback is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sending {
    /// It is owed.
    Owed,
    /// It was set aside.
    Late,
    /// Somebody asked for it again.
    Replay,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With a 2xx.
    Accepted,
    /// With that.
    Failed(FailureKind),
}

/// What is known of a callback.
#[derive(Debug)]
struct Fate {
    /// As the store has it.
    callback: Callback,
    /// What commits wrote of it that failed, and may therefore be written again.
    doubtful: Vec<(CallbackState, u32)>,
    /// Whether a receiver ever accepted it.
    accepted: bool,
    /// Whether a replay was recorded and not sent yet.
    replay_owed: bool,
    /// What it said before it was redacted, to whom that may still be sent.
    before: Option<Before>,
    /// What the process that runs has done for it.
    tried: Tried,
}

/// A body that was redacted.
#[derive(Debug)]
struct Before {
    body: Arc<str>,
    /// When the redaction was acknowledged; an attempt that begins later has no words.
    acknowledged_at: Option<u64>,
}

/// What one process has done for a callback.
#[derive(Debug, Default)]
struct Tried {
    /// How its attempts ended, by number.
    ends: BTreeMap<u32, End>,
    /// The number of the attempt under way.
    away: Option<u32>,
    /// Since when it fails.
    failed_since: Option<u64>,
    /// Whether it was accepted, and not replayed since.
    accepted: bool,
}

/// What the process that runs has in its memory, as far as others can tell.
#[derive(Debug, Default)]
struct Memory {
    started: u64,
    away: BTreeMap<Lane, CallbackId>,
    under_way: BTreeMap<Destination, usize>,
    /// When a destination last accepted something.
    accepted: BTreeMap<Destination, u64>,
    /// When a destination asked for a pause, and until when.
    paused: BTreeMap<Destination, (u64, u64)>,
    /// Callbacks that others went past after this attempt failed: it must be what set them
    /// aside or ended them.
    passed: BTreeSet<(CallbackId, u32)>,
    /// Whether stored times were rebased.
    rebased: bool,
    /// By how much in all, whichever way.
    rebased_micros: i64,
    /// Since when the reserve is nearly full, and no commit went through.
    scarce_since: Option<u64>,
    /// Resources of which it was asked to forget the words: it may do so even if nobody knows
    /// whether that was recorded.
    erasing: BTreeSet<Sid>,
}

/// The laws, and what they must know.
#[derive(Debug)]
pub(super) struct Laws {
    limits: Limits,
    settings: BTreeMap<ProjectId, Settings>,
    fates: BTreeMap<CallbackId, Fate>,
    /// The callbacks that are pending in the store, in order; replays and notices left out.
    owed: BTreeMap<Line, BTreeMap<u64, CallbackId>>,
    /// The number of the next change of a resource.
    next_seq: BTreeMap<Sid, u32>,
    events: BTreeSet<EventKey>,
    last_position: u64,
    /// Resources whose creation is not answered yet, and who holds them back.
    held: BTreeMap<Sid, Process>,
    process: Process,
    /// The outcomes in the reserve, by number.
    kept: BTreeMap<u64, Kept>,
    /// Those that a later process may find there, although this one was told that they are not.
    torn: Vec<Kept>,
    memory: Memory,
    found: Findings,
}

impl Laws {
    /// For projects with these settings and an engine with these limits.
    pub(super) fn new(limits: Limits, settings: BTreeMap<ProjectId, Settings>) -> Self {
        Self {
            limits,
            settings,
            fates: BTreeMap::new(),
            owed: BTreeMap::new(),
            next_seq: BTreeMap::new(),
            events: BTreeSet::new(),
            last_position: 0,
            held: BTreeMap::new(),
            process: 1,
            kept: BTreeMap::new(),
            torn: Vec::new(),
            memory: Memory::default(),
            found: Findings::default(),
        }
    }

    /// The next process begins: it remembers nothing.
    pub(super) fn process_ended(&mut self) {
        self.process += 1;
        self.memory = Memory::default();
        for fate in self.fates.values_mut() {
            fate.tried = Tried::default();
            fate.before = None;
            fate.doubtful.clear();
        }
    }

    /// The process that runs begins now.
    pub(super) const fn process_began(&mut self, now: u64) {
        self.memory.started = now;
    }

    /// Attempts under way.
    pub(super) fn under_way(&self) -> usize {
        self.memory.away.len()
    }

    /// The answer to a creation was written.
    pub(super) fn released(&mut self, sid: Sid) {
        self.held.remove(&sid);
    }

    /// A redaction is asked for.
    pub(super) fn erases(&mut self, sid: Sid) {
        self.memory.erasing.insert(sid);
    }

    /// A redaction was acknowledged.
    pub(super) fn erased(&mut self, sid: Sid, now: u64) -> Findings {
        let mut fates = self.fates.values_mut();
        if fates.any(|fate| fate.callback.resource == sid && fate.tried.away.is_some()) {
            self.found.went.push(Path::ErasedUnderWay);
        }
        let fates = self.fates.values_mut();
        for fate in fates.filter(|fate| fate.callback.resource == sid) {
            if let Some(before) = &mut fate.before {
                before.acknowledged_at.get_or_insert(now);
            }
        }
        self.found()
    }

    /// One of the callbacks, if there is any.
    pub(super) fn any_callback(&self, chance: &mut Chance) -> Option<(ProjectId, CallbackId)> {
        if self.fates.is_empty() {
            return None;
        }
        let (id, fate) = self.fates.iter().nth(chance.count(0..self.fates.len()))?;
        Some((fate.callback.project, *id))
    }

    fn breaks(&mut self, law: String) {
        self.found.broken.push(law);
    }

    fn went(&mut self, path: Path) {
        self.found.went.push(path);
    }

    fn found(&mut self) -> Findings {
        std::mem::take(&mut self.found)
    }

    /// What a callback does to those behind it.
    fn ordering(&self, callback: &Callback) -> Ordering {
        if callback.is_failure_notice() {
            Ordering::None
        } else {
            self.settings[&callback.project].ordering
        }
    }

    /// Whether a callback is given up after its quick tries.
    fn gives_up(&self, callback: &Callback) -> bool {
        let fragment = callback.url.split_once('#').map_or("", |(_, it)| it);
        let profile = if callback.is_failure_notice() {
            Profile::Durable
        } else {
            self.settings[&callback.project].profile
        };
        match fragment {
            "profile=signalwire" => true,
            "profile=durable" => false,
            _ => profile != Profile::Durable,
        }
    }
}

/// The line of a callback.
fn line(callback: &Callback) -> Line {
    let url = callback.url.split('#').next().unwrap_or_default();
    (callback.resource, url.to_owned())
}

fn destination(callback: &Callback) -> Destination {
    (callback.project, Arc::clone(&callback.destination))
}
