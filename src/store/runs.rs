//! The history of runs, kept for 90 days.

use std::ops::AddAssign;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{OptionalExtension, params};

use super::run_counts::EndedRun;
use super::run_history::run_row;
use super::{Db, StoreError, StreamKey, millis, time};

/// Which of a stream's two workers ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worker {
    /// Reads what is new.
    Head,
    /// Reads slices with an end.
    Rest,
}

impl Worker {
    /// As stored and logged.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Rest => "rest",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Head, Self::Rest]
            .into_iter()
            .find(|worker| worker.as_str() == text)
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// To its end.
    Complete,
    /// With an error.
    Failed,
    /// By a signal.
    Interrupted,
    /// It was not started.
    Skipped,
}

impl Outcome {
    /// As in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Complete, Self::Failed, Self::Interrupted, Self::Skipped]
            .into_iter()
            .find(|o| o.as_str() == text)
    }
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Records read.
    pub read: u64,
    /// Rows delivered.
    pub sent: u64,
    /// Read, and as delivered before.
    pub unchanged: u64,
    /// Set aside.
    pub quarantined: u64,
    /// Marked as deleted.
    pub deleted: u64,
    /// Rows the source counted but did not show.
    pub hidden: u64,
    /// Requests to the source.
    pub requests: u64,
    /// Bytes sent to the workspace.
    pub bytes_sent: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.read += more.read;
        self.sent += more.sent;
        self.unchanged += more.unchanged;
        self.quarantined += more.quarantined;
        self.deleted += more.deleted;
        self.hidden += more.hidden;
        self.requests += more.requests;
        self.bytes_sent += more.bytes_sent;
    }
}

/// A run as stored; a pass of both workers is one row, the head's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// Its id, as in `SyncRunId_s`.
    pub run_id: String,
    /// By our clock.
    pub started: DateTime<Utc>,
    /// `None` while it runs, or if it was killed.
    pub ended: Option<DateTime<Utc>>,
    /// `None` while it runs, or if it was killed.
    pub outcome: Option<Outcome>,
    /// JSON: code, seen, means, remedy.
    pub error: Option<String>,
    /// What the operator should know, though nothing failed.
    pub warnings: Vec<String>,
    /// What it did.
    pub tally: Tally,
}

