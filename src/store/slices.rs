//! Slices: which ranges of time are to be read, and how far each has been.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, StreamKey, millis, time};
use crate::model::window::Range;
use crate::model::{Generation, Position, Slice, SliceId};

/// A slice and whether it is through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSlice {
    /// The slice.
    pub slice: Slice,
    /// Read to its end; the head never is.
    pub complete: bool,
}

/// A slice to be laid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSlice {
    /// Inclusive.
    pub from: DateTime<Utc>,
    /// Exclusive; `None` for the head.
    pub to: Option<DateTime<Utc>>,
}

impl Db<'_> {
    /// All slices of a stream, newest first; the head, if there is one, stands first.
    pub fn slices(&self, stream: StreamKey) -> Result<Vec<StoredSlice>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT id, generation, starts, ends, position_time, position_rest, complete
             FROM slices WHERE stream = ?1 ORDER BY ends IS NOT NULL, starts DESC, id DESC",
        )?;
        let rows = query.query_map([stream.0], |row| {
            let position_time: Option<i64> = row.get(4)?;
            let position_rest: Option<String> = row.get(5)?;
            Ok(StoredSlice {
                slice: Slice {
                    id: SliceId(row.get(0)?),
                    generation: Generation(row.get(1)?),
                    from: time(row.get(2)?),
                    to: row.get::<_, Option<i64>>(3)?.map(time),
                    position: position_time.map(|at| Position {
                        time: time(at),
                        rest: position_rest.unwrap_or_default(),
                    }),
                },
                complete: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lays slices of a generation.
    pub fn lay(&self, stream: StreamKey, generation: Generation, slices: &[NewSlice]) -> Result<(), StoreError> {
        let mut insert = self
            .0
            .prepare_cached("INSERT INTO slices (stream, generation, starts, ends) VALUES (?1, ?2, ?3, ?4)")?;
        for slice in slices {
            insert.execute(params![
                stream.0,
                generation.0,
                millis(slice.from),
                slice.to.map(millis)
            ])?;
        }
        Ok(())
    }

    /// Moves a slice's position from `before` to `after`: a compare-and-set. `false` if the slice is gone, stands
    /// elsewhere, or has been taken over by another generation; nothing is changed then.
    pub fn commit_position(
        &self,
        slice: SliceId,
        generation: Generation,
        before: Option<&Position>,
        after: &Position,
        complete: bool,
    ) -> Result<bool, StoreError> {
        let mut update = self.0.prepare_cached(
            "UPDATE slices SET position_time = ?4, position_rest = ?5, complete = ?6
             WHERE id = ?1 AND position_time IS ?2 AND position_rest IS ?3 AND NOT complete AND generation = ?7",
        )?;
        let changed = update.execute(params![
            slice.0,
            before.map(|position| millis(position.time)),
            before.map(|position| position.rest.as_str()),
            millis(after.time),
            after.rest,
            complete,
            generation.0,
        ])?;
        Ok(changed == 1)
    }

    /// Shortens the slice into which the window's start has moved, the head too: what has left it counts as read no longer,
    /// for a wider window may bring it back.
    pub fn trim_slices(&self, stream: StreamKey, window_start: DateTime<Utc>) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE slices SET starts = ?2 WHERE stream = ?1 AND (ends IS NULL OR ends > ?2) AND starts < ?2",
            params![stream.0, millis(window_start)],
        )?;
        Ok(())
    }

    /// Cuts a slice that is too slow at `middle`; the newer part becomes a slice of its own.
    pub fn halve_slice(&self, slice: SliceId, middle: DateTime<Utc>) -> Result<bool, StoreError> {
        let inserted = self.0.execute(
            "INSERT INTO slices (stream, generation, starts, ends)
             SELECT stream, generation, ?2, ends FROM slices
             WHERE id = ?1 AND NOT complete AND ends > ?2 AND max(starts, coalesce(position_time, starts)) < ?2",
            params![slice.0, millis(middle)],
        )?;
        if inserted == 0 {
            return Ok(false);
        }
        self.0.execute(
            "UPDATE slices SET ends = ?2 WHERE id = ?1",
            params![slice.0, millis(middle)],
        )?;
        Ok(true)
    }

    /// What is left to read of a slice that is not through; its start may have been moved beyond its position.
    pub fn unread(&self, slice: SliceId) -> Result<Option<Range>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT max(starts, coalesce(position_time, starts)), ends FROM slices
             WHERE id = ?1 AND NOT complete AND ends IS NOT NULL",
        )?;
        let unread = query
            .query_row([slice.0], |row| {
                Ok(Range {
                    from: time(row.get(0)?),
                    to: time(row.get(1)?),
                })
            })
            .optional()?;
        Ok(unread)
    }

    /// Drops slices that have left the window.
    pub fn drop_slices_before(&self, stream: StreamKey, window_start: DateTime<Utc>) -> Result<usize, StoreError> {
        let dropped = self.0.execute(
            "DELETE FROM slices WHERE stream = ?1 AND ends <= ?2",
            params![stream.0, millis(window_start)],
        )?;
        Ok(dropped)
    }

    /// Makes room for new slices from `since` on: what lies behind is dropped, and a slice that reaches over ends there,
    /// complete if it was read that far.
    pub fn drop_slices_since(&self, stream: StreamKey, since: DateTime<Utc>) -> Result<usize, StoreError> {
        let (stream, since) = (stream.0, millis(since));
        let dropped = self.0.execute(
            "DELETE FROM slices WHERE stream = ?1 AND ends IS NOT NULL AND starts >= ?2",
            params![stream, since],
        )?;
        self.0.execute(
            "UPDATE slices SET ends = ?2, complete = complete OR coalesce(position_time >= ?2, FALSE)
             WHERE stream = ?1 AND ends > ?2",
            params![stream, since],
        )?;
        Ok(dropped)
    }

    /// All slices are to be read from their start. Those that were through demand nothing but what the ledger lacks: a
    /// resync that is over does not begin again.
    pub fn read_again(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE slices SET generation = iif(complete, 0, generation), complete = 0, position_time = NULL,
                 position_rest = NULL
             WHERE stream = ?1 AND ends IS NOT NULL",
            [stream.0],
        )?;
        Ok(())
    }

    /// The head is answerable only from `time` on; its position stays.
    pub fn begin_head_at(&self, stream: StreamKey, time: DateTime<Utc>) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE slices SET starts = ?2 WHERE stream = ?1 AND ends IS NULL",
            params![stream.0, millis(time)],
        )?;
        Ok(())
    }

    /// Puts the head back to `time`: it was carried beyond what can have been read. Slices behind `time` make room.
    pub fn put_head_back(&self, stream: StreamKey, time: DateTime<Utc>) -> Result<(), StoreError> {
        self.drop_slices_since(stream, time)?;
        self.0.execute(
            "UPDATE slices SET starts = min(starts, ?2), position_time = ?2, position_rest = ''
             WHERE stream = ?1 AND ends IS NULL",
            params![stream.0, millis(time)],
        )?;
        Ok(())
    }

    /// Whether a resync of the current generation is still being delivered.
    pub fn resync_unfinished(&self, stream: StreamKey) -> Result<bool, StoreError> {
        let unfinished = self.0.query_row(
            "SELECT EXISTS (SELECT 1 FROM slices JOIN streams USING (stream)
             WHERE stream = ?1 AND ends IS NOT NULL AND NOT complete AND slices.generation = streams.generation
               AND streams.generation > 0)",
            [stream.0],
            |row| row.get(0),
        )?;
        Ok(unfinished)
    }

    /// Ends a resync: what is left of it is still read, but only what the ledger lacks is delivered; returns how many
    /// slices that are.
    ///
    /// They are not taken for complete: a resync takes the place of unfinished slices of the backfill too, and what lies
    /// in those was never delivered.
    pub fn cancel_resync(&self, stream: StreamKey) -> Result<usize, StoreError> {
        let changed = self.0.execute(
            "UPDATE slices SET generation = 0
             WHERE stream = ?1 AND ends IS NOT NULL AND NOT complete
               AND generation > 0 AND generation = (SELECT generation FROM streams WHERE stream = ?1)",
            [stream.0],
        )?;
        Ok(changed)
    }
}
