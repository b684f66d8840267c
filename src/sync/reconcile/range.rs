//! One range of a sweep: read, compared, mended; what it did not meet is handed back.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, Utc};

use super::super::pull::{BREATH, Halt, Work};
use super::super::stream::{Stream, store_trouble};
use super::super::unseen::Unseen;
use super::Sweeping;
use super::compare::{Finding, Key, compare};
use super::truth::Truths;
use crate::model::window::Range;
use crate::model::{Generation, Mapped, RecordId, Slice, SliceId};
use crate::sink::Sink;
use crate::source::{Page, Source, SourceError};
use crate::store::{LedgerRow, Missing, StreamKey, Tally};

/// The ledger's rows of a range that were not met yet.
type Unmet = HashMap<RecordId, LedgerRow>;

/// What a range showed.
struct Read {
    unmet: Unmet,
    /// Rows that the service desk counted and did not show.
    hidden: u64,
}

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn read_range(
        &self,
        work: &Work<'_>,
        sweeping: &mut Sweeping,
        range: Range,
    ) -> Result<Vec<Missing>, Halt> {
        let light = match sweeping.scope.is_full(range.from) {
            true => None,
            false => self.read_keys(work, sweeping.scope.top, range).await?,
        };
        let Read { unmet, hidden } = match light {
            Some(read) => read,
            None => self.read_in_full(work, sweeping.scope.top, range).await?,
        };
        sweeping.hidden += hidden;
        self.note(
            work,
            Tally {
                hidden,
                ..Tally::default()
            },
        );
        if !self.settings.deletions {
            return Ok(Vec::new());
        }
        let missing = unmet.into_iter().filter(|(_, row)| !row.deleted);
        let missing = missing.map(|(id, row)| Missing {
            id,
            version: row.version,
            modified: row.modified,
        });
        Ok(missing.collect())
    }

    /// Reads keys alone; `None` if so much differs that the range is better read in full.
    async fn read_keys(&self, work: &Work<'_>, top: DateTime<Utc>, range: Range) -> Result<Option<Read>, Halt> {
        let stream = work.delivery.stream;
        let mut unmet = self.ledger_of(stream, range).await?;
        let (known, mut seen, mut truths) = (unmet.len(), 0, Truths::default());
        let (mut unseen, mut hidden) = (Unseen::default(), 0);
        let mut cursor = cursor(range);
        loop {
            let page = self.fetch_keys(work, &cursor).await?;
            hidden += unseen.see(&page);
            seen += page.records.len();
            for (key, row, _) in self.differing(work, top, &page.records, &mut unmet).await? {
                truths.insert(key.id, row, Some(key.modified));
            }
            if truths.len() > (known.max(seen) / 10).max(self.settings.page_size as usize) {
                return Ok(None);
            }
            if page.end {
                break;
            }
            cursor.position = Some(page.at);
        }
        self.ask_truths(work, &truths).await?;
        Ok(Some(Read { unmet, hidden }))
    }

    /// The next page of keys, as large as the server bears.
    async fn fetch_keys(&self, work: &Work<'_>, slice: &Slice) -> Result<Page, Halt> {
        loop {
            let rows = self.key_page_size.rows();
            let trouble = match self.ask_keys(work, slice, rows).await? {
                Ok(page) => {
                    self.key_page_size.passed();
                    self.count_requests(work, page.requests.into());
                    return Ok(page);
                }
                Err(SourceError::Failed(trouble)) => return Err(Halt::Trouble(trouble)),
                Err(SourceError::TooSlow(trouble) | SourceError::TooBig(trouble)) => trouble,
            };
            if !self.key_page_size.halve(rows) {
                return Err(Halt::TooSlow(trouble));
            }
            tracing::warn!(stream = %self.id, rows, next = self.key_page_size.rows(), "{trouble}; asking for smaller pages of keys");
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Reads whole rows, and delivers them by the ordinary way; only what that would drop as overtaken is asked for by id.
    async fn read_in_full(&self, work: &Work<'_>, top: DateTime<Utc>, range: Range) -> Result<Read, Halt> {
        let stream = work.delivery.stream;
        let mut unmet = self.ledger_of(stream, range).await?;
        let (mut unseen, mut hidden, mut truths) = (Unseen::default(), 0, Truths::default());
        let mut cursor = cursor(range);
        let mut fetched = self.fetch(work, &cursor).await?;
        loop {
            hidden += unseen.see(&fetched.page);
            for (key, row, finding) in self.differing(work, top, &fetched.page.records, &mut unmet).await? {
                if finding == Finding::Older {
                    truths.insert(key.id, row, Some(key.modified));
                }
            }
            let end = fetched.page.end;
            cursor.position = Some(fetched.page.at.clone());
            let deliver = self.deliver_fetched(work, fetched);
            if end {
                deliver.await?;
                break;
            }
            let (delivered, next) = tokio::join!(deliver, self.fetch(work, &cursor));
            delivered?;
            fetched = next?;
        }
        self.ask_truths(work, &truths).await?;
        Ok(Read { unmet, hidden })
    }

    /// The records of a page that are not as the ledger has them, each with its row there; takes all of them out of `unmet`.
    async fn differing(
        &self,
        work: &Work<'_>,
        top: DateTime<Utc>,
        page: &[Mapped],
        unmet: &mut Unmet,
    ) -> Result<Vec<(Key, Option<LedgerRow>, Finding)>, Halt> {
        let (stream, head) = (work.delivery.stream, self.heads(work, top));
        let (mut differing, mut elsewhere) = (Vec::new(), Vec::new());
        for mapped in page {
            let Some(key) = Key::of(mapped) else {
                // A row that has an id is there, whatever else it lacks.
                if let Mapped::SetAside(aside) = mapped {
                    aside.id.as_ref().and_then(|id| unmet.remove(id));
                }
                continue;
            };
            match unmet.remove(&key.id) {
                Some(known) => judge(key, Some(known), &head, &mut differing),
                None => elsewhere.push(key),
            }
        }
        if !elsewhere.is_empty() {
            let known = self
                .known(stream, elsewhere.iter().map(|key| key.id.clone()).collect())
                .await?;
            for (key, known) in elsewhere.into_iter().zip(known) {
                judge(key, known, &head, &mut differing);
            }
        }
        self.less_what_is_set_aside(stream, differing).await
    }

    /// Stamps that the head reads at this moment: up to the source's clock, if that is known.
    fn heads(&self, work: &Work<'_>, top: DateTime<Utc>) -> RangeInclusive<DateTime<Utc>> {
        let now = self.source_time(work);
        top..=now.map_or(DateTime::<Utc>::MAX_UTC, |now| now + self.settings.overlap)
    }

    /// What waits in the quarantine with that very stamp is tried when it changes or on request.
    async fn less_what_is_set_aside(
        &self,
        stream: StreamKey,
        differing: Vec<(Key, Option<LedgerRow>, Finding)>,
    ) -> Result<Vec<(Key, Option<LedgerRow>, Finding)>, Halt> {
        if differing.is_empty() {
            return Ok(differing);
        }
        let ids: Vec<RecordId> = differing.iter().map(|(key, ..)| key.id.clone()).collect();
        let stamps = self.store.call(move |db| db.set_aside_stamps(stream, &ids)).await;
        let stamps = stamps.map_err(|error| Halt::Trouble(store_trouble(&error)))?;
        let differing = differing.into_iter().zip(stamps);
        let differing = differing.filter(|((key, ..), stamp)| *stamp != Some(key.modified));
        Ok(differing.map(|(differing, _)| differing).collect())
    }

    /// Read before the pages: what the head brings meanwhile is not looked for, and what it takes out of the range is
    /// recognised at the sweep's end.
    async fn ledger_of(&self, stream: StreamKey, range: Range) -> Result<Unmet, Halt> {
        let rows = self.store.call(move |db| db.ledger_in(stream, range)).await;
        let rows = rows.map_err(|error| Halt::Trouble(store_trouble(&error)))?;
        Ok(rows.into_iter().collect())
    }
}

fn judge(
    key: Key,
    known: Option<LedgerRow>,
    head: &RangeInclusive<DateTime<Utc>>,
    differing: &mut Vec<(Key, Option<LedgerRow>, Finding)>,
) {
    match compare(&key, known.as_ref(), head) {
        Finding::Same | Finding::HeadWasFaster => {}
        finding @ (Finding::Older | Finding::Differs) => differing.push((key, known, finding)),
    }
}

/// A range as sources read it; it is in no store.
fn cursor(range: Range) -> Slice {
    Slice {
        id: SliceId(0),
        generation: Generation::default(),
        from: range.from,
        to: Some(range.to),
        position: None,
    }
}
