//! The source's clock, as far as it is known: our own never makes a position.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::time::Instant;

/// Our wall clock may drift this far from the monotonic one before the source is asked again.
const STEP: TimeDelta = TimeDelta::minutes(1);

/// After this long it is looked again whether the source reads times as we write them: the zone of a user is changed
/// while a daemon runs, and then no row might come and nothing fail.
const PROOF: Duration = Duration::from_secs(60 * 60);

/// The same where no row was there to tell by.
const NO_PROOF: Duration = Duration::from_secs(5 * 60);

/// Knows the source's time once an answer carried it, and carries it on by the monotonic clock: a step of our wall
/// clock must not move the window.
#[derive(Debug, Default)]
pub(super) struct SourceClock {
    seen: Mutex<Option<Seen>>,
    proof_until: Mutex<Option<Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    source: DateTime<Utc>,
    ours: DateTime<Utc>,
    at: Instant,
}

impl SourceClock {
    /// Notes the time of an answer.
    pub fn observe(&self, source: DateTime<Utc>, ours: DateTime<Utc>) {
        let seen = Seen {
            source,
            ours,
            at: Instant::now(),
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
    }

    /// Notes a first look, and whether there was a row to tell by how times are read.
    pub fn proven(&self, by_a_row: bool) {
        let lasts = if by_a_row { PROOF } else { NO_PROOF };
        *self.proof_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + lasts);
    }

    /// The same as [`Self::now`], while the last first look still holds.
    pub fn proven_now(&self, ours: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = *self.proof_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.filter(|until| Instant::now() < *until)?;
        self.now(ours)
    }

    /// The source's time now, in whole seconds as its stamps are; never ahead of what its last answer allows.
    /// `None` if it is not known, or if our clock was set or slept meanwhile: then it has to be asked.
    pub fn now(&self, ours: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let seen = (*self.seen.lock().unwrap_or_else(PoisonError::into_inner))?;
        let passed = TimeDelta::from_std(seen.at.elapsed()).ok()?;
        if (ours - seen.ours - passed).abs() > STEP {
            return None;
        }
        (seen.source + passed).with_nanosecond(0)
    }

    /// How far the source's clock is ahead of ours, by its last answer.
    pub fn ahead(&self) -> Option<TimeDelta> {
        let seen = (*self.seen.lock().unwrap_or_else(PoisonError::into_inner))?;
        Some(seen.source - seen.ours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn how_times_are_read_is_proven_anew_every_hour() {
        let clock = SourceClock::default();
        let (source, mut ours): (DateTime<Utc>, DateTime<Utc>) = (
            "2026-11-20T10:00:00Z".parse().unwrap(),
            "2026-11-20T10:00:00Z".parse().unwrap(),
        );
        clock.observe(source, ours);
        assert_eq!(clock.proven_now(ours), None, "nobody looked yet");
        for (by_a_row, minutes) in [(true, 59), (false, 4)] {
            clock.proven(by_a_row);
            for proven in [true, false] {
                tokio::time::advance(Duration::from_secs(minutes * 60)).await;
                ours += TimeDelta::seconds(i64::try_from(minutes).unwrap() * 60);
                assert_eq!(clock.proven_now(ours).is_some(), proven);
                assert!(clock.now(ours).is_some());
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_of_our_clock_is_not_taken_for_the_sources() {
        let clock = SourceClock::default();
        let (source, ours): (DateTime<Utc>, DateTime<Utc>) = (
            "2026-11-20T10:00:00Z".parse().unwrap(),
            "2024-01-01T00:00:00Z".parse().unwrap(),
        );
        assert_eq!(clock.now(ours), None);
        clock.observe(source, ours);
        tokio::time::advance(std::time::Duration::from_millis(90_500)).await;
        assert_eq!(
            clock.now(ours + TimeDelta::seconds(90)),
            Some(source + TimeDelta::seconds(90))
        );
        assert_eq!(
            clock.now(ours + TimeDelta::days(700)),
            None,
            "the source has to be asked again"
        );
    }
}
