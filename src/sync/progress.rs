//! What a stream has done since the process began, for progress bars, metrics and the status page.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::Tally;

/// Counts that only grow.
#[derive(Debug, Default)]
pub struct Progress {
    tally: Mutex<Tally>,
    total: AtomicU64,
}

impl Progress {
    /// The counts now.
    pub fn tally(&self) -> Tally {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records in the window by the source's own count; 0 until it is known.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, more: Tally) {
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
