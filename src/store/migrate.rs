//! Opening the state file and bringing it to this version, by `PRAGMA user_version`.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::{Lock, StoreError, owner};

/// `itsm`, so that `file` and we can tell a state file from any other database.
const APPLICATION_ID: i64 = 0x6974_736d;

/// How long another program may have the file locked.
const BUSY: Duration = Duration::from_secs(5);

pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../schema/store/0001_start.sql"),
    include_str!("../../schema/store/0002_sweeps.sql"),
    include_str!("../../schema/store/0003_pauses.sql"),
    include_str!("../../schema/store/0004_refusals.sql"),
    include_str!("../../schema/store/0005_seen.sql"),
    include_str!("../../schema/store/0006_refresh_tokens.sql"),
    include_str!("../../schema/store/0007_announced.sql"),
    include_str!("../../schema/store/0008_counts.sql"),
    include_str!("../../schema/store/0009_log.sql"),
];

/// Whether the lock beside the file is the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Holder,
    Beside,
}

pub(super) fn open(path: &Path, place: Place) -> Result<Connection, StoreError> {
    // SQLite would make it with the umask's mode; rotated refresh tokens are in it.
    owner::open_or_make(path).map_err(|error| StoreError::open(path, &error))?;
    open_made(path, place).map_err(|error| error.at(path))
}

fn open_made(path: &Path, place: Place) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    let found = recognise(&connection, path)?;
    if place == Place::Beside {
        leave_to_its_holder(path, found)?;
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -8_000)?;
    // Ids are scattered over the ledger's pages: after the usual thousand, each checkpoint would write most of them again.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.set_prepared_statement_cache_capacity(64);
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have been first.
        if version(&transaction)? == index as i64 {
            transaction.execute_batch(migration)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        }
        transaction.commit()?;
    }
    Ok(connection)
}

/// A daemon of an older version does not know what this one would make of its file.
fn leave_to_its_holder(path: &Path, found: i64) -> Result<(), StoreError> {
    let known = MIGRATIONS.len() as i64;
    if !(1..known).contains(&found) {
        return Ok(());
    }
    match Lock::beside(path).other_holder() {
        None => Ok(()),
        Some(holder) => Err(StoreError::Older {
            path: path.to_owned(),
            found,
            known,
            holder,
        }),
    }
}

/// The version of a state file, 0 if it is new; refuses what is none of ours, before anything is written to it.
fn recognise(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let foreign = |seen: &str| StoreError::Foreign {
        path: path.to_owned(),
        seen: seen.to_owned(),
    };
    let found = match version(connection) {
        Ok(found) => found,
        // Nothing else says that it is not ours: a file that is locked, damaged or on a full disk must not be moved away.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
            return Err(foreign("it is no database"));
        }
        Err(error) => return Err(error.into()),
    };
    let application: i64 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && application != APPLICATION_ID {
        return Err(foreign("it is another program's database"));
    }
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(found)
}

fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Threads};

    #[test]
    fn whoever_comes_beside_a_running_process_leaves_its_older_file_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("itsmd.db");
        let older = rusqlite::Connection::open(&path).unwrap();
        older
            .execute_batch(include_str!("../../schema/store/0001_start.sql"))
            .unwrap();
        older.pragma_update(None, "application_id", 0x6974_736d).unwrap();
        older.pragma_update(None, "user_version", 1).unwrap();
        let version = || -> i64 { older.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap() };

        let daemon = Lock::beside(&path).take("process 1, itsmd run").unwrap();
        let refused = Store::open_beside(&path, Threads::Inline).unwrap_err();
        assert!(matches!(refused, StoreError::Older { found: 1, .. }));
        let told = refused.to_string();
        assert!(
            told.contains("process 1, itsmd run works with it") && told.contains("restart"),
            "{told}"
        );
        assert_eq!(version(), 1);

        drop(daemon);
        let own = format!("process {}, itsmd forget", std::process::id());
        let _own = Lock::beside(&path).take(&own).unwrap();
        Store::open_beside(&path, Threads::Inline).unwrap();
        assert!(version() > 1, "nobody else works with it");
    }
}
