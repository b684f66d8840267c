//! What does not answer, for the watchdog and for `/healthz`.
//!
//! The watchdog's beat says that the store and the run loop each answered. A store that answers with an error has
//! answered: no restart mends a full disk, nor a file that another program has locked. A store behind which calls queue, and
//! end one after the other, is slow and not dead.

use std::time::Duration;

use tokio::time::Instant;

use super::Daemon;

/// How long each may take to answer whoever asks for `/healthz`: less than that answer itself may take, so that it is named.
const TELLS_WITHIN: Duration = Duration::from_secs(3);

/// How long the store may take to answer the watchdog.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Between two questions to what did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(1);

const STORE: &str = "the state file does not answer";

impl Daemon {
    /// What does not answer or answers with an error; a remote's trouble is none of it, or supervisors would restart a
    /// healthy daemon.
    pub(super) async fn unhealthy(&self) -> Vec<String> {
        let mut dead = Vec::new();
        let store = tokio::time::timeout(TELLS_WITHIN, self.ask_store());
        let (store, silent) = tokio::join!(store, self.silent_loops(TELLS_WITHIN));
        if !matches!(store, Ok(true)) {
            dead.push(STORE.to_owned());
        }
        dead.extend(silent);
        dead
    }

    /// Ends when the store and the run loop each answered; never, if one of them does not.
    pub(super) async fn answered(&self) {
        let answers = self.store.answers();
        let mut told = Vec::new();
        loop {
            let mut silent = self.silent_loops(STORE_ANSWERS_WITHIN).await;
            if !self.store_answers(answers).await {
                silent.push(STORE.to_owned());
            }
            if silent.is_empty() {
                return;
            }
            if silent != told {
                tracing::error!("{}; asked again until the watchdog's time is over", silent.join(", "));
                told = silent;
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    /// Whether the store answers us, well or not, or has answered anybody since that count.
    async fn store_answers(&self, before: u64) -> bool {
        let mut asked = std::pin::pin!(self.ask_store());
        let until = Instant::now() + STORE_ANSWERS_WITHIN;
        while Instant::now() < until {
            let answer = tokio::time::timeout(ASK_AGAIN, asked.as_mut()).await;
            if answer.is_ok() || self.store.answers() != before {
                return true;
            }
        }
        false
    }

    /// Whether the store answers well.
    async fn ask_store(&self) -> bool {
        self.store.call(|db| db.stream_names().map(|_| ())).await.is_ok()
    }

    async fn silent_loops(&self, within: Duration) -> Vec<String> {
        let mut silent = Vec::new();
        let scheduler = tokio::time::timeout(within, self.scheduler.look(crate::app::now()));
        if !matches!(scheduler.await, Ok(Some(_))) {
            silent.push("the scheduler does not answer".to_owned());
        }
        silent.extend(self.crew().gone());
        silent
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, mpsc};

    use tokio::sync::watch;
    use tokio_util::sync::CancellationToken;
    use tokio_util::task::TaskTracker;

    use super::*;
    use crate::app::build::Parts;
    use crate::app::crew::Crew;
    use crate::app::tests::one_desk;
    use crate::daemon::Scheduler;
    use crate::status::Metrics;
    use crate::store::{Store, Threads};

    const SOON: Duration = Duration::from_secs(30);

    /// A daemon whose loops run and that nothing rings.
    async fn daemon(folder: &std::path::Path) -> Daemon {
        let config = one_desk(folder);
        let store = Store::open(&folder.join("itsmd.db"), Threads::Blocking).unwrap();
        let (stop, metrics) = (CancellationToken::new(), Arc::new(Metrics::new(crate::app::now())));
        let crew = Crew::start(Parts::build(config, store.clone(), None).unwrap());
        let scheduler = Scheduler::new(crate::app::clock(), crew.rings());
        let handle = scheduler.handle();
        tokio::spawn(scheduler.run(stop.clone()));
        Daemon {
            crew: watch::Sender::new(Arc::new(crew)),
            store,
            scheduler: handle,
            metrics,
            ready: AtomicBool::new(true),
            tasks: TaskTracker::new(),
            stop,
        }
    }

    /// A call of the store that ends when the sender is dropped.
    fn wedge(store: &Store) -> mpsc::Sender<()> {
        let (hold, held) = mpsc::channel::<()>();
        let (begun, holds) = mpsc::channel();
        let store = store.clone();
        std::thread::spawn(move || {
            store.call_here(|_| {
                begun.send(()).unwrap();
                let _ = held.recv();
                Ok(())
            })
        });
        holds.recv().unwrap();
        hold
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_store_that_never_answers_is_not_answered_for() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(folder.path()).await;
        tokio::time::timeout(SOON, daemon.answered()).await.unwrap();
        let hold = wedge(&daemon.store);
        // Longer than the store is given; here nothing else can be waited for.
        let patience = STORE_ANSWERS_WITHIN + ASK_AGAIN;
        assert!(tokio::time::timeout(patience, daemon.answered()).await.is_err());
        let named = tokio::time::timeout(Duration::from_secs(5), daemon.unhealthy()).await;
        assert_eq!(named.unwrap(), [STORE], "before the answer itself is given up");
        drop(hold);
        tokio::time::timeout(SOON, daemon.answered()).await.unwrap();
        daemon.stop.cancel();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_store_that_answers_others_one_after_the_other_is_slow_and_not_dead() {
        let folder = tempfile::tempdir().unwrap();
        let daemon = daemon(folder.path()).await;
        let hold = wedge(&daemon.store);
        let answers = daemon.store.answers();
        let mut asked = std::pin::pin!(daemon.answered());
        assert!(
            tokio::time::timeout(Duration::from_millis(100), asked.as_mut())
                .await
                .is_err()
        );
        // Whoever held it is through; somebody else has it now.
        drop(hold);
        let _next = wedge(&daemon.store);
        assert!(daemon.store.answers() > answers);
        tokio::time::timeout(SOON, asked).await.unwrap();
        daemon.stop.cancel();
    }
}
