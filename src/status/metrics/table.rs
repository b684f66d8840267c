//! Every metric: name, unit and meaning.

use ::metrics::Unit;

/// One metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, unit included.
    pub name: &'static str,
    /// Whether it only grows.
    pub kind: Kind,
    /// What it counts in.
    pub unit: Unit,
    /// One sentence.
    pub help: &'static str,
}

/// How a metric moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
}

macro_rules! metrics {
    ($($constant:ident $kind:ident $name:literal $unit:ident $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: Metric = Metric { name: $name, kind: Kind::$kind, unit: Unit::$unit, help: $help };)*
        /// Every metric there is. All but `itsmd_build_info` and the one of credentials bear `connection` and `work_item`.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    BUILD_INFO Gauge "itsmd_build_info" Count "Always 1; the label says which version runs.";
    UP Gauge "itsmd_up" Count "1 unless the stream is failing or blocked; absent if it is disabled.";
    STATE Gauge "itsmd_stream_state" Count "1 for the state the stream is in, 0 for the others.";
    LAG Gauge "itsmd_lag_seconds" Seconds "Seconds since the start of the last run that read the head to its end.";
    LAST_SUCCESS Gauge "itsmd_last_success_timestamp_seconds" Seconds "Start of the last run that read the head to its end.";
    POSITION Gauge "itsmd_position_timestamp_seconds" Seconds "Up to where the head has been read, by the source's clock.";
    WINDOW_START Gauge "itsmd_window_start_timestamp_seconds" Seconds "Where the sync window begins.";
    INTERVAL Gauge "itsmd_schedule_interval_seconds" Seconds "Distance of two runs by the schedule.";
    LAST_RECONCILE Gauge "itsmd_last_reconcile_timestamp_seconds" Seconds "End of the last sweep for what no cursor sees.";
    QUARANTINED Gauge "itsmd_quarantined_records" Count "Records set aside.";
    LEDGER Gauge "itsmd_ledger_records" Count "Records in the ledger.";
    BACKFILL Gauge "itsmd_backfill_slices" Count "Slices behind the head, by whether they are complete or open.";
    CREDENTIAL_EXPIRY Gauge "itsmd_credential_expiry_timestamp_seconds" Seconds "When a secret or certificate ends, as far as that is known; without a connection it is the workspace's.";
    READ Counter "itsmd_records_read_total" Count "Records read from the service desk.";
    SENT Counter "itsmd_records_sent_total" Count "Records the workspace took.";
    UNCHANGED Counter "itsmd_records_unchanged_total" Count "Records read again that had been delivered already.";
    DELETED Counter "itsmd_deleted_records_total" Count "Records that are gone from the service desk and were marked as deleted.";
    HIDDEN Counter "itsmd_hidden_rows_total" Count "Rows the service desk counted but did not show.";
    REQUESTS Counter "itsmd_requests_total" Count "Requests to the service desk and the workspace, by outcome.";
    BYTES_SENT Counter "itsmd_bytes_sent_total" Bytes "Bytes sent to the workspace, compressed.";
    RUNS Counter "itsmd_runs_total" Count "Runs that ended, by outcome.";
}
