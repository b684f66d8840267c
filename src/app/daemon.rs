//! The daemon: start in order, run until told to stop, stop in order.

use std::path::Path;
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
use super::fault;
use super::heartbeat::beat_each_minute;
use super::report::{Live, report};
use super::requests::{ACCEPTANCE, AskedSync, SYNC};
use super::sync::SyncReport;
use crate::config::{self, Config};
use crate::daemon::{Notifier, Scheduler, SchedulerHandle, Signal, Signals};
use crate::status::http::{Views, serve};
use crate::status::{self, Metrics};
use crate::store::{Request, Store};
use crate::sync::{Resync, resync};

/// How often requests of the command line are looked for.
const LOOK_FOR_REQUESTS: Duration = Duration::from_secs(1);

/// How long the store may take to answer the watchdog.
const STORE_ANSWERS_WITHIN: Duration = Duration::from_secs(10);

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
            let healthy = || async { daemon.unhealthy().await.is_empty() };
            notifier.watchdog(daemon.stop.clone(), healthy).await;
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

    async fn obey(&self, signals: &mut Signals, notifier: &Notifier) -> Exit {
        loop {
            match signals.next().await {
                Signal::SyncNow => {
                    tracing::info!("SIGUSR1: syncing now");
                    self.crew().ring_heads();
                }
                Signal::Resync => self.resync_all().await,
                Signal::Reload => {
                    notifier.reloading();
                    self.reload().await;
                    notifier.ready();
                }
                Signal::Stop => {
                    tracing::info!("stopping: pages in hand are finished");
                    return Exit::Stopped;
                }
            }
        }
    }

    async fn resync_all(&self) {
        let crew = self.crew();
        for member in crew.members() {
            let (id, overlap) = (member.stream.id.clone(), member.stream.settings.overlap);
            let laid = self.store.call(move |db| match db.stream(&id)? {
                Some(row) => resync(db, &row, None, overlap),
                None => Ok(Resync::NeverRead),
            });
            match laid.await {
                Ok(laid) => {
                    tracing::info!(stream = %member.stream.id, "SIGUSR2: the window is delivered again: {laid}");
                }
                Err(error) => {
                    tracing::error!(stream = %member.stream.id, %error, "the resync could not be written down");
                }
            }
            member.head.ring();
            member.rest.ring();
        }
    }

    /// A bad file keeps the old configuration and says so.
    async fn reload(&self) {
        let old = self.crew();
        let loaded = match config::load(old.parts.config.path.as_path()) {
            Ok(loaded) => loaded,
            Err(errors) => {
                self.metrics.reloaded(false, super::now());
                tracing::error!("SIGHUP: the configuration has mistakes, the old one stays in force\n{errors}");
                return;
            }
        };
        warn_of_what_needs_a_restart(&old.parts.config, &loaded.config);
        let parts = match Parts::build_after(loaded.config, self.store.clone(), None, Some(&old.parts)) {
            Ok(parts) => parts,
            Err(trouble) => {
                self.metrics.reloaded(false, super::now());
                tracing::error!("SIGHUP: the configuration cannot be used, the old one stays in force: {trouble}");
                return;
            }
        };
        // The old workers first finish their pages: of one stream only one worker of a kind may run.
        old.stop(STOP_WITHIN).await;
        self.metrics.observe(old.parts.samples());
        self.metrics.observe(parts.samples());
        self.metrics.reloaded(true, super::now());
        if let Err(error) = parts.honour_pauses() {
            tracing::warn!(%error, "what servers asked for could not be looked up");
        }
        let new = Arc::new(Crew::start(parts));
        self.crew.send_replace(Arc::clone(&new));
        if self.scheduler.replace(new.rings()).await.is_none() {
            tracing::error!("the scheduler does not answer");
        }
        new.ring_heads();
        // An instant may have passed between the old rings and the new.
        new.ring_reconciles();
        tracing::info!("SIGHUP: the configuration was read again");
    }

    async fn take_requests(self: Arc<Self>) {
        let mut tick = tokio::time::interval(LOOK_FOR_REQUESTS);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let now = super::now();
            match self.store.call(move |db| db.take_requests(now)).await {
                Ok(requests) => {
                    for request in requests {
                        let daemon = Arc::clone(&self);
                        self.tasks.spawn(async move { daemon.answer(request).await });
                    }
                }
                Err(error) => tracing::warn!(%error, "requests could not be looked for"),
            }
        }
    }

    async fn answer(self: Arc<Self>, request: Request) {
        let answer = match request.verb.as_str() {
            SYNC => {
                let asked: AskedSync = serde_json::from_str(&request.body).unwrap_or_default();
                tracing::info!(reconcile = asked.reconcile, "asked to sync now");
                // Whoever asked waits for an answer, whatever happens here.
                let daemon = Arc::clone(&self);
                match fault::guarded(async move { daemon.sync(&asked).await }).await {
                    Ok(report) => serde_json::to_string(&report).unwrap_or_default(),
                    Err(panic) => {
                        tracing::error!("{}", fault::trouble(&panic));
                        String::new()
                    }
                }
            }
            // Whatever else was asked stands in the store already: the workers have only to look.
            verb => {
                tracing::info!(verb, "asked to look at once");
                for member in self.crew().members() {
                    member.head.ring();
                    member.rest.ring();
                }
                "{}".to_owned()
            }
        };
        if let Err(error) = self.store.call(move |db| db.answer(request.id, &answer)).await {
            tracing::warn!(%error, "a request could not be answered");
        }
    }

    /// One pass; what a reload tears of it the new crew begins again.
    async fn sync(&self, asked: &AskedSync) -> SyncReport {
        loop {
            let crew = self.crew();
            let report = crew.sync(asked).await;
            if report.is_well() || !crew.is_stopping() {
                return report;
            }
            let mut crews = self.crew.subscribe();
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return report,
                next = crews.wait_for(|now| !Arc::ptr_eq(now, &crew)) => if next.is_err() { return report },
            }
        }
    }

    /// One line for `systemctl status`, when it changes.
    async fn tell_status(self: Arc<Self>, notifier: &Notifier) {
        let mut tick = tokio::time::interval(Duration::from_secs(10));
        let mut told = String::new();
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            let Ok(report) = self.report().await else { continue };
            let streams = report.streams().count();
            let records: u64 = report.streams().map(|(_, stream)| stream.records).sum();
            let line = format!(
                "{}: {streams} streams, {records} records in the window",
                report.mood().as_str()
            );
            if line != told {
                notifier.status(&line);
                told = line;
            }
        }
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

    async fn report(&self) -> Result<status::Report, String> {
        let crew = self.crew();
        self.metrics.observe(crew.parts.samples());
        let mut live = Live {
            next: self.scheduler.next_instants().borrow().clone(),
            waiting: Some(crew.parts.waiting()),
            refused: crew.parts.refused(super::now()),
            ..Live::default()
        };
        for member in crew.members() {
            if let Some(trouble) = member.stream.unwritten() {
                live.unwritten
                    .insert(member.stream.id.to_string(), status::Problem::from(&trouble));
            }
        }
        report(&crew.parts.config, &self.store, live, super::now())
            .await
            .map_err(|error| error.to_string())
    }

    /// What does not answer; a remote's trouble is none of it, or supervisors would restart a healthy daemon.
    async fn unhealthy(&self) -> Vec<String> {
        let mut dead = Vec::new();
        let store = tokio::time::timeout(
            STORE_ANSWERS_WITHIN,
            self.store.call(|db| db.stream_names().map(|_| ())),
        );
        if !matches!(store.await, Ok(Ok(()))) {
            dead.push("the state file does not answer".to_owned());
        }
        if self.scheduler.look(super::now()).await.is_none() {
            dead.push("the scheduler does not answer".to_owned());
        }
        dead.extend(self.crew().gone());
        dead
    }

    fn views(self: &Arc<Self>) -> Views {
        let (report, healthy, ready) = (Arc::clone(self), Arc::clone(self), Arc::clone(self));
        Views::new(
            move || {
                let daemon = Arc::clone(&report);
                async move { daemon.report().await }
            },
            move || {
                let daemon = Arc::clone(&healthy);
                async move { daemon.unhealthy().await }
            },
            move || {
                let ready = ready.ready.load(Ordering::Relaxed);
                async move { if ready { Vec::new() } else { vec!["starting".to_owned()] } }
            },
            Arc::clone(&self.metrics),
        )
    }
}

fn warn_of_what_needs_a_restart(old: &Config, new: &Config) {
    let changed = |what: &str, old: &dyn std::fmt::Debug, new: &dyn std::fmt::Debug| {
        tracing::warn!("SIGHUP: {what} changed from {old:?} to {new:?}; that needs a restart");
    };
    let (old_state, new_state): (&Path, &Path) = (&old.state, &new.state);
    if old_state != new_state {
        changed("[state] path", &old_state, &new_state);
    }
    if old.http != new.http {
        changed("[http] listen", &old.http, &new.http);
    }
}
