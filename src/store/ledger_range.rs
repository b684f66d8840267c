//! The ledger by time: what a sweep compares with the service desk.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::ledger::{ledger_row, pack, unpack};
use super::{Db, LedgerRow, Missing, StoreError, StreamKey, millis, time};
use crate::model::RecordId;
use crate::model::window::Range;

impl Db<'_> {
    /// The rows of that range of time, marked ones too, in no order.
    pub fn ledger_in(&self, stream: StreamKey, range: Range) -> Result<Vec<(RecordId, LedgerRow)>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT record, number, version, modified, revision, generation, columns, delivered, deleted, seen,
                 seen_columns, created
             FROM ledger WHERE stream = ?1 AND modified >= ?2 AND modified < ?3",
        )?;
        let rows = query.query_map(params![stream.0, millis(range.from), millis(range.to)], |row| {
            Ok((unpack(row.get_ref(0)?), ledger_row(row, 1)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The stamp of the first row of the range, newest first, that is beyond `most` rows; `None` if there are no more.
    pub fn stamp_beyond(
        &self,
        stream: StreamKey,
        range: Range,
        most: u32,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT modified FROM ledger WHERE stream = ?1 AND modified >= ?2 AND modified < ?3
             ORDER BY modified DESC LIMIT 1 OFFSET ?4",
        )?;
        let stamp = query
            .query_row(params![stream.0, millis(range.from), millis(range.to), most], |row| {
                row.get(0)
            })
            .optional()?;
        Ok(stamp.map(time))
    }

    /// The records with the newest stamps, tombstones aside.
    pub fn newest_in_ledger(&self, stream: StreamKey, most: usize) -> Result<Vec<RecordId>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT record FROM ledger WHERE stream = ?1 AND deleted = 0 ORDER BY modified DESC LIMIT ?2",
        )?;
        let rows = query.query_map(params![stream.0, i64::try_from(most).unwrap_or(i64::MAX)], |row| {
            Ok(unpack(row.get_ref(0)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Drops the row of a record that was found outside the window, if it is still the one that was compared.
    pub fn prune_record(&self, stream: StreamKey, compared: &Missing) -> Result<bool, StoreError> {
        let pruned = self.0.execute(
            "DELETE FROM ledger WHERE stream = ?1 AND record = ?2 AND version = ?3 AND modified = ?4",
            params![
                stream.0,
                pack(&compared.id),
                compared.version.0.cast_signed(),
                millis(compared.modified)
            ],
        )?;
        Ok(pruned == 1)
    }

    /// The stamps of those records that are in the quarantine and wait there, in the order of `ids`.
    pub fn set_aside_stamps(
        &self,
        stream: StreamKey,
        ids: &[RecordId],
    ) -> Result<Vec<Option<DateTime<Utc>>>, StoreError> {
        if self.quarantined(stream)? == 0 {
            return Ok(vec![None; ids.len()]);
        }
        let mut query = self
            .0
            .prepare_cached("SELECT modified FROM quarantine WHERE stream = ?1 AND record = ?2 AND NOT retry")?;
        let mut stamps = Vec::with_capacity(ids.len());
        for id in ids {
            let stamp: Option<Option<i64>> = query
                .query_row(params![stream.0, pack(id)], |row| row.get(0))
                .optional()?;
            stamps.push(stamp.flatten().map(time));
        }
        Ok(stamps)
    }
}
