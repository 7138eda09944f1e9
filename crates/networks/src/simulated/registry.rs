//! The registry of 10DLC: the courses of brands, campaigns, orders and number assignments.
//!
//! Used by the simulated network alone. A campaign waits until its brand is completed, an
//! assignment until its campaign is active: each asks what it waits for, which answers at once
//! or keeps the question until it can. An order makes its assignments in the commit in which it
//! is made itself. All durations here are of the simulated world. Invariant: what was driven by
//! hand stays where it was put, until it is driven again.

mod course;
pub mod meanings;
mod memo;
mod pace;

use ringback_domain::brand::BrandStatus;
use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::{News, Status};
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::number_assignment::{AssignmentStatus, NewAssignment};
use ringback_domain::number_assignment_order::{AssignmentOrder, OrderedNumber};
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_domain::subscription::Subscription;
use ringback_domain::verdict::{Gap, Verdict};
use ringback_engine::network::{Effect, Next, Offspring, Performed, Planned, Refusal, Scene, Word};
use ringback_store::Step;

use super::choice::Choice;
use super::draw::Draw;
use super::model::Pace;
use course::{Course, Stage};
use memo::RegistryMemo;

/// What a resource's state forbids.
const INVALID: ErrorCode = error_code!("10000");
/// How many of those who wait are told in one commit: half of what the engine passes on in one.
const TOLD_AT_ONCE: usize = 500;
/// What something can be driven to by hand.
const DRIVEN: [&str; 8] = [
    "pending",
    "unverified",
    "completed",
    "active",
    "inactive",
    "processing",
    "processed",
    "failed",
];

/// A resource of the registry, with its course.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    resource: &'a Resource,
    course: Course,
}

impl<'a> Entry<'a> {
    /// `resource` with the course that `draw` gives it; none, if the registry has no such thing.
    pub(super) fn of(draw: Draw, pace: Pace, resource: &'a Resource) -> Option<Self> {
        let course = Course::of(draw, pace, resource)?;
        Some(Self { resource, course })
    }

    /// What is done with it when it is new, as the scenario says that is chosen for it.
    pub(super) fn accept(mut self, scene: &mut Scene<'_>) -> Performed {
        let choice = Choice::registered(&self.resource.body, scene);
        let chosen = choice
            .scenario
            .and_then(|it| it.brand.or(it.campaign).or(it.assignment));
        let mut memo = None;
        if let Some(chosen) = chosen {
            let (draw, kind) = (self.course.draw(), self.resource.kind());
            self.course = Course::told(draw, &chosen, kind);
            let kept = RegistryMemo {
                scenario: Some(chosen),
                ..RegistryMemo::of(self.resource)
            };
            memo = Some(kept.written());
        }
        let mut performed = Performed::step(None, self.begins(scene));
        performed.memo = memo;
        performed.effects = choice.effects;
        if let Body::AssignmentOrder(order) = &self.resource.body {
            let assignments = assignments(self.resource, order, scene);
            performed.effects.extend(assignments);
        }
        performed
    }

    /// Takes a step. One that it does not have leads to nothing.
    pub(super) fn perform(&self, step: &Step, scene: &Scene<'_>) -> Performed {
        let stood = self.resource.status();
        match Stage::numbered(step.number) {
            Stage::Ask => self.asks(),
            // A report from elsewhere may have ended it in between.
            Stage::Take(_) if stood.is_final() => Performed::default(),
            Stage::Take(_) if self.is_in_vain(scene) => given_up(),
            Stage::Take(place) => match self.course.status(place) {
                Some(status) => {
                    let told = self.tells(status, place + 1, scene);
                    Performed {
                        news: vec![status.into()],
                        ..told
                    }
                }
                None => Performed::default(),
            },
            Stage::TellOn(place) => self.tells(stood, place, scene),
        }
    }

    /// Whether it is an assignment under way whose campaign was deactivated meanwhile.
    fn is_in_vain(&self, scene: &Scene<'_>) -> bool {
        let Body::Assignment(assignment) = &self.resource.body else {
            return false;
        };
        let enrolment = scene.enrolment(&assignment.phone_number);
        assignment.status == AssignmentStatus::Pending
            && enrolment.is_some_and(|it| {
                it.campaign == assignment.campaign && it.campaign_status == CampaignStatus::Inactive
            })
    }

