//! The report in one word: how a stream is, and all of them by the worst.

use std::time::Duration;

use super::{Report, StreamReport, StreamState};

/// A stream is late when it was not read to its end for this many of its intervals: hours that its schedule leaves out do not count.
const LATE_AFTER_INTERVALS: u64 = 3;

/// All streams in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mood {
    /// Every stream is read at its pace and nothing is left behind.
    InStep,
    /// Slices are still to be read.
    CatchingUp,
    /// A stream is later than it should be.
    Behind,
    /// A stream fails, or waits for a person.
    Failing,
}

impl Mood {
    /// The words on the page.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InStep => "In step",
            Self::CatchingUp => "Catching up",
            Self::Behind => "Behind",
            Self::Failing => "Failing",
        }
    }
}

impl StreamReport {
    /// Whether it is later than `max_lag`, or without one than three of its intervals.
    pub fn is_late(&self, max_lag: Option<Duration>) -> bool {
        if self.state == StreamState::Disabled {
            return false;
        }
        let passed =
            |seconds: Option<u64>, limit: Option<u64>| seconds.zip(limit).is_some_and(|(so_far, limit)| so_far > limit);
        let intervals = |number: u64| self.interval_seconds.map(|seconds| seconds.saturating_mul(number));
        match (max_lag, self.overdue_seconds) {
            (Some(limit), _) => passed(self.lag_seconds, Some(limit.as_secs())),
            // It is due an interval after the last whole read, and overdue from then on.
            (None, Some(overdue)) => passed(Some(overdue), intervals(LATE_AFTER_INTERVALS - 1)),
            (None, None) => passed(self.lag_seconds, intervals(LATE_AFTER_INTERVALS)),
        }
    }

    pub(in crate::status) fn mood(&self) -> Mood {
        match self.state {
            StreamState::Failing | StreamState::Blocked => Mood::Failing,
            StreamState::Disabled => Mood::InStep,
            StreamState::Live | StreamState::Backfill | StreamState::Waiting if self.is_late(None) => Mood::Behind,
            StreamState::Live if self.lag_seconds.is_none() => Mood::CatchingUp,
            StreamState::Live => Mood::InStep,
            StreamState::Backfill => Mood::CatchingUp,
            StreamState::Waiting => Mood::Behind,
        }
    }
}

impl Report {
    /// The worst of its streams.
    pub fn mood(&self) -> Mood {
        self.streams()
            .map(|(_, stream)| stream.mood())
            .chain(self.refused_workspace().map(|_| Mood::Failing))
            .max()
            .unwrap_or(Mood::InStep)
    }

    /// Whether `itsmd status` ends with 0: no stream failing, blocked or late.
    pub fn is_well(&self, max_lag: Option<Duration>) -> bool {
        self.refused_workspace().is_none()
            && self
                .streams()
                .all(|(_, stream)| stream.mood() != Mood::Failing && !stream.is_late(max_lag))
    }
}
