//! Step four: claim the ids, drop what the ledger already has, send, and write down what was taken.

use chrono::{DateTime, Utc};

use super::batch::{MAX_BATCH_BYTES, Stamp, assemble, fitting};
use super::reconcile::{Truths, truth};
use super::set_aside::unmapped_asides;
use super::settled::{Age, Question, Settling};
use super::sort_out::sort_out;
use super::stream::{Stream, store_trouble};
use crate::model::{Generation, Mapped, Record, RecordId, Trouble, Verdict};
use crate::sink::{Sink, SinkError};
use crate::store::{LedgerRow, Seen, StreamKey, Tally};

/// What deliveries of one run have in common.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub stream: StreamKey,
    /// Of the page: as it was planned.
    pub generation: Generation,
    /// Whose wish a delivery fulfils: what is sent now is not sent again for it.
    pub fulfils: Generation,
    /// Number of the set of columns.
    pub columns: i64,
    pub run_id: String,
    /// What has left the window is not delivered again.
    pub window_start: DateTime<Utc>,
    /// The rows say that their records are gone.
    pub gone: bool,
}

/// How a page came to be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading<'a> {
    /// When it was asked and answered.
    pub question: &'a Question<'a>,
    /// Of records asked for by id, what they were compared with.
    pub truths: Option<&'a Truths>,
}

/// What the ledger says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Deliver,
    Unchanged,
    /// The same version, but its stamp is another.
    Restamp,
    Overtaken,
    /// Something else was settled meanwhile, or the ledger's stamp has not come yet: nobody can tell which came first.
    Doubtful,
    /// It has left the window, which moves on while a long run goes on.
    Left,
    /// The workspace refused this very version: it stays where it is until it changes or somebody asks.
    Refused,
}

impl<S, K: Sink> Stream<S, K> {
    /// Delivers a page's records; returns when the workspace has taken them and the ledger says so.
    pub(super) async fn deliver(
        &self,
        delivery: &Delivery,
        page: Vec<Mapped>,
        reading: Reading<'_>,
    ) -> Result<Tally, (Tally, Trouble)> {
        let mut tally = Tally {
            read: page.len() as u64,
            ..Tally::default()
        };
        let result = self.deliver_page(delivery, page, reading, &mut tally).await;
        self.progress.add(tally);
        result.map(|()| tally).map_err(|trouble| (tally, trouble))
    }

    async fn deliver_page(
        &self,
        delivery: &Delivery,
        page: Vec<Mapped>,
        reading: Reading<'_>,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        let (records, unmapped) = sort_out(page, delivery.window_start);
        tally.quarantined += unmapped.len() as u64;
        self.set_aside(delivery.stream, unmapped_asides(unmapped)).await?;
        if records.is_empty() {
            return Ok(());
        }
        let _claim = self
            .claims
            .claim(records.iter().map(|record| record.id.clone()).collect())
            .await;
        let chosen = self.choose(delivery, &records, reading).await?;
        let mut wanted = Vec::new();
        let (mut touched, mut written) = (Vec::new(), Vec::new());
        let mut settling = Settling::new(reading.question);
        for (record, (choice, known)) in records.iter().zip(chosen) {
            if reading
                .truths
                .is_some_and(|truths| truths.hold(&record.id, known.as_ref()))
            {
                settling.insert(&record.id);
            }
            match choice {
                Choice::Deliver => wanted.push(record),
                Choice::Overtaken | Choice::Refused => tally.unchanged += 1,
                Choice::Left => {}
                Choice::Unchanged => {
                    tally.unchanged += 1;
                    written.push(record);
                    touched.extend(noted(record, known, delivery));
                }
                Choice::Restamp => {
                    tally.unchanged += 1;
                    written.push(record);
                    touched.extend(known.map(|known| restamped(record, known, delivery)));
                }
                Choice::Doubtful => reading.question.doubts(&record.id),
            }
        }
        self.write_down(delivery.stream, touched, false).await?;
        settling.delivered(&written);
        let (sent, aside) = (tally.sent, tally.quarantined);
        let result = self.send(delivery, &wanted, &settling, tally).await;
        if tally.quarantined > aside {
            self.judge_refusals(delivery.stream, tally.sent > sent).await?;
        }
        result
    }

