//! The history: `GET /api/history`, key for key, and what the page draws. Keys are only ever added.
//!
//! Counts, times and the words of errors; of a record nothing but its number.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::{Outcome, Problem};
use crate::model::WorkItemKind;

/// The runs of the page: the newest of those that did something.
pub const RUNS: usize = 100;
/// The entries of the quarantine that are shown.
pub const ASIDE: usize = 100;
/// How many days of created work items.
pub const CREATED_DAYS: u16 = 30;
/// How many days of runs, requests and errors.
pub const DAYS: u16 = 7;

/// What was, as far as the page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// When it was true.
    pub at: DateTime<Utc>,
    /// Work items by the day of their creation, in the configuration's order of streams.
    pub created: Vec<CreatedOfStream>,
    /// Runs by the hour in which they ended, in the configuration's order of streams.
    pub hours: Vec<HoursOfStream>,
    /// Those that sent, failed, are under way or set something aside, newest first; at most [`RUNS`].
    pub runs: Vec<RunOfStream>,
    /// Of the last [`DAYS`] days, by stream and code, the latest first.
    pub errors: Vec<ErrorSeen>,
    /// What is set aside, newest first; at most [`ASIDE`].
    pub quarantine: Vec<Aside>,
    /// All that is set aside, shown here or not.
    pub quarantine_total: u64,
}

/// A stream's work items by the day of their creation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedOfStream {
    /// The connection's name.
    pub connection: String,
    /// What they are.
    pub work_item: WorkItemKind,
    /// Oldest first; each day that lies wholly in the sync window, those without a work item too.
    pub days: Vec<CreatedOfDay>,
    /// Work items whose day is not known: they have none, or were not read since it is kept.
    #[serde(default)]
    pub undated: u64,
}

/// One day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedOfDay {
    /// In UTC.
    pub day: NaiveDate,
    /// Work items created on it that were delivered and are not marked as deleted.
    pub created: u64,
}

/// A stream's runs by the hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoursOfStream {
    /// The connection's name.
    pub connection: String,
    /// What was read.
    pub work_item: WorkItemKind,
    /// Oldest first; hours without a run are left out.
    pub hours: Vec<Hour>,
}

/// The runs that ended in one hour: what is counted stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// Its first instant.
    pub hour: DateTime<Utc>,
    /// How many.
    pub runs: u64,
    /// Of those the ones that failed.
    pub failed: u64,
    /// Records read.
    pub read: u64,
    /// Records delivered.
    pub sent: u64,
    /// Records that were read and had not changed.
    pub unchanged: u64,
    /// Requests to the service desk.
    pub requests: u64,
    /// Bytes to the workspace, as they went out.
    pub bytes_sent: u64,
}

/// Which of a stream's two workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Worker {
    /// Reads what changes.
    Head,
    /// Slices behind the head, retries, reconcile.
    Rest,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOfStream {
    /// The connection's name.
    pub connection: String,
    /// What was read.
    pub work_item: WorkItemKind,
    /// By whom.
    pub worker: Worker,
    /// As in `SyncRunId_s`.
    pub run_id: String,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended; `null` while it is under way.
    pub ended: Option<DateTime<Utc>>,
    /// How it ended; `null` while it is under way.
    pub outcome: Option<Outcome>,
    /// Records read.
    pub read: u64,
    /// Records delivered.
    pub sent: u64,
    /// Records that had not changed.
    pub unchanged: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// Records marked as deleted.
    pub deleted: u64,
    /// Requests to the service desk.
    pub requests: u64,
    /// Bytes to the workspace, as they went out.
    pub bytes_sent: u64,
    /// Why it failed.
    pub error: Option<Problem>,
}

/// Failed runs of one stream with one code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorSeen {
    /// The connection's name.
    pub connection: String,
    /// What was to be read.
    pub work_item: WorkItemKind,
    /// E.g. `ITSMD-SN-014`; `itsmd explain` knows it.
    pub code: String,
    /// What was seen the last time.
    pub seen: String,
    /// What it means.
    pub means: String,
    /// What to do.
    pub remedy: String,
    /// How often.
    pub times: u64,
    /// The first failed run's start.
    pub first: DateTime<Utc>,
    /// The last failed run's start.
    pub last: DateTime<Utc>,
    /// A later run of the same worker of the stream was complete.
    pub over: bool,
}

/// A record that is set aside, or rows without id or stamp that share a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// The connection's name.
    pub connection: String,
    /// What it is.
    pub work_item: WorkItemKind,
    /// E.g. `INC0012345`; empty if it is not known.
    pub number: String,
    /// Why, without a value of the record.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How many rows share the entry.
    pub rows: u64,
}

impl History {
    /// Of nothing that was yet.
    pub fn empty(at: DateTime<Utc>) -> Self {
        Self {
            at,
            created: Vec::new(),
            hours: Vec::new(),
            runs: Vec::new(),
            errors: Vec::new(),
            quarantine: Vec::new(),
            quarantine_total: 0,
        }
    }
}

#[cfg(test)]
pub(super) mod sample;
