//! Rings each bell at each instant of its schedule: once an instant, whatever the clock does meanwhile.
//!
//! The instant comes from [`Schedule`], the alarm is a one-shot job of tokio-cron-scheduler, and the alarm sets the
//! next one. Its recurring jobs are not used: they overlap themselves, may die after a stall, and drift at a
//! change of the clocks. What if an alarm is lost or the clock jumps says [`Line`]: every 30 s, and at
//! every beat of the watchdog, somebody looks.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::agenda::{Line, Step};
use super::{Bell, Clock, Schedule};

mod handle;

use handle::Request;
pub use handle::{NextInstants, SchedulerHandle};

/// Monotonic: between two looks at the wall clock.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// What the loop and tokio-cron-scheduler get to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// It looks for alarms twice a second.
const GOING_OFF: TimeDelta = TimeDelta::seconds(1);
/// Its broadcast channels end their listener for good when they overflow: room for all streams of a big desk in one second.
const JOB_CHANNEL: usize = 1024;

/// A schedule and what it rings.
#[derive(Debug, Clone)]
pub struct Ring {
    /// Unique, e.g. `contoso/incident` or `contoso/incident reconcile`.
    pub name: String,
    /// When.
    pub schedule: Schedule,
    /// What.
    pub bell: Bell,
}

/// tokio-cron-scheduler did not start.
#[derive(Debug, thiserror::Error)]
#[error("the scheduler did not start: {0}")]
pub struct SchedulerError(#[from] JobSchedulerError);

struct Alarm {
    arming: u64,
}

struct Entry {
    line: Line,
    bell: Bell,
    /// Tells the alarm that is set from those that were.
    arming: u64,
    job: Option<Set>,
}

/// An alarm that is set.
struct Set {
    id: Uuid,
    goes_off: DateTime<Utc>,
}

/// The loop that rings; `run` it once.
pub struct Scheduler {
    clock: Clock,
    entries: Vec<Entry>,
    armings: u64,
    alarms: (mpsc::Sender<Alarm>, mpsc::Receiver<Alarm>),
    requests: mpsc::Receiver<Request>,
    next: watch::Sender<NextInstants>,
    handle: SchedulerHandle,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler")
            .field("next", &*self.next.borrow())
            .finish_non_exhaustive()
    }
}

impl Scheduler {
    /// A scheduler of these rings, which wait for their first instants after now.
    pub fn new(clock: Clock, rings: Vec<Ring>) -> Self {
        let (request, requests) = mpsc::channel(16);
        let next = watch::Sender::new(NextInstants::new());
        let handle = SchedulerHandle {
            requests: request,
            next: next.subscribe(),
        };
        let mut scheduler = Self {
            clock,
            entries: Vec::new(),
            armings: 0,
            alarms: mpsc::channel(JOB_CHANNEL),
            requests,
            next,
            handle,
        };
        scheduler.entries = scheduler.entries_of(rings);
        scheduler.publish();
        scheduler
    }

    /// What speaks to it while it runs.
    pub fn handle(&self) -> SchedulerHandle {
        self.handle.clone()
    }

