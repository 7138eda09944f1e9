//! Resources: what a network carries out and reports on.
//!
//! Built and moved on by the recorder alone, inside the group that is being committed.

mod body;

use std::sync::Arc;

use crate::brand::BrandStatus;
use crate::call::CallStatus;
use crate::campaign::CampaignStatus;
use crate::change::{Change, News, Rejected, Status};
use crate::id::{ProjectId, Sid};
use crate::message::MessageStatus;
use crate::number_assignment::AssignmentStatus;
use crate::number_assignment_order::AssignmentOrderStatus;
use crate::recording::RecordingStatus;
use crate::subscription::{Inherited, Interest, Subscription};
use crate::time::Timestamp;
use crate::transcription::TranscriptionStatus;
use crate::verdict::{Gap, Verdict};

pub use body::{Body, NewResource};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A call, one leg.
    Call,
    /// An SMS or MMS.
    Message,
    /// A recording of a call or conference.
    Recording,
    /// What is said in a recording, as text.
    Transcription,
    /// A brand of 10DLC.
    Brand,
    /// A campaign of 10DLC.
    Campaign,
    /// An order of 10DLC that numbers be assigned to a campaign.
    AssignmentOrder,
    /// One number's assignment to a campaign.
    Assignment,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Call,
        Self::Message,
        Self::Recording,
        Self::Transcription,
        Self::Brand,
        Self::Campaign,
        Self::AssignmentOrder,
        Self::Assignment,
    ];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Message => "message",
            Self::Recording => "recording",
            Self::Transcription => "transcription",
            Self::Brand => "brand",
            Self::Campaign => "campaign",
            Self::AssignmentOrder => "number_assignment_order",
            Self::Assignment => "number_assignment",
        }
    }

    /// The kind of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The status of this name that it has.
    pub fn status(self, name: &str) -> Option<Status> {
        match self {
            Self::Call => CallStatus::parse(name).map(Status::Call),
            Self::Message => MessageStatus::parse(name).map(Status::Message),
            Self::Recording => RecordingStatus::parse(name).map(Status::Recording),
            Self::Transcription => TranscriptionStatus::parse(name).map(Status::Transcription),
            Self::Brand => BrandStatus::parse(name).map(Status::Brand),
            Self::Campaign => CampaignStatus::parse(name).map(Status::Campaign),
            Self::AssignmentOrder => {
                AssignmentOrderStatus::parse(name).map(Status::AssignmentOrder)
            }
            Self::Assignment => AssignmentStatus::parse(name).map(Status::Assignment),
        }
    }
}

/// Whether a resource can still be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It can.
    Here,
    /// It was deleted: gone from REST, its callbacks are still delivered.
    Deleted,
}

/// A resource: the summary of its changes.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its SID.
    pub sid: Sid,
    /// What a platform calls it; unique in its project.
    pub external_id: Option<Arc<str>>,
    /// Its number among all resources of the store, from 1.
    pub ordinal: u64,
    /// What chance goes by: the simulated network draws by it.
    pub lot: Lot,
    /// Whose it is.
    pub project: ProjectId,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The number of its next change.
    pub next_seq: u32,
    /// Who wants to hear of its changes.
    pub subscriptions: Vec<Subscription>,
    /// What its application, number or project hears of them; nothing, if none. With a
    /// subscription of its own it has none but a number's.
    pub inherited: Option<Inherited>,
    /// The phone number of its project that it is from or came to.
    pub number: Option<Sid>,
    /// The application that it was created with.
    pub application: Option<Sid>,
    /// How many callbacks led to one another before it was created.
    pub depth: u8,
    /// Whether it can still be seen.
    pub presence: Presence,
    /// What its network keeps of it, in the network's own words; nobody else reads them.
    pub memo: Option<Arc<str>>,
    /// What makes it of its kind.
    pub body: Body,
}

