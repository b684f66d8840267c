//! Metrics: every name, unit and meaning in one table, rendered for Prometheus.
//!
//! Gauges are made of the report at each scrape; counters are read where they are kept, so that a long run shows while it
//! goes on, and stand at 0 from the start for everything that is configured. What leaves the configuration leaves the
//! metrics at once, and no counter goes back at a reload. Nothing is global: two `Metrics` do not see each other.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::{RefusedReload, Report};

mod families;
mod gauges;
mod monotone;
mod own;
mod table;

use families::Families;
pub use families::Value;
use monotone::Seen;
pub use monotone::{Labels, Sample};
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

/// How the last reload went.
#[derive(Debug, Clone, Copy)]
struct Reload {
    refused: Option<DateTime<Utc>>,
    last_good: DateTime<Utc>,
}

/// Remembers what was seen, and renders.
#[derive(Debug)]
pub struct Metrics {
    seen: Mutex<Seen>,
    reload: Mutex<Reload>,
    started: f64,
}

impl Metrics {
    /// Nothing seen yet, of a process that began then.
    pub fn new(started: DateTime<Utc>) -> Self {
        Self {
            seen: Mutex::default(),
            reload: Mutex::new(Reload {
                refused: None,
                last_good: started,
            }),
            started: seconds(started),
        }
    }

    /// Takes over what is counted now: all there is, at each scrape, and on both sides of a reload. `epoch` grows with each
    /// configuration: what is seen late of an older one is left out.
    pub fn observe(&self, epoch: u64, samples: impl FnOnce() -> Vec<Sample>) {
        // Looked at under the lock: what two scrapes see at once must not come in the wrong order.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.see(epoch, samples());
    }

    /// A configuration was read again: `good` if it is in force since `at`.
    pub fn reloaded(&self, good: bool, at: DateTime<Utc>) {
        let mut reload = self.reload.lock().unwrap_or_else(PoisonError::into_inner);
        reload.refused = (!good).then_some(at);
        if good {
            reload.last_good = at;
        }
    }

    /// The last reload, if it was refused.
    pub fn refused_reload(&self) -> Option<RefusedReload> {
        let reload = *self.reload.lock().unwrap_or_else(PoisonError::into_inner);
        reload.refused.map(|at| RefusedReload {
            at,
            in_force_since: reload.last_good,
        })
    }

    /// Everything in Prometheus' text format, with the gauges of this report.
    pub fn render(&self, report: &Report) -> String {
        let mut families = Families::new();
        families.report(report);
        let reload = *self.reload.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = own::samples(self.started);
        own.push(Sample::count(RELOAD_OK, Vec::new(), reload.refused.is_none().into()));
        own.push(Sample::number(RELOADED, Vec::new(), seconds(reload.last_good)));
        for Sample { metric, labels, value } in own {
            families.add(metric, &labels, &value);
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for (metric, labels, value) in seen.series() {
            families.add(metric, labels, &value);
        }
        drop(seen);
        families.text()
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows nothing but floats")]
fn float(number: u64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit a float")]
fn seconds(at: DateTime<Utc>) -> f64 {
    at.timestamp_millis() as f64 / 1_000.0
}

#[cfg(test)]
mod tests;
