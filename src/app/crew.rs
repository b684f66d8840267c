//! The crew: a head and a rest activation for each stream, as long as one configuration is in force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::build::{DeskStream, Parts};
use super::sync::{ConnectionSync, StreamSync, SyncReport};
use crate::config::Splay;
use crate::daemon::{Activation, Activity, Bell, Ring, Schedule};
use crate::status::metrics::RequestOutcome;
use crate::status::{Metrics, Outcome, Problem};
use crate::store::{Outcome as RunOutcome, Tally, Worker};
use crate::sync::{Pass, Run, WorkerReport};

/// The workers of every stream.
#[derive(Debug)]
pub(super) struct Crew {
    pub parts: Parts,
    members: Vec<Arc<Member>>,
    tasks: tokio::sync::Mutex<JoinSet<()>>,
    stop: CancellationToken,
}

/// One stream's two workers.
#[derive(Debug)]
pub(super) struct Member {
    pub stream: Arc<DeskStream>,
    pub head: Bell,
    pub rest: Bell,
    head_activity: watch::Receiver<Activity>,
    rest_activity: watch::Receiver<Activity>,
    last: Mutex<BTreeMap<&'static str, WorkerReport>>,
    metrics: Arc<Metrics>,
}

impl Crew {
    /// Starts the workers; they wait for their bells.
    pub fn start(parts: Parts, metrics: &Arc<Metrics>) -> Self {
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        let mut members = Vec::new();
        for (_, stream) in parts.streams() {
            let head = Activation::new(Bell::new(), super::clock());
            let rest = Activation::new(Bell::new(), super::clock());
            let member = Arc::new(Member {
                stream: Arc::clone(stream),
                head: head.bell(),
                rest: rest.bell(),
                head_activity: head.watch(),
                rest_activity: rest.watch(),
                last: Mutex::default(),
                metrics: Arc::clone(metrics),
            });
            for (activation, pass) in [(head, Pass::Head), (rest, Pass::Rest)] {
                let (member, cancel) = (Arc::clone(&member), stop.clone());
                tasks.spawn(activation.run(stop.clone(), move || {
                    let (member, cancel) = (Arc::clone(&member), cancel.clone());
                    async move { member.work(pass, cancel).await }
                }));
            }
            members.push(member);
        }
        Self {
            parts,
            members,
            tasks: tokio::sync::Mutex::new(tasks),
            stop,
        }
    }

    /// Its members.
    pub fn members(&self) -> &[Arc<Member>] {
        &self.members
    }

    /// What the scheduler is to ring.
    pub fn rings(&self) -> Vec<Ring> {
        let mut rings = Vec::new();
        for connected in &self.parts.connections {
            let settings = &connected.settings;
            let mut schedule = match Schedule::parse(&settings.schedule, settings.schedule_time_zone) {
                Ok(schedule) => schedule,
                Err(error) => {
                    tracing::error!(connection = %settings.name, %error, "nothing rings this connection");
                    continue;
                }
            };
            if let Splay::Percent(percent) = settings.splay {
                schedule = schedule.splayed(settings.name.as_str(), percent, super::now());
            }
            let members = self
                .members
                .iter()
                .filter(|member| member.stream.id.connection == settings.name);
            rings.extend(members.map(|member| Ring {
                name: member.stream.id.to_string(),
                schedule: schedule.clone(),
                bell: member.head.clone(),
            }));
        }
        rings
    }

    /// The member that a ring's name speaks of.
    pub fn member(&self, ring: &str) -> Option<&Arc<Member>> {
        self.members.iter().find(|member| member.stream.id.to_string() == ring)
    }

    /// Rings every head.
    pub fn ring_heads(&self) {
        self.members.iter().for_each(|member| member.head.ring());
    }

    /// Stops after the pages in hand; those that take longer are dropped, and read again at the next run.
    pub async fn stop(&self, within: Duration) {
        self.stop.cancel();
        let mut tasks = self.tasks.lock().await;
        let ended = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(within, ended).await.is_err() {
            tracing::warn!("pages in hand took too long and were dropped; they are read again");
            tasks.shutdown().await;
        }
    }

