//! A stream's own log: what becomes of it is told to `ServiceDeskLog_CL`, at the end of each run and, between runs, by
//! whoever looks each minute. It never fails a run and never holds one up for long.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::log_row::{LogRow, LogType};
use super::run::{Run, WorkerReport};
use super::stream::Stream;
use crate::model::{StreamId, Trouble};
use crate::sink::Sink;
use crate::store::{Diary, Outcome, StoreError, StreamKey, Tally, Worker};

/// A row that takes longer is tried again at the next ring.
const ROW_WITHIN: Duration = Duration::from_secs(10);

/// What was told, once it is known; the store keeps it over a restart.
#[derive(Debug, Default)]
pub(super) struct Told(tokio::sync::Mutex<Option<Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    diary: Diary,
    /// As the store has it.
    stored: Diary,
}

/// How a stream is between two runs.
#[derive(Debug, Clone)]
pub struct Beat {
    /// When that was so.
    pub at: DateTime<Utc>,
    /// How.
    pub standing: Standing,
    /// Seconds since the start of the last run that read the head to its end.
    pub lag_seconds: Option<u64>,
}

/// How a stream is.
#[derive(Debug, Clone)]
pub enum Standing {
    /// Nothing stands in its way.
    Well(String),
    /// Nothing failed, but somebody may want to look.
    Noteworthy(String),
    /// A server asked for patience, and what fails meanwhile is told when it is over.
    Waits(String),
    /// It failed, or a person has to decide.
    Stands {
        /// The code.
        code: String,
        /// What it means.
        means: String,
        /// All of it.
        exception: String,
    },
}

/// What a row is about, beside its words.
#[derive(Debug, Clone, Copy, Default)]
struct About<'a> {
    code: Option<&'a str>,
    exception: &'a str,
    run_id: &'a str,
    tally: Tally,
    lag_seconds: Option<u64>,
    /// Nobody writes it later.
    once: bool,
}

impl<S, K: Sink> Stream<S, K> {
    /// After a run: what it did, that it failed, or that what failed before works again.
    pub(super) async fn write_log(&self, run: &Run, worker: Worker, report: &WorkerReport) {
        // A workspace that was told to stop takes nothing any more: the next process tells it.
        if run.cancel.is_cancelled() {
            return;
        }
        let now = (self.now)();
        // Each row puts off the hour's sign of life: so each says how old the head is, also one of older records.
        let read = match report.read_to_end {
            Some(started) => Some(started),
            None => self.head_read().await,
        };
        let mut about = About {
            run_id: &run.id,
            tally: report.tally,
            lag_seconds: read.map(|read| seconds(now - read)),
            ..About::default()
        };
        match (&report.error, report.outcome) {
            (Some(trouble), _) => self.log_failure(worker, trouble, about).await,
            (None, Outcome::Complete) => {
                let mut held = self.diary.0.lock().await;
                let Some(kept) = self.kept(&mut held).await else { return };
                kept.diary.got_through(worker);
                let did = report.tally.sent > 0 || report.tally.quarantined > 0;
                about.once = did;
                if let Some((log_type, message)) = after_run(&self.id, &kept.diary, report, did, now) {
                    self.write(&mut kept.diary, log_type, &message, about).await;
                }
                self.keep(kept).await;
            }
            (None, Outcome::Failed | Outcome::Interrupted | Outcome::Skipped) => {}
        }
    }

    /// When the last run that read the head to its end began, if one did and the log is wanted.
    async fn head_read(&self) -> Option<DateTime<Utc>> {
        if !self.settings.log {
            return None;
        }
        let id = self.id.clone();
        let row = self.store.call(move |db| db.stream(&id)).await;
        row.ok().flatten()?.head_read
    }

    /// A run that ended by a fault of ours.
    pub async fn log_fault(&self, run: &Run, worker: Worker, trouble: &Trouble) {
        let about = About {
            run_id: &run.id,
            ..About::default()
        };
        self.log_failure(worker, trouble, about).await;
    }

