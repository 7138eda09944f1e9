//! The files of recordings, beside the store in the data folder.
//!
//! Written by the network that makes a recording, read by the server, looked through by
//! `ringback store check`. A file is there whole or not at all: it is written under another
//! name, synced, renamed, and its folder synced. Whoever writes one holds a lock on it, so that
//! a check beside a running server can tell what is being written from what was left behind.
//! All methods block.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use ringback_domain::id::Sid;

/// The folder's name in the data folder.
const FOLDER: &str = "recordings";
/// What the name of a whole file ends with.
const WHOLE: &str = ".wav";
/// What the name of one that is being written ends with.
const PART: &str = ".part";
const FOLDER_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;

/// How long nothing was written to a part before it counts as left behind: between being made
/// and being locked there is a moment.
const ABANDONED: Duration = Duration::from_secs(60);

/// The files of recordings.
#[derive(Clone, Debug)]
pub struct RecordingFiles {
    dir: PathBuf,
}

/// A file in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The recording with this SID.
    Whole(Sid),
    /// A part that nobody writes any more.
    Abandoned(PathBuf),
}

impl RecordingFiles {
    /// Those of the data folder `data`. Touches nothing.
    pub fn of(data: &Path) -> Self {
        Self {
            dir: data.join(FOLDER),
        }
    }

    /// Writes the file of `recording`: `put` writes its content. Once this returns, a power cut
    /// loses nothing of it; where it fails, there is no file. One that was there is replaced.
    pub fn write<T>(
        &self,
        recording: Sid,
        put: impl FnOnce(&mut File) -> io::Result<T>,
    ) -> io::Result<T> {
        let shard = self.shard(recording);
        make_folder(&self.dir)?;
        make_folder(&shard)?;
        let part = shard.join(format!("{recording}{PART}"));
        let mut file = locked(&part)?;
        let written = fill(&mut file, put).and_then(|value| {
            fs::rename(&part, self.path(recording))?;
            File::open(&shard)?.sync_all()?;
            Ok(value)
        });
        if written.is_err() {
            // What cannot be removed now is found by a check.
            let _ = fs::remove_file(&part);
        }
        written
    }

