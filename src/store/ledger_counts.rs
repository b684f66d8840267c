//! Counts over the ledger, kept by its triggers in the transactions that change it: they are the ledger's at every instant,
//! and to ask them costs a few rows however many records there are.

use chrono::{DateTime, NaiveDate};
use rusqlite::params;

use super::{Db, StoreError, StreamKey};

/// Stands for a day that is not known.
const NO_DAY: i64 = -1_000_000;

/// Records by the day of their creation; `None` is not known.
pub type ByDay = Vec<(Option<NaiveDate>, u64)>;

impl Db<'_> {
    /// How many records of a stream were delivered, are still in the window and not marked as gone.
    pub fn ledger_records(&self, stream: StreamKey) -> Result<u64, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT coalesce(sum(records), 0) FROM ledger_counts WHERE stream = ?1")?;
        Ok(query.query_row([stream.0], |row| row.get(0))?)
    }

    /// How many of them were made with another set of columns.
    pub fn other_columns(&self, stream: StreamKey, columns: i64) -> Result<u64, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT coalesce(sum(records), 0) FROM ledger_counts WHERE stream = ?1 AND columns <> ?2",
        )?;
        Ok(query.query_row(params![stream.0, columns], |row| row.get(0))?)
    }

    /// How many of them were created on each day since `first`; days without one are left out.
    pub fn created_since(&self, stream: StreamKey, first: NaiveDate) -> Result<Vec<(NaiveDate, u64)>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT day, sum(records) FROM ledger_counts WHERE stream = ?1 AND day >= ?2 AND records > 0 GROUP BY day",
        )?;
        let rows = query.query_map(params![stream.0, day_number(first)], |row| {
            Ok((day(row.get(0)?), row.get(1)?))
        })?;
        let mut days = Vec::new();
        for row in rows {
            if let (Some(day), records) = row? {
                days.push((day, records));
            }
        }
        Ok(days)
    }

    /// How many of them were created on a day that is not known.
    pub fn undated(&self, stream: StreamKey) -> Result<u64, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT coalesce(sum(records), 0) FROM ledger_counts WHERE stream = ?1 AND day = ?2")?;
        Ok(query.query_row([stream.0, NO_DAY], |row| row.get(0))?)
    }

    /// All of them by day, as they are kept and as a look at every row finds them: never anything but the same.
    pub fn created_kept_and_counted(&self, stream: StreamKey) -> Result<(ByDay, ByDay), StoreError> {
        let by_day = |sql: &str| -> Result<ByDay, StoreError> {
            let mut query = self.0.prepare_cached(sql)?;
            let rows = query.query_map([stream.0], |row| Ok((day(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        };
        Ok((
            by_day(
                "SELECT day, sum(records) FROM ledger_counts WHERE stream = ?1 GROUP BY day HAVING sum(records) <> 0",
            )?,
            by_day(
                "SELECT coalesce(created, -1000000) AS day, count(*) FROM ledger WHERE stream = ?1 AND deleted = 0
                 GROUP BY 1 ORDER BY 1",
            )?,
        ))
    }

    /// Drops what counts nothing any more.
    pub(super) fn forget_empty_counts(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM ledger_counts WHERE stream = ?1 AND records = 0")?
            .execute([stream.0])?;
        Ok(())
    }
}

/// Days since 1970-01-01.
pub(super) fn day_number(day: NaiveDate) -> i64 {
    (day - DateTime::UNIX_EPOCH.date_naive()).num_days()
}

/// The day of that number; `None` if it is none.
pub(super) fn day(number: i64) -> Option<NaiveDate> {
    if number == NO_DAY {
        return None;
    }
    NaiveDate::from_epoch_days(i32::try_from(number).ok()?)
}

#[cfg(test)]
mod tests;
