//! How often and how long nothing was sent, and what for: for the metrics.

use std::time::Duration;

use tokio::time::Instant;

use super::Waiting;

/// How often, and how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waited {
    /// How often.
    pub times: u64,
    /// How long in all; one that goes on now counts up to now.
    pub spent: Duration,
}

/// What one connection waited for; only ever grows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// Its own rate: requests that were held back, and how long the first in the queue was.
    pub rate: Waited,
    /// Pauses that the server asked for.
    pub server: Waited,
    /// Pauses of our own choice after a failure.
    pub backoff: Waited,
}

/// The waits of a connection, with the pause under way.
#[derive(Debug, Default)]
pub(super) struct Clockwork {
    over: Waits,
    pause: Option<Pause>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    began: Instant,
    until: Instant,
    asked: bool,
}

impl Clockwork {
    /// A pause was asked for; a shorter one than that under way changes nothing but the count.
    pub fn pause(&mut self, waiting: &Waiting, now: Instant) {
        self.of(waiting.asked).times += 1;
        if self.pause.is_some_and(|pause| pause.until >= waiting.until) {
            return;
        }
        self.book(now);
        self.pause = Some(Pause {
            began: now,
            until: waiting.until,
            asked: waiting.asked,
        });
    }

    /// A request was held back by the rate for the first time.
    pub fn held_back(&mut self) {
        self.over.rate.times += 1;
    }

    /// And so long.
    pub fn held(&mut self, span: Duration) {
        self.over.rate.spent += span;
    }

    /// The waits up to now.
    pub fn waits(&self, now: Instant) -> Waits {
        let mut waits = Self {
            over: self.over,
            pause: self.pause,
        };
        waits.book(now);
        waits.over
    }

    /// What passed of the pause under way is over.
    fn book(&mut self, now: Instant) {
        if let Some(pause) = self.pause.take() {
            self.of(pause.asked).spent += pause.until.min(now).saturating_duration_since(pause.began);
        }
    }

    fn of(&mut self, asked: bool) -> &mut Waited {
        if asked {
            &mut self.over.server
        } else {
            &mut self.over.backoff
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(began: Instant, seconds: u64, asked: bool) -> Waiting {
        Waiting {
            until: began + Duration::from_secs(seconds),
            why: "429".to_owned(),
            asked,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_counts_as_it_passes_and_each_second_once() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut clockwork = Clockwork::default();
        let seconds = |clockwork: &Clockwork, now| {
            let waits = clockwork.waits(now);
            (waits.backoff.spent.as_secs(), waits.server.spent.as_secs())
        };
        clockwork.pause(&pause(begun, 10, false), at(0));
        assert_eq!(seconds(&clockwork, at(4)), (4, 0));
        // The server asks for more than our own backoff: from here on it is the server's.
        clockwork.pause(&pause(begun, 60, true), at(5));
        clockwork.pause(&pause(begun, 30, true), at(6));
        assert_eq!(seconds(&clockwork, at(20)), (5, 15));
        assert_eq!(seconds(&clockwork, at(500)), (5, 55));
        clockwork.pause(&pause(begun, 510, true), at(500));
        assert_eq!(seconds(&clockwork, at(505)), (5, 60));
        let waits = clockwork.waits(at(505));
        assert_eq!((waits.backoff.times, waits.server.times), (1, 3));
    }
}
