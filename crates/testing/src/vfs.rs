//! A disk for tests: what is done to it is written down, it can lose power, fill up, and fail.
//!
//! A VFS of SQLite's over the one of the system, so that locks, the log and its shared memory
//! work as they do in production; used by tests of the store that cut the power or break the
//! disk. Real files hold what was written, as the system's cache would; what a disk would hold
//! after a power cut is reckoned from the log by [`Remains`].

mod cut;
mod log;
mod shim;
mod state;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use cut::Remains;
pub use log::{FileId, Op};
use state::State;

/// What comes back from a damaged part of the database's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// An error.
    Unreadable,
    /// Nothing but zeros: a write that never came, on a disk that lost track of it.
    Zeros,
    /// Every bit is wrong.
    Flipped,
}

/// A disk for one data folder. It works until the process ends, even after this is dropped.
#[derive(Clone, Copy, Debug)]
pub struct TestDisk {
    vfs: &'static str,
    state: &'static Mutex<State>,
}

impl TestDisk {
    /// A sound disk of its own.
    pub fn new() -> Self {
        let state: &'static Mutex<State> = Box::leak(Box::default());
        Self {
            vfs: shim::register(state),
            state,
        }
    }

    /// The name under which SQLite knows it.
    pub const fn vfs(&self) -> &'static str {
        self.vfs
    }

    /// What was done to it so far.
    pub fn log(&self) -> Vec<Op> {
        self.lock().log.clone()
    }

    /// Notes a remark of the test's in the log: what was done before it comes before it.
    pub fn mark(&self, what: &'static str, number: u64) {
        self.lock().log.push(Op::Marked { what, number });
    }

    /// So many of the next syncs fail, of whatever file.
    pub fn fail_syncs(&self, count: u32) {
        self.lock().faults.syncs = count;
    }

    /// Files may grow by so many bytes more, then the disk is full. Writes that do not make
    /// a file longer always go through. None: without a bound.
    pub fn set_room(&self, bytes: Option<u64>) {
        self.lock().faults.room = bytes;
    }

    /// Nothing can be written, made or removed any more, as after an error that made the
    /// system remount it; or again.
    pub fn set_read_only(&self, read_only: ReadOnly) {
        self.lock().faults.read_only = read_only == ReadOnly::Yes;
    }

    /// From now on these bytes of the database's file come back like this. What SQLite has in
    /// its cache, or in its log, it does not ask for.
    pub fn damage(&self, bytes: Range<u64>, damage: Damage) {
        self.lock().faults.damage.push((bytes, damage));
    }

    /// Nothing is wrong with it any more.
    pub fn mend(&self) {
        self.lock().faults = state::Faults::default();
    }

    fn lock(&self) -> MutexGuard<'static, State> {
        lock(self.state)
    }
}

impl Default for TestDisk {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether a disk can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnly {
    /// It cannot.
    Yes,
    /// It can.
    No,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    // A test that panicked fails already; the others may go on.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
