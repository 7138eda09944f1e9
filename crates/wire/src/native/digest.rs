//! Digests of reports: by which an event is known, and by which the same one is told from
//! another.
//!
//! Made of what a report says, not of its bytes: blanks and the order of keys do not count.

use ringback_domain::event::{EventContent, EventKey};
use ringback_domain::id::ProjectId;
use ringback_domain::resource::Kind;
use sha2::{Digest as _, Sha256};

/// Which event this is.
pub(super) fn key(project: ProjectId, kind: Kind, event_id: &str) -> EventKey {
    let mut digest = Digest::new();
    digest.part(Some(project.as_bytes()));
    digest.part(Some(kind.as_str().as_bytes()));
    digest.part(Some(event_id.as_bytes()));
    EventKey(digest.finish())
}

/// What these parts say.
pub(super) fn content<'a>(parts: impl IntoIterator<Item = Option<&'a str>>) -> EventContent {
    let mut digest = Digest::new();
    for part in parts {
        digest.part(part.map(str::as_bytes));
    }
    EventContent(digest.finish())
}

/// Takes in parts so that no two lists of parts look alike.
struct Digest(Sha256);

impl Digest {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn part(&mut self, part: Option<&[u8]>) {
        // No part is so long as a missing one.
        let length = part.map_or(u64::MAX, |part| part.len() as u64);
        self.0.update(length.to_be_bytes());
        self.0.update(part.unwrap_or_default());
    }

    /// Half of the digest: 128 bits keep events apart.
    fn finish(self) -> [u8; 16] {
        let whole = self.0.finalize();
        let mut half = [0; 16];
        half.copy_from_slice(&whole[..16]);
        half
    }
}
