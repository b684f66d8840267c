//! The connector's own log, `ServiceDeskLog_CL`: one row a run that did something or failed, and one an hour.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::run::{Run, WorkerReport};
use super::stream::Stream;
use crate::model::{RowWriter, StreamId, WorkItemKind};
use crate::sink::{Batch, Sink, Table};
use crate::store::{Outcome, Tally};

/// The same error is written once in this time; so is the sign of life of a quiet stream.
const AT_LEAST_EVERY: TimeDelta = TimeDelta::hours(1);

/// How grave a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogType {
    /// All well.
    Info,
    /// Worth a look.
    Warning,
    /// A run failed.
    Error,
}

/// One row.
#[derive(Debug, Clone)]
pub struct LogRow<'a> {
    /// How grave.
    pub log_type: LogType,
    /// Whose: a connection's name; empty for the workspace's own.
    pub connection: &'a str,
    /// Which of its streams, if it is about one.
    pub kind: Option<WorkItemKind>,
    /// What happened.
    pub message: &'a str,
    /// The other side's words.
    pub exception: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// The run and what it did.
    pub run_id: &'a str,
    /// Records read.
    pub read: u64,
    /// Rows delivered.
    pub sent: u64,
    /// Seconds since the start of this run, if it read the head to its end.
    pub lag_seconds: Option<u64>,
}

impl LogRow<'_> {
    /// As a batch of its own.
    pub fn batch(&self) -> Batch {
        let mut row = RowWriter::new(512);
        row.time("TimeGenerated", self.at);
        row.text(
            "LogType_s",
            match self.log_type {
                LogType::Info => "INFO",
                LogType::Warning => "WARNING",
                LogType::Error => "ERROR",
            },
        );
        row.text("Message", self.message);
        row.flag("Status_b", self.log_type != LogType::Error);
        row.number(
            "ActionStatus_d",
            if self.log_type == LogType::Error { 1.0 } else { 0.0 },
        );
        row.text("ServiceDeskConnectionName_s", self.connection);
        row.time("StatusLogTime_t", self.at);
        row.text("ExceptionMessage_s", self.exception);
        if let Some(kind) = self.kind {
            row.text("ServiceDeskWorkItemType_s", kind.row_value());
        }
        row.text("SyncRunId_s", self.run_id);
        row.number("RecordsRead_d", self.read as f64);
        row.number("RecordsSent_d", self.sent as f64);
        if let Some(lag) = self.lag_seconds {
            row.number("LagSeconds_d", lag as f64);
        }
        let body = [b"[".as_slice(), &row.finish(), b"]"].concat();
        Batch {
            table: Table::Log,
            body: body.into(),
            rows: 1,
        }
    }
}

fn in_step(stream: &StreamId, tally: &Tally) -> String {
    let sent = format!("{stream} in step: {} records sent", tally.sent);
    match tally.deleted {
        0 => sent,
        deleted => format!("{sent}, {deleted} of them marked as deleted"),
    }
}

/// When a row of each cause was last written.
#[derive(Debug, Default)]
pub(super) struct LastWritten(Mutex<Vec<(&'static str, DateTime<Utc>)>>);

impl LastWritten {
    fn due(&self, cause: &'static str, now: DateTime<Utc>) -> bool {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = written
            .iter()
            .any(|(known, at)| *known == cause && (now - *at).abs() < AT_LEAST_EVERY);
        if !recent {
            written.retain(|(known, _)| *known != cause);
            written.push((cause, now));
        }
        !recent
    }
}

impl<S, K: Sink> Stream<S, K> {
    pub(super) async fn write_log(&self, run: &Run, report: &WorkerReport) {
        let now = (self.now)();
        let cause = report.error.as_ref().map_or("in step", |trouble| trouble.code);
        let eventful = report.error.is_none() && report.tally.sent > 0;
        let wanted = self.settings.log && report.outcome != Outcome::Interrupted;
        if !wanted || !(self.log_written.due(cause, now) || eventful) {
            return;
        }
        let exception = report.error.as_ref().map(ToString::to_string).unwrap_or_default();
        let (log_type, message) = match (&report.error, report.warnings.first()) {
            (Some(trouble), _) => (LogType::Error, trouble.means.clone()),
            (None, Some(warning)) => (LogType::Warning, warning.clone()),
            (None, None) => (LogType::Info, in_step(&self.id, &report.tally)),
        };
        let row = LogRow {
            log_type,
            connection: self.id.connection.as_str(),
            kind: Some(self.id.kind),
            message: &message,
            exception: &exception,
            at: now,
            run_id: &run.id,
            read: report.tally.read,
            sent: report.tally.sent,
            lag_seconds: report
                .read_to_end
                .map(|started| (now - started).num_seconds().max(0).cast_unsigned()),
        };
        if let Err(error) = self.sink.deliver(&row.batch()).await {
            tracing::warn!(stream = %self.id, %error, "the connector's log could not be written");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConnectionName;

    #[test]
    fn the_connectors_log_says_how_many_records_were_marked_as_deleted() {
        let stream = StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::Incident,
        };
        let said = |sent, deleted| {
            let tally = Tally {
                sent,
                deleted,
                ..Tally::default()
            };
            in_step(&stream, &tally)
        };
        assert_eq!(said(3, 0), "contoso/incident in step: 3 records sent");
        assert_eq!(
            said(3, 2),
            "contoso/incident in step: 3 records sent, 2 of them marked as deleted"
        );
    }
}
