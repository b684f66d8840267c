//! Steps two to five for one slice: the next page is fetched while this one is delivered.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::deliver::{Delivery, Reading};
use super::settled::Question;
use super::stream::Stream;
use super::unseen::Unseen;
use crate::model::{Generation, Position, Slice, SliceId, Trouble, Verdict};
use crate::sink::Sink;
use crate::source::{Page, Source, SourceError};
use crate::store::Tally;

/// Before a server that was too slow is asked for less.
pub(super) const BREATH: Duration = Duration::from_millis(500);

/// Why a slice was not read to its end.
#[derive(Debug)]
pub(super) enum Halt {
    /// No page is small enough for the server: halve the slice.
    TooSlow(Trouble),
    /// Told to stop between two pages.
    Interrupted,
    /// Anything else.
    Trouble(Trouble),
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// What one worker of one run shares with its slices.
#[derive(Debug)]
pub(super) struct Work<'a> {
    pub delivery: Delivery,
    /// The source's time when the run began, if it is known.
    pub source_now: Option<DateTime<Utc>>,
    pub tally: &'a Mutex<Tally>,
    pub cancel: &'a CancellationToken,
}

impl Work<'_> {
    pub fn count(&self, more: Tally) {
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) += more;
    }

    /// Counts what was delivered, also of a delivery that failed.
    pub fn count_delivered(&self, delivered: Result<Tally, (Tally, Trouble)>) -> Result<(), Halt> {
        let (tally, trouble) = match delivered {
            Ok(tally) => (tally, None),
            Err((tally, trouble)) => (tally, Some(trouble)),
        };
        self.count(tally);
        let Some(trouble) = trouble else { return Ok(()) };
        // Told to stop, the workspace is not waited for: that is no failure.
        match trouble.verdict {
            Verdict::Retry { .. } if self.cancel.is_cancelled() => Err(Halt::Interrupted),
            Verdict::Retry { .. } | Verdict::SetAside | Verdict::Stop => Err(Halt::Trouble(trouble)),
        }
    }
}

/// Where a slice stands while it is read.
struct Place {
    slice: SliceId,
    generation: Generation,
    head: bool,
    committed: Option<Position>,
    /// What stands in for the source's clock where its answers do not tell it.
    fallback: Option<DateTime<Utc>>,
    /// The head's end, fixed at the first answer by the source's clock.
    instant: Option<DateTime<Utc>>,
}

impl Place {
    /// Fixes the head's end.
    fn see(&mut self, page: &Page) {
        if self.head && self.instant.is_none() {
            self.instant = page.server_time.or(self.fallback);
        }
    }

    /// Whether the slice is read to its end with this page.
    fn ends(&self, page: &Page) -> bool {
        page.end || self.instant.is_some_and(|instant| page.at.time > instant)
    }

    /// The position after a page, and whether the slice is complete; `None` if nothing moves.
    fn after(&self, at: Position, end: bool) -> Option<(Position, bool)> {
        if !self.head {
            return Some((at, end));
        }
        // Without any clock of the source no position is made: the next run reads the same again.
        let instant = self.instant?;
        let after = if end { Position::before(instant) } else { at };
        let forward = self
            .committed
            .as_ref()
            .is_none_or(|committed| after.time > committed.time);
        forward.then_some((after, false))
    }
}

/// A page that is not delivered yet.
pub(super) struct Fetched<'a> {
    pub page: Page,
    memory: Option<OwnedSemaphorePermit>,
    question: Question<'a>,
}

