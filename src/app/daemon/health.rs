//! What does not answer, for the watchdog and for `/healthz`.

use std::time::Duration;

use super::Daemon;

/// How long the store may take to answer the watchdog.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

impl Daemon {
    /// What does not answer; a remote's trouble is none of it, or supervisors would restart a healthy daemon.
    pub(super) async fn unhealthy(&self) -> Vec<String> {
        let mut dead = Vec::new();
        let store = tokio::time::timeout(
            STORE_ANSWERS_WITHIN,
            self.store.call(|db| db.stream_names().map(|_| ())),
        );
        if !matches!(store.await, Ok(Ok(()))) {
            dead.push("the state file does not answer".to_owned());
        }
        if self.scheduler.look(crate::app::now()).await.is_none() {
            dead.push("the scheduler does not answer".to_owned());
        }
        dead.extend(self.crew().gone());
        dead
    }
}
