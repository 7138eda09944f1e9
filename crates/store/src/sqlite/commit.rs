//! Writes one batch in one transaction: whole, or nothing of it.
//!
//! Called by the writer's thread alone.

use std::collections::HashMap;
use std::sync::Arc;

use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::resource::Resource;
use rusqlite::{Connection, TransactionBehavior};
use tracing::warn;

use super::error::{ReadError, WriteError};
use super::outcomes::Moving;
use super::{
    attempts, callbacks, changes, clock, entries, events, owed, projects, resources, retention,
    settled, steps, warnings,
};
use crate::batch::{Batch, Erasure, Outcome};

/// Writes `batch`. On [`WriteError::Broken`] the connection is not to be used again.
pub fn write(db: &mut Connection, batch: &Batch) -> Result<(), WriteError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match write_all(&transaction, batch) {
        // From here on an error leaves it open whether it is written.
        Ok(()) => transaction.commit().map_err(WriteError::at_commit)?,
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
    write_resources(db, &mut known, batch)?;
    for (resource, step) in &batch.steps {
        steps::put(db, *resource, step.as_ref())?;
    }
    let mut adding = changes::Adding::new(db)?;
    for change in &batch.changes {
        adding.add(known.resource(db, change.resource)?, change)?;
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
    write_callbacks(db, &mut known, batch)?;
    for replay in &batch.replays {
        settled::replay(db, replay)?;
    }
    for (callback, due) in &batch.hurried {
        owed::hurry(db, *callback, *due)?;
    }
    for erasure in &batch.erasures {
        erase(db, known.resource(db, erasure.resource)?, erasure)?;
    }
    retention::remove(db, &batch.removals)?;
    for project in &batch.projects {
        projects::put(db, project)?;
    }
    for change in &batch.entries {
        entries::write(db, change)?;
    }
    if let Some(rebase) = batch.rebase {
        steps::rebase(db, rebase.micros)?;
        owed::rebase(db, rebase.micros)?;
        entries::rebase(db, rebase.micros)?;
        clock::set_rebased(db, rebase.total_micros)?;
    }
    if let Some(number) = batch.kept_until {
        clock::set_kept_until(db, number)?;
    }
    Ok(())
}

/// By ordinal, so that new ones are added at the table's end.
fn write_resources(
    db: &Connection,
    known: &mut Known<'_>,
    batch: &Batch,
) -> Result<(), WriteError> {
    let mut resources: Vec<&Resource> = batch.resources.iter().collect();
    resources.sort_unstable_by_key(|resource| resource.ordinal);
    let mut putting = resources::Putting::new(db)?;
    for resource in resources {
        putting.put(resource)?;
        known
            .resources
            .insert(resource.sid, resource.ordinal.cast_signed());
    }
    Ok(())
}

/// New callbacks, and what became of others.
fn write_callbacks<'a>(
    db: &Connection,
    known: &mut Known<'a>,
    batch: &'a Batch,
) -> Result<(), WriteError> {
    let mut moving = Moving::new(db)?;
    let mut words = callbacks::Adding::new(db)?;
    for callback in &batch.callbacks {
        let resource = known.resource(db, callback.resource)?;
        let destination = known.destination(db, callback.project, &callback.destination)?;
        words.add(resource, destination, callback)?;
        moving.put(destination, callback)?;
    }
    // By position, so that rows of `settled` are added at its end; a callback's own outcomes
    // stay in their order.
    let mut outcomes: Vec<&Outcome> = batch.outcomes.iter().collect();
    outcomes.sort_by_key(|outcome| outcome.position);
    for outcome in outcomes {
        moving.settle(outcome)?;
    }
    Ok(())
}

fn erase(db: &Connection, resource: i64, erasure: &Erasure) -> Result<(), WriteError> {
    changes::redact(db, resource)?;
    for (callback, body) in &erasure.bodies {
        match callbacks::redact(db, *callback, body)? {
            Some(position) => {
                attempts::redact(db, position)?;
                settled::redact(db, position)?;
            }
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
