//! One group: all commands that one commit covers, applied in memory.
//!
//! Made by the recorder for each commit. Nothing here is told to anyone before the batch is
//! durable; if it does not become so, the group is thrown away.

use std::collections::VecDeque;
use std::sync::Arc;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::change::{News, Warning};
use ringback_domain::event::{EventKey, KnownEvent};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::{Presence, Resource};
use ringback_domain::time::Timestamp;
use ringback_store::{Batch, EntryChange, Erasure, Rebase, Step, StoreError};
use ringback_wire::callback as rendering;
use tokio::time::Instant;

use super::effects::Birth;
use super::inherit::Ties;
use super::reply::Reply;
use super::rules::{erasable, redirect, visible};
use super::{Command, Recorded, Recorder, Tried, Waiting};
use crate::errand::{Done, Sender};
use crate::feed::Event;
use crate::handle::{
    CallUpdate, CreateError, Erase, Hold, Order, RecordError, Reported, UpdateError,
};
use crate::hash::{HashMap, HashSet};
use crate::intake::{Offer, TakeError};
use crate::metrics::Tally;
use crate::network::{Ask, Errand, Offspring, Word};

/// All commands that one commit covers.
#[derive(Default)]
pub(super) struct Group {
    /// What is to be committed.
    pub(super) batch: Batch,
    /// The resources at hand, as they will stand.
    pub(super) resources: HashMap<Sid, Resource>,
    /// Which of them changed.
    touched: HashSet<Sid>,
    /// Resources that are there and cannot be read, and why.
    pub(super) unreadable: HashMap<Sid, RecordError>,
    /// What platforms call them.
    pub(super) externals: HashMap<(ProjectId, Arc<str>), Sid>,
    /// The events that were recorded before, or are in this group.
    pub(super) known_events: HashMap<EventKey, KnownEvent>,
    /// The stored callbacks of resources that are to be erased.
    pub(super) erasable: HashMap<Sid, Vec<Callback>>,
    /// Callbacks whose failure is recorded already, with the notice of it.
    pub(super) told_failures: HashSet<u64>,
    /// The steps as they will be.
    pub(super) steps: HashMap<Sid, Option<Step>>,
    /// The steps that were taken.
    pub(super) performed: Vec<Step>,
    /// The outcomes that it covers, in case it fails.
    pub(super) tried: Vec<Tried>,
    /// They were kept, up to this number.
    pub(super) kept_until: Option<u64>,
    /// The projects that will be in force.
    pub(super) projects: Vec<Project>,
    /// The phone numbers, applications, opt-outs and scenarios that will be put or removed.
    pub(super) entries: Vec<EntryChange>,
    /// By how much the clock stepped.
    pub(super) rebase: Option<i64>,
    /// What the dispatcher will be handed.
    pub(super) recorded: Recorded,
    /// What will be published.
    pub(super) events: Vec<Event>,
    replies: Vec<Reply>,
    /// What resources told others and was not passed on yet.
    pub(super) words: VecDeque<(Sid, Word)>,
    /// Errands that are to be run.
    pub(super) errands: Vec<(Sender, Errand)>,
    /// Errands that are done, in case it fails.
    pub(super) done: Vec<Done>,
    /// Resources that are gone once it is recorded.
    pub(super) gone: Vec<Sid>,
    pub(super) now: Timestamp,
}

impl Group {
    /// A group with nothing in it, of what happens now.
    pub(super) fn at(now: Timestamp) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    /// A group of which nothing can be carried out, because of `error`: its outcomes and
    /// steps are to be kept.
    pub(super) fn refusing(waiting: Waiting, error: &RecordError) -> Self {
        let replies = waiting.commands.into_iter().map(|command| match command {
            Command::Create { answer, .. } => Reply::Created(answer, Err(error.clone().into())),
            Command::Report { answer, .. } => Reply::Reported(answer, Err(error.clone().into())),
            Command::UpdateCall { answer, .. } | Command::Erase { answer, .. } => {
                Reply::Updated(answer, Err(error.clone().into()))
            }
            Command::Rename { answer, .. } => Reply::Updated(answer, Err(error.clone().into())),
            Command::Ask { answer, .. } => Reply::Asked(answer, Err(error.clone().into())),
            Command::PutProject { answer, .. } => Reply::Put(answer, Err(error.clone())),
            Command::PutNumber { answer, .. } => Reply::Number(answer, Err(error.clone().into())),
            Command::PutApplication { answer, .. } => {
                Reply::Application(answer, Err(error.clone().into()))
            }
            Command::PutScenario { answer, .. } => {
                Reply::Scenario(answer, Err(error.clone().into()))
            }
            Command::Take(offer) => {
                let refused = Err(error.clone().into());
                Reply::Taken(offer.answer, offer.stream, refused)
            }
            Command::Resend { answer, .. } => Reply::Resent(answer, Err(error.clone())),
        });
        Self {
            replies: replies.collect(),
            tried: waiting.outcomes,
            performed: waiting.steps,
            done: waiting.done,
            kept_until: waiting.kept_until,
            ..Self::default()
        }
    }