    /// Rings the named connections (all, if none is named) and waits until they are through: `itsmd sync` beside a daemon.
    pub async fn sync(&self, only: &BTreeSet<String>) -> SyncReport {
        let begun = Instant::now();
        let chosen = |name: &str| only.is_empty() || only.contains(name);
        let mut connections = Vec::new();
        let mut waits = Vec::new();
        for connected in self
            .parts
            .connections
            .iter()
            .filter(|c| chosen(c.settings.name.as_str()))
        {
            let name = &connected.settings.name;
            let members = self
                .members
                .iter()
                .filter(|member| member.stream.id.connection == *name);
            waits.extend(members.map(|member| member.pass(&self.stop)));
        }
        let passed = futures_util::future::join_all(waits).await;
        let mut passed = passed.into_iter();
        for connected in self
            .parts
            .connections
            .iter()
            .filter(|c| chosen(c.settings.name.as_str()))
        {
            let settings = &connected.settings;
            let streams = settings.work_items.iter().map(|&kind| match settings.enabled {
                true => passed.next().unwrap_or_else(|| skipped(kind)),
                false => skipped(kind),
            });
            connections.push(ConnectionSync {
                name: settings.name.to_string(),
                streams: streams.collect(),
            });
        }
        SyncReport {
            run_id: super::new_run_id(),
            elapsed_seconds: begun.elapsed().as_secs_f64(),
            connections,
        }
    }
}

fn skipped(kind: crate::model::WorkItemKind) -> StreamSync {
    StreamSync::of(kind, Outcome::Skipped, None, Tally::default())
}

impl Member {
    async fn work(&self, pass: Pass, cancel: CancellationToken) {
        let run = Run {
            id: super::new_run_id(),
            cancel,
        };
        let report = self.stream.run(&run, pass).await;
        self.count(&report);
        let worker = if pass == Pass::Rest { Worker::Rest } else { Worker::Head };
        let complete = report.outcome == RunOutcome::Complete;
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(worker.as_str(), report);
        // A rest that failed is rung again by the next head that gets through: never in a tight loop.
        if pass == Pass::Head && complete && self.rest_is_due().await {
            self.rest.ring();
        }
    }

    /// Whether there are slices to read or records to try again.
    pub async fn rest_is_due(&self) -> bool {
        let id = self.stream.id.clone();
        let due = self.stream.store.call(move |db| {
            let Some(row) = db.stream(&id)? else { return Ok(false) };
            let slices = db.slices(row.key)?;
            let unread = slices
                .iter()
                .any(|stored| stored.slice.to.is_some() && !stored.complete);
            Ok(unread || !db.to_retry(row.key)?.is_empty())
        });
        due.await.unwrap_or(false)
    }

    fn count(&self, report: &WorkerReport) {
        let (id, tally, metrics) = (&self.stream.id, report.tally, &self.metrics);
        metrics.records_read(id, tally.read);
        metrics.records_sent(id, tally.sent);
        metrics.records_unchanged(id, tally.unchanged);
        metrics.hidden_rows(id, tally.hidden);
        metrics.bytes_sent(id, tally.bytes_sent);
        metrics.requests(id, RequestOutcome::Ok, tally.requests);
        metrics.run_ended(id, super::sync::outcome(report.outcome));
    }

    /// One whole pass, begun after now: the head to its end, then the rest if it is due.
    async fn pass(&self, stop: &CancellationToken) -> StreamSync {
        let before = self.stream.progress.tally();
        for (bell, activity) in [(&self.head, &self.head_activity), (&self.rest, &self.rest_activity)] {
            if std::ptr::eq(bell, &self.rest) && !self.rest_is_due().await && activity.borrow().running_since.is_none()
            {
                continue;
            }
            let mut activity = activity.clone();
            // A run under way may have looked already: the one after it counts.
            let target = {
                let now = activity.borrow_and_update();
                now.iteration + 1
            };
            bell.ring();
            let through =
                activity.wait_for(|a| a.iteration > target || (a.iteration == target && a.running_since.is_none()));
            tokio::select! {
                _ = through => {}
                () = stop.cancelled() => break,
            }
        }
        let tally = since(before, self.stream.progress.tally());
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = last.values().find(|report| report.outcome == RunOutcome::Failed);
        let outcome = match (failed, stop.is_cancelled()) {
            (Some(_), _) => Outcome::Failed,
            (None, true) => Outcome::Interrupted,
            (None, false) => Outcome::Complete,
        };
        let error = failed.and_then(|report| report.error.as_ref()).map(Problem::from);
        let warnings = last.values().flat_map(|report| report.warnings.clone()).collect();
        StreamSync {
            warnings,
            ..StreamSync::of(self.stream.id.kind, outcome, error, tally)
        }
    }
}

fn since(before: Tally, now: Tally) -> Tally {
    Tally {
        read: now.read - before.read,
        sent: now.sent - before.sent,
        unchanged: now.unchanged - before.unchanged,
        quarantined: now.quarantined - before.quarantined,
        deleted: now.deleted - before.deleted,
        hidden: now.hidden - before.hidden,
        requests: now.requests - before.requests,
        bytes_sent: now.bytes_sent - before.bytes_sent,
    }
}
