//! What a network does: steps, errands that are done, words from one resource to another, and
//! what comes of them.
//!
//! Part of the group. All that follows from one step is in one commit with it: what a resource
//! reports, what it makes, and what others make of what it tells them.

use std::sync::Arc;

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::opt_out::OptOut;
use ringback_domain::project::Project;
use ringback_domain::resource::{Kind, Lot, Origin, Resource};
use ringback_domain::time::Timestamp;
use ringback_store::{Step, StoreError};

use super::Recorder;
use super::group::Group;
use super::inherit::Ties;
use super::registering::removable;
use super::rules::visible;
use crate::errand::Done;
use crate::handle::{Asked, UpdateError};
use crate::network::{Ask, Effect, Next, Offspring, Performed, Planned, Refusal, Scene, Word};

/// How many words follow from one step, done errand or command at most: a network that answers
/// each word with another does not hold up all else.
const MOST: usize = 1_000;

/// What a new resource has from the request, or from the resource, that it is made for.
#[derive(Clone, Copy)]
pub(super) struct Birth {
    /// What chance goes by.
    pub(super) lot: Lot,
    /// How many callbacks led to one another before it.
    pub(super) depth: u8,
}

impl Group {
    /// Takes a step that is due, or hands its errand over.
    pub(super) fn perform(&mut self, recorder: &mut Recorder, step: Step) {
        if self.unreadable.contains_key(&step.resource) {
            // It waits in the store until the next start.
            return;
        }
        if recorder.errands.is_out(&step) {
            return;
        }
        self.performed.push(step);
        if self.steps.contains_key(&step.resource) {
            // Something else in this group has replaced it.
            return;
        }
        let Some((project, mut resource)) = self.take_out(recorder, step.resource) else {
            return;
        };
        // An overdue step happens now, so that what it tells fits the time that is recorded.
        let taken = Step {
            due: self.now,
            ..step
        };
        let network = Arc::clone(&recorder.parts.network);
        let errand = self.with_scene(recorder, &project, |scene| {
            network.errand(&resource, &taken, scene)
        });
        if let Some(errand) = errand {
            self.performed.pop();
            let sender = recorder.errands.send(step, &resource);
            self.errands.push((sender, errand));
        } else {
            let performed = self.with_scene(recorder, &project, |scene| {
                network.perform(&resource, &taken, scene)
            });
            self.take_step(recorder, &project, &mut resource, performed, step.due);
        }
        self.resources.insert(resource.sid, resource);
    }

    /// Takes the step whose errand is done.
    pub(super) fn resume(&mut self, recorder: &mut Recorder, done: Done) {
        let Some(step) = recorder.errands.awaited(&done) else {
            return;
        };
        if self.unreadable.contains_key(&done.resource) || self.steps.contains_key(&done.resource) {
            return;
        }
        let Some((project, mut resource)) = self.take_out(recorder, done.resource) else {
            return;
        };
        let taken = Step {
            due: self.now,
            ..step
        };
        let network = Arc::clone(&recorder.parts.network);
        let brought = done.brought.clone();
        self.done.push(done);
        let performed = self.with_scene(recorder, &project, |scene| {
            network.resume(&resource, &taken, brought, scene)
        });
        self.take_step(recorder, &project, &mut resource, performed, self.now);
        self.resources.insert(resource.sid, resource);
    }

    /// A resource that takes a step, and its project.
    fn take_out(&mut self, recorder: &Recorder, sid: Sid) -> Option<(Arc<Project>, Resource)> {
        let Some(resource) = self.resources.remove(&sid) else {
            // Retention never takes a resource with a step; a step without one is over.
            self.plan(sid, None);
            return None;
        };
        let project = recorder.parts.projects.get(resource.project);
        if project.is_none() {
            tracing::warn!(%sid, "its project is not configured; it stands still");
            self.resources.insert(sid, resource);
            return None;
        }
        project.map(|project| (project, resource))
    }