    /// Asks the ledger, and the quarantine, about each record.
    async fn choose(
        &self,
        delivery: &Delivery,
        records: &[Record],
        reading: Reading<'_>,
    ) -> Result<Vec<(Choice, Option<LedgerRow>)>, Trouble> {
        let ids: Vec<RecordId> = records.iter().map(|record| record.id.clone()).collect();
        let stream = delivery.stream;
        let (window_start, known, refused) = self
            .store
            .call(move |db| {
                let known = db.delivered(stream, &ids)?;
                let refused = match db.quarantined(stream)? {
                    0 => vec![None; ids.len()],
                    _ => ids.iter().map(|id| db.refused(stream, id)).collect::<Result<_, _>>()?,
                };
                // With the ledger's rows: what was dropped there is not delivered again.
                Ok((db.window_start(stream)?, known, refused))
            })
            .await
            .map_err(|error| store_trouble(&error))?;
        let source_now = self.source_clock.now((self.now)());
        let choices = records
            .iter()
            .zip(known)
            .zip(refused)
            .map(|((record, known), refused)| {
                let left = window_start.is_some_and(|start| record.modified < start);
                let choice = match reading.question.age(&record.id) {
                    Age::Older | Age::Doubtful | Age::Newer if left => Choice::Left,
                    Age::Older => Choice::Overtaken,
                    Age::Doubtful => Choice::Doubtful,
                    // What the workspace refused is tried again when its version changes, or on request.
                    Age::Newer if refused == Some(record.version) => Choice::Refused,
                    Age::Newer => match reading.truths {
                        Some(truths) if truths.hold(&record.id, known.as_ref()) => {
                            truth(record, known.as_ref(), delivery)
                        }
                        Some(_) | None => choose(record, known.as_ref(), delivery, source_now),
                    },
                };
                (choice, known)
            });
        Ok(choices.collect())
    }

    /// Sends, and writes down what was taken; a record is settled when that is done.
    pub(super) async fn send(
        &self,
        delivery: &Delivery,
        records: &[&Record],
        settling: &Settling<'_>,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        if records.is_empty() {
            return Ok(());
        }
        self.has_room().await?;
        let (stream, now) = (delivery.stream, (self.now)());
        let generated = self
            .store
            .call(move |db| db.next_generated(stream, now))
            .await
            .map_err(|error| store_trouble(&error))?;
        let stamp = Stamp::new(generated, &delivery.run_id);
        let mut ranges = fitting(&stamp, records);
        ranges.reverse();
        while let Some(range) = ranges.pop() {
            let part = &records[range.clone()];
            let batch = assemble(&stamp, part);
            if batch.body.len() > MAX_BATCH_BYTES {
                let reason = format!(
                    "row of {} bytes; the workspace takes at most {MAX_BATCH_BYTES}",
                    batch.body.len()
                );
                self.set_aside_records(delivery, part, &reason, tally).await?;
                settling.delivered(part);
                continue;
            }
            self.until_writable().await;
            let delivered = self.sink.deliver(&batch).await;
            self.progress.moved();
            match delivered {
                Ok(receipt) => {
                    tally.bytes_sent += receipt.bytes_sent;
                    self.progress.took(part.len(), batch.body.len());
                    self.accepted(delivery, part).await?;
                    tally.sent += part.len() as u64;
                }
                Err(SinkError::Failed(trouble)) => return Err(trouble),
                Err(SinkError::TooBig(_) | SinkError::Refused(_)) if part.len() > 1 => {
                    let middle = range.start + part.len() / 2;
                    ranges.push(middle..range.end);
                    ranges.push(range.start..middle);
                    continue;
                }
                // Its size explains it.
                Err(SinkError::TooBig(trouble)) if trouble.verdict == Verdict::Stop => {
                    self.set_aside_records(delivery, part, &trouble.seen, tally).await?;
                }
                Err(SinkError::TooBig(trouble) | SinkError::Refused(trouble)) => {
                    self.refused(delivery, part[0], &trouble, tally).await?;
                }
            }
            settling.delivered(part);
        }
        Ok(())
    }

    /// Writes down what the workspace took, in the ledger; what was in the quarantine leaves it.
    async fn accepted(&self, delivery: &Delivery, records: &[&Record]) -> Result<(), Trouble> {
        let delivered = (self.now)();
        let rows = records
            .iter()
            .map(|record| (record.id.clone(), ledger_row(record, delivery, delivered)))
            .collect();
        self.write_down(delivery.stream, rows, true).await?;
        self.refusals.forget();
        Ok(())
    }

    /// `taken`: the workspace took them just now, so that what it refused before is worth one more try.
    async fn write_down(
        &self,
        stream: StreamKey,
        rows: Vec<(RecordId, LedgerRow)>,
        taken: bool,
    ) -> Result<(), Trouble> {
        if rows.is_empty() {
            return Ok(());
        }
        self.persist(move |db| {
            db.write_delivered(stream, &rows)?;
            db.release(stream, &rows.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>())?;
            if taken {
                db.retry_unproven(stream)?;
            }
            Ok(())
        })
        .await
    }
}

