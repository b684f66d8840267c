//! Passing a row that the server cannot serve.
//!
//! When not even the smallest page comes, the keys of the same place are asked for, which are light. If they come, it
//! is the rows: they are fetched by id, a few at a time, down to the one that never comes; that one is set aside with the
//! server's words, its neighbours are delivered, and reading goes on behind them. If the keys do not come either, it is
//! the range, which is halved, or the server itself, which is left in peace.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::page_size::SMALLEST;
use super::pull::{BREATH, Halt, Work};
use super::stream::{Stream, store_trouble};
use crate::model::{Mapped, RecordId, Slice, Trouble, Unmapped};
use crate::sink::Sink;
use crate::source::{Found, Page, Source, SourceError};
use crate::store::Tally;

/// Into so many parts a part is cut, and of so many rows are the first: where each failure may cost the server a minute,
/// fives are found in fewer of them than halves.
const FEW: usize = 5;

/// A single row is asked for so often before it is set aside.
const TRIES: u32 = 3;

/// So many single rows refused with none served in between: is it the server, or is it they?
const REFUSALS_BEFORE_STOP: usize = 5;

/// What was fetched by id.
#[derive(Debug, Default)]
pub(super) struct ById {
    pub found: Vec<Mapped>,
    /// Those that the server cannot serve, with its words.
    pub unserved: Vec<(RecordId, String)>,
    /// Rows that the service desk counted and did not show.
    pub hidden: u64,
}

impl ById {
    /// Of those that were asked for, those that did not come while the service desk counts more than it showed.
    pub(super) fn perhaps_hidden(&self, asked: &[RecordId]) -> Vec<RecordId> {
        if self.hidden == 0 {
            return Vec::new();
        }
        let came: HashSet<&RecordId> = self.found.iter().filter_map(Mapped::id).collect();
        asked.iter().filter(|id| !came.contains(id)).cloned().collect()
    }
}

/// A record by its light fields.
struct Key {
    id: RecordId,
    number: Box<str>,
    modified: DateTime<Utc>,
}

/// Rows that the server could not serve, as they were stamped then, with its words. The overlap meets them again at
/// each ring; they are not asked for until they change.
#[derive(Debug, Default)]
pub(super) struct Unserved(Mutex<HashMap<RecordId, (DateTime<Utc>, String)>>);

impl Unserved {
    /// More are forgotten and found out anew.
    const MOST: usize = 1_000;

    fn sort_out(&self, keys: &[Key]) -> (Vec<(RecordId, String)>, Vec<RecordId>) {
        let (mut known, mut others) = (Vec::new(), Vec::new());
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            match rows.get(&key.id) {
                Some((modified, words)) if *modified == key.modified => known.push((key.id.clone(), words.clone())),
                Some(_) | None => others.push(key.id.clone()),
            }
        }
        (known, others)
    }

    fn note(&self, aside: &Unmapped) {
        let (Some(id), Some(modified)) = (&aside.id, aside.modified) else {
            return;
        };
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() >= Self::MOST {
            rows.clear();
        }
        rows.insert(id.clone(), (modified, aside.reason.clone()));
    }

    fn forget(&self, ids: &[RecordId]) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().for_each(|id| drop(rows.remove(id)));
    }
}

impl<S: Source, K: Sink> Stream<S, K> {
    /// The rows behind `slice`'s position, one by one where need be; `slow` is why they did not come as a page, `usual`
    /// the size of page that came before.
    pub(super) async fn sift(&self, work: &Work<'_>, slice: &Slice, slow: Trouble, usual: u32) -> Result<Page, Halt> {
        match self.ask_keys(work, slice, SMALLEST).await? {
            Ok(page) => self.sift_keys(work, slice, page, usual).await,
            Err(SourceError::Failed(trouble)) => Err(Halt::Trouble(trouble)),
            Err(SourceError::TooSlow(_) | SourceError::TooBig(_)) => {
                self.answers_at_all(work, slice, &slow).await?;
                Err(Halt::TooSlow(slow))
            }
        }
    }