    /// What came of a step. The next one counts from when it was due, so that a course does not
    /// drift.
    fn take_step(
        &mut self,
        recorder: &mut Recorder,
        project: &Arc<Project>,
        resource: &mut Resource,
        mut performed: Performed,
        due: Timestamp,
    ) {
        let next = match std::mem::take(&mut performed.next) {
            Next::Step(planned) => Some(planned.step(resource.sid, due)),
            Next::Nothing | Next::AsPlanned => None,
        };
        self.plan(resource.sid, next);
        performed.next = Next::AsPlanned;
        self.take_over(recorder, project, resource, performed);
    }

    /// Asks the network for something that `sid` is to do.
    pub(super) fn ask_network(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        sid: Sid,
        ask: Ask,
    ) -> Result<Asked, UpdateError> {
        self.with(
            recorder,
            project,
            sid,
            |group, recorder, project, resource| {
                // What is made for a request is as deep as that, or it would never end.
                let own = resource.depth;
                let asked = match &ask {
                    Ask::Begin(order) => order.depth,
                    Ask::End(_)
                    | Ask::Document
                    | Ask::Pause(_)
                    | Ask::Resume
                    | Ask::Stop
                    | Ask::Remove
                    | Ask::Drive(_) => 0,
                };
                if ask == Ask::Remove {
                    removable(resource, &recorder.registry)?;
                }
                let performed = group.put(recorder, project, resource, ask)?;
                resource.depth = own.max(asked);
                let made = group.take_over(recorder, project, resource, performed);
                resource.depth = own;
                let resource = resource.clone();
                Ok(Asked { resource, made })
            },
        )
    }

    /// What the network makes of something that is asked of `resource`.
    pub(super) fn put(
        &self,
        recorder: &mut Recorder,
        project: &Project,
        resource: &Resource,
        ask: Ask,
    ) -> Result<Performed, Refusal> {
        let network = Arc::clone(&recorder.parts.network);
        self.with_scene(recorder, project, |scene| {
            network.asked(resource, ask, scene)
        })
    }

    /// Records what a network did with `resource`. Returns what it made.
    pub(super) fn take_over(
        &mut self,
        recorder: &mut Recorder,
        project: &Arc<Project>,
        resource: &mut Resource,
        performed: Performed,
    ) -> Vec<Resource> {
        for news in performed.news {
            self.take(recorder, project, resource, news);
        }
        match performed.next {
            Next::AsPlanned => {}
            Next::Nothing => self.plan(resource.sid, None),
            Next::Step(planned) => {
                self.plan(resource.sid, Some(planned.step(resource.sid, self.now)));
            }
        }
        if let Some(memo) = performed.memo {
            resource.memo = (!memo.is_empty()).then_some(memo);
            self.touch(resource.sid);
        }
        let mut made = Vec::new();
        for effect in performed.effects {
            match effect {
                Effect::Remark(text) => self.warn(resource.project, resource.sid, text),
                Effect::Tell { sid, word } => self.words.push_back((sid, word)),
                Effect::Consent {
                    number,
                    party,
                    wants,
                } => {
                    let opt_out = OptOut {
                        project: project.id,
                        number: number.into(),
                        party: party.into(),
                        since: self.now,
                    };
                    self.heed(opt_out, wants);
                }
                Effect::UseScenario(scenario) => self.use_scenario(&scenario),
                Effect::Create(offspring) => {
                    let birth = Birth {
                        lot: resource.lot.next(),
                        depth: resource.depth,
                    };
                    self.touch(resource.sid);
                    let ties = Ties::default();
                    made.push(self.bring_forth(recorder, project, *offspring, birth, ties));
                }
            }
        }
        made
    }