/// What chance goes by. That of what is asked for counts up from 1; that of what a network makes
/// follows from the resource that it makes it for: it does not matter when that happens, and
/// the same requests have the same lots again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The lot.
    pub number: u64,
    /// How many resources were made for this one.
    pub made: u32,
}

impl Lot {
    /// This one, of a resource for which nothing was made.
    pub const fn of(number: u64) -> Self {
        Self { number, made: 0 }
    }

    /// That of the next resource which is made for this one.
    #[must_use]
    pub const fn next(&mut self) -> Self {
        /// Apart from all that count up.
        const APART: u64 = 1 << 63;
        /// Odd, so that no two lots have a child in common but by chance: 2^64 divided by the
        /// golden ratio.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

        self.made = self.made.wrapping_add(1);
        let number = self.number.wrapping_mul(SPREAD);
        Self::of(number.wrapping_add(self.made as u64) | APART)
    }
}

/// Where a new resource comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its SID.
    pub sid: Sid,
    /// Its number among all resources.
    pub ordinal: u64,
    /// Whose it is.
    pub project: ProjectId,
    /// How many callbacks led to one another before it.
    pub depth: u8,
    /// When it is created.
    pub at: Timestamp,
}

impl Resource {
    /// A new resource with its first change. `media_sid` gives each piece of media its SID.
    pub fn create(
        origin: Origin,
        new: NewResource,
        subscriptions: Vec<Subscription>,
        media_sid: impl FnMut() -> Sid,
    ) -> (Self, Change) {
        let (mut resource, news) = Self::blank(origin, new, subscriptions, media_sid);
        let change = resource.append(None, news, Gap::None, origin.at);
        (resource, change)
    }

    /// A new resource that begins with what a platform reports of it, whatever status that
    /// is; the verdict, if no resource of its kind and direction can stand there.
    pub fn begin(
        origin: Origin,
        external_id: Option<Arc<str>>,
        new: NewResource,
        news: News,
        subscriptions: Vec<Subscription>,
        media_sid: impl FnMut() -> Sid,
    ) -> Result<(Self, Change), Verdict> {
        let (mut resource, first) = Self::blank(origin, new, subscriptions, media_sid);
        resource.external_id = external_id;
        let gap = match (first.status().judge(news.status()), resource.kind()) {
            (Verdict::Accepted(gap), _) => gap,
            (Verdict::Repeat | Verdict::Late, _) => Gap::None,
            // Messages alone have statuses that belong to one direction.
            (verdict @ Verdict::Conflict, Kind::Message) | (verdict @ Verdict::Refused, _) => {
                return Err(verdict);
            }
            (Verdict::Conflict, _) => Gap::Skipped,
        };
        let change = resource.append(None, news, gap, origin.at);
        Ok((resource, change))
    }

    /// A resource without changes, and what its first one is if nothing else is known.
    fn blank(
        origin: Origin,
        new: NewResource,
        subscriptions: Vec<Subscription>,
        media_sid: impl FnMut() -> Sid,
    ) -> (Self, News) {
        let (body, news) = new.begins(media_sid);
        let resource = Self {
            sid: origin.sid,
            external_id: None,
            ordinal: origin.ordinal,
            lot: Lot::of(origin.ordinal),
            project: origin.project,
            created_at: origin.at,
            updated_at: origin.at,
            next_seq: 0,
            subscriptions,
            inherited: None,
            number: None,
            application: None,
            depth: origin.depth,
            presence: Presence::Here,
            memo: None,
            body,
        };
        (resource, news)
    }

    /// Its kind.
    pub const fn kind(&self) -> Kind {
        self.status().kind()
    }

    /// Where it stands.
    pub const fn status(&self) -> Status {
        self.body.status()
    }

