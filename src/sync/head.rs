//! The head worker: reads what is new, until an instant fixed at its first answer.
//!
//! It begins one overlap behind its position, for a row may become visible minutes after its stamp. Rows stamped
//! later than the instant are delivered but move nothing. When the instant is passed or the data end, the position
//! is that instant, though no row bears it: a quiet weekend does not re-read Friday's burst at every ring, and a
//! row stamped in the future does not carry the position away. After an outage so long that the server cannot read
//! what was missed in one range, that is left to slices, and the head goes on with what is new.

use chrono::{DateTime, TimeDelta, Utc};

use super::prepare::Prepared;
use super::pull::{Halt, Work};
use super::stream::{Stream, store_trouble};
use crate::model::{Generation, Position, Slice, Trouble};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{Db, NewSlice, StoreError, StreamKey};

/// A shorter range is not what makes a server slow.
const WORTH_A_SLICE: TimeDelta = TimeDelta::hours(1);

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn read_head(
        &self,
        work: &Work<'_>,
        prepared: &Prepared,
        started: DateTime<Utc>,
    ) -> Result<(), Halt> {
        let read = match self.read_new(work, prepared, &prepared.head).await {
            Err(Halt::TooSlow(slow)) => match self.leave_to_slices(work, prepared, slow).await? {
                Some(head) => self.read_new(work, prepared, &head).await?,
                None => false,
            },
            read => read?,
        };
        if !read {
            // A resync came in between: its head reads this again.
            return Ok(());
        }
        let stream = work.delivery.stream;
        let read = self.store.call(move |db| db.set_head_read(stream, started)).await;
        read.map_err(|error| Halt::Trouble(store_trouble(&error)))
    }

    async fn read_new(&self, work: &Work<'_>, prepared: &Prepared, head: &Slice) -> Result<bool, Halt> {
        let from = match &head.position {
            // A clock that was once ahead may have carried the position past what can have been read.
            Some(position) => {
                prepared.source_now.map_or(position.time, |now| position.time.min(now)) - self.settings.overlap
            }
            None => head.from,
        };
        self.pull(work, head, from.max(prepared.window_start)).await
    }

    /// A head that has fallen behind so far that no server reads it in one range leaves what it missed to a slice, which
    /// can be halved, and begins again at the source's time; `None` if a resync came in between.
    async fn leave_to_slices(
        &self,
        work: &Work<'_>,
        prepared: &Prepared,
        slow: Trouble,
    ) -> Result<Option<Slice>, Halt> {
        let Some(now) = work.source_now else {
            return Err(Halt::Trouble(slow));
        };
        let (stream, overlap, window_start) = (prepared.stream, self.settings.overlap, prepared.window_start);
        let generation = prepared.head.generation;
        let left = self
            .persist(move |db| leave_missed(db, stream, generation, now, overlap, window_start))
            .await?;
        match left {
            Some(Some(head)) => {
                tracing::warn!(stream = %self.id, "{slow}; what is new is read first, and what was missed in slices");
                Ok(Some(head))
            }
            // It is not the range: it is short.
            Some(None) => Err(Halt::Trouble(slow)),
            None => Ok(None),
        }
    }
}

/// Lays a slice over what the head has missed and moves the head to `now`; `None` if the head is of another generation by
/// now or stands elsewhere, `Some(None)` if it has missed too little.
pub(super) fn leave_missed(
    db: &Db<'_>,
    stream: StreamKey,
    generation: Generation,
    now: DateTime<Utc>,
    overlap: TimeDelta,
    window_start: DateTime<Utc>,
) -> Result<Option<Option<Slice>>, StoreError> {
    let stored = db.slices(stream)?;
    let head = stored.into_iter().find(|stored| stored.slice.to.is_none());
    // A head of a resync that came in between delivers again what this run would hold back.
    let Some(head) = head
        .map(|stored| stored.slice)
        .filter(|head| head.generation == generation)
    else {
        return Ok(None);
    };
    // Before its start the slices are answerable.
    let read = match &head.position {
        Some(position) => head.from.max(position.time - overlap),
        None => head.from,
    };
    let missed = NewSlice {
        from: read.max(window_start),
        to: Some(now - overlap),
    };
    if now - overlap - missed.from < WORTH_A_SLICE {
        return Ok(Some(None));
    }
    let at = Position::before(now);
    if !db.commit_position(head.id, head.generation, head.position.as_ref(), &at, false)? {
        return Ok(None);
    }
    db.lay(stream, head.generation, &[missed])?;
    let position = Some(at);
    Ok(Some(Some(Slice { position, ..head })))
}
