//! What is set aside leaves the quarantine when it is gone from the service desk: nobody can mend it, and nobody need look.
//!
//! What stays is tried again when the sweep is through. Asked for by light fields, for what is set aside may be what the server cannot serve in full. What is counted and not
//! shown stays. Should it come back, a sweep finds it as any record that was never delivered.

use std::collections::HashSet;

use super::super::pull::{Halt, Work};
use super::super::stream::{Stream, store_trouble};
use super::truth::IDS_AT_ONCE;
use crate::model::{Mapped, RecordId};
use crate::sink::Sink;
use crate::source::{Found, Source, SourceError};
use crate::store::Quarantined;

impl<S: Source, K: Sink> Stream<S, K> {
    pub(super) async fn clear_quarantine(&self, work: &Work<'_>) -> Result<(), Halt> {
        let stream = work.delivery.stream;
        let aside = self.store.call(move |db| db.quarantine_in(stream)).await;
        let aside = aside.map_err(|error| Halt::Trouble(store_trouble(&error)))?;
        let mut parts: Vec<Vec<Quarantined>> = aside.chunks(IDS_AT_ONCE).map(<[Quarantined]>::to_vec).collect();
        while let Some(part) = parts.pop() {
            let Some(found) = self.ask_light(work, &part).await? else {
                continue;
            };
            let hidden = found.hidden();
            let Some(came) = ids(&found.records) else { continue };
            let mut left = part;
            let asked = left.len();
            left.retain(|entry| entry.aside.id.as_ref().is_some_and(|id| !came.contains(id)));
            if hidden == 0 {
                self.let_go(left).await?;
            } else if left.len() < asked {
                parts.push(left);
            } else if hidden < asked as u64 {
                let other = left.split_off(asked / 2);
                parts.extend([other, left]);
            }
        }
        self.persist(move |db| db.retry_known(stream)).await?;
        Ok(())
    }

    /// `None` if the server cannot even give their keys: then they stay.
    async fn ask_light(&self, work: &Work<'_>, part: &[Quarantined]) -> Result<Option<Found>, Halt> {
        let ids: Vec<RecordId> = part.iter().filter_map(|entry| entry.aside.id.clone()).collect();
        let found = tokio::select! {
            biased;
            () = work.cancel.cancelled() => return Err(Halt::Interrupted),
            found = self.keys.by_ids(&ids) => found,
        };
        self.count_requests(work, u64::from(found.is_ok()));
        match found {
            Ok(found) => Ok(Some(found)),
            Err(SourceError::TooSlow(_) | SourceError::TooBig(_)) => Ok(None),
            Err(SourceError::Failed(trouble)) => Err(Halt::Trouble(trouble)),
        }
    }

    async fn let_go(&self, gone: Vec<Quarantined>) -> Result<(), Halt> {
        if gone.is_empty() {
            return Ok(());
        }
        for entry in &gone {
            let (number, reason) = (&entry.aside.number, &entry.aside.reason);
            tracing::info!(stream = %self.id, number, reason, "gone from the service desk: no longer set aside");
        }
        Ok(self.persist(move |db| db.drop_gone(&gone)).await?)
    }
}

/// The ids of rows; `None` if one does not say which record it is.
fn ids(rows: &[Mapped]) -> Option<HashSet<RecordId>> {
    rows.iter().map(|row| row.id().cloned()).collect()
}
