//! A door for the fuzz targets: what the workspace's refusals mean, and rows as the Data Collector API takes them.
#![doc(hidden)]

use super::{SinkError, data_collector, logs_ingestion};
use crate::net::Answer;

/// What an answer of the Logs Ingestion API means; `None` if it took the batch.
pub fn logs_refusal(answer: &Answer) -> Option<SinkError> {
    logs_ingestion::refusal(answer)
}

/// The same of the Data Collector API.
pub fn collector_refusal(answer: &Answer, rows: usize) -> Option<SinkError> {
    data_collector::refusal(answer, rows)
}

/// A batch's rows under the names that the Data Collector API wants.
///
/// # Errors
/// The batch is no array of objects.
pub fn collector_rows(body: &[u8]) -> Result<Vec<u8>, SinkError> {
    data_collector::rewrite(body)
}
