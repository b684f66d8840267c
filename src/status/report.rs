//! The report: `itsmd status --json` and `/api/status`, key for key. Keys are only ever added.

mod credentials;
mod mood;
mod reload;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use credentials::{Credential, RefusedSignIn};
pub use mood::Mood;
pub use reload::RefusedReload;

use super::history::Worker;
use crate::model::{Partner, Trouble, WorkItemKind};

/// Everything there is to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When it was true.
    pub at: DateTime<Utc>,
    /// Of itsmd.
    pub version: String,
    /// In the configuration's order.
    pub connections: Vec<ConnectionReport>,
    /// The sign-ins that are refused now; only a daemon knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused_sign_ins: Vec<RefusedSignIn>,
    /// What is signed in with and ends on a known day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// The last reload, if it was refused; only a daemon knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_reload: Option<RefusedReload>,
}

/// One connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionReport {
    /// As configured.
    pub name: String,
    /// Whose service desk.
    pub partner: Partner,
    /// One for each kind of work item.
    pub streams: Vec<StreamReport>,
}

/// One stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamReport {
    /// What is read.
    pub work_item: WorkItemKind,
    /// How it is.
    pub state: StreamState,
    /// Up to where the head has been read, by the source's clock.
    pub position: Option<DateTime<Utc>>,
    /// Now minus the start of the last run that read the head to its end.
    pub lag_seconds: Option<u64>,
    /// Where the sync window begins.
    pub window_start: Option<DateTime<Utc>>,
    /// Records in the ledger.
    pub records: u64,
    /// The slices behind the head.
    pub backfill: Backfill,
    /// Records set aside.
    pub quarantined: u64,
    /// The last run that ended.
    pub last_run: Option<LastRun>,
    /// The runs that are under way; only a daemon knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub under_way: Vec<UnderWay>,
    /// Why nothing is asked of the other side now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// When its schedule rings next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_run: Option<DateTime<Utc>>,
    /// Distance of two runs by its schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<u64>,
    /// Since its schedule rang for the first time after the last run that read the head to its end; 0 in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_seconds: Option<u64>,
    /// The search for what no cursor sees; absent if it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconcile: Option<Reconcile>,
    /// What stands in the way now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Problem>,
    /// What a person may want to know or do, though nothing fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// How a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamState {
    /// The head is read at each ring, nothing is left behind it.
    Live,
    /// Slices behind the head are still to be read.
    Backfill,
    /// The other side asked for patience.
    Waiting,
    /// The last run failed; the next ring tries again.
    Failing,
    /// A person has to decide.
    Blocked,
    /// Switched off in the configuration.
    Disabled,
}

impl StreamState {
    /// The word in the JSON, the table and the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Backfill => "backfill",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
            Self::Blocked => "blocked",
            Self::Disabled => "disabled",
        }
    }
}

/// Slices behind the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Backfill {
    /// All of them.
    pub slices: u64,
    /// Those read to their end.
    pub complete: u64,
}

impl Backfill {
    /// How much is done, 0 to 100, rounded down: 100 only when nothing is left.
    pub fn percent(self) -> u64 {
        if self.slices == 0 {
            return 100;
        }
        self.complete.min(self.slices) * 100 / self.slices
    }
}

/// The search for what no cursor sees.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reconcile {
    /// When the last sweep came to its end.
    pub last: Option<DateTime<Utc>>,
    /// When its schedule rings next; `None` without a daemon, or if it is off.
    pub next: Option<DateTime<Utc>>,
    /// Distance of two sweeps by that schedule; `None` if reconcile is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval_seconds: Option<u64>,
    /// Since its schedule rang for the first time after the last sweep that came to its end, or after the stream's first run
    /// if none did; 0 in time, `None` if reconcile is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_seconds: Option<u64>,
    /// Whether one is asked for or under way.
    pub running: bool,
    /// Records of the window that are marked as deleted.
    #[serde(default)]
    pub deleted: u64,
    /// Why the last one waits for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<Problem>,
}

/// A run that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    /// Whose.
    pub worker: Worker,
    /// When it began.
    pub since: DateTime<Utc>,
}

