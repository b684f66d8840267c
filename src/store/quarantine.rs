//! The quarantine: records that could not be mapped or that the workspace refused, with the reason.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::ledger::{pack, unpack};
use super::{Db, StoreError, StreamKey, millis, time};
use crate::model::{RecordId, Version};

/// A record to be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// `None`: a row without id or stamp; such rows share one entry per stream and reason.
    pub id: Option<RecordId>,
    /// If it was readable.
    pub number: String,
    /// What the workspace refused; `None` if it could not even be mapped.
    pub version: Option<Version>,
    /// If it was readable.
    pub modified: Option<DateTime<Utc>>,
    /// What was wrong.
    pub reason: String,
    /// Tells rows that share an entry apart; of no meaning where there is an id.
    pub mark: u64,
}

/// A record in the quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Number of the entry.
    pub entry: i64,
    /// Connection, as stored.
    pub connection: String,
    /// Kind, as stored.
    pub kind: String,
    /// What was set aside.
    pub aside: Aside,
    /// How many rows share the entry.
    pub rows: u64,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Asked to be tried again.
    pub retry: bool,
}

/// Whose fault a refusal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspicion {
    /// This version was never refused.
    New,
    /// It was, when it may have been the workspace's fault.
    Suspect,
    /// It was, by a workspace that takes rows.
    Guilty,
}

const SELECT: &str = "SELECT q.id, s.connection, s.kind, q.record, q.number, q.version, q.modified, q.reason, q.rows,
     q.since, q.retry FROM quarantine q JOIN streams s USING (stream)";

