//! Refusals of single records: their own fault or the workspace's, which only time tells.
//!
//! | a version that is refused singly | is set aside, and |
//! |---|---|
//! | for the first time, beside others that were taken | tried once more at once, by id |
//! | for the first time, with nothing taken in its page | tried once more as soon as the workspace takes a row |
//! | once more | stays until it changes, a sweep is due, or somebody asks |
//! | as the twenty-first in a row, none taken between them | not set aside: the stream stops, and the twenty are tried again |

use std::sync::{Mutex, PoisonError};

use super::codes;
use super::deliver::Delivery;
use super::set_aside::refused;
use super::stream::{Stream, store_trouble};
use crate::model::{Record, RecordId, Trouble};
use crate::sink::Sink;
use crate::store::{StreamKey, Suspicion, Tally};

/// With this many records refused singly and none accepted since, the workspace is at fault, not they.
const REFUSALS_BEFORE_STOP: usize = 20;

/// Records refused singly since the workspace last took a row, those not among them that are known for it.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<Vec<RecordId>>);

impl Refusals {
    /// The workspace took a row.
    pub fn forget(&self) {
        self.lock().clear();
    }

    /// One more; those before it, if it is one too many.
    fn count(&self, id: &RecordId) -> Option<Vec<RecordId>> {
        let mut refused = self.lock();
        if refused.len() >= REFUSALS_BEFORE_STOP {
            return Some(refused.clone());
        }
        refused.push(id.clone());
        None
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<RecordId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S, K: Sink> Stream<S, K> {
    /// A refusal of a single record. With the twentieth in a row behind it the stream stops, and those twenty are tried
    /// again with its next run, in this process or another.
    pub(super) async fn refused(
        &self,
        delivery: &Delivery,
        record: &Record,
        trouble: &Trouble,
        tally: &mut Tally,
    ) -> Result<(), Trouble> {
        let (stream, id, version) = (delivery.stream, record.id.clone(), record.version);
        let known = self.store.call(move |db| db.suspicion(stream, &id, version)).await;
        let known = known.map_err(|error| store_trouble(&error))?;
        let blameless = match known {
            Suspicion::Guilty => None,
            Suspicion::New | Suspicion::Suspect => self.refusals.count(&record.id),
        };
        if let Some(blameless) = blameless {
            self.persist(move |db| db.retry_records(stream, &blameless)).await?;
            return Err(codes::NOTHING_TAKEN.stop(trouble.seen.as_str()));
        }
        let (aside, now) = (refused(record, &trouble.seen), (self.now)());
        // What is refused once more is there already.
        if known == Suspicion::New {
            tally.quarantined += 1;
            self.tell_aside(&aside);
        }
        self.store
            .call(move |db| db.refused_unproven(stream, &aside, now))
            .await
            .map_err(|error| store_trouble(&error))
    }

    /// The page is over: `taken` if the workspace took others of it.
    pub(super) async fn judge_refusals(&self, stream: StreamKey, taken: bool) -> Result<(), Trouble> {
        let judged = self.store.call(move |db| db.judge_refusals(stream, taken)).await;
        judged.map_err(|error| store_trouble(&error))
    }
}
