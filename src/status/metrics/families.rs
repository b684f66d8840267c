//! Series put together as Prometheus' library wants them, and written in its text format.

use prometheus::TextEncoder;
use prometheus::proto;

use super::monotone::Labels;
use super::table::{Kind, METRICS, Metric};
use crate::model::Spread;

/// What a series is worth.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// Values by size.
    Spread(Spread),
}

/// Series by metric, in the order of the table.
#[derive(Debug)]
pub(super) struct Families(Vec<proto::MetricFamily>);

impl Families {
    pub fn new() -> Self {
        Self(METRICS.iter().map(empty).collect())
    }

    /// One series of a metric.
    pub fn add(&mut self, metric: Metric, labels: &Labels, value: &Value) {
        let Some(family) = self.0.iter_mut().find(|family| family.name() == metric.name) else {
            return;
        };
        let mut series = proto::Metric::from_label(labels.iter().map(pair).collect());
        match (metric.kind, value) {
            (Kind::Counter, Value::Number(number)) => {
                let mut counter = proto::Counter::default();
                counter.set_value(*number);
                series.set_counter(counter);
            }
            (Kind::Gauge, Value::Number(number)) => {
                let mut gauge = proto::Gauge::default();
                gauge.set_value(*number);
                series.set_gauge(gauge);
            }
            (Kind::Histogram, Value::Spread(spread)) => series.set_histogram(histogram(spread)),
            (Kind::Histogram, Value::Number(_)) | (Kind::Counter | Kind::Gauge, Value::Spread(_)) => return,
        }
        family.mut_metric().push(series);
    }

    /// The text; a metric without a series is left out.
    pub fn text(mut self) -> String {
        self.0.retain(|family| !family.get_metric().is_empty());
        TextEncoder::new().encode_to_string(&self.0).unwrap_or_default()
    }
}

fn empty(metric: &Metric) -> proto::MetricFamily {
    let mut family = proto::MetricFamily::default();
    family.set_name(metric.name.to_owned());
    family.set_help(metric.help.to_owned());
    family.set_field_type(match metric.kind {
        Kind::Counter => proto::MetricType::COUNTER,
        Kind::Gauge => proto::MetricType::GAUGE,
        Kind::Histogram => proto::MetricType::HISTOGRAM,
    });
    family
}

fn pair((name, value): &(&'static str, String)) -> proto::LabelPair {
    let mut pair = proto::LabelPair::default();
    pair.set_name((*name).to_owned());
    pair.set_value(value.clone());
    pair
}

fn histogram(spread: &Spread) -> proto::Histogram {
    let buckets = spread.cumulated().map(|(bound, count)| {
        let mut bucket = proto::Bucket::default();
        bucket.set_upper_bound(bound);
        bucket.set_cumulative_count(count);
        bucket
    });
    let mut histogram = proto::Histogram::default();
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(spread.count());
    histogram.set_sample_sum(spread.sum());
    histogram
}
