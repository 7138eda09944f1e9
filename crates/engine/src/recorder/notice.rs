//! Failure notices: a project is told of callbacks that were given up.
//!
//! Part of the group: a notice is a callback of its own, recorded in the commit of the failure
//! it tells of. Never about itself: one that fails is not told of.

use ringback_domain::attempt::AttemptResult;
use ringback_domain::callback::{Callback, CallbackState, Encoding, FAILURE_NOTICE};
use ringback_domain::id::CallbackId;
use ringback_domain::subscription::Method;
use ringback_store::StoreError;
use ringback_wire::failure_notice::{Reason, render};

use super::group::Group;
use super::{Recorder, Tried, Waiting};

/// The positions of callbacks that failed.
pub(super) fn failures(tried: &[Tried]) -> impl Iterator<Item = u64> {
    let failed = |tried: &&Tried| tried.outcome.state == CallbackState::Failed;
    tried
        .iter()
        .filter(failed)
        .map(|tried| tried.callback.position)
}

impl Group {
    /// Looks whether failures that may be recorded already are: they are not told of twice.
    pub(super) async fn look_for_told_failures(
        &mut self,
        recorder: &Recorder,
        waiting: &Waiting,
    ) -> Result<(), StoreError> {
        for tried in &waiting.outcomes {
            let Tried { callback, .. } = tried;
            if !recorder.doubtful.contains(&callback.position) {
                continue;
            }
            let stored = recorder.parts.store.callbacks(callback.resource).await?;
            let failed = stored
                .iter()
                .filter(|stored| stored.state == CallbackState::Failed);
            self.told_failures
                .extend(failed.map(|stored| stored.position));
        }
        Ok(())
    }

    /// Owes a project the notice of a callback that has failed, if it wants to hear of that.
    pub(super) fn tell_of_failure(&mut self, recorder: &mut Recorder, tried: &Tried) {
        let failed = &tried.callback;
        let project = recorder.parts.projects.get(failed.project);
        let url = project.and_then(|it| it.settings.failure_url.clone());
        let Some(url) = url else {
            return;
        };
        if failed.is_failure_notice() || self.told_failures.contains(&failed.position) {
            return;
        }
        let address = recorder.addresses.of(&url);
        recorder.numbers.position += 1;
        let notice = Callback {
            id: CallbackId::new(recorder.numbers.id(self.now)),
            position: recorder.numbers.position,
            project: failed.project,
            resource: failed.resource,
            seq: failed.seq,
            status: FAILURE_NOTICE.into(),
            url: address.url,
            destination: address.destination,
            method: Method::Post,
            encoding: Encoding::Json,
            body: render(failed, reason(tried), self.now).into(),
            depth: failed.depth.saturating_add(1),
            recorded_at: self.now,
            state: CallbackState::Pending,
            due: self.now,
            attempts: 0,
            first_failed_at: None,
            settled_at: None,
            replay: None,
        };
        self.recorded.callbacks.push(notice.clone());
        self.batch.callbacks.push(notice);
    }
}

fn reason(tried: &Tried) -> Reason<'_> {
    let attempt = tried.outcome.attempt.as_ref();
    match attempt.map(|attempt| &attempt.result) {
        Some(AttemptResult::Failed { code, detail }) => Reason {
            code: Some(code.as_str()),
            detail,
        },
        Some(AttemptResult::Accepted) | None => Reason {
            code: None,
            detail: "The URL is none that can be sent to; it was not tried.",
        },
    }
}
