//! Writing down what must not be forgotten.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::stream::{Stream, store_trouble};
use crate::model::Trouble;
use crate::store::{Db, StoreError};

/// Waits between tries, in seconds; then a foreground run fails, and a daemon goes on with the last of them.
const WAITS: [u64; 5] = [1, 2, 5, 10, 20];

/// A daemon that goes on trying says so this often: every five minutes.
const SAY_EVERY: usize = 15;

impl<S, K> Stream<S, K> {
    /// Writes what must not be forgotten; a write that fails is tried again from memory, and nothing of this stream is
    /// delivered until it succeeds.
    pub(super) async fn persist<T, F>(&self, write: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: Fn(&Db<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    {
        let write = Arc::new(write);
        self.insist(|| {
            let again = Arc::clone(&write);
            self.store.call(move |db| again(db))
        })
        .await
    }

    /// Looks, before the first write of a run, whether there is room for what it will write; a daemon waits for that.
    pub(super) async fn until_room(&self) -> Result<(), Trouble> {
        match self.settings.patient {
            true => self.insist(|| self.store.has_room()).await,
            false => self.has_room().await,
        }
    }

    /// The same of a page: nothing was delivered yet that has to be written down, so the run just ends.
    pub(super) async fn has_room(&self) -> Result<(), Trouble> {
        self.store.has_room().await.map_err(|error| store_trouble(&error))
    }

    async fn insist<T, F>(&self, write: impl Fn() -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let (mut tries, mut closed) = (0_usize, None);
        loop {
            let error = match write().await {
                Ok(value) => {
                    self.tell_unwritten(None);
                    return Ok(value);
                }
                Err(error) => error,
            };
            let last = WAITS.last().copied().filter(|_| self.settings.patient);
            let Some(seconds) = WAITS.get(tries).copied().or(last) else {
                return Err(store_trouble(&error));
            };
            let trouble = store_trouble(&error);
            if tries < WAITS.len() || tries.is_multiple_of(SAY_EVERY) {
                tracing::error!(stream = %self.id, code = trouble.code, "{trouble}; nothing more is delivered until it can be written down what was, trying again in {seconds} s");
            }
            self.tell_unwritten(Some(trouble));
            tries += 1;
            if closed.is_none() {
                closed = Some(self.writable.write().await);
            }
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// Why nothing can be written down: the state file itself cannot tell that.
    pub fn unwritten(&self) -> Option<Trouble> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes why nothing can be written down, or that it can be again.
    pub(super) fn tell_unwritten(&self, trouble: Option<Trouble>) {
        *self.unwritten.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Waits until everything that was delivered is written down.
    pub(super) async fn until_writable(&self) {
        drop(self.writable.read().await);
    }
}
