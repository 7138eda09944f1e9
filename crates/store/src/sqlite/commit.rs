//! Writes one batch in one transaction: whole, or nothing of it.
//!
//! Called by the writer's thread alone.

use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::id::{ProjectId, Sid};
use rusqlite::{Connection, TransactionBehavior};
use tracing::warn;

use super::error::{ReadError, WriteError};
use super::{attempts, callbacks, changes, clock, events, projects, resources, steps, warnings};
use crate::batch::{Batch, Erasure, Outcome};

/// Writes `batch`. On [`WriteError::Broken`] the connection is not to be used again.
pub fn write(db: &mut Connection, batch: &Batch) -> Result<(), WriteError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match write_all(&transaction, batch) {
        Ok(()) => transaction.commit()?,
        Err(error) => {
            // SQLite may have rolled back by itself: asked twice, it is an error.
            if !transaction.is_autocommit() {
                transaction.rollback().map_err(WriteError::Broken)?;
            }
            return Err(error);
        }
    }
    Ok(())
}

fn write_all(db: &Connection, batch: &Batch) -> Result<(), WriteError> {
    let mut known = Known::default();
    for resource in &batch.resources {
        resources::put(db, resource)?;
        known
            .resources
            .insert(resource.sid, resource.ordinal.cast_signed());
    }
    for (resource, step) in &batch.steps {
        steps::put(db, *resource, step.as_ref())?;
    }
    for change in &batch.changes {
        changes::add(db, known.resource(db, change.resource)?, change)?;
    }
    for rejected in &batch.rejected {
        changes::add_rejected(db, known.resource(db, rejected.resource)?, rejected)?;
    }
    for warning in &batch.warnings {
        warnings::add(db, known.resource(db, warning.resource)?, warning)?;
    }
    for event in &batch.events {
        events::add(db, known.resource(db, event.resource)?, event)?;
    }
    for callback in &batch.callbacks {
        let resource = known.resource(db, callback.resource)?;
        let destination = known.destination(db, callback.project, &callback.destination)?;
        callbacks::add(db, resource, destination, callback)?;
    }
    for outcome in &batch.outcomes {
        settle(db, outcome)?;
    }
    for replay in &batch.replays {
        callbacks::replay(db, replay)?;
    }
    for (callback, due) in &batch.hurried {
        callbacks::hurry(db, *callback, *due)?;
    }
    for erasure in &batch.erasures {
        erase(db, known.resource(db, erasure.resource)?, erasure)?;
    }
    for project in &batch.projects {
        projects::put(db, project)?;
    }
    if let Some(rebase) = batch.rebase {
        steps::rebase(db, rebase.micros)?;
        callbacks::rebase(db, rebase.micros)?;
        clock::set_rebased(db, rebase.total_micros)?;
    }
    Ok(())
}

fn settle(db: &Connection, outcome: &Outcome) -> Result<(), WriteError> {
    match (callbacks::settle(db, outcome)?, &outcome.attempt) {
        (Some(callback), Some(attempt)) => attempts::add(db, callback, attempt),
        (Some(_), None) => Ok(()),
        (None, _) => {
            warn!(callback = %outcome.callback, "an outcome of an unknown callback is ignored");
            Ok(())
        }
    }
}

fn erase(db: &Connection, resource: i64, erasure: &Erasure) -> Result<(), WriteError> {
    changes::redact(db, resource)?;
    for (callback, body) in &erasure.bodies {
        match callbacks::redact(db, *callback, body)? {
            Some(position) => attempts::redact(db, position)?,
            None => warn!(%callback, "an erasure of an unknown callback is ignored"),
        }
    }
    Ok(())
}

/// Numbers that were looked up for this batch: many of its rows name the same few things.
#[derive(Default)]
struct Known<'a> {
    resources: HashMap<Sid, i64>,
    destinations: HashMap<(ProjectId, &'a str), i64>,
}

impl<'a> Known<'a> {
    fn resource(&mut self, db: &Connection, sid: Sid) -> Result<i64, WriteError> {
        if let Some(ordinal) = self.resources.get(&sid) {
            return Ok(*ordinal);
        }
        let ordinal = resources::ordinal(db, sid)?
            .ok_or_else(|| WriteError::Refused(ReadError::unknown("resource", sid.to_string())))?;
        self.resources.insert(sid, ordinal);
        Ok(ordinal)
    }

    fn destination(
        &mut self,
        db: &Connection,
        project: ProjectId,
        origin: &'a Arc<str>,
    ) -> Result<i64, WriteError> {
        if let Some(id) = self.destinations.get(&(project, &**origin)) {
            return Ok(*id);
        }
        let id = callbacks::destination(db, project, origin)?;
        self.destinations.insert((project, origin), id);
        Ok(id)
    }
}
