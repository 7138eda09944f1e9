//! What one resource of 10DLC has to know of others: how each campaign stands and what it may
//! have, which number is in which campaign, which references of providers are taken.
//!
//! Owned by the recorder, in memory whole: read from the store at the start and after a commit
//! of which nobody knows whether it was made. A group notes each resource as it changes, so that
//! of two who ask at once for one number the second is refused; if the group is not recorded,
//! what it noted is undone. Networks see it through their scene.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringback_domain::brand::BrandRegistration;
use ringback_domain::campaign::{Campaign, CampaignStatus};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::number_assignment::{Assignment, AssignmentStatus};
use ringback_domain::project::Project;
use ringback_domain::resource::{Body, Kind, Resource};
use ringback_store::{Cursor, ListQuery, Store, StoreError};

use crate::hash::HashMap;
use crate::projects::Projects;
use crate::recorder::chain;

/// How many resources are read at once.
const PAGE: u32 = 1_000;

/// A number that is in a campaign, or on its way there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enrolment {
    /// The campaign.
    pub campaign: Sid,
    /// How it stands.
    pub campaign_status: CampaignStatus,
    /// How the number's assignment to it stands.
    pub status: AssignmentStatus,
}

/// What is registered.
#[derive(Debug, Default)]
pub struct Registry {
    campaigns: HashMap<Sid, CampaignNote>,
    /// By project and the number's SID.
    assigned: HashMap<(ProjectId, Sid), AssignmentNote>,
    /// Of brands, by the project that owns all that belong together.
    references: HashMap<(ProjectId, Arc<str>), Sid>,
    /// Each campaign of each brand of each project.
    campaigns_of: BTreeSet<(ProjectId, Sid, Sid)>,
    /// Each number of each campaign of each project.
    numbers_of: BTreeSet<(ProjectId, Sid, Sid)>,
    /// What stood before it was changed by what is not recorded yet, the oldest first.
    before: Vec<Before>,
}

/// A campaign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CampaignNote {
    project: ProjectId,
    brand: Sid,
    pub(crate) status: CampaignStatus,
    /// Whether it may have so many numbers only.
    pub(crate) is_bounded: bool,
    /// Whether it is one to try things out with.
    pub(crate) is_trial: bool,
}

/// A number's assignment.
#[derive(Clone, Copy, Debug)]
struct AssignmentNote {
    assignment: Sid,
    campaign: Sid,
    status: AssignmentStatus,
}

/// What stood at a place.
#[derive(Debug)]
enum Before {
    Campaign(Sid, Option<CampaignNote>),
    Assigned((ProjectId, Sid), Option<AssignmentNote>),
    Reference((ProjectId, Arc<str>), Option<Sid>),
}

impl Registry {
    /// Reads what these projects have registered, as far as it can be read: what is damaged keeps
    /// nobody from starting.
    pub(crate) async fn load(store: &dyn Store, projects: &Projects) -> Result<Self, StoreError> {
        let mut registry = Self::default();
        for project in projects.all() {
            for kind in [Kind::Brand, Kind::Campaign, Kind::Assignment] {
                match registry.load_kind(store, &project, kind).await {
                    Err(error @ StoreError::Damaged { .. }) => tracing::error!(
                        project = %project.id,
                        error = chain(&error),
                        "what is registered with 10DLC cannot be read whole"
                    ),
                    read => read?,
                }
            }
        }
        registry.keep();
        Ok(registry)
    }

    /// The oldest first, so that of two assignments of one number, which a platform may report,
    /// the newer one counts.
    async fn load_kind(
        &mut self,
        store: &dyn Store,
        project: &Project,
        kind: Kind,
    ) -> Result<(), StoreError> {
        let mut query = ListQuery {
            cursor: Cursor::NewerThan(LEAST),
            ..ListQuery::all(project.id, kind, PAGE)
        };
        loop {
            let page = store.list(&query).await?;
            for resource in page.iter().rev() {
                self.note(resource, project);
            }
            // A page may lack what is damaged: only an empty one is the last.
            match page.first() {
                Some(newest) => query.cursor = Cursor::NewerThan(newest.sid),
                None => return Ok(()),
            }
        }
    }

    /// Takes over how a resource of `project` stands now, if it is of 10DLC.
    pub fn note(&mut self, resource: &Resource, project: &Project) {
        match &resource.body {
            Body::Brand(brand) => match &brand.registration {
                BrandRegistration::Csp { reference } => {
                    let place = (space(project), reference.as_str().into());
                    self.put_reference(place, Some(resource.sid));
                }
                BrandRegistration::Reported | BrandRegistration::Managed(_) => {}
            },
            Body::Campaign(campaign) => self.note_campaign(resource, campaign),
            Body::Assignment(assignment) => self.note_assignment(resource, assignment),
            Body::Call(_)
            | Body::Message(_)
            | Body::Recording(_)
            | Body::Transcription(_)
            | Body::AssignmentOrder(_) => {}
        }
    }

