//! A member of the crew: one stream's two workers, what they do at a ring, and a pass that somebody waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::build::{Connected, DeskStream};
use super::still::{self, Sight, Still};
use super::sync::StreamSync;
use super::{fault, reconcile};
use crate::daemon::{Activation, Activity, Bell, Schedule};
use crate::net::{Client, Waiting};
use crate::status::{Outcome, Problem};
use crate::store::{Outcome as RunOutcome, Sweep, Tally, Worker};
use crate::sync::{Pass, Run, WorkerReport};

/// How often a pass that somebody waits for looks whether the server asked for more patience than they have.
const LOOK_FOR_PAUSES: Duration = Duration::from_millis(500);

/// One stream's two workers.
#[derive(Debug)]
pub(super) struct Member {
    pub stream: Arc<DeskStream>,
    pub head: Bell,
    pub rest: Bell,
    /// Looks whether a sweep is due.
    pub reconcile: Bell,
    /// When one is; never, if that is off.
    pub reconciles: Option<Schedule>,
    client: Client,
    head_activity: watch::Receiver<Activity>,
    rest_activity: watch::Receiver<Activity>,
    reconcile_activity: watch::Receiver<Activity>,
    last: Mutex<Last>,
    asked_run: Mutex<Option<String>>,
    still: [Still; 2],
    longest_silence: Duration,
}

/// The loops behind a member's bells.
#[derive(Debug)]
pub(super) struct Loops {
    pub head: Activation,
    pub rest: Activation,
    pub reconcile: Activation,
}

impl Loops {
    /// Loops that wait.
    pub fn new() -> Self {
        let waiting = || Activation::new(Bell::new(), super::clock());
        Self {
            head: waiting(),
            rest: waiting(),
            reconcile: waiting(),
        }
    }
}

/// The last report of each worker.
#[derive(Debug, Default)]
struct Last {
    head: Option<WorkerReport>,
    rest: Option<WorkerReport>,
}

/// A pass that somebody waits for.
#[derive(Debug, Clone)]
pub(super) struct AskedPass {
    /// The id of its runs.
    pub run_id: String,
    /// How long a server may make it wait; without one as long as it likes.
    pub wait: Option<Duration>,
    /// What it is to look for beside the ordinary.
    pub sweep: Option<Sweep>,
}

/// How waiting for one run of a worker ended.
enum Waited {
    Through,
    Stopped,
    TooLong(Problem),
}

impl Member {
    /// The member of a connection's stream behind these loops.
    pub fn new(connected: &Connected, stream: Arc<DeskStream>, loops: &Loops) -> Self {
        let settings = &connected.settings;
        let reconciles = settings.reconcile.as_deref().and_then(|fields| {
            super::schedule(settings, fields, super::now())
                .inspect_err(|error| tracing::error!(stream = %stream.id, %error, "nothing rings its reconcile"))
                .ok()
        });
        Self {
            stream,
            client: connected.client.clone(),
            head: loops.head.bell(),
            rest: loops.rest.bell(),
            reconcile: loops.reconcile.bell(),
            reconciles,
            head_activity: loops.head.watch(),
            rest_activity: loops.rest.watch(),
            reconcile_activity: loops.reconcile.watch(),
            last: Mutex::default(),
            asked_run: Mutex::default(),
            still: Default::default(),
            longest_silence: still::longest(settings.request_timeout),
        }
    }

    /// For how long a run of one of its workers has done nothing, though nobody asked it to wait, if that is too long.
    pub fn stands_still(&self) -> Option<Duration> {
        let workspace = self.stream.sink.client().and_then(Client::waiting);
        let waits = self.client.waiting().is_some() || workspace.is_some() || self.stream.unwritten().is_some();
        let workers = [
            (Worker::Head, *self.head_activity.borrow()),
            (Worker::Rest, *self.rest_activity.borrow()),
        ];
        let silent = workers.into_iter().zip(&self.still).map(|((worker, activity), still)| {
            let sight = (activity.running_since.is_some() && !waits).then(|| Sight {
                runs: activity.iteration,
                moves: self.stream.progress.moves(worker),
            });
            still.look(sight)
        });
        silent.max().filter(|silent| *silent > self.longest_silence)
    }

    /// Whether a worker's loop has ended.
    pub fn is_gone(&self) -> bool {
        // Each loop owns the sender of its activity.
        [&self.head_activity, &self.rest_activity, &self.reconcile_activity]
            .into_iter()
            .any(|activity| activity.has_changed().is_err())
    }

