//! Platforms' reports: whose they are, whether they were told before, what they begin.
//!
//! Part of the group. What a platform calls its resources and reports is looked up for the
//! whole group at once, before anything is applied.

use std::collections::BTreeSet;
use std::sync::Arc;

use ringback_domain::event::{EventKey, KnownEvent};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::project::Project;
use ringback_domain::resource::{Kind, Origin, Presence, Resource};
use ringback_domain::subscription::Interest;
use ringback_domain::verdict::Verdict;
use ringback_store::StoreError;

use super::group::Group;
use super::inherit::Ties;
use super::{Command, Recorder, Waiting};
use crate::handle::Reported;
use crate::intake::{EventSeen, Name, PlatformReport, Subscribe, TakeError, Taken};

impl Group {
    /// Finds out which resources and events the platforms' ids stand for.
    pub(super) async fn look_up(
        &mut self,
        recorder: &mut Recorder,
        waiting: &Waiting,
    ) -> Result<(), StoreError> {
        let mut names: BTreeSet<(ProjectId, Arc<str>)> = BTreeSet::new();
        let mut keys: BTreeSet<EventKey> = BTreeSet::new();
        for command in &waiting.commands {
            let Command::Take(offer) = command else {
                continue;
            };
            keys.extend(offer.report.event.map(|(key, _)| key));
            let Some(name) = offer.report.name.external() else {
                continue;
            };
            let name = (offer.project, Arc::clone(name));
            match recorder.externals.get(&name) {
                Some(sid) => drop(self.externals.insert(name, *sid)),
                None => drop(names.insert(name)),
            }
        }
        if !names.is_empty() {
            let names: Vec<_> = names.into_iter().collect();
            let found = recorder.parts.store.externals(&names).await?;
            let found = names.into_iter().zip(found);
            self.externals
                .extend(found.filter_map(|(name, sid)| Some((name, sid?))));
        }
        if !keys.is_empty() {
            let keys: Vec<_> = keys.into_iter().collect();
            let found = recorder.parts.store.events(&keys).await?;
            let known = found.into_iter().flatten();
            self.known_events
                .extend(known.map(|event| (event.key, event)));
        }
        Ok(())
    }

    /// Takes a platform's report.
    pub(super) fn take_report(
        &mut self,
        recorder: &mut Recorder,
        project: ProjectId,
        report: PlatformReport,
    ) -> Result<Taken, TakeError> {
        if let Some((key, content)) = report.event
            && let Some(known) = self.known_events.get(&key)
        {
            return if known.content == content {
                Ok(again(known))
            } else {
                Err(TakeError::EventReused)
            };
        }
        let owner = recorder.parts.projects.get(project);
        let owner = owner.ok_or(TakeError::NotFound)?;
        let event = report.event;
        let taken = match self.named(project, &report.name)? {
            Some(sid) => self.go_on(recorder, &owner, sid, report)?,
            None => self.begin(recorder, &owner, report)?,
        };
        if let Some((key, content)) = event {
            let event = KnownEvent {
                key,
                content,
                resource: taken.sid,
                verdict: taken.verdict,
                seq: taken.seq,
            };
            self.known_events.insert(key, event);
            self.batch.events.push(event);
        }
        Ok(taken)
    }

    /// The resource of this name; none if it is to begin.
    fn named(&self, project: ProjectId, name: &Name) -> Result<Option<Sid>, TakeError> {
        let known = |name: &Arc<str>| self.externals.get(&(project, Arc::clone(name))).copied();
        match name {
            Name::Sid(sid) => Ok(Some(*sid)),
            Name::External(name) => Ok(known(name)),
            Name::Known(name) => known(name).map(Some).ok_or(TakeError::NotFound),
        }
    }

    fn go_on(
        &mut self,
        recorder: &mut Recorder,
        project: &Arc<Project>,
        sid: Sid,
        report: PlatformReport,
    ) -> Result<Taken, TakeError> {
        let Some(mut resource) = self.resources.remove(&sid) else {
            return Err(if self.unreadable.contains_key(&sid) {
                TakeError::Unreadable
            } else {
                TakeError::NotFound
            });
        };
        let result = match suits(&resource, project.id, report.kind) {
            Ok(()) => {
                let reported = self.move_on(recorder, project, &mut resource, report);
                Ok(Taken {
                    sid,
                    verdict: reported.verdict,
                    seq: reported.seq,
                    event: EventSeen::New,
                })
            }
            Err(error) => Err(error),
        };
        self.resources.insert(sid, resource);
        result
    }