    fn note_campaign(&mut self, resource: &Resource, campaign: &Campaign) {
        let note = CampaignNote {
            project: resource.project,
            brand: campaign.brand,
            status: campaign.status,
            is_bounded: campaign.registration.is_bounded(),
            is_trial: campaign.registration.is_trial(),
        };
        self.put_campaign(resource.sid, Some(note));
    }

    fn note_assignment(&mut self, resource: &Resource, assignment: &Assignment) {
        let place = (resource.project, assignment.number);
        let note = AssignmentNote {
            assignment: resource.sid,
            campaign: assignment.campaign,
            status: assignment.status,
        };
        let known = self.assigned.get(&place).map(|known| known.assignment);
        if !assignment.status.is_final() {
            self.put_assigned(place, Some(note));
        } else if known == Some(resource.sid) {
            self.put_assigned(place, None);
        }
    }

    /// What was noted is recorded.
    pub(crate) fn keep(&mut self) {
        self.before.clear();
    }

    /// What was noted since the last time that it was kept is not recorded.
    pub(crate) fn undo(&mut self) {
        for before in std::mem::take(&mut self.before).into_iter().rev() {
            match before {
                Before::Campaign(sid, note) => self.put_campaign(sid, note),
                Before::Assigned(place, note) => self.put_assigned(place, note),
                Before::Reference(place, sid) => self.put_reference(place, sid),
            }
        }
        self.before.clear();
    }

    /// How a project's number is in a campaign; none, if it is in none that is known.
    pub fn enrolment(&self, project: ProjectId, number: Sid) -> Option<Enrolment> {
        let known = self.assigned.get(&(project, number))?;
        let campaign = self.campaign(project, known.campaign)?;
        Some(Enrolment {
            campaign: known.campaign,
            campaign_status: campaign.status,
            status: known.status,
        })
    }

    /// Whether a project's number is assigned to any campaign, or is to be.
    pub(crate) fn is_assigned(&self, project: ProjectId, number: Sid) -> bool {
        self.assigned.contains_key(&(project, number))
    }

    /// A project's campaign.
    pub(crate) fn campaign(&self, project: ProjectId, sid: Sid) -> Option<CampaignNote> {
        let campaign = self.campaigns.get(&sid).copied();
        campaign.filter(|it| it.project == project)
    }

    /// Whether a brand of `project`, or of one that belongs with it, has this reference.
    pub(crate) fn is_taken(&self, project: &Project, reference: &str) -> bool {
        let place = (space(project), reference.into());
        self.references.contains_key(&place)
    }

    /// How many campaigns a brand has in its project.
    pub(crate) fn count_campaigns(&self, project: ProjectId, brand: Sid) -> usize {
        let all = (project, brand, LEAST)..=(project, brand, GREATEST);
        self.campaigns_of.range(all).count()
    }

    /// How many numbers a campaign has in its project.
    pub(crate) fn count_numbers(&self, project: ProjectId, campaign: Sid) -> usize {
        let all = (project, campaign, LEAST)..=(project, campaign, GREATEST);
        self.numbers_of.range(all).count()
    }

    fn put_campaign(&mut self, sid: Sid, note: Option<CampaignNote>) {
        let old = put(&mut self.campaigns, sid, note);
        if let Some(old) = old {
            self.campaigns_of.remove(&(old.project, old.brand, sid));
        }
        if let Some(note) = note {
            self.campaigns_of.insert((note.project, note.brand, sid));
        }
        self.before.push(Before::Campaign(sid, old));
    }

    fn put_assigned(&mut self, place: (ProjectId, Sid), note: Option<AssignmentNote>) {
        let (project, number) = place;
        let old = put(&mut self.assigned, place, note);
        if let Some(old) = old {
            self.numbers_of.remove(&(project, old.campaign, number));
        }
        if let Some(note) = note {
            self.numbers_of.insert((project, note.campaign, number));
        }
        self.before.push(Before::Assigned(place, old));
    }

    fn put_reference(&mut self, place: (ProjectId, Arc<str>), brand: Option<Sid>) {
        let old = put(&mut self.references, place.clone(), brand);
        self.before.push(Before::Reference(place, old));
    }
}

/// Before and after every SID.
const LEAST: Sid = Sid::from_bytes([0; 16]);
const GREATEST: Sid = Sid::from_bytes([0xff; 16]);

/// The project that owns all that belong together: what SignalWire calls a Space.
fn space(project: &Project) -> ProjectId {
    project.parent.unwrap_or(project.id)
}

/// Puts a value at a place, or takes it away; what stood there.
fn put<K: Eq + std::hash::Hash, V>(map: &mut HashMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}
