//! Runs: one activation of a worker, from its first write to its last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::deliver::Delivery;
use super::prepare::Prepared;
use super::progress;
use super::pull::{Halt, Work};
use super::stream::{Stream, store_trouble};
use super::told::Over;
use crate::model::{Say, Trouble};
use crate::sink::Sink;
use crate::source::Source;
use crate::store::{Db, Outcome, StreamKey, Tally, Worker};

/// One activation.
#[derive(Debug, Clone)]
pub struct Run {
    /// Its id, as in `SyncRunId_s`.
    pub id: String,
    /// Stops it after the page in hand.
    pub cancel: CancellationToken,
}

/// How a worker's run ended.
#[derive(Debug, Clone)]
pub struct WorkerReport {
    /// How.
    pub outcome: Outcome,
    /// Why, if it failed.
    pub error: Option<Trouble>,
    /// What the operator should know, though nothing failed.
    pub warnings: Vec<String>,
    /// What it did.
    pub tally: Tally,
    /// When it began, if it read the head to its end.
    pub read_to_end: Option<DateTime<Utc>>,
}

/// What a run reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The head, to its end as of this moment.
    Head,
    /// Slices with an end, and what is to be tried again.
    Rest,
    /// Both, side by side: a foreground sync.
    Both,
}

impl<S: Source, K: Sink> Stream<S, K> {
    /// Runs once. Never fails: what went wrong is in the report and in the store.
    pub async fn run(&self, run: &Run, pass: Pass) -> WorkerReport {
        let (started, begun_at) = ((self.now)(), tokio::time::Instant::now());
        let worker = match pass {
            Pass::Head | Pass::Both => Worker::Head,
            Pass::Rest => Worker::Rest,
        };
        let tally = Mutex::new(Tally::default());
        let mut warnings = Vec::new();
        let begun = self.begin(worker, run, started).await;
        let result = match &begun {
            Ok(_) => {
                let work = self.work(run, pass, started, &tally, &mut warnings);
                Box::pin(progress::by(worker, work)).await
            }
            Err(Halt::Interrupted) => Err(Halt::Interrupted),
            Err(Halt::TooSlow(trouble) | Halt::Trouble(trouble)) => Err(Halt::Trouble(trouble.clone())),
        };
        self.count_lost(&tally);
        let (outcome, error) = match result {
            Ok(()) => (Outcome::Complete, None),
            Err(Halt::Interrupted) => (Outcome::Interrupted, None),
            Err(Halt::TooSlow(trouble) | Halt::Trouble(trouble)) => (Outcome::Failed, Some(trouble)),
        };
        let tally = *tally.lock().unwrap_or_else(PoisonError::into_inner);
        let read_to_end = (outcome == Outcome::Complete && pass != Pass::Rest).then_some(started);
        let report = WorkerReport {
            outcome,
            error,
            warnings,
            tally,
            read_to_end,
        };
        self.progress.ended(worker, outcome, begun_at.elapsed());
        self.tell(run, worker, &report);
        if let Ok(row) = begun {
            self.end(run, row, &report).await;
        }
        self.write_log(run, worker, &report).await;
        report
    }

    /// Requests of pages that failed for good were sent all the same.
    fn count_lost(&self, tally: &Mutex<Tally>) {
        let lost = Tally {
            requests: self.source.take_lost_requests() + self.keys.take_lost_requests(),
            ..Tally::default()
        };
        *tally.lock().unwrap_or_else(PoisonError::into_inner) += lost;
        self.progress.add(lost);
    }

    async fn work(
        &self,
        run: &Run,
        pass: Pass,
        started: DateTime<Utc>,
        tally: &Mutex<Tally>,
        warnings: &mut Vec<String>,
    ) -> Result<(), Halt> {
        let prepared = tokio::select! {
            biased;
            () = run.cancel.cancelled() => return Err(Halt::Interrupted),
            prepared = self.prepare() => prepared?,
        };
        warnings.extend(prepared.warnings.iter().cloned());
        let work = Work {
            delivery: delivery(run, &prepared),
            source_now: prepared.source_now,
            tally,
            cancel: &run.cancel,
        };
        let asked = Tally {
            requests: prepared.requests,
            ..Tally::default()
        };
        work.count(asked);
        self.progress.add(asked);
        let read = match pass {
            Pass::Head => self.read_head(&work, &prepared, started).await,
            Pass::Rest => {
                let read = self.read_rest(&work).await;
                self.then_reconcile(&work, read).await
            }
            Pass::Both => {
                let (head, rest) = tokio::join!(self.read_head(&work, &prepared, started), self.read_rest(&work));
                self.then_reconcile(&work, head.and(rest)).await
            }
        };
        read?;
        warnings.extend(self.nothing_readable(prepared.stream, tally).await);
        Ok(())
    }

    /// A table of which the user may read nothing although it has rows: no error, but nothing anybody wants.
    async fn nothing_readable(&self, stream: StreamKey, tally: &Mutex<Tally>) -> Option<String> {
        let Tally { read, hidden, .. } = *tally.lock().unwrap_or_else(PoisonError::into_inner);
        if read > 0 || hidden == 0 {
            return None;
        }
        let delivered = self.store.call(move |db| db.ledger_records(stream)).await.ok()?;
        (delivered == 0).then(|| {
            format!("{hidden} records match, but the user may read none of them: check its roles and the table's access rules")
        })
    }