    async fn log_failure(&self, worker: Worker, trouble: &Trouble, about: About<'_>) {
        let now = (self.now)();
        let mut held = self.diary.0.lock().await;
        let Some(kept) = self.kept(&mut held).await else { return };
        kept.diary.failed(worker, trouble.code, now);
        if kept.diary.is_due(trouble.code, now) {
            let exception = trouble.to_string();
            let about = About {
                code: Some(trouble.code),
                exception: &exception,
                ..about
            };
            let message = format!("{}{}", trouble.means, kept.diary.count(trouble.code, now));
            self.write(&mut kept.diary, LogType::Error, &message, about).await;
        }
        self.keep(kept).await;
    }

    /// Between two runs: the sign of life, and what could not be told before. To be called each minute.
    pub async fn beat(&self, beat: &Beat) {
        let now = (self.now)();
        let mut held = self.diary.0.lock().await;
        let Some(kept) = self.kept(&mut held).await else { return };
        let diary = &mut kept.diary;
        let about = About {
            lag_seconds: beat.lag_seconds,
            ..About::default()
        };
        match &beat.standing {
            Standing::Stands { code, means, exception } => {
                diary.stands(code, now);
                if diary.is_due(code, now) {
                    let message = format!("{means}{}", diary.count(code, now));
                    let about = About {
                        code: Some(code),
                        exception,
                        ..about
                    };
                    self.write(diary, LogType::Error, &message, about).await;
                }
            }
            Standing::Waits(message) if diary.is_silent(now) => {
                self.write(diary, LogType::Warning, message, about).await;
            }
            Standing::Waits(_) => {}
            Standing::Well(message) | Standing::Noteworthy(message) => {
                diary.is_clear(beat.at);
                let well = matches!(beat.standing, Standing::Well(_));
                let log_type = if well { LogType::Info } else { LogType::Warning };
                if let Some(over) = diary.over() {
                    self.write(diary, LogType::Info, &works_again(&self.id, &over), about)
                        .await;
                } else if diary.standing().is_none() && diary.is_silent(now) {
                    self.write(diary, log_type, message, about).await;
                }
            }
        }
        self.keep(kept).await;
    }

    async fn write(&self, diary: &mut Diary, log_type: LogType, message: &str, about: About<'_>) {
        let now = (self.now)();
        let message = format!("{message}{}", diary.absence(now));
        let row = LogRow {
            log_type,
            connection: self.id.connection.as_str(),
            kind: Some(self.id.kind),
            message: &message,
            exception: about.exception,
            at: now,
            run_id: about.run_id,
            read: about.tally.read,
            sent: about.tally.sent,
            lag_seconds: about.lag_seconds,
        };
        let batch = row.batch();
        let (why, said) = match tokio::time::timeout(ROW_WITHIN, self.sink.deliver(&batch)).await {
            Ok(Ok(_)) => {
                if diary.away.is_some() {
                    tracing::info!(stream = %self.id, "the connector's log is written again");
                }
                return diary.took(about.code, (self.now)());
            }
            // The run that the row is about failed of the same, and said so.
            Ok(Err(error)) => (error.to_string(), about.code == Some(error.trouble().code)),
            Err(_) => (format!("not within {} s", ROW_WITHIN.as_secs()), false),
        };
        if diary.away.is_none() {
            diary.away = Some(now);
            let words = "the connector's log cannot be written; it is tried again";
            match said {
                true => tracing::debug!(stream = %self.id, error = why, "{words}"),
                false => tracing::warn!(stream = %self.id, error = why, "{words}"),
            }
        }
        diary.missed += u64::from(about.once);
    }

