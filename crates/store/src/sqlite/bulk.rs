//! A statement that is run for many rows of one batch.
//!
//! Used where a busy server writes a row for each callback: the statement is fetched once a
//! batch, and the places of its named parameters are found with its first row, not with each.

use rusqlite::{CachedStatement, Connection, ToSql};

/// A statement that is run for many rows.
pub struct Bulk<'db> {
    statement: CachedStatement<'db>,
    /// Where each parameter stands, in the order in which the caller names them.
    places: Vec<usize>,
}

impl<'db> Bulk<'db> {
    /// Prepares `sql`.
    pub fn new(db: &'db Connection, sql: &str) -> rusqlite::Result<Self> {
        Ok(Self {
            statement: db.prepare_cached(sql)?,
            places: Vec::new(),
        })
    }

    /// Runs it for one row, and says how many rows it changed. The parameters are named in the
    /// same order each time.
    pub fn run(&mut self, row: &[(&'static str, &dyn ToSql)]) -> rusqlite::Result<usize> {
        if self.places.is_empty() {
            self.find(row)?;
        }
        debug_assert_eq!(self.places.len(), row.len());
        for (place, (_, value)) in self.places.iter().zip(row) {
            self.statement.raw_bind_parameter(*place, value)?;
        }
        self.statement.raw_execute()
    }

    fn find(&mut self, row: &[(&'static str, &dyn ToSql)]) -> rusqlite::Result<()> {
        let places = row.iter().map(|(name, _)| {
            let place = self.statement.parameter_index(name)?;
            place.ok_or_else(|| rusqlite::Error::InvalidParameterName((*name).to_owned()))
        });
        let places = places.collect::<rusqlite::Result<Vec<_>>>()?;
        let wanted = self.statement.parameter_count();
        if places.len() != wanted {
            return Err(rusqlite::Error::InvalidParameterCount(places.len(), wanted));
        }
        self.places = places;
        Ok(())
    }
}
