//! What was asked for by id is the truth: it may write an older stamp, and whatever else the ledger would hold back.
//!
//! It is that only while the ledger's row is the one that was compared: what came in between is newer.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::super::deliver::{Choice, Delivery, Reading, only_columns_differ};
use super::super::pull::{Halt, Work};
use super::super::settled::Question;
use super::super::stream::{Stream, store_trouble};
use crate::model::{Mapped, Record, RecordId, Unmapped};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{LedgerRow, Missing, StreamKey};

/// Most ids asked for in one request.
pub(in crate::sync) const IDS_AT_ONCE: usize = 100;

/// Records that are asked for by id, and the ledger's rows that they were compared with.
#[derive(Debug, Clone, Default)]
pub(in crate::sync) struct Truths(HashMap<RecordId, Compared>);

/// What was compared.
#[derive(Debug, Clone)]
struct Compared {
    known: Option<LedgerRow>,
    /// The stamp it was shown with.
    modified: Option<DateTime<Utc>>,
}

/// What came of asking for records by id.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub came: HashSet<RecordId>,
    /// A row came that did not say which record it is.
    pub nameless: bool,
    /// Rows that the service desk counted and did not show.
    pub hidden: u64,
}

impl Truths {
    /// `modified` is the stamp that the service desk showed it with, or that it was delivered with.
    pub fn insert(&mut self, id: RecordId, known: Option<LedgerRow>, modified: Option<DateTime<Utc>>) {
        self.0.insert(id, Compared { known, modified });
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the ledger's row is the one that was compared.
    pub fn hold(&self, id: &RecordId, known: Option<&LedgerRow>) -> bool {
        let Some(compared) = self.0.get(id) else { return false };
        match (&compared.known, known) {
            (Some(compared), Some(known)) => is_compared(compared, known),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }

    fn compared(&self, id: &RecordId) -> Option<Missing> {
        let row = self.0.get(id)?.known.as_ref()?;
        Some(Missing {
            id: id.clone(),
            version: row.version,
            modified: row.modified,
        })
    }

    /// A record that is there and that the server cannot serve.
    fn unserved(&self, id: RecordId, reason: String) -> Unmapped {
        let compared = self.0.get(&id);
        let number = compared.and_then(|compared| compared.known.as_ref().map(|row| row.number.as_str().into()));
        Unmapped {
            number,
            modified: compared.and_then(|compared| compared.modified),
            id: Some(id),
            reason,
        }
    }
}

/// Whether a row of the ledger still says what was compared.
pub(super) fn is_compared(compared: &LedgerRow, known: &LedgerRow) -> bool {
    compared.version == known.version && compared.modified == known.modified && compared.deleted == known.deleted
}

/// | the ledger has | and the truth is | then |
/// |---|---|---|
/// | nothing, or that it is gone | | deliver |
/// | a row of an older generation | | deliver |
/// | another version, though stamp and revision are the same | made with other columns, and as first seen with these | unchanged |
/// | another version | | deliver |
/// | the same version | another stamp or revision | write that |
/// | the same version | the same | unchanged |
pub(in crate::sync) fn truth(record: &Record, known: Option<&LedgerRow>, delivery: &Delivery) -> Choice {
    let Some(known) = known.filter(|known| !known.deleted && known.generation >= delivery.generation) else {
        return Choice::Deliver;
    };
    if known.version != record.version {
        return match only_columns_differ(record, known, delivery) {
            true => Choice::Unchanged,
            false => Choice::Deliver,
        };
    }
    match (known.modified, known.revision) == (record.modified, record.revision) {
        true => Choice::Unchanged,
        false => Choice::Restamp,
    }
}

impl<S: Source, K: Sink> Stream<S, K> {
    /// Asks for these records by id and delivers what comes as the truth.
    pub(super) async fn ask_truths(&self, work: &Work<'_>, truths: &Truths) -> Result<(), Halt> {
        let ids: Vec<RecordId> = truths.0.keys().cloned().collect();
        for ids in ids.chunks(IDS_AT_ONCE) {
            let mut question = self.settled.ask();
            self.ask_truth(work, ids, truths, &mut question).await?;
            self.ask_again(work, question.take_doubts()).await?;
        }
        Ok(())
    }

    /// Asks for at most a hundred, with a question that settles them.
    pub(super) async fn ask_truth(
        &self,
        work: &Work<'_>,
        ids: &[RecordId],
        truths: &Truths,
        question: &mut Question<'_>,
    ) -> Result<Asked, Halt> {
        let by_id = self.fetch_by_ids(work, std::iter::once(ids)).await?;
        question.answered();
        let mut records = by_id.found;
        let unserved = by_id.unserved.into_iter();
        records.extend(unserved.map(|(id, why)| Mapped::SetAside(truths.unserved(id, why))));
        let mut asked = Asked {
            hidden: by_id.hidden,
            ..Asked::default()
        };
        let (mut inside, mut left) = (Vec::with_capacity(records.len()), Vec::new());
        for mapped in records {
            let (id, modified) = match &mapped {
                Mapped::Record(record) => (Some(&record.id), Some(record.modified)),
                Mapped::SetAside(aside) => (aside.id.as_ref(), aside.modified),
            };
            asked.nameless |= id.is_none();
            asked.came.extend(id.cloned());
            match modified.is_some_and(|modified| modified < work.delivery.window_start) {
                true => left.extend(id.and_then(|id| truths.compared(id))),
                false => inside.push(mapped),
            }
        }
        let reading = Reading {
            question,
            truths: Some(truths),
        };
        work.count_delivered(self.deliver(&work.delivery, inside, reading).await)?;
        self.prune(work.delivery.stream, left).await?;
        Ok(asked)
    }

    /// Asks once more, by id, for what was held back because nobody could tell which of two answers is the newer.
    pub(in crate::sync) async fn ask_again(&self, work: &Work<'_>, doubtful: Vec<RecordId>) -> Result<(), Halt> {
        let mut doubtful = doubtful;
        while !doubtful.is_empty() {
            let now = doubtful.split_off(doubtful.len().saturating_sub(IDS_AT_ONCE));
            let known = self.known(work.delivery.stream, now.clone()).await?;
            let mut truths = Truths::default();
            for (id, known) in now.iter().zip(known) {
                let modified = known.as_ref().map(|row| row.modified);
                truths.insert(id.clone(), known, modified);
            }
            let mut question = self.settled.ask();
            self.ask_truth(work, &now, &truths, &mut question).await?;
            doubtful.extend(question.take_doubts());
        }
        Ok(())
    }

    /// The ledger's rows of these records.
    pub(super) async fn known(&self, stream: StreamKey, ids: Vec<RecordId>) -> Result<Vec<Option<LedgerRow>>, Halt> {
        let known = self.store.call(move |db| db.delivered(stream, &ids)).await;
        known.map_err(|error| Halt::Trouble(store_trouble(&error)))
    }

    /// Found outside the window: the ledger forgets it.
    async fn prune(&self, stream: StreamKey, left: Vec<Missing>) -> Result<(), Halt> {
        if left.is_empty() {
            return Ok(());
        }
        let pruned = self.persist(move |db| left.iter().try_for_each(|row| db.prune_record(stream, row).map(|_| ())));
        Ok(pruned.await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Generation, Version};

    fn second(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn record(modified: i64, revision: i64, version: u64) -> Record {
        Record {
            id: RecordId::new("a"),
            number: "INC1".into(),
            modified: second(modified),
            revision: Some(revision),
            created: None,
            version: Version(version),
            row: br#"{"A_s":"x"}"#.to_vec().into(),
        }
    }

    fn row(version: u64, columns: i64, deleted: bool) -> LedgerRow {
        LedgerRow {
            number: "INC1".into(),
            version: Version(version),
            modified: second(50),
            revision: Some(5),
            generation: Generation(0),
            columns,
            delivered: second(0),
            deleted,
            seen: None,
            created: None,
        }
    }

    fn delivery(generation: i64) -> Delivery {
        Delivery {
            stream: StreamKey(1),
            generation: Generation(generation),
            fulfils: Generation(generation),
            columns: 1,
            run_id: "run-1".into(),
            window_start: second(0),
            gone: false,
        }
    }

    #[test]
    fn the_table_of_the_truth_holds() {
        let same = record(50, 5, 1);
        let table = [
            (&same, None, Choice::Deliver),
            (&same, Some(row(1, 1, true)), Choice::Deliver),
            (&same, Some(row(1, 1, false)), Choice::Unchanged),
            (&same, Some(row(2, 1, false)), Choice::Deliver),
            (&same, Some(row(2, 9, false)), Choice::Unchanged),
            (&record(20, 3, 1), Some(row(1, 1, false)), Choice::Restamp),
            (&record(20, 3, 2), Some(row(1, 9, false)), Choice::Deliver),
            (&record(80, 6, 2), Some(row(1, 9, false)), Choice::Deliver),
        ];
        for (record, known, choice) in table {
            assert_eq!(
                truth(record, known.as_ref(), &delivery(0)),
                choice,
                "{record:?} {known:?}"
            );
        }
        assert_eq!(truth(&same, Some(&row(1, 1, false)), &delivery(1)), Choice::Deliver);
    }

    #[test]
    fn an_answer_is_the_truth_only_while_the_ledger_is_as_it_was_compared() {
        let mut truths = Truths::default();
        truths.insert(RecordId::new("a"), Some(row(1, 1, false)), None);
        truths.insert(RecordId::new("b"), None, None);
        let holds = |id: &str, known: Option<LedgerRow>| truths.hold(&RecordId::new(id), known.as_ref());
        assert!(holds("a", Some(row(1, 1, false))) && holds("b", None));
        assert!(!holds("a", Some(row(2, 1, false))) && !holds("a", Some(row(1, 1, true))));
        assert!(!holds("a", None) && !holds("b", Some(row(1, 1, false))) && !holds("c", None));
    }
}
