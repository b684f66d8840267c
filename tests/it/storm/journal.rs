//! What came over the wire, for the invariants: requests, and rows that the workspace took.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// A request to the service desk, those for tokens not among them.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    pub at: DateTime<Utc>,
    /// Which life of the process sent it.
    pub life: u32,
    /// Requests under way, itself included.
    pub in_flight: usize,
}

/// A row that the workspace took.
#[derive(Debug, Clone)]
pub struct Taken {
    pub at: DateTime<Utc>,
    pub record: String,
    /// `None`: the row that says that the record is gone.
    pub serial: Option<u32>,
    pub version: String,
    /// `LastModifiedDate_t`
    pub modified: DateTime<Utc>,
    pub run: String,
    pub destination: usize,
    /// Which batch brought it.
    pub batch: usize,
}

/// What is known of a batch that was taken.
#[derive(Debug, Clone, Copy)]
pub struct Batch {
    pub life: u32,
    /// When the 204 reached the process; `None` if it never did.
    pub answered: Option<DateTime<Utc>>,
    /// Whether the process must know that it was taken.
    pub settled: bool,
}

#[derive(Debug, Default)]
pub struct Journal {
    pub life: u32,
    pub asked: Vec<Asked>,
    pub in_flight: usize,
    pub batches: Vec<Batch>,
    pub taken: Vec<Taken>,
    /// When everything had to be sent once more: resyncs, other destinations, windows that were narrower.
    pub again: Vec<DateTime<Utc>>,
    /// When each run began.
    pub runs: BTreeMap<String, DateTime<Utc>>,
    /// Pauses that the service desk asked for: life, from, until.
    pub pauses: Vec<(u32, DateTime<Utc>, DateTime<Utc>)>,
    /// Token requests of the service desk's sign-in under way.
    pub signing_in: usize,
    /// A window that was narrower once forgot what is older.
    pub pruned: DateTime<Utc>,
}

impl Journal {
    /// A life ends: what was answered before this very instant was written down; what is in flight may come again.
    pub fn died(&mut self, at: DateTime<Utc>) {
        for batch in self.batches.iter_mut().filter(|batch| batch.life == self.life) {
            batch.settled = batch.answered.is_some_and(|answered| answered < at);
        }
        self.in_flight = 0;
    }

    /// Numbers of the last version of each record that a destination took.
    pub fn latest(&self, destination: usize) -> BTreeMap<&str, &Taken> {
        let here = self.taken.iter().filter(|taken| taken.destination == destination);
        here.map(|taken| (taken.record.as_str(), taken)).collect()
    }
}
