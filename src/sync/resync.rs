//! A resync: a new generation of slices. The ledger then holds back only what was delivered since.

use chrono::{DateTime, TimeDelta, Utc};

use crate::model::window::{Range, tile};
use crate::store::{Db, NewSlice, StoreError, StreamRow};

/// What a resync will do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resync {
    /// The stream was never read: its first run delivers everything anyway.
    NeverRead,
    /// One of the same range or wider is unfinished: this one is part of it.
    Joined,
    /// So many slices were laid.
    Laid {
        /// How many.
        slices: usize,
        /// From when on.
        since: DateTime<Utc>,
    },
}

impl std::fmt::Display for Resync {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NeverRead => f.write_str("never read yet: the first run delivers everything"),
            Self::Joined => f.write_str("part of a resync that is still being delivered"),
            Self::Laid { slices, since } => write!(f, "{slices} slices laid, from {since} on"),
        }
    }
}

/// Lays slices of a new generation over everything modified since `since` (default: the whole window). One that is
/// asked for while one of the same range or wider is unfinished is part of that.
pub fn resync(
    db: &Db<'_>,
    stream: &StreamRow,
    since: Option<DateTime<Utc>>,
    overlap: TimeDelta,
) -> Result<Resync, StoreError> {
    db.accept_any_source(stream.key)?;
    db.settle_resync(stream.key)?;
    db.retry_refused(stream.key)?;
    let Some(window_start) = stream.window_start else {
        return Ok(Resync::NeverRead);
    };
    let since = since.unwrap_or(window_start).max(window_start);
    let unfinished = db.resync_unfinished(stream.key)?;
    if unfinished && stream.resync_since.is_some_and(|known| known <= since) {
        return Ok(Resync::Joined);
    }
    begin_again(db, stream, since, overlap)
}

/// The same without joining: what was delivered went elsewhere, or came from elsewhere.
pub(super) fn begin_again(
    db: &Db<'_>,
    stream: &StreamRow,
    since: DateTime<Utc>,
    overlap: TimeDelta,
) -> Result<Resync, StoreError> {
    let stored = db.slices(stream.key)?;
    let Some(head) = stored.iter().find(|stored| stored.slice.to.is_none()) else {
        return Ok(Resync::NeverRead);
    };
    // What lies behind this the head reads again itself, with the new generation.
    let to = match &head.slice.position {
        Some(position) => head.slice.from.max(position.time - overlap),
        None => head.slice.from,
    };
    let records = db.ledger_records(stream.key)?;
    let generation = db.raise_generation(stream.key, since)?;
    db.drop_slices_since(stream.key, since)?;
    let tiles: Vec<NewSlice> = tile(Range { from: since, to }, Some(records))
        .into_iter()
        .map(|tile| NewSlice {
            from: tile.from,
            to: Some(tile.to),
        })
        .collect();
    db.lay(stream.key, generation, &tiles)?;
    Ok(Resync::Laid {
        slices: tiles.len(),
        since,
    })
}