    /// The same, if so few rows are left that smaller pages change nothing. Fails if the server answers nothing at all.
    pub(super) async fn sift_few(
        &self,
        work: &Work<'_>,
        slice: &Slice,
        slow: &Trouble,
        usual: u32,
    ) -> Result<Option<Page>, Halt> {
        match self.ask_keys(work, slice, SMALLEST).await? {
            Ok(page) if page.end => self.sift_keys(work, slice, page, usual).await.map(Some),
            Ok(page) => {
                self.count_requests(work, page.requests.into());
                Ok(None)
            }
            Err(SourceError::Failed(trouble)) => Err(Halt::Trouble(trouble)),
            Err(SourceError::TooSlow(_) | SourceError::TooBig(_)) => {
                self.answers_at_all(work, slice, slow).await.map(|()| None)
            }
        }
    }

    async fn sift_keys(&self, work: &Work<'_>, slice: &Slice, mut page: Page, usual: u32) -> Result<Page, Halt> {
        let start = slice.at().time;
        let (mut records, mut requests, mut poison) = (Vec::new(), 0, None);
        loop {
            requests += page.requests;
            let (keys, nameless) = keys_of(std::mem::take(&mut page.records));
            let (known, ids) = self.unserved.sort_out(&keys);
            // All of them together are what did not come.
            let by_id = self.fetch_by_ids(work, ids.chunks(FEW)).await?;
            records.extend(nameless);
            records.extend(by_id.found);
            for (id, words) in known.into_iter().chain(by_id.unserved) {
                let aside = set_aside(&keys, id, words);
                self.unserved.note(&aside);
                poison = poison.max(aside.modified);
                records.push(Mapped::SetAside(aside));
            }
            // Where reading would begin again at the second's start, that second has to be left behind whole.
            let passed = page.at.time > start && poison.is_none_or(|poison| page.at.time > poison);
            if page.end || passed || self.source.shares_positions() {
                if poison.is_some() {
                    // One row was at fault, not the size of the pages.
                    self.page_size.restore(usual);
                }
                return Ok(Page {
                    records,
                    requests,
                    matching: None,
                    ..page
                });
            }
            let behind = Slice {
                position: Some(page.at),
                ..slice.clone()
            };
            let next = self.ask_keys(work, &behind, SMALLEST).await?;
            page = next.map_err(|error| Halt::Trouble(error.trouble().clone()))?;
        }
    }