impl<S: Source, K: Sink> Stream<S, K> {
    /// Reads `slice` page by page, from `from` if it has no position or is the head, and commits each page. `false`: the
    /// slice made room for another generation on the way.
    pub(super) async fn pull(&self, work: &Work<'_>, slice: &Slice, from: DateTime<Utc>) -> Result<bool, Halt> {
        let mut place = Place {
            slice: slice.id,
            generation: slice.generation,
            head: slice.to.is_none(),
            committed: slice.position.clone(),
            fallback: work.source_now,
            instant: None,
        };
        let mut cursor = Slice { from, ..slice.clone() };
        // The head begins behind its position; and nothing is asked for that has left the window.
        if place.head || cursor.at().time < from {
            cursor.position = None;
        }
        let mut unseen = Unseen::default();
        let mut fetched = self.fetch(work, &cursor).await?;
        loop {
            place.see(&fetched.page);
            let hidden = unseen.see(&fetched.page);
            self.note(
                work,
                Tally {
                    hidden,
                    ..Tally::default()
                },
            );
            let at = fetched.page.at.clone();
            let end = place.ends(&fetched.page);
            cursor.position = Some(at.clone());
            let deliver = self.deliver_fetched(work, fetched);
            let next = if end || work.cancel.is_cancelled() {
                deliver.await?;
                None
            } else {
                // The claims and the ledger order what two pages say of one record, so fetching ahead is safe.
                let (delivered, next) = tokio::join!(deliver, self.fetch(work, &cursor));
                delivered?;
                Some(next)
            };
            if !self.commit(&mut place, at, end).await? {
                return Ok(false);
            }
            if end {
                return Ok(true);
            }
            match next {
                Some(next) if !work.cancel.is_cancelled() => fetched = next?,
                _ => return Err(Halt::Interrupted),
            }
        }
    }

    /// Step five: the page is behind us. `false` if the slice made room for a resync or was forgotten: what was
    /// delivered is in the ledger all the same.
    async fn commit(&self, place: &mut Place, at: Position, end: bool) -> Result<bool, Trouble> {
        let Some((after, complete)) = place.after(at, end) else {
            return Ok(true);
        };
        let (slice, generation) = (place.slice, place.generation);
        let (before, next) = (place.committed.clone(), after.clone());
        let moved = self
            .persist(move |db| db.commit_position(slice, generation, before.as_ref(), &next, complete))
            .await?;
        place.committed = Some(after);
        Ok(moved)
    }

    pub(super) async fn deliver_fetched(&self, work: &Work<'_>, fetched: Fetched<'_>) -> Result<(), Halt> {
        let Fetched { page, memory, question } = fetched;
        let reading = Reading {
            question: &question,
            truths: None,
        };
        let result = self.deliver(&work.delivery, page.records, reading).await;
        drop(memory);
        work.count_delivered(result)?;
        self.ask_again(work, question.take_doubts()).await
    }

    pub(super) async fn fetch(&self, work: &Work<'_>, slice: &Slice) -> Result<Fetched<'_>, Halt> {
        let mut question = self.settled.ask();
        let page = self.fetch_page(work, slice).await?;
        question.answered();
        if let Some(server_time) = page.server_time {
            self.source_clock.observe(server_time, (self.now)());
        }
        self.note(
            work,
            Tally {
                requests: page.requests.into(),
                ..Tally::default()
            },
        );
        let memory = self.budget.keep(page.bytes).await;
        Ok(Fetched { page, memory, question })
    }

    async fn fetch_page(&self, work: &Work<'_>, slice: &Slice) -> Result<Page, Halt> {
        let usual = self.page_size.rows();
        let mut slow = 0;
        loop {
            let rows = self.page_size.rows();
            // A wait for the server's wish may be long, and a page that is not delivered is no loss.
            let page = tokio::select! {
                biased;
                () = work.cancel.cancelled() => return Err(Halt::Interrupted),
                page = self.source.page(slice, rows) => page,
            };
            self.progress.moved();
            let trouble = match page {
                Ok(page) => {
                    self.page_size.passed();
                    return Ok(page);
                }
                Err(SourceError::Failed(trouble)) => return Err(Halt::Trouble(trouble)),
                Err(SourceError::TooSlow(trouble) | SourceError::TooBig(trouble)) => trouble,
            };
            slow += 1;
            if slow == 1
                && let Some(page) = self.sift_few(work, slice, &trouble, usual).await?
            {
                return Ok(page);
            }
            if !self.page_size.halve(rows) {
                return self.sift(work, slice, trouble, usual).await;
            }
            tracing::warn!(stream = %self.id, rows, next = self.page_size.rows(), "{trouble}; asking for smaller pages");
            // A server that runs out of time is overloaded: it gets a moment before it is asked again.
            tokio::time::sleep(BREATH).await;
        }
    }

    pub(super) fn note(&self, work: &Work<'_>, more: Tally) {
        work.count(more);
        self.progress.add(more);
    }
}
