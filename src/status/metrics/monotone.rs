//! Counters that never go back: what counts may be built anew by a reload and begin at nothing.

use std::collections::BTreeMap;

use super::families::Value;
use super::table::{Kind, Metric};

/// What tells a series from others of its metric.
pub type Labels = Vec<(&'static str, String)>;

/// What was seen of one series.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Of which metric.
    pub metric: Metric,
    /// Which.
    pub labels: Labels,
    /// What it is worth.
    pub value: Value,
}

impl Sample {
    /// A number.
    pub fn number(metric: Metric, labels: Labels, value: f64) -> Self {
        Self {
            metric,
            labels,
            value: Value::Number(value),
        }
    }

    /// A count.
    pub fn count(metric: Metric, labels: Labels, count: u64) -> Self {
        Self::number(metric, labels, super::float(count))
    }
}

/// What was seen last, and what counters had reached before they began anew.
#[derive(Debug, Default)]
pub(super) struct Seen {
    epoch: u64,
    series: BTreeMap<(&'static str, Labels), Series>,
}

#[derive(Debug)]
struct Series {
    metric: Metric,
    before: Option<Value>,
    last: Value,
}

impl Seen {
    /// Takes over what is there now; what is not there any more leaves.
    pub fn see(&mut self, epoch: u64, samples: Vec<Sample>) {
        if epoch < self.epoch {
            return;
        }
        let anew = std::mem::replace(&mut self.epoch, epoch) < epoch;
        let mut old = std::mem::take(&mut self.series);
        for Sample { metric, labels, value } in samples {
            let key = (metric.name, labels);
            let before = old.remove(&key).and_then(|series| series.carried(anew, &value));
            let last = value;
            self.series.insert(key, Series { metric, before, last });
        }
    }

    /// Every series and what it is worth in all.
    pub fn series(&self) -> impl Iterator<Item = (Metric, &Labels, Value)> {
        self.series
            .iter()
            .map(|((_, labels), series)| (series.metric, labels, sum(series.before.as_ref(), &series.last)))
    }
}

impl Series {
    /// What it had reached before, if it began anew; of a server whose settings are the same the counters went on.
    fn carried(self, anew: bool, now: &Value) -> Option<Value> {
        if anew && self.metric.kind != Kind::Gauge && reached(now) < reached(&self.last) {
            return Some(sum(self.before.as_ref(), &self.last));
        }
        self.before
    }
}

fn reached(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        Value::Spread(spread) => super::float(spread.count()),
    }
}

fn sum(before: Option<&Value>, last: &Value) -> Value {
    match (before, last) {
        (Some(Value::Number(before)), Value::Number(last)) => Value::Number(before + last),
        (Some(Value::Spread(before)), Value::Spread(last)) => {
            let mut sum = before.clone();
            sum.add_all(last);
            Value::Spread(sum)
        }
        (None | Some(Value::Number(_) | Value::Spread(_)), last) => last.clone(),
    }
}
