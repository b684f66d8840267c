//! The head worker: reads what is new, until an instant fixed at its first answer.
//!
//! It begins one overlap behind its position, for a row may become visible minutes after its stamp. Rows stamped
//! later than the instant are delivered but move nothing. When the instant is passed or the data end, the position
//! is that instant, though no row bears it: a quiet weekend does not re-read Friday's burst at every ring, and a
//! row stamped in the future does not carry the position away.

use chrono::{DateTime, Utc};

use super::prepare::Prepared;
use super::pull::{Halt, Work};
use super::stream::{Stream, store_trouble};
use crate::sink::Sink;
use crate::source::Source;

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn read_head(
        &self,
        work: &Work<'_>,
        prepared: &Prepared,
        started: DateTime<Utc>,
    ) -> Result<(), Halt> {
        let head = &prepared.head;
        let from = match &head.position {
            // A clock that was once ahead may have carried the position past what can have been read.
            Some(position) => {
                prepared.source_now.map_or(position.time, |now| position.time.min(now)) - self.settings.overlap
            }
            None => head.from,
        };
        if !self.pull(work, head, from.max(prepared.window_start)).await? {
            // A resync came in between: its head reads this again.
            return Ok(());
        }
        let stream = work.delivery.stream;
        let read = self.store.call(move |db| db.set_head_read(stream, started)).await;
        read.map_err(|error| Halt::Trouble(store_trouble(&error)))
    }
}