    /// Carries out all that waits, in memory. If what one resource tells another cannot be
    /// passed on, the rest is carried out all the same and the error is returned: then nothing
    /// of it is to be committed.
    pub(super) async fn apply(
        &mut self,
        recorder: &mut Recorder,
        waiting: Waiting,
    ) -> Result<(), StoreError> {
        let mut result = Ok(());
        for tried in waiting.outcomes {
            self.settle(recorder, tried);
        }
        for done in waiting.done {
            self.resume(recorder, done);
            result = result.and(self.pass_on(recorder).await);
        }
        for step in waiting.steps {
            self.perform(recorder, step);
            result = result.and(self.pass_on(recorder).await);
        }
        for command in waiting.commands {
            self.carry_out(recorder, command);
            result = result.and(self.pass_on(recorder).await);
        }
        self.kept_until = waiting.kept_until;
        self.batch.kept_until = waiting.kept_until;
        self.rebase = waiting.rebase;
        self.batch.rebase = waiting.rebase.map(|micros| Rebase {
            micros,
            total_micros: recorder.numbers.rebased_micros + micros,
        });
        self.entries.clone_from(&self.batch.entries);
        let meters = recorder.meters.changed();
        let meters = meters.into_iter().map(EntryChange::Put);
        self.batch.entries.extend(meters);
        self.batch.steps = self.steps.iter().map(|(sid, step)| (*sid, *step)).collect();
        for sid in &self.touched {
            self.batch
                .resources
                .extend(self.resources.get(sid).cloned());
        }
        result
    }

    /// Answers every caller, once it is known what became of the commit.
    pub(super) fn answer(self, failure: Option<&RecordError>) {
        for reply in self.replies {
            reply.send(failure);
        }
    }

    /// What it adds to what is counted, beside its outcomes.
    pub(super) fn tally(&self) -> Tally {
        let mut tally = Tally {
            owed: self.batch.callbacks.len() as u64,
            size: self.size(),
            ..Tally::default()
        };
        tally.reports.accepted = self.batch.changes.len() as u64;
        for rejected in &self.batch.rejected {
            tally.rejected(rejected.verdict);
        }
        tally
    }

    /// Takes out the outcomes that were kept, if it is of such.
    pub(super) fn take_kept(&mut self) -> Option<Waiting> {
        let kept_until = Some(self.kept_until?);
        Some(Waiting {
            outcomes: std::mem::take(&mut self.tried),
            kept_until,
            ..Waiting::default()
        })
    }

    /// How many commands, steps and outcomes it covers.
    pub(super) fn size(&self) -> usize {
        self.replies.len()
            + self.performed.len()
            + self.errands.len()
            + self.done.len()
            + self.tried.len()
    }

