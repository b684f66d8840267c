//! The rest worker: slices with an end, newest first, side by side; and what is to be tried again by id.

use std::collections::HashSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use super::deliver::{Delivery, Reading};
use super::pull::{Halt, Work};
use super::reconcile::IDS_AT_ONCE;
use super::stream::{Stream, store_trouble};
use crate::model::window;
use crate::model::{Slice, SliceId, Trouble};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::StreamKey;

/// With so many slices failed a run starts no more of them: it is not the slices.
const FAILURES: usize = 3;

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn read_rest(&self, work: &Work<'_>) -> Result<(), Halt> {
        let mut first_error = self.retry_quarantined(work).await.err();
        let mut running = FuturesUnordered::new();
        let mut taken: HashSet<SliceId> = HashSet::new();
        let mut failed = 0;
        loop {
            while running.len() < self.settings.max_concurrent && failed < FAILURES && !work.cancel.is_cancelled() {
                let slice = match self.next_slice(work.delivery.stream, &taken).await {
                    Ok(Some(slice)) => slice,
                    Ok(None) => break,
                    // A state file that is locked for a moment must not tear what is on its way to the workspace.
                    Err(trouble) => {
                        failed = FAILURES;
                        first_error.get_or_insert(Halt::Trouble(trouble));
                        break;
                    }
                };
                taken.insert(slice.id);
                running.push(self.read_slice(work, slice));
            }
            // Slices under way are always read on to the end of their pages: what the workspace took is written down.
            let Some((slice, result)) = running.next().await else {
                break;
            };
            match result {
                Ok(()) => {
                    taken.remove(&slice);
                }
                // It stays taken: one bad slice must not keep this run from the older ones.
                Err(halt) => {
                    failed += 1;
                    first_error.get_or_insert(halt);
                }
            }
        }
        match first_error {
            Some(halt) => Err(halt),
            None if work.cancel.is_cancelled() => Err(Halt::Interrupted),
            // What was set aside in this run for the workspace's fault may pass now.
            None => self.retry_quarantined(work).await,
        }
    }

    /// The newest slice that is not through and that nobody reads.
    async fn next_slice(&self, stream: StreamKey, busy: &HashSet<SliceId>) -> Result<Option<Slice>, Trouble> {
        let slices = self
            .store
            .call(move |db| db.slices(stream))
            .await
            .map_err(|error| store_trouble(&error))?;
        let next = slices
            .into_iter()
            .find(|stored| stored.slice.to.is_some() && !stored.complete && !busy.contains(&stored.slice.id));
        Ok(next.map(|stored| stored.slice))
    }

    async fn read_slice(&self, work: &Work<'_>, slice: Slice) -> (SliceId, Result<(), Halt>) {
        let id = slice.id;
        let result = match self.read_to_end(work, &slice).await {
            Err(Halt::TooSlow(trouble)) => self.halve(&slice, trouble).await,
            other => other,
        };
        (id, result)
    }

    async fn read_to_end(&self, work: &Work<'_>, slice: &Slice) -> Result<(), Halt> {
        let delivery = Delivery {
            generation: slice.generation,
            // A slice that is read again is of no generation, but what comes through it comes after every wish before this run.
            fulfils: slice.generation.max(work.delivery.fulfils),
            ..work.delivery.clone()
        };
        let work = Work {
            source_now: work.source_now,
            delivery,
            tally: work.tally,
            cancel: work.cancel,
        };
        // The window moves on while a long backfill runs: what has left it is not asked for.
        let from = slice.from.max(work.delivery.window_start);
        self.pull(&work, slice, from).await.map(|_| ())
    }

    /// Cuts a slice in two that is too slow for the server; what was read of it stays read.
    async fn halve(&self, slice: &Slice, trouble: Trouble) -> Result<(), Halt> {
        let id = slice.id;
        let halved = self
            .store
            .call(move |db| {
                let Some(rest) = db.unread(id)? else { return Ok(false) };
                match window::middle(rest) {
                    Some(middle) => db.halve_slice(id, middle),
                    None => Ok(false),
                }
            })
            .await
            .map_err(|error| store_trouble(&error))?;
        if !halved {
            return Err(Halt::Trouble(trouble));
        }
        tracing::warn!(stream = %self.id, "{trouble}; reading half of the slice at a time");
        Ok(())
    }

    /// Fetches and delivers by id what `quarantine retry` or a recovered workspace asks for.
    pub(super) async fn retry_quarantined(&self, work: &Work<'_>) -> Result<(), Halt> {
        let stream = work.delivery.stream;
        let ids = self
            .store
            .call(move |db| db.take_retries(stream))
            .await
            .map_err(|error| store_trouble(&error))?;
        for ids in ids.chunks(IDS_AT_ONCE) {
            let mut question = self.settled.ask();
            let by_id = self.fetch_by_ids(work, std::iter::once(ids)).await?;
            question.answered();
            let hidden = by_id.perhaps_hidden(ids);
            let reading = Reading {
                question: &question,
                truths: None,
            };
            work.count_delivered(self.deliver(&work.delivery, by_id.found, reading).await)?;
            self.ask_again(work, question.take_doubts()).await?;
            let (tried, unserved) = (ids.to_vec(), by_id.unserved);
            self.persist(move |db| {
                unserved
                    .iter()
                    .try_for_each(|(id, why)| db.set_aside_again(stream, id, why))?;
                hidden.iter().try_for_each(|id| db.retried_in_vain(stream, id))?;
                db.retried(stream, &tried)
            })
            .await?;
        }
        Ok(())
    }
}
