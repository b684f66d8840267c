//! Streams: generation, fingerprints, and the few times that must outlive a run.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, millis, time};
use crate::model::{Generation, StreamId};

/// A stream's number in this state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamKey(pub i64);

/// What a stream was read from and written to; a change of one has a defined consequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prints {
    /// Instance and table.
    pub source: String,
    /// The user's filter.
    pub filter: String,
    /// The destination.
    pub sink: String,
}

/// A stream as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamRow {
    /// Its number.
    pub key: StreamKey,
    /// Raised by each resync.
    pub generation: Generation,
    /// From where the current generation was asked for.
    pub resync_since: Option<DateTime<Utc>>,
    /// As of the last run.
    pub prints: Prints,
    /// Of the last run, by the source's clock.
    pub window_start: Option<DateTime<Utc>>,
    /// Start of the last run that read the head to its end, by our clock.
    pub head_read: Option<DateTime<Utc>>,
    /// The last `TimeGenerated`.
    pub last_generated: Option<DateTime<Utc>>,
}

impl Db<'_> {
    /// The stream, if it was ever run.
    pub fn stream(&self, id: &StreamId) -> Result<Option<StreamRow>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT stream, generation, resync_since, source_print, filter_print, sink_print, window_start, head_read,
                    last_generated
             FROM streams WHERE connection = ?1 AND kind = ?2",
        )?;
        let row = query.query_row(params![id.connection.as_str(), id.kind.as_str()], |row| {
            Ok(StreamRow {
                key: StreamKey(row.get(0)?),
                generation: Generation(row.get(1)?),
                resync_since: row.get::<_, Option<i64>>(2)?.map(time),
                prints: Prints {
                    source: row.get(3)?,
                    filter: row.get(4)?,
                    sink: row.get(5)?,
                },
                window_start: row.get::<_, Option<i64>>(6)?.map(time),
                head_read: row.get::<_, Option<i64>>(7)?.map(time),
                last_generated: row.get::<_, Option<i64>>(8)?.map(time),
            })
        });
        Ok(row.optional()?)
    }

    /// The stream, made with these fingerprints if it is new.
    pub fn stream_or_new(&self, id: &StreamId, prints: &Prints) -> Result<StreamRow, StoreError> {
        self.0.execute(
            "INSERT INTO streams (connection, kind, source_print, filter_print, sink_print) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO NOTHING",
            params![
                id.connection.as_str(),
                id.kind.as_str(),
                prints.source,
                prints.filter,
                prints.sink
            ],
        )?;
        self.stream(id)?
            .ok_or_else(|| StoreError::Corrupt(format!("stream {id} vanished")))
    }

    /// Every stream: connection, kind, as written.
    pub fn stream_names(&self) -> Result<Vec<(String, String, StreamKey)>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT connection, kind, stream FROM streams ORDER BY connection, kind DESC")?;
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, StreamKey(row.get(2)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers what the stream is read from and written to.
    pub fn set_prints(&self, stream: StreamKey, prints: &Prints) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE streams SET source_print = ?2, filter_print = ?3, sink_print = ?4 WHERE stream = ?1",
            params![stream.0, prints.source, prints.filter, prints.sink],
        )?;
        Ok(())
    }

    /// Lets the next run read another instance or table: the operator said that it is the same service desk.
    pub fn accept_any_source(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0
            .execute("UPDATE streams SET source_print = '' WHERE stream = ?1", [stream.0])?;
        Ok(())
    }

    /// Raises the generation: everything from `since` on is to be delivered again.
    pub fn raise_generation(&self, stream: StreamKey, since: DateTime<Utc>) -> Result<Generation, StoreError> {
        let generation = self.0.query_row(
            "UPDATE streams SET generation = generation + 1, resync_since = ?2 WHERE stream = ?1 RETURNING generation",
            params![stream.0, millis(since)],
            |row| row.get(0),
        )?;
        self.0.execute(
            "UPDATE slices SET generation = ?2 WHERE stream = ?1 AND ends IS NULL",
            params![stream.0, generation],
        )?;
        Ok(Generation(generation))
    }

    /// Ends the current resync if all its slices are through: the next one is another.
    pub fn settle_resync(&self, stream: StreamKey) -> Result<(), StoreError> {
        if !self.resync_unfinished(stream)? {
            self.forget_resync(stream)?;
        }
        Ok(())
    }

    /// No later resync is part of the current one.
    pub fn forget_resync(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0
            .execute("UPDATE streams SET resync_since = NULL WHERE stream = ?1", [stream.0])?;
        Ok(())
    }

    /// Whether it is time to look for what has left the window, at most once in `every`; notes that it was done.
    pub fn pruning_is_due(
        &self,
        stream: StreamKey,
        window_start: DateTime<Utc>,
        every: chrono::TimeDelta,
    ) -> Result<bool, StoreError> {
        let due = self.0.execute(
            "UPDATE streams SET pruned = ?2 WHERE stream = ?1 AND (pruned IS NULL OR abs(?2 - pruned) >= ?3)",
            params![stream.0, millis(window_start), every.num_milliseconds()],
        )?;
        Ok(due == 1)
    }

    /// Where the window of the last run starts, of whichever worker.
    pub fn window_start(&self, stream: StreamKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT window_start FROM streams WHERE stream = ?1")?;
        let start = query.query_row([stream.0], |row| Ok(row.get::<_, Option<i64>>(0)?.map(time)));
        Ok(start.optional()?.flatten())
    }

    /// Remembers where the window of this run starts.
    pub fn set_window(&self, stream: StreamKey, start: DateTime<Utc>) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE streams SET window_start = ?2 WHERE stream = ?1",
            params![stream.0, millis(start)],
        )?;
        Ok(())
    }

    /// Remembers that a run which began at `started` read the head to its end.
    pub fn set_head_read(&self, stream: StreamKey, started: DateTime<Utc>) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE streams SET head_read = ?2 WHERE stream = ?1",
            params![stream.0, millis(started)],
        )?;
        Ok(())
    }

    /// The next `TimeGenerated`: now, but never before the last one, unless that is over a day ahead.
    pub fn next_generated(&self, stream: StreamKey, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
        let next = self.0.query_row(
            "UPDATE streams SET last_generated =
                 CASE WHEN last_generated > ?2 AND last_generated <= ?2 + 86400000 THEN last_generated ELSE ?2 END
             WHERE stream = ?1 RETURNING last_generated",
            params![stream.0, millis(now)],
            |row| row.get(0),
        )?;
        Ok(time(next))
    }

    /// Drops all state of a connection; returns how many streams it had.
    pub fn forget(&self, connection: &str) -> Result<usize, StoreError> {
        self.drop_refresh_token(connection)?;
        Ok(self
            .0
            .execute("DELETE FROM streams WHERE connection = ?1", [connection])?)
    }

    /// The number of a set of columns.
    pub fn column_set(&self, fingerprint: &str) -> Result<i64, StoreError> {
        self.0.execute(
            "INSERT INTO column_sets (fingerprint) VALUES (?1) ON CONFLICT DO NOTHING",
            [fingerprint],
        )?;
        let number = self.0.query_row(
            "SELECT columns FROM column_sets WHERE fingerprint = ?1",
            [fingerprint],
            |row| row.get(0),
        )?;
        Ok(number)
    }
}