    /// What it makes of what another resource tells it.
    pub(super) fn told(&self, word: &Word, scene: &Scene<'_>) -> Performed {
        let Word::Stands { sid, status } = word else {
            return unchanged();
        };
        if *sid == self.resource.sid {
            return self.was_reported(*status, scene);
        }
        match (self.resource.status(), status) {
            (Status::Brand(_), Status::Campaign(_))
            | (Status::Campaign(_), Status::Assignment(_)) => self.is_asked(*sid),
            (Status::Campaign(CampaignStatus::Pending), Status::Brand(BrandStatus::Completed))
            | (
                Status::Assignment(AssignmentStatus::Pending),
                Status::Campaign(CampaignStatus::Active),
            ) => self.goes_on(scene),
            (
                Status::Assignment(AssignmentStatus::Pending),
                Status::Campaign(CampaignStatus::Inactive),
            ) => given_up(),
            _ => unchanged(),
        }
    }

    /// What comes of it when somebody drives it to `status` by hand: what was planned for it is
    /// dropped. Another try of an assignment goes its own way again.
    pub(super) fn driven(&self, status: Status, scene: &Scene<'_>) -> Result<Performed, Refusal> {
        let stood = self.resource.status();
        if !leads_to(stood).contains(&status) {
            return Err(forbidden(stood, status));
        }
        let performed = match status {
            Status::Assignment(AssignmentStatus::Pending) => {
                Performed::step(None, Some(self.course.at_once(Stage::Ask)))
            }
            _ => self.tells(status, self.course.end(), scene),
        };
        Ok(Performed {
            news: vec![status.into()],
            ..performed
        })
    }

    /// Its first step.
    fn begins(&self, scene: &Scene<'_>) -> Option<Planned> {
        match awaited(&self.resource.body) {
            Some(_) => Some(self.course.at_once(Stage::Ask)),
            None => self.course.step_to(0, scene.now),
        }
    }

    /// Asks what it waits for; the answer is a word to it.
    fn asks(&self) -> Performed {
        let asked = awaited(&self.resource.body);
        let question = |asked| self.tell(asked, self.resource.status());
        Performed {
            effects: asked.map(question).into_iter().collect(),
            ..Performed::default()
        }
    }

    /// Answers `asker`, or keeps the question until it can.
    fn is_asked(&self, asker: Sid) -> Performed {
        let stood = self.resource.status();
        if is_awaited(stood) {
            return Performed {
                effects: vec![self.tell(asker, stood)],
                ..unchanged()
            };
        }
        let mut memo = RegistryMemo::of(self.resource);
        if !memo.waiting.contains(&asker) {
            memo.waiting.push(asker);
        }
        Performed {
            memo: Some(memo.written()),
            ..unchanged()
        }
    }

    /// It can be used, or can no more: tells those who wait for it. Then it goes on at `place`.
    fn tells(&self, status: Status, place: usize, scene: &Scene<'_>) -> Performed {
        let goes_on = Performed::step(None, self.course.step_to(place, scene.now));
        let mut memo = RegistryMemo::of(self.resource);
        if !is_awaited(status) || memo.waiting.is_empty() {
            return goes_on;
        }
        let most = memo.waiting.len().min(TOLD_AT_ONCE);
        let told = memo.waiting.drain(..most);
        let effects = told.map(|sid| self.tell(sid, status)).collect();
        let next = if memo.waiting.is_empty() {
            goes_on.next
        } else {
            Next::Step(self.course.at_once(Stage::TellOn(place)))
        };
        Performed {
            next,
            memo: Some(memo.written()),
            effects,
            ..Performed::default()
        }
    }

    /// Somebody else reported that it stands at `status`: who waits for it is told all the same.
    fn was_reported(&self, status: Status, scene: &Scene<'_>) -> Performed {
        let performed = self.tells(status, self.course.after(status), scene);
        if performed.effects.is_empty() {
            return unchanged();
        }
        performed
    }

