//! Opens connections to SQLite's file, with our settings.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, ffi};

use super::{DiskAccess, SqliteOptions};

/// How long to wait for a lock of another connection. Ours never wait for one another in
/// WAL mode; this is for a `sqlite3` shell that somebody has open.
const BUSY: Duration = Duration::from_secs(5);

/// More than there are statements, so that each is prepared once for a connection.
const STATEMENTS: usize = 128;

/// Pages of 8 KiB: a callback with its attempt is 1 to 2 KiB, and less is left over at the end
/// of each page than with 4. `synchronous = FULL` and `fullfsync` (macOS): a commit is on the
/// disk when it returns. The log is copied back by a thread of its own (`checkpoint`), never
/// in the midst of a commit; above 64 MB its file is cut again. Deleted content is overwritten
/// where that costs no further I/O. Nothing refers to other rows by a checked key.
const WRITER: &str = "
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA foreign_keys = OFF;
    PRAGMA secure_delete = FAST;
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -16384;
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
";

const READER: &str = "
    PRAGMA query_only = ON;
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
    PRAGMA cache_size = -4096;
";

/// Without a limit: SQLite's own greatest number of pages.
const MOST_PAGES: u32 = u32::MAX - 1;

/// The connection that writes. The file exists.
pub fn writer(path: &Path, options: SqliteOptions) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(path, flags, options.disk)?;
    db.execute_batch(WRITER)?;
    db.execute_batch(options.disk.pragmas)?;
    limit(&db, options.max_pages)?;
    Ok(db)
}

/// All that is in the log is written into the file, and the log begins anew. Waits for reads
/// that need the old one.
const START_LOG_OVER: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Brings what the log holds to the disk as if for the first time. After a sync that failed
/// the system takes for written what the disk never got, and no later sync would bring it
/// there: what a recovery reads back from such a log would be gone after a power cut, and all
/// that is written behind it too.
pub fn renew_log(db: &Connection) -> rusqlite::Result<()> {
    let busy: i64 = db.query_row(START_LOG_OVER, [], |row| row.get("busy"))?;
    if busy == 0 {
        return Ok(());
    }
    let busy = ffi::Error::new(ffi::SQLITE_BUSY);
    Err(rusqlite::Error::SqliteFailure(busy, None))
}

/// One that reads.
pub fn reader(path: &Path, options: SqliteOptions) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open(path, flags, options.disk)?;
    db.execute_batch(READER)?;
    Ok(db)
}

/// Lets the file grow to `max_pages`, or without limit.
pub fn limit(db: &Connection, max_pages: Option<u32>) -> rusqlite::Result<()> {
    let pages = max_pages.unwrap_or(MOST_PAGES);
    // Answers with what the limit is now: never less than the file has already.
    db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
}

fn open(path: &Path, flags: OpenFlags, disk: DiskAccess) -> rusqlite::Result<Connection> {
    let db = match disk.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(db)
}
