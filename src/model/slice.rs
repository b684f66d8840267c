//! Slices and positions: all arithmetic over the sync window, pure.

use chrono::{DateTime, Utc};

/// A slice's number in the store; never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SliceId(pub i64);

/// How often the whole stream was asked to be delivered again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Generation(pub i64);

/// How far a slice has been read. `rest` belongs to the source that made it; empty means that nothing
/// at `time` has been read yet, everything before it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Last-modified time, by the source's clock.
    pub time: DateTime<Utc>,
    /// What the source needs to go on inside `time`: an id, a next link.
    pub rest: String,
}

impl Position {
    /// Everything before `time` has been read, nothing at it.
    pub fn before(time: DateTime<Utc>) -> Self {
        Self {
            time,
            rest: String::new(),
        }
    }
}

/// A half-open range `[from, to)` of last-modified time of one stream, with how far it has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Its number.
    pub id: SliceId,
    /// The generation it was laid in.
    pub generation: Generation,
    /// Inclusive.
    pub from: DateTime<Utc>,
    /// Exclusive; `None` is the head, which has no end.
    pub to: Option<DateTime<Utc>>,
    /// `None` until its first page is through.
    pub position: Option<Position>,
}

impl Slice {
    /// Where reading goes on.
    pub fn at(&self) -> Position {
        self.position.clone().unwrap_or_else(|| Position::before(self.from))
    }
}
