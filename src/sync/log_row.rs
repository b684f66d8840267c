//! The connector's own log, `ServiceDeskLog_CL`: one row as ITSMC wrote it.

use chrono::{DateTime, Utc};

use crate::model::{RowWriter, WorkItemKind};
use crate::sink::{Batch, Table};

/// How grave a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogType {
    /// All well.
    Info,
    /// Worth a look.
    Warning,
    /// A run did something while the stream's other worker does not get on: a warning of a stream that is not well.
    Hindered,
    /// A run failed.
    Error,
}

impl LogType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warning | Self::Hindered => "WARNING",
            Self::Error => "ERROR",
        }
    }
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
    /// Seconds since the start of the last run that read the head to its end, if that is known.
    pub lag_seconds: Option<u64>,
}

impl LogRow<'_> {
    /// As a batch of its own.
    pub fn batch(&self) -> Batch {
        let mut row = RowWriter::new(512);
        let is_error = self.log_type == LogType::Error;
        row.time("TimeGenerated", self.at);
        row.text("LogType_s", self.log_type.as_str());
        row.text("Message", self.message);
        row.flag("Status_b", !is_error && self.log_type != LogType::Hindered);
        row.number("ActionStatus_d", f64::from(u8::from(is_error)));
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
