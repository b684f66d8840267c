//! Sweeps: how far the reconcile of a stream is, and what it did not meet. A sweep goes from the newest range to the
//! oldest; it goes on where it stood when it was interrupted.

use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, params};

use super::ledger::{pack, unpack};
use super::{Db, StoreError, StreamKey, millis, time};
use crate::model::{RecordId, Version};

/// How thorough a sweep is; a later one is wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sweep {
    /// Ids and stamps of everything, and a part of the window in full.
    Nightly,
    /// Everything in full.
    Whole,
    /// The same, and what is gone is marked however much it is.
    WholeAccepted,
}

/// Where a stream's reconcile stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SweepRow {
    /// What is to be done.
    pub asked: Option<Sweep>,
    /// What was modified at or after this is through; `None` if the sweep has not begun.
    pub below: Option<DateTime<Utc>>,
    /// Rows that the service desk counted and did not show to the sweep under way, so far.
    pub hidden: u64,
    /// Sweeps that came to their end.
    pub nights: i64,
    /// When the last one did, by our clock.
    pub ended: Option<DateTime<Utc>>,
    /// Why a person has to decide, as JSON of code, seen, means and remedy.
    pub blocked: Option<String>,
    /// Records that were delivered and that the last one found hidden: counted, and not shown even by id.
    pub unshown: u64,
}

/// A row of the ledger that the sweep did not meet, as it was compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub id: RecordId,
    /// As delivered.
    pub version: Version,
    /// As delivered.
    pub modified: DateTime<Utc>,
}

impl Sweep {
    fn number(self) -> i64 {
        match self {
            Self::Nightly => 1,
            Self::Whole => 2,
            Self::WholeAccepted => 3,
        }
    }

    fn of(number: i64) -> Option<Self> {
        [Self::Nightly, Self::Whole, Self::WholeAccepted]
            .into_iter()
            .find(|sweep| sweep.number() == number)
    }
}

