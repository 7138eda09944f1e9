//! The tables, and how an older store becomes a newer one.
//!
//! Called once when a store is opened. Goes forward only: each step is one transaction that
//! also counts `PRAGMA user_version` up. A step that was released is never edited again.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::error::OpenError;

/// What each version added to the one before; the first makes the tables.
const STEPS: [&str; 12] = [V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12];

/// The version that this program writes.
pub const VERSION: usize = STEPS.len();

/// Moments are microseconds since the Unix epoch (`_us`); ids are the 16 bytes of a UUID;
/// kinds, statuses, states and verdicts are the words of the domain.
///
/// Children name their resource by its ordinal and their destination by a small number: that
/// keeps rows and index entries small. Indexes hold what is read often or must be unique,
/// and the two of callbacks only those that are not settled.
const V1: &str = "
CREATE TABLE resource (
    ordinal      INTEGER PRIMARY KEY,
    sid          BLOB    NOT NULL,
    project      BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    status       TEXT    NOT NULL,
    presence     TEXT    NOT NULL,
    from_address TEXT    NOT NULL,
    to_address   TEXT    NOT NULL,
    parent       BLOB,
    created_us   INTEGER NOT NULL,
    updated_us   INTEGER NOT NULL,
    started_us   INTEGER,
    ended_us     INTEGER,
    next_seq     INTEGER NOT NULL,
    depth        INTEGER NOT NULL,
    data         TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX resource_by_sid ON resource (sid);
CREATE INDEX resource_here ON resource (project, kind, sid) WHERE presence = 'here';

CREATE TABLE step (
    resource BLOB    NOT NULL PRIMARY KEY,
    due_us   INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    draw     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX step_by_due ON step (due_us, resource);

CREATE TABLE change (
    resource    INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    from_status TEXT,
    status      TEXT    NOT NULL,
    facts       TEXT,
    gap         INTEGER NOT NULL,
    at_us       INTEGER NOT NULL,
    PRIMARY KEY (resource, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejected (
    number   INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    facts    TEXT,
    verdict  TEXT    NOT NULL,
    stood    TEXT    NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX rejected_by_resource ON rejected (resource);

CREATE TABLE destination (
    id      INTEGER PRIMARY KEY,
    project BLOB    NOT NULL,
    origin  TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX destination_by_origin ON destination (project, origin);

CREATE TABLE callback (
    position        INTEGER PRIMARY KEY,
    id              BLOB    NOT NULL,
    resource        INTEGER NOT NULL,
    destination     INTEGER NOT NULL,
    seq             INTEGER NOT NULL,
    status          TEXT    NOT NULL,
    url             TEXT    NOT NULL,
    method          TEXT    NOT NULL,
    body            TEXT    NOT NULL,
    depth           INTEGER NOT NULL,
    recorded_us     INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    due_us          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    first_failed_us INTEGER,
    settled_us      INTEGER,
    redacted        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX callback_by_id ON callback (id);
CREATE INDEX callback_by_resource ON callback (resource);
CREATE INDEX callback_pending ON callback (destination) WHERE state = 'pending';
CREATE INDEX callback_aside ON callback (due_us) WHERE state = 'set aside';

CREATE TABLE attempt (
    ordinal        INTEGER PRIMARY KEY,
    callback       INTEGER NOT NULL,
    number         INTEGER NOT NULL,
    started_us     INTEGER NOT NULL,
    dns_us         INTEGER,
    connect_us     INTEGER,
    tls_us         INTEGER,
    first_byte_us  INTEGER,
    total_us       INTEGER NOT NULL,
    url            TEXT,
    headers        TEXT    NOT NULL,
    answer_status  INTEGER,
    answer_headers TEXT,
    excerpt        BLOB,
    note           TEXT,
    code           TEXT,
    detail         TEXT
) STRICT;
CREATE UNIQUE INDEX attempt_by_callback ON attempt (callback, number);
";

/// Remarks for timelines; by how much times were rebased; what is set aside by destination.
const V2: &str = "
CREATE TABLE clock (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    rebased_us INTEGER NOT NULL
) STRICT;
INSERT INTO clock (id, rebased_us) VALUES (1, 0);
DROP INDEX callback_aside;
CREATE INDEX callback_aside ON callback (destination, due_us) WHERE state = 'set aside';
CREATE TABLE warning (
    number   INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL,
    text     TEXT    NOT NULL,
    at_us    INTEGER NOT NULL
) STRICT;
CREATE INDEX warning_by_resource ON warning (resource);
";

/// How a callback's parameters are written; none for a form, as nearly all are.
const V3: &str = "ALTER TABLE callback ADD COLUMN encoding TEXT;";

/// Projects. Settings are a JSON object of their words; of a token its SHA-256 digest is kept.
const V4: &str = "
CREATE TABLE project (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    created_us INTEGER NOT NULL,
    settings   TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
    digest     BLOB    NOT NULL PRIMARY KEY,
    project    BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    created_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_project ON token (project, created_us);

CREATE TABLE signing_key (
    project    BLOB    NOT NULL,
    active_us  INTEGER NOT NULL,
    retires_us INTEGER,
    secret     TEXT    NOT NULL,
    PRIMARY KEY (project, active_us)
) STRICT, WITHOUT ROWID;
";

/// What the native API brings: platforms' own ids of resources and of reports, replays.
///
/// An event is found by a digest of project, kind and id, so that its key is short.
const V5: &str = "
ALTER TABLE resource ADD COLUMN external_id TEXT;
CREATE UNIQUE INDEX resource_by_external ON resource (project, external_id)
    WHERE external_id IS NOT NULL;

ALTER TABLE change ADD COLUMN event_id TEXT;
ALTER TABLE change ADD COLUMN occurred_us INTEGER;
ALTER TABLE rejected ADD COLUMN event_id TEXT;
ALTER TABLE rejected ADD COLUMN occurred_us INTEGER;

CREATE TABLE event (
    key      BLOB    NOT NULL PRIMARY KEY,
    content  BLOB    NOT NULL,
    resource INTEGER NOT NULL,
    verdict  TEXT    NOT NULL,
    seq      INTEGER
) STRICT, WITHOUT ROWID;

ALTER TABLE callback ADD COLUMN replayed_us INTEGER;
ALTER TABLE callback ADD COLUMN replayed_after INTEGER;
";

/// A callback's words are written once: how far it is stands in narrow rows beside them.
///
/// Each callback is in one of `pending`, `aside` and `settled`. Of one that was delivered, the
/// attempt that was accepted is in its row of `settled` (`headers` tells), so that a delivery
/// adds one row; all other attempts, and those of earlier versions, are in `attempt`.
const V6: &str = "
CREATE TABLE pending (
    destination     INTEGER NOT NULL,
    callback        INTEGER NOT NULL,
    due_us          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    first_failed_us INTEGER,
    PRIMARY KEY (destination, callback)
) STRICT, WITHOUT ROWID;
INSERT INTO pending (destination, callback, due_us, attempts, first_failed_us)
    SELECT destination, position, due_us, attempts, first_failed_us
    FROM callback WHERE state = 'pending' ORDER BY destination, position;

CREATE TABLE aside (
    callback        INTEGER PRIMARY KEY,
    destination     INTEGER NOT NULL,
    due_us          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    first_failed_us INTEGER
) STRICT;
INSERT INTO aside (callback, destination, due_us, attempts, first_failed_us)
    SELECT position, destination, due_us, attempts, first_failed_us
    FROM callback WHERE state = 'set aside';
CREATE INDEX aside_by_due ON aside (destination, due_us);

CREATE TABLE settled (
    callback        INTEGER PRIMARY KEY,
    state           TEXT    NOT NULL,
    due_us          INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    first_failed_us INTEGER,
    settled_us      INTEGER,
    number          INTEGER,
    started_us      INTEGER,
    dns_us          INTEGER,
    connect_us      INTEGER,
    tls_us          INTEGER,
    first_byte_us   INTEGER,
    total_us        INTEGER,
    url             TEXT,
    headers         TEXT,
    answer_status   INTEGER,
    answer_headers  TEXT,
    excerpt         BLOB,
    note            TEXT
) STRICT;
INSERT INTO settled (callback, state, due_us, attempts, first_failed_us, settled_us)
    SELECT position, state, due_us, attempts, first_failed_us, settled_us
    FROM callback WHERE state NOT IN ('pending', 'set aside') ORDER BY position;

CREATE TABLE replay (
    callback        INTEGER PRIMARY KEY,
    at_us           INTEGER NOT NULL,
    attempts_before INTEGER NOT NULL
) STRICT;
INSERT INTO replay (callback, at_us, attempts_before)
    SELECT position, replayed_us, coalesce(replayed_after, 0)
    FROM callback WHERE replayed_us IS NOT NULL;

CREATE TABLE words (
    position    INTEGER PRIMARY KEY,
    id          BLOB    NOT NULL,
    resource    INTEGER NOT NULL,
    destination INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    depth       INTEGER NOT NULL,
    redacted    INTEGER NOT NULL,
    recorded_us INTEGER NOT NULL,
    status      TEXT    NOT NULL,
    method      TEXT    NOT NULL,
    encoding    TEXT,
    url         TEXT    NOT NULL,
    body        TEXT    NOT NULL
) STRICT;
INSERT INTO words (position, id, resource, destination, seq, depth, redacted, recorded_us,
        status, method, encoding, url, body)
    SELECT position, id, resource, destination, seq, depth, redacted, recorded_us,
        status, method, encoding, url, body
    FROM callback ORDER BY position;
DROP TABLE callback;
ALTER TABLE words RENAME TO callback;
CREATE UNIQUE INDEX callback_by_id ON callback (id);
CREATE INDEX callback_by_resource ON callback (resource);
";

/// What retention needs: the events of a resource, and the highest numbers that were ever given,
/// for they go on also when what had them is gone.
const V7: &str = "
CREATE INDEX event_by_resource ON event (resource);

CREATE TABLE highest (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    ordinal  INTEGER NOT NULL,
    position INTEGER NOT NULL,
    last_id  BLOB    NOT NULL
) STRICT;
INSERT INTO highest (id, ordinal, position, last_id) VALUES (1, 0, 0, zeroblob(16));
";

/// Up to which number the outcomes in the reserve are in the store.
const V8: &str = "ALTER TABLE clock ADD COLUMN kept_until INTEGER NOT NULL DEFAULT 0;";

/// Phone numbers and applications; the project that a subproject belongs to. There are few
/// enough of them to be read whole, so that no index is kept but the one of what is unique.
const V9: &str = "
CREATE TABLE phone_number (
    sid        BLOB    NOT NULL PRIMARY KEY,
    project    BLOB    NOT NULL,
    number     TEXT    NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    data       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX phone_number_by_number ON phone_number (number);

CREATE TABLE application (
    sid        BLOB    NOT NULL PRIMARY KEY,
    project    BLOB    NOT NULL,
    name       TEXT    NOT NULL,
    created_us INTEGER NOT NULL,
    updated_us INTEGER NOT NULL,
    data       TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE project ADD COLUMN parent BLOB;
";

/// Who wants no more messages from which number. Read whole when the engine starts.
const V10: &str = "
CREATE TABLE opt_out (
    project  BLOB    NOT NULL,
    number   TEXT    NOT NULL,
    party    TEXT    NOT NULL,
    since_us INTEGER NOT NULL,
    PRIMARY KEY (project, number, party)
) STRICT, WITHOUT ROWID;
";

/// What the network counts over several resources. Read whole when the engine starts.
const V11: &str = "
CREATE TABLE meter (
    project BLOB    NOT NULL,
    name    TEXT    NOT NULL,
    at_us   INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;
";

/// What is to happen to resources that are not there yet. Read whole when the engine starts.
const V12: &str = "
CREATE TABLE scenario (
    sid     BLOB    NOT NULL PRIMARY KEY,
    project BLOB    NOT NULL,
    name    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    text    TEXT    NOT NULL,
    uses    INTEGER,
    set_us  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX scenario_by_name ON scenario (project, name);
";

/// Brings the store at `path` to [`VERSION`], or says that it is of a later one.
pub fn migrate(db: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::Unusable {
        path: path.to_owned(),
        source,
    };
    let found = version(db).map_err(unusable)?;
    if found > VERSION {
        return Err(OpenError::TooNew {
            path: path.to_owned(),
            found,
            known: VERSION,
        });
    }
    for (step, sql) in STEPS.iter().enumerate().skip(found) {
        upgrade(db, sql, step + 1).map_err(unusable)?;
    }
    Ok(())
}

fn upgrade(db: &mut Connection, sql: &str, to: usize) -> rusqlite::Result<()> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(sql)?;
    transaction.pragma_update(None, "user_version", i64::try_from(to).unwrap_or(i64::MAX))?;
    transaction.commit()
}

/// The version of the store in `db`.
pub fn version(db: &Connection) -> rusqlite::Result<usize> {
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A negative number is none of ours: later than all.
    Ok(usize::try_from(found).unwrap_or(usize::MAX))
}
