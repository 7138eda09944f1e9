//! Who may open a store, and what it makes of its folder.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ringback_store::Store;
use ringback_store::sqlite::{OpenError, SqliteStore};

use crate::fixture::{created, folder, message};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[tokio::test]
async fn makes_a_folder_that_is_its_owners_alone() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("some/where");
    let store = SqliteStore::open(&dir).unwrap();
    store.commit(created([message(1)])).await.unwrap();
    assert_eq!(mode(&dir), 0o700);
    let names: Vec<_> = fs::read_dir(&dir)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    assert!(names.len() >= 3, "{names:?}");
    for path in names {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn refuses_a_folder_that_is_open_to_others() {
    for wide in [0o750, 0o701, 0o777] {
        let parent = tempfile::tempdir().unwrap();
        let dir = parent.path().join("it's mine");
        fs::create_dir(&dir).unwrap();
        chmod(&dir, wide);
        let error = SqliteStore::open(&dir).unwrap_err();
        assert!(matches!(error, OpenError::TooWide { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains("chmod 700 '"), "{told}");
        assert!(told.ends_with(r"it'\''s mine'"), "{told}");
        assert_eq!(mode(&dir), wide);
    }
}

#[test]
fn refuses_a_file_that_is_open_to_others() {
    for name in [
        "ringback.db",
        "ringback.lock",
        "ringback.db-wal",
        "ringback.reserve",
    ] {
        let dir = folder();
        drop(SqliteStore::open(dir.path()).unwrap());
        let path = dir.path().join(name);
        fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap();
        chmod(&path, 0o640);
        let told = SqliteStore::open(dir.path()).unwrap_err().to_string();
        assert!(
            told.contains("chmod 600 '") && told.contains(name),
            "{told}"
        );
        chmod(&path, 0o600);
        SqliteStore::open(dir.path()).unwrap();
    }
}

#[tokio::test]
async fn one_process_writes_and_the_lock_says_which() {
    let dir = folder();
    let store = SqliteStore::open(dir.path()).unwrap();
    let error = SqliteStore::open(dir.path()).unwrap_err();
    let told = error.to_string();
    assert!(matches!(error, OpenError::Locked { .. }), "{told}");
    assert!(told.contains(&std::process::id().to_string()), "{told}");
    assert!(told.contains(&dir.path().display().to_string()), "{told}");

    store.close().await;
    let second = SqliteStore::open(dir.path()).unwrap();
    drop(second);
    SqliteStore::open(dir.path()).unwrap();
}

#[test]
fn refuses_a_file_that_is_no_store() {
    let dir = folder();
    let path = dir.path().join("ringback.db");
    fs::write(
        &path,
        "nonsense, and long enough to be taken for more than that",
    )
    .unwrap();
    chmod(&path, 0o600);
    let error = SqliteStore::open(dir.path()).unwrap_err();
    assert!(matches!(error, OpenError::Unusable { .. }), "{error}");
}

#[test]
fn refuses_a_file_in_the_place_of_its_folder() {
    let dir = folder();
    let path = dir.path().join("file");
    fs::write(&path, "").unwrap();
    chmod(&path, 0o600);
    let error = SqliteStore::open(&path).unwrap_err();
    assert!(matches!(error, OpenError::Io { .. }), "{error}");
}
