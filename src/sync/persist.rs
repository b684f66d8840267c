//! Writing down what must not be forgotten.

use std::sync::Arc;
use std::time::Duration;

use super::stream::{Stream, store_trouble};
use crate::model::Trouble;
use crate::store::{Db, StoreError};

/// Waits between tries, in seconds; then a foreground run fails, and a daemon goes on with the last of them.
const WAITS: [u64; 5] = [1, 2, 5, 10, 20];

impl<S, K> Stream<S, K> {
    /// Writes what must not be forgotten; a write that fails is tried again from memory, and nothing of this stream is
    /// delivered until it succeeds.
    pub(super) async fn persist<T, F>(&self, write: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: Fn(&Db<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    {
        let write = Arc::new(write);
        let mut waits = WAITS.into_iter();
        let mut closed = None;
        loop {
            let again = Arc::clone(&write);
            let error = match self.store.call(move |db| again(db)).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let last = WAITS.last().copied().filter(|_| self.settings.patient);
            let Some(seconds) = waits.next().or(last) else {
                return Err(store_trouble(&error));
            };
            if closed.is_none() {
                closed = Some(self.writable.write().await);
            }
            tracing::error!(stream = %self.id, %error, "what was delivered could not be written down; trying again in {seconds} s");
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }

    /// Waits until everything that was delivered is written down.
    pub(super) async fn until_writable(&self) {
        drop(self.writable.read().await);
    }
}
