//! Whether a worker stands still: a run is under way, no server asked it to wait, and for longer than any request may
//! take nothing moved in it, whatever the stream's other worker does. Nothing but a mistake of ours does that, and a restart mends it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A request that is tried for the last time has taken so many of its time-outs, with the pauses between them.
const TIMES: u32 = 8;

/// For what is waited for beside requests: a turn, a page of another stream, the disk.
const BESIDE: Duration = Duration::from_secs(30 * 60);

/// How long a stream may be silent whose requests have that time-out.
pub(super) fn longest(request_timeout: Duration) -> Duration {
    BESIDE + request_timeout * TIMES
}

/// What would change if anything moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sight {
    /// Runs begun.
    pub runs: u64,
    /// How often something moved in them.
    pub moves: u64,
}

/// What was seen of a worker at the last beat, and since when it is so.
#[derive(Debug, Default)]
pub(super) struct Still(Mutex<Option<(Sight, Instant)>>);

impl Still {
    /// Since when nothing has moved; `None` of a worker that has nothing to do or knows why it waits begins anew.
    pub fn look(&self, sight: Option<Sight>) -> Duration {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sight) = sight else {
            *last = None;
            return Duration::ZERO;
        };
        match *last {
            Some((seen, since)) if seen == sight => since.elapsed(),
            Some(_) | None => {
                *last = Some((sight, Instant::now()));
                Duration::ZERO
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(runs: u64, moves: u64) -> Option<Sight> {
        Some(Sight { runs, moves })
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_runs_and_never_moves_stands_still() {
        let still = Still::default();
        let hour = Duration::from_secs(3600);
        let mut told = Vec::new();
        for seen in [
            sight(1, 0),
            sight(1, 0),
            sight(1, 0),
            sight(1, 5),
            sight(2, 5),
            None,
            sight(2, 5),
            sight(2, 5),
        ] {
            told.push(still.look(seen).as_secs() / 3600);
            tokio::time::advance(hour).await;
        }
        // A page, another run, and a wait that is known each begin the time anew.
        assert_eq!(told, [0, 1, 2, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn every_attempt_of_the_slowest_request_fits_into_it() {
        let (slow, attempts) = (Duration::from_secs(3600), 4);
        assert!(longest(slow) > slow * (attempts + 1));
        assert!(longest(Duration::from_secs(60)) < Duration::from_secs(3600));
    }
}