    /// What was told, from the store if nobody asked before; nothing if the log is not wanted, or as long as the store cannot say.
    async fn kept<'a>(&self, held: &'a mut Option<Kept>) -> Option<&'a mut Kept> {
        if !self.settings.log {
            return None;
        }
        if held.is_none() {
            let id = self.id.clone();
            let read = self.store.call(move |db| match db.stream(&id)? {
                Some(row) => db.diary(row.key),
                None => Ok(Diary::default()),
            });
            // It is told elsewhere; what stands in the store must not be written over by what is known without it.
            let diary = read
                .await
                .inspect_err(|error| tracing::debug!(stream = %self.id, %error, "what the log was told is not known"))
                .ok()?;
            *held = Some(Kept {
                stored: diary.clone(),
                diary,
            });
        }
        held.as_mut()
    }

    /// Writes down what was told, if it changed; what cannot be written down is known as long as this process lives.
    async fn keep(&self, kept: &mut Kept) {
        if kept.diary == kept.stored {
            return;
        }
        let (id, diary) = (self.id.clone(), kept.diary.clone());
        let written = self
            .store
            .call(move |db| keep(db.stream(&id)?.map(|row| row.key), |key| db.keep_diary(key, &diary)));
        match written.await {
            Ok(true) => kept.stored = kept.diary.clone(),
            Ok(false) => {}
            Err(error) => tracing::debug!(stream = %self.id, %error, "what the log was told cannot be written down"),
        }
    }
}

fn keep(key: Option<StreamKey>, write: impl FnOnce(StreamKey) -> Result<(), StoreError>) -> Result<bool, StoreError> {
    key.map_or(Ok(false), |key| write(key).map(|()| true))
}

/// The row after a run that came to its end; none if it found nothing and the stream was heard of within the hour.
fn after_run(
    id: &StreamId,
    diary: &Diary,
    report: &WorkerReport,
    did: bool,
    now: DateTime<Utc>,
) -> Option<(LogType, String)> {
    let over = diary.over();
    if !did {
        if let Some(over) = over {
            return Some((LogType::Info, works_again(id, &over)));
        }
        if diary.standing().is_some() || !diary.is_silent(now) {
            return None;
        }
    }
    let mut message = in_step(id, &report.tally);
    if let Some(over) = over {
        message = format!("{message}; {over}");
    }
    if let Some(cause) = diary.standing() {
        return Some((
            LogType::Hindered,
            format!("{message}; but {} stands in its way", cause.code),
        ));
    }
    match report.warnings.first() {
        Some(warning) => Some((LogType::Warning, format!("{message}; {warning}"))),
        None => Some((LogType::Info, message)),
    }
}

fn works_again(id: &StreamId, over: &str) -> String {
    format!("{id} works again: {over}")
}

fn in_step(stream: &StreamId, tally: &Tally) -> String {
    let records = if tally.sent == 1 { "record" } else { "records" };
    let mut message = format!("{stream} in step: {} {records} sent", tally.sent);
    for (count, words) in [
        (tally.deleted, "of them marked as deleted"),
        (tally.quarantined, "set aside"),
    ] {
        if count > 0 {
            message = format!("{message}, {count} {words}");
        }
    }
    message
}

fn seconds(span: chrono::TimeDelta) -> u64 {
    span.num_seconds().max(0).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionName, WorkItemKind};

    #[test]
    fn the_connectors_log_says_how_many_records_were_marked_as_deleted() {
        let stream = StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::Incident,
        };
        let said = |sent, deleted, quarantined| {
            let tally = Tally {
                sent,
                deleted,
                quarantined,
                ..Tally::default()
            };
            in_step(&stream, &tally)
        };
        assert_eq!(said(1, 0, 0), "contoso/incident in step: 1 record sent");
        assert_eq!(said(3, 0, 0), "contoso/incident in step: 3 records sent");
        assert_eq!(
            said(3, 2, 0),
            "contoso/incident in step: 3 records sent, 2 of them marked as deleted"
        );
        assert_eq!(said(3, 0, 1), "contoso/incident in step: 3 records sent, 1 set aside");
    }
}
