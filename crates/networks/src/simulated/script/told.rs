//! What other resources tell a call: its legs, its other end, who dialled it.
//!
//! Part of a run.

use ringback_domain::change::Status;
use ringback_engine::network::{Next, Performed, Word};

use super::Run;

impl Run<'_, '_> {
    /// Takes what another resource says.
    pub(in super::super) fn told(mut self, word: &Word) -> Performed {
        self.performed.next = Next::AsPlanned;
        match word {
            Word::End(ending) => return self.ends(*ending),
            Word::Stands {
                sid,
                status: Status::Call(status),
            } if self.memo.peer == Some(*sid) => return self.peer_stands(*status),
            Word::Stands {
                sid,
                status: Status::Call(status),
            } => self.leg_stands(*sid, *status),
            // A recording's own way, and what is for a recording.
            Word::Stands { .. } | Word::Stop | Word::Said(_) => {}
        }
        self.done()
    }
}
