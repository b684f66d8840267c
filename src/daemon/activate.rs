//! One run at a time, and a ring during a run is one more run.
//!
//! An activation carries no input: a hint ("this record changed") would split the work into a common path and a
//! rarely run one. Any number of rings before a run are that run's; any number during it are one more afterwards.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Clock;

/// Asks for a run. Cheap to clone, never blocks, rings before anybody listens are kept.
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// A bell that nobody has rung.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a run; asking again before it starts changes nothing.
    pub fn ring(&self) {
        // Notify keeps a single permit: that is the coalescing.
        self.0.notify_one();
    }

    /// Waits for a ring and takes it. One listener a bell.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}

/// What an activation is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Activity {
    /// Runs started so far.
    pub iteration: u64,
    /// Since when a run is going on; `None` between runs.
    pub running_since: Option<DateTime<Utc>>,
    /// When the last run ended.
    pub last_end: Option<DateTime<Utc>>,
    /// How long it took, by the monotonic clock.
    pub last_elapsed: Option<Duration>,
}

/// A bell, the loop behind it, and what it publishes.
pub struct Activation {
    bell: Bell,
    activity: watch::Sender<Activity>,
    clock: Clock,
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Activation")
            .field("activity", &*self.activity.borrow())
            .finish_non_exhaustive()
    }
}

impl Activation {
    /// An activation that waits for `bell`.
    pub fn new(bell: Bell, clock: Clock) -> Self {
        Self {
            bell,
            activity: watch::Sender::new(Activity::default()),
            clock,
        }
    }

    /// Its bell.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// What it is doing, now and from now on; closed when its loop is gone.
    pub fn watch(&self) -> watch::Receiver<Activity> {
        self.activity.subscribe()
    }

    /// Runs `operation` for every ring until `stop`. A run under way is not torn: it ends by itself, for it knows the token too.
    pub async fn run<F, Fut>(self, stop: CancellationToken, mut operation: F)
    where
        F: FnMut() -> Fut + Send,
        Fut: Future<Output = ()> + Send,
    {
        loop {
            tokio::select! {
                // A stop wins over a ring that came with it.
                biased;
                () = stop.cancelled() => return,
                () = self.bell.rung() => {}
            }
            let started = Instant::now();
            self.activity.send_modify(|activity| {
                activity.iteration += 1;
                activity.running_since = Some((self.clock)());
            });
            operation().await;
            self.activity.send_modify(|activity| {
                activity.running_since = None;
                activity.last_end = Some((self.clock)());
                activity.last_elapsed = Some(started.elapsed());
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    struct Story {
        bell: Bell,
        activity: watch::Receiver<Activity>,
        stop: CancellationToken,
        gate: Arc<Semaphore>,
        at_once: Arc<AtomicUsize>,
        most_at_once: Arc<AtomicUsize>,
        task: tokio::task::JoinHandle<()>,
    }

    /// An activation whose runs each wait for a permit of the gate.
    fn story() -> Story {
        let activation = Activation::new(Bell::new(), Arc::new(Utc::now));
        let (bell, activity, stop) = (activation.bell(), activation.watch(), CancellationToken::new());
        let gate = Arc::new(Semaphore::new(0));
        let (at_once, most_at_once) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let run = {
            let (gate, at_once, most) = (gate.clone(), at_once.clone(), most_at_once.clone());
            move || {
                let (gate, at_once, most) = (gate.clone(), at_once.clone(), most.clone());
                async move {
                    most.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    gate.acquire().await.unwrap().forget();
                    at_once.fetch_sub(1, Ordering::SeqCst);
                }
            }
        };
        let task = tokio::spawn(activation.run(stop.clone(), run));
        Story {
            bell,
            activity,
            stop,
            gate,
            at_once,
            most_at_once,
            task,
        }
    }

    impl Story {
        async fn until(&mut self, fact: impl FnMut(&Activity) -> bool) -> Activity {
            *tokio::time::timeout(DEADLINE, self.activity.wait_for(fact))
                .await
                .unwrap()
                .unwrap()
        }
    }

    #[tokio::test]
    async fn a_hundred_rings_during_a_run_are_one_more_run() {
        let mut story = story();
        story.bell.ring();
        story.until(|now| now.running_since.is_some()).await;
        for _ in 0..100 {
            story.bell.ring();
        }
        story.gate.add_permits(50);
        let after = story
            .until(|now| now.iteration == 2 && now.running_since.is_none())
            .await;
        assert!(after.last_end.is_some() && after.last_elapsed.is_some());
        // One thread: the loop has had its turn a hundred times, and would have begun a third run.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(story.activity.borrow().iteration, 2);
        story.stop.cancel();
        tokio::time::timeout(DEADLINE, &mut story.task).await.unwrap().unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn it_never_runs_twice_at_once() {
        let mut story = story();
        story.gate.add_permits(10_000);
        let ringers: Vec<_> = (0..8)
            .map(|_| {
                let bell = story.bell.clone();
                tokio::spawn(async move {
                    for _ in 0..200 {
                        bell.ring();
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        for ringer in ringers {
            ringer.await.unwrap();
        }
        story
            .until(|now| now.iteration > 0 && now.running_since.is_none())
            .await;
        story.stop.cancel();
        tokio::time::timeout(DEADLINE, &mut story.task).await.unwrap().unwrap();
        assert_eq!(story.most_at_once.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_stop_lets_the_run_under_way_end_and_starts_no_other() {
        let mut story = story();
        story.bell.ring();
        story.until(|now| now.running_since.is_some()).await;
        story.bell.ring();
        story.stop.cancel();
        assert_eq!(story.at_once.load(Ordering::SeqCst), 1);
        story.gate.add_permits(5);
        tokio::time::timeout(DEADLINE, &mut story.task).await.unwrap().unwrap();
        assert_eq!(story.activity.borrow().iteration, 1);
        assert_eq!(story.at_once.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn who_watches_learns_that_the_loop_is_gone() {
        let mut story = story();
        assert!(story.activity.has_changed().is_ok());
        story.task.abort();
        assert!((&mut story.task).await.unwrap_err().is_cancelled());
        assert!(story.activity.has_changed().is_err());
    }

    #[tokio::test]
    async fn a_ring_before_anybody_listens_is_kept() {
        let bell = Bell::new();
        bell.ring();
        tokio::time::timeout(DEADLINE, bell.rung()).await.unwrap();
    }
}