impl Db<'_> {
    /// Asks for a sweep. The night's is part of any that is asked for or under way. What a person asks for begins anew:
    /// they speak of what the service desk shows now, not of what a sweep has passed.
    pub fn ask_sweep(&self, stream: StreamKey, sweep: Sweep) -> Result<(), StoreError> {
        let known = self.sweep(stream)?.asked;
        if sweep == Sweep::Nightly && known.is_some() {
            return Ok(());
        }
        let sweep = known.map_or(sweep, |known| known.max(sweep));
        self.0.execute(
            "INSERT INTO sweeps (stream, asked) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET asked = excluded.asked, below = NULL, hidden = 0",
            params![stream.0, sweep.number()],
        )?;
        self.0.execute("DELETE FROM missing WHERE stream = ?1", [stream.0])?;
        Ok(())
    }

    /// What a person accepted is accepted no longer: the sweep goes on, and asks again before it marks more than it may.
    pub fn withdraw_acceptance(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE sweeps SET asked = ?2 WHERE stream = ?1 AND asked = ?3",
            params![stream.0, Sweep::Whole.number(), Sweep::WholeAccepted.number()],
        )?;
        Ok(())
    }

    /// The same for every stream: whoever accepted spoke of a pass of a process that is gone.
    pub fn withdraw_acceptances(&self) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE sweeps SET asked = ?1 WHERE asked = ?2",
            [Sweep::Whole.number(), Sweep::WholeAccepted.number()],
        )?;
        Ok(())
    }

    /// Where the stream's reconcile stands.
    pub fn sweep(&self, stream: StreamKey) -> Result<SweepRow, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT asked, below, nights, ended, blocked, hidden, unshown FROM sweeps WHERE stream = ?1",
        )?;
        let row = query.query_row([stream.0], |row| {
            Ok(SweepRow {
                asked: row.get::<_, Option<i64>>(0)?.and_then(Sweep::of),
                below: row.get::<_, Option<i64>>(1)?.map(time),
                nights: row.get(2)?,
                ended: row.get::<_, Option<i64>>(3)?.map(time),
                blocked: row.get(4)?,
                hidden: row.get::<_, i64>(5)?.cast_unsigned(),
                unshown: row.get::<_, i64>(6)?.cast_unsigned(),
            })
        });
        Ok(row.optional()?.unwrap_or_default())
    }

    /// Begins the sweep under way anew: what it is compared with is another service desk, filter or workspace.
    pub fn restart_sweep(&self, stream: StreamKey) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE sweeps SET below = NULL, hidden = 0 WHERE stream = ?1",
            [stream.0],
        )?;
        self.0.execute("DELETE FROM missing WHERE stream = ?1", [stream.0])?;
        Ok(())
    }

    /// Notes that everything modified at or after `below` is through, and what was not met there: a compare-and-set.
    /// `false` if the sweep is no longer `sweep`, or does not stand at `before`; nothing is changed then.
    pub fn swept(
        &self,
        stream: StreamKey,
        sweep: Sweep,
        before: Option<DateTime<Utc>>,
        below: DateTime<Utc>,
        missing: &[Missing],
    ) -> Result<bool, StoreError> {
        let moved = self.0.execute(
            "UPDATE sweeps SET below = ?4 WHERE stream = ?1 AND asked = ?2 AND below IS ?3",
            params![stream.0, sweep.number(), before.map(millis), millis(below)],
        )?;
        if moved == 0 {
            return Ok(false);
        }
        let mut insert = self.0.prepare_cached(
            "INSERT INTO missing (stream, record, version, modified) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET version = excluded.version, modified = excluded.modified",
        )?;
        for row in missing {
            insert.execute(params![
                stream.0,
                pack(&row.id),
                row.version.0.cast_signed(),
                millis(row.modified)
            ])?;
        }
        Ok(true)
    }

    /// Takes every record stamped after `time`, tombstones aside, for one that the sweep under way did not meet.
    pub fn miss_beyond(&self, stream: StreamKey, time: DateTime<Utc>) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO missing (stream, record, version, modified)
             SELECT stream, record, version, modified FROM ledger WHERE stream = ?1 AND modified > ?2 AND deleted = 0",
            params![stream.0, millis(time)],
        )?;
        Ok(())
    }

    /// Notes how many rows the service desk counted and did not show to the sweep under way.
    pub fn set_hidden(&self, stream: StreamKey, rows: u64) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE sweeps SET hidden = ?2 WHERE stream = ?1",
            params![stream.0, rows.cast_signed()],
        )?;
        Ok(())
    }

    /// Notes how many delivered records the sweep that ended found hidden.
    pub fn set_unshown(&self, stream: StreamKey, records: u64) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE sweeps SET unshown = ?2 WHERE stream = ?1",
            params![stream.0, records.cast_signed()],
        )?;
        Ok(())
    }

    /// What the sweep under way did not meet, in the order of ids, behind `after`, at most `limit`.
    pub fn missing(&self, stream: StreamKey, after: Option<&RecordId>, limit: u32) -> Result<Vec<Missing>, StoreError> {
        let mut query = self.0.prepare_cached(
            "SELECT record, version, modified FROM missing WHERE stream = ?1 AND record > ?2 ORDER BY record LIMIT ?3",
        )?;
        let after = after.map(pack).unwrap_or_default();
        let rows = query.query_map(params![stream.0, after, limit], |row| {
            Ok(Missing {
                id: unpack(row.get_ref(0)?),
                version: Version(row.get::<_, i64>(1)?.cast_unsigned()),
                modified: time(row.get(2)?),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many those are.
    pub fn count_missing(&self, stream: StreamKey) -> Result<u64, StoreError> {
        let mut query = self
            .0
            .prepare_cached("SELECT count(*) FROM missing WHERE stream = ?1")?;
        Ok(query.query_row([stream.0], |row| row.get(0))?)
    }

    /// Ends the sweep; `blocked` if a person has to decide about what is gone. `false` if another one was asked for
    /// meanwhile or it was begun anew; nothing is changed then.
    pub fn end_sweep(
        &self,
        stream: StreamKey,
        sweep: Sweep,
        ended: DateTime<Utc>,
        blocked: Option<&str>,
    ) -> Result<bool, StoreError> {
        let changed = self.0.execute(
            "UPDATE sweeps SET asked = NULL, below = NULL, hidden = 0, nights = nights + 1, ended = ?3, blocked = ?4
             WHERE stream = ?1 AND asked = ?2 AND below IS NOT NULL",
            params![stream.0, sweep.number(), millis(ended), blocked],
        )?;
        if changed == 1 {
            self.0.execute("DELETE FROM missing WHERE stream = ?1", [stream.0])?;
        }
        Ok(changed == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionName, StreamId, WorkItemKind};
    use crate::store::{Prints, Store, Threads};

    #[test]
    fn what_a_person_asks_for_looks_at_everything_anew_and_what_the_night_asks_for_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let id = StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::Incident,
        };
        let prints = Prints {
            source: String::new(),
            filter: String::new(),
            sink: String::new(),
        };
        let stands: DateTime<Utc> = "2026-01-03T00:00:00Z".parse().unwrap();
        let missing = [Missing {
            id: RecordId::new("9d385017c611228701d22104cc95c371"),
            version: Version(7),
            modified: stands,
        }];
        store
            .call_here(|db| {
                let key = db.stream_or_new(&id, &prints)?.key;
                for (known, asked, then) in [
                    (Sweep::Whole, Sweep::Nightly, (Sweep::Whole, Some(stands))),
                    (Sweep::Whole, Sweep::Whole, (Sweep::Whole, None)),
                    (Sweep::WholeAccepted, Sweep::Whole, (Sweep::WholeAccepted, None)),
                ] {
                    db.ask_sweep(key, known)?;
                    assert!(db.swept(key, known, None, stands, &missing)?);
                    db.ask_sweep(key, asked)?;
                    let row = db.sweep(key)?;
                    assert_eq!((row.asked, row.below), (Some(then.0), then.1), "{asked:?} on {known:?}");
                    assert_eq!(db.count_missing(key)?, u64::from(then.1.is_some()));
                }
                Ok(())
            })
            .unwrap();
    }
}