    /// A new resource, with its first change.
    pub(super) fn bring_forth(
        &mut self,
        recorder: &mut Recorder,
        project: &Arc<Project>,
        offspring: Offspring,
        birth: Birth,
        ties: Ties<'_>,
    ) -> Resource {
        let Offspring {
            sid,
            new,
            subscriptions,
            memo,
        } = offspring;
        let numbers = &mut recorder.numbers;
        numbers.ordinal += 1;
        let origin = Origin {
            sid,
            ordinal: numbers.ordinal,
            project: project.id,
            depth: birth.depth,
            at: self.now,
        };
        let media_sid = || Sid::new(numbers.id(self.now));
        let (mut resource, change) = Resource::create(origin, new, subscriptions, media_sid);
        resource.memo = memo;
        resource.lot = birth.lot;
        self.tie(recorder, &mut resource, ties);
        self.owe(recorder, project, &mut resource, change);
        let network = Arc::clone(&recorder.parts.network);
        let mut performed =
            self.with_scene(recorder, project, |scene| network.accept(&resource, scene));
        if performed.next == Next::AsPlanned {
            performed.next = Next::Nothing;
        }
        self.take_over(recorder, project, &mut resource, performed);
        self.resources.insert(sid, resource.clone());
        resource
    }

    /// Tells a brand or campaign of which the network keeps something where it stands, after a
    /// report that the network did not make: others may wait for that.
    pub(super) fn tell_itself(&mut self, sid: Sid) {
        let Some(resource) = self.resources.get(&sid) else {
            return;
        };
        let status = resource.status();
        if matches!(status.kind(), Kind::Brand | Kind::Campaign) && resource.memo.is_some() {
            self.words.push_back((sid, Word::Stands { sid, status }));
        }
    }

    /// What `action` makes of what surrounds a resource of `project`.
    pub(super) fn with_scene<T>(
        &self,
        recorder: &mut Recorder,
        project: &Project,
        action: impl FnOnce(&mut Scene<'_>) -> T,
    ) -> T {
        let numbers = &mut recorder.numbers;
        let mut sids = || Sid::new(numbers.id(self.now));
        let scene = Scene::new(project, self.now, &mut sids);
        let scene = scene
            .with_directory(&recorder.parts.directory)
            .with_registry(&recorder.registry)
            .with_meters(&mut recorder.meters);
        action(&mut scene.with_changes(&self.batch.entries))
    }

    /// Passes on what resources told others, and what those make of it.
    pub(super) async fn pass_on(&mut self, recorder: &mut Recorder) -> Result<(), StoreError> {
        for _ in 0..MOST {
            let Some((sid, word)) = self.words.pop_front() else {
                return Ok(());
            };
            self.reach(recorder, sid).await?;
            self.tell(recorder, sid, word);
        }
        if !self.words.is_empty() {
            tracing::error!("resources tell one another without end; the rest is left out");
            self.words.clear();
        }
        Ok(())
    }

    /// Makes sure that a resource is at hand, if there is one.
    async fn reach(&mut self, recorder: &mut Recorder, sid: Sid) -> Result<(), StoreError> {
        if self.resources.contains_key(&sid) {
            return Ok(());
        }
        if let Some(resource) = recorder.cache.get(&sid) {
            self.resources.insert(sid, resource.clone());
            return Ok(());
        }
        self.read(&*recorder.parts.store, vec![sid]).await
    }

    fn tell(&mut self, recorder: &mut Recorder, sid: Sid, word: Word) {
        let Some(mut resource) = self.resources.remove(&sid) else {
            // Removed, or damaged: there is nobody to be told.
            return;
        };
        let owner = recorder.parts.projects.get(resource.project);
        if let Some(project) = owner.filter(|project| visible(&resource, project.id)) {
            let network = Arc::clone(&recorder.parts.network);
            let performed = self.with_scene(recorder, &project, |scene| {
                network.told(&resource, word, scene)
            });
            self.take_over(recorder, &project, &mut resource, performed);
        }
        self.resources.insert(sid, resource);
    }
}

impl Planned {
    fn step(self, resource: Sid, from: Timestamp) -> Step {
        Step {
            resource,
            due: from + self.after,
            number: self.number,
            draw: self.draw,
        }
    }
}
