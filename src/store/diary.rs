//! What the connector's own log was told of a stream, so that a process that begins again does not tell it again.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::{Db, StoreError, StreamKey, millis, time};

/// What the log was told of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diary {
    /// When the workspace last took a row of it.
    pub heard: Option<DateTime<Utc>>,
    /// Since when the workspace takes none.
    pub away: Option<DateTime<Utc>>,
    /// Rows that nobody will write any more.
    pub missed: u64,
    /// What stands or stood in the stream's way.
    pub causes: Vec<Cause>,
}

/// One thing that stands or stood in a stream's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// E.g. `ITSMD-NET-002`.
    pub code: String,
    /// The first failure of those that stand.
    pub since: DateTime<Utc>,
    /// The last failure.
    pub last: DateTime<Utc>,
    /// Failures since the row that told of it.
    pub times: u64,
    /// Failures since `since`.
    pub total: u64,
    /// When the workspace took a row of it.
    pub told: Option<DateTime<Utc>>,
    /// It was told, or should have been, and its end was not.
    pub open: bool,
    /// It stands in the head's way.
    pub head: bool,
    /// It stands in the way of the rest.
    pub rest: bool,
}

impl Db<'_> {
    /// What was told of a stream.
    pub fn diary(&self, stream: StreamKey) -> Result<Diary, StoreError> {
        let told = self
            .0
            .prepare_cached("SELECT heard, away, missed FROM log_told WHERE stream = ?1")?
            .query_row([stream.0], |row| {
                Ok(Diary {
                    heard: row.get::<_, Option<i64>>(0)?.map(time),
                    away: row.get::<_, Option<i64>>(1)?.map(time),
                    missed: row.get(2)?,
                    causes: Vec::new(),
                })
            })
            .optional()?;
        let mut query = self.0.prepare_cached(
            "SELECT code, since, last, times, total, told, open, head, rest FROM log_causes WHERE stream = ?1 ORDER BY code",
        )?;
        let causes = query.query_map([stream.0], |row| {
            Ok(Cause {
                code: row.get(0)?,
                since: time(row.get(1)?),
                last: time(row.get(2)?),
                times: row.get(3)?,
                total: row.get(4)?,
                told: row.get::<_, Option<i64>>(5)?.map(time),
                open: row.get(6)?,
                head: row.get(7)?,
                rest: row.get(8)?,
            })
        })?;
        Ok(Diary {
            causes: causes.collect::<Result<_, _>>()?,
            ..told.unwrap_or_default()
        })
    }

    /// Keeps this in place of what was kept.
    pub fn keep_diary(&self, stream: StreamKey, diary: &Diary) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO log_told (stream, heard, away, missed) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                stream.0,
                diary.heard.map(millis),
                diary.away.map(millis),
                diary.missed
            ])?;
        self.0
            .prepare_cached("DELETE FROM log_causes WHERE stream = ?1")?
            .execute([stream.0])?;
        let mut insert = self.0.prepare_cached(
            "INSERT INTO log_causes (stream, code, since, last, times, total, told, open, head, rest)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for cause in &diary.causes {
            insert.execute(params![
                stream.0,
                cause.code,
                millis(cause.since),
                millis(cause.last),
                cause.times,
                cause.total,
                cause.told.map(millis),
                cause.open,
                cause.head,
                cause.rest
            ])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::new_store;

    #[test]
    fn what_was_told_is_known_again_and_leaves_with_its_stream() {
        let (_folder, store, key) = new_store();
        assert_eq!(store.call_here(|db| db.diary(key)).unwrap(), Diary::default());
        let noon: DateTime<Utc> = "2026-11-20T12:00:00Z".parse().unwrap();
        let diary = Diary {
            heard: Some(noon),
            away: None,
            missed: 2,
            causes: vec![Cause {
                code: "ITSMD-NET-002".to_owned(),
                since: noon,
                last: noon,
                times: 3,
                total: 4,
                told: Some(noon),
                open: true,
                head: true,
                rest: false,
            }],
        };
        store.call_here(|db| db.keep_diary(key, &diary)).unwrap();
        store.call_here(|db| db.keep_diary(key, &diary)).unwrap();
        assert_eq!(store.call_here(|db| db.diary(key)).unwrap(), diary);
        store.call_here(|db| db.forget("contoso")).unwrap();
        assert_eq!(store.call_here(|db| db.diary(key)).unwrap(), Diary::default());
    }
}
