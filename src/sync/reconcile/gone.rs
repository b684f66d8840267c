//! The end of a sweep: what it did not meet is asked for by id, and what does not come even then is gone.
//!
//! A lost role looks like a great many deletions. More than the limit at once are a person's decision: then none is
//! marked, the stream says why, and goes on reading all the same. Below the limit, a record that the service desk counts
//! and does not show is hidden, not gone: it is never marked, unless a person takes it for gone.

use super::super::codes;
use super::super::pull::{Halt, Work};
use super::super::run::error_json;
use super::super::settled::Question;
use super::super::stream::{Stream, store_trouble};
use super::truth::{Asked, IDS_AT_ONCE, Truths, is_compared};
use super::{End, Sweeping};
use crate::model::{RecordId, Trouble, Verdict};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{LedgerRow, Missing, StreamKey, Sweep};

/// Numbers that are named as examples.
const EXAMPLES: usize = 5;

/// Beyond so many, half of a stream at once was never deleted one by one.
const FEW: u64 = 5;

/// A record that did not come, and its row in the ledger.
pub(super) type Absent = (RecordId, LedgerRow);

/// How much may be gone.
#[derive(Debug, Clone, Copy)]
struct Limit {
    records: u64,
    most: u64,
}

impl Limit {
    fn allows(self, absent: u64) -> bool {
        absent <= self.most && (absent <= FEW || absent * 2 < self.records)
    }

    /// Why it does not.
    fn exceeded(self, absent: u64) -> String {
        match absent > self.most {
            true => format!("more than the {} that one sweep may mark as deleted", self.most),
            false => "half of all there are, or more".to_owned(),
        }
    }
}

/// What an answer by ids did not show.
struct Unshown<'q> {
    absent: Vec<Absent>,
    /// So many of them the service desk counts all the same.
    hidden: u64,
    question: Question<'q>,
}

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn bury(&self, work: &Work<'_>, sweeping: &Sweeping) -> Result<End, Halt> {
        let stream = work.delivery.stream;
        if !self.settings.deletions {
            self.clear_quarantine(work).await?;
            return self.end_through(stream, sweeping.sweep, 0).await;
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
        let mut absent: Vec<Absent> = Vec::new();
        let mut after = None;
        while let Some(chunk) = self.still_missing(work, &mut after).await? {
            let unshown = self.confirm(work, chunk).await?;
            if accepted {
                self.mark(work, unshown.absent, &unshown.question).await?;
                continue;
            }
            absent.extend(unshown.absent);
            if !limit.allows(absent.len() as u64) {
                let trouble = self.too_many(&absent, limit, missing, sweeping.hidden);
                return self.end_blocked(stream, sweeping.sweep, trouble).await;
            }
        }
        let hidden = self.mark_gone(work, absent).await?;
        self.tell_hidden(hidden);
        self.clear_quarantine(work).await?;
        self.end_through(stream, sweeping.sweep, hidden).await
    }

    /// Marks those that are not even counted; says how many are hidden. Asked once more, so that between the answer and the
    /// mark there is no more than a moment, and by halves until each part is gone or hidden as a whole.
    async fn mark_gone(&self, work: &Work<'_>, absent: Vec<Absent>) -> Result<u64, Halt> {
        let mut parts: Vec<Vec<Absent>> = absent.chunks(IDS_AT_ONCE).map(<[Absent]>::to_vec).collect();
        let mut hidden = 0;
        while let Some(part) = parts.pop() {
            let mut unshown = self.confirm(work, part).await?;
            let left = unshown.absent.len();
            if unshown.hidden == 0 {
                self.mark(work, unshown.absent, &unshown.question).await?;
            } else if unshown.hidden >= left as u64 {
                hidden += left as u64;
            } else {
                let other = unshown.absent.split_off(left / 2);
                parts.extend([other, unshown.absent]);
            }
        }
        Ok(hidden)
    }

    fn tell_hidden(&self, hidden: u64) {
        let told = format!("{hidden} records that were delivered do not come any more, not even by their ids");
        if hidden > 0 && self.told.is_new(&told) {
            tracing::warn!(
                stream = %self.id,
                "{told}, but the service desk counts them: access rules hide them from the user, and they are not marked as \
                 deleted"
            );
        }
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
    async fn confirm(&self, work: &Work<'_>, mut left: Vec<Absent>) -> Result<Unshown<'_>, Halt> {
        loop {
            let mut question = self.settled.ask();
            let mut truths = Truths::default();
            for (id, row) in &left {
                truths.insert(id.clone(), Some(row.clone()), Some(row.modified));
            }
            let ids: Vec<RecordId> = left.iter().map(|(id, _)| id.clone()).collect();
            let asked = match ids.is_empty() {
                true => Asked::default(),
                false => self.ask_truth(work, &ids, &truths, &mut question).await?,
            };
            self.ask_again(work, question.take_doubts()).await?;
            if asked.nameless {
                // Nobody can tell which of them is there: none is gone.
                left.clear();
            }
            left.retain(|(id, _)| !asked.came.contains(id));
            if asked.came.is_empty() || left.is_empty() {
                return Ok(Unshown {
                    absent: left,
                    hidden: asked.hidden,
                    question,
                });
            }
        }
    }

    async fn end_through(&self, stream: StreamKey, sweep: Sweep, hidden: u64) -> Result<End, Halt> {
        let now = (self.now)();
        let ended = self.persist(move |db| {
            let ended = db.end_sweep(stream, sweep, now, None)?;
            if ended {
                db.set_unshown(stream, hidden)?;
            }
            Ok(ended)
        });
        let ended = ended.await?;
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

    fn too_many(&self, absent: &[Absent], limit: Limit, missing: u64, hidden: u64) -> Trouble {
        let numbers = absent.iter().take(EXAMPLES);
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
                absent.len(),
                numbers.join(", "),
            ),
            means: format!(
                "that is {}, so none was marked: rather a role, an access rule or the filter has changed",
                limit.exceeded(absent.len() as u64)
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
