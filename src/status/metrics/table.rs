//! Every metric: name, kind, unit, labels and meaning. Names are promises: they are only ever added.

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Its name, unit included.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// What it counts in.
    pub unit: Unit,
    /// What tells its series apart.
    pub labels: &'static [&'static str],
    /// One sentence or two.
    pub help: &'static str,
}

/// How a metric moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Values by size.
    Histogram,
}

impl Kind {
    /// The word that Prometheus has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// What a metric counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds; of a moment, since 1970.
    Seconds,
    /// Bytes.
    Bytes,
}

/// Of one stream.
const STREAM: &[&str] = &["connection", "work_item"];
/// Of one server: a connection's, or the workspace without one.
const SERVER: &[&str] = &["connection"];

macro_rules! metrics {
    ($($constant:ident $kind:ident $name:literal $unit:ident $labels:expr, $help:literal;)*) => {
        $(#[doc = $help] pub const $constant: Metric = Metric {
            name: $name, kind: Kind::$kind, unit: Unit::$unit, labels: $labels, help: $help
        };)*
        /// Every metric there is.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    BUILD_INFO Gauge "itsmd_build_info" Count &["version"], "Always 1; the label says which version runs.";
    UP Gauge "itsmd_up" Count STREAM, "1 unless the stream is failing or blocked; absent if it is disabled.";
    STATE Gauge "itsmd_stream_state" Count &["connection", "work_item", "state"], "1 for the state the stream is in, 0 for the others.";
    PROBLEM Gauge "itsmd_stream_problem" Count &["connection", "work_item", "code"], "1 while something stands in the stream's way, with its code: itsmd explain CODE; absent otherwise.";
    LAG Gauge "itsmd_lag_seconds" Seconds STREAM, "Seconds since the start of the last run that read the head to its end.";
    OVERDUE Gauge "itsmd_overdue_seconds" Seconds STREAM, "Seconds since the schedule rang for the first time after that run; 0 in time. Hours that the schedule leaves out do not count.";
    LAST_SUCCESS Gauge "itsmd_last_success_timestamp_seconds" Seconds STREAM, "Start of the last run that read the head to its end.";
    POSITION Gauge "itsmd_position_timestamp_seconds" Seconds STREAM, "Up to where the head has been read, by the source's clock.";
    WINDOW_START Gauge "itsmd_window_start_timestamp_seconds" Seconds STREAM, "Where the sync window begins.";
    INTERVAL Gauge "itsmd_schedule_interval_seconds" Seconds STREAM, "Distance of two runs by the schedule.";
    LAST_RECONCILE Gauge "itsmd_last_reconcile_timestamp_seconds" Seconds STREAM, "End of the last sweep for what no cursor sees.";
    RECONCILE_INTERVAL Gauge "itsmd_reconcile_interval_seconds" Seconds STREAM, "Distance of two sweeps by their schedule; absent if reconcile is off.";
    RECONCILE_OVERDUE Gauge "itsmd_reconcile_overdue_seconds" Seconds STREAM, "Seconds since that schedule rang for the first time after the last sweep ended, or after the first run if none ever did; 0 in time, absent if reconcile is off. Days that the schedule leaves out do not count.";
    QUARANTINED Gauge "itsmd_quarantined_records" Count STREAM, "Records set aside.";
    LEDGER Gauge "itsmd_ledger_records" Count STREAM, "Records in the ledger.";
    BACKFILL Gauge "itsmd_backfill_slices" Count &["connection", "work_item", "status"], "Slices behind the head, by whether they are complete or open.";
    READ Counter "itsmd_records_read_total" Count STREAM, "Records read from the service desk.";
    SENT Counter "itsmd_records_sent_total" Count STREAM, "Records the workspace took.";
    UNCHANGED Counter "itsmd_records_unchanged_total" Count STREAM, "Records read again that had been delivered already.";
    SET_ASIDE Counter "itsmd_records_quarantined_total" Count STREAM, "Records set aside, each as often as it was; how many stand aside now is itsmd_quarantined_records.";
    DELETED Counter "itsmd_deleted_records_total" Count STREAM, "Records that are gone from the service desk and were marked as deleted.";
    HIDDEN Counter "itsmd_hidden_rows_total" Count STREAM, "Rows the service desk counted but did not show. A row that stays hidden counts again whenever its range is read again, as by each sweep: the rate says that there are some, not how many.";
    REQUESTS Counter "itsmd_requests_total" Count &["connection", "work_item", "outcome"], "Requests to the service desk, each attempt once, by outcome: ok, throttled (asked for patience), refused (answered no, a sign-in to be renewed included), failed (no usable answer). Requests for tokens are not among them.";
    BYTES_SENT Counter "itsmd_bytes_sent_total" Bytes STREAM, "Bytes sent to the workspace, compressed.";
    RUNS Counter "itsmd_runs_total" Count &["connection", "work_item", "outcome"], "Runs that ended, by outcome.";
    RUN_DURATION Histogram "itsmd_run_duration_seconds" Seconds &["connection", "work_item", "worker"], "How long runs took, by worker: the head reads what is new, the rest reads older slices and sweeps.";
    BATCH_ROWS Histogram "itsmd_batch_rows" Count STREAM, "Rows of the batches that the workspace took.";
    BATCH_BYTES Histogram "itsmd_batch_bytes" Bytes STREAM, "Bytes of the batches that the workspace took, before compression.";
    WAITS Counter "itsmd_waits_total" Count &["connection", "reason"], "How often itsmd waited before a request, by reason: rate (its own requests_per_minute), server (it was asked to wait), backoff (its own pause after a failure). Without a connection it is the workspace's.";
    WAITED Counter "itsmd_wait_seconds_total" Seconds &["connection", "reason"], "How long, by the same reasons; a wait that goes on counts up to now.";
    TOKEN_REQUESTS Counter "itsmd_token_requests_total" Count SERVER, "Requests for access tokens. Without a connection it is the workspace's.";
    TOKEN_AGE Gauge "itsmd_token_age_seconds" Seconds SERVER, "Age of the access token in use; absent without one. Without a connection it is the workspace's.";
    TOKEN_EXPIRY Gauge "itsmd_token_expiry_timestamp_seconds" Seconds SERVER, "When the access token in use ends; it is renewed before. Without a connection it is the workspace's.";
    SIGN_IN_REFUSED Gauge "itsmd_sign_in_refused" Count SERVER, "1 while the sign-in is refused, else 0. Without a connection it is the workspace's.";
    CREDENTIAL_EXPIRY Gauge "itsmd_credential_expiry_timestamp_seconds" Seconds &["connection", "what"], "When a secret or certificate ends, as far as that is known; without a connection it is the workspace's.";
    WORKSPACE_REQUESTS Counter "itsmd_workspace_requests_total" Count &["outcome"], "Requests to the workspace, each attempt once, by the outcomes of itsmd_requests_total.";
    STATE_BYTES Gauge "itsmd_state_file_bytes" Bytes &[], "Size of the state file, the log beside it included.";
    STATE_FREE Gauge "itsmd_state_free_bytes" Bytes &[], "What may still be written on the state file's disk; absent where the system does not tell.";
    RELOAD_OK Gauge "itsmd_config_last_reload_successful" Count &[], "1 if the configuration in force is the one that was last asked for, 0 if a reload was refused.";
    RELOADED Gauge "itsmd_config_last_reload_success_timestamp_seconds" Seconds &[], "When the configuration in force was read.";
    PROCESS_START Gauge "process_start_time_seconds" Seconds &[], "Start of the process.";
    PROCESS_CPU Counter "process_cpu_seconds_total" Seconds &[], "User and system time that the process spent.";
    PROCESS_RESIDENT Gauge "process_resident_memory_bytes" Bytes &[], "Memory of the process that is in RAM.";
    PROCESS_VIRTUAL Gauge "process_virtual_memory_bytes" Bytes &[], "Virtual memory of the process.";
    PROCESS_FDS Gauge "process_open_fds" Count &[], "File descriptors that are open.";
    PROCESS_MAX_FDS Gauge "process_max_fds" Count &[], "File descriptors that may be open.";
}
