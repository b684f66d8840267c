//! What a connection's requests came to, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Requests by outcome since the client was built; only ever grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent, those for tokens not counted.
    pub requests: u64,
    /// Answers 2xx.
    pub succeeded: u64,
    /// Answers 401.
    pub unauthorized: u64,
    /// Answers 429.
    pub throttled: u64,
    /// Answers 4xx but 401, 408 and 429, and 3xx.
    pub refused: u64,
    /// Answers 408 and 5xx.
    pub server_errors: u64,
    /// No answer in time.
    pub timeouts: u64,
    /// No answer for another reason: name, connection, TLS, broken off.
    pub unanswered: u64,
    /// Requests for tokens.
    pub token_requests: u64,
    /// Bytes of bodies received, unpacked.
    pub bytes_received: u64,
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) requests: AtomicU64,
    pub(super) succeeded: AtomicU64,
    pub(super) unauthorized: AtomicU64,
    pub(super) throttled: AtomicU64,
    pub(super) refused: AtomicU64,
    pub(super) server_errors: AtomicU64,
    pub(super) timeouts: AtomicU64,
    pub(super) unanswered: AtomicU64,
    pub(super) token_requests: AtomicU64,
    pub(super) bytes_received: AtomicU64,
}

impl Counters {
    pub(super) fn count(counter: &AtomicU64) {
        Self::add(counter, 1);
    }

    pub(super) fn add(counter: &AtomicU64, by: u64) {
        counter.fetch_add(by, Ordering::Relaxed);
    }

    pub(super) fn status(&self, status: u16) {
        Self::count(match status {
            200..=299 => &self.succeeded,
            401 => &self.unauthorized,
            429 => &self.throttled,
            408 | 500..=599 => &self.server_errors,
            _ => &self.refused,
        });
    }

    pub(super) fn snapshot(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            requests: read(&self.requests),
            succeeded: read(&self.succeeded),
            unauthorized: read(&self.unauthorized),
            throttled: read(&self.throttled),
            refused: read(&self.refused),
            server_errors: read(&self.server_errors),
            timeouts: read(&self.timeouts),
            unanswered: read(&self.unanswered),
            token_requests: read(&self.token_requests),
            bytes_received: read(&self.bytes_received),
        }
    }
}

/// Requests that came to an end, those for tokens not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Answered as hoped.
    pub ok: u64,
    /// The other side asked for patience.
    pub throttled: u64,
    /// The other side said no.
    pub refused: u64,
    /// No answer, or none that could be used.
    pub failed: u64,
}

impl std::ops::Add for Ended {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            ok: self.ok + more.ok,
            throttled: self.throttled + more.throttled,
            refused: self.refused + more.refused,
            failed: self.failed + more.failed,
        }
    }
}

/// What the requests of one who asks came to.
#[derive(Debug, Default)]
pub struct Asked {
    /// Requests of sends that failed for good: no page carries them.
    pub lost: AtomicU64,
    ok: AtomicU64,
    throttled: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
}

impl Asked {
    /// The counts now.
    pub fn ended(&self) -> Ended {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Ended {
            ok: read(&self.ok),
            throttled: read(&self.throttled),
            refused: read(&self.refused),
            failed: read(&self.failed),
        }
    }

    /// An answer of that status came; `patience`: with a wish to wait.
    pub(super) fn answered(&self, status: u16, patience: bool) {
        Counters::count(match status {
            429 => &self.throttled,
            503 if patience => &self.throttled,
            200..=299 | 304 => &self.ok,
            408 | 500..=599 => &self.failed,
            _ => &self.refused,
        });
    }

    /// None came, or none that could be read.
    pub(super) fn unanswered(&self) {
        Counters::count(&self.failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_by_what_it_means_for_whoever_asked() {
        let asked = Asked::default();
        for (status, patience) in [
            (200, false),
            (204, false),
            (304, false),
            (429, false),
            (503, true),
            (503, false),
        ] {
            asked.answered(status, patience);
        }
        for status in [302, 401, 403, 408, 500] {
            asked.answered(status, false);
        }
        asked.unanswered();
        let ended = asked.ended();
        assert_eq!((ended.ok, ended.throttled, ended.refused, ended.failed), (3, 2, 3, 4));
        assert_eq!((ended + ended).failed, 8);
    }
}