/// | the ledger has | and the page's record is | then |
/// |---|---|---|
/// | nothing, or that it is gone | | deliver |
/// | a stamp beyond the source's clock | an older one | doubtful: either that clock or the stamp was set right |
/// | a newer stamp, or the same with a higher revision | older | overtaken |
/// | a row of an older generation | | deliver |
/// | the same version | the same | unchanged |
/// | the same stamp and revision, other columns | as first seen with these | unchanged |
/// | anything else | changed | deliver |
fn choose(
    record: &Record,
    known: Option<&LedgerRow>,
    delivery: &Delivery,
    source_now: Option<DateTime<Utc>>,
) -> Choice {
    let Some(known) = known.filter(|known| !known.deleted) else {
        return Choice::Deliver;
    };
    let same_stamp = record.modified == known.modified;
    let older_revision = matches!((record.revision, known.revision), (Some(ours), Some(theirs)) if ours < theirs);
    if record.modified < known.modified && source_now.is_some_and(|now| now < known.modified) {
        return Choice::Doubtful;
    }
    if record.modified < known.modified || (same_stamp && older_revision) {
        return Choice::Overtaken;
    }
    if known.generation < delivery.generation {
        return Choice::Deliver;
    }
    if known.version == record.version {
        return Choice::Unchanged;
    }
    match only_columns_differ(record, known, delivery) {
        true => Choice::Unchanged,
        false => Choice::Deliver,
    }
}

/// An upgrade never sends the window again by itself: a row that was made with another set of columns counts as the same
/// while it is as it was first seen with this one.
pub(super) fn only_columns_differ(record: &Record, known: &LedgerRow, delivery: &Delivery) -> bool {
    let same_revision = known.revision.is_some() && record.revision == known.revision;
    let seen = known.seen.filter(|seen| seen.columns == delivery.columns);
    let as_seen = seen.is_none_or(|seen| seen.version == record.version);
    record.modified == known.modified && same_revision && known.columns != delivery.columns && as_seen
}

/// What the ledger keeps of an unchanged record: a newer stamp, so that it stays in the window, and how it is seen with
/// columns that it was not delivered with; and the day of its creation.
fn noted(record: &Record, known: Option<LedgerRow>, delivery: &Delivery) -> Option<(RecordId, LedgerRow)> {
    let known = known?;
    let newer = record.modified > known.modified || record.revision > known.revision;
    let (id, mut row) = restamped(record, known.clone(), delivery);
    if !newer {
        (row.modified, row.revision) = (known.modified, known.revision);
    }
    (row != known).then_some((id, row))
}

fn restamped(record: &Record, known: LedgerRow, delivery: &Delivery) -> (RecordId, LedgerRow) {
    let seen = Seen {
        version: record.version,
        columns: delivery.columns,
    };
    let row = LedgerRow {
        modified: record.modified,
        revision: record.revision,
        seen: (known.columns != delivery.columns).then_some(seen),
        // A state file from before the day was kept gets it with the next reading.
        created: record.created.or(known.created),
        ..known
    };
    (record.id.clone(), row)
}

fn ledger_row(record: &Record, delivery: &Delivery, delivered: DateTime<Utc>) -> LedgerRow {
    LedgerRow {
        number: record.number.to_string(),
        version: record.version,
        modified: record.modified,
        revision: record.revision,
        generation: delivery.fulfils,
        columns: delivery.columns,
        delivered,
        deleted: delivery.gone,
        seen: None,
        created: record.created,
    }
}

#[cfg(test)]
mod tests;
