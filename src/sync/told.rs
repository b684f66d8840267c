//! Warnings that were logged: what holds run after run is said once an hour; `status` shows it all the time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

const AGAIN_AFTER: Duration = Duration::from_secs(3600);

/// How failures begin, to be told from warnings.
pub(super) const FAILURE: &str = "failure: ";

#[derive(Debug, Default)]
pub(super) struct Told(Mutex<HashMap<String, Instant>>);

impl Told {
    /// Whether it is to be said now; then it counts as said.
    pub fn is_new(&self, warning: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| at.elapsed() < AGAIN_AFTER);
        if told.contains_key(warning) {
            return false;
        }
        told.insert(warning.to_owned(), Instant::now());
        true
    }

    /// What failed works again: should it fail once more, that is new.
    pub fn forget_failures(&self) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|what, _| !what.starts_with(FAILURE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_failure_that_went_away_is_new_when_it_comes_back() {
        let told = Told::default();
        let failure = format!("{FAILURE}refused");
        assert!(told.is_new(&failure) && told.is_new("clock"));
        assert!(!told.is_new(&failure));
        told.forget_failures();
        assert!(told.is_new(&failure) && !told.is_new("clock"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_holds_run_after_run_is_said_once_an_hour() {
        let told = Told::default();
        assert!(told.is_new("clock") && told.is_new("roles"));
        assert!(!told.is_new("clock"));
        tokio::time::advance(AGAIN_AFTER).await;
        assert!(told.is_new("clock"));
    }
}