    /// Rings until `stop`.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), SchedulerError> {
        let mut jobs = JobScheduler::new_with_channel_size(JOB_CHANNEL).await?;
        jobs.start().await?;
        self.arm_all(&jobs).await;
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(request) = self.requests.recv() => self.answer(&jobs, request).await,
                Some(alarm) = self.alarms.1.recv() => self.alarm(&jobs, &alarm).await,
                _ = tick.tick() => { self.look(&jobs, (self.clock)()).await; }
            }
        }
        jobs.shutdown().await?;
        Ok(())
    }

    fn entries_of(&self, rings: Vec<Ring>) -> Vec<Entry> {
        let now = (self.clock)();
        let entry = |ring: Ring| Entry {
            line: Line::new(ring.name, ring.schedule, now),
            bell: ring.bell,
            arming: 0,
            job: None,
        };
        rings.into_iter().map(entry).collect()
    }

    async fn answer(&mut self, jobs: &JobScheduler, request: Request) {
        // A caller that no longer waits has its answer dropped.
        match request {
            Request::Look(now, reply) => {
                let _ = reply.send(self.look(jobs, now).await);
            }
            Request::Replace(rings, reply) => {
                for index in 0..self.entries.len() {
                    self.arm(jobs, index, None).await;
                }
                self.entries = self.entries_of(rings);
                self.arm_all(jobs).await;
                let _ = reply.send(());
            }
        }
    }

    async fn arm_all(&mut self, jobs: &JobScheduler) {
        for index in 0..self.entries.len() {
            let planned = self.entries[index].line.planned();
            self.arm(jobs, index, planned).await;
        }
        self.publish();
    }

    async fn alarm(&mut self, jobs: &JobScheduler, alarm: &Alarm) {
        let Some(index) = self.entries.iter().position(|entry| entry.arming == alarm.arming) else {
            return;
        };
        // It has run and goes by itself.
        self.entries[index].job = None;
        let step = self.entries[index].line.alarm((self.clock)());
        self.take(jobs, index, step).await;
        self.publish();
    }

    async fn look(&mut self, jobs: &JobScheduler, now: DateTime<Utc>) -> usize {
        let mut rang = 0;
        for index in 0..self.entries.len() {
            let step = self.entries[index].line.look(now);
            if let Step::Ring(planned, _) = step {
                rang += 1;
                tracing::warn!(ring = self.entries[index].line.name, %planned, "rung late: its timer did not go off");
            }
            self.take(jobs, index, step).await;
        }
        self.publish();
        rang
    }

    async fn take(&mut self, jobs: &JobScheduler, index: usize, step: Step) {
        match step {
            Step::Leave => {}
            Step::Arm(at) => self.arm(jobs, index, at).await,
            Step::Ring(planned, next) => {
                let entry = &self.entries[index];
                tracing::debug!(ring = entry.line.name, %planned, "ring");
                entry.bell.ring();
                self.arm(jobs, index, next).await;
            }
        }
    }

    /// Takes the old alarm away and sets a new one. An alarm that cannot be set is rung by a look.
    async fn arm(&mut self, jobs: &JobScheduler, index: usize, at: Option<DateTime<Utc>>) {
        self.armings += 1;
        let arming = self.armings;
        let now = (self.clock)();
        let entry = &mut self.entries[index];
        entry.arming = arming;
        // An alarm that stays rings in vain: its number is no longer the entry's. One that goes off at this moment, as after a
        // pause of the machine, goes by itself: taken away under its hands, the library would log errors of its own.
        if let Some(old) = entry.job.take().filter(|old| old.goes_off > now + GOING_OFF) {
            let _ = timeout(ANSWER_WITHIN, jobs.remove(&old.id)).await;
        }
        let Some(at) = at else { return };
        let wait = late_enough(at - now);
        let alarms = self.alarms.0.clone();
        let job = Job::new_one_shot(wait, move |_, _| {
            // Full only if the loop is stuck; a look makes up for it.
            let _ = alarms.try_send(Alarm { arming });
        });
        let added = match job {
            Ok(job) => timeout(ANSWER_WITHIN, jobs.add(job))
                .await
                .unwrap_or(Err(JobSchedulerError::CantAdd)),
            Err(error) => Err(error),
        };
        match added {
            Ok(id) => {
                entry.job = Some(Set {
                    id,
                    goes_off: now + wait,
                });
            }
            Err(error) => tracing::warn!(ring = entry.line.name, %error, "timer not set, the next look rings"),
        }
    }

    fn publish(&self) {
        let next: NextInstants = self
            .entries
            .iter()
            .filter_map(|entry| Some((entry.line.name.clone(), entry.line.planned()?)))
            .collect();
        self.next.send_if_modified(|known| {
            let changed = *known != next;
            *known = next;
            changed
        });
    }
}

/// A one-shot counts whole seconds from a whole second, and so may go off a second early: a second more is never early, and late by
/// less than two.
fn late_enough(wait: TimeDelta) -> Duration {
    let seconds = u64::try_from(wait.num_seconds()).unwrap_or(0);
    Duration::from_secs(seconds + 1)
}

#[cfg(test)]
mod tests;
