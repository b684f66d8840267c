//! Reconcile: a sweep over everything that was delivered finds what no cursor can see.
//!
//! ```text
//! 1 scope    complete slices, behind the head's position less the overlap; newest range first    scope
//! 2 read     a range: its keys alone, or a part of the window in full                            range
//! 3 compare  with the ledger; what differs is asked for by id, and that answer is the truth      compare, truth
//! 4 bury     what did not come even by id is gone, and is marked within limits                   gone, mark
//! ```
//!
//! Cron, a changed filter and the command line only ask; a run of the rest worker that finds a sweep asked for does it.
//! How far it is, and what it did not meet, is in the store after each range: what interrupts it costs one range.

mod aside;
mod compare;
mod gone;
mod mark;
mod range;
mod scope;
mod truth;

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use self::scope::{Full, Scope};
pub(super) use self::truth::{IDS_AT_ONCE, Truths, truth};
use super::deliver::Delivery;
use super::pull::{Halt, Work};
use super::stream::{Stream, store_trouble};
use crate::model::window::{Range, gaps, middle};
use crate::model::{Generation, SliceId};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{Db, Missing, StoreError, StreamKey, Sweep};

/// Most rows of a page of keys.
pub(super) const KEYS_AT_ONCE: u32 = 5_000;

/// Rows of the ledger that a range is cut for: one page of keys, with room for what the ledger does not know yet.
const ROWS_OF_A_RANGE: u32 = 4_900;

/// A sweep under way.
#[derive(Debug)]
struct Sweeping {
    sweep: Sweep,
    /// What was modified at or after this is through.
    below: DateTime<Utc>,
    scope: Scope,
    /// Slices that were not through when it was taken up: it does not wait for those.
    unread: HashSet<SliceId>,
    /// Rows that the service desk counted and did not show.
    hidden: u64,
}

/// How a sweep ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Through,
    /// Another one was asked for, or it has to begin anew.
    Replaced,
    /// Slices were laid meanwhile, and they come first.
    Yielded,
}

impl<S: Source, K: Sink> Stream<S, K> {
    /// The sweep that is asked for, if one is, after everything else: one slice that fails for ever must not keep it off.
    pub(super) async fn then_reconcile(&self, work: &Work<'_>, read: Result<(), Halt>) -> Result<(), Halt> {
        let mut read = read;
        loop {
            if matches!(read, Err(Halt::Interrupted)) || work.cancel.is_cancelled() {
                return read;
            }
            match self.reconcile(work).await {
                Ok(End::Yielded) => read = read.and(self.read_rest(work).await),
                // What was set aside, for a fault that may have passed.
                Ok(End::Through | End::Replaced) => return read.and(self.retry_quarantined(work).await),
                Err(halt) => return read.and(Err(halt)),
            }
        }
    }

    async fn reconcile(&self, work: &Work<'_>) -> Result<End, Halt> {
        // No generation: what was delivered before a resync is not delivered again for that.
        let work = Work {
            delivery: Delivery {
                generation: Generation::default(),
                ..work.delivery.clone()
            },
            source_now: work.source_now,
            tally: work.tally,
            cancel: work.cancel,
        };
        while let Some(mut sweeping) = self.take_up(&work).await? {
            match self.sweep(&work, &mut sweeping).await? {
                End::Replaced => {}
                end @ (End::Through | End::Yielded) => return Ok(end),
            }
        }
        Ok(End::Through)
    }

    /// The sweep that is asked for, where it stands; a new one begins at the top.
    async fn take_up(&self, work: &Work<'_>) -> Result<Option<Sweeping>, Halt> {
        let (stream, window_start) = (work.delivery.stream, work.delivery.window_start);
        let (days, overlap, source_now) = (self.settings.sync_days, self.settings.overlap, self.source_time(work));
        let deletions = self.settings.deletions;
        let taken = self.store.call(move |db| {
            let row = db.sweep(stream)?;
            let Some(sweep) = row.asked else { return Ok(None) };
            let (top, unread) = readable(db, stream, overlap, source_now)?;
            let top = top.max(window_start);
            let below = row.below.unwrap_or(top);
            if row.below.is_none() {
                db.swept(stream, sweep, None, below, &[])?;
                // No range reaches what is stamped beyond the source's clock: the end asks for it by id.
                if let Some(now) = source_now.filter(|_| deletions) {
                    db.miss_beyond(stream, now + overlap)?;
                }
            }
            let whole = Range {
                from: window_start,
                to: top,
            };
            let full = match sweep {
                Sweep::Nightly => Full::part(days, row.nights),
                Sweep::Whole | Sweep::WholeAccepted => Full::All,
            };
            Ok(Some(Sweeping {
                sweep,
                below,
                scope: Scope::new(top, gaps(whole, &unread), full),
                unread: unread_slices(db, stream)?,
                hidden: row.hidden,
            }))
        });
        taken.await.map_err(|error| Halt::Trouble(store_trouble(&error)))
    }

