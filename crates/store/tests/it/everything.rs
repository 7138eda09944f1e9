//! All that can be read of a store, to be compared as a whole.

use std::sync::Arc;

use ringback_domain::attempt::Attempt;
use ringback_domain::callback::Callback;
use ringback_domain::change::{Change, Rejected};
use ringback_domain::id::{CallbackId, ProjectId, Sid};
use ringback_domain::resource::{Kind, Resource};
use ringback_domain::time::Timestamp;
use ringback_store::{ListQuery, Opening, Step, Store};

use crate::fixture::project;

/// More than any of these tests has.
const MANY: u32 = 10_000;

/// Whose, and where.
type Destination = (ProjectId, Arc<str>);

#[derive(Debug, PartialEq)]
pub struct Everything {
    opening: Opening,
    resources: Vec<Option<Resource>>,
    lists: Vec<Vec<Resource>>,
    steps: Vec<Step>,
    owed: Vec<(Destination, Vec<Callback>)>,
    aside: Vec<Callback>,
    next_aside: Option<Timestamp>,
    unsettled: u64,
    changes: Vec<Vec<Change>>,
    rejected: Vec<Vec<Rejected>>,
    callbacks: Vec<Vec<Callback>>,
    attempts: Vec<Vec<Attempt>>,
}

impl Everything {
    /// Reads it, for these resources and callbacks.
    pub async fn read(store: &dyn Store, sids: &[Sid], callbacks: &[CallbackId]) -> Self {
        let mut everything = Self {
            opening: store.opening().await.unwrap(),
            resources: store.resources(sids).await.unwrap(),
            lists: Vec::new(),
            steps: store.steps(None, MANY).await.unwrap(),
            owed: Vec::new(),
            aside: store
                .aside_due(Timestamp::from_micros(i64::MAX), MANY)
                .await
                .unwrap(),
            next_aside: store.next_aside().await.unwrap(),
            unsettled: store.unsettled().await.unwrap(),
            changes: Vec::new(),
            rejected: Vec::new(),
            callbacks: Vec::new(),
            attempts: Vec::new(),
        };
        for kind in Kind::ALL {
            let list = store.list(&all(kind)).await.unwrap();
            everything.lists.push(list);
        }
        let mut destinations = store.destinations_owed().await.unwrap();
        destinations.sort();
        for (project, origin) in destinations {
            let owed = store.owed(project, &origin, 0, MANY).await.unwrap();
            everything.owed.push(((project, origin), owed));
        }
        for sid in sids {
            everything.changes.push(store.changes(*sid).await.unwrap());
            everything
                .rejected
                .push(store.rejected(*sid).await.unwrap());
            everything
                .callbacks
                .push(store.callbacks(*sid).await.unwrap());
        }
        for id in callbacks {
            everything.attempts.push(store.attempts(*id).await.unwrap());
        }
        everything
    }
}

/// A project's whole list.
pub fn all(kind: Kind) -> ListQuery {
    ListQuery::all(project(1), kind, MANY)
}