    /// The first write of a run. A daemon tries until it succeeds: then it goes on as soon as there is room on the disk.
    async fn begin(&self, worker: Worker, run: &Run, started: DateTime<Utc>) -> Result<i64, Halt> {
        let (id, prints, run_id) = (self.id.clone(), self.settings.prints.clone(), run.id.clone());
        let begin = move |db: &Db<'_>| {
            let stream = db.stream_or_new(&id, &prints)?.key;
            db.begin_run(stream, worker, &run_id, started)
        };
        if !self.settings.patient {
            self.until_room().await?;
            return self
                .store
                .call(begin)
                .await
                .map_err(|error| store_trouble(&error).into());
        }
        tokio::select! {
            biased;
            begun = async { self.until_room().await?; self.persist(begin).await } => Ok(begun?),
            // Nothing was delivered that has to be written down.
            () = run.cancel.cancelled() => Err(Halt::Interrupted),
        }
    }

    /// The last write of a run; a daemon tries until it succeeds, or it would show what is long over.
    async fn end(&self, run: &Run, row: i64, report: &WorkerReport) {
        let error = report.error.as_ref().map(error_json);
        let (ended, outcome, tally) = ((self.now)(), report.outcome, report.tally);
        let warnings = report.warnings.clone();
        let end = move |db: &Db<'_>| db.end_run(row, ended, outcome, error.as_deref(), &warnings, &tally);
        let Err(error) = self.store.call(end.clone()).await else {
            return;
        };
        let trouble = store_trouble(&error);
        tracing::error!(stream = %self.id, code = trouble.code, "the end of a run could not be written down: {trouble}");
        if !self.settings.patient {
            return;
        }
        tokio::select! {
            _ = self.persist(end) => {}
            () = run.cancel.cancelled() => {}
        }
    }

    /// Says once how a run ended; a run that found nothing is not worth a line, and a failure that repeats itself not one
    /// each time.
    fn tell(&self, run: &Run, worker: Worker, report: &WorkerReport) {
        let Tally {
            read,
            sent,
            unchanged,
            quarantined,
            deleted,
            ..
        } = report.tally;
        let (stream, name, run) = (&self.id, worker.as_str(), &run.id);
        for warning in report.warnings.iter().filter(|warning| self.told.is_new(warning)) {
            tracing::warn!(%stream, "{warning}");
        }
        match (&report.error, report.outcome) {
            (Some(trouble), _) => self.tell_failure(run, worker, trouble, sent),
            (None, Outcome::Interrupted) if sent == 0 => tracing::debug!(%stream, worker = %name, %run, "stopped"),
            (None, Outcome::Interrupted) => tracing::info!(%stream, worker = %name, sent, %run, "stopped"),
            (None, _) => {
                for Over { code, times, within } in self.told.got_through(worker) {
                    let span = words(within);
                    tracing::info!(%stream, worker = %name, code = %code, times, "works again after {span}");
                }
                if sent > 0 || quarantined > 0 {
                    tracing::info!(%stream, worker = %name, read, sent, unchanged, quarantined, deleted, %run, "in step");
                } else {
                    tracing::debug!(%stream, worker = %name, read, unchanged, %run, "in step");
                }
            }
        }
    }

    /// Says that a run ended by a fault of ours.
    pub fn tell_fault(&self, run: &Run, worker: Worker, trouble: &Trouble) {
        self.tell_failure(&run.id, worker, trouble, 0);
    }

    fn tell_failure(&self, run: &str, worker: Worker, trouble: &Trouble, sent: u64) {
        let (stream, code, sentence) = (&self.id, trouble.code, trouble.sentence());
        let name = worker.as_str();
        // Servers put a new number into each of their sentences: the remedy is the same as long as the same is wrong.
        match self.told.failed(worker, code, &trouble.remedy) {
            Say::First => tracing::error!(%stream, worker = %name, code = %code, sent, %run, "{sentence}"),
            Say::Again { times, within } => {
                let span = words(within);
                tracing::error!(%stream, worker = %name, code = %code, times, sent, %run, "{sentence} (since {span})");
            }
            Say::Nothing => tracing::debug!(%stream, worker = %name, code = %code, sent, %run, "{sentence}"),
        }
    }
}

/// `45 s`, `12 min`, `3 h 5 min`.
fn words(span: Duration) -> String {
    let (seconds, minutes) = (span.as_secs(), span.as_secs() / 60);
    match minutes {
        0..2 => format!("{seconds} s"),
        2..120 => format!("{minutes} min"),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

fn delivery(run: &Run, prepared: &Prepared) -> Delivery {
    Delivery {
        stream: prepared.stream,
        generation: prepared.generation,
        fulfils: prepared.generation,
        columns: prepared.columns,
        run_id: run.id.clone(),
        window_start: prepared.window_start,
        gone: false,
    }
}

pub(super) fn error_json(trouble: &Trouble) -> String {
    serde_json::json!({
        "code": trouble.code,
        "seen": trouble.seen,
        "means": trouble.means,
        "remedy": trouble.remedy,
    })
    .to_string()
}