    /// One run of a worker; whatever happens in it, the worker lives on.
    pub async fn work(&self, pass: Pass, cancel: CancellationToken) {
        let asked = locked(&self.asked_run).clone();
        let run = Run {
            id: asked.unwrap_or_else(super::new_run_id),
            cancel,
        };
        let (stream, running) = (Arc::clone(&self.stream), run.clone());
        let report = match fault::guarded(async move { stream.run(&running, pass).await }).await {
            Ok(report) => report,
            Err(seen) => self.failed(&run, pass, &seen).await,
        };
        let interrupted = report.outcome == RunOutcome::Interrupted;
        {
            let mut last = locked(&self.last);
            match pass {
                Pass::Rest => last.rest = Some(report),
                Pass::Head | Pass::Both => last.head = Some(report),
            }
        }
        // A head that fails for ever must not stop the rest. A rest that failed is rung again by the next head: never in
        // a tight loop.
        if pass == Pass::Head && !interrupted {
            self.look_for_the_rest().await;
        }
    }

    /// Asks for a sweep if one is due, and rings the rest worker if it has something to do.
    pub async fn look_for_the_rest(&self) {
        if let Some(schedule) = &self.reconciles {
            match reconcile::ask_if_due(&self.stream, schedule, super::now()).await {
                Ok(true) => tracing::info!(stream = %self.stream.id, "reconciling: what no cursor sees is looked for"),
                Ok(false) => {}
                // The end of the next head run looks again.
                Err(error) => tracing::error!(stream = %self.stream.id, %error, "a reconcile could not be asked for"),
            }
        }
        if self.rest_is_due().await {
            self.rest.ring();
        }
    }

    /// The report of a run that panicked, in the store too.
    async fn failed(&self, run: &Run, pass: Pass, seen: &str) -> WorkerReport {
        let trouble = fault::trouble(seen);
        let worker = match pass {
            Pass::Head | Pass::Both => Worker::Head,
            Pass::Rest => Worker::Rest,
        };
        self.stream.tell_fault(run, worker, &trouble);
        let problem = serde_json::to_string(&Problem::from(&trouble)).unwrap_or_default();
        let (id, run_id, now) = (self.stream.id.clone(), run.id.clone(), super::now());
        let written = self.stream.store.call(move |db| match db.stream(&id)? {
            Some(row) => db.fail_open_run(row.key, &run_id, now, &problem),
            None => Ok(()),
        });
        if let Err(error) = written.await {
            tracing::error!(stream = %self.stream.id, %error, "the end of a run could not be written down");
        }
        self.stream.progress.ended(worker, RunOutcome::Failed, Duration::ZERO);
        self.stream.log_fault(run, worker, &trouble).await;
        WorkerReport {
            outcome: RunOutcome::Failed,
            error: Some(trouble),
            warnings: Vec::new(),
            tally: Tally::default(),
            read_to_end: None,
        }
    }

    /// Whether there are slices to read, records to try again, or a sweep to be done.
    pub async fn rest_is_due(&self) -> bool {
        let id = self.stream.id.clone();
        let due = self.stream.store.call(move |db| {
            let Some(row) = db.stream(&id)? else { return Ok(false) };
            let slices = db.slices(row.key)?;
            let unread = slices
                .iter()
                .any(|stored| stored.slice.to.is_some() && !stored.complete);
            Ok(unread || !db.to_retry(row.key)?.is_empty() || db.sweep(row.key)?.asked.is_some())
        });
        due.await.unwrap_or(false)
    }

