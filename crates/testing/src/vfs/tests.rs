//! The disk does to SQLite what it says.

use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::{Damage, ReadOnly, Remains, TestDisk};

const PAGE: u64 = 4_096;

fn open(dir: &TempDir, disk: TestDisk, synchronous: &str) -> Connection {
    let path = dir.path().join("file.db");
    let db = Connection::open_with_flags_and_vfs(&path, OpenFlags::default(), disk.vfs()).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.pragma_update(None, "synchronous", synchronous).unwrap();
    db
}

/// A database with ten rows, each remarked in the disk's log once it was committed.
fn ten_rows(dir: &TempDir, disk: TestDisk, synchronous: &str) -> Connection {
    let db = open(dir, disk, synchronous);
    db.execute_batch("CREATE TABLE row (id INTEGER PRIMARY KEY, filler BLOB)")
        .unwrap();
    for id in 1..=10 {
        insert(&db, id).unwrap();
        disk.mark("row", id);
    }
    db
}

fn insert(db: &Connection, id: u64) -> rusqlite::Result<usize> {
    let sql = "INSERT INTO row (id, filler) VALUES (?1, zeroblob(3000))";
    db.execute(sql, [id.cast_signed()])
}

fn rows(db: &Connection) -> rusqlite::Result<u64> {
    let read = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let count = db.query_row("SELECT count(*) FROM row NOT INDEXED", [], read)?;
    Ok(count.cast_unsigned())
}

/// How many rows are there after a power cut at the end of all that was done.
fn rows_after_a_cut(disk: TestDisk, seed: u64) -> rusqlite::Result<u64> {
    let dir = tempfile::tempdir().unwrap();
    Remains::of(&disk.log(), seed).write_to(dir.path()).unwrap();
    rows(&Connection::open(dir.path().join("file.db"))?)
}

#[test]
fn a_power_cut_leaves_what_was_synced() {
    let dir = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let _db = ten_rows(&dir, disk, "FULL");
    for seed in 0..100 {
        assert_eq!(rows_after_a_cut(disk, seed), Ok(10), "seed {seed}");
    }
}

#[test]
fn a_power_cut_takes_what_was_not_synced() {
    let dir = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let _db = ten_rows(&dir, disk, "OFF");
    let whole = (0..100).filter(|seed| rows_after_a_cut(disk, *seed) == Ok(10));
    let whole = whole.count();
    assert!((1..100).contains(&whole), "{whole}");
}

#[test]
fn a_seed_leaves_the_same_again() {
    let dir = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let _db = ten_rows(&dir, disk, "OFF");
    let log = disk.log();
    for seed in 0..20 {
        assert_eq!(Remains::of(&log, seed), Remains::of(&log, seed));
    }
}

#[test]
fn what_a_failed_sync_left_out_no_later_one_brings() {
    let dir = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let path = dir.path().join("file.db");
    let db = ten_rows(&dir, disk, "FULL");
    disk.fail_syncs(1);
    let failed = insert(&db, 11).unwrap_err();
    assert_eq!(failed.sqlite_error_code(), Some(ErrorCode::SystemIoFailure));
    // What SQLite wrote is there to be read, as from the system's cache, though not on disk.
    let length = std::fs::metadata(path.with_file_name("file.db-wal")).unwrap();
    let on_disk = |seed| Remains::of(&disk.log(), seed).files["file.db-wal"].len() as u64;
    assert!((0..50).any(|seed| on_disk(seed) < length.len()));
    insert(&db, 12).unwrap();
    for seed in 0..100 {
        assert_eq!(rows_after_a_cut(disk, seed), Ok(11), "seed {seed}");
    }
}

#[test]
fn a_full_disk_takes_what_fits() {
    let dir = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let db = ten_rows(&dir, disk, "FULL");
    disk.set_room(Some(10 * PAGE));
    let full = (11..100).find_map(|id| insert(&db, id).err()).unwrap();
    assert_eq!(full.sqlite_error_code(), Some(ErrorCode::DiskFull));
    let before = rows(&db).unwrap();
    assert!(before > 10, "{before}");
    disk.set_room(None);
    insert(&db, 1_000).unwrap();
    assert_eq!(rows(&db), Ok(before + 1));
}

#[test]
fn a_read_only_disk_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let disk = TestDisk::new();
    let db = ten_rows(&dir, disk, "FULL");
    disk.set_read_only(ReadOnly::Yes);
    insert(&db, 11).unwrap_err();
    assert_eq!(rows(&db), Ok(10));
    disk.mend();
    insert(&db, 11).unwrap();
}

#[test]
fn a_damaged_page_comes_back_damaged() {
    for damage in [Damage::Unreadable, Damage::Zeros, Damage::Flipped] {
        let dir = tempfile::tempdir().unwrap();
        let disk = TestDisk::new();
        let db = ten_rows(&dir, disk, "FULL");
        db.close().unwrap();
        let size = size(&dir.path().join("file.db"));
        // The last page holds rows: the table is all that there is.
        disk.damage(size - PAGE..size, damage);
        let db = open(&dir, disk, "FULL");
        rows(&db).unwrap_err();
        disk.mend();
        let db = open(&dir, disk, "FULL");
        assert_eq!(rows(&db), Ok(10));
    }

    fn size(path: &Path) -> u64 {
        std::fs::metadata(path).unwrap().len()
    }
}
