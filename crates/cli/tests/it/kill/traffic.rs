//! What is reported in the kill test: a resource's number says all about it.
//!
//! Pure; used by the load, the receiver and the judge.

use std::ops::Range;

/// One report: a resource, and which of its statuses, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub resource: u32,
    pub step: usize,
}

/// One callback: a resource, and which of those that it owes in all, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Callback {
    pub resource: u32,
    pub place: usize,
}

/// What kind of resource it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Message,
    Call,
}

/// How the destination of a resource behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// It accepts everything.
    Accepts,
    /// It refuses some at first. These have one quick try: they are set aside at once.
    Picks,
    /// It refuses everything during an outage: its lanes are closed.
    Fails,
}

impl Kind {
    pub const fn of(resource: u32) -> Self {
        match resource % 5 {
            4 => Self::Call,
            _ => Self::Message,
        }
    }

    /// What it goes through.
    pub const fn statuses(self) -> [&'static str; 4] {
        match self {
            Self::Message => ["queued", "sending", "sent", "delivered"],
            Self::Call => ["initiated", "ringing", "answered", "completed"],
        }
    }

    /// What its callbacks say, in order: docs/callbacks.md.
    pub const fn told(self) -> &'static [&'static str] {
        match self {
            Self::Message => &["queued", "sending", "sent", "delivered"],
            Self::Call => &[
                "initiated",
                "ringing",
                "answered",
                "in-progress",
                "completed",
            ],
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Call => "call",
        }
    }
}

impl Manner {
    pub const ALL: [Self; 3] = [Self::Accepts, Self::Picks, Self::Fails];

    pub const fn of(resource: u32) -> Self {
        match resource % 16 {
            0 => Self::Fails,
            1..=4 => Self::Picks,
            _ => Self::Accepts,
        }
    }

    /// Tunes the delivery: no attempt ends because this machine is slow.
    const fn fragment(self) -> &'static str {
        match self {
            Self::Accepts | Self::Fails => "#rt=15000&tt=15000",
            Self::Picks => "#rt=15000&tt=15000&rc=0",
        }
    }
}

impl Change {
    /// The places of the callbacks that it owes: an answered call is told of twice.
    pub fn owed(self) -> Range<usize> {
        match (Kind::of(self.resource), self.step) {
            (Kind::Message, step) | (Kind::Call, step @ 0..=1) => step..step + 1,
            (Kind::Call, 2) => 2..4,
            (Kind::Call, step) => step + 1..step + 2,
        }
    }

    /// As it is reported; its callbacks go to `origin`.
    pub fn line(self, origin: &str) -> String {
        let Self { resource, step } = self;
        let kind = Kind::of(resource);
        let (word, status) = (kind.word(), kind.statuses()[step]);
        let fragment = Manner::of(resource).fragment();
        let events = match kind {
            Kind::Message => "",
            Kind::Call => {
                r#","status_callback_event":["initiated","ringing","answered","completed"]"#
            }
        };
        format!(
            r#"{{"kind":"{word}","external_id":"{}","status":"{status}","event_id":"{resource}.{step}","from":"+15550100001","to":"+15550100002","status_callback":"{origin}/{resource}{fragment}"{events}}}"#,
            external_id(resource)
        )
    }
}

impl Callback {
    /// The change that owes it.
    pub fn change(self) -> Change {
        let step = match (Kind::of(self.resource), self.place) {
            (Kind::Message, place) | (Kind::Call, place @ 0..=2) => place,
            (Kind::Call, place) => place - 1,
        };
        Change {
            resource: self.resource,
            step,
        }
    }
}

/// What the platform calls a resource.
pub fn external_id(resource: u32) -> String {
    format!("r{resource}")
}

#[test]
fn each_callback_is_owed_by_its_change() {
    for resource in [0, 4] {
        let mut places = 0;
        for step in 0..4 {
            let change = Change { resource, step };
            for place in change.owed() {
                assert_eq!(Callback { resource, place }.change(), change);
                assert_eq!(place, places);
                places += 1;
            }
        }
        assert_eq!(places, Kind::of(resource).told().len());
    }
}
