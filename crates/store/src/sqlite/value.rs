//! Values as columns hold them.
//!
//! SQLite's integers are signed: counters and draws keep their 64 bits, moments and lengths of
//! time are microseconds.

use std::time::Duration;

use ringback_domain::resource::Presence;
use ringback_domain::time::Timestamp;
use rusqlite::Row;

use super::error::ReadError;

/// `duration` in whole microseconds.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The length of time in `column`.
pub fn duration(row: &Row<'_>, column: &str) -> Result<Option<Duration>, ReadError> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros.map(|micros| Duration::from_micros(micros.max(0).unsigned_abs())))
}

/// The moment in `column`.
pub fn moment(row: &Row<'_>, column: &str) -> Result<Timestamp, ReadError> {
    Ok(Timestamp::from_micros(row.get(column)?))
}

/// The moment in `column`, if there is one.
pub fn moment_if_any(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, ReadError> {
    let micros: Option<i64> = row.get(column)?;
    Ok(micros.map(Timestamp::from_micros))
}

/// The word in `column`, read by `parse`.
pub fn word<T>(
    row: &Row<'_>,
    column: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, ReadError> {
    let word = row
        .get_ref(column)?
        .as_str()
        .map_err(rusqlite::Error::from)?;
    parse(word).ok_or_else(|| ReadError::unknown(column, word))
}

/// The word for `presence`. The index `resource_here` knows one of them.
pub const fn presence_word(presence: Presence) -> &'static str {
    match presence {
        Presence::Here => "here",
        Presence::Deleted => "deleted",
    }
}

/// The presence of this name.
pub fn presence(name: &str) -> Option<Presence> {
    [Presence::Here, Presence::Deleted]
        .into_iter()
        .find(|presence| presence_word(*presence) == name)
}
