//! Claims: of one record only one page at a time is on its way to the workspace.
//!
//! A page claims all its ids at once or waits, so that two pages can never wait for each other. Only a page
//! with its claim asks the ledger: what a slice fetched early can then not overtake what the head fetched late.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::model::RecordId;

#[derive(Debug, Default)]
pub(super) struct Claims {
    taken: Mutex<HashSet<RecordId>>,
    released: Notify,
}

/// Ids that are claimed as long as it lives.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    claims: &'a Claims,
    ids: Vec<RecordId>,
}

impl Claims {
    /// Waits until none of `ids` is claimed, and claims them all.
    pub async fn claim(&self, ids: Vec<RecordId>) -> Claim<'_> {
        loop {
            // Registered before the look, so that a release between look and wait is not missed.
            let mut released = std::pin::pin!(self.released.notified());
            released.as_mut().enable();
            if self.take(&ids) {
                return Claim { claims: self, ids };
            }
            released.await;
        }
    }

    fn take(&self, ids: &[RecordId]) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.iter().any(|id| taken.contains(id)) {
            return false;
        }
        taken.extend(ids.iter().cloned());
        true
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut taken = self.claims.taken.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &self.ids {
            taken.remove(id);
        }
        drop(taken);
        self.claims.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_page_waits_until_all_its_records_are_free() {
        let claims = Claims::default();
        let id = |text| RecordId::new(text);
        let first = claims.claim(vec![id("a"), id("b")]).await;
        let other = claims.claim(vec![id("c")]).await;
        let mut waiting = Box::pin(claims.claim(vec![id("b"), id("c")]));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(first);
        assert!(waiting.as_mut().now_or_never().is_none(), "c is still claimed");
        drop(other);
        waiting.await;
    }
}
