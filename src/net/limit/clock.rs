//! Tokio's clock for governor, so that paused time holds for the pace too.

use governor::clock::Clock;
use governor::nanos::Nanos;
use tokio::time::Instant;

/// Counts from when it was made.
#[derive(Debug, Clone)]
pub(super) struct TokioClock {
    origin: Instant,
}

impl TokioClock {
    pub(super) fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.origin.elapsed().into()
    }
}
