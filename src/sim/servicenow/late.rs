//! Late commits: a version bears the time at which its transaction began to write, and is seen when that ends.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};
use xxhash_rust::xxh3::xxh3_64;

use super::row::Row;

/// How long after its stamp a version can be read: between these, by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lateness {
    /// At least so long.
    pub least: Duration,
    /// At most so long; nothing is late while this is 0.
    pub most: Duration,
}

/// The versions kept back.
#[derive(Debug, Default)]
pub struct Late {
    pub lateness: Lateness,
    waiting: BTreeMap<(DateTime<Utc>, u64), (String, Row)>,
    /// When the last version of a row that waits is due: a row is locked until then.
    locked: HashMap<(String, String), DateTime<Utc>>,
    kept: u64,
}

impl Late {
    /// Gives the row back if it is to be seen at once.
    pub fn keep<'a>(&mut self, table: &str, row: &'a Row, now: DateTime<Utc>) -> Option<&'a Row> {
        let key = (table.to_owned(), row.value("sys_id").to_owned());
        let due = self.locked.get(&key).copied().max(self.due_of(row));
        let Some(due) = due.filter(|due| *due > now) else {
            return Some(row);
        };
        self.kept += 1;
        self.waiting.insert((due, self.kept), (table.to_owned(), row.clone()));
        self.locked.insert(key, due);
        None
    }

    /// The rows that may be seen by now, in the order in which they commit.
    pub fn due(&mut self, now: DateTime<Utc>) -> Vec<(String, Row)> {
        let later = self.waiting.split_off(&(now + Duration::from_nanos(1), 0));
        self.locked.retain(|_, due| *due > now);
        std::mem::replace(&mut self.waiting, later).into_values().collect()
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    fn due_of(&self, row: &Row) -> Option<DateTime<Utc>> {
        let Lateness { least, most } = self.lateness;
        // A row stamped in the future is not late: it is seen at once.
        if most.is_zero() {
            return None;
        }
        let stamp = row.value("sys_updated_on");
        let stamp = NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d %H:%M:%S")
            .ok()?
            .and_utc();
        let span = u64::try_from(most.saturating_sub(least).as_millis()).unwrap_or(u64::MAX);
        let chance = xxh3_64(format!("{}{stamp}", row.value("sys_id")).as_bytes());
        let more = if span == 0 { 0 } else { chance % span };
        Some(stamp + least.min(most) + Duration::from_millis(more))
    }
}
