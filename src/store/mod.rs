//! The state file: one SQLite database, one writer.
//!
//! [`Store::call`] runs a closure over [`Db`] in one transaction: it is committed if the closure returns
//! `Ok`, and undone otherwise. All SQL stands in this folder, a table a file.

mod announced;
mod code;
mod diary;
mod error;
mod ledger;
mod ledger_counts;
mod ledger_range;
mod lock;
mod migrate;
mod owner;
mod pauses;
mod quarantine;
mod refresh_tokens;
mod requests;
mod room;
mod run_counts;
mod run_history;
mod runs;
mod slices;
mod streams;
mod sweeps;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeZone, Utc};

pub use announced::Announced;
pub use code::codes;
pub use diary::{Cause, Diary};
pub use error::StoreError;
pub use ledger::{LedgerRow, Seen, Traced};
pub use ledger_counts::ByDay;
pub use lock::{Held, Lock};
use migrate::Place;

pub use pauses::Pause;
pub use quarantine::{Aside, Quarantined, Suspicion};
pub use refresh_tokens::RefreshToken;
pub use requests::Request;
pub use room::Extent;
pub use run_counts::{Failures, RunHour};
pub use run_history::{ToldRun, UnderWay};
pub use runs::{Outcome, RunRow, Tally, Worker};
pub use slices::{NewSlice, StoredSlice};
pub use streams::{Prints, StreamKey, StreamRow};
pub use sweeps::{Missing, Sweep, SweepRow};

/// Where closures run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// On tokio's blocking threads.
    Blocking,
    /// In place: under paused time waiting for another thread counts as idle, and a seed would not replay.
    Inline,
}

/// A handle to the state file; clones share one connection.
#[derive(Debug, Clone)]
pub struct Store {
    connection: Arc<Mutex<rusqlite::Connection>>,
    threads: Threads,
    path: PathBuf,
    answers: Arc<AtomicU64>,
}

/// The database inside a transaction.
#[derive(Debug)]
pub struct Db<'a>(&'a rusqlite::Connection);

impl Store {
    /// Opens or makes the state file (mode 0600) and brings it to this version.
    pub fn open(path: &Path, threads: Threads) -> Result<Self, StoreError> {
        Ok(Self::of(migrate::open(path, Place::Holder)?, path, threads))
    }

    /// The same for whoever does not hold the lock beside it: while another process does, a file of an older version is
    /// refused instead of being changed under its hands.
    pub fn open_beside(path: &Path, threads: Threads) -> Result<Self, StoreError> {
        Ok(Self::of(migrate::open(path, Place::Beside)?, path, threads))
    }

    fn of(connection: rusqlite::Connection, path: &Path, threads: Threads) -> Self {
        Self {
            connection: Arc::new(Mutex::new(connection)),
            threads,
            path: path.to_owned(),
            answers: Arc::default(),
        }
    }

    /// How many calls have ended, well or not: while this grows, the store is alive.
    pub fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in one transaction.
    pub async fn call<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Db<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        match self.threads {
            Threads::Inline => {
                // Where another thread would work, others go on meanwhile, and a crash may come on either side.
                tokio::task::yield_now().await;
                let result = self.call_here(work);
                tokio::task::yield_now().await;
                result
            }
            Threads::Blocking => {
                let store = self.clone();
                match tokio::task::spawn_blocking(move || store.call_here(work)).await {
                    Ok(result) => result,
                    Err(join) => Err(StoreError::Thread(join.to_string())),
                }
            }
        }
    }

    /// The same on this thread, for commands without a runtime and for tests.
    pub fn call_here<T>(&self, work: impl FnOnce(&Db<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let result = transact(&mut connection, work);
        self.answers.fetch_add(1, Ordering::Relaxed);
        result.map_err(|error| error.at(&self.path))
    }
}

fn transact<T>(
    connection: &mut rusqlite::Connection,
    work: impl FnOnce(&Db<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let result = work(&Db(&transaction))?;
    transaction.commit()?;
    Ok(result)
}

fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

fn time(millis: i64) -> DateTime<Utc> {
    Utc.timestamp_millis_opt(millis)
        .single()
        .unwrap_or(DateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
