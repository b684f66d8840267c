//! What a sweep covers, and which part of it in full. Pure.
//!
//! Time is cut into blocks, as many to a window as there are nights in a turn; each night the blocks of one number are
//! read in full, counted from the epoch: every record is read in full once in a turn, however the window moves on.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::window::Range;

/// Nights in which the whole window is read in full once.
const NIGHTS: i64 = 7;

/// What is swept.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    /// Behind the head; what is newer in the ledger, the head has brought.
    pub top: DateTime<Utc>,
    /// Oldest first.
    pieces: Vec<Range>,
    full: Full,
}

/// What is read in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Everything.
    All,
    /// The blocks of tonight.
    Part {
        /// Length of a block, in seconds.
        block: i64,
        /// Nights in a turn.
        nights: i64,
        /// This one.
        tonight: i64,
    },
}

impl Full {
    /// Tonight's part of a window of so many days, after so many nights.
    pub fn part(days: u16, nights_before: i64) -> Self {
        let days = i64::from(days).max(1);
        let nights = NIGHTS.min(days);
        Self::Part {
            block: days * 86_400 / nights,
            nights,
            tonight: nights_before.rem_euclid(nights),
        }
    }

    /// From when on everything up to `time` is read in the same manner.
    fn changes_below(self, time: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::All | Self::Part { nights: 1, .. } => DateTime::<Utc>::MIN_UTC,
            Self::Part { block, nights, tonight } => {
                let at = time.timestamp().div_euclid(block);
                let border = match (at - tonight).rem_euclid(nights) {
                    0 => at,
                    behind_full => at - behind_full + 1,
                };
                DateTime::from_timestamp(border * block, 0).unwrap_or(time)
            }
        }
    }
}

impl Scope {
    pub fn new(top: DateTime<Utc>, pieces: Vec<Range>, full: Full) -> Self {
        Self { top, pieces, full }
    }

    /// The newest range below `below`, of one manner of reading.
    pub fn below(&self, below: DateTime<Utc>) -> Option<Range> {
        let piece = self.pieces.iter().rev().find(|piece| piece.from < below)?;
        let to = piece.to.min(below);
        let from = piece.from.max(self.full.changes_below(to - TimeDelta::seconds(1)));
        Some(Range { from, to })
    }

    /// Whether what was modified then is read in full.
    pub fn is_full(&self, time: DateTime<Utc>) -> bool {
        match self.full {
            Full::All => true,
            Full::Part { block, nights, tonight } => (time.timestamp().div_euclid(block) - tonight) % nights == 0,
        }
    }
}

/// The newest part of `range` behind the second of `beyond`, the first row too many; at least one second.
pub(super) fn cut(range: Range, beyond: Option<DateTime<Utc>>) -> Range {
    let Some(beyond) = beyond else { return range };
    let second = whole_second(beyond).max(range.from);
    let next = whole_second(beyond) + TimeDelta::seconds(1);
    let from = if next < range.to { next } else { second };
    Range { from, ..range }
}

/// Stamps are whole seconds, and so are the ends of ranges.
pub(super) fn whole_second(time: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(time.timestamp(), 0).unwrap_or(time)
}

#[cfg(test)]
mod tests;
