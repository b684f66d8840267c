//! The end of a sweep: what it did not meet is asked for by id, and what does not come even then is gone.
//!
//! A lost role looks like a great many deletions. More than the limit at once are a person's decision: then none is
//! marked, the stream says why, and goes on reading all the same.

use super::super::codes;
use super::super::pull::{Halt, Work};
use super::super::run::error_json;
use super::super::settled::Question;
use super::super::stream::{Stream, store_trouble};
use super::truth::{IDS_AT_ONCE, Truths, is_compared};
use super::{End, Sweeping};
use crate::model::{RecordId, Trouble, Verdict};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{LedgerRow, Missing, StreamKey, Sweep};

/// Numbers that are named as examples.
const EXAMPLES: usize = 5;

/// With at least so many records in the workspace, all of them at once were never deleted one by one.
const NEVER_ALL_OF: u64 = 10;

/// A record that did not come, and its row in the ledger.
pub(super) type Absent = (RecordId, LedgerRow);

/// How much may be gone.
#[derive(Debug, Clone, Copy)]
struct Limit {
    records: u64,
    most: u64,
}

impl Limit {
    fn allows(self, gone: u64) -> bool {
        gone <= self.most && (gone < self.records || self.records < NEVER_ALL_OF)
    }
}

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn bury(&self, work: &Work<'_>, sweeping: &Sweeping) -> Result<End, Halt> {
        let stream = work.delivery.stream;
        if !self.settings.deletions {
            return self.end_through(stream, sweeping.sweep).await;
        }
        let counts = self
            .store
            .call(move |db| Ok((db.ledger_records(stream)?, db.count_missing(stream)?)));
        let (records, missing) = counts.await.map_err(|error| Halt::Trouble(store_trouble(&error)))?;
        let limit = Limit {
            records,
            most: self.settings.max_deletions.max(records / 100),
        };
        let accepted = sweeping.sweep == Sweep::WholeAccepted;
        let mut gone: Vec<Absent> = Vec::new();
        let mut after = None;
        loop {
            let chunk = self.still_missing(work, &mut after).await?;
            let Some(chunk) = chunk else { break };
            let (absent, question) = self.confirm(work, chunk).await?;
            if accepted {
                self.mark(work, absent, &question).await?;
                continue;
            }
            gone.extend(absent);
            if !limit.allows(gone.len() as u64) {
                let trouble = self.too_many(&gone, limit, missing, sweeping.hidden);
                return self.end_blocked(stream, sweeping.sweep, trouble).await;
            }
        }
        // Asked once more, so that between the answer and the mark there is no more than a moment.
        for chunk in gone.chunks(IDS_AT_ONCE) {
            let (absent, question) = self.confirm(work, chunk.to_vec()).await?;
            self.mark(work, absent, &question).await?;
        }
        self.end_through(stream, sweeping.sweep).await
    }

    /// The next of the missing whose rows are still those that were compared; `None` behind the last.
    async fn still_missing(&self, work: &Work<'_>, after: &mut Option<RecordId>) -> Result<Option<Vec<Absent>>, Halt> {
        let (stream, window_start) = (work.delivery.stream, work.delivery.window_start);
        let behind = after.clone();
        let read = self.store.call(move |db| {
            let missing = db.missing(stream, behind.as_ref(), IDS_AT_ONCE as u32)?;
            let ids: Vec<RecordId> = missing.iter().map(|row| row.id.clone()).collect();
            let known = db.delivered(stream, &ids)?;
            Ok((ids.last().cloned(), pair(missing, known)))
        });
        let (last, pairs) = read.await.map_err(|error| Halt::Trouble(store_trouble(&error)))?;
        if last.is_none() {
            return Ok(None);
        }
        *after = last;
        Ok(Some(
            pairs
                .into_iter()
                .filter(|(_, row)| row.modified >= window_start)
                .collect(),
        ))
    }

    /// Asks for them by id until an answer shows none of what is left: a server that shows only a part of what it has is
    /// not taken at its word. What comes is delivered as the truth.
    async fn confirm(&self, work: &Work<'_>, mut left: Vec<Absent>) -> Result<(Vec<Absent>, Question<'_>), Halt> {
        loop {
            let mut question = self.settled.ask();
            if left.is_empty() {
                return Ok((left, question));
            }
            let mut truths = Truths::default();
            for (id, row) in &left {
                truths.insert(id.clone(), Some(row.clone()), Some(row.modified));
            }
            let ids: Vec<RecordId> = left.iter().map(|(id, _)| id.clone()).collect();
            let asked = self.ask_truth(work, &ids, &truths, &mut question).await?;
            self.ask_again(work, question.take_doubts()).await?;
            if asked.nameless {
                // Nobody can tell which of them is there: none is gone.
                left.clear();
                return Ok((left, question));
            }
            left.retain(|(id, _)| !asked.came.contains(id));
            if asked.came.is_empty() {
                return Ok((left, question));
            }
        }
    }

    async fn end_through(&self, stream: StreamKey, sweep: Sweep) -> Result<End, Halt> {
        let now = (self.now)();
        let ended = self.persist(move |db| db.end_sweep(stream, sweep, now, None)).await?;
        Ok(if ended { End::Through } else { End::Replaced })
    }

    async fn end_blocked(&self, stream: StreamKey, sweep: Sweep, trouble: Trouble) -> Result<End, Halt> {
        let (now, error) = ((self.now)(), error_json(&trouble));
        let ended = self
            .persist(move |db| db.end_sweep(stream, sweep, now, Some(&error)))
            .await?;
        match ended {
            true => Err(Halt::Trouble(trouble)),
            false => Ok(End::Replaced),
        }
    }

    fn too_many(&self, gone: &[Absent], limit: Limit, missing: u64, hidden: u64) -> Trouble {
        let numbers = gone.iter().take(EXAMPLES);
        let numbers: Vec<&str> = numbers
            .map(|(id, row)| match row.number.as_str() {
                "" => id.as_str(),
                number => number,
            })
            .collect();
        let hidden = match hidden {
            0 => String::new(),
            rows => format!("; it counted {rows} rows that it did not show this user"),
        };
        Trouble {
            code: codes::TOO_MANY_GONE.id,
            verdict: Verdict::Stop,
            seen: format!(
                "{}: of {} records in the workspace the service desk did not show {missing}, and at least {} of these do \
                 not come by their ids either, e.g. {}{hidden}",
                self.id,
                limit.records,
                gone.len(),
                numbers.join(", "),
            ),
            means: format!(
                "that is more than the {} that one sweep may mark as deleted, or all there are, so none was marked: \
                 rather a role, an access rule or the filter has changed",
                limit.most
            ),
            remedy: format!(
                "give the user its roles back, and the next reconcile ends this; or, if they are really gone, \
                 `itsmd sync --reconcile --accept-deletions --connection {}`",
                self.id.connection
            ),
        }
    }
}

/// The missing and their rows, of those whose rows are the compared ones.
fn pair(missing: Vec<Missing>, known: Vec<Option<LedgerRow>>) -> Vec<Absent> {
    let pairs = missing.into_iter().zip(known);
    let same = pairs.filter_map(|(missing, known)| {
        let known = known?;
        let same = known.version == missing.version && known.modified == missing.modified && !known.deleted;
        same.then_some((missing.id, known))
    });
    same.collect()
}

/// Those whose rows are still the ones that were compared.
pub(super) fn unchanged(absent: Vec<Absent>, known: Vec<Option<LedgerRow>>) -> Vec<Absent> {
    let pairs = absent.into_iter().zip(known);
    let same = pairs.filter(|((_, compared), known)| known.as_ref().is_some_and(|known| is_compared(compared, known)));
    same.map(|(absent, _)| absent).collect()
}
