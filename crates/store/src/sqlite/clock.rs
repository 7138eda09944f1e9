//! The table `clock`, one row: by how much stored times were rebased in all.

use rusqlite::{Connection, named_params};

use super::error::WriteError;

const SET: &str = "UPDATE clock SET rebased_us = :total WHERE id = 1";

/// Notes that stored times were rebased by `total_micros` in all.
pub fn set_rebased(db: &Connection, total_micros: i64) -> Result<(), WriteError> {
    db.prepare_cached(SET)?
        .execute(named_params! {":total": total_micros})?;
    Ok(())
}

/// Index: the table's own.
const REBASED: &str = "SELECT rebased_us FROM clock WHERE id = 1";

/// By how many microseconds stored times were rebased in all.
pub fn rebased(db: &Connection) -> rusqlite::Result<i64> {
    db.prepare_cached(REBASED)?
        .query_row([], |row| row.get("rebased_us"))
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[(REBASED, &["INTEGER PRIMARY KEY (rowid=?)"])];
