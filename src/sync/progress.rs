//! What a stream has done since the process began, for progress bars, metrics and the status page.

use std::future::Future;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::model::Spread;
use crate::store::{Outcome, Tally, Worker};

/// A run reads a few pages, or it reads a window.
const DURATIONS: &[f64] = &[1.0, 10.0, 60.0, 600.0, 3_600.0];

/// From a single row to as many as a page may hold.
const ROWS: &[f64] = &[1.0, 10.0, 100.0, 1_000.0];

/// Up to the most that the workspace takes at once.
const BYTES: &[f64] = &[1_000.0, 10_000.0, 100_000.0, 1_000_000.0];

tokio::task_local! {
    /// Whose run this is: what both workers call counts for the one that calls.
    static WORKER: Worker;
}

/// Counts that only grow.
#[derive(Debug, Default)]
pub struct Progress {
    tally: Mutex<Tally>,
    total: AtomicU64,
    done: Mutex<Done>,
    moves: [AtomicU64; 2],
}

/// Work of a run of that worker.
pub(super) fn by<F: Future>(worker: Worker, work: F) -> impl Future<Output = F::Output> {
    WORKER.scope(worker, work)
}

/// How a stream's runs ended, and how large the batches were that the workspace took.
#[derive(Debug, Clone)]
pub struct Done {
    /// Runs that ended complete.
    pub complete: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Runs that were stopped.
    pub interrupted: u64,
    /// Seconds that the head's runs took.
    pub head: Spread,
    /// Seconds that the runs of the rest took.
    pub rest: Spread,
    /// Rows of each batch.
    pub rows: Spread,
    /// Bytes of each batch, uncompressed.
    pub bytes: Spread,
}

impl Default for Done {
    fn default() -> Self {
        Self {
            complete: 0,
            failed: 0,
            interrupted: 0,
            head: Spread::new(DURATIONS),
            rest: Spread::new(DURATIONS),
            rows: Spread::new(ROWS),
            bytes: Spread::new(BYTES),
        }
    }
}

impl Progress {
    /// The counts now.
    pub fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How runs ended, and batches.
    pub fn done(&self) -> Done {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A run of a worker ended so, after that time.
    pub fn ended(&self, worker: Worker, outcome: Outcome, took: Duration) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Outcome::Complete => done.complete += 1,
            Outcome::Failed => done.failed += 1,
            Outcome::Interrupted => done.interrupted += 1,
            Outcome::Skipped => return,
        }
        match worker {
            Worker::Head => done.head.add(took.as_secs_f64()),
            Worker::Rest => done.rest.add(took.as_secs_f64()),
        }
    }

    /// How often something moved in the runs of a worker: a page, or half of one that was too much, a batch that was taken or not.
    pub fn moves(&self, worker: Worker) -> u64 {
        self.moves[worker as usize].load(Ordering::Relaxed)
    }

    /// What the worker waited for has come, whatever it is.
    pub(super) fn moved(&self) {
        if let Ok(worker) = WORKER.try_with(|worker| *worker) {
            self.moves[worker as usize].fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Records in the window by the source's own count; 0 until it is known.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// The workspace took a batch.
    pub(super) fn took(&self, rows: usize, bytes: usize) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.rows.add(rows as f64);
        done.bytes.add(bytes as f64);
    }

    pub(super) fn add(&self, more: Tally) {
        self.moved();
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) += more;
    }

    /// That many more than were read so far will be read, too.
    pub(super) fn expect(&self, more: u64) {
        self.total.fetch_max(self.tally().read + more, Ordering::Relaxed);
    }

    pub(super) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_moves_counts_for_the_worker_that_moved() {
        let progress = Progress::default();
        let head = by(Worker::Head, async {
            progress.add(Tally::default());
            tokio::task::yield_now().await;
            progress.moved();
        });
        let rest = by(Worker::Rest, async { progress.moved() });
        tokio::join!(head, rest);
        progress.moved();
        assert_eq!((progress.moves(Worker::Head), progress.moves(Worker::Rest)), (2, 1));
    }
}
