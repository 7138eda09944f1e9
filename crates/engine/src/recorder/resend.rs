//! Callbacks that are sent again because somebody asks for it.
//!
//! Part of the group.

use ringback_domain::id::CallbackId;
use ringback_domain::time::Timestamp;
use ringback_store::ReplayOrder;

use super::Recorder;
use super::group::Group;
use super::kept::Reserve;
use crate::handle::{BUSY, RecordError};

impl Group {
    /// Sends settled callbacks again, and those that were set aside at another time.
    pub(super) fn resend(
        &mut self,
        recorder: &Recorder,
        replays: Vec<ReplayOrder>,
        hurried: Vec<(CallbackId, Timestamp)>,
    ) -> Result<(), RecordError> {
        let named = replays.iter().map(|replay| replay.callback);
        let mut named = named.chain(hurried.iter().map(|(callback, _)| *callback));
        // What became of such a one may be recorded already, and will be once more: that would
        // end what is asked for now before it has begun. Whose outcomes are in the reserve is
        // not known; it is empty again soon, or the store takes nothing in any case.
        let waiting = &recorder.backlog;
        if recorder.reserve == Reserve::Holds
            || named.any(|id| waiting.iter().any(|tried| tried.outcome.callback == id))
        {
            return Err(BUSY);
        }
        let due = replays.iter().map(|replay| replay.due);
        let due = due.chain(hurried.iter().map(|(_, due)| *due));
        let first = due.min().map(|due| recorder.parts.clock.instant(due));
        let others = self.recorded.aside_due;
        self.recorded.aside_due = first.into_iter().chain(others).min();
        self.batch.replays.extend(replays);
        self.batch.hurried.extend(hurried);
        Ok(())
    }
}