impl Db<'_> {
    /// Sets a record aside; what is there already keeps its number and its date.
    pub fn set_aside(&self, stream: StreamKey, aside: &Aside, now: DateTime<Utc>) -> Result<(), StoreError> {
        let version = aside.version.map(|version| version.0.cast_signed());
        let record = aside.id.as_ref().map(pack);
        let sql = match record {
            Some(_) => {
                "INSERT INTO quarantine (stream, record, number, version, modified, reason, since)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (stream, record) WHERE record IS NOT NULL DO UPDATE SET
                     number = excluded.number, version = excluded.version, modified = excluded.modified,
                     reason = excluded.reason, retry = 0 RETURNING id"
            }
            None => {
                "INSERT INTO quarantine (stream, record, number, version, modified, reason, since, rows)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0)
                 ON CONFLICT (stream, reason) WHERE record IS NULL DO UPDATE SET reason = reason RETURNING id"
            }
        };
        let entry: i64 = self.0.prepare_cached(sql)?.query_row(
            params![
                stream.0,
                record,
                aside.number,
                version,
                aside.modified.map(millis),
                aside.reason,
                millis(now),
            ],
            |row| row.get(0),
        )?;
        match record {
            Some(_) => Ok(()),
            None => self.count_row(entry, aside.mark),
        }
    }

    /// A row that is read again, in the overlap or by another slice, is not counted again.
    fn count_row(&self, entry: i64, mark: u64) -> Result<(), StoreError> {
        let new = self
            .0
            .prepare_cached("INSERT OR IGNORE INTO quarantine_rows (entry, mark) VALUES (?1, ?2)")?
            .execute(params![entry, mark.cast_signed()])?;
        if new > 0 {
            self.0
                .prepare_cached("UPDATE quarantine SET rows = rows + 1 WHERE id = ?1")?
                .execute([entry])?;
        }
        Ok(())
    }

    /// The version of a record that the workspace refused, if it is in the quarantine and not to be tried again.
    pub fn refused(&self, stream: StreamKey, id: &RecordId) -> Result<Option<Version>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT version FROM quarantine WHERE stream = ?1 AND record = ?2 AND NOT retry")?;
        let version: Option<Option<i64>> = query
            .query_row(params![stream.0, pack(id)], |row| row.get(0))
            .optional()?;
        Ok(version.flatten().map(|version| Version(version.cast_unsigned())))
    }

    /// Lets records out that got through.
    pub fn release(&self, stream: StreamKey, ids: &[RecordId]) -> Result<(), StoreError> {
        if self.quarantined(stream)? == 0 {
            return Ok(());
        }
        let mut delete = self
            .0
            .prepare_cached("DELETE FROM quarantine WHERE stream = ?1 AND record = ?2")?;
        for id in ids {
            delete.execute(params![stream.0, pack(id)])?;
        }
        Ok(())
    }

    /// How many rows of a stream are set aside.
    pub fn quarantined(&self, stream: StreamKey) -> Result<u64, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT coalesce(sum(rows), 0) FROM quarantine WHERE stream = ?1")?;
        Ok(query.query_row([stream.0], |row| row.get(0))?)
    }

    /// All entries, oldest first.
    pub fn quarantine(&self) -> Result<Vec<Quarantined>, StoreError> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} ORDER BY q.id"))?;
        let rows = query.query_map([], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest entries of these streams, newest first; at most so many.
    pub fn newest_quarantined(
        &self,
        streams: &[StreamKey],
        most: usize,
    ) -> Result<Vec<(StreamKey, Quarantined)>, StoreError> {
        let mut query = self.0.prepare_cached(&format!(
            "{} ORDER BY q.id DESC",
            SELECT.replacen("q.retry FROM", "q.retry, q.stream FROM", 1)
        ))?;
        let mut rows = query.query([])?;
        let mut newest = Vec::new();
        while newest.len() < most
            && let Some(row) = rows.next()?
        {
            let stream = StreamKey(row.get(11)?);
            if streams.contains(&stream) {
                newest.push((stream, entry(row)?));
            }
        }
        Ok(newest)
    }

    /// A stream's records that wait for a change or a person, oldest first.
    pub fn quarantine_in(&self, stream: StreamKey) -> Result<Vec<Quarantined>, StoreError> {
        let mut query = self.0.prepare_cached(&format!(
            "{SELECT} WHERE q.stream = ?1 AND q.record IS NOT NULL AND q.retry = 0 ORDER BY q.id"
        ))?;
        let rows = query.query_map([stream.0], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Lets records out that are gone from the service desk, unless they were set aside anew meanwhile.
    pub fn drop_gone(&self, gone: &[Quarantined]) -> Result<(), StoreError> {
        let mut delete = self.0.prepare_cached(
            "DELETE FROM quarantine WHERE id = ?1 AND retry = 0 AND version IS ?2 AND modified IS ?3",
        )?;
        for entry in gone {
            let (version, modified) = (entry.aside.version, entry.aside.modified);
            delete.execute(params![
                entry.entry,
                version.map(|version| version.0.cast_signed()),
                modified.map(millis)
            ])?;
        }
        Ok(())
    }

    /// The entry of that number.
    pub fn quarantine_entry(&self, number: i64) -> Result<Option<Quarantined>, StoreError> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE q.id = ?1"))?;
        Ok(query.query_row([number], entry).optional()?)
    }

    /// The entries of the record of that number, in any stream; letter case does not matter.
    pub fn quarantine_of(&self, number: &str) -> Result<Vec<Quarantined>, StoreError> {
        let mut query = self
            .0
            .prepare_cached(&format!("{SELECT} WHERE q.number = ?1 COLLATE NOCASE ORDER BY q.id"))?;
        let rows = query.query_map([number], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Marks an entry to be tried again; `false` if there is none of that number, or nothing to ask for by id.
    pub fn retry_quarantined(&self, number: i64) -> Result<bool, StoreError> {
        let changed = self.0.execute(
            "UPDATE quarantine SET retry = 1 WHERE id = ?1 AND record IS NOT NULL",
            [number],
        )?;
        Ok(changed == 1)
    }

    /// Marks these to be tried again: the workspace was at fault, not the records, and may be still.
    pub fn retry_records(&self, stream: StreamKey, ids: &[RecordId]) -> Result<(), StoreError> {
        let mut update = self
            .0
            .prepare_cached("UPDATE quarantine SET retry = 1, unproven = 1 WHERE stream = ?1 AND record = ?2")?;
        for id in ids {
            update.execute(params![stream.0, pack(id)])?;
        }
        Ok(())
    }

    /// What is known of a version that the workspace refuses.
    pub fn suspicion(&self, stream: StreamKey, id: &RecordId, version: Version) -> Result<Suspicion, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT unproven FROM quarantine WHERE stream = ?1 AND record = ?2 AND version = ?3")?;
        let unproven: Option<i64> = query
            .query_row(params![stream.0, pack(id), version.0.cast_signed()], |row| row.get(0))
            .optional()?;
        Ok(match unproven {
            None => Suspicion::New,
            Some(0) => Suspicion::Guilty,
            Some(_) => Suspicion::Suspect,
        })
    }

    /// Notes that the workspace refused this record, which is set aside. Whether it is the record
    /// [`Self::judge_refusals`] tells, of each version once.
    pub fn refused_unproven(&self, stream: StreamKey, aside: &Aside, now: DateTime<Utc>) -> Result<(), StoreError> {
        let Some(id) = &aside.id else {
            return self.set_aside(stream, aside, now);
        };
        let version = aside.version.map(|version| version.0.cast_signed());
        let known: bool = self
            .0
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM quarantine WHERE stream = ?1 AND record = ?2 AND version IS ?3)",
            )?
            .query_row(params![stream.0, pack(id), version], |row| row.get(0))?;
        self.set_aside(stream, aside, now)?;
        if !known {
            self.0
                .prepare_cached("UPDATE quarantine SET unproven = 2 WHERE stream = ?1 AND record = ?2")?
                .execute(params![stream.0, pack(id)])?;
        }
        Ok(())
    }

    /// A page is over: what was refused beside rows that were taken is tried once more at once; where nothing was taken, as
    /// soon as something is.
    pub fn judge_refusals(&self, stream: StreamKey, taken: bool) -> Result<(), StoreError> {
        let sql = "UPDATE quarantine SET unproven = iif(?2, 0, 1), retry = iif(?2, 1, retry)
             WHERE stream = ?1 AND unproven = 2";
        self.0.prepare_cached(sql)?.execute(params![stream.0, taken])?;
        Ok(())
    }

    /// The workspace takes rows: what it refused since it last took one is marked to be tried once more.
    pub fn retry_unproven(&self, stream: StreamKey) -> Result<usize, StoreError> {
        let sql = "UPDATE quarantine SET retry = 1, unproven = 0 WHERE stream = ?1 AND unproven = 1";
        Ok(self.0.prepare_cached(sql)?.execute([stream.0])?)
    }

    /// Marks what the workspace refused to be tried again: it went to another one, or a person asks for everything.
    pub fn retry_refused(&self, stream: StreamKey) -> Result<usize, StoreError> {
        let sql = "UPDATE quarantine SET retry = 1 WHERE stream = ?1 AND record IS NOT NULL AND version IS NOT NULL";
        Ok(self.0.execute(sql, [stream.0])?)
    }

    /// Marks all that can be asked for by id to be tried again: a sweep is due, and what is gone leaves so, too.
    pub fn retry_known(&self, stream: StreamKey) -> Result<usize, StoreError> {
        let sql = "UPDATE quarantine SET retry = 1 WHERE stream = ?1 AND record IS NOT NULL";
        Ok(self.0.execute(sql, [stream.0])?)
    }

    /// The records of a stream that are to be tried again.
    pub fn to_retry(&self, stream: StreamKey) -> Result<Vec<RecordId>, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT record FROM quarantine WHERE stream = ?1 AND retry AND record IS NOT NULL")?;
        let rows = query.query_map([stream.0], |row| Ok(unpack(row.get_ref(0)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Takes them up: what is asked for from now on is asked for anew, whatever becomes of these.
    pub fn take_retries(&self, stream: StreamKey) -> Result<Vec<RecordId>, StoreError> {
        let ids = self.to_retry(stream)?;
        if ids.is_empty() {
            return Ok(ids);
        }
        self.0.execute(
            "UPDATE quarantine SET retry = 2 WHERE stream = ?1 AND retry AND record IS NOT NULL",
            [stream.0],
        )?;
        Ok(ids)
    }

    /// A record that was tried again could not be read: it stays, with the new reason.
    pub fn set_aside_again(&self, stream: StreamKey, id: &RecordId, reason: &str) -> Result<(), StoreError> {
        let mut update = self
            .0
            .prepare_cached("UPDATE quarantine SET retry = 0, reason = ?3 WHERE stream = ?1 AND record = ?2")?;
        update.execute(params![stream.0, pack(id), reason])?;
        Ok(())
    }

    /// A record that was tried again was not shown, and may be hidden: it stays as it is.
    pub fn retried_in_vain(&self, stream: StreamKey, id: &RecordId) -> Result<(), StoreError> {
        let sql = "UPDATE quarantine SET retry = 0 WHERE stream = ?1 AND record = ?2 AND retry = 2";
        self.0.prepare_cached(sql)?.execute(params![stream.0, pack(id)])?;
        Ok(())
    }

    /// Ends a retry that was taken up: what got through or is gone from the source leaves; what failed again was set
    /// aside anew, and what was asked for again meanwhile is tried again.
    pub fn retried(&self, stream: StreamKey, ids: &[RecordId]) -> Result<(), StoreError> {
        let mut delete = self
            .0
            .prepare_cached("DELETE FROM quarantine WHERE stream = ?1 AND record = ?2 AND retry = 2")?;
        for id in ids {
            delete.execute(params![stream.0, pack(id)])?;
        }
        Ok(())
    }

    /// Drops an entry; `false` if there is none of that number.
    pub fn drop_quarantined(&self, number: i64) -> Result<bool, StoreError> {
        Ok(self.0.execute("DELETE FROM quarantine WHERE id = ?1", [number])? == 1)
    }

    /// Drops entries whose records have left the window.
    pub fn prune_quarantine(&self, stream: StreamKey, window_start: DateTime<Utc>) -> Result<usize, StoreError> {
        let pruned = self.0.execute(
            "DELETE FROM quarantine WHERE stream = ?1 AND coalesce(modified, since) < ?2",
            params![stream.0, millis(window_start)],
        )?;
        Ok(pruned)
    }
}

fn entry(row: &rusqlite::Row<'_>) -> Result<Quarantined, rusqlite::Error> {
    let record = row.get_ref(3)?;
    let id = record.as_blob_or_null()?.map(|_| unpack(record));
    Ok(Quarantined {
        entry: row.get(0)?,
        connection: row.get(1)?,
        kind: row.get(2)?,
        aside: Aside {
            id,
            number: row.get(4)?,
            version: row
                .get::<_, Option<i64>>(5)?
                .map(|version| Version(version.cast_unsigned())),
            modified: row.get::<_, Option<i64>>(6)?.map(time),
            reason: row.get(7)?,
            mark: 0,
        },
        rows: row.get(8)?,
        since: time(row.get(9)?),
        retry: row.get(10)?,
    })
}
