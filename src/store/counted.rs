//! Counts over the whole ledger, kept until something is written.
//!
//! A daemon makes its report every ten seconds: to look at each of a million records every time would cost more than
//! all its polls of a quiet desk. Only whoever holds the lock writes to the ledger, so one connection sees every write.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Db, StoreError, StreamKey};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Count {
    /// A stream's records.
    Records(StreamKey),
    /// Those made with another set of columns than this.
    OtherColumns(StreamKey, i64),
}

/// Counts of one connection, each with how many rows the connection had written when it was counted.
#[derive(Debug, Default)]
pub(super) struct Counted(Mutex<HashMap<Count, (u64, u64)>>);

impl Db<'_> {
    /// What was counted last, if nothing was written since; else it is counted.
    pub(super) fn counted(
        &self,
        what: Count,
        count: impl FnOnce() -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        let written = self.0.total_changes();
        // What this transaction has written may yet be undone.
        if written != self.1.written {
            return count();
        }
        let known = self.1.counted.with(|counts| counts.get(&what).copied());
        if let Some((_, known)) = known.filter(|(when, _)| *when == written) {
            return Ok(known);
        }
        let counted = count()?;
        self.1.counted.with(|counts| counts.insert(what, (written, counted)));
        Ok(counted)
    }
}

impl Counted {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Count, (u64, u64)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a transaction knows beside the database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    pub counted: &'a Counted,
    /// Rows the connection had written before this transaction.
    pub written: u64,
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::super::{LedgerRow, Prints, Store, Threads};
    use super::*;
    use crate::model::{ConnectionName, Generation, RecordId, StreamId, Version, WorkItemKind};

    fn row() -> LedgerRow {
        LedgerRow {
            number: "INC0000001".to_owned(),
            version: Version(1),
            modified: "2026-01-01T05:00:00Z".parse().unwrap(),
            revision: None,
            generation: Generation(0),
            columns: 1,
            delivered: "2026-01-01T05:00:00Z".parse().unwrap(),
            deleted: false,
            seen: None,
        }
    }

    #[test]
    fn what_is_written_deleted_or_undone_is_counted_anew_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
        let id = StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::Incident,
        };
        let prints = Prints {
            source: "a".into(),
            filter: String::new(),
            sink: "c".into(),
        };
        let stream = store.call_here(|db| Ok(db.stream_or_new(&id, &prints)?.key)).unwrap();
        let write = |db: &Db<'_>, name: &str| db.write_delivered(stream, &[(RecordId::new(name), row())]);
        let records = || store.call_here(|db| db.ledger_records(stream)).unwrap();
        let looked = Cell::new(0);
        let look = || {
            store.call_here(|db| {
                db.counted(Count::OtherColumns(stream, 7), || {
                    looked.set(looked.get() + 1);
                    Ok(looked.get())
                })
            })
        };
        assert_eq!(
            (records(), look().unwrap(), look().unwrap()),
            (0, 1, 1),
            "looked at twice"
        );
        store.call_here(|db| write(db, "a")).unwrap();
        assert_eq!((records(), look().unwrap()), (1, 2));

        let undone = store.call_here(|db| {
            write(db, "b")?;
            assert_eq!(db.ledger_records(stream)?, 2);
            Err::<(), _>(StoreError::Corrupt("undone".to_owned()))
        });
        assert!(undone.is_err());
        assert_eq!(records(), 1);

        let later = "2026-01-02T00:00:00Z".parse().unwrap();
        store.call_here(|db| db.prune_ledger(stream, later)).unwrap();
        assert_eq!(records(), 0);
        store.call_here(|db| write(db, "c")).unwrap();
        assert_eq!(records(), 1);
        store.call_here(|db| db.forget("contoso")).unwrap();
        assert_eq!(records(), 0);
    }
}
