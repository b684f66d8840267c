//! The daemon: start in order, run until told to stop, stop in order.

mod asks;
mod health;
mod obey;
mod requests;
mod tell;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::STOP_WITHIN;
use super::announce::announce_hourly;
use super::build::Parts;
use super::crew::Crew;
use super::heartbeat::beat_each_minute;
use super::requests::ACCEPTANCE;
use crate::config::Config;
use crate::daemon::{Notifier, Scheduler, SchedulerHandle, Signals};
use crate::status::Metrics;
use crate::status::http::serve;
use crate::store::Store;

/// Why the daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By a signal.
    Stopped,
    /// A loop that must live for ever died.
    Died,
}

struct Daemon {
    crew: watch::Sender<Arc<Crew>>,
    store: Store,
    scheduler: SchedulerHandle,
    metrics: Arc<Metrics>,
    ready: AtomicBool,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// Runs until a signal. The lock is held by the caller; `listener` is there if the page is wanted and could be bound.
pub async fn run(
    config: Config,
    store: Store,
    listener: Option<TcpListener>,
    mut signals: Signals,
    notifier: Notifier,
) -> anyhow::Result<Exit> {
    let stop = CancellationToken::new();
    let metrics = Arc::new(Metrics::new(super::now()));
    let parts = Parts::build(config, store.clone(), None)?;
    parts.take_over()?;
    let crew = Crew::start(parts);
    let (streams, connections) = (crew.members().len(), crew.parts.connections.len());
    tracing::info!(version = %env!("CARGO_PKG_VERSION"), connections, streams, "itsmd runs");
    let scheduler = Scheduler::new(super::clock(), crew.rings());
    let daemon = Arc::new(Daemon {
        crew: watch::Sender::new(Arc::new(crew)),
        store,
        scheduler: scheduler.handle(),
        metrics,
        ready: AtomicBool::new(false),
        tasks: TaskTracker::new(),
        stop: stop.clone(),
    });
    let scheduling = tokio::spawn(scheduler.run(stop.clone()));
    match daemon.store.call(|db| db.give_back_requests(&[ACCEPTANCE])).await {
        Ok(0) => {}
        Ok(requests) => tracing::info!(requests, "taking up what was asked of the daemon before this one"),
        Err(error) => tracing::warn!(%error, "requests could not be looked for"),
    }
    daemon.spawn_loops(listener, &notifier);
    daemon.ring_what_is_due().await;
    daemon.ready.store(true, Ordering::Relaxed);
    notifier.ready();
    notifier.status("running");
    let exit = tokio::select! {
        exit = daemon.obey(&mut signals, &notifier) => exit,
        ended = scheduling => {
            tracing::error!(?ended, "the scheduler ended; itsmd stops, so that it is started again");
            Exit::Died
        }
    };
    notifier.stopping();
    daemon.end().await;
    Ok(exit)
}

impl Daemon {
    fn spawn_loops(self: &Arc<Self>, listener: Option<TcpListener>, notifier: &Notifier) {
        if let Some(listener) = listener {
            let (views, stop) = (self.views(), self.stop.clone());
            self.tasks.spawn(async move {
                if let Err(error) = serve(listener, views, stop).await {
                    tracing::warn!(%error, "the status page stopped");
                }
            });
        }
        let (daemon, notifier) = (Arc::clone(self), notifier.clone());
        let telling = notifier.clone();
        self.tasks.spawn(async move {
            let answered = || async {
                daemon.answered().await;
                true
            };
            notifier.watchdog(daemon.stop.clone(), answered).await;
        });
        let daemon = Arc::clone(self);
        self.tasks.spawn(async move { daemon.take_requests().await });
        let daemon = Arc::clone(self);
        self.tasks.spawn(async move { daemon.tell_status(&telling).await });
        let (daemon, crews, stop) = (Arc::clone(self), self.crew.subscribe(), self.stop.clone());
        self.tasks.spawn(async move {
            beat_each_minute(crews, || daemon.report(), stop).await;
        });
        self.tasks
            .spawn(announce_hourly(self.crew.subscribe(), self.stop.clone()));
    }

    /// Start-up catches up: what was due while nobody was there, and what was never read, is rung now.
    async fn ring_what_is_due(&self) {
        let crew = self.crew();
        let now = super::now();
        for (member, ring) in crew.heads() {
            let id = member.stream.id.clone();
            let read = self
                .store
                .call(move |db| Ok(db.stream(&id)?.and_then(|row| row.head_read)))
                .await;
            let last = read.ok().flatten();
            let due =
                last.is_none_or(|last| last > now || ring.schedule.next_after(last).is_some_and(|next| next <= now));
            if due {
                member.head.ring();
            }
        }
        // Of what nobody was there for, and of what the rest worker has left.
        crew.ring_reconciles();
    }

    async fn end(&self) {
        self.stop.cancel();
        let latest = Instant::now() + STOP_WITHIN;
        let crew = self.crew();
        crew.stop(STOP_WITHIN).await;
        self.tasks.close();
        // They have heard of it at the same time as the crew: where that took all the time there is, they get no more.
        let soon = Instant::now() + Duration::from_secs(1);
        let _ = tokio::time::timeout_at(soon.min(latest), self.tasks.wait()).await;
        // The page that waited for it is dropped by now; its answer is not.
        crew.parts
            .settle(latest.saturating_duration_since(Instant::now()))
            .await;
    }

    fn crew(&self) -> Arc<Crew> {
        Arc::clone(&self.crew.borrow())
    }
}
