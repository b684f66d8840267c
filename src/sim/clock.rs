//! The time a simulator goes by: the machine's unless it is told another.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// A clock; its copies tell the same time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

/// The hand of a [`Clock`]: whoever holds it makes the clock leap.
#[derive(Debug, Clone, Default)]
pub struct Hand(Arc<AtomicI64>);

impl Hand {
    /// The clock and its copies show so much more from now on, or less.
    pub fn leap(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
    }
}

impl Clock {
    /// A clock that reads `now`.
    pub fn new(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// A clock that shows `start` now and goes on with the runtime's time: it stands still, and leaps to the
    /// next timer, where the runtime's does.
    pub fn starting_at(start: DateTime<Utc>) -> Self {
        let since = Instant::now();
        Self::new(move || start + since.elapsed())
    }

    /// The same clock with a hand to move it by.
    #[must_use]
    pub fn with_hand(self) -> (Self, Hand) {
        let hand = Hand::default();
        let moved = hand.clone();
        let clock = Self::new(move || self.now() + TimeDelta::milliseconds(moved.0.load(Ordering::SeqCst)));
        (clock, hand)
    }

    /// What it shows.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(Utc::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn it_leaps_as_its_hand_is_moved() {
        let (clock, hand) = Clock::new(|| DateTime::UNIX_EPOCH).with_hand();
        let copy = clock.clone();
        hand.leap(TimeDelta::days(400));
        assert_eq!(copy.now().to_rfc3339(), "1971-02-05T00:00:00+00:00");
        hand.leap(TimeDelta::days(-400));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
    }

    #[tokio::test(start_paused = true)]
    async fn it_leaps_with_the_runtimes_time() {
        let clock = Clock::starting_at(DateTime::UNIX_EPOCH);
        tokio::time::sleep(Duration::from_hours(24)).await;
        assert_eq!(clock.now().to_rfc3339(), "1970-01-02T00:00:00+00:00");
    }
}
