//! Metrics: every name, unit and meaning in one table, rendered for Prometheus.
//!
//! Gauges are made of the report at each scrape, so that a stream which left the configuration leaves the metrics at
//! once; counters count from the start of the process. Nothing is global: two `Metrics` do not see each other.

use ::metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{Outcome, Report, StreamReport, StreamState};
use crate::model::StreamId;

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
        /// Every metric there is. All but `itsmd_build_info` bear `connection` and `work_item`.
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
    QUARANTINED Gauge "itsmd_quarantined_records" Count "Records set aside.";
    LEDGER Gauge "itsmd_ledger_records" Count "Records in the ledger.";
    BACKFILL Gauge "itsmd_backfill_slices" Count "Slices behind the head, by whether they are complete or open.";
    READ Counter "itsmd_records_read_total" Count "Records read from the service desk.";
    SENT Counter "itsmd_records_sent_total" Count "Records the workspace took.";
    UNCHANGED Counter "itsmd_records_unchanged_total" Count "Records read again that had been delivered already.";
    HIDDEN Counter "itsmd_hidden_rows_total" Count "Rows the service desk counted but did not show.";
    REQUESTS Counter "itsmd_requests_total" Count "Requests to the service desk and the workspace, by outcome.";
    BYTES_SENT Counter "itsmd_bytes_sent_total" Bytes "Bytes sent to the workspace, compressed.";
    RUNS Counter "itsmd_runs_total" Count "Runs that ended, by outcome.";
}

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
mod tests {
    use std::collections::BTreeSet;

    use super::super::report::tests::{report, stream};
    use super::*;
    use crate::model::{ConnectionName, WorkItemKind};

    fn contoso() -> StreamId {
        StreamId {
            connection: ConnectionName::new("contoso"),
            kind: WorkItemKind::Incident,
        }
    }

    fn everything() -> String {
        let metrics = Metrics::new();
        let id = contoso();
        metrics.records_read(&id, 3);
        metrics.records_sent(&id, 1);
        metrics.records_unchanged(&id, 2);
        metrics.hidden_rows(&id, 1);
        metrics.bytes_sent(&id, 512);
        metrics.requests(&id, RequestOutcome::Ok, 2);
        metrics.requests(&id, RequestOutcome::Throttled, 1);
        metrics.run_ended(&id, Outcome::Complete);
        metrics.render(&report(vec![stream()]))
    }

    #[test]
    fn values_bear_connection_and_work_item() {
        let text = everything();
        for line in [
            r#"itsmd_up{connection="contoso",work_item="incident"} 1"#,
            r#"itsmd_lag_seconds{connection="contoso",work_item="incident"} 12"#,
            r#"itsmd_last_success_timestamp_seconds{connection="contoso",work_item="incident"} 1795168800"#,
            r#"itsmd_backfill_slices{connection="contoso",work_item="incident",status="open"} 0"#,
            r#"itsmd_stream_state{connection="contoso",work_item="incident",state="live"} 1"#,
            r#"itsmd_stream_state{connection="contoso",work_item="incident",state="failing"} 0"#,
            r#"itsmd_records_read_total{connection="contoso",work_item="incident"} 3"#,
            r#"itsmd_requests_total{connection="contoso",work_item="incident",outcome="throttled"} 1"#,
            r#"itsmd_build_info{version="0.1.0"} 1"#,
        ] {
            assert!(
                text.lines().any(|rendered| rendered == line),
                "{line} is not in\n{text}"
            );
        }
    }

    #[test]
    fn every_metric_is_rendered_once_with_help_and_type() {
        let text = everything();
        let starting = |prefix: &str| -> Vec<&str> {
            text.lines()
                .filter_map(|line| line.strip_prefix(prefix)?.split(' ').next())
                .collect()
        };
        let (help, types) = (starting("# HELP "), starting("# TYPE "));
        let known: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(known.len(), METRICS.len());
        for said in [help, types] {
            assert_eq!(said.len(), METRICS.len(), "{text}");
            assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), known);
        }
    }

    #[test]
    fn names_follow_prometheus_rules() {
        for metric in METRICS {
            assert!(
                metric.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
                "{metric:?}"
            );
            assert_eq!(
                metric.name.ends_with("_total"),
                metric.kind == Kind::Counter,
                "{metric:?}"
            );
            assert_eq!(
                metric.name.contains("_seconds"),
                metric.unit == Unit::Seconds,
                "{metric:?}"
            );
            assert!(metric.help.ends_with('.'), "{metric:?}");
        }
    }

    #[test]
    fn a_stream_that_left_the_configuration_leaves_no_gauge() {
        let metrics = Metrics::new();
        assert!(metrics.render(&report(vec![stream()])).contains("itsmd_lag_seconds{"));
        assert!(!metrics.render(&report(vec![])).contains("itsmd_lag_seconds{"));
    }

    #[test]
    fn a_disabled_stream_is_neither_up_nor_down() {
        let mut off = stream();
        off.state = StreamState::Disabled;
        let text = Metrics::new().render(&report(vec![off]));
        assert!(!text.contains("itsmd_up{"));
        assert!(text.contains(r#"state="disabled"} 1"#));
    }
}