/// A run that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// When it began.
    pub started: DateTime<Utc>,
    /// How it ended.
    pub outcome: Outcome,
    /// Records read.
    pub read: u64,
    /// Records delivered.
    pub sent: u64,
    /// Of those the ones marked as deleted; absent if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deleted: u64,
    /// Why it failed.
    pub error: Option<Problem>,
    /// What the operator should know, though nothing failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Read to its end.
    Complete,
    /// It could not go on.
    Failed,
    /// Stopped from outside.
    Interrupted,
    /// Not begun.
    Skipped,
}

impl Outcome {
    /// The word in the JSON, the table and the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
            Self::Skipped => "skipped",
        }
    }
}

/// Patience.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Until when, if that is known.
    pub until: Option<DateTime<Utc>>,
    /// One sentence.
    pub why: String,
}

/// A failure as the operator reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// E.g. `ITSMD-SN-014`; `itsmd explain` knows it.
    pub code: String,
    /// What was seen.
    pub seen: String,
    /// What it means.
    pub means: String,
    /// What to do.
    pub remedy: String,
}

impl From<&Trouble> for Problem {
    fn from(trouble: &Trouble) -> Self {
        Self {
            code: trouble.code.to_owned(),
            seen: trouble.seen.clone(),
            means: trouble.means.clone(),
            remedy: trouble.remedy.clone(),
        }
    }
}

impl StreamReport {
    /// A stream of which nothing is known yet but what is configured.
    pub fn unread(work_item: WorkItemKind, enabled: bool) -> Self {
        Self {
            work_item,
            state: if enabled {
                StreamState::Backfill
            } else {
                StreamState::Disabled
            },
            position: None,
            lag_seconds: None,
            window_start: None,
            records: 0,
            backfill: Backfill::default(),
            quarantined: 0,
            last_run: None,
            under_way: Vec::new(),
            waiting: None,
            next_run: None,
            interval_seconds: None,
            overdue_seconds: None,
            reconcile: None,
            error: None,
            notes: Vec::new(),
        }
    }

    /// What its last run warned of, and what else a person may want to know.
    pub fn remarks(&self) -> impl Iterator<Item = &str> {
        let warnings = self.last_run.as_ref().map(|run| run.warnings.as_slice());
        let all = warnings.unwrap_or_default().iter().chain(&self.notes);
        all.map(String::as_str)
    }

    /// Whether nothing was ever planned for it: how much is left is not known.
    pub fn is_unread(&self) -> bool {
        self.backfill.slices == 0 && self.window_start.is_none()
    }

    /// What stands in the way: the stream's own error, else that of its last run if it fails.
    pub fn problem(&self) -> Option<&Problem> {
        let of_last_run = || match self.state {
            StreamState::Failing | StreamState::Blocked => self.last_run.as_ref()?.error.as_ref(),
            StreamState::Live | StreamState::Backfill | StreamState::Waiting | StreamState::Disabled => None,
        };
        self.error.as_ref().or_else(of_last_run)
    }
}

impl Report {
    /// The workspace's sign-in, if it is refused: no stream may have had anything to send yet.
    pub fn refused_workspace(&self) -> Option<&RefusedSignIn> {
        self.refused_sign_ins
            .iter()
            .find(|refused| refused.connection.is_none())
    }

    /// What a person should know that is no single stream's, in sentences.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        let reload = self.refused_reload.iter().map(RefusedReload::sentence);
        let refused = self.refused_sign_ins.iter().map(|refused| refused.sentence(self.at));
        let ending = self.credentials.iter().filter(|credential| credential.soon);
        reload
            .chain(refused)
            .chain(ending.map(|credential| credential.sentence(self.at)))
    }

    /// Every stream with its connection, in order.
    pub fn streams(&self) -> impl Iterator<Item = (&ConnectionReport, &StreamReport)> {
        self.connections
            .iter()
            .flat_map(|connection| connection.streams.iter().map(move |stream| (connection, stream)))
    }
}

#[cfg(test)]
pub(super) mod tests;
