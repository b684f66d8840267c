//! The source's clock, as far as it is known: our own never makes a position.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Timelike, Utc};

/// Knows how far the source's clock is from ours, once an answer carried its time.
#[derive(Debug, Default)]
pub(super) struct SourceClock(Mutex<Option<TimeDelta>>);

impl SourceClock {
    /// Notes the time of an answer.
    pub fn observe(&self, source: DateTime<Utc>, ours: DateTime<Utc>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(source - ours);
    }

    /// The source's time now, in whole seconds as its stamps are, if it is known; never ahead of what its last
    /// answer allows.
    pub fn now(&self, ours: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.ahead().and_then(|ahead| (ours + ahead).with_nanosecond(0))
    }

    /// How far the source's clock is ahead of ours.
    pub fn ahead(&self) -> Option<TimeDelta> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
