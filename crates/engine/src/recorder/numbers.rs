//! Where ids and numbers go on.
//!
//! Read from the store at the start and after a commit that may have been recorded; counted on
//! by the groups.

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ringback_domain::id::IdSequence;
use ringback_domain::time::Timestamp;
use ringback_store::Opening;

/// Where ids and numbers go on.
pub(super) struct Numbers {
    ids: IdSequence,
    rng: ChaCha8Rng,
    pub(super) ordinal: u64,
    pub(super) position: u64,
    /// By how much the stored times were rebased in all.
    pub(super) rebased_micros: i64,
}

impl Numbers {
    /// After all that is recorded.
    pub(super) fn new(opening: &Opening, seed: u64) -> Self {
        Self {
            ids: IdSequence::after(opening.last_id),
            rng: ChaCha8Rng::seed_from_u64(seed),
            ordinal: opening.last_ordinal,
            position: opening.last_position,
            rebased_micros: opening.rebased_micros,
        }
    }

    /// For those that are read anew after a doubtful commit.
    pub(super) fn next_seed(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// The next id.
    pub(super) fn id(&mut self, now: Timestamp) -> uuid::Uuid {
        let random = self.rng.next_u64();
        self.ids.next(now, random)
    }
}
