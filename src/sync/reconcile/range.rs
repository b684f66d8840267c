//! One range of a sweep: read, compared, mended; what it did not meet is handed back.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::super::pull::{Halt, Work};
use super::super::stream::{Stream, store_trouble};
use super::Sweeping;
use super::compare::{Finding, Key, compare};
use super::truth::Truths;
use crate::model::window::Range;
use crate::model::{Generation, Mapped, RecordId, Slice, SliceId};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{LedgerRow, Missing, StreamKey};

/// The ledger's rows of a range that were not met yet.
type Unmet = HashMap<RecordId, LedgerRow>;

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn read_range(
        &self,
        work: &Work<'_>,
        sweeping: &mut Sweeping,
        range: Range,
    ) -> Result<Vec<Missing>, Halt> {
        let unmet = match sweeping.scope.is_full(range.from) {
            true => None,
            false => self.read_keys(work, sweeping, range).await?,
        };
        let unmet = match unmet {
            Some(unmet) => unmet,
            None => self.read_in_full(work, sweeping, range).await?,
        };
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
    async fn read_keys(&self, work: &Work<'_>, sweeping: &mut Sweeping, range: Range) -> Result<Option<Unmet>, Halt> {
        let mut unmet = self.ledger_of(work.delivery.stream, range).await?;
        let (mut rows, mut truths) = (unmet.len(), Truths::default());
        let mut seen = 0;
        let mut cursor = cursor(range);
        loop {
            let fetched = self.fetch_from(work, &self.keys, &self.key_page_size, &cursor).await?;
            sweeping.hidden += fetched.page.hidden;
            seen += fetched.page.records.len();
            let differing = self
                .differing(
                    work.delivery.stream,
                    sweeping.scope.top,
                    &fetched.page.records,
                    &mut unmet,
                )
                .await?;
            for (key, known, _) in differing {
                truths.insert(key.id, known);
            }
            rows = rows.max(seen);
            if truths.len() > (rows / 10).max(self.settings.page_size as usize) {
                return Ok(None);
            }
            if fetched.page.end {
                break;
            }
            cursor.position = Some(fetched.page.at);
        }
        self.ask_truths(work, &truths).await?;
        Ok(Some(unmet))
    }

    /// Reads whole rows, and delivers them by the ordinary way; only what that would drop as overtaken is asked for by id.
    async fn read_in_full(&self, work: &Work<'_>, sweeping: &mut Sweeping, range: Range) -> Result<Unmet, Halt> {
        let mut unmet = self.ledger_of(work.delivery.stream, range).await?;
        let mut truths = Truths::default();
        let mut cursor = cursor(range);
        let mut fetched = self.fetch(work, &cursor).await?;
        loop {
            sweeping.hidden += fetched.page.hidden;
            let differing = self
                .differing(
                    work.delivery.stream,
                    sweeping.scope.top,
                    &fetched.page.records,
                    &mut unmet,
                )
                .await?;
            for (key, known, finding) in differing {
                if finding == Finding::Older {
                    truths.insert(key.id, known);
                }
            }
            let end = fetched.page.end;
            cursor.position = Some(fetched.page.at.clone());
            let deliver = self.deliver_fetched(work, fetched);
            if end || work.cancel.is_cancelled() {
                deliver.await?;
                if end {
                    break;
                }
                return Err(Halt::Interrupted);
            }
            let (delivered, next) = tokio::join!(deliver, self.fetch(work, &cursor));
            delivered?;
            fetched = next?;
        }
        self.ask_truths(work, &truths).await?;
        Ok(unmet)
    }

    /// The records of a page that are not as the ledger has them, each with its row there; takes all of them out of `unmet`.
    async fn differing(
        &self,
        stream: StreamKey,
        top: DateTime<Utc>,
        page: &[Mapped],
        unmet: &mut Unmet,
    ) -> Result<Vec<(Key, Option<LedgerRow>, Finding)>, Halt> {
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
                Some(known) => judge(key, Some(known), top, &mut differing),
                None => elsewhere.push(key),
            }
        }
        if !elsewhere.is_empty() {
            let known = self
                .known(stream, elsewhere.iter().map(|key| key.id.clone()).collect())
                .await?;
            for (key, known) in elsewhere.into_iter().zip(known) {
                judge(key, known, top, &mut differing);
            }
        }
        self.less_what_is_set_aside(stream, differing).await
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
    top: DateTime<Utc>,
    differing: &mut Vec<(Key, Option<LedgerRow>, Finding)>,
) {
    match compare(&key, known.as_ref(), top) {
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
