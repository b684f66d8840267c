//! Writing down what must not be forgotten.

use std::sync::Arc;
use std::time::Duration;

use super::stream::{Stream, store_trouble};
use crate::model::Trouble;
use crate::store::{Db, StoreError};

/// Waits between tries, in seconds; then the run fails.
const WAITS: [u64; 5] = [1, 2, 5, 10, 20];

impl<S, K> Stream<S, K> {
    /// Writes what must not be forgotten; a write that fails is tried again, and nothing is delivered meanwhile.
    pub(super) async fn persist<T, F>(&self, write: F) -> Result<T, Trouble>
    where
        T: Send + 'static,
        F: Fn(&Db<'_>) -> Result<T, StoreError> + Send + Sync + 'static,
    {
        let write = Arc::new(write);
        let mut waits = WAITS.into_iter();
        loop {
            let again = Arc::clone(&write);
            let error = match self.store.call(move |db| again(db)).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let Some(seconds) = waits.next() else {
                return Err(store_trouble(&error));
            };
            tracing::error!(stream = %self.id, %error, "what was delivered could not be written down; trying again in {seconds} s");
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
    }
}
