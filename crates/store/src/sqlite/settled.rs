//! The tables `settled` and `replay`: callbacks for which nothing more is done, and those of
//! them that were sent again.
//!
//! A row of `settled` is added when a callback is settled, mostly in the order of positions,
//! and goes only if the callback is replayed. It holds the attempt that was accepted, so that
//! a delivery adds one row and not two.

use ringback_domain::callback::CallbackState;
use ringback_domain::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, named_params};

use super::attempts::Columns;
use super::bulk::Bulk;
use super::callbacks::position;
use super::error::WriteError;
use super::owed::{self, Due};
use crate::batch::ReplayOrder;

/// How a callback ended.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// The callback's position.
    pub callback: i64,
    /// A state that is settled.
    pub state: CallbackState,
    /// When it was to be tried last.
    pub due: Timestamp,
    /// How many attempts were made.
    pub attempts: u32,
    /// When the first one failed.
    pub first_failed_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
}

const ADD: &str = "
    INSERT INTO settled (callback, state, due_us, attempts, first_failed_us, settled_us, number,
        started_us, dns_us, connect_us, tls_us, first_byte_us, total_us, url, headers,
        answer_status, answer_headers, excerpt, note)
    VALUES (:callback, :state, :due_us, :attempts, :first_failed_us, :settled_us, :number,
        :started_us, :dns_us, :connect_us, :tls_us, :first_byte_us, :total_us, :url, :headers,
        :answer_status, :answer_headers, :excerpt, :note)";

/// Adds what a batch settles.
pub struct Adding<'db>(Bulk<'db>);

impl<'db> Adding<'db> {
    /// To `db`.
    pub fn new(db: &'db Connection) -> Result<Self, WriteError> {
        Ok(Self(Bulk::new(db, ADD)?))
    }

    /// Adds a callback's end, with the attempt that was accepted.
    pub fn add(&mut self, end: &End, accepted: Option<&Columns<'_>>) -> Result<(), WriteError> {
        self.0.run(&[
            (":callback", &end.callback),
            (":state", &end.state.as_str()),
            (":due_us", &end.due.as_micros()),
            (":attempts", &end.attempts),
            (
                ":first_failed_us",
                &end.first_failed_at.map(Timestamp::as_micros),
            ),
            (":settled_us", &end.settled_at.map(Timestamp::as_micros)),
            (":number", &accepted.map(|it| it.number)),
            (":started_us", &accepted.map(|it| it.started_us)),
            (":dns_us", &accepted.and_then(|it| it.dns_us)),
            (":connect_us", &accepted.and_then(|it| it.connect_us)),
            (":tls_us", &accepted.and_then(|it| it.tls_us)),
            (":first_byte_us", &accepted.and_then(|it| it.first_byte_us)),
            (":total_us", &accepted.map(|it| it.total_us)),
            (":url", &accepted.and_then(|it| it.url)),
            (":headers", &accepted.map(|it| &*it.headers)),
            (":answer_status", &accepted.and_then(|it| it.answer_status)),
            (
                ":answer_headers",
                &accepted.and_then(|it| it.answer_headers),
            ),
            (":excerpt", &accepted.and_then(|it| it.excerpt)),
            (":note", &accepted.and_then(|it| it.note)),
        ])?;
        Ok(())
    }
}

/// Puts the accepted attempt where the others are. Index: the table's own.
const LIFT_ATTEMPT: &str = "
    INSERT INTO attempt (callback, number, started_us, dns_us, connect_us, tls_us, first_byte_us,
        total_us, url, headers, answer_status, answer_headers, excerpt, note)
    SELECT callback, number, started_us, dns_us, connect_us, tls_us, first_byte_us,
        total_us, url, headers, answer_status, answer_headers, excerpt, note
    FROM settled WHERE callback = :callback AND headers IS NOT NULL
    ON CONFLICT (callback, number) DO NOTHING";

/// Index: the table's own.
const REMOVE: &str = "DELETE FROM settled WHERE callback = :callback";

/// Takes a callback out that was settled; its attempts stay.
pub fn remove(db: &Connection, callback: i64) -> Result<(), WriteError> {
    for sql in [LIFT_ATTEMPT, REMOVE] {
        db.prepare_cached(sql)?
            .execute(named_params! {":callback": callback})?;
    }
    Ok(())
}

/// Index: the table's own.
const ATTEMPTS: &str = "
    SELECT attempts FROM settled WHERE callback = :callback AND settled_us IS NOT NULL";

const ADD_REPLAY: &str = "
    INSERT INTO replay (callback, at_us, attempts_before) VALUES (:callback, :at_us, :attempts)
    ON CONFLICT (callback) DO UPDATE SET
        at_us = excluded.at_us, attempts_before = excluded.attempts_before";

/// Makes a settled callback one that is set aside; leaves one that is not settled.
pub fn replay(db: &Connection, replay: &ReplayOrder) -> Result<(), WriteError> {
    let Some((callback, destination)) = position(db, replay.callback)? else {
        return Ok(());
    };
    let attempts: Option<u32> = db
        .prepare_cached(ATTEMPTS)?
        .query_row(named_params! {":callback": callback}, |row| row.get(0))
        .optional()?;
    let Some(attempts) = attempts else {
        return Ok(());
    };
    remove(db, callback)?;
    db.prepare_cached(ADD_REPLAY)?.execute(named_params! {
        ":callback": callback,
        ":at_us": replay.at.as_micros(),
        ":attempts": attempts,
    })?;
    let due = Due {
        callback,
        destination,
        at: replay.due,
        attempts,
        first_failed_at: None,
    };
    owed::add_aside(db, &due)
}

/// Blanks what the receiver answered. Index: the table's own.
const REDACT: &str = "
    UPDATE settled SET answer_headers = '', excerpt = x''
    WHERE callback = :callback AND answer_status IS NOT NULL";

/// Blanks what the receiver answered to the attempt that it accepted.
pub fn redact(db: &Connection, callback: i64) -> Result<(), WriteError> {
    db.prepare_cached(REDACT)?
        .execute(named_params! {":callback": callback})?;
    Ok(())
}

/// Every read of these tables, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (LIFT_ATTEMPT, &["SEARCH settled USING INTEGER PRIMARY KEY"]),
    (REMOVE, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (ATTEMPTS, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (REDACT, &["INTEGER PRIMARY KEY (rowid=?)"]),
];
