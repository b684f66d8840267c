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