    /// Takes a report: moves on and returns the change, or says why it changes nothing.
    pub fn report(&mut self, news: News, at: Timestamp) -> Result<Change, Box<Rejected>> {
        let stood = self.status();
        match stood.judge(news.status()) {
            Verdict::Accepted(gap) => Ok(self.append(Some(stood), news, gap, at)),
            verdict @ (Verdict::Repeat | Verdict::Late | Verdict::Conflict | Verdict::Refused) => {
                Err(Box::new(Rejected {
                    resource: self.sid,
                    news,
                    verdict,
                    stood,
                    at,
                    told: None,
                }))
            }
        }
    }

    /// Tells `new` of its changes from here on, in the place of whom they were told to; the
    /// count goes on. A number's own callback is another matter and stays.
    pub fn subscribe(&mut self, new: Subscription) {
        let own = self.subscriptions.first().map(|old| old.next_sequence);
        let inherited = self
            .inherited
            .take_if(|it| it.interest != Interest::Number)
            .map(|it| it.next_sequence);
        self.subscriptions = vec![Subscription {
            next_sequence: own.or(inherited).unwrap_or(new.next_sequence),
            ..new
        }];
    }

    /// Erases what it said.
    pub fn redact(&mut self, at: Timestamp) {
        self.updated_at = at;
        // It may repeat the words.
        self.memo = None;
        match &mut self.body {
            Body::Message(message) => message.redact(),
            Body::Transcription(transcription) => transcription.redact(),
            Body::Call(_)
            | Body::Recording(_)
            | Body::Brand(_)
            | Body::Campaign(_)
            | Body::AssignmentOrder(_)
            | Body::Assignment(_) => {}
        }
    }

    /// Calls a campaign by another name; whether it is one.
    pub fn rename(&mut self, name: String, at: Timestamp) -> bool {
        let Body::Campaign(campaign) = &mut self.body else {
            return false;
        };
        campaign.name = name;
        self.updated_at = at;
        true
    }

    /// Takes a piece of a message's media away; whether it had that.
    pub fn remove_media(&mut self, media: Sid, at: Timestamp) -> bool {
        let Body::Message(message) = &mut self.body else {
            return false;
        };
        let removed = message.remove_media(media);
        if removed {
            self.updated_at = at;
        }
        removed
    }

    fn append(&mut self, from: Option<Status>, news: News, gap: Gap, at: Timestamp) -> Change {
        match (&mut self.body, &news) {
            (Body::Call(call), News::Call(status, facts)) => call.accept(*status, facts, at),
            (Body::Message(message), News::Message(status, facts)) => {
                message.accept(*status, facts, at);
            }
            (Body::Recording(recording), News::Recording(status, facts)) => {
                recording.accept(*status, facts, at);
            }
            (Body::Transcription(transcription), News::Transcription(status, facts)) => {
                transcription.accept(*status, facts);
            }
            (Body::Brand(brand), News::Brand(status)) => brand.status = *status,
            (Body::Campaign(campaign), News::Campaign(status)) => campaign.status = *status,
            (Body::AssignmentOrder(order), News::AssignmentOrder(status)) => {
                order.accept(*status, at);
            }
            (Body::Assignment(assignment), News::Assignment(status)) => {
                assignment.status = *status;
            }
            (
                Body::Call(_)
                | Body::Message(_)
                | Body::Recording(_)
                | Body::Transcription(_)
                | Body::Brand(_)
                | Body::Campaign(_)
                | Body::AssignmentOrder(_)
                | Body::Assignment(_),
                _,
            ) => {
                debug_assert!(
                    false,
                    "a report of another kind is refused before it comes here"
                );
            }
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        self.updated_at = at;
        Change {
            project: self.project,
            resource: self.sid,
            seq,
            from,
            news,
            gap,
            at,
            told: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn what_is_made_for_resources_has_lots_of_its_own() {
        let mut lots = HashSet::new();
        for number in 1..=1_000 {
            let mut lot = Lot::of(number);
            lots.insert(lot.number);
            for _ in 0..3 {
                let mut child = lot.next();
                lots.insert(child.number);
                lots.insert(child.next().number);
            }
        }
        assert_eq!(lots.len(), 7_000);
    }
}
