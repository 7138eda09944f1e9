//! The machine: what it is, and how much of it is used.

use std::fs;

use serde::Serialize;

use super::Quantiles;

/// What it was measured on.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// Operating system and architecture.
    pub system: String,
    /// What the processor calls itself.
    pub processor: Option<String>,
    /// How many processors there are, for this process.
    pub processors: usize,
    /// Those that everything was pinned to, if there were more.
    pub pinned_to: Option<Vec<usize>>,
    /// The kind of the filesystem that stores were kept on.
    pub filesystem: Option<String>,
    /// What appending and syncing a page took, in milliseconds, before and after.
    pub fdatasync_ms: Quantiles,
    /// The processes that wanted to run in the minute before it began: above 1, something
    /// else was at work.
    pub load_before: Option<f64>,
}

/// Keeps this process, and those that it starts, to two processors, if there are more.
///
/// To be called before any thread is started.
#[cfg(target_os = "linux")]
pub fn pin() -> Option<Vec<usize>> {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    /// Sender and receiver each have one; more would measure how they are spread.
    const USED: usize = 2;

    let all = sched_getaffinity(None).ok()?;
    let there = (0..CpuSet::MAX_CPU).filter(|processor| all.is_set(*processor));
    let first: Vec<usize> = there.take(USED + 1).collect();
    let used = first.get(..USED).filter(|_| first.len() > USED)?;
    let mut set = CpuSet::new();
    for processor in used {
        set.set(*processor);
    }
    sched_setaffinity(None, &set).ok()?;
    Some(used.to_vec())
}

/// Elsewhere processes cannot be pinned.
#[cfg(not(target_os = "linux"))]
pub const fn pin() -> Option<Vec<usize>> {
    None
}

/// How many processors this process may use.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What the processor calls itself, where that can be told.
pub fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let (_, name) = lines.find(|(key, _)| key.trim() == "model name")?;
    Some(name.trim().to_owned())
}

/// The load of the last minute, where that can be told.
pub fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}
