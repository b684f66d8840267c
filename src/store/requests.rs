//! Requests: what the command line asks of a running daemon, which looks for them every second.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, millis};

/// A request and, when it is done, its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its number.
    pub id: i64,
    /// `sync`, `resync`, `quarantine-retry`.
    pub verb: String,
    /// JSON.
    pub body: String,
}

impl Db<'_> {
    /// Leaves a request; returns its number.
    pub fn ask(&self, verb: &str, body: &str, now: DateTime<Utc>) -> Result<i64, StoreError> {
        self.0.execute(
            "INSERT INTO requests (verb, body, made) VALUES (?1, ?2, ?3)",
            params![verb, body, millis(now)],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Takes the requests that nobody has taken; old answers are dropped on the way.
    pub fn take_requests(&self, now: DateTime<Utc>) -> Result<Vec<Request>, StoreError> {
        let pending: bool = self
            .0
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM requests WHERE taken IS NULL)")?
            .query_row([], |row| row.get(0))?;
        if !pending {
            return Ok(Vec::new());
        }
        self.0.execute(
            "DELETE FROM requests WHERE made < ?1",
            [millis(now - chrono::TimeDelta::days(1))],
        )?;
        let mut take = self
            .0
            .prepare_cached("UPDATE requests SET taken = ?1 WHERE taken IS NULL RETURNING id, verb, body")?;
        let rows = take.query_map([millis(now)], |row| {
            Ok(Request {
                id: row.get(0)?,
                verb: row.get(1)?,
                body: row.get(2)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Answers a request, with JSON.
    pub fn answer(&self, request: i64, answer: &str) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE requests SET answer = ?2 WHERE id = ?1",
            params![request, answer],
        )?;
        Ok(())
    }

    /// The answer to a request, if it has been given: whether it was taken, and the answer.
    pub fn answered(&self, request: i64) -> Result<Option<(bool, Option<String>)>, StoreError> {
        let row = self
            .0
            .query_row(
                "SELECT taken IS NOT NULL, answer FROM requests WHERE id = ?1",
                [request],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(row)
    }
}
