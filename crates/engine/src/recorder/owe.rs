//! From a report to a change, and to the callbacks that are owed for it.
//!
//! Part of the group. Which callbacks there are is the dialect's choice, made in wire.

use std::sync::Arc;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::change::{Change, News, Rejected};
use ringback_domain::id::CallbackId;
use ringback_domain::project::Project;
use ringback_domain::resource::Resource;
use ringback_domain::subscription::{Method, Subscription};
use ringback_domain::verdict::Verdict;
use ringback_wire::callback::{self as rendering, Rendered};
use ringback_wire::form;
use ringback_wire::url::CallbackUrl;

use super::Recorder;
use super::group::Group;
use crate::feed::{Event, Parties};
use crate::handle::Reported;

impl Group {
    /// Gives a report to its resource.
    pub(super) fn take(
        &mut self,
        recorder: &mut Recorder,
        project: &Project,
        resource: &mut Resource,
        news: News,
    ) -> Reported {
        match resource.report(news, self.now) {
            Ok(change) => {
                let reported = Reported {
                    verdict: Verdict::Accepted(change.gap),
                    seq: Some(change.seq),
                };
                self.owe(recorder, project, resource, change);
                reported
            }
            Err(rejected) => self.reject(resource, *rejected),
        }
    }

    /// Records a report that changed nothing.
    pub(super) fn reject(&mut self, resource: &Resource, rejected: Rejected) -> Reported {
        let reported = Reported {
            verdict: rejected.verdict,
            seq: None,
        };
        self.events.push(Event::Rejected {
            project: resource.project,
            parties: parties(resource),
            rejected: rejected.clone(),
        });
        self.batch.rejected.push(rejected);
        reported
    }

    /// Records a change and the callbacks that are owed for it.
    pub(super) fn owe(
        &mut self,
        recorder: &mut Recorder,
        project: &Project,
        resource: &mut Resource,
        change: Change,
    ) {
        let mut count = 0;
        let mut own = std::mem::take(&mut resource.subscriptions);
        for subscription in &mut own {
            count += self.owe_to(recorder, project, resource, &change, subscription);
        }
        resource.subscriptions = own;
        if let Some(mut heir) = self.heir(recorder, project, resource) {
            count += self.owe_to(recorder, project, resource, &change, &mut heir);
            if let Some(inherited) = &mut resource.inherited {
                inherited.next_sequence = heir.next_sequence;
            }
        }
        if let Some((mut listener, rendered)) = rendering::detection(resource, &change) {
            let rendered = vec![rendered];
            count += self.owe_rendered(recorder, resource, &change, &mut listener, rendered);
        }
        recorder.registry.note(resource, project);
        self.touch(resource.sid);
        if recorder.parts.feed.receiver_count() > 0 {
            self.events.push(Event::Changed {
                parties: parties(resource),
                callbacks: count,
                change: change.clone(),
            });
        }
        self.batch.changes.push(change);
    }

    /// Records the callbacks that are owed to one subscription, and says how many.
    fn owe_to(
        &mut self,
        recorder: &mut Recorder,
        project: &Project,
        resource: &Resource,
        change: &Change,
        subscription: &mut Subscription,
    ) -> usize {
        let rendered = rendering::owed(resource, change, subscription, &project.settings);
        self.owe_rendered(recorder, resource, change, subscription, rendered)
    }

    /// Records callbacks to one subscription, and says how many they are.
    fn owe_rendered(
        &mut self,
        recorder: &mut Recorder,
        resource: &Resource,
        change: &Change,
        subscription: &mut Subscription,
        rendered: Vec<Rendered>,
    ) -> usize {
        let count = rendered.len();
        if count == 0 {
            return 0;
        }
        let method = rendering::method(resource.kind(), subscription.method);
        if let Some(doubled) = doubled(subscription, method, &rendered[0].body) {
            self.warn(resource.project, resource.sid, doubled);
        }
        subscription.next_sequence += u32::try_from(count).unwrap_or(u32::MAX);
        let address = recorder.addresses.of(&subscription.url);
        for one in rendered {
            recorder.numbers.position += 1;
            let callback = Callback {
                id: CallbackId::new(recorder.numbers.id(self.now)),
                position: recorder.numbers.position,
                project: resource.project,
                resource: resource.sid,
                seq: change.seq,
                status: one.status.into(),
                url: Arc::clone(&address.url),
                destination: Arc::clone(&address.destination),
                method,
                encoding: one.encoding,
                body: one.body.into(),
                depth: resource.depth,
                recorded_at: self.now,
                state: CallbackState::Pending,
                due: self.now,
                attempts: 0,
                first_failed_at: None,
                settled_at: None,
                replay: None,
            };
            self.recorded.callbacks.push(callback.clone());
            self.batch.callbacks.push(callback);
        }
        count
    }
}

/// Says which parameters a GET sends twice, once: with its first callback.
fn doubled(subscription: &Subscription, method: Method, body: &str) -> Option<String> {
    if method == Method::Post || subscription.next_sequence > 0 {
        return None;
    }
    let url = CallbackUrl::parse(&subscription.url).ok()?;
    let (_, doubled) = url.with_query(&form::decode(body));
    (!doubled.is_empty()).then(|| {
        let names = doubled.join(", ");
        format!("the callback's URL has parameters of its own named {names}; both are sent")
    })
}

fn parties(resource: &Resource) -> Parties {
    let (from, to) = resource.body.parties();
    Parties {
        kind: resource.kind(),
        from: from.to_owned(),
        to: to.to_owned(),
    }
}