    /// What it waited for is there: it goes on, from its beginning or after another try.
    fn goes_on(&self, scene: &Scene<'_>) -> Performed {
        let retried = Status::Assignment(AssignmentStatus::Pending);
        let place = match self.resource.next_seq {
            0 | 1 => 0,
            _ => self.course.after(retried),
        };
        Performed::step(None, self.course.step_to(place, scene.now))
    }

    fn tell(&self, sid: Sid, status: Status) -> Effect {
        let word = Word::Stands {
            sid: self.resource.sid,
            status,
        };
        Effect::Tell { sid, word }
    }
}

/// What a resource waits for before anything becomes of it.
const fn awaited(body: &Body) -> Option<Sid> {
    match body {
        Body::Campaign(campaign) => Some(campaign.brand),
        Body::Assignment(assignment) => Some(assignment.campaign),
        Body::Call(_)
        | Body::Message(_)
        | Body::Recording(_)
        | Body::Transcription(_)
        | Body::Brand(_)
        | Body::AssignmentOrder(_) => None,
    }
}

/// Whether a brand or campaign that stands there is what others wait for, or will never be.
const fn is_awaited(status: Status) -> bool {
    matches!(
        status,
        Status::Brand(BrandStatus::Completed)
            | Status::Campaign(CampaignStatus::Active | CampaignStatus::Inactive)
    )
}

/// The assignments of a new order, one for each of its numbers. What becomes of them is told
/// where what becomes of the order is (contract, semantics §5).
fn assignments(resource: &Resource, order: &AssignmentOrder, scene: &mut Scene<'_>) -> Vec<Effect> {
    let mut assignment = |number: &OrderedNumber| Offspring {
        sid: scene.new_sid(),
        new: NewResource::Assignment(NewAssignment {
            brand: order.brand,
            campaign: order.campaign,
            order: resource.sid,
            number: number.sid,
            phone_number: number.number.clone(),
        }),
        subscriptions: resource.subscriptions.iter().map(afresh).collect(),
        memo: None,
    };
    let numbers = order.numbers.iter();
    let made = numbers.map(|number| Effect::Create(Box::new(assignment(number))));
    made.collect()
}

/// The same, of another resource, which counts its own.
fn afresh(subscription: &Subscription) -> Subscription {
    Subscription {
        next_sequence: 0,
        ..subscription.clone()
    }
}

/// The number of a campaign that can no more be used is not provisioned.
fn given_up() -> Performed {
    let why = "not assigned: the campaign is inactive".to_owned();
    Performed {
        effects: vec![Effect::Remark(why)],
        ..Performed::step(News::Assignment(AssignmentStatus::Failed), None)
    }
}

fn unchanged() -> Performed {
    Performed {
        next: Next::AsPlanned,
        ..Performed::default()
    }
}

/// Only the registry is driven by hand.
pub(super) fn not_of_it() -> Refusal {
    Refusal {
        code: INVALID,
        message: "Only brands, campaigns, orders and number assignments can be driven".to_owned(),
    }
}

/// What can follow a status by hand: the transitions that are documented (contract, semantics
/// §5), but the one to `removed`, which REST has.
fn leads_to(stood: Status) -> Vec<Status> {
    let all = DRIVEN.iter().filter_map(|word| stood.kind().status(word));
    all.filter(|status| stood.judge(*status) == Verdict::Accepted(Gap::None))
        .collect()
}

fn forbidden(stood: Status, status: Status) -> Refusal {
    let kind = stood.kind().as_str();
    let (from, to) = (stood.as_str(), status.as_str());
    let words: Vec<&str> = leads_to(stood).into_iter().map(Status::as_str).collect();
    let possible = if words.is_empty() {
        "nothing follows it".to_owned()
    } else {
        format!("it can become {}", words.join(" or "))
    };
    Refusal {
        code: INVALID,
        message: format!("The {kind} is {from} and cannot become {to}: {possible}"),
    }
}

#[cfg(test)]
mod tests;