    /// The file of `recording`, to be read; none if there is none.
    pub fn open(&self, recording: Sid) -> io::Result<Option<File>> {
        match File::open(self.path(recording)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes the file of `recording`; whether there was one.
    pub fn remove(&self, recording: Sid) -> io::Result<bool> {
        removed(&self.path(recording))
    }

    /// Every file. What is none of ours is passed over.
    pub fn all(&self) -> io::Result<Vec<Found>> {
        let mut found = Vec::new();
        for shard in entries(&self.dir)? {
            for path in entries(&shard)? {
                found.extend(recognised(path)?);
            }
        }
        Ok(found)
    }

    fn shard(&self, recording: Sid) -> PathBuf {
        // The last byte is drawn, where the first ones tell the time.
        let [.., last] = recording.as_bytes();
        self.dir.join(format!("{last:02x}"))
    }

    fn path(&self, recording: Sid) -> PathBuf {
        self.shard(recording).join(format!("{recording}{WHOLE}"))
    }
}

/// Removes what was left behind; whether it was still there.
pub fn removed(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// A part, made if it is missing, that nobody else writes.
fn locked(part: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(FILE_MODE)
        .open(part)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn fill<T>(file: &mut File, put: impl FnOnce(&mut File) -> io::Result<T>) -> io::Result<T> {
    file.set_len(0)?;
    let value = put(file)?;
    file.sync_all()?;
    Ok(value)
}

/// Makes a folder, its owner's alone, and brings its name to the disk.
fn make_folder(dir: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(FOLDER_MODE).create(dir) {
        Ok(()) => dir
            .parent()
            .map_or(Ok(()), |parent| File::open(parent)?.sync_all()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// What is in a folder; nothing in one that is not there, or is none.
fn entries(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let read = match fs::read_dir(dir) {
        Ok(read) => read,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => return Ok(Vec::new()),
            _ => return Err(error),
        },
    };
    read.map(|entry| Ok(entry?.path())).collect()
}

fn recognised(path: PathBuf) -> io::Result<Option<Found>> {
    let name = path.file_name().and_then(|name| name.to_str());
    let name = name.unwrap_or_default();
    if let Some(sid) = name.strip_suffix(WHOLE) {
        return Ok(sid.parse().ok().map(Found::Whole));
    }
    let is_part = name
        .strip_suffix(PART)
        .is_some_and(|sid| sid.parse::<Sid>().is_ok());
    Ok((is_part && is_abandoned(&path)?).then_some(Found::Abandoned(path)))
}

fn is_abandoned(part: &Path) -> io::Result<bool> {
    let opened = OpenOptions::new().write(true).open(part);
    let file = match opened {
        Ok(file) => file,
        // It was whole, or given up, in between.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    if file.try_lock().is_err() {
        return Ok(false);
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "compared with a file's time, which is the machine's too"
    )]
    let now = SystemTime::now();
    let written = file.metadata()?.modified()?;
    Ok(now.duration_since(written).is_ok_and(|age| age > ABANDONED))
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::io::{Read, Write};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const ONE: Sid = Sid::from_bytes([1; 16]);
    const OTHER: Sid = Sid::from_bytes([2; 16]);

    fn files() -> (tempfile::TempDir, RecordingFiles) {
        let data = tempfile::tempdir().unwrap();
        let files = RecordingFiles::of(data.path());
        (data, files)
    }

    fn written(files: &RecordingFiles, sid: Sid, content: &[u8]) -> io::Result<()> {
        files.write(sid, |file| file.write_all(content))
    }

    fn content(files: &RecordingFiles, sid: Sid) -> Option<Vec<u8>> {
        let mut content = Vec::new();
        let mut file = files.open(sid).unwrap()?;
        file.read_to_end(&mut content).unwrap();
        Some(content)
    }

    #[test]
    fn a_file_is_written_replaced_and_removed() {
        let (data, files) = files();
        assert_eq!((files.all().unwrap(), content(&files, ONE)), (vec![], None));
        written(&files, ONE, b"a longer one").unwrap();
        written(&files, ONE, b"one").unwrap();
        written(&files, OTHER, b"other").unwrap();
        assert_eq!(content(&files, ONE).as_deref(), Some(&b"one"[..]));
        assert_eq!(files.all().unwrap().len(), 2);
        assert!(files.remove(ONE).unwrap());
        assert!(!files.remove(ONE).unwrap());
        assert_eq!(files.all().unwrap(), [Found::Whole(OTHER)]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data.path().join(FOLDER)), 0o700);
        assert_eq!(mode(&files.path(OTHER)), 0o600);
    }

    #[test]
    fn what_could_not_be_written_leaves_nothing() {
        let (_data, files) = files();
        written(&files, ONE, b"before").unwrap();
        let failed: io::Result<()> = files.write(ONE, |file| {
            file.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(entries(&files.shard(ONE)).unwrap(), [files.path(ONE)]);
        assert_eq!(content(&files, ONE).as_deref(), Some(&b"before"[..]));
    }

    #[test]
    fn a_part_is_abandoned_when_it_is_old_and_nobody_writes_it() {
        let (_data, files) = files();
        written(&files, ONE, b"whole").unwrap();
        let part = files.shard(ONE).join(format!("{ONE}{PART}"));
        let writer = File::create(&part).unwrap();
        assert_eq!(files.all().unwrap(), [Found::Whole(ONE)], "it is new");
        let long_ago = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        writer.set_times(long_ago).unwrap();
        writer.lock().unwrap();
        assert_eq!(files.all().unwrap(), [Found::Whole(ONE)], "it is written");
        assert!(written(&files, ONE, b"second writer").is_err());
        drop(writer);
        let part = File::create(&part).unwrap();
        part.set_times(long_ago).unwrap();
        drop(part);
        let found = files.all().unwrap();
        assert!(matches!(&found[..], [_, _]), "{found:?}");
        let abandoned = found.iter().find_map(|found| match found {
            Found::Abandoned(path) => Some(path.clone()),
            Found::Whole(_) => None,
        });
        assert!(removed(&abandoned.unwrap()).unwrap());
        assert_eq!(files.all().unwrap(), [Found::Whole(ONE)]);
    }

    #[test]
    fn what_is_no_recording_is_passed_over() {
        let (_data, files) = files();
        written(&files, ONE, b"whole").unwrap();
        fs::write(files.dir.join("README"), "").unwrap();
        fs::write(files.shard(ONE).join("notes.wav"), "").unwrap();
        fs::write(files.shard(ONE).join("notes.part"), "").unwrap();
        assert_eq!(files.all().unwrap(), [Found::Whole(ONE)]);
    }
}
