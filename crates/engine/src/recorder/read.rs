//! What a group reads before it is applied: resources that the cache has not, the callbacks
//! of those that are to be erased.
//!
//! Part of the group. One row that cannot be read keeps none of the others from being served.

use std::collections::BTreeSet;

use ringback_domain::id::Sid;
use ringback_domain::resource::Resource;
use ringback_store::{Store, StoreError};

use super::group::Group;
use super::{Command, Recorder, Waiting, chain};

impl Group {
    /// Reads what the commands need and the cache has not.
    pub(super) async fn prepare(
        recorder: &mut Recorder,
        waiting: &Waiting,
    ) -> Result<Self, StoreError> {
        let mut group = Self::at(recorder.parts.clock.now());
        let mut missing = BTreeSet::new();
        group.look_up(recorder, waiting).await?;
        let called: Vec<Sid> = group.externals.values().copied().collect();
        let named = waiting.commands.iter().filter_map(Command::resource);
        for sid in named
            .chain(called)
            .chain(waiting.steps.iter().map(|step| step.resource))
            .chain(waiting.done.iter().map(|done| done.resource))
        {
            if group.resources.contains_key(&sid) {
                continue;
            }
            match recorder.cache.get(&sid) {
                Some(resource) => drop(group.resources.insert(sid, resource.clone())),
                None => drop(missing.insert(sid)),
            }
        }
        group
            .read(&*recorder.parts.store, missing.into_iter().collect())
            .await?;
        for command in &waiting.commands {
            if let Command::Erase { sid, .. } = command {
                group.read_callbacks(&*recorder.parts.store, *sid).await?;
            }
        }
        group.look_for_told_failures(recorder, waiting).await?;
        Ok(group)
    }

    /// Reads resources. One that cannot be read keeps none of the others from being served.
    pub(super) async fn read(
        &mut self,
        store: &dyn Store,
        missing: Vec<Sid>,
    ) -> Result<(), StoreError> {
        if missing.is_empty() {
            return Ok(());
        }
        match store.resources(&missing).await {
            Ok(found) => self.resources.extend(by_sid(found)),
            Err(StoreError::Damaged { .. }) => {
                for sid in missing {
                    match store.resources(&[sid]).await {
                        Ok(found) => self.resources.extend(by_sid(found)),
                        Err(error @ StoreError::Damaged { .. }) => {
                            tracing::error!(%sid, error = chain(&error), "cannot be read");
                            self.unreadable.insert(sid, error.into());
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads the callbacks of a resource that is to be erased: all of them, or it cannot be.
    async fn read_callbacks(&mut self, store: &dyn Store, sid: Sid) -> Result<(), StoreError> {
        match store.callbacks(sid).await {
            Ok(callbacks) => drop(self.erasable.insert(sid, callbacks)),
            Err(error @ StoreError::Damaged { .. }) => {
                self.resources.remove(&sid);
                self.unreadable.insert(sid, error.into());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

fn by_sid(found: Vec<Option<Resource>>) -> impl Iterator<Item = (Sid, Resource)> {
    let found = found.into_iter().flatten();
    found.map(|resource| (resource.sid, resource))
}
