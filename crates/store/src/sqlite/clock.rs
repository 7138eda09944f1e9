//! The table `clock`, one row: by how much stored times were rebased in all, and which of the
//! outcomes in the reserve are in the store.

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

const SET_KEPT: &str = "UPDATE clock SET kept_until = :number WHERE id = 1";

/// Notes that the outcomes in the reserve up to `number` are in the store.
pub fn set_kept_until(db: &Connection, number: u64) -> Result<(), WriteError> {
    db.prepare_cached(SET_KEPT)?
        .execute(named_params! {":number": number.cast_signed()})?;
    Ok(())
}

/// Index: the table's own.
const KEPT: &str = "SELECT kept_until FROM clock WHERE id = 1";

/// Up to which number the outcomes in the reserve are in the store.
pub fn kept_until(db: &Connection) -> rusqlite::Result<u64> {
    let number: i64 = db
        .prepare_cached(KEPT)?
        .query_row([], |row| row.get("kept_until"))?;
    Ok(number.cast_unsigned())
}

/// Every read of this table, with the indexes that serve it.
#[cfg(test)]
pub const PLANS: &[(&str, &[&str])] = &[
    (REBASED, &["INTEGER PRIMARY KEY (rowid=?)"]),
    (KEPT, &["INTEGER PRIMARY KEY (rowid=?)"]),
];
