//! What must hold in the end, when nothing has failed for long.

use futures_util::FutureExt as _;
use ringback_domain::callback::CallbackState;
use ringback_domain::id::CallbackId;
use ringback_store::Store as _;
use ringback_testing::memory_store::MemoryStore;

use super::{Findings, Laws};

impl Laws {
    /// Everything is settled: each callback as it should be, in the store as well.
    pub(in crate::simulation) fn ended(&mut self, disk: &MemoryStore) -> Findings {
        let mut broken = Vec::new();
        for (id, fate) in &self.fates {
            let callback = &fate.callback;
            let at = callback.position;
            if !callback.state.is_settled() {
                broken.push(format!("{id} at {at} is {:?} for ever", callback.state));
            }
            if callback.state == CallbackState::Delivered && !fate.accepted {
                broken.push(format!("{id} at {at} is delivered, and nobody has it"));
            }
            if fate.replay_owed {
                broken.push(format!("the replay of {id} at {at} was never sent"));
            }
            let stored = disk.callback(*id).now_or_never();
            let stored = stored.and_then(Result::ok).flatten();
            let same = stored.is_some_and(|it| {
                (it.state, it.attempts, &it.body)
                    == (callback.state, callback.attempts, &callback.body)
            });
            if !same {
                broken.push(format!("{id} at {at} stands otherwise in the store"));
            }
            let attempts = disk.attempts(*id).now_or_never().and_then(Result::ok);
            let numbers = attempts.unwrap_or_default();
            if !numbers.iter().map(|it| it.number).eq(1..=callback.attempts) {
                broken.push(format!("attempts of {id} at {at} are missing"));
            }
        }
        self.found.broken.append(&mut broken);
        self.found()
    }

    /// What is still owed, and how it stands.
    pub(in crate::simulation) fn unsettled(&self) -> Vec<(CallbackId, u64, CallbackState)> {
        let all = self.fates.values().map(|fate| &fate.callback);
        let unsettled = all.filter(|callback| !callback.state.is_settled());
        unsettled.map(|it| (it.id, it.position, it.state)).collect()
    }

    /// How many callbacks there ever were.
    pub(in crate::simulation) fn callbacks(&self) -> usize {
        self.fates.len()
    }
}