impl Db<'_> {
    /// Begins a run: the first write of a run, so that a full disk stops it before it delivers.
    pub fn begin_run(
        &self,
        stream: StreamKey,
        worker: Worker,
        run_id: &str,
        started: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let long_ago = millis(started - TimeDelta::days(90));
        // Not one that is under way: our clock may have been set ahead meanwhile.
        self.0.execute(
            "DELETE FROM runs WHERE stream = ?1 AND started < ?2 AND outcome IS NOT NULL",
            params![stream.0, long_ago],
        )?;
        self.forget_run_counts(stream, started - TimeDelta::days(90))?;
        // Of one worker only one run is under way: an older one without an end was dropped or killed.
        self.0.execute(
            "UPDATE runs SET outcome = 'interrupted' WHERE stream = ?1 AND worker = ?2 AND outcome IS NULL",
            params![stream.0, worker.as_str()],
        )?;
        self.0.execute(
            "INSERT INTO runs (run_id, stream, worker, started) VALUES (?1, ?2, ?3, ?4)",
            params![run_id, stream.0, worker.as_str(), millis(started)],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Marks the runs that a process before this one left without an end; only while no other holds the lock.
    pub fn interrupt_open_runs(&self) -> Result<usize, StoreError> {
        Ok(self
            .0
            .execute("UPDATE runs SET outcome = 'interrupted' WHERE outcome IS NULL", [])?)
    }

    /// Whether a run of a connection may have asked its server within the minute before `now`, or was killed. Our clock
    /// may have been set back meanwhile.
    pub fn ran_just_now(&self, connection: &str, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let ran = self.0.query_row(
            "SELECT EXISTS (SELECT 1 FROM runs JOIN streams USING (stream)
             WHERE connection = ?1 AND (outcome IS NULL OR coalesce(ended, started) > ?2))",
            params![connection, millis(now - TimeDelta::minutes(1))],
            |row| row.get(0),
        )?;
        Ok(ran)
    }

    /// Ends a run; one that is known no more has nothing to end.
    pub fn end_run(
        &self,
        run: i64,
        ended: DateTime<Utc>,
        outcome: Outcome,
        error: Option<&str>,
        warnings: &[String],
        tally: &Tally,
    ) -> Result<(), StoreError> {
        let warnings = match warnings {
            [] => None,
            some => serde_json::to_string(some).ok(),
        };
        let ended_run = self.0.query_row(
            "UPDATE runs SET ended = ?2, outcome = ?3, error = ?4, read = ?5, sent = ?6, unchanged = ?7,
                 quarantined = ?8, deleted = ?9, hidden = ?10, requests = ?11, bytes_sent = ?12, warnings = ?13
             WHERE run = ?1 RETURNING stream, worker, started",
            params![
                run,
                millis(ended),
                outcome.as_str(),
                error,
                tally.read,
                tally.sent,
                tally.unchanged,
                tally.quarantined,
                tally.deleted,
                tally.hidden,
                tally.requests,
                tally.bytes_sent,
                warnings,
            ],
            |row| Ok((StreamKey(row.get(0)?), row.get::<_, String>(1)?, time(row.get(2)?))),
        );
        let Some((stream, worker, started)) = ended_run.optional()? else {
            return Ok(());
        };
        let run = EndedRun {
            stream,
            worker: &worker,
            started,
            ended,
            outcome,
            error,
        };
        self.count_run(&run, tally)?;
        // Between two runs nobody needs the cache.
        self.0.execute_batch("PRAGMA shrink_memory")?;
        Ok(())
    }

    /// Ends a run of which only its id is known, because whoever ran it panicked.
    pub fn fail_open_run(
        &self,
        stream: StreamKey,
        run_id: &str,
        ended: DateTime<Utc>,
        error: &str,
    ) -> Result<(), StoreError> {
        let mut update = self.0.prepare_cached(
            "UPDATE runs SET ended = ?3, outcome = 'failed', error = ?4
             WHERE stream = ?1 AND run_id = ?2 AND outcome IS NULL RETURNING worker, started",
        )?;
        let open = update.query_map(params![stream.0, run_id, millis(ended), error], |row| {
            Ok((row.get::<_, String>(0)?, time(row.get(1)?)))
        })?;
        for (worker, started) in open.collect::<Result<Vec<_>, _>>()? {
            let run = EndedRun {
                stream,
                worker: &worker,
                started,
                ended,
                outcome: Outcome::Failed,
                error: Some(error),
            };
            self.count_run(&run, &Tally::default())?;
        }
        Ok(())
    }

    /// When the first run began that is still known.
    pub fn first_run(&self, stream: StreamKey) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT min(started) FROM runs WHERE stream = ?1")?;
        let started: Option<i64> = query.query_row([stream.0], |row| row.get(0))?;
        Ok(started.map(time))
    }

    /// The last ended run of a worker of a stream.
    pub fn last_run(&self, stream: StreamKey, worker: Worker) -> Result<Option<RunRow>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT run_id, started, outcome, error, read, sent, unchanged, quarantined, deleted, hidden, requests,
                    bytes_sent, ended, warnings
             FROM runs INDEXED BY runs_worker WHERE stream = ?1 AND worker = ?2 AND outcome IS NOT NULL
             ORDER BY run DESC LIMIT 1",
        )?;
        let run = query.query_row(params![stream.0, worker.as_str()], run_row);
        Ok(run.optional()?)
    }
}

pub(super) fn warnings(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_default()
}

pub(super) fn tally(row: &rusqlite::Row<'_>) -> Result<Tally, rusqlite::Error> {
    Ok(Tally {
        read: row.get(4)?,
        sent: row.get(5)?,
        unchanged: row.get(6)?,
        quarantined: row.get(7)?,
        deleted: row.get(8)?,
        hidden: row.get(9)?,
        requests: row.get(10)?,
        bytes_sent: row.get(11)?,
    })
}
