//! Who may use the engine: the projects, as they stand now.
//!
//! Shared by the server, which lets callers in, the recorder, and the dispatcher, which asks
//! for the keys of every attempt. Changed by the recorder alone, once the change is durable,
//! so that nothing that was revoked comes back by a crash.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use ringback_domain::id::ProjectId;
use ringback_domain::project::{Project, TokenDigest};
use ringback_wire::keyring::KeyRing;

use crate::hash::HashMap;

/// The projects. Cheap to clone; all clones see every change.
#[derive(Clone, Debug, Default)]
pub struct Projects(Arc<RwLock<HashMap<ProjectId, Known>>>);

#[derive(Clone, Debug)]
struct Known {
    project: Arc<Project>,
    keys: Arc<KeyRing>,
}

impl Known {
    fn new(project: Project) -> Self {
        Self {
            keys: Arc::new(KeyRing::new(&project.keys)),
            project: Arc::new(project),
        }
    }
}

impl Projects {
    /// These projects.
    pub fn new(projects: impl IntoIterator<Item = Project>) -> Self {
        let known = projects
            .into_iter()
            .map(|project| (project.id, Known::new(project)));
        Self(Arc::new(RwLock::new(known.collect())))
    }

    /// The project with this id.
    pub fn get(&self, id: ProjectId) -> Option<Arc<Project>> {
        self.read().get(&id).map(|known| Arc::clone(&known.project))
    }

    /// The keys of the project with this id.
    pub fn keys(&self, id: ProjectId) -> Option<Arc<KeyRing>> {
        self.read().get(&id).map(|known| Arc::clone(&known.keys))
    }

    /// The project that has a token with this digest. A digest tells nothing of the tokens
    /// beside it, so that comparing it needs no constant time.
    pub fn with_token(&self, digest: &TokenDigest) -> Option<Arc<Project>> {
        let known = self.read();
        let mut holders = known.values().filter(|known| {
            let mut tokens = known.project.tokens.iter();
            tokens.any(|token| token.digest == *digest)
        });
        holders.next().map(|known| Arc::clone(&known.project))
    }

    /// Whether both are one project, or one is a subproject of the other.
    pub fn are_related(&self, one: ProjectId, other: ProjectId) -> bool {
        let known = self.read();
        let is_parent = |of: ProjectId, parent: ProjectId| {
            let project = known.get(&of).map(|known| &known.project);
            project.is_some_and(|project| project.parent == Some(parent))
        };
        one == other || is_parent(one, other) || is_parent(other, one)
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<Arc<Project>> {
        let known = self.read();
        let mut all: Vec<_> = known
            .values()
            .map(|known| Arc::clone(&known.project))
            .collect();
        all.sort_by_key(|project| (project.created_at, project.id));
        all
    }

    /// Adds a project, or replaces it.
    pub(crate) fn put(&self, project: Project) {
        let known = Known::new(project);
        let mut projects = self.0.write().unwrap_or_else(PoisonError::into_inner);
        projects.insert(known.project.id, known);
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<ProjectId, Known>> {
        // Nothing panics while it is written: the map is whole.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
