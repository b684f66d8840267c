//! One pass in the foreground: every stream's head to its end and its slices, side by side.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::announce::announce;
use super::build::{Connected, DeskStream, Parts};
use super::{fault, reconcile};
use crate::model::{StreamId, WorkItemKind};
use crate::status::{Outcome, Problem};
use crate::store::{self, Tally};
use crate::sync::{Pass, Run, WorkerReport};

/// `itsmd sync --json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SyncReport {
    /// As in `SyncRunId_s`.
    pub run_id: String,
    /// By the monotonic clock.
    pub elapsed_seconds: f64,
    /// In the configuration's order.
    pub connections: Vec<ConnectionSync>,
}

/// One connection of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConnectionSync {
    /// As configured.
    pub name: String,
    /// One for each kind of work item.
    pub streams: Vec<StreamSync>,
}

/// One stream of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StreamSync {
    /// What was read.
    pub work_item: WorkItemKind,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub error: Option<Problem>,
    /// Records read.
    pub read: u64,
    /// Rows delivered.
    pub sent: u64,
    /// Read, and as delivered before.
    pub unchanged: u64,
    /// Set aside.
    pub quarantined: u64,
    /// Rows that the service desk counted but did not show.
    #[serde(default)]
    pub hidden: u64,
    /// Marked as deleted.
    pub deleted: u64,
    /// Requests to the service desk.
    pub requests: u64,
    /// To the workspace, compressed.
    pub bytes_sent: u64,
    /// What the operator should know, though nothing failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl SyncReport {
    /// Whether the exit status is 0.
    pub fn is_well(&self) -> bool {
        let mut streams = self.connections.iter().flat_map(|connection| &connection.streams);
        streams.all(|stream| matches!(stream.outcome, Outcome::Complete | Outcome::Skipped))
    }
}

impl StreamSync {
    /// Of a worker's report.
    pub fn new(work_item: WorkItemKind, report: &WorkerReport) -> Self {
        let tally = report.tally;
        Self {
            warnings: report.warnings.clone(),
            ..Self::of(
                work_item,
                outcome(report.outcome),
                report.error.as_ref().map(Problem::from),
                tally,
            )
        }
    }

    /// Of its parts.
    pub fn of(work_item: WorkItemKind, outcome: Outcome, error: Option<Problem>, tally: Tally) -> Self {
        Self {
            work_item,
            outcome,
            error,
            read: tally.read,
            sent: tally.sent,
            unchanged: tally.unchanged,
            quarantined: tally.quarantined,
            hidden: tally.hidden,
            deleted: tally.deleted,
            requests: tally.requests,
            bytes_sent: tally.bytes_sent,
            warnings: Vec::new(),
        }
    }
}

/// The store's word for it in the report's.
pub(super) fn outcome(outcome: store::Outcome) -> Outcome {
    match outcome {
        store::Outcome::Complete => Outcome::Complete,
        store::Outcome::Failed => Outcome::Failed,
        store::Outcome::Interrupted => Outcome::Interrupted,
        store::Outcome::Skipped => Outcome::Skipped,
    }
}

/// Runs one pass over the named connections (all, if none is named).
pub async fn sync(parts: &Parts, only: &BTreeSet<String>, cancel: &CancellationToken) -> SyncReport {
    let begun = Instant::now();
    let run = Run {
        id: super::new_run_id(),
        cancel: cancel.clone(),
    };
    let chosen = parts
        .connections
        .iter()
        .filter(|c| only.is_empty() || only.contains(c.settings.name.as_str()));
    let passes = chosen.map(|connected| sync_connection(connected, &run));
    let (passed, ways) = (CancellationToken::new(), parts.ways());
    let kept = futures_util::future::join_all(ways.into_iter().map(|way| way.keep_pauses(passed.clone())));
    let passes = async {
        let connections = futures_util::future::join_all(passes).await;
        passed.cancel();
        connections
    };
    let (connections, _) = tokio::join!(passes, kept);
    announce(parts, true).await;
    SyncReport {
        run_id: run.id,
        elapsed_seconds: begun.elapsed().as_secs_f64(),
        connections,
    }
}

async fn sync_connection(connected: &Connected, run: &Run) -> ConnectionSync {
    let settings = &connected.settings;
    let streams = if connected.streams.is_empty() {
        let skipped = |&kind| StreamSync::of(kind, Outcome::Skipped, None, Tally::default());
        settings.work_items.iter().map(skipped).collect()
    } else {
        let passes = connected
            .streams
            .iter()
            .map(|stream| sync_stream(Arc::clone(stream), run.clone()));
        futures_util::future::join_all(passes).await
    };
    ConnectionSync {
        name: settings.name.to_string(),
        streams,
    }
}

/// A task of its own: mapping two streams' pages takes two cores.
async fn sync_stream(stream: Arc<DeskStream>, run: Run) -> StreamSync {
    let (kind, progress, cancel) = (stream.id.kind, Arc::clone(&stream.progress), run.cancel.clone());
    let running = Arc::clone(&stream);
    let pass = Box::pin(fault::guarded(async move { running.run(&run, Pass::Both).await }));
    let mut report = match within_grace(pass, &cancel).await {
        Some(Ok(report)) => {
            tell_blocked(&stream.id, &report);
            StreamSync::new(kind, &report)
        }
        Some(Err(panic)) => {
            let problem = Problem::from(&fault::trouble(&panic));
            StreamSync::of(kind, Outcome::Failed, Some(problem), progress.tally())
        }
        None => StreamSync::of(kind, Outcome::Interrupted, None, progress.tally()),
    };
    report.warnings.extend(reconcile::left_over(&stream).await);
    report
}

/// Other failures are in the result alone; that a person has to decide belongs in the log of whoever runs it by a timer.
fn tell_blocked(stream: &StreamId, report: &WorkerReport) {
    if let Some(trouble) = report
        .error
        .as_ref()
        .filter(|trouble| trouble.code.starts_with("ITSMD-SY-"))
    {
        tracing::error!(%stream, code = trouble.code, "{trouble}");
    }
}

/// The end of `work`; `None` if that does not come within the time a page in hand has after `cancel`.
async fn within_grace<T>(work: impl Future<Output = T>, cancel: &CancellationToken) -> Option<T> {
    let dropped = async {
        cancel.cancelled().await;
        tokio::time::sleep(super::STOP_WITHIN).await;
    };
    tokio::select! {
        done = work => Some(done),
        () = dropped => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_in_hand_is_dropped_eighteen_seconds_after_the_cancel() {
        let (cancel, begun) = (CancellationToken::new(), tokio::time::Instant::now());
        let hour = || tokio::time::sleep(Duration::from_secs(3600));
        assert_eq!(within_grace(hour(), &cancel).await, Some(()));
        cancel.cancel();
        let cancelled = begun.elapsed();
        assert_eq!(within_grace(hour(), &cancel).await, None);
        assert_eq!((begun.elapsed() - cancelled).as_secs(), 18);
        assert_eq!(within_grace(async { 7 }, &cancel).await, Some(7));
    }
}