    /// The source's time, as late as it is known.
    fn source_time(&self, work: &Work<'_>) -> Option<DateTime<Utc>> {
        self.source_clock.now((self.now)()).or(work.source_now)
    }

    async fn sweep(&self, work: &Work<'_>, sweeping: &mut Sweeping) -> Result<End, Halt> {
        tracing::debug!(stream = %self.id, sweep = ?sweeping.sweep, below = %sweeping.below, "reconcile");
        self.expect_all(work.delivery.stream, sweeping.sweep).await;
        while let Some(range) = sweeping.scope.below(sweeping.below) {
            let Some(range) = self.cut(work.delivery.stream, range).await? else {
                break;
            };
            let mut parts = vec![range];
            while let Some(part) = parts.pop() {
                let missing = match self.read_range(work, sweeping, part).await {
                    Ok(missing) => missing,
                    Err(Halt::TooSlow(trouble)) => {
                        let Some(middle) = middle(part) else {
                            return Err(Halt::Trouble(trouble));
                        };
                        tracing::warn!(stream = %self.id, "{trouble}; reading half of the range at a time");
                        parts.push(Range { to: middle, ..part });
                        parts.push(Range { from: middle, ..part });
                        continue;
                    }
                    Err(halt) => return Err(halt),
                };
                let stopped = self.pass(work.delivery.stream, sweeping, part.from, missing).await?;
                if let Some(end) = stopped {
                    return Ok(end);
                }
            }
        }
        self.bury(work, sweeping).await
    }

    /// For progress bars, which know only what the rest of the run reads.
    async fn expect_all(&self, stream: StreamKey, sweep: Sweep) {
        match sweep {
            // A night's part is small, and nobody looks.
            Sweep::Nightly => {}
            Sweep::Whole | Sweep::WholeAccepted => {
                let known = self.store.call(move |db| db.ledger_records(stream)).await;
                self.progress.expect(known.unwrap_or_default());
            }
        }
    }

    /// The newest part of a range that holds no more rows than a page of keys; `None` if the window has left it behind,
    /// which moves on under a long sweep.
    async fn cut(&self, stream: StreamKey, range: Range) -> Result<Option<Range>, Halt> {
        let cut = self.store.call(move |db| {
            let from = db
                .window_start(stream)?
                .map_or(range.from, |start| range.from.max(start));
            if from >= range.to {
                return Ok(None);
            }
            let range = Range { from, ..range };
            let beyond = db.stamp_beyond(stream, range, ROWS_OF_A_RANGE)?;
            Ok(Some(scope::cut(range, beyond)))
        });
        cut.await.map_err(|error| Halt::Trouble(store_trouble(&error)))
    }

    /// Writes down that a range is through; says why the sweep does not go on, if it does not.
    async fn pass(
        &self,
        stream: StreamKey,
        sweeping: &mut Sweeping,
        below: DateTime<Utc>,
        missing: Vec<Missing>,
    ) -> Result<Option<End>, Halt> {
        let (sweep, before, hidden) = (sweeping.sweep, sweeping.below, sweeping.hidden);
        let passed = self.persist(move |db| {
            let moved = db.swept(stream, sweep, Some(before), below, &missing)?;
            if moved {
                db.set_hidden(stream, hidden)?;
            }
            Ok((moved, unread_slices(db, stream)?))
        });
        let (moved, unread) = passed.await?;
        sweeping.below = below;
        Ok(match moved {
            false => Some(End::Replaced),
            true if !unread.is_subset(&sweeping.unread) => Some(End::Yielded),
            true => None,
        })
    }
}

fn unread_slices(db: &Db<'_>, stream: StreamKey) -> Result<HashSet<SliceId>, StoreError> {
    let slices = db.slices(stream)?.into_iter();
    let unread = slices.filter(|stored| stored.slice.to.is_some() && !stored.complete);
    Ok(unread.map(|stored| stored.slice.id).collect())
}

/// Up to where everything was read, and what below that is not read yet.
fn readable(
    db: &Db<'_>,
    stream: StreamKey,
    overlap: chrono::TimeDelta,
    source_now: Option<DateTime<Utc>>,
) -> Result<(DateTime<Utc>, Vec<Range>), StoreError> {
    let mut top = DateTime::UNIX_EPOCH;
    let mut unread = Vec::new();
    for stored in db.slices(stream)? {
        match (stored.slice.to, &stored.slice.position) {
            (None, Some(position)) => {
                // A clock that was once ahead may have carried the position past what can have been read.
                top = source_now.map_or(position.time, |now| position.time.min(now)) - overlap;
            }
            (None, None) => top = stored.slice.from,
            (Some(_), _) if stored.complete => {}
            (Some(to), _) => unread.push(Range {
                from: scope::whole_second(stored.slice.at().time),
                to,
            }),
        }
    }
    Ok((scope::whole_second(top), unread))
}
