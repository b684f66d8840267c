//! What the report says, as gauges: made anew at each scrape, so that what left the configuration leaves at once.

use super::families::{Families, Value};
use super::monotone::Labels;
use super::table::{
    BACKFILL, BUILD_INFO, CREDENTIAL_EXPIRY, INTERVAL, LAG, LAST_RECONCILE, LAST_SUCCESS, LEDGER, Metric, OVERDUE,
    POSITION, PROBLEM, QUARANTINED, RECONCILE_INTERVAL, RECONCILE_OVERDUE, SIGN_IN_REFUSED, STATE, UP, WINDOW_START,
};
use super::{float, seconds};
use crate::status::{Report, StreamReport, StreamState};

const STATES: [StreamState; 6] = [
    StreamState::Live,
    StreamState::Backfill,
    StreamState::Waiting,
    StreamState::Failing,
    StreamState::Blocked,
    StreamState::Disabled,
];

impl Families {
    /// Everything that the report says.
    pub(super) fn report(&mut self, report: &Report) {
        self.set(BUILD_INFO, &vec![("version", report.version.clone())], 1.0);
        for (connection, stream) in report.streams() {
            let labels = vec![
                ("connection", connection.name.clone()),
                ("work_item", stream.work_item.as_str().to_owned()),
            ];
            self.stream(report, stream, &labels);
        }
        let connections = report
            .connections
            .iter()
            .map(|connection| Some(connection.name.as_str()));
        for connection in connections.chain([None]) {
            let refused = |connection| {
                report
                    .refused_sign_ins
                    .iter()
                    .any(|r| r.connection.as_deref() == connection)
            };
            self.set(SIGN_IN_REFUSED, &owner(connection), flag(refused(connection)));
        }
        for credential in &report.credentials {
            let mut labels = owner(credential.connection.as_deref());
            labels.push(("what", credential.what.clone()));
            self.set(CREDENTIAL_EXPIRY, &labels, seconds(credential.ends));
        }
    }

    fn set(&mut self, metric: Metric, labels: &Labels, value: f64) {
        self.add(metric, labels, &Value::Number(value));
    }

    fn stream(&mut self, report: &Report, stream: &StreamReport, labels: &Labels) {
        for state in STATES {
            self.set(
                STATE,
                &with(labels, "state", state.as_str()),
                flag(state == stream.state),
            );
        }
        match stream.state {
            StreamState::Disabled => return,
            StreamState::Failing | StreamState::Blocked => self.set(UP, labels, 0.0),
            StreamState::Live | StreamState::Backfill | StreamState::Waiting => self.set(UP, labels, 1.0),
        }
        if let Some(problem) = stream.problem() {
            self.set(PROBLEM, &with(labels, "code", &problem.code), 1.0);
        }
        let last_success = stream.lag_seconds.map(|lag| seconds(report.at) - float(lag));
        let reconcile = stream.reconcile.as_ref();
        let known = [
            (LAG, stream.lag_seconds.map(float)),
            (OVERDUE, stream.overdue_seconds.map(float)),
            (LAST_SUCCESS, last_success),
            (POSITION, stream.position.map(seconds)),
            (WINDOW_START, stream.window_start.map(seconds)),
            (INTERVAL, stream.interval_seconds.map(float)),
            (
                LAST_RECONCILE,
                reconcile.and_then(|reconcile| reconcile.last).map(seconds),
            ),
            (
                RECONCILE_INTERVAL,
                reconcile.and_then(|reconcile| reconcile.interval_seconds).map(float),
            ),
            (
                RECONCILE_OVERDUE,
                reconcile.and_then(|reconcile| reconcile.overdue_seconds).map(float),
            ),
            (QUARANTINED, Some(float(stream.quarantined))),
            (LEDGER, Some(float(stream.records))),
        ];
        for (metric, value) in known {
            if let Some(value) = value {
                self.set(metric, labels, value);
            }
        }
        let backfill = stream.backfill;
        let open = backfill.slices.saturating_sub(backfill.complete);
        for (status, slices) in [("complete", backfill.complete), ("open", open)] {
            self.set(BACKFILL, &with(labels, "status", status), float(slices));
        }
    }
}

/// A connection by its name; the workspace by nothing.
fn owner(connection: Option<&str>) -> Labels {
    connection
        .map(|name| ("connection", name.to_owned()))
        .into_iter()
        .collect()
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    let mut labels = labels.clone();
    labels.push((name, value.to_owned()));
    labels
}

fn flag(is_so: bool) -> f64 {
    f64::from(u8::from(is_so))
}