    /// Gives a report to its resource. Its subscription counts from this change on, so only
    /// if there is one.
    fn move_on(
        &mut self,
        recorder: &mut Recorder,
        project: &Project,
        resource: &mut Resource,
        report: PlatformReport,
    ) -> Reported {
        let PlatformReport {
            news,
            subscribe,
            told,
            warnings,
            ..
        } = report;
        match resource.report(news, self.now) {
            Ok(mut change) => {
                change.told = told.kept();
                let reported = Reported {
                    verdict: Verdict::Accepted(change.gap),
                    seq: Some(change.seq),
                };
                subscribed(resource, subscribe);
                for text in warnings {
                    self.warn(project.id, resource.sid, text);
                }
                self.owe(recorder, project, resource, change);
                reported
            }
            Err(mut rejected) => {
                rejected.told = told.kept();
                self.reject(resource, *rejected)
            }
        }
    }

    fn begin(
        &mut self,
        recorder: &mut Recorder,
        project: &Arc<Project>,
        report: PlatformReport,
    ) -> Result<Taken, TakeError> {
        let Some(name) = report.name.external().cloned() else {
            return Err(TakeError::NotFound);
        };
        let PlatformReport {
            news,
            new,
            subscribe,
            told,
            depth,
            warnings,
            ..
        } = report;
        let new = new.map_err(|missing| TakeError::Incomplete { missing })?;
        let numbers = &mut recorder.numbers;
        let origin = Origin {
            sid: Sid::new(numbers.id(self.now)),
            ordinal: numbers.ordinal + 1,
            project: project.id,
            depth,
            at: self.now,
        };
        let media_sid = || Sid::new(numbers.id(self.now));
        let (subscriptions, nobody) = match subscribe {
            Subscribe::To(subscription) => (vec![subscription], false),
            Subscribe::Unchanged => (Vec::new(), false),
            Subscribe::Nobody => (Vec::new(), true),
        };
        let external_id = Some(Arc::clone(&name));
        let began = Resource::begin(origin, external_id, new, news, subscriptions, media_sid);
        let (mut resource, mut change) = began.map_err(|_| TakeError::Direction)?;
        recorder.numbers.ordinal += 1;
        self.tie(recorder, &mut resource, Ties::default());
        if nobody {
            unsubscribed(&mut resource);
        }
        change.told = told.kept();
        let taken = Taken {
            sid: origin.sid,
            verdict: Verdict::Accepted(change.gap),
            seq: Some(change.seq),
            event: EventSeen::New,
        };
        for text in warnings {
            self.warn(project.id, origin.sid, text);
        }
        self.owe(recorder, project, &mut resource, change);
        self.resources.insert(origin.sid, resource);
        self.externals.insert((project.id, name), origin.sid);
        Ok(taken)
    }
}

const fn again(known: &KnownEvent) -> Taken {
    Taken {
        sid: known.resource,
        verdict: known.verdict,
        seq: known.seq,
        event: EventSeen::Before,
    }
}

/// Whether a report may be one of `resource`.
fn suits(resource: &Resource, project: ProjectId, kind: Kind) -> Result<(), TakeError> {
    if resource.project != project {
        Err(TakeError::NotFound)
    } else if resource.presence == Presence::Deleted {
        Err(TakeError::Deleted)
    } else if resource.kind() != kind {
        Err(TakeError::OtherKind {
            is: resource.kind(),
        })
    } else {
        Ok(())
    }
}

/// Puts a subscription in the place of the one that there is; its count goes on.
fn subscribed(resource: &mut Resource, subscribe: Subscribe) {
    match subscribe {
        Subscribe::Unchanged => {}
        Subscribe::Nobody => {
            resource.subscriptions.clear();
            unsubscribed(resource);
        }
        Subscribe::To(new) => resource.subscribe(new),
    }
}

/// Who is not named does not hear of it by the project's default either; a number's own
/// callback is no report's to stop.
fn unsubscribed(resource: &mut Resource) {
    resource
        .inherited
        .take_if(|inherited| inherited.interest != Interest::Number);
}
