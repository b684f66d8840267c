//! The runs worth a line, and those under way: by their own small indices, for most runs are quiet.

use chrono::{DateTime, Utc};

use super::runs::{tally, warnings};
use super::{Db, Outcome, RunRow, StoreError, StreamKey, Worker, time};

/// A run that sent something, failed, set something aside or is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldRun {
    /// Whose.
    pub stream: StreamKey,
    /// Which of its workers.
    pub worker: Worker,
    /// The run.
    pub run: RunRow,
}

/// A run that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnderWay {
    /// Which worker.
    pub worker: Worker,
    /// When it began, by our clock.
    pub started: DateTime<Utc>,
}

impl Db<'_> {
    /// The newest runs worth a line of these streams, newest first; at most so many.
    pub fn told_runs(&self, streams: &[StreamKey], most: usize) -> Result<Vec<ToldRun>, StoreError> {
        let mut query = self.0.prepare_cached(
            // The index is used only while its condition stands here as it stands there.
            "SELECT run_id, started, outcome, error, read, sent, unchanged, quarantined, deleted, hidden, requests,
                    bytes_sent, ended, warnings, stream, worker
             FROM runs INDEXED BY runs_told
             WHERE outcome IS NULL OR outcome = 'failed' OR sent > 0 OR quarantined > 0 ORDER BY started DESC",
        )?;
        let mut rows = query.query([])?;
        let mut told = Vec::new();
        while told.len() < most
            && let Some(row) = rows.next()?
        {
            let stream = StreamKey(row.get(14)?);
            if streams.contains(&stream) {
                told.push(ToldRun {
                    stream,
                    worker: worker(row, 15)?,
                    run: run_row(row)?,
                });
            }
        }
        Ok(told)
    }

    /// The runs of a stream that have not ended; after a kill also those that never will, until the next begins.
    pub fn under_way(&self, stream: StreamKey) -> Result<Vec<UnderWay>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT worker, started FROM runs INDEXED BY runs_open WHERE stream = ?1 AND outcome IS NULL ORDER BY run",
        )?;
        let rows = query.query_map([stream.0], |row| {
            Ok(UnderWay {
                worker: worker(row, 0)?,
                started: time(row.get(1)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn worker(row: &rusqlite::Row<'_>, column: usize) -> Result<Worker, rusqlite::Error> {
    Ok(Worker::parse(&row.get::<_, String>(column)?).unwrap_or(Worker::Head))
}

/// The first fourteen columns.
pub(super) fn run_row(row: &rusqlite::Row<'_>) -> Result<RunRow, rusqlite::Error> {
    Ok(RunRow {
        run_id: row.get(0)?,
        started: time(row.get(1)?),
        ended: row.get::<_, Option<i64>>(12)?.map(time),
        outcome: row.get::<_, Option<String>>(2)?.as_deref().and_then(Outcome::parse),
        error: row.get(3)?,
        warnings: row
            .get::<_, Option<String>>(13)?
            .map_or_else(Vec::new, |json| warnings(&json)),
        tally: tally(row)?,
    })
}
