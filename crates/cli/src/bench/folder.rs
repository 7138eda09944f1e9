//! Where stores under test are kept: a folder on a real disk, removed at the end.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use tokio::time::Instant;

use super::Quantiles;
use crate::complaint::Complaint;

/// As SQLite writes them, roughly: a commit appends a few pages.
const SYNCED_BYTES: usize = 4096;

/// A folder of our own. Removed with all in it when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// A new folder in `parent`, which must be on a disk.
    pub fn new(parent: &Path) -> Result<Self, Complaint> {
        let failed = |error: &io::Error| {
            let problem = format!("no folder can be made in {}", parent.display());
            Complaint::because(&problem, error).hint("name another one: --data DIR")
        };
        let parent = fs::canonicalize(parent).map_err(|error| failed(&error))?;
        if let Some(kind) = filesystem(&parent).filter(|kind| kind == "tmpfs" || kind == "ramfs") {
            let problem = format!(
                "{} is in memory ({kind}): what is measured there says nothing about a disk",
                parent.display()
            );
            return Err(Complaint::usage(problem).hint("name a folder on a disk: --data DIR"));
        }
        let folder = parent.join(format!("ringback-bench-{}", std::process::id()));
        let made = fs::DirBuilder::new().mode(0o700).create(&folder);
        made.map_err(|error| failed(&error))?;
        Ok(Self(folder))
    }

    /// A place below it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Removes what is in it.
    pub fn clear(&self) -> Result<(), Complaint> {
        let cleared = fs::read_dir(&self.0).and_then(|files| {
            for file in files {
                let file = file?;
                if file.file_type()?.is_dir() {
                    fs::remove_dir_all(file.path())?;
                } else {
                    fs::remove_file(file.path())?;
                }
            }
            Ok(())
        });
        cleared.map_err(|error| Complaint::because("a store under test is still there", &error))
    }

    /// The kind of its filesystem, where that can be told.
    pub fn filesystem(&self) -> Option<String> {
        filesystem(&self.0)
    }

    /// What appending and syncing a page takes here, in milliseconds, `count` times.
    pub fn sync_times(&self, count: usize) -> Result<Vec<f64>, Complaint> {
        let time = || {
            let path = self.path("sync");
            let mut file = fs::File::create(&path)?;
            let mut times = Vec::with_capacity(count);
            for _ in 0..count {
                file.write_all(&[7; SYNCED_BYTES])?;
                let begun = Instant::now();
                file.sync_data()?;
                times.push(begun.elapsed().as_secs_f64() * 1e3);
            }
            fs::remove_file(&path)?;
            Ok(times)
        };
        time().map_err(|error: io::Error| Complaint::because("the disk cannot be timed", &error))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(path = %self.0.display(), %error, "it cannot be removed");
        }
    }
}

/// The quantiles of times.
pub fn quantiles(times: &mut [f64]) -> Quantiles {
    Quantiles::of(times).unwrap_or_default()
}

/// The kind of the filesystem that holds `path`: of the mount with the longest name that it
/// begins with.
fn filesystem(path: &Path) -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let holding = mounts.filter(|(place, _)| path.starts_with(place));
    let longest = holding.max_by_key(|(place, _)| place.len());
    longest.map(|(_, kind)| kind.to_owned())
}