    /// One whole pass, begun after now: the head to its end, then the rest if it is due.
    pub async fn pass(&self, asked: &AskedPass, stop: &CancellationToken) -> StreamSync {
        if let Some(sweep) = asked.sweep
            && let Err(error) = reconcile::ask(&self.stream, sweep).await
        {
            let problem = Problem::from(&error.trouble());
            return StreamSync::of(self.stream.id.kind, Outcome::Failed, Some(problem), Tally::default());
        }
        let before = self.stream.progress.tally();
        *locked(&self.asked_run) = Some(asked.run_id.clone());
        let mut ran = Vec::new();
        let mut waited = Waited::Through;
        for worker in [Worker::Head, Worker::Rest] {
            if worker == Worker::Rest
                && !self.rest_is_due().await
                && self.rest_activity.borrow().running_since.is_none()
            {
                continue;
            }
            waited = self.wait_for(worker, asked.wait, stop).await;
            match waited {
                Waited::Through => ran.push(worker),
                Waited::Stopped | Waited::TooLong(_) => break,
            }
        }
        locked(&self.asked_run).take_if(|run| *run == asked.run_id);
        let tally = since(before, self.stream.progress.tally());
        // The run that swept may have ended before the one that was waited for.
        let blocked = match asked.sweep {
            Some(_) => reconcile::blocked(&self.stream).await,
            None => None,
        };
        // A pass that waits too long ends, and the daemon goes on with what was asked of it.
        let goes_on = matches!(waited, Waited::TooLong(_));
        let mut report = self.passed(&ran, waited, tally, blocked);
        if asked.sweep.is_some() && !goes_on {
            report.warnings.extend(reconcile::left_over(&self.stream).await);
        }
        report
    }

    /// Rings a worker and waits for a run begun after that, as long as the server wishes for no more than `wait`.
    async fn wait_for(&self, worker: Worker, wait: Option<Duration>, stop: &CancellationToken) -> Waited {
        let (bell, activity) = match worker {
            Worker::Head => (&self.head, &self.head_activity),
            Worker::Rest => (&self.rest, &self.rest_activity),
        };
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
            // Whoever asked is not told of a run that a stop may have torn.
            biased;
            () = stop.cancelled() => Waited::Stopped,
            through = through => match through {
                Ok(_) => Waited::Through,
                // Nobody is left who would run.
                Err(_) => Waited::Stopped,
            },
            problem = self.pause_beyond(wait) => Waited::TooLong(problem),
        }
    }

    /// Waits for a pause that is longer than `wait`.
    async fn pause_beyond(&self, wait: Option<Duration>) -> Problem {
        let Some(wait) = wait else {
            return std::future::pending().await;
        };
        let mut look = tokio::time::interval(LOOK_FOR_PAUSES);
        loop {
            look.tick().await;
            let workspace = self.stream.sink.client().and_then(Client::waiting);
            let waiting = self.client.waiting().into_iter().chain(workspace);
            if let Some(waiting) = waiting
                .max_by_key(Waiting::left)
                .filter(|waiting| waiting.left() > wait)
            {
                return too_long(&waiting, wait);
            }
        }
    }

    /// How a pass ended: only of the workers that ran in it.
    fn passed(&self, ran: &[Worker], waited: Waited, tally: Tally, blocked: Option<Problem>) -> StreamSync {
        let last = locked(&self.last);
        let reports: Vec<&WorkerReport> = ran
            .iter()
            .filter_map(|worker| match worker {
                Worker::Head => last.head.as_ref(),
                Worker::Rest => last.rest.as_ref(),
            })
            .collect();
        let failed = reports.iter().find(|report| report.outcome == RunOutcome::Failed);
        let failed = failed.map(|report| report.error.as_ref().map(Problem::from));
        let torn = reports.iter().any(|report| report.outcome == RunOutcome::Interrupted);
        let (outcome, error) = match (failed, waited) {
            (Some(error), _) => (Outcome::Failed, error),
            (None, Waited::TooLong(problem)) => (Outcome::Failed, Some(problem)),
            (None, Waited::Stopped) => (Outcome::Interrupted, None),
            (None, Waited::Through) if torn => (Outcome::Interrupted, None),
            (None, Waited::Through) if blocked.is_some() => (Outcome::Failed, blocked),
            (None, Waited::Through) => (Outcome::Complete, None),
        };
        let warnings = reports.iter().flat_map(|report| report.warnings.clone()).collect();
        StreamSync {
            warnings,
            ..StreamSync::of(self.stream.id.kind, outcome, error, tally)
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn too_long(waiting: &Waiting, wait: Duration) -> Problem {
    let left = waiting.left();
    let until = chrono::TimeDelta::from_std(left).ok().map(|left| super::now() + left);
    let until = until.map_or_else(String::new, |until| {
        until.format(" until %Y-%m-%d %H:%M:%S UTC").to_string()
    });
    Problem {
        code: "ITSMD-NET-007".to_owned(),
        seen: format!("the server asked to wait{until}: {}", waiting.why),
        means: format!("that is longer than the {} s of --wait", wait.as_secs()),
        remedy: "nothing: the daemon goes on by itself then; `itsmd status` shows it".to_owned(),
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

#[cfg(test)]
mod tests;
