//! Marking: the workspace is told that records are gone, under their claims.

use super::super::deliver::Delivery;
use super::super::pull::{Halt, Work};
use super::super::settled::{Question, Settling};
use super::super::stream::Stream;
use super::gone::{Absent, unchanged};
use crate::model::{Gone, Record, RecordId};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::Tally;

impl<S: Source, K: Sink> Stream<S, K> {
    /// Marks what a question showed to be absent, unless something was delivered of it meanwhile.
    pub(super) async fn mark(&self, work: &Work<'_>, absent: Vec<Absent>, question: &Question<'_>) -> Result<(), Halt> {
        if absent.is_empty() {
            return Ok(());
        }
        let ids: Vec<RecordId> = absent.iter().map(|(id, _)| id.clone()).collect();
        let _claim = self.claims.claim(ids.clone()).await;
        let known = self.known(work.delivery.stream, ids).await?;
        let gone = unchanged(absent, known);
        // Once they are marked, a page that was answered before must not raise them again.
        let mut settling = Settling::new(question);
        gone.iter().for_each(|(id, _)| settling.insert(id));
        let records: Vec<Record> = gone
            .iter()
            .map(|(id, row)| {
                let gone = Gone {
                    id,
                    number: &row.number,
                    modified: row.modified,
                    revision: row.revision,
                };
                gone.mark(&self.id, self.settings.partner)
            })
            .collect();
        let delivery = Delivery {
            gone: true,
            ..work.delivery.clone()
        };
        let mut tally = Tally::default();
        let sent = self
            .send(&delivery, &records.iter().collect::<Vec<_>>(), &settling, &mut tally)
            .await;
        tally.deleted = tally.sent;
        work.count(tally);
        self.progress.add(tally);
        if tally.deleted > 0 {
            tracing::info!(stream = %self.id, deleted = tally.deleted, "gone from the service desk, and marked");
        }
        Ok(sent?)
    }
}
