//! Runs by the hour and failures by code, counted in the transaction that ends a run: a page reads hundreds of rows, not the
//! minutes of 90 days.

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::params;

use super::{Db, Outcome, StoreError, StreamKey, Tally, Worker, millis, time};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

/// The runs of a stream that ended in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunHour {
    /// Its first instant.
    pub hour: DateTime<Utc>,
    /// How many.
    pub runs: u64,
    /// Of those the ones that failed.
    pub failed: u64,
    /// What they did together; what is not kept by the hour is 0.
    pub tally: Tally,
}

/// Failed runs of one worker with one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// Whose runs.
    pub worker: Worker,
    /// E.g. `ITSMD-SN-014`.
    pub code: String,
    /// How many.
    pub times: u64,
    /// Start of the first.
    pub first: DateTime<Utc>,
    /// Start of the last.
    pub last: DateTime<Utc>,
    /// JSON of the last: code, seen, means, remedy.
    pub error: String,
    /// A later run of the worker was complete.
    pub over: bool,
}

/// A run that ended just now.
pub(super) struct EndedRun<'a> {
    pub stream: StreamKey,
    pub worker: &'a str,
    pub started: DateTime<Utc>,
    pub ended: DateTime<Utc>,
    pub outcome: Outcome,
    pub error: Option<&'a str>,
}

impl Db<'_> {
    /// The hours of a stream since `since` in which runs ended, oldest first.
    pub fn run_hours(&self, stream: StreamKey, since: DateTime<Utc>) -> Result<Vec<RunHour>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT hour, runs, failed, read, sent, unchanged, requests, bytes_sent FROM run_hours
             WHERE stream = ?1 AND hour >= ?2 ORDER BY hour",
        )?;
        let rows = query.query_map(params![stream.0, millis(since).div_euclid(HOUR)], |row| {
            Ok(RunHour {
                hour: time(row.get::<_, i64>(0)? * HOUR),
                runs: row.get(1)?,
                failed: row.get(2)?,
                tally: Tally {
                    read: row.get(3)?,
                    sent: row.get(4)?,
                    unchanged: row.get(5)?,
                    requests: row.get(6)?,
                    bytes_sent: row.get(7)?,
                    ..Tally::default()
                },
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The failures of a stream since the day of `since`, by worker and code, each day's by itself, oldest day first.
    pub fn failures(&self, stream: StreamKey, since: DateTime<Utc>) -> Result<Vec<Failures>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT worker, code, times, first, last, error, over FROM failures
             WHERE stream = ?1 AND day >= ?2 ORDER BY day",
        )?;
        let rows = query.query_map(params![stream.0, millis(since).div_euclid(DAY)], |row| {
            Ok(Failures {
                worker: Worker::parse(&row.get::<_, String>(0)?).unwrap_or(Worker::Head),
                code: row.get(1)?,
                times: row.get(2)?,
                first: time(row.get(3)?),
                last: time(row.get(4)?),
                error: row.get(5)?,
                over: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    pub(super) fn count_run(&self, run: &EndedRun<'_>, tally: &Tally) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO run_hours VALUES (?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET
                     runs = runs + 1, failed = failed + excluded.failed, read = read + excluded.read,
                     sent = sent + excluded.sent, unchanged = unchanged + excluded.unchanged,
                     requests = requests + excluded.requests, bytes_sent = bytes_sent + excluded.bytes_sent",
            )?
            .execute(params![
                run.stream.0,
                millis(run.ended).div_euclid(HOUR),
                run.outcome == Outcome::Failed,
                tally.read,
                tally.sent,
                tally.unchanged,
                tally.requests,
                tally.bytes_sent,
            ])?;
        match run.outcome {
            Outcome::Failed => self.count_failure(run),
            Outcome::Complete => {
                self.0
                    .prepare_cached("UPDATE failures SET over = 1 WHERE stream = ?1 AND worker = ?2 AND over = 0")?
                    .execute(params![run.stream.0, run.worker])?;
                Ok(())
            }
            Outcome::Interrupted | Outcome::Skipped => Ok(()),
        }
    }

    /// An error without a code has no line of its own; the run has.
    fn count_failure(&self, run: &EndedRun<'_>) -> Result<(), StoreError> {
        let error = run.error.unwrap_or_default();
        self.0
            .prepare_cached(
                "INSERT INTO failures (stream, day, worker, code, times, first, last, error)
                 SELECT ?1, ?2, ?3, json_extract(?5, '$.code'), 1, ?4, ?4, ?5
                 WHERE iif(json_valid(?5), json_extract(?5, '$.code') IS NOT NULL, 0)
                 ON CONFLICT (stream, day, worker, code) DO UPDATE SET times = times + 1, over = 0, error = excluded.error,
                     first = min(first, excluded.first), last = max(last, excluded.last)",
            )?
            .execute(params![
                run.stream.0,
                millis(run.started).div_euclid(DAY),
                run.worker,
                millis(run.started),
                error
            ])?;
        Ok(())
    }

    pub(super) fn forget_run_counts(&self, stream: StreamKey, before: DateTime<Utc>) -> Result<(), StoreError> {
        let before = before - TimeDelta::days(1);
        self.0
            .prepare_cached("DELETE FROM run_hours WHERE stream = ?1 AND hour < ?2")?
            .execute(params![stream.0, millis(before).div_euclid(HOUR)])?;
        self.0
            .prepare_cached("DELETE FROM failures WHERE stream = ?1 AND day < ?2")?
            .execute(params![stream.0, millis(before).div_euclid(DAY)])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