    /// The records of these ids, asked for in these parts; in smaller ones where the server cannot serve them together.
    pub(super) async fn fetch_by_ids<'i>(
        &self,
        work: &Work<'_>,
        parts: impl DoubleEndedIterator<Item = &'i [RecordId]>,
    ) -> Result<ById, Halt> {
        let mut by_id = ById::default();
        let mut parts: Vec<&[RecordId]> = parts.rev().collect();
        let (mut tries, mut refused) = (0, 0);
        while let Some(part) = parts.pop() {
            match self.ask_by_ids(work, part).await? {
                Ok(found) => {
                    (tries, refused) = (0, 0);
                    self.unserved.forget(part);
                    by_id.hidden += found.hidden();
                    by_id.found.extend(found.records);
                    continue;
                }
                Err(SourceError::Failed(trouble)) => return Err(Halt::Trouble(trouble)),
                Err(SourceError::TooSlow(trouble) | SourceError::TooBig(trouble)) => {
                    tries += 1;
                    match part {
                        [_] if tries < TRIES => parts.push(part),
                        [one] => {
                            (tries, refused) = (0, refused + 1);
                            by_id.unserved.push((one.clone(), words(&trouble)));
                        }
                        _ => {
                            tries = 0;
                            parts.extend(part.chunks(part.len().div_ceil(FEW)).rev());
                        }
                    }
                    if refused >= REFUSALS_BEFORE_STOP {
                        if !self.serves_others(work, &by_id.unserved).await? {
                            return Err(Halt::Trouble(trouble));
                        }
                        refused = 0;
                    }
                }
            }
            tokio::time::sleep(BREATH).await;
        }
        Ok(by_id)
    }

    /// Whether the server still gives rows that it gave before, in full: then those that it does not give are at fault.
    async fn serves_others(&self, work: &Work<'_>, unserved: &[(RecordId, String)]) -> Result<bool, Halt> {
        let (stream, most) = (work.delivery.stream, unserved.len() + FEW);
        let newest = self.store.call(move |db| db.newest_in_ledger(stream, most)).await;
        let newest = newest.map_err(|error| Halt::Trouble(store_trouble(&error)))?;
        let others = newest.iter().filter(|id| unserved.iter().all(|(bad, _)| bad != *id));
        for other in others.take(FEW) {
            match self.ask_by_ids(work, std::slice::from_ref(other)).await? {
                Ok(found) if !found.records.is_empty() => return Ok(true),
                // It is gone, which says nothing of the server.
                Ok(_) => {}
                Err(SourceError::Failed(trouble)) => return Err(Halt::Trouble(trouble)),
                Err(SourceError::TooSlow(_) | SourceError::TooBig(_)) => {}
            }
            tokio::time::sleep(BREATH).await;
        }
        Ok(false)
    }

    /// Fails with `slow` if the server does not even give a key of the next second: then it is not what is asked for.
    async fn answers_at_all(&self, work: &Work<'_>, slice: &Slice, slow: &Trouble) -> Result<(), Halt> {
        let next_second = slice.at().time + TimeDelta::seconds(1);
        let second = Slice {
            to: Some(slice.to.map_or(next_second, |to| to.min(next_second))),
            ..slice.clone()
        };
        match self.ask_keys(work, &second, 1).await? {
            Ok(page) => {
                self.count_requests(work, page.requests.into());
                Ok(())
            }
            Err(_) => Err(Halt::Trouble(slow.clone())),
        }
    }

    pub(super) async fn ask_keys(
        &self,
        work: &Work<'_>,
        slice: &Slice,
        rows: u32,
    ) -> Result<Result<Page, SourceError>, Halt> {
        tokio::select! {
            biased;
            () = work.cancel.cancelled() => Err(Halt::Interrupted),
            page = self.keys.page(slice, rows) => {
                self.progress.moved();
                Ok(page)
            }
        }
    }

    async fn ask_by_ids(&self, work: &Work<'_>, ids: &[RecordId]) -> Result<Result<Found, SourceError>, Halt> {
        let records = tokio::select! {
            biased;
            () = work.cancel.cancelled() => return Err(Halt::Interrupted),
            records = self.source.by_ids(ids) => records,
        };
        // What failed is counted by the source.
        self.count_requests(work, u64::from(records.is_ok()));
        Ok(records)
    }

    pub(super) fn count_requests(&self, work: &Work<'_>, requests: u64) {
        self.note(
            work,
            Tally {
                requests,
                ..Tally::default()
            },
        );
    }
}

/// Records by their keys, and rows that lack one and so cannot be asked for again.
fn keys_of(rows: Vec<Mapped>) -> (Vec<Key>, Vec<Mapped>) {
    let (mut keys, mut nameless) = (Vec::new(), Vec::new());
    for row in rows {
        match row {
            Mapped::Record(record) => keys.push(Key {
                id: record.id,
                number: record.number,
                modified: record.modified,
            }),
            Mapped::SetAside(_) => nameless.push(row),
        }
    }
    (keys, nameless)
}

fn set_aside(keys: &[Key], id: RecordId, reason: String) -> Unmapped {
    let key = keys.iter().find(|key| key.id == id);
    Unmapped {
        number: key.map(|key| key.number.clone()),
        modified: key.map(|key| key.modified),
        id: Some(id),
        reason,
    }
}

/// Why a record is set aside: the server's words.
fn words(trouble: &Trouble) -> String {
    format!("the service desk cannot serve it: {}; {}", trouble.seen, trouble.means)
}
