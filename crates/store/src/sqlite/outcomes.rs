//! How far callbacks are: puts each into `pending`, `aside` or `settled`, and moves it.
//!
//! Made for each batch. A callback is in exactly one of the three.

use ringback_domain::attempt::AttemptResult;
use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::time::Timestamp;
use rusqlite::Connection;
use tracing::warn;

use super::attempts::{self, Columns};
use super::callbacks::{Finding, Found};
use super::error::WriteError;
use super::owed::{self, Due, Pending};
use super::settled::{self, End};
use crate::batch::Outcome;

/// Puts and moves the callbacks of a batch.
pub struct Moving<'db> {
    db: &'db Connection,
    finding: Finding<'db>,
    pending: Pending<'db>,
    settled: settled::Adding<'db>,
}

/// Where a callback was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Was {
    Owed,
    Settled,
}

/// How far a callback is.
#[derive(Clone, Copy, Debug)]
struct Standing {
    callback: i64,
    destination: i64,
    state: CallbackState,
    due: Timestamp,
    attempts: u32,
    first_failed_at: Option<Timestamp>,
    settled_at: Option<Timestamp>,
}

impl<'db> Moving<'db> {
    /// In `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        Ok(Self {
            db,
            finding: Finding::new(db)?,
            pending: Pending::new(db)?,
            settled: settled::Adding::new(db)?,
        })
    }

    /// Puts a new callback to the destination with this id where it belongs.
    pub fn put(&mut self, destination: i64, callback: &Callback) -> Result<(), WriteError> {
        let standing = Standing {
            callback: callback.position.cast_signed(),
            destination,
            state: callback.state,
            due: callback.due,
            attempts: callback.attempts,
            first_failed_at: callback.first_failed_at,
            settled_at: callback.settled_at,
        };
        self.place(&standing, None)
    }

    /// Writes what became of a callback; one that is unknown is passed over.
    pub fn settle(&mut self, outcome: &Outcome) -> Result<(), WriteError> {
        let Some(found) = self.finding.of(outcome)? else {
            warn!(callback = %outcome.callback, "an outcome of an unknown callback is ignored");
            return Ok(());
        };
        let was = self.take_out(found)?;
        let standing = Standing {
            callback: found.position,
            destination: found.destination,
            state: outcome.state,
            due: outcome.due,
            attempts: outcome.attempts,
            first_failed_at: outcome.first_failed_at,
            settled_at: outcome.settled_at,
        };
        let Some(attempt) = &outcome.attempt else {
            return self.place(&standing, None);
        };
        let columns = Columns::new(attempt, found);
        // Told again, it may be in `attempt` already.
        let first = was == Was::Owed && outcome.state == CallbackState::Delivered;
        if first && attempt.result == AttemptResult::Accepted {
            self.place(&standing, Some(&columns))
        } else {
            self.place(&standing, None)?;
            attempts::add(self.db, found.position, &columns)
        }
    }

    fn take_out(&mut self, found: Found) -> Result<Was, WriteError> {
        if self.pending.remove(found.destination, found.position)?
            || owed::remove_aside(self.db, found.position)?
        {
            return Ok(Was::Owed);
        }
        settled::remove(self.db, found.position)?;
        Ok(Was::Settled)
    }

    fn place(
        &mut self,
        standing: &Standing,
        accepted: Option<&Columns<'_>>,
    ) -> Result<(), WriteError> {
        let due = Due {
            callback: standing.callback,
            destination: standing.destination,
            at: standing.due,
            attempts: standing.attempts,
            first_failed_at: standing.first_failed_at,
        };
        match standing.state {
            CallbackState::Pending => self.pending.add(&due),
            CallbackState::Aside => owed::add_aside(self.db, &due),
            state
            @ (CallbackState::Delivered | CallbackState::Failed | CallbackState::Canceled) => {
                let end = End {
                    callback: standing.callback,
                    state,
                    due: standing.due,
                    attempts: standing.attempts,
                    first_failed_at: standing.first_failed_at,
                    settled_at: standing.settled_at,
                };
                self.settled.add(&end, accepted)
            }
        }
    }
}
