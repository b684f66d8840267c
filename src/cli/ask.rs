//! Asking a running daemon: a request in the state file, and its answer.

use std::time::{Duration, Instant};

use super::Failure;
use crate::app::{self, AskedSync, SYNC, SyncReport};
use crate::config::Config;
use crate::store::{Lock, Store, Threads};

const LOOK_FOR_THE_ANSWER: Duration = Duration::from_millis(100);

/// A daemon looks every second; one that has not taken a request by then is not well.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);

/// Leaves a request to sync and follows the daemon's run to its end.
pub(super) fn follow(config: &Config, asked: &AskedSync) -> Result<SyncReport, Failure> {
    super::note("a daemon is running: it was asked to sync, waiting for it");
    let store = Store::open_beside(&config.state, Threads::Inline)?;
    let request = store.call_here(|db| db.ask(SYNC, &serde_json::to_string(asked).unwrap_or_default(), app::now()))?;
    // A daemon that was started again takes the request a second time.
    let mut untaken_since = Instant::now();
    loop {
        match store.call_here(|db| db.answered(request))? {
            Some((_, Some(answer))) => {
                let report = serde_json::from_str(&answer);
                return report.map_err(|_| anyhow::anyhow!("the daemon could not sync; look at its log").into());
            }
            Some((true, None)) => untaken_since = Instant::now(),
            Some((false, None)) if untaken_since.elapsed() < TAKEN_WITHIN => {}
            Some((false, None)) | None => {
                return Err(anyhow::anyhow!("the daemon did not take the request; look at its log").into());
            }
        }
        if !a_daemon_runs(config) {
            return Err(anyhow::anyhow!("the daemon ended before it was done; run `itsmd sync` again").into());
        }
        std::thread::sleep(LOOK_FOR_THE_ANSWER);
    }
}

/// Rings a running daemon, if there is one, after something was changed in the store; whether there was one.
pub(super) fn ring(config: &Config, store: &Store, verb: &str) -> Result<bool, Failure> {
    let running = a_daemon_runs(config);
    if running {
        store.call_here(|db| db.ask(verb, "{}", app::now()))?;
    }
    Ok(running)
}

/// Whether a daemon holds the state file; a foreground sync, which holds it too, takes no requests.
pub(super) fn a_daemon_runs(config: &Config) -> bool {
    let holder = Lock::beside(&config.state).holder();
    holder.is_some_and(|holder| is_a_daemon(&holder))
}

/// Whether the lock's holder is one.
pub(super) fn is_a_daemon(holder: &str) -> bool {
    holder.ends_with("itsmd run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreground_sync_is_no_daemon() {
        assert!(is_a_daemon("process 4711, itsmd run"));
        assert!(!is_a_daemon("process 4711, itsmd sync"));
        assert!(!is_a_daemon("unknown process"));
    }
}
