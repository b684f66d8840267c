//! Metrics: every name, unit and meaning in one table, rendered for Prometheus.
//!
//! Gauges are made of the report at each scrape, so that a stream which left the configuration leaves the metrics at
//! once; counters count from the start of the process. Nothing is global: two `Metrics` do not see each other.

use ::metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{Outcome, Report, StreamReport, StreamState};
use crate::model::StreamId;

mod table;

pub use table::*;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestOutcome {
    /// Answered as hoped.
    Ok,
    /// The other side asked for patience.
    Throttled,
    /// The other side said no.
    Refused,
    /// No answer, or none that could be used.
    Failed,
}

impl RequestOutcome {
    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Throttled => "throttled",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Counts, and renders.
pub struct Metrics {
    counters: PrometheusRecorder,
    rendered: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Counters at zero.
    pub fn new() -> Self {
        let counters = recorder();
        let rendered = counters.handle();
        Self { counters, rendered }
    }

    /// Records read from the service desk.
    pub fn records_read(&self, stream: &StreamId, count: u64) {
        self.add(READ, of_stream(stream), count);
    }

    /// Records the workspace took.
    pub fn records_sent(&self, stream: &StreamId, count: u64) {
        self.add(SENT, of_stream(stream), count);
    }

    /// Records read again that had been delivered already.
    pub fn records_unchanged(&self, stream: &StreamId, count: u64) {
        self.add(UNCHANGED, of_stream(stream), count);
    }

    /// Rows the service desk counted but did not show.
    pub fn hidden_rows(&self, stream: &StreamId, count: u64) {
        self.add(HIDDEN, of_stream(stream), count);
    }

    /// Records marked as deleted.
    pub fn records_deleted(&self, stream: &StreamId, count: u64) {
        self.add(DELETED, of_stream(stream), count);
    }

    /// Bytes sent to the workspace, compressed.
    pub fn bytes_sent(&self, stream: &StreamId, bytes: u64) {
        self.add(BYTES_SENT, of_stream(stream), bytes);
    }

    /// Requests that ended so.
    pub fn requests(&self, stream: &StreamId, outcome: RequestOutcome, count: u64) {
        self.add(REQUESTS, with(of_stream(stream), "outcome", outcome.as_str()), count);
    }

    /// A run that ended so.
    pub fn run_ended(&self, stream: &StreamId, outcome: Outcome) {
        self.add(RUNS, with(of_stream(stream), "outcome", outcome.as_str()), 1);
    }

    /// Everything in Prometheus' text format, with the gauges of this report.
    pub fn render(&self, report: &Report) -> String {
        let gauges = Gauges(recorder());
        let version = Label::new("version", report.version.clone());
        gauges.set(BUILD_INFO, vec![version], 1.0);
        for (connection, stream) in report.streams() {
            let labels = vec![
                Label::new("connection", connection.name.clone()),
                Label::from_static_parts("work_item", stream.work_item.as_str()),
            ];
            gauges.stream(report, stream, &labels);
        }
        for credential in &report.credentials {
            let whose = credential.connection.clone().map(|name| Label::new("connection", name));
            let what = Label::new("what", credential.what.clone());
            let labels = whose.into_iter().chain([what]).collect();
            gauges.set(CREDENTIAL_EXPIRY, labels, seconds(credential.ends));
        }
        gauges.0.handle().render() + &self.rendered.render()
    }

    fn add(&self, metric: Metric, labels: Vec<Label>, count: u64) {
        let key = Key::from_parts(metric.name, labels);
        self.counters.register_counter(&key, &METADATA).increment(count);
    }
}

struct Gauges(PrometheusRecorder);

impl Gauges {
    fn set(&self, metric: Metric, labels: Vec<Label>, value: f64) {
        let key = Key::from_parts(metric.name, labels);
        self.0.register_gauge(&key, &METADATA).set(value);
    }

    fn stream(&self, report: &Report, stream: &StreamReport, labels: &[Label]) {
        let set = |metric, value| self.set(metric, labels.to_vec(), value);
        for state in STATES {
            let labels = with(labels.to_vec(), "state", state.as_str());
            self.set(STATE, labels, f64::from(u8::from(state == stream.state)));
        }
        match stream.state {
            StreamState::Disabled => return,
            StreamState::Failing | StreamState::Blocked => set(UP, 0.0),
            StreamState::Live | StreamState::Backfill | StreamState::Waiting => set(UP, 1.0),
        }
        if let Some(lag) = stream.lag_seconds {
            set(LAG, float(lag));
            set(LAST_SUCCESS, seconds(report.at) - float(lag));
        }
        if let Some(position) = stream.position {
            set(POSITION, seconds(position));
        }
        if let Some(start) = stream.window_start {
            set(WINDOW_START, seconds(start));
        }
        if let Some(interval) = stream.interval_seconds {
            set(INTERVAL, float(interval));
        }
        if let Some(last) = stream.reconcile.as_ref().and_then(|reconcile| reconcile.last) {
            set(LAST_RECONCILE, seconds(last));
        }
        set(QUARANTINED, float(stream.quarantined));
        set(LEDGER, float(stream.records));
        let backfill = stream.backfill;
        let open = backfill.slices.saturating_sub(backfill.complete);
        for (status, slices) in [("complete", backfill.complete), ("open", open)] {
            self.set(BACKFILL, with(labels.to_vec(), "status", status), float(slices));
        }
    }
}

const STATES: [StreamState; 6] = [
    StreamState::Live,
    StreamState::Backfill,
    StreamState::Waiting,
    StreamState::Failing,
    StreamState::Blocked,
    StreamState::Disabled,
];

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, None);

fn recorder() -> PrometheusRecorder {
    let recorder = PrometheusBuilder::new().build_recorder();
    for metric in METRICS {
        let (name, help) = (
            KeyName::from_const_str(metric.name),
            SharedString::const_str(metric.help),
        );
        match metric.kind {
            Kind::Counter => recorder.describe_counter(name, Some(metric.unit), help),
            Kind::Gauge => recorder.describe_gauge(name, Some(metric.unit), help),
        }
    }
    recorder
}

fn of_stream(stream: &StreamId) -> Vec<Label> {
    vec![
        Label::new("connection", stream.connection.as_str().to_owned()),
        Label::from_static_parts("work_item", stream.kind.as_str()),
    ]
}

fn with(mut labels: Vec<Label>, name: &'static str, value: &'static str) -> Vec<Label> {
    labels.push(Label::from_static_parts(name, value));
    labels
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows nothing but floats")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit a float")]
fn seconds(at: chrono::DateTime<chrono::Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