    fn carry_out(&mut self, recorder: &mut Recorder, command: Command) {
        let reply = match command {
            Command::Create {
                project,
                order,
                memo,
                hold,
                answer,
            } => Reply::Created(answer, self.create(recorder, project, order, memo, hold)),
            Command::Report {
                project,
                sid,
                news,
                answer,
            } => {
                let reported = self.report(recorder, project, sid, news);
                self.tell_itself(sid);
                Reply::Reported(answer, reported)
            }
            Command::UpdateCall {
                project,
                sid,
                update,
                answer,
            } => Reply::Updated(answer, self.update_call(recorder, project, sid, &update)),
            Command::Rename {
                project,
                sid,
                name,
                answer,
            } => Reply::Updated(answer, self.rename(recorder, project, sid, name)),
            Command::Ask {
                project,
                sid,
                ask,
                hold,
                answer,
            } => {
                let asked = self.ask_network(recorder, project, sid, ask);
                let made = asked.iter().find_map(|asked| asked.made.first());
                let held = made.map(|made| made.sid).zip(hold.0);
                self.recorded.holds.extend(held);
                Reply::Asked(answer, asked)
            }
            Command::Erase {
                project,
                sid,
                how,
                answer,
            } => Reply::Updated(answer, self.erase(project, sid, how)),
            Command::PutProject { project, answer } => {
                self.batch.projects.push((*project).clone());
                self.projects.push(*project);
                Reply::Put(answer, Ok(()))
            }
            Command::PutNumber {
                project,
                order,
                answer,
            } => Reply::Number(answer, self.put_number(recorder, project, order)),
            Command::PutApplication {
                project,
                order,
                answer,
            } => Reply::Application(answer, self.put_application(recorder, project, order)),
            Command::PutScenario {
                project,
                order,
                answer,
            } => Reply::Scenario(answer, self.put_scenario(recorder, project, order)),
            Command::Take(offer) => {
                let Offer {
                    project,
                    report,
                    stream,
                    answer,
                    place,
                } = *offer;
                drop(place);
                let taken = if stream.is_broken() {
                    Err(TakeError::Behind)
                } else {
                    self.take_report(recorder, project, report)
                };
                if let Ok(taken) = &taken {
                    self.tell_itself(taken.sid);
                }
                Reply::Taken(answer, stream, taken)
            }
            Command::Resend {
                replays,
                hurried,
                answer,
            } => Reply::Resent(answer, self.resend(recorder, replays, hurried)),
        };
        self.replies.push(reply);
    }

    fn settle(&mut self, recorder: &mut Recorder, mut tried: Tried) {
        if let Some(at) = tried.retry_at {
            tried.outcome.due = recorder.parts.clock.at(at);
        }
        match (tried.outcome.state, tried.retry_at) {
            // It stays in the dispatcher's memory.
            (CallbackState::Pending, _) => self.recorded.noted.push(tried.callback.position),
            (CallbackState::Aside, Some(at)) => {
                self.recorded.left.push(tried.callback.position);
                let first = self.recorded.aside_due.map_or(at, |other| other.min(at));
                self.recorded.aside_due = Some(first);
            }
            (CallbackState::Aside, None)
            | (CallbackState::Delivered | CallbackState::Failed | CallbackState::Canceled, _) => {
                self.recorded.left.push(tried.callback.position);
            }
        }
        if recorder.parts.feed.receiver_count() > 0
            && let Some(attempt) = &tried.outcome.attempt
        {
            let retry_in = tried
                .retry_at
                .map(|at| at.saturating_duration_since(Instant::now()));
            self.events.push(Event::Attempted {
                project: tried.callback.project,
                resource: tried.callback.resource,
                status: Arc::clone(&tried.callback.status),
                state: tried.outcome.state,
                retry_in,
                attempt: attempt.clone(),
            });
        }
        if let Some(text) = tried.warning.as_deref() {
            // A copy: if this commit fails, the next one is to have it as well.
            let text = text.to_owned();
            self.warn(tried.callback.project, tried.callback.resource, text);
        }
        if tried.outcome.state == CallbackState::Failed {
            self.tell_of_failure(recorder, &tried);
        }
        self.batch.outcomes.push(tried.outcome.clone());
        self.tried.push(tried);
    }

    fn create(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        order: Order,
        memo: Option<Arc<str>>,
        hold: Hold,
    ) -> Result<Resource, CreateError> {
        let Some(project) = recorder.parts.projects.get(project) else {
            return Err(CreateError::UnknownProject);
        };
        let application = self.application_of(recorder, project.id, &order)?;
        let network = Arc::clone(&recorder.parts.network);
        self.with_scene(recorder, &project, |scene| network.admit(&order.new, scene))?;
        self.register(recorder, &project, &order.new)?;
        let sid = Sid::new(recorder.numbers.id(self.now));
        let last = recorder.numbers.ordinal;
        let Order {
            new,
            subscriptions,
            application: _,
            interest,
            depth,
            warnings,
        } = order;
        let offspring = Offspring {
            sid,
            new,
            subscriptions,
            memo,
        };
        let ties = Ties {
            application: application.as_deref(),
            interest,
        };
        let birth = Birth {
            lot: recorder.meters.next_lot(last),
            depth,
        };
        let resource = self.bring_forth(recorder, &project, offspring, birth, ties);
        for text in warnings {
            self.warn(project.id, sid, text);
        }
        self.recorded
            .holds
            .extend(hold.0.map(|released| (sid, released)));
        Ok(resource)
    }

