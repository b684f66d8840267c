//! What was said of things that end: said once for each threshold, whoever asks after a restart.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, millis, time};

/// An announcement as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announced {
    /// The connection's name; empty for the workspace.
    pub owner: String,
    /// What ends.
    pub what: String,
    /// When.
    pub ends: DateTime<Utc>,
    /// How many days before it was said: 30, 7, 1, or 0 when it was over.
    pub threshold: u16,
    /// When it was last logged, by our clock.
    pub told: DateTime<Utc>,
    /// Whether the workspace took the row of it.
    pub written: bool,
}

impl Db<'_> {
    /// What was said of this last.
    pub fn announced(&self, owner: &str, what: &str) -> Result<Option<Announced>, StoreError> {
        let found = self
            .0
            .prepare_cached("SELECT ends, threshold, told, written FROM announced WHERE owner = ?1 AND what = ?2")?
            .query_row([owner, what], |row| {
                Ok(Announced {
                    owner: owner.to_owned(),
                    what: what.to_owned(),
                    ends: time(row.get(0)?),
                    threshold: row.get(1)?,
                    told: time(row.get(2)?),
                    written: row.get(3)?,
                })
            })
            .optional()?;
        Ok(found)
    }

    /// Keeps what was said in place of what was said of it before.
    pub fn keep_announced(&self, said: &Announced) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO announced (owner, what, ends, threshold, told, written) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                said.owner,
                said.what,
                millis(said.ends),
                said.threshold,
                millis(said.told),
                said.written
            ])?;
        Ok(())
    }
}
