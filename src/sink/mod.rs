//! Writing rows: the workspace and what stands in for it.
//!
//! `Ok` is said only after the other side took the whole batch; delivery is at least once, because an answer
//! may be lost after the batch was taken. There is no other queue: what is not taken stays with the caller.

mod code;
mod data_collector;
mod file;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod logs_ingestion;
mod oversize;
mod taken;
#[cfg(test)]
mod tests;
mod workspace;

pub use code::codes;
pub use workspace::{Options, Workspace};

use std::future::Future;
use std::path::PathBuf;

use bytes::Bytes;

use crate::auth;
use crate::model::Trouble;
use crate::net::SecretRef;

/// Which of the two tables rows go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `ServiceDesk_CL`.
    WorkItems,
    /// `ServiceDeskLog_CL`.
    Log,
}

/// Rows to be delivered together: a JSON array of at most 1,000,000 bytes.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Where to.
    pub table: Table,
    /// `[{…},{…}]`, UTF-8, uncompressed.
    pub body: Bytes,
    /// How many rows it holds.
    pub rows: usize,
}

/// What the workspace took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Bytes sent on the wire, after compression.
    pub bytes_sent: u64,
}

/// Takes batches.
pub trait Sink: Send + Sync + 'static {
    /// Delivers a batch: `Ok` only after the other side said 2xx.
    fn deliver(&self, batch: &Batch) -> impl Future<Output = Result<Receipt, SinkError>> + Send;
}

/// Why a batch was not taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SinkError {
    /// The batch is larger than the other side takes: halve it. Of a single row: [`crate::model::Verdict::Stop`] if its
    /// size explains that, any other verdict if the answer may be another next time.
    #[error("{0}")]
    TooBig(Trouble),
    /// Something in the batch is refused: halve it down to the guilty record.
    #[error("{0}")]
    Refused(Trouble),
    /// Nothing to do with the batch; the trouble's verdict says what happens next.
    #[error("{0}")]
    Failed(Trouble),
}

impl SinkError {
    /// What to tell the operator.
    pub fn trouble(&self) -> &Trouble {
        match self {
            Self::TooBig(trouble) | Self::Refused(trouble) | Self::Failed(trouble) => trouble,
        }
    }
}

/// `[workspace]`, checked.
#[derive(Debug, Clone)]
pub enum Settings {
    /// Azure's Logs Ingestion API.
    LogsIngestion {
        /// Data collection endpoint, or the rule's own.
        endpoint: String,
        /// `dcr-` and 32 hex digits.
        dcr_immutable_id: String,
        /// Stream of `ServiceDesk_CL`.
        stream: String,
        /// Stream of `ServiceDeskLog_CL`, if the connector's log is wanted.
        log_stream: Option<String>,
        /// How to sign in.
        auth: auth::Settings,
        /// When the secret of `auth` ends, as far as the file says.
        expires: Option<chrono::NaiveDate>,
        /// Private CA, client certificate.
        tls: crate::net::TlsSettings,
        /// `None`: the environment's.
        proxy: Option<String>,
    },
    /// The retired HTTP Data Collector API, still spoken by compatible endpoints.
    DataCollector {
        /// Without `/api/logs`.
        endpoint: String,
        /// Workspace id.
        workspace_id: String,
        /// Base64.
        shared_key: SecretRef,
        /// `Log-Type`; the API appends `_CL`.
        log_type: String,
        /// Private CA, client certificate.
        tls: crate::net::TlsSettings,
        /// `None`: the environment's.
        proxy: Option<String>,
    },
    /// NDJSON files.
    File {
        /// `-` is stdout; `{date}` becomes the day.
        path: PathBuf,
    },
}