    fn report(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        sid: Sid,
        news: News,
    ) -> Result<Reported, UpdateError> {
        self.with(
            recorder,
            project,
            sid,
            |group, recorder, project, resource| Ok(group.take(recorder, project, resource, news)),
        )
    }

    fn update_call(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        sid: Sid,
        update: &CallUpdate,
    ) -> Result<Resource, UpdateError> {
        self.with(
            recorder,
            project,
            sid,
            |group, recorder, project, resource| {
                let mut changed = resource.clone();
                redirect(&mut changed, update)?;
                changed.updated_at = group.now;
                let ask = match (update.ending, &update.document) {
                    (Some(ending), _) => Some(Ask::End(ending)),
                    (None, Some(_)) => Some(Ask::Document),
                    (None, None) => None,
                };
                let performed = match ask {
                    Some(ask) => Some(group.put(recorder, project, &changed, ask)?),
                    None => None,
                };
                *resource = changed;
                for text in &update.warnings {
                    group.warn(resource.project, sid, text.clone());
                }
                group.touch(sid);
                if let Some(performed) = performed {
                    group.take_over(recorder, project, resource, performed);
                }
                Ok(resource.clone())
            },
        )
    }

    fn erase(&mut self, project: ProjectId, sid: Sid, how: Erase) -> Result<Resource, UpdateError> {
        let resource = self
            .resources
            .get_mut(&sid)
            .filter(|resource| visible(resource, project));
        let resource = resource.ok_or_else(|| not_found(&self.unreadable, sid))?;
        erasable(resource, how)?;
        match how {
            Erase::Redact => resource.redact(self.now),
            Erase::Delete => {
                resource.redact(self.now);
                resource.presence = Presence::Deleted;
                self.gone.push(sid);
            }
            Erase::Media(media) => {
                let removed = resource.remove_media(media, self.now);
                let resource = removed.then(|| resource.clone());
                self.touch(sid);
                return resource.ok_or(UpdateError::NotFound);
            }
        }
        let resource = resource.clone();
        self.touch(sid);
        let stored = self.erasable.get(&sid).into_iter().flatten();
        let bodies = stored
            .map(|callback| (callback.id, wordless(callback)))
            .collect();
        self.batch.erasures.push(Erasure {
            resource: sid,
            bodies,
        });
        let new = self
            .batch
            .callbacks
            .iter_mut()
            .chain(&mut self.recorded.callbacks);
        for callback in new.filter(|callback| callback.resource == sid) {
            callback.body = wordless(callback);
        }
        self.recorded.redacted.push(sid);
        Ok(resource)
    }

    /// Carries out `action` on a resource of `project` that is still there.
    pub(super) fn with<T>(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        sid: Sid,
        action: impl FnOnce(
            &mut Self,
            &mut Recorder,
            &Arc<Project>,
            &mut Resource,
        ) -> Result<T, UpdateError>,
    ) -> Result<T, UpdateError> {
        let owner = recorder.parts.projects.get(project);
        let owner = owner.ok_or(UpdateError::NotFound)?;
        let Some(mut resource) = self.resources.remove(&sid) else {
            return Err(not_found(&self.unreadable, sid));
        };
        let result = if visible(&resource, project) {
            action(self, recorder, &owner, &mut resource)
        } else {
            Err(UpdateError::NotFound)
        };
        self.resources.insert(sid, resource);
        result
    }

    /// Puts a remark on a resource's timeline.
    pub(super) fn warn(&mut self, project: ProjectId, resource: Sid, text: String) {
        let warning = Warning {
            resource,
            text,
            at: self.now,
        };
        self.batch.warnings.push(warning.clone());
        self.events.push(Event::Warned { project, warning });
    }

    pub(super) fn plan(&mut self, sid: Sid, step: Option<Step>) {
        self.steps.insert(sid, step);
    }

    pub(super) fn touch(&mut self, sid: Sid) {
        self.touched.insert(sid);
    }
}

fn wordless(callback: &Callback) -> Arc<str> {
    rendering::without_words(callback.encoding, &callback.body).into()
}

/// There is none, or it cannot be read.
fn not_found(unreadable: &HashMap<Sid, RecordError>, sid: Sid) -> UpdateError {
    match unreadable.get(&sid) {
        Some(error) => UpdateError::Record(error.clone()),
        None => UpdateError::NotFound,
    }
}
